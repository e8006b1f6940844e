package codegen

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// DBML writes the tables, their indexes, enum types and foreign keys in the
// database markup language of dbdiagram.io and dbdocs.io. Views, partitions, routines
// and the like have no place in it. Whether a foreign key is optional follows from its
// columns being null; "-" is one to one, ">" many to one. A foreign key to a table
// that is not part of the schema is a comment.
func DBML(w io.Writer, s *schema.Schema) error {
	m := newModel(s)
	var b strings.Builder
	fmt.Fprintf(&b, "// fingerprint: %s\n", s.Fingerprint())
	for _, f := range m.others {
		if values := schema.SplitNames(f.Attr(schema.AttrValues)); f.ID.Kind == schema.KindType && len(values) > 0 {
			dbmlEnum(&b, m, f.ID, values)
		}
	}
	for _, r := range m.relations {
		if r.inDiagrams() && len(r.columns) > 0 {
			dbmlTable(&b, m, r)
		}
	}
	b.WriteString("\n")
	for _, r := range m.relations {
		if r.inDiagrams() {
			dbmlRefs(&b, m, r)
		}
	}
	return write(w, "DBML", b.String())
}

func dbmlEnum(b *strings.Builder, m *model, id schema.ID, values []string) {
	fmt.Fprintf(b, "\nEnum %s {\n", dbmlPath(m, id))
	for _, v := range values {
		fmt.Fprintf(b, "  %s\n", dbmlName(v))
	}
	b.WriteString("}\n")
}

func dbmlTable(b *strings.Builder, m *model, r *relation) {
	fmt.Fprintf(b, "\nTable %s {\n", dbmlPath(m, r.ID))
	for _, c := range r.columns {
		fmt.Fprintf(b, "  %s %s%s\n", dbmlName(c.ID.Name), dbmlColumnType(m, c), dbmlSettings(r, c))
	}
	dbmlIndexes(b, r)
	if c := r.Attr(schema.AttrComment); c != "" {
		fmt.Fprintf(b, "\n  Note: %s\n", dbmlText(c))
	}
	b.WriteString("}\n")
}

// dbmlPath names an object, with its namespace where the schema has several:
// a table without one is in DBML's own "public".
func dbmlPath(m *model, id schema.ID) string {
	if m.name(id) == id.Name {
		return dbmlName(id.Name)
	}
	return dbmlName(id.Schema) + "." + dbmlName(id.Name)
}

// dbmlName quotes a name. An empty one, such as an enum's label, is a space:
// the grammar wants a character.
func dbmlName(s string) string {
	s = cmp.Or(s, " ")
	return quoted(oneLine(s), `"`)
}

// dbmlColumnType names an enum as it is declared.
func dbmlColumnType(m *model, c *column) string {
	typ := c.Attr(schema.AttrType)
	if id, ok := m.ownType(c.ID.Schema, typ); ok {
		if f, found := m.other(id); found && f.Attr(schema.AttrValues) != "" {
			return dbmlPath(m, id)
		}
	}
	return dbmlType(typ)
}

// dbmlType quotes a type unless it is a plain word, which reads better.
func dbmlType(s string) string {
	if s == "" {
		return `"any"`
	}
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" && (s[0] < '0' || s[0] > '9') {
		return s
	}
	return dbmlName(s)
}

func dbmlText(s string) string {
	return quoted(flow(s), "'")
}

