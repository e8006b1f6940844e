package diff

import (
	"cmp"
	"slices"

	"github.com/lockstepdb/lockstep/schema"
)

// collapse finds the tables whose changes can only be made by a rebuild.
func (p *plan) collapse() {
	for again := true; again; {
		p.findRebuilds()
		again = false
		for _, table := range sorted(p.rebuild) {
			again = p.resume(table) || again
		}
	}
	for _, table := range sorted(p.rebuild) {
		p.exclude(table)
	}
}

func (p *plan) findRebuilds() {
	clear(p.rebuild)
	changes := map[schema.ID][]schema.Change{}
	p.eachChange(func(c schema.Change) {
		if table, ok := p.kept(c.Subject()); ok {
			changes[table] = append(changes[table], c)
		}
	})
	for table := range p.ordered {
		if _, ok := p.kept(table); ok {
			changes[table] = append(changes[table], p.reorder(table)...)
		}
	}
	for table := range p.indexed {
		if _, ok := p.kept(table); ok && changes[table] == nil {
			changes[table] = []schema.Change{}
		}
	}
	for table, list := range changes {
		if len(list) > 0 || p.indexed[table] {
			list = append(list, p.reindex(table)...)
		}
		if len(list) > 0 && (p.asked[table] || p.d.MustRebuild(p.will(table), list)) {
			p.rebuild[table] = true
		}
	}
}

// exclude leaves to themselves, in a rebuild, the parts on those that go before
// it and come after it.
func (p *plan) exclude(table schema.ID) {
	for again := true; again; {
		again = false
		for _, s := range []*schema.Schema{p.from, p.to} {
			for _, f := range s.Parts(table) {
				if p.outside[f.ID] || !p.drop[f.ID] && !p.create[f.ID] {
					continue
				}
				if slices.ContainsFunc(needs(s, f), func(id schema.ID) bool { return p.outside[id] && sameTable(id, table) }) {
					p.outside[f.ID], again = true, true
				}
			}
		}
	}
}

// eachChange tells the changes of kept tables as they are without a rebuild, in
// the order of the kinds.
func (p *plan) eachChange(yield func(schema.Change)) {
	kinds := order(p.together)
	each := func(set map[schema.ID]bool, s *schema.Schema, change func(schema.Fact) schema.Change) {
		var facts []schema.Fact
		for id, in := range set {
			if _, kept := p.kept(id); in && kept && id.Kind != schema.KindColumnOrder {
				f, _ := s.Fact(id)
				facts = append(facts, f)
			}
		}
		slices.SortFunc(facts, func(a, b schema.Fact) int {
			return cmp.Or(cmp.Compare(rank(kinds, a), rank(kinds, b)), a.ID.Compare(b.ID))
		})
		for _, f := range facts {
			yield(change(f))
		}
	}
	each(p.drop, p.from, schema.Drop)
	each(p.alter, p.to, func(f schema.Fact) schema.Change {
		if bare, ok := p.bare[f.ID]; ok {
			return schema.Alter(p.was(f.ID), bare)
		}
		return schema.Alter(p.was(f.ID), f)
	})
	each(p.create, p.to, schema.Create)
}

// kept is the table that an object is or is part of, if it is there before and
// after.
func (p *plan) kept(id schema.ID) (schema.ID, bool) {
	table := id
	if id.Table != "" {
		table = schema.ID{Kind: schema.KindTable, Schema: id.Schema, Name: id.Table}
	}
	if table.Kind != schema.KindTable || p.drop[table] || p.create[table] {
		return table, false
	}
	_, was := p.from.Fact(table)
	_, will := p.to.Fact(table)
	return table, was && will
}

// reorder is the change of the order of columns that is left when columns have
// been dropped and added, if it is to be made.
func (p *plan) reorder(table schema.ID) []schema.Change {
	before, after, ok := p.orders(table)
	if !ok || !p.strict || before.Equal(after) {
		return nil
	}
	if !p.canPlace(table) {
		p.asked[table] = true
	}
	return []schema.Change{schema.ReorderColumns{Before: before, After: after}}
}

// reindex tells the order of a table's indexes where a server keeps one, equal
// or not: it follows from the changes of indexes, or takes a rebuild, which is
// made only if it was asked for.
func (p *plan) reindex(table schema.ID) []schema.Change {
	id := table.In(schema.KindColumnOrder, schema.IndexOrder)
	before, was := p.from.Fact(id)
	after, will := p.to.Fact(id)
	if !was || !will || !p.strict {
		return nil
	}
	return []schema.Change{schema.ReorderColumns{Before: before, After: after}}
}

// canPlace reports whether the server can say where a column stands.
func (p *plan) canPlace(table schema.ID) bool {
	id := table.In(schema.KindColumnOrder, "")
	before, was := p.from.Fact(id)
	if !was {
		before = p.will(id)
	}
	return p.d.CanAlter(before, p.will(id))
}

// orders are the order of columns of a kept table after its columns were dropped
// and added, and the one it shall have.
func (p *plan) orders(table schema.ID) (before, after schema.Fact, ok bool) {
	id := table.In(schema.KindColumnOrder, "")
	before, was := p.from.Fact(id)
	after, will := p.to.Fact(id)
	if !was || !will {
		return before, after, false
	}
	c := p.columnsOf(table)
	for _, f := range p.from.Columns(table) {
		if p.drop[f.ID] {
			c.remove(f.ID.Name)
		}
	}
	for _, f := range p.to.Columns(table) {
		if p.create[f.ID] {
			c.add(f.ID.Name)
		}
	}
	return before.With(schema.AttrColumns, schema.JoinNames(c.now...)), after, true
}

// columns follows the order of a table's columns while they change.
type columns struct {
	now, wanted []string
	place       bool // new ones are placed where they are wanted, not at the end
}

func (p *plan) columnsOf(table schema.ID) *columns {
	order := table.In(schema.KindColumnOrder, "")
	return &columns{
		now:    schema.SplitNames(p.was(order).Attr(schema.AttrColumns)),
		wanted: schema.SplitNames(p.will(order).Attr(schema.AttrColumns)),
		place:  p.canPlace(table),
	}
}

// remove takes a column out and returns the one it stood behind, "" if it stood
// at the end.
func (c *columns) remove(name string) (after string) {
	i := slices.Index(c.now, name)
	if i < 0 {
		return ""
	}
	if i > 0 && i < len(c.now)-1 {
		after = c.now[i-1]
	}
	c.now = slices.Delete(c.now, i, i+1)
	return after
}

// add puts a column in and returns the one it is to stand behind, "" for the
// end, where it comes if the server cannot place it.
func (c *columns) add(name string) (after string) {
	if c.place {
		after = c.behind(name)
	}
	i := len(c.now) - 1
	if after != "" {
		i = slices.Index(c.now, after)
	}
	c.now = slices.Insert(c.now, i+1, name)
	return after
}

// behind finds the nearest column that is there and that the named one shall
// stand behind, "" if that is the end or there is none.
func (c *columns) behind(name string) string {
	i := slices.Index(c.wanted, name)
	if i < 0 || i == len(c.wanted)-1 {
		return ""
	}
	for j := i - 1; j >= 0; j-- {
		if slices.Contains(c.now, c.wanted[j]) {
			return c.wanted[j]
		}
	}
	return ""
}
