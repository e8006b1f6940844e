package diff

import (
	"container/heap"
	"slices"

	"github.com/lockstepdb/lockstep/schema"
)

// walk is an order of a graph's nodes.
type walk struct {
	*graph
	order     []int
	cycles    [][]schema.ID
	tangles   [][]int // the nodes of cycles
	tables    map[schema.ID]*columns
	orderOnly []schema.Difference
}

// walk takes nodes that wait for nothing, the smallest key first. Where all
// wait, it takes the first one of a cycle nevertheless. Parts that need only
// their table and what was there come right behind it if they are to stand
// together.
func (g *graph) walk() *walk {
	w := &walk{graph: g, tables: map[schema.ID]*columns{}}
	r, parts := &ready{g: g}, &ready{g: g}
	var relation schema.ID // whose parts are next
	done := make([]bool, len(g.nodes))
	for at, n := range g.nodes {
		if n.waiting == 0 {
			r.at = append(r.at, at)
		}
	}
	heap.Init(r)
	for len(w.order) < len(g.nodes) {
		from := r
		switch {
		case parts.Len() > 0:
			from = parts
		case r.Len() == 0:
			heap.Push(r, w.knot(done))
		}
		at, ok := heap.Pop(from).(int)
		if !ok || done[at] {
			continue
		}
		done[at] = true
		w.order = append(w.order, at)
		if from == r {
			relation = g.nodes[at].id
		}
		for _, next := range g.nodes[at].next {
			if g.nodes[next].waiting--; g.nodes[next].waiting > 0 {
				continue
			}
			if g.together && partOf(g.nodes[next].id, relation) {
				heap.Push(parts, next)
			} else {
				heap.Push(r, next)
			}
		}
	}
	return w
}

func partOf(id, relation schema.ID) bool {
	return relation.Kind.IsRelation() && id.Schema == relation.Schema && id.Table == relation.Name
}

// knot records a cycle among the nodes that are left, of those that wait for no
// other cycle, and returns the node to go on with.
func (w *walk) knot(done []bool) int {
	groups := w.components(done)
	slices.SortFunc(groups, func(a, b []int) int { return w.nodes[a[0]].key.compare(w.nodes[b[0]].key) })
	group := groups[w.first(groups)]
	var ids []schema.ID
	for _, at := range group {
		ids = append(ids, w.nodes[at].id)
	}
	w.tangles, w.cycles = append(w.tangles, group), append(w.cycles, ids)
	return group[0]
}

// first is the first group that waits for no other.
func (w *walk) first(groups [][]int) int {
	of := map[int]int{}
	for i, group := range groups {
		for _, at := range group {
			of[at] = i
		}
	}
	waits := make([]bool, len(groups))
	for at, i := range of {
		for _, next := range w.nodes[at].next {
			if j, left := of[next]; left && j != i {
				waits[j] = true
			}
		}
	}
	return slices.Index(waits, false)
}

// components are the strongly connected components (Tarjan) of the nodes that
// are left, each sorted by key.
func (w *walk) components(done []bool) [][]int {
	t := &tarjan{nodes: w.nodes, done: done, index: make([]int, len(done)), low: make([]int, len(done)), on: make([]bool, len(done))}
	for at := range done {
		if !done[at] && t.index[at] == 0 {
			t.visit(at)
		}
	}
	for _, c := range t.found {
		slices.SortFunc(c, func(a, b int) int { return t.nodes[a].key.compare(t.nodes[b].key) })
	}
	return t.found
}

type tarjan struct {
	nodes      []*node
	done, on   []bool
	index, low []int
	count      int
	stack      []int
	found      [][]int
}

func (t *tarjan) visit(at int) {
	t.count++
	t.index[at], t.low[at], t.on[at] = t.count, t.count, true
	t.stack = append(t.stack, at)
	for _, next := range t.nodes[at].next {
		switch {
		case t.done[next]:
		case t.index[next] == 0:
			t.visit(next)
			t.low[at] = min(t.low[at], t.low[next])
		case t.on[next]:
			t.low[at] = min(t.low[at], t.index[next])
		}
	}
	if t.low[at] != t.index[at] {
		return
	}
	i := slices.Index(t.stack, at)
	group := slices.Clone(t.stack[i:])
	for _, n := range group {
		t.on[n] = false
	}
	t.stack = t.stack[:i]
	t.found = append(t.found, group)
}

