package diff

import (
	"container/heap"
	"slices"

	"github.com/lockstepdb/lockstep/schema"
)

// graph holds the nodes of a plan and which comes before which.
type graph struct {
	*plan
	nodes []*node
	// The nodes that drop, create and alter an object.
	dropper, creator, alterer map[schema.ID]int
	suspender                 map[schema.ID]int
}

// arrange makes the graph and walks it, deciding anew where no order exists.
func (p *plan) arrange() *walk {
	for {
		p.collapse()
		g := p.graph()
		w := g.walk()
		if len(w.cycles) == 0 || !g.untie(w.tangles) {
			return w
		}
	}
}

// graph makes the nodes of all objects, then ties them.
func (p *plan) graph() *graph {
	g := &graph{plan: p, dropper: map[schema.ID]int{}, creator: map[schema.ID]int{}, alterer: map[schema.ID]int{}, suspender: map[schema.ID]int{}}
	for _, id := range sorted(p.rebuild) {
		g.addRebuild(id)
	}
	for _, id := range sortedBy(p.from, p.drop) {
		g.addDrop(id)
	}
	for _, id := range sortedBy(p.to, p.create) {
		g.addCreate(id)
	}
	for _, id := range sorted(p.alter) {
		g.addAlter(id)
	}
	g.keyed()
	g.tie()
	return g
}

func (g *graph) add(n *node) int {
	g.nodes = append(g.nodes, n)
	return len(g.nodes) - 1
}

// addRebuild adds the node of a rebuilt table. It does what happens to the
// parts, but for what other objects force to go before and come after.
func (g *graph) addRebuild(table schema.ID) {
	n := &node{verb: rebuilding, id: table}
	at := g.add(n)
	g.alterer[table] = at
	n.before, n.after = []schema.Fact{g.was(table)}, []schema.Fact{g.will(table)}
	for _, f := range g.from.Parts(table) {
		if g.outside[f.ID] {
			continue
		}
		n.before = append(n.before, f)
		if g.drop[f.ID] {
			g.dropper[f.ID] = at
		}
	}
	for _, f := range g.to.Parts(table) {
		if g.outside[f.ID] {
			continue
		}
		n.after = append(n.after, f)
		if g.create[f.ID] {
			g.creator[f.ID] = at
		}
		if g.alter[f.ID] {
			g.alterer[f.ID] = at
		}
	}
}

// addDrop adds the node that drops an object, with all parts of a relation.
func (g *graph) addDrop(id schema.ID) {
	if _, done := g.dropper[id]; done || id.Kind == schema.KindColumnOrder {
		return
	}
	n := &node{verb: dropping, id: id, before: []schema.Fact{g.was(id)}}
	at := g.add(n)
	g.dropper[id] = at
	if !hasParts(id) {
		return
	}
	for _, f := range g.from.Parts(id) {
		if !g.apart[f.ID] {
			n.before = append(n.before, f)
			g.dropper[f.ID] = at
		}
	}
}

// addCreate adds the node that makes an object, with the parts that come with
// it.
func (g *graph) addCreate(id schema.ID) {
	if _, done := g.creator[id]; done || id.Kind == schema.KindColumnOrder {
		return
	}
	if view, ok := ownerOf(g.to, id); ok && g.isViewColumn(id) {
		if g.alter[view] {
			g.creator[id] = g.addAlter(view)
			return
		}
	}
	n := &node{verb: creating, id: id, after: []schema.Fact{g.will(id)}}
	at := g.add(n)
	g.creator[id] = at
	if !hasParts(id) {
		return
	}
	for _, f := range g.to.Parts(id) {
		if g.comesWith(n.after[0], f) {
			n.after = append(n.after, f)
			g.creator[f.ID] = at
		}
	}
}

