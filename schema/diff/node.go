package diff

import (
	"cmp"
	"slices"

	"github.com/lockstepdb/lockstep/schema"
)

// verb is what a node does.
type verb int

const (
	dropping verb = iota
	creating
	altering
	rebuilding
	suspending
)

// node is one change to be made, with all facts that it takes away, brings or
// replaces: first that of its subject.
type node struct {
	verb          verb
	id            schema.ID
	before, after []schema.Fact

	key     key
	next    []int // nodes that come later
	waiting int   // nodes that must come earlier and have not
}

// key orders nodes where the graph leaves a choice.
type key struct {
	phase, kind, column int
	id                  schema.ID
}

func (k key) compare(o key) int {
	return cmp.Or(
		cmp.Compare(k.phase, o.phase),
		cmp.Compare(k.kind, o.kind),
		cmp.Compare(k.id.Schema, o.id.Schema),
		cmp.Compare(k.id.Table, o.id.Table),
		cmp.Compare(k.column, o.column),
		k.id.Compare(o.id),
	)
}

// order lists kinds as people expect to read them: what others need first. If
// tables come with their triggers, routines come before tables.
func order(together bool) []schema.Kind {
	kinds := []schema.Kind{
		schema.KindDatabase, schema.KindSchema, schema.KindExtension, schema.KindCollation, schema.KindType, schema.KindServer,
		schema.KindSequence, schema.KindTable, schema.KindColumn, schema.KindColumnOrder, schema.KindConstraint, schema.KindIndex,
		schema.KindStatistics, schema.KindRoutine, schema.KindView, schema.KindMaterializedView, schema.KindTrigger, schema.KindRule,
		schema.KindPolicy, schema.KindEventTrigger, schema.KindEvent, schema.KindPublication, schema.KindDefaultACL, schema.KindObject,
	}
	if together {
		routine := slices.Index(kinds, schema.KindRoutine)
		kinds = slices.Insert(slices.Delete(kinds, routine, routine+1), slices.Index(kinds, schema.KindTable), schema.KindRoutine)
	}
	return kinds
}

// rank is the place of a fact's kind. Foreign keys stand behind indexes, since
// they may need one.
func rank(kinds []schema.Kind, f schema.Fact) int {
	i := slices.Index(kinds, f.ID.Kind)
	switch {
	case i < 0:
		return 2 * len(kinds)
	case f.Form() == schema.ForeignKey:
		return 2*slices.Index(kinds, schema.KindIndex) + 1
	}
	return 2 * i
}

// holds reports whether rows, or what rows need, are behind a kind: such things
// are dropped last.
func holds(k schema.Kind) bool {
	switch k {
	case schema.KindDatabase, schema.KindSchema, schema.KindExtension, schema.KindCollation, schema.KindType, schema.KindServer,
		schema.KindSequence, schema.KindTable, schema.KindColumn:
		return true
	}
	return false
}

// keyed fills in the keys of the nodes.
func (g *graph) keyed() {
	kinds := order(g.together)
	place := columnPlaces{}
	for _, n := range g.nodes {
		f, s := n.subject(), g.to
		if n.verb == dropping {
			s = g.from
		}
		n.key = key{phase: 1, kind: rank(kinds, f), id: n.id, column: place.of(s, n.id)}
		if n.verb == suspending {
			n.key.phase = 0
		}
		if n.verb != dropping {
			continue
		}
		n.key.phase, n.key.kind, n.key.column = 0, -n.key.kind, -n.key.column
		if holds(n.id.Kind) {
			n.key.phase = 2
		}
	}
}

// subject is the fact about what the node changes.
func (n *node) subject() schema.Fact {
	if len(n.after) > 0 {
		return n.after[0]
	}
	return n.before[0]
}

// columnPlaces remembers where columns stand in their tables.
type columnPlaces map[columnsOf]map[string]int

type columnsOf struct {
	schema *schema.Schema
	table  schema.ID
}

func (c columnPlaces) of(s *schema.Schema, id schema.ID) int {
	if id.Kind != schema.KindColumn {
		return 0
	}
	owner, ok := ownerOf(s, id)
	if !ok {
		return 0
	}
	at := columnsOf{s, owner}
	if c[at] == nil {
		c[at] = map[string]int{}
		for i, f := range s.Columns(owner) {
			c[at][f.ID.Name] = i
		}
	}
	return c[at][id.Name]
}
