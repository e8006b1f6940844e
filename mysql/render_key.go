package mysql

import (
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// index writes the definition of an index as a part of a table.
func (w writer) index(f schema.Fact) string {
	kind := strings.ToUpper(f.Form())
	if f.Is(schema.AttrUnique) {
		kind = "UNIQUE"
	}
	return words(kind, "INDEX", ident(f.ID.Name), w.key(f))
}

// key writes the columns and options of an index or primary key.
func (w writer) key(f schema.Fact) string {
	return words(
		"("+keyParts(f)+")",
		with("USING ", f.Attr(AttrMethod)),
		with("KEY_BLOCK_SIZE=", f.Attr(AttrKeyBlockSize)),
		with("WITH PARSER ", f.Attr(AttrParser)),
		text("COMMENT ", f.Attr(schema.AttrComment)),
		when(f.Is(AttrInvisible), w.hidden()),
		text("ENGINE_ATTRIBUTE ", f.Attr(AttrEngineAttribute)),
		text("SECONDARY_ENGINE_ATTRIBUTE ", f.Attr(AttrSecondAttribute)),
		f.Attr(AttrOptions),
	)
}

// hidden is how an index is called that queries do not use.
func (w writer) hidden() string {
	if w.maria() {
		return "IGNORED"
	}
	return "INVISIBLE"
}

// keyParts writes a(10) DESC, (expression), p WITHOUT OVERLAPS.
func keyParts(f schema.Fact) string {
	prefixes, descending := schema.SplitNames(f.Attr(AttrPrefixes)), schema.SplitNames(f.Attr(AttrDescending))
	var parts []string
	for _, name := range schema.SplitNames(f.Attr(schema.AttrColumns)) {
		part := name
		if column, ok := keyColumn(name); ok {
			part = ident(column) + prefixOf(name, prefixes)
		}
		parts = append(parts, words(part, when(slices.Contains(descending, name), "DESC")))
	}
	if period := f.Attr(AttrWithoutOverlaps); period != "" {
		parts = append(parts, ident(period)+" WITHOUT OVERLAPS")
	}
	return strings.Join(parts, ", ")
}

// prefixOf returns the length in parentheses of a column's prefix, "" if all of
// it is in the index.
func prefixOf(column string, prefixes []string) string {
	for _, p := range prefixes {
		if i := strings.LastIndexByte(p, '('); i >= 0 && p[:i] == column {
			return p[i:]
		}
	}
	return ""
}

// constraint writes the definition of a constraint.
func (w writer) constraint(f schema.Fact) string {
	name := with("CONSTRAINT ", identOrNone(f.ID.Name))
	switch f.Form() {
	case schema.PrimaryKey:
		return "PRIMARY KEY " + w.key(f)
	case schema.Check:
		return words(name, "CHECK "+inParentheses(f.Attr(schema.AttrDefinition)), when(f.Is(AttrNotEnforced), "NOT ENFORCED"), f.Attr(AttrMore))
	}
	return words(name,
		"FOREIGN KEY ("+idents(schema.SplitNames(f.Attr(schema.AttrColumns)))+")",
		"REFERENCES", strings.Join(identList(schema.SplitNames(f.Attr(schema.AttrReferences))), "."),
		"("+idents(schema.SplitNames(f.Attr(schema.AttrRefColumns)))+")",
		with("MATCH ", f.Attr(AttrMatch)),
		with("ON DELETE ", f.Attr(AttrOnDelete)),
		with("ON UPDATE ", f.Attr(AttrOnUpdate)),
		f.Attr(AttrMore))
}

func identOrNone(name string) string {
	if name == "" {
		return ""
	}
	return ident(name)
}

func identList(names []string) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = ident(name)
	}
	return list
}

func (w writer) dropConstraint(f schema.Fact) string {
	switch {
	case f.Form() == schema.PrimaryKey:
		return "DROP PRIMARY KEY"
	case f.Form() == schema.ForeignKey:
		return "DROP FOREIGN KEY " + ident(f.ID.Name)
	case w.maria():
		return "DROP CONSTRAINT " + ident(f.ID.Name)
	}
	return "DROP CHECK " + ident(f.ID.Name)
}

// alterConstraint changes a primary key in one statement, so that rows are
// copied once, and whether a check is enforced.
func (w writer) alterConstraint(before, after schema.Fact) []string {
	if after.Form() == schema.Check && slices.Equal(before.Differing(after), []string{AttrNotEnforced}) {
		return []string{"ALTER CHECK " + ident(after.ID.Name) + " " + words(when(after.Is(AttrNotEnforced), "NOT"), "ENFORCED")}
	}
	return []string{w.dropConstraint(before), "ADD " + w.constraint(after)}
}

// alterIndex hides or shows an index, or makes it anew in one statement, so
// that a foreign key is never without it.
func (w writer) alterIndex(before, after schema.Fact) []string {
	name := ident(after.ID.Name)
	if !slices.Equal(before.Differing(after), []string{AttrInvisible}) {
		return []string{"DROP INDEX " + name, "ADD " + w.index(after)}
	}
	state := w.hidden()
	if !after.Is(AttrInvisible) {
		state = map[bool]string{true: "NOT IGNORED", false: "VISIBLE"}[w.maria()]
	}
	return []string{"ALTER INDEX " + name + " " + state}
}
