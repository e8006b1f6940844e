package diff

import (
	"slices"

	"github.com/lockstepdb/lockstep/schema"
)

// plan decides for each object what happens to it.
type plan struct {
	from, to *schema.Schema
	d        Dialect
	strict   bool
	together bool

	drop    map[schema.ID]bool // taken away; those that are also in create are made anew
	create  map[schema.ID]bool
	alter   map[schema.ID]bool
	rebuild map[schema.ID]bool // tables made anew with their rows
	asked   map[schema.ID]bool // tables that must be rebuilt whatever the dialect says of the changes
	outside map[schema.ID]bool // taken away for something else, so that a rebuild cannot do it
	apart   map[schema.ID]bool // parts that neither go nor come with their table, to break a cycle

	loose   map[schema.ID]bool // parts that the server takes without what they need
	ordered map[schema.ID]bool // tables whose columns stand in another order, or are other ones
	indexed map[schema.ID]bool // the same of indexes

	bare map[schema.ID]schema.Fact // columns while they do without something they need

	needing map[schema.ID][]schema.ID // of the source; nil until asked
	queue   []schema.ID               // taken away, and not yet looked at who needs it
}

func newPlan(from, to *schema.Schema, d Dialect, o Options) *plan {
	set := func() map[schema.ID]bool { return map[schema.ID]bool{} }
	return &plan{
		from: from, to: to, d: d, strict: o.StrictOrder, together: o.Together,
		drop: set(), create: set(), alter: set(), rebuild: set(), asked: set(), outside: set(), apart: set(), ordered: set(), indexed: set(), loose: set(), bare: map[schema.ID]schema.Fact{},
	}
}

func (p *plan) was(id schema.ID) schema.Fact  { f, _ := p.from.Fact(id); return f }
func (p *plan) will(id schema.ID) schema.Fact { f, _ := p.to.Fact(id); return f }

// classify says what happens to each object that differs.
func (p *plan) classify(found []schema.Difference) {
	for _, d := range found {
		if d.Before != nil && d.After != nil && p.canAlter(*d.Before, *d.After) {
			p.alter[d.ID] = true
		}
	}
	for _, d := range found {
		switch {
		case d.ID.Kind == schema.KindColumnOrder && d.ID.Name != "":
			p.indexed[schema.ID{Kind: schema.KindTable, Schema: d.ID.Schema, Name: d.ID.Table}] = true
		case d.ID.Kind == schema.KindColumnOrder:
			p.ordered[schema.ID{Kind: schema.KindTable, Schema: d.ID.Schema, Name: d.ID.Table}] = true
		case p.isViewColumn(d.ID):
			p.viewColumn(d)
		case d.Before == nil:
			p.make(d.ID)
		case d.After == nil || !p.alter[d.ID]:
			p.take(d.ID)
		}
	}
	p.settle()
}

// canAlter asks the dialect, except for what holds all else: that is never
// dropped to be made anew.
func (p *plan) canAlter(before, after schema.Fact) bool {
	switch after.ID.Kind {
	case schema.KindColumnOrder:
		return false
	case schema.KindSchema, schema.KindDatabase:
		return true
	}
	ok := p.d.CanAlter(before, after)
	if !ok && after.ID.Kind == schema.KindTable {
		p.asked[after.ID] = true
		return true
	}
	return ok
}

// isViewColumn reports whether a column comes and goes with its view.
func (p *plan) isViewColumn(id schema.ID) bool {
	if id.Kind != schema.KindColumn {
		return false
	}
	for _, s := range []*schema.Schema{p.from, p.to} {
		if owner, ok := ownerOf(s, id); ok && owner.Kind != schema.KindTable {
			return true
		}
	}
	return false
}

// viewColumn decides about a differing column of a view. Columns that come at
// the end come with the changed view, and what is attached to a column is
// changed there; whatever else makes another view of it.
func (p *plan) viewColumn(d schema.Difference) {
	view, in := ownerOf(p.from, d.ID)
	if !in || p.drop[view] {
		return
	}
	if _, kept := p.to.Fact(view); !kept {
		return
	}
	switch {
	case d.Before == nil && p.alter[view] && p.appended(view):
		p.create[d.ID] = true
	case d.Before != nil && d.After != nil && p.alter[d.ID] && attached(*d.Before, *d.After):
	default:
		p.take(view)
	}
}

// appended reports whether the columns of a view are still its first ones.
func (p *plan) appended(view schema.ID) bool {
	before, after := p.from.Columns(view), p.to.Columns(view)
	if len(before) > len(after) {
		return false
	}
	for i, c := range before {
		if c.ID != after[i].ID {
			return false
		}
	}
	return true
}

