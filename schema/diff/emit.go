package diff

import (
	"slices"

	"github.com/lockstepdb/lockstep/schema"
)

// changes are those of the nodes in their order, behind the renames; what
// renames need is before them.
func (w *walk) changes(renames []Rename) []schema.Change {
	var out []schema.Change
	early := map[int]bool{}
	for _, r := range renames {
		at, ok := w.creator[schema.ID{Kind: schema.KindSchema, Name: r.To.Schema}]
		if ok && !early[at] {
			early[at] = true
			out = append(out, w.change(w.nodes[at]))
		}
	}
	for _, r := range renames {
		out = append(out, schema.Rename(r.From, r.To))
	}
	for _, at := range w.order {
		if !early[at] {
			out = append(out, w.change(w.nodes[at]))
		}
	}
	return append(out, w.reorders()...)
}

// change is what a node does.
func (w *walk) change(n *node) schema.Change {
	switch {
	case n.verb == rebuilding:
		w.rebuilt(n)
		return schema.RebuildTable{Before: trimOrder(n.before), After: trimOrder(n.after)}
	case n.verb == altering, n.verb == suspending:
		return schema.Alter(n.before[0], n.after[0])
	case n.verb == dropping && n.id.Kind == schema.KindTable:
		return schema.DropTable{Table: n.before[0], Parts: trimOrder(n.before)[1:]}
	case n.verb == creating && n.id.Kind == schema.KindTable:
		return schema.CreateTable{Table: n.after[0], Parts: trimOrder(n.after)[1:]}
	case n.verb == dropping && n.id.Kind == schema.KindColumn:
		return schema.DropColumn{Column: n.before[0], After: w.columns(n.id).remove(n.id.Name)}
	case n.verb == creating && n.id.Kind == schema.KindColumn:
		return schema.AddColumn{Column: n.after[0], After: w.columns(n.id).add(n.id.Name)}
	case n.verb == dropping:
		return schema.Drop(n.before[0])
	}
	return schema.Create(n.after[0])
}

// rebuilt follows the order of the columns of a rebuilt table, of which some may
// come later.
func (w *walk) rebuilt(n *node) {
	if c := w.tables[n.id]; c != nil || slices.ContainsFunc(w.to.Parts(n.id), func(f schema.Fact) bool { return f.ID.Kind == schema.KindColumn && w.outside[f.ID] }) {
		c = w.columnsOf(n.id)
		c.now = slices.DeleteFunc(slices.Clone(c.wanted), func(name string) bool { return w.outside[n.id.In(schema.KindColumn, name)] })
		w.tables[n.id] = c
	}
}

// columns is the order of the columns of a column's table at this point.
func (w *walk) columns(column schema.ID) *columns {
	table := schema.ID{Kind: schema.KindTable, Schema: column.Schema, Name: column.Table}
	c, ok := w.tables[table]
	if !ok {
		c = w.columnsOf(table)
		if w.create[table] {
			c.now = slices.DeleteFunc(slices.Clone(c.wanted), func(name string) bool { return w.apart[table.In(schema.KindColumn, name)] })
		}
		w.tables[table] = c
	}
	return c
}

// trimOrder leaves out of the order of columns what is not among the facts.
func trimOrder(facts []schema.Fact) []schema.Fact {
	i := slices.IndexFunc(facts, func(f schema.Fact) bool { return f.ID.Kind == schema.KindColumnOrder })
	if i < 0 {
		return facts
	}
	there := map[string]bool{}
	for _, f := range facts {
		if f.ID.Kind == schema.KindColumn {
			there[f.ID.Name] = true
		}
	}
	names := schema.SplitNames(facts[i].Attr(schema.AttrColumns))
	left := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !there[n] })
	if len(left) == len(names) {
		return facts
	}
	facts = slices.Clone(facts)
	facts[i] = facts[i].With(schema.AttrColumns, schema.JoinNames(left...))
	return facts
}

// reorders are the changes of the order of columns that are left, or are told.
func (w *walk) reorders() []schema.Change {
	var out []schema.Change
	for table := range w.tables {
		w.ordered[table] = true
	}
	for _, table := range sorted(w.ordered) {
		_, kept := w.kept(table)
		if !kept && !w.create[table] || w.tables[table] == nil && (!kept || w.rebuild[table]) {
			continue
		}
		before, after, ok := w.left(table)
		switch {
		case !ok || before.Equal(after):
		case w.strict:
			out = append(out, w.inOrder(table, before, after))
		default:
			w.orderOnly = append(w.orderOnly, schema.Difference{ID: after.ID, Before: &before, After: &after})
		}
	}
	return out
}

// inOrder is the change of the order of columns.
func (w *walk) inOrder(table schema.ID, before, after schema.Fact) schema.Change {
	if w.canPlace(table) {
		return schema.ReorderColumns{Before: before, After: after}
	}
	will := append([]schema.Fact{w.will(table)}, w.to.Parts(table)...)
	was := slices.Clone(will)
	was[slices.IndexFunc(was, func(f schema.Fact) bool { return f.ID == before.ID })] = before
	return schema.RebuildTable{Before: was, After: will}
}

// left is the order that a table's columns have in the end, and the one they
// should have.
func (w *walk) left(table schema.ID) (before, after schema.Fact, ok bool) {
	id := table.In(schema.KindColumnOrder, "")
	after, will := w.to.Fact(id)
	before, was := w.from.Fact(id)
	if w.create[table] {
		before, was = after, will
	}
	if c, changed := w.tables[table]; changed {
		before = before.With(schema.AttrColumns, schema.JoinNames(c.now...))
	}
	return before, after, was && will
}