// addAlter adds the node that alters an object, if there is none.
func (g *graph) addAlter(id schema.ID) int {
	at, done := g.alterer[id]
	if done {
		return at
	}
	was := g.was(id)
	bare, suspended := g.bare[id]
	if suspended {
		at = g.add(&node{verb: suspending, id: id, before: []schema.Fact{was}, after: []schema.Fact{bare}})
		g.suspender[id], was = at, bare
	}
	g.alterer[id] = g.add(&node{verb: altering, id: id, before: []schema.Fact{was}, after: []schema.Fact{g.will(id)}})
	if suspended {
		g.edge(at, g.alterer[id])
	}
	return g.alterer[id]
}

// comesWith reports whether a part is made by the statement that makes the
// relation.
func (g *graph) comesWith(relation, part schema.Fact) bool {
	switch {
	case g.apart[part.ID]:
		return false
	case part.ID.Kind == schema.KindColumn, part.ID.Kind == schema.KindColumnOrder:
		return true
	case relation.ID.Kind != schema.KindTable:
		return false
	}
	return g.d.InCreate(relation, part)
}

// tie puts nodes before each other.
func (g *graph) tie() {
	for at, n := range g.nodes {
		for _, f := range n.after {
			if n.verb != suspending {
				g.tieAfter(at, f)
			}
		}
		for _, f := range n.before {
			g.tieBefore(at, f)
		}
	}
	g.tieNames()
	g.tieSiblings()
}

// ties are the needs of a node's fact that must be satisfied at any time.
func (g *graph) ties(at int, s *schema.Schema, f schema.Fact) []schema.ID {
	if g.loose[f.ID] && g.nodes[at].id != f.ID {
		return nil
	}
	return needs(s, f)
}

// tieAfter lets a node that brings a fact follow those that bring what it needs.
func (g *graph) tieAfter(at int, f schema.Fact) {
	for _, id := range g.ties(at, g.to, f) {
		g.before(g.creator, id, at)
		g.before(g.alterer, id, at)
	}
	if in, ok := container(g.to, f.ID); ok {
		g.before(g.creator, in, at)
		if g.rebuild[in] {
			g.before(g.alterer, in, at)
		}
	}
	if d, ok := g.dropper[f.ID]; ok && g.create[f.ID] {
		g.edge(d, at)
	}
}

// tieBefore lets a node that takes or changes a fact go before those that take
// what it needed, and before those that disturb it.
func (g *graph) tieBefore(at int, f schema.Fact) {
	n := g.nodes[at]
	for _, id := range g.ties(at, g.from, f) {
		if d, ok := g.dropper[id]; ok {
			g.edge(at, d)
		}
		if a, ok := g.suspender[id]; ok {
			if g.leaves(n, f.ID, id) && g.disturbedBySuspension(id, f.ID) {
				g.edge(at, a)
			}
			continue
		}
		if a, ok := g.alterer[id]; ok && g.leaves(n, f.ID, id) && g.d.Disturbs(g.was(id), g.will(id)) && g.disturbed(id, f.ID) {
			g.edge(at, a)
		}
	}
	if in, ok := container(g.from, f.ID); ok {
		if d, ok := g.dropper[in]; ok {
			g.edge(at, d)
		}
		if a, ok := g.alterer[in]; ok && g.rebuild[in] && g.drop[f.ID] {
			g.edge(at, a)
		}
	}
}

// leaves reports whether an object stops needing another one, which is altered.
func (g *graph) leaves(n *node, id, other schema.ID) bool {
	return g.alter[other] && (g.drop[id] || n.verb == suspending || g.alter[id] && !g.stillNeeds(id, other))
}

// before ties the node that an object has in one of the lists, if any.
func (g *graph) before(nodes map[schema.ID]int, id schema.ID, at int) {
	if earlier, ok := nodes[id]; ok {
		g.edge(earlier, at)
	}
}

func (g *graph) edge(from, to int) {
	if from == to {
		return
	}
	g.nodes[from].next = append(g.nodes[from].next, to)
	g.nodes[to].waiting++
}