// attached reports whether two facts about a view's column differ only in what
// is not part of the view's definition.
func attached(before, after schema.Fact) bool {
	for _, name := range before.Differing(after) {
		if name == schema.AttrType || name == schema.AttrCollation || name == schema.AttrNotNull {
			return false
		}
	}
	return true
}

// make marks what is created, with all its parts.
func (p *plan) make(id schema.ID) {
	p.create[id] = true
	delete(p.alter, id)
	if !hasParts(id) {
		return
	}
	for _, part := range p.to.Parts(id) {
		p.create[part.ID] = true
		delete(p.alter, part.ID)
	}
}

// take marks what is dropped, with all its parts; what is still wanted is made
// again.
func (p *plan) take(id schema.ID) {
	if p.drop[id] {
		return
	}
	if view, ok := ownerOf(p.from, id); ok && p.isViewColumn(id) && !p.drop[view] {
		p.take(view)
		return
	}
	p.drop[id] = true
	delete(p.alter, id)
	delete(p.bare, id)
	p.queue = append(p.queue, id)
	if _, wanted := p.to.Fact(id); wanted {
		p.make(id)
	}
	if !hasParts(id) {
		return
	}
	for _, part := range p.from.Parts(id) {
		p.take(part.ID)
	}
}

func hasParts(id schema.ID) bool { return id.Kind.IsRelation() || id.Kind == schema.KindType }

// settle takes away whatever needs what is taken away or disturbed, until
// nothing new is found.
func (p *plan) settle() {
	for _, id := range sorted(p.alter) {
		if _, suspended := p.bare[id]; !suspended && p.alter[id] && p.d.Disturbs(p.was(id), p.will(id)) {
			p.unsettle(id, p.disturbed)
		}
	}
	always := func(schema.ID, schema.ID) bool { return true }
	for len(p.queue) > 0 {
		id := p.queue[0]
		p.queue = p.queue[1:]
		p.unsettle(id, always)
	}
}

// unsettle takes away what needs an object and does not get on without it.
func (p *plan) unsettle(id schema.ID, must func(id, needing schema.ID) bool) {
	if p.needing == nil {
		p.needing = needing(p.from)
	}
	for _, n := range p.needing[id] {
		if p.drop[n] || !must(id, n) || p.alter[n] && !p.stillNeeds(n, id) || p.stays(n) && !sameTable(id, n) {
			continue
		}
		if p.suspend(n, id) {
			continue
		}
		p.outside[n] = p.outside[id] || !sameTable(id, n)
		p.take(n)
	}
}

// stays reports whether a constraint cannot go without a rebuild of its table. A
// server that is like that does not ask for it either: what the constraint needs
// may be missing for a while.
func (p *plan) stays(id schema.ID) bool {
	table, ok := p.kept(id)
	return ok && id.Kind == schema.KindConstraint && p.d.MustRebuild(p.was(table), []schema.Change{schema.Drop(p.was(id))})
}

// stillNeeds reports whether an object needs another one in the target too.
func (p *plan) stillNeeds(id, other schema.ID) bool {
	return slices.Contains(needs(p.to, p.will(id)), other)
}

func sameTable(a, b schema.ID) bool {
	table := func(id schema.ID) schema.ID {
		if id.Table != "" {
			return schema.ID{Schema: id.Schema, Name: id.Table}
		}
		return schema.ID{Schema: id.Schema, Name: id.Name}
	}
	return table(a) == table(b)
}

// disturbed reports whether something must go while an object it needs is
// altered.
func (p *plan) disturbed(id, needing schema.ID) bool {
	return p.disturbedBy(p.was(id), p.will(id), needing)
}

func (p *plan) disturbedBy(before, after schema.Fact, needing schema.ID) bool {
	if d, ok := p.d.(Disturber); ok {
		return d.Disturbed(before, after, p.was(needing))
	}
	switch needing.Kind {
	case schema.KindConstraint, schema.KindIndex, schema.KindStatistics, schema.KindTable:
		return false
	}
	return true
}

func sorted(set map[schema.ID]bool) []schema.ID {
	ids := make([]schema.ID, 0, len(set))
	for id, in := range set {
		if in {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, schema.ID.Compare)
	return ids
}

// sortedBy sorts objects of a schema, by walking through its facts if there are
// many.
func sortedBy(s *schema.Schema, set map[schema.ID]bool) []schema.ID {
	if 8*len(set) < len(s.Facts()) {
		return sorted(set)
	}
	var ids []schema.ID
	for _, f := range s.Facts() {
		if set[f.ID] {
			ids = append(ids, f.ID)
		}
	}
	return ids
}