// untie changes the plan where objects wait for each other. It reports whether
// anything was changed.
func (g *graph) untie(tangles [][]int) bool {
	changed := false
	for _, group := range tangles {
		changed = g.untieGroup(group) || changed
	}
	g.settle()
	return changed
}

// untieGroup tries what does the least first: foreign keys, then other parts, go
// and come by themselves; what was to be altered is dropped and made anew; what
// can neither go nor come by itself is one that the server takes before what it
// needs is there.
func (g *graph) untieGroup(group []int) bool {
	set := func(mark map[schema.ID]bool, fits func(*node, schema.Fact) bool) bool {
		changed := false
		for _, at := range group {
			for _, f := range g.tying(at, group) {
				if fits(g.nodes[at], f) {
					mark[f.ID], changed = true, true
				}
			}
		}
		return changed
	}
	column := func(f schema.Fact) bool { return f.ID.Kind == schema.KindColumn }
	return set(g.apart, func(n *node, f schema.Fact) bool { return f.Form() == schema.ForeignKey && g.separable(n, f) }) ||
		set(g.apart, func(n *node, f schema.Fact) bool { return !column(f) && g.separable(n, f) }) ||
		g.replace(group) ||
		g.release(group) ||
		set(g.apart, func(n *node, f schema.Fact) bool { return column(f) && g.separable(n, f) }) ||
		set(g.loose, func(n *node, f schema.Fact) bool { return f.ID.Kind == schema.KindConstraint && !g.separable(n, f) })
}

// tying are the parts by which the node of a table is tied to others of the
// group.
func (g *graph) tying(at int, group []int) []schema.Fact {
	n := g.nodes[at]
	if n.id.Kind != schema.KindTable || n.verb == altering || n.verb == suspending {
		return nil
	}
	var found []schema.Fact
	for _, f := range n.before {
		if f.ID.Table != "" && f.ID.Kind != schema.KindColumnOrder && g.tiesTo(g.from, f, at, group) {
			found = append(found, f)
		}
	}
	for _, f := range n.after {
		if f.ID.Table != "" && f.ID.Kind != schema.KindColumnOrder && g.tiesTo(g.to, f, at, group) {
			found = append(found, f)
		}
	}
	return found
}

// tiesTo reports whether a fact needs what another node of the group does.
func (g *graph) tiesTo(s *schema.Schema, f schema.Fact, at int, group []int) bool {
	if g.loose[f.ID] {
		return false
	}
	for _, id := range needs(s, f) {
		for _, nodes := range []map[schema.ID]int{g.dropper, g.creator, g.alterer} {
			if other, ok := nodes[id]; ok && other != at && slices.Contains(group, other) {
				return true
			}
		}
	}
	return false
}

// separable reports whether a part can go before its table and come after it.
func (g *graph) separable(n *node, part schema.Fact) bool {
	if n.verb == rebuilding || g.mustComeWith(n, part) {
		return false
	}
	if part.ID.Kind != schema.KindColumn {
		return true
	}
	return slices.ContainsFunc(append(n.before, n.after...), func(f schema.Fact) bool {
		return f.ID.Kind == schema.KindColumn && f.ID != part.ID && !g.apart[f.ID]
	})
}

// mustComeWith reports whether a part can only come with its table.
func (g *graph) mustComeWith(n *node, part schema.Fact) bool {
	return g.d.MustRebuild(n.subject(), []schema.Change{schema.Create(part)})
}

// release lets parts go before and come after the rebuild of their table.
func (g *graph) release(group []int) bool {
	changed := false
	for _, at := range group {
		n := g.nodes[at]
		if n.verb != rebuilding {
			continue
		}
		for _, f := range g.tying(at, group) {
			differs := g.drop[f.ID] || g.create[f.ID] || g.alter[f.ID] && f.ID.Kind != schema.KindColumn
			if !differs || g.outside[f.ID] || g.mustComeWith(n, f) {
				continue
			}
			g.outside[f.ID], changed = true, true
			if g.alter[f.ID] {
				g.take(f.ID)
			}
		}
	}
	return changed
}

// replace drops and makes anew what was to be altered in a group, but for what
// holds rows or other objects.
func (g *graph) replace(group []int) bool {
	changed := false
	for _, at := range group {
		if n := g.nodes[at]; n.verb == altering && !holds(n.id.Kind) {
			g.outside[n.id], changed = true, true
			g.take(n.id)
		}
	}
	return changed
}