// tieNames drops what has a name, or is a table's primary key, before another
// object gets the name or becomes the key.
func (g *graph) tieNames() {
	taken := map[schema.ID][]int{}
	g.eachPlace(dropping, g.drop, func(at int, place schema.ID) { taken[place] = append(taken[place], at) })
	g.eachPlace(creating, g.create, func(at int, place schema.ID) {
		for _, d := range taken[place] {
			if g.nodes[d].verb == dropping || g.nodes[at].verb == creating { // not from one rebuild to the next
				g.edge(d, at)
			}
		}
	})
}

// tieSiblings drops a table that needs another one, as a partition does, before
// others of the same parent come or change: they may take over its share.
func (g *graph) tieSiblings() {
	leaving := map[schema.ID][]int{} // by parent
	for at, n := range g.nodes {
		if n.verb == dropping {
			for _, parent := range tablesOf(n.before) {
				leaving[parent] = append(leaving[parent], at)
			}
		}
	}
	if len(leaving) == 0 {
		return
	}
	for at, n := range g.nodes {
		if n.verb != creating && n.verb != altering {
			continue
		}
		for _, parent := range tablesOf(n.after) {
			for _, d := range leaving[parent] {
				if !slices.Contains(tablesOf(n.before), g.nodes[d].id) {
					g.edge(d, at)
				}
			}
		}
	}
}

// tablesOf are the tables that a table needs, whose fact is the first.
func tablesOf(facts []schema.Fact) (needed []schema.ID) {
	if len(facts) == 0 || facts[0].ID.Kind != schema.KindTable {
		return nil
	}
	for _, id := range facts[0].Needs {
		if id.Kind == schema.KindTable && id != facts[0].ID {
			needed = append(needed, id)
		}
	}
	return needed
}

// eachPlace tells the places of what nodes drop or create, by themselves or in a
// rebuild.
func (g *graph) eachPlace(v verb, set map[schema.ID]bool, yield func(at int, place schema.ID)) {
	for at, n := range g.nodes {
		facts := n.after
		if v == dropping {
			facts = n.before
		}
		for _, f := range facts {
			own := n.verb == v
			if !own && (n.verb != rebuilding || !set[f.ID] || f.ID.Kind == schema.KindConstraint) {
				continue
			}
			for _, place := range places(f) {
				yield(at, place)
			}
		}
	}
}

// places are what only one object can have at a time: a name among relations,
// indexes, their constraints and types, and being the primary key of a table.
// That indexes of two tables can have one name on some servers costs nothing but
// a choice of order.
func places(f schema.Fact) []schema.ID {
	var p []schema.ID
	switch f.ID.Kind {
	case schema.KindTable, schema.KindView, schema.KindMaterializedView, schema.KindSequence, schema.KindIndex, schema.KindType:
		p = append(p, schema.ID{Schema: f.ID.Schema, Name: f.ID.Name})
	}
	switch f.Form() {
	case schema.PrimaryKey:
		p = append(p, schema.ID{Schema: f.ID.Schema, Name: f.ID.Name}, schema.ID{Schema: f.ID.Schema, Table: f.ID.Table})
	case schema.Unique, schema.Exclude:
		p = append(p, schema.ID{Schema: f.ID.Schema, Name: f.ID.Name})
	}
	return p
}

// ready is a heap of nodes that wait for nothing.
type ready struct {
	g  *graph
	at []int
}

func (r *ready) Len() int { return len(r.at) }
func (r *ready) Less(i, j int) bool {
	return r.g.nodes[r.at[i]].key.compare(r.g.nodes[r.at[j]].key) < 0
}
func (r *ready) Swap(i, j int) { r.at[i], r.at[j] = r.at[j], r.at[i] }

// Push implements heap.Interface.
func (r *ready) Push(x any) {
	if at, ok := x.(int); ok {
		r.at = append(r.at, at)
	}
}

// Pop implements heap.Interface.
func (r *ready) Pop() any {
	last := r.at[len(r.at)-1]
	r.at = r.at[:len(r.at)-1]
	return last
}

var _ heap.Interface = (*ready)(nil)