// quoted puts a text into quotes, with a backslash before what they and it mean.
func quoted(s, quote string) string {
	s = strings.ReplaceAll(s, `\`, `\\`)
	return quote + strings.ReplaceAll(s, quote, `\`+quote) + quote
}

// dbmlExpression writes an expression in backquotes, which cannot be escaped
// within one.
func dbmlExpression(s string) string { return "`" + strings.ReplaceAll(oneLine(s), "`", "") + "`" }

func dbmlSettings(r *relation, c *column) string {
	var set []string
	if c.primary && len(r.primaryKey()) == 1 {
		set = append(set, "pk")
	}
	if !c.nullable {
		set = append(set, "not null")
	}
	if c.unique && !c.primary {
		set = append(set, "unique")
	}
	if c.Attr(schema.AttrIdentity) != "" {
		set = append(set, "increment")
	}
	if d := c.Attr(schema.AttrDefault); d != "" {
		set = append(set, "default: "+dbmlExpression(d))
	}
	if n := dbmlColumnNote(c); n != "" {
		set = append(set, "note: "+dbmlText(n))
	}
	if len(set) == 0 {
		return ""
	}
	return " [" + strings.Join(set, ", ") + "]"
}

func dbmlColumnNote(c *column) string {
	comment := c.Attr(schema.AttrComment)
	if g := c.Attr(schema.AttrGenerated); g != "" {
		return strings.TrimSpace("generated: " + g + "\n" + comment)
	}
	return comment
}

// dbmlIndexes writes the keys of more than one column, and the indexes.
func dbmlIndexes(b *strings.Builder, r *relation) {
	var lines []string
	for _, f := range r.constraints {
		switch cols := names(f); {
		case len(cols) < 2:
		case f.Form() == schema.PrimaryKey:
			lines = append(lines, dbmlColumns(cols)+" [pk]")
		case f.Form() == schema.Unique:
			lines = append(lines, dbmlColumns(cols)+" [unique"+dbmlNamed(f)+"]")
		}
	}
	for _, f := range r.indexes {
		unique := ""
		if f.Is(schema.AttrUnique) && !isPartial(f) {
			unique = "unique, "
		}
		if cols := names(f); len(cols) > 0 {
			lines = append(lines, dbmlColumns(cols)+" ["+unique+strings.TrimPrefix(dbmlNamed(f), ", ")+"]")
		}
	}
	if len(lines) > 0 {
		b.WriteString("\n  indexes {\n    " + strings.Join(lines, "\n    ") + "\n  }\n")
	}
}

func dbmlNamed(f schema.Fact) string {
	if f.ID.Name == "" {
		return ""
	}
	s := ", name: " + dbmlText(f.ID.Name)
	if c := f.Attr(schema.AttrComment); c != "" {
		s += ", note: " + dbmlText(c)
	}
	return s
}

// dbmlColumns lists columns; what stands in parentheses is an expression.
func dbmlColumns(cols []string) string {
	list := make([]string, 0, len(cols))
	for _, c := range cols {
		if strings.HasPrefix(c, "(") && strings.HasSuffix(c, ")") {
			list = append(list, dbmlExpression(c[1:len(c)-1]))
			continue
		}
		list = append(list, dbmlName(c))
	}
	return "(" + strings.Join(list, ", ") + ")"
}

func dbmlRefs(b *strings.Builder, m *model, r *relation) {
	for _, l := range r.out {
		dbmlRef(b, m, l)
	}
}

func dbmlRef(b *strings.Builder, m *model, l *link) {
	if l.to == nil || len(l.columns) != len(l.toCols) {
		fmt.Fprintf(b, "// %s references %s\n", oneLine(l.ID.String()), oneLine(m.name(l.target)))
		return
	}
	sign := ">"
	if l.one {
		sign = "-"
	}
	var set []string
	for _, event := range []string{"delete", "update"} {
		if a := l.action(event); a != "" {
			set = append(set, event+": "+a)
		}
	}
	settings := ""
	if len(set) > 0 {
		settings = " [" + strings.Join(set, ", ") + "]"
	}
	fmt.Fprintf(b, "Ref: %s.%s %s %s.%s%s\n", dbmlPath(m, l.from.ID), dbmlKey(l.columns), sign, dbmlPath(m, l.to.ID), dbmlKey(l.toCols), settings)
}

func dbmlKey(cols []string) string {
	if len(cols) == 1 {
		return dbmlName(cols[0])
	}
	return dbmlColumns(cols)
}
