package postgres

import (
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// columnDefinition is a column as CREATE TABLE and ADD COLUMN write it. The
// columns among named have a constraint that says NOT NULL.
func (r *renderer) columnDefinition(c schema.Fact, named ...string) string {
	parts := []string{ident(c.ID.Name), c.Attr(schema.AttrType)}
	add := func(s string) { parts = append(parts, s) }
	if o := c.Attr(attrForeignOptions); o != "" {
		add("OPTIONS " + foreignOptions(o))
	}
	if m := c.Attr(attrCompression); m != "" {
		add("COMPRESSION " + m)
	}
	if co := c.Attr(schema.AttrCollation); co != "" {
		add("COLLATE " + co)
	}
	switch {
	case c.Is(schema.AttrGenerated):
		add("GENERATED ALWAYS AS (" + inner(c.Attr(schema.AttrGenerated)) + ") " + either(c.Is(schema.AttrStored), "STORED", "VIRTUAL"))
	case c.Is(schema.AttrIdentity):
		if !isInherited(c) {
			add("GENERATED " + strings.ToUpper(c.Attr(schema.AttrIdentity)) + " AS IDENTITY" + parenthesised(c.Attr(attrIdentityOptions)))
		}
	case c.Is(schema.AttrDefault):
		add("DEFAULT " + c.Attr(schema.AttrDefault))
	}
	if c.Is(schema.AttrNotNull) && !slices.Contains(named, c.ID.Name) {
		add("NOT NULL")
	}
	return strings.Join(parts, " ")
}

func parenthesised(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

// inner takes away parentheses that enclose the whole expression.
func inner(expression string) string {
	if !strings.HasPrefix(expression, "(") || !strings.HasSuffix(expression, ")") {
		return expression
	}
	depth := 0
	for _, w := range scan(expression, dialect{}.Lexer(), 0) {
		switch w.raw {
		case "(":
			depth++
		case ")":
			if depth--; depth == 0 && w.end < len(expression) {
				return expression
			}
		}
	}
	return expression[1 : len(expression)-1]
}

func (r *renderer) addColumn(c schema.Fact) {
	settings := columnSettings(schema.Fact{ID: c.ID}, c)
	if isInherited(c) { // it came with the parent's
		r.alterRelation(tableOf(c.ID), false, settings)
	} else {
		r.alterRelation(tableOf(c.ID), false, append([]string{"ADD COLUMN " + r.columnDefinition(c)}, settings...))
	}
	r.owns(schema.Fact{ID: c.ID}, c)
	r.finish(c)
}

func (r *renderer) dropColumn(c schema.Fact) {
	if !isInherited(c) { // else it goes with the parent's
		r.alterRelation(tableOf(c.ID), false, []string{"DROP COLUMN " + ident(c.ID.Name)})
	}
}

// alterColumn changes a column of a table, or the default, comment and grants
// of a view's.
func (r *renderer) alterColumn(before, after schema.Fact) {
	switch {
	case !columnChangesInPlace(before, after):
		r.fail("a column cannot become generated, or another kind of generated column, in place")
	case before.Attr(schema.AttrGenerated) != after.Attr(schema.AttrGenerated) && after.Is(schema.AttrGenerated) && r.srv.Number < 170000:
		r.dropColumn(before)
		r.addColumn(after)
		return
	}
	actions := slices.Concat(dropActions(before, after), typeActions(before, after), nullActions(before, after), setActions(before, after))
	actions = prefixAll("ALTER COLUMN "+ident(after.ID.Name)+" ", actions)
	r.alterRelation(tableOf(after.ID), false, append(actions, columnSettings(before, after)...))
	r.sequencePart(before, after)
	r.owns(before, after)
	r.goOn(before, after)
	r.common(before, after)
}

// goOn lets a sequence that is new to a column begin behind the values that are
// there.
func (r *renderer) goOn(before, after schema.Fact) {
	switch after.Attr(schema.AttrType) {
	case "smallint", "integer", "bigint":
	default:
		return
	}
	if after.Is(schema.AttrIdentity) && !before.Is(schema.AttrIdentity) && !strings.Contains(after.Attr(attrIdentityOptions), "INCREMENT BY -") {
		r.setSequence(schema.JoinNames(after.ID.Schema, identitySequence(after)), after)
	}
	if owned := lines(after.Attr(attrOwns)); len(owned) == 1 && !before.Is(attrOwns) && strings.HasPrefix(after.Attr(schema.AttrDefault), "nextval(") {
		r.setSequence(owned[0], after)
	}
}

// setSequence moves a sequence behind the values of a column, if it is not.
func (r *renderer) setSequence(name string, c schema.Fact) {
	most := "max(" + ident(c.ID.Name) + ")"
	r.add("SELECT setval("+text(joined(name))+",", most+") FROM", tableOf(c.ID), "HAVING", most, ">= (SELECT last_value FROM", joined(name)+")")
}

// sequencePart changes what an identity column's sequence has of its own.
func (r *renderer) sequencePart(before, after schema.Fact) {
	if old, now := identitySequence(before), identitySequence(after); before.Is(schema.AttrIdentity) && after.Is(schema.AttrIdentity) && old != now {
		r.add("ALTER SEQUENCE", dotted(after.ID.Schema, old), "RENAME TO", ident(now))
	}
	const attr = attrSequenceGrants
	if !after.Is(schema.AttrIdentity) || before.Attr(attr) == after.Attr(attr) {
		return
	}
	id := schema.ID{Kind: schema.KindSequence, Schema: after.ID.Schema, Name: identitySequence(after)}
	of := func(f schema.Fact) schema.Fact { return schema.NewFact(id, schema.AttrGrants, f.Attr(attr)) }
	r.grants(of(before), of(after))
}

// identitySequence is the name of an identity column's sequence.
func identitySequence(c schema.Fact) string {
	if name := identityOptions(c.Attr(attrIdentityOptions))["SEQUENCE NAME"]; name != "" {
		words := &reader{words: scan(name, dialect{}.Lexer(), 0)}
		last := words.ident()
		for words.accept(".") {
			last = words.ident()
		}
		return fold(last)
	}
	return c.ID.Table + "_" + c.ID.Name + "_seq"
}

func prefixAll(prefix string, actions []string) []string {
	out := make([]string, len(actions))
	for i, a := range actions {
		out[i] = prefix + a
	}
	return out
}

// changesType tells that a column's values become others.
func changesType(before, after schema.Fact) bool {
	return !alike(before, after, schema.AttrType, schema.AttrCollation)
}

// typeActions change type and collation.
func typeActions(before, after schema.Fact) []string {
	if !changesType(before, after) {
		return nil
	}
	from, to := before.Attr(schema.AttrType), after.Attr(schema.AttrType)
	action := "SET DATA TYPE " + to
	if c := after.Attr(schema.AttrCollation); c != "" {
		action += " COLLATE " + c
	}
	if !castsByAssignment(from, to) {
		action += " USING " + conversion(ident(after.ID.Name), from, to)
	}
	return []string{action}
}

func nullActions(before, after schema.Fact) []string {
	switch {
	case after.Is(schema.AttrNotNull) && !before.Is(schema.AttrNotNull):
		return []string{"SET NOT NULL"}
	case before.Is(schema.AttrNotNull) && !after.Is(schema.AttrNotNull):
		return []string{"DROP NOT NULL"}
	}
	return nil
}

// dropActions take away where values come from: identity, expression, default.
func dropActions(before, after schema.Fact) []string {
	var actions []string
	if before.Is(schema.AttrIdentity) && !after.Is(schema.AttrIdentity) {
		actions = append(actions, "DROP IDENTITY")
	}
	if before.Is(schema.AttrGenerated) && !after.Is(schema.AttrGenerated) {
		actions = append(actions, "DROP EXPRESSION")
	}
	if dropsDefault(before, after) {
		actions = append(actions, "DROP DEFAULT")
	}
	return actions
}

// dropsDefault tells that there is none any more, or that it has to be away while
// the type changes, because the server might not convert it.
func dropsDefault(before, after schema.Fact) bool {
	old, now := before.Attr(schema.AttrDefault), after.Attr(schema.AttrDefault)
	if old == "" || now == "" {
		return old != ""
	}
	return before.Attr(schema.AttrType) != after.Attr(schema.AttrType) &&
		(old != now || !castsByAssignment(before.Attr(schema.AttrType), after.Attr(schema.AttrType)))
}

// setActions say where values come from.
func setActions(before, after schema.Fact) []string {
	var actions []string
	if d := after.Attr(schema.AttrDefault); d != "" && (d != before.Attr(schema.AttrDefault) || dropsDefault(before, after)) {
		actions = append(actions, "SET DEFAULT "+d)
	}
	if e := after.Attr(schema.AttrGenerated); e != "" && e != before.Attr(schema.AttrGenerated) {
		actions = append(actions, "SET EXPRESSION AS ("+inner(e)+")")
	}
	if after.Is(schema.AttrIdentity) {
		actions = append(actions, identityActions(before, after)...)
	}
	return actions
}

// identityActions make a column an identity, or change its sequence.
func identityActions(before, after schema.Fact) []string {
	kind := strings.ToUpper(after.Attr(schema.AttrIdentity))
	if !before.Is(schema.AttrIdentity) {
		return []string{"ADD GENERATED " + kind + " AS IDENTITY" + parenthesised(after.Attr(attrIdentityOptions))}
	}
	var actions []string
	if before.Attr(schema.AttrIdentity) != after.Attr(schema.AttrIdentity) {
		actions = append(actions, "SET GENERATED "+kind)
	}
	return append(actions, identityOptionActions(before, after)...)
}

// columnSettings are the actions that CREATE TABLE has no words for, in all
// versions of the server.
func columnSettings(before, after schema.Fact) []string {
	var actions []string
	if changesType(before, after) { // then the server forgets them
		before = before.Without(attrStorage, attrCompression)
	}
	changed := func(attr string) bool { return before.Attr(attr) != after.Attr(attr) }
	isNew := len(before.Attrs) == 0
	if changed(attrStorage) {
		actions = append(actions, "SET STORAGE "+strings.ToUpper(orElse(after.Attr(attrStorage), defaultStorage(after.Attr(schema.AttrType)))))
	}
	if changed(attrCompression) && !isNew {
		actions = append(actions, "SET COMPRESSION "+orElse(after.Attr(attrCompression), "default"))
	}
	if changed(attrStatistics) {
		actions = append(actions, "SET STATISTICS "+orElse(after.Attr(attrStatistics), "-1"))
	}
	actions = append(actions, optionActions(before.Attr(attrOptions), after.Attr(attrOptions))...)
	if o := foreignOptionChanges(before.Attr(attrForeignOptions), after.Attr(attrForeignOptions)); o != "" && !isNew {
		actions = append(actions, "OPTIONS "+o)
	}
	return prefixAll("ALTER COLUMN "+ident(after.ID.Name)+" ", actions)
}

// defaultStorage is the storage of a built-in type; what SET STORAGE DEFAULT
// says since PostgreSQL 16.
func defaultStorage(columnType string) string {
	if strings.HasSuffix(columnType, "[]") {
		return "extended"
	}
	switch baseType(columnType) {
	case "numeric", "inet", "cidr":
		return "main"
	case "tsquery":
		return "plain"
	}
	return "extended"
}
