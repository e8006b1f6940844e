package diff

import (
	"slices"

	"github.com/lockstepdb/lockstep/schema"
)

// Group is all that happens to one table, view or type with its parts, or to one
// object that has none.
type Group struct {
	Object  schema.ID // by its name before the changes
	Fate    Fate
	Changes []schema.Change // in their order
}

// Fate is what becomes of an object as a whole.
type Fate string

// The fates. What is dropped and made anew is changed.
const (
	Created Fate = "created"
	Changed Fate = "changed"
	Dropped Fate = "dropped"
)

// Groups tells changes object by object, for people: sorted by object. The order
// in which changes can be made is lost between groups. A part whose view does
// not change itself counts as one of a table.
func Groups(changes []schema.Change) []Group {
	g := grouper{at: map[schema.ID]int{}, old: map[schema.ID]schema.ID{}, owners: map[schema.ID]schema.Kind{}}
	for _, c := range slices.Backward(changes) {
		g.owns(c.Subject())
	}
	for _, c := range changes {
		g.add(c)
	}
	slices.SortStableFunc(g.groups, func(a, b Group) int { return a.Object.Compare(b.Object) })
	return g.groups
}

type grouper struct {
	groups []Group
	at     map[schema.ID]int
	old    map[schema.ID]schema.ID   // the names of renamed objects before
	owners map[schema.ID]schema.Kind // what has parts, by name: at first the one that changes first
}

func unkinded(id schema.ID) schema.ID { return schema.ID{Schema: id.Schema, Name: id.Name} }

// object is what a change is about, by its name before all changes.
func (g *grouper) object(id schema.ID) schema.ID {
	if id.Table != "" {
		id = schema.ID{Kind: schema.KindTable, Schema: id.Schema, Name: id.Table}
		if kind, ok := g.owners[unkinded(id)]; ok {
			id.Kind = kind
		}
	}
	if old, ok := g.old[id]; ok {
		return old
	}
	return id
}

// owns notes what parts of that name belong to.
func (g *grouper) owns(id schema.ID) {
	if hasParts(id) {
		g.owners[unkinded(id)] = id.Kind
	}
}

func (g *grouper) add(c schema.Change) {
	if fate(c) == Created {
		g.owns(c.Subject())
	}
	object := g.object(c.Subject())
	i, ok := g.at[object]
	if !ok {
		i = len(g.groups)
		g.at[object] = i
		g.groups = append(g.groups, Group{Object: object, Fate: fate(c)})
	}
	if ok && g.groups[i].Fate != fate(c) {
		g.groups[i].Fate = joint(g.groups[i].Fate, fate(c), c)
	}
	g.groups[i].Changes = append(g.groups[i].Changes, c)
	if to, renamed := newName(c); renamed && to.Table == "" {
		g.old[to] = object
	}
}

// joint is the fate of an object to which one more change happens: its parts may
// follow when it is created, and go before it is dropped.
func joint(so, more Fate, c schema.Change) Fate {
	whole := c.Subject().Table == ""
	switch {
	case so == Created && !whole:
		return Created
	case so == Changed && more == Dropped && whole:
		return Dropped
	}
	return Changed
}

// fate is what a change by itself makes of the object that it is about.
func fate(c schema.Change) Fate {
	switch c := c.(type) {
	case schema.CreateTable:
		return Created
	case schema.DropTable:
		return Dropped
	case schema.CreateObject:
		if c.Object.ID.Table == "" {
			return Created
		}
	case schema.DropObject:
		if c.Object.ID.Table == "" {
			return Dropped
		}
	}
	return Changed
}

// newName is the name that a change gives to its object.
func newName(c schema.Change) (schema.ID, bool) {
	switch c := c.(type) {
	case schema.RenameTable:
		return c.To, true
	case schema.RenameObject:
		return c.To, true
	}
	return schema.ID{}, false
}
