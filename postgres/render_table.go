package postgres

import (
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// createTable renders a table with the parts that InCreate names. A partition
// is made as a table of its own and then attached: so its columns keep their
// order and its indexes their names, and the parent is locked for moments only.
func (r *renderer) createTable(t schema.Fact, parts []schema.Fact) {
	var entries []string
	inherited := t.Is(attrInherits) && slices.ContainsFunc(parts, isInherited)
	for _, c := range orderedColumns(parts) {
		if !inherited || !isInherited(c) {
			entries = append(entries, r.columnDefinition(c, notNullColumns(parts)...))
		}
	}
	for _, c := range parts {
		if c.ID.Kind == schema.KindConstraint && !isTwin(c, parts) && (!isInherited(c) || t.Is(attrPartitionOf) && isKey(c)) {
			entries = append(entries, "CONSTRAINT "+ident(c.ID.Name)+" "+constraintText(c))
		}
	}
	head := "CREATE TABLE"
	switch {
	case t.Form() == "foreign":
		head = "CREATE FOREIGN TABLE"
	case t.Attr(attrPersistence) == "unlogged":
		head = "CREATE UNLOGGED TABLE"
	}
	r.add(head, fullName(t.ID), tableBody(entries), r.tableClauses(t, inherited))
	r.afterCreate(t, parts, inherited)
}

// isTwin tells that a unique constraint has the columns of another key: CREATE
// TABLE makes only one of two such.
func isTwin(c schema.Fact, parts []schema.Fact) bool {
	return c.Form() == schema.Unique && !isInherited(c) && slices.ContainsFunc(parts, func(o schema.Fact) bool {
		first := o.Form() == schema.PrimaryKey || o.Form() == schema.Unique && o.ID.Name < c.ID.Name
		return o.ID.Kind == schema.KindConstraint && first && o.Attr(schema.AttrColumns) == c.Attr(schema.AttrColumns)
	})
}

// tableBody is the list of columns and constraints.
func tableBody(entries []string) string {
	if len(entries) == 0 {
		return "()"
	}
	return "(\n    " + strings.Join(entries, ",\n    ") + "\n)"
}

// tableClauses is what follows the list of columns.
func (r *renderer) tableClauses(t schema.Fact, inherited bool) string {
	var clauses []string
	add := func(word, value string) {
		if value != "" {
			clauses = append(clauses, word+" "+value)
		}
	}
	if inherited {
		clauses = append(clauses, "INHERITS ("+strings.Join(parents(t), ", ")+")")
	}
	add("PARTITION BY", t.Attr(attrPartitionKey))
	if m := t.Attr(attrAccessMethod); m != "" {
		add("USING", ident(m))
	}
	if t.Form() == "foreign" {
		add("SERVER", ident(t.Attr(attrServer)))
		add("OPTIONS", foreignOptions(t.Attr(attrForeignOptions)))
	} else if w := withOptions(t.Attr(attrOptions)); w != "" {
		clauses = append(clauses, w)
	}
	if s := t.Attr(attrTablespace); s != "" {
		add("TABLESPACE", ident(s))
	}
	return strings.Join(clauses, " ")
}

// parents are the qualified names of the tables that one inherits from.
func parents(t schema.Fact) []string {
	var list []string
	for _, l := range lines(t.Attr(attrInherits)) {
		list = append(list, joined(l))
	}
	return list
}

// afterCreate renders what CREATE TABLE cannot say.
func (r *renderer) afterCreate(t schema.Fact, parts []schema.Fact, inherited bool) {
	var actions []string
	if ty := t.Attr(attrOfType); ty != "" {
		actions = append(actions, "OF "+ty)
	}
	for _, c := range orderedColumns(parts) {
		if d := c.Attr(schema.AttrDefault); d != "" && inherited && isInherited(c) { // it may not be the parent's
			actions = append(actions, "ALTER COLUMN "+ident(c.ID.Name)+" SET DEFAULT "+d)
		}
		actions = append(actions, columnSettings(schema.Fact{ID: c.ID}, c)...)
	}
	r.alter(t, actions)
	for _, p := range parts {
		switch {
		case p.ID.Kind == schema.KindIndex:
			r.createIndex(p)
		case p.ID.Kind == schema.KindConstraint && isTwin(p, parts):
			r.alter(t, []string{"ADD CONSTRAINT " + ident(p.ID.Name) + " " + constraintText(p)})
		}
	}
	if !inherited {
		for _, p := range parents(t) {
			r.alter(t, []string{"INHERIT " + p})
		}
	}
	r.attach(t)
	r.alter(t, tableFlags(schema.Fact{ID: t.ID}, t))
	r.finish(t)
	for _, p := range parts {
		switch p.ID.Kind {
		case schema.KindColumn:
			r.sequencePart(schema.Fact{ID: p.ID}, p)
			r.owns(schema.Fact{ID: p.ID}, p)
			r.finish(p)
		case schema.KindConstraint:
			r.indexSettings(schema.Fact{ID: p.ID}, p)
		}
	}
}

// attach makes a table the partition that its fact says.
func (r *renderer) attach(t schema.Fact) {
	if parent := t.Attr(attrPartitionOf); parent != "" {
		r.add("ALTER TABLE", joined(parent), "ATTACH PARTITION", fullName(t.ID), t.Attr(attrPartitionBound))
	}
}

// alter renders one ALTER TABLE with all actions, nothing without any.
func (r *renderer) alter(t schema.Fact, actions []string) {
	r.alterRelation(fullName(t.ID), t.Form() == "foreign", actions)
}

func (r *renderer) alterRelation(name string, foreign bool, actions []string) {
	head := "ALTER TABLE"
	if foreign {
		head = "ALTER FOREIGN TABLE"
	}
	switch len(actions) {
	case 0:
	case 1:
		r.add(head, name, actions[0])
	default:
		r.add(head, name+"\n   ", strings.Join(actions, ",\n    "))
	}
}

// orderedColumns are the columns among parts, in the order that a fact about it tells.
func orderedColumns(parts []schema.Fact) []schema.Fact {
	var columns []schema.Fact
	order := map[string]int{}
	for _, p := range parts {
		switch p.ID.Kind {
		case schema.KindColumn:
			columns = append(columns, p)
		case schema.KindColumnOrder:
			for i, name := range schema.SplitNames(p.Attr(schema.AttrColumns)) {
				order[name] = i
			}
		}
	}
	slices.SortStableFunc(columns, func(a, b schema.Fact) int { return order[a.ID.Name] - order[b.ID.Name] })
	return columns
}

// isInherited tells that a part comes from a parent table.
func isInherited(part schema.Fact) bool { return part.Is(attrInherited) }

// isKey tells that a constraint has an index.
func isKey(c schema.Fact) bool {
	switch c.Form() {
	case schema.PrimaryKey, schema.Unique, schema.Exclude:
		return true
	}
	return false
}

func (r *renderer) dropTable(t schema.Fact) {
	word, _ := kindWord(t)
	r.add("DROP", word, fullName(t.ID))
}

// alterTable changes a table itself.
func (r *renderer) alterTable(before, after schema.Fact) {
	r.checkAccessMethod(before, after)
	for _, attr := range before.Differing(after) {
		switch attr {
		case schema.AttrForm, attrPartitionKey, attrServer:
			r.cannot(after, attr)
		}
	}
	r.changePartition(before, after)
	r.alter(after, tableActions(before, after))
	r.changeInherits(before, after)
	r.alter(after, tableFlags(before, after))
	if s := after.Attr(attrTablespace); s != before.Attr(attrTablespace) {
		r.alter(after, []string{"SET TABLESPACE " + ident(orElse(s, "pg_default"))})
	}
	r.common(before, after)
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// changePartition detaches and attaches where parent or bound change.
func (r *renderer) changePartition(before, after schema.Fact) {
	if before.Attr(attrPartitionOf) == after.Attr(attrPartitionOf) && before.Attr(attrPartitionBound) == after.Attr(attrPartitionBound) {
		return
	}
	if parent := before.Attr(attrPartitionOf); parent != "" {
		r.add("ALTER TABLE", joined(parent), "DETACH PARTITION", fullName(before.ID))
	}
	r.attach(after)
}

func (r *renderer) changeInherits(before, after schema.Fact) {
	old, now := parents(before), parents(after)
	keep := 0 // what both begin with; the order of parents counts
	for keep < min(len(old), len(now)) && old[keep] == now[keep] {
		keep++
	}
	for _, p := range old[keep:] {
		r.alter(after, []string{"NO INHERIT " + p})
	}
	for _, p := range now[keep:] {
		r.alter(after, []string{"INHERIT " + p})
	}
}

// accessMethodSince is the first server that changes an access method in place.
const accessMethodSince = 150000

func (r *renderer) checkAccessMethod(before, after schema.Fact) {
	if before.Attr(attrAccessMethod) != after.Attr(attrAccessMethod) && r.srv.Number < accessMethodSince {
		r.cannot(after, attrAccessMethod)
	}
}

// tableActions are the actions for storage.
func tableActions(before, after schema.Fact) []string {
	var actions []string
	changed := func(attr string) bool { return before.Attr(attr) != after.Attr(attr) }
	if t := after.Attr(attrOfType); changed(attrOfType) {
		actions = append(actions, either(t != "", "OF "+t, "NOT OF"))
	}
	if changed(attrPersistence) {
		actions = append(actions, "SET "+strings.ToUpper(orElse(after.Attr(attrPersistence), "logged")))
	}
	if changed(attrAccessMethod) {
		actions = append(actions, "SET ACCESS METHOD "+ident(orElse(after.Attr(attrAccessMethod), "heap")))
	}
	actions = append(actions, optionActions(before.Attr(attrOptions), after.Attr(attrOptions))...)
	if o := foreignOptionChanges(before.Attr(attrForeignOptions), after.Attr(attrForeignOptions)); o != "" {
		actions = append(actions, "OPTIONS "+o)
	}
	return actions
}

// tableFlags are the actions that a new table may need as well.
func tableFlags(before, after schema.Fact) []string {
	var actions []string
	changed := func(attr string) bool { return before.Attr(attr) != after.Attr(attr) }
	if changed(attrRowSecurity) {
		actions = append(actions, either(after.Is(attrRowSecurity), "ENABLE", "DISABLE")+" ROW LEVEL SECURITY")
	}
	if changed(attrForceRowSecurity) {
		actions = append(actions, either(after.Is(attrForceRowSecurity), "FORCE", "NO FORCE")+" ROW LEVEL SECURITY")
	}
	if id := after.Attr(attrReplicaIdentity); changed(attrReplicaIdentity) && after.Form() != "foreign" {
		actions = append(actions, "REPLICA IDENTITY "+strings.ToUpper(orElse(id, "default")))
	}
	return actions
}

func either(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

// notNullColumns are the columns whose NOT NULL is a constraint with a name.
func notNullColumns(parts []schema.Fact) []string {
	var columns []string
	for _, p := range parts {
		if p.Form() == schema.NotNull && p.ID.Kind == schema.KindConstraint {
			columns = append(columns, schema.SplitNames(p.Attr(schema.AttrColumns))...)
		}
	}
	return columns
}
