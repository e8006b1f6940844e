package diff

import "github.com/lockstepdb/lockstep/schema"

// Anonymous is an optional ability of a Dialect: it tells the objects that have
// no name in the database, so that their ID holds what they say. One that names
// a renamed column is then found in the target by what it says.
type Anonymous interface {
	Anonymous(f schema.Fact) bool
}

// adopt returns a fact under the ID that an object without a name has in the
// target, if that one says the same but for renamed names.
func (n *names) adopt(f schema.Fact, from, to *schema.Schema, taken map[schema.ID]bool) schema.Fact {
	if n.anonymous == nil || f.ID.Table == "" || !n.anonymous.Anonymous(f) {
		return f
	}
	owner, ok := ownerOf(to, f.ID)
	if !ok {
		return f
	}
	for _, will := range to.Parts(owner) {
		if _, was := from.Fact(will.ID); was || will.ID.Kind != f.ID.Kind || taken[will.ID] || !n.anonymous.Anonymous(will) {
			continue
		}
		same := f
		same.ID = will.ID
		if same = n.follow(same, will); same.Equal(will) {
			taken[will.ID] = true
			return same
		}
	}
	return f
}
