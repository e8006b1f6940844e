package diff

import (
	"slices"

	"github.com/lockstepdb/lockstep/schema"
)

// Suspender is an optional ability of a Dialect: it says what becomes of a
// column, so that its values are kept, while something it needs is made anew.
// Without it, a column does without its default while the sequence or routine in
// it is not there; one that needs anything else is dropped and made anew.
type Suspender interface {
	// Suspend returns the column as it can be without the other object: without
	// a default, or with another type. Its Needs must lack the object. ok is
	// false if that cannot be.
	Suspend(column, needed schema.Fact) (bare schema.Fact, ok bool)
}

// suspend lets a column of a table do without something that it needs. It
// reports whether that can be.
func (p *plan) suspend(id, needed schema.ID) bool {
	if id.Kind != schema.KindColumn || p.isViewColumn(id) {
		return false
	}
	will, wanted := p.to.Fact(id)
	if !wanted {
		return false
	}
	now, already := p.bare[id]
	if !already {
		now = p.was(id)
	}
	if already && !slices.Contains(now.Needs, needed) {
		return true
	}
	bare, ok := p.without(now, p.was(needed))
	if !ok || !p.d.CanAlter(p.was(id), bare) || !p.d.CanAlter(bare, will) {
		delete(p.bare, id)
		return false
	}
	p.bare[id], p.alter[id] = bare, true
	if p.d.Disturbs(p.was(id), bare) || p.d.Disturbs(bare, will) {
		p.unsettle(id, p.disturbedBySuspension)
	}
	return true
}

// without is the column without what it needs.
func (p *plan) without(column, needed schema.Fact) (schema.Fact, bool) {
	if s, ok := p.d.(Suspender); ok {
		return s.Suspend(column, needed)
	}
	k := needed.ID.Kind
	if k != schema.KindSequence && k != schema.KindRoutine || !column.Is(schema.AttrDefault) || column.Is(schema.AttrGenerated) {
		return column, false
	}
	bare := column.Without(schema.AttrDefault)
	bare.Needs = slices.DeleteFunc(slices.Clone(column.Needs), func(id schema.ID) bool { return id == needed.ID })
	return bare, true
}

// disturbedBySuspension reports whether something must go while a column it
// needs is suspended.
func (p *plan) disturbedBySuspension(id, needing schema.ID) bool {
	for _, pair := range [][2]schema.Fact{{p.was(id), p.bare[id]}, {p.bare[id], p.will(id)}} {
		if p.d.Disturbs(pair[0], pair[1]) && p.disturbedBy(pair[0], pair[1], needing) {
			return true
		}
	}
	return false
}

// resume ends the suspension of the columns of a table that is rebuilt anyway:
// they are dropped and made anew. It reports whether there were any.
func (p *plan) resume(table schema.ID) bool {
	found := false
	for _, f := range p.from.Parts(table) {
		if _, ok := p.bare[f.ID]; ok {
			delete(p.bare, f.ID)
			p.outside[f.ID], found = true, true
			p.take(f.ID)
		}
	}
	p.settle()
	return found
}
