package codegen

import (
	"cmp"
	"math"
	"slices"
)

// Distances of boxes, in pixels.
const (
	boxGap   = 24.0 // between boxes one above the other
	placeGap = 12.0 // between lines that run between boxes
	trackGap = 9.0  // between vertical lines
	edgeRoom = 26.0 // between a box and the nearest vertical line
)

// net is the edges to one column of one table from one side: they share lines,
// so that forty references to a table are one line with forty branches.
type net struct {
	to       *box
	edges    []*edge
	places   map[int]*box // by layer
	y        float64      // at the table, from its top
	optional bool
	back     bool
}

// layers is a connected part while it is laid out.
type layers struct {
	g    *diagram
	nets []*net
	at   [][]*box // boxes and places by layer, from top to bottom
	x    []float64
	next map[*box][]joint // neighbours in the layer before and behind
}

// joint is a line between boxes of neighbouring layers, with the heights at
// which it meets them.
type joint struct {
	other       *box
	own, theirs float64
	before      bool // the other one stands left
	strong      bool // between two places: should be straight
	net         *net
}

// place finds positions for a connected part: layers, an order within each with
// few crossings, heights, and lines.
func (g *diagram) place() {
	l := &layers{g: g}
	l.assign()
	l.weave()
	l.order()
	l.heights()
	l.route()
}

// assign puts each table into the layer behind the tables it refers to, where
// there is room. Edges that close a circle are turned round.
func (l *layers) assign() {
	out := map[*box][]*edge{}
	for _, e := range l.g.edges {
		if e.from != e.to {
			out[e.from] = append(out[e.from], e)
		}
	}
	const todo, doing, done = 0, 1, 2
	state := map[*box]int{}
	var sorted []*box
	var visit func(b *box)
	visit = func(b *box) {
		state[b] = doing
		for _, e := range out[b] {
			switch state[e.to] {
			case todo:
				visit(e.to)
			case doing:
				e.back = true
			}
		}
		state[b] = done
		sorted = append(sorted, b)
	}
	for _, b := range l.g.boxes {
		if state[b] == todo {
			visit(b)
		}
	}
	l.fill(sorted)
}

// neighbours returns which boxes must stand left and right of each.
func (l *layers) neighbours() (left, right map[*box][]*box) {
	left, right = map[*box][]*box{}, map[*box][]*box{}
	for _, e := range l.g.edges {
		a, b := e.to, e.from
		if e.back {
			a, b = b, a
		}
		if a != b {
			left[b] = append(left[b], a)
			right[a] = append(right[a], b)
		}
	}
	return left, right
}

// fill gives out layers, none higher than what makes the whole about as high as
// wide.
func (l *layers) fill(sorted []*box) {
	left, right := l.neighbours()
	sorted = l.topological(sorted, left)
	most := l.highest()
	var used []float64
	for _, b := range sorted {
		for _, a := range left[b] {
			b.layer = max(b.layer, a.layer+1)
		}
		for {
			for len(used) <= b.layer {
				used = append(used, 0)
			}
			if used[b.layer] == 0 || used[b.layer]+b.h+boxGap <= most {
				break
			}
			b.layer++
		}
		used[b.layer] += b.h + boxGap
	}
	l.tighten(sorted, left, right, used, most)
	last := 0
	for _, b := range sorted {
		last = max(last, b.layer)
	}
	l.at = make([][]*box, last+1)
	for _, b := range l.g.boxes {
		l.at[b.layer] = append(l.at[b.layer], b)
	}
}

// topological orders the boxes so that each comes behind those left of it,
// which turned edges may have upset; those with the most behind them first.
func (l *layers) topological(boxes []*box, left map[*box][]*box) []*box {
	seen := map[*box]bool{}
	var sorted []*box
	var visit func(b *box)
	visit = func(b *box) {
		if seen[b] {
			return
		}
		seen[b] = true
		for _, a := range left[b] {
			visit(a)
		}
		sorted = append(sorted, b)
	}
	for _, b := range boxes {
		visit(b)
	}
	return sorted
}

// highest is how high a layer may be.
func (l *layers) highest() float64 {
	const gapWidth, aspect = 90.0, 1.5
	area, tallest := 0.0, 0.0
	for _, b := range l.g.boxes {
		area += (b.w + gapWidth) * (b.h + boxGap)
		tallest = max(tallest, b.h+boxGap)
	}
	return max(tallest, math.Sqrt(area/aspect)*1.1)
}

// tighten moves tables that refer to none next to those that refer to them.
func (l *layers) tighten(sorted []*box, left, right map[*box][]*box, used []float64, most float64) {
	for _, b := range slices.Backward(sorted) {
		if len(left[b]) > 0 || len(right[b]) == 0 {
			continue
		}
		nearest := math.MaxInt
		for _, c := range right[b] {
			nearest = min(nearest, c.layer-1)
		}
		if nearest > b.layer && used[nearest]+b.h+boxGap <= most {
			used[b.layer] -= b.h + boxGap
			used[nearest] += b.h + boxGap
			b.layer = nearest
		}
	}
}

// weave gathers edges into nets, and gives each a place in every layer that it
// crosses.
func (l *layers) weave() {
	type key struct {
		to             *box
		y              float64
		optional, back bool
	}
	nets := map[key]*net{}
	for _, e := range l.g.edges {
		if e.from == e.to {
			continue
		}
		k := key{e.to, e.to.port(e.l.toCols), e.l.optional, e.from.layer < e.to.layer}
		e.back = k.back
		n := nets[k]
		if n == nil {
			n = &net{to: e.to, y: k.y, optional: k.optional, back: k.back, places: map[int]*box{}}
			nets[k] = n
			l.nets = append(l.nets, n)
		}
		n.edges = append(n.edges, e)
		e.net = n
	}
	l.separate()
	l.next = map[*box][]joint{}
	for _, n := range l.nets {
		l.connect(n)
	}
}

// separate moves the ends of nets apart that meet a table at the same height.
func (l *layers) separate() {
	const apart = 5
	for i, a := range l.nets {
		for _, b := range l.nets[i+1:] {
			if a.to == b.to && a.back == b.back && a.y == b.y {
				a.y -= apart
				b.y += apart
			}
		}
	}
}

func (l *layers) connect(n *net) {
	step := 1
	if n.back {
		step = -1
	}
	far := n.to.layer
	for _, e := range n.edges {
		if (e.from.layer-far)*step > 0 {
			far = e.from.layer
		}
	}
	previous, own := n.to, n.y
	for layer := n.to.layer + step; layer != far; layer += step {
		p := &box{layer: layer, number: len(l.at[layer]) + 1000*n.to.number}
		n.places[layer] = p
		l.at[layer] = append(l.at[layer], p)
		l.join(n, previous, own, p, 0)
		previous, own = p, 0
	}
	for _, e := range n.edges {
		hub, y := n.to, n.y
		if p := n.places[e.from.layer-step]; p != nil {
			hub, y = p, 0
		}
		l.join(n, hub, y, e.from, e.from.port(e.l.columns))
	}
}

func (l *layers) join(n *net, a *box, ay float64, b *box, by float64) {
	strong := a.r == nil && b.r == nil
	l.next[a] = append(l.next[a], joint{b, ay, by, b.layer < a.layer, strong, n})
	l.next[b] = append(l.next[b], joint{a, by, ay, a.layer < b.layer, strong, n})
}

// order sorts each layer by where its neighbours stand, back and forth, and
// keeps the order with the fewest crossings.
func (l *layers) order() {
	const sweeps = 16
	best, least := l.snapshot(), l.crossings()
	for i := range sweeps {
		forth := i%2 == 0
		for k := range l.at {
			layer := l.at[k]
			if !forth {
				layer = l.at[len(l.at)-1-k]
			}
			l.sortLayer(layer, forth)
		}
		if c := l.crossings(); c < least {
			best, least = l.snapshot(), c
		}
	}
	l.at = best
}

func (l *layers) snapshot() [][]*box {
	all := make([][]*box, len(l.at))
	for i, layer := range l.at {
		all[i] = slices.Clone(layer)
	}
	return all
}

// sortLayer orders a layer by the middle of the neighbours on one side. Boxes
// without any keep their rank.
func (l *layers) sortLayer(layer []*box, before bool) {
	rank := map[*box]float64{}
	for _, other := range l.at {
		for i, b := range other {
			rank[b] = (float64(i) + 0.5) / float64(len(other))
		}
	}
	middle := map[*box]float64{}
	for _, b := range layer {
		sum, n := 0.0, 0.0
		for _, j := range l.next[b] {
			if j.before == before {
				sum += rank[j.other] + j.theirs/1e5
				n++
			}
		}
		middle[b] = rank[b]
		if n > 0 {
			middle[b] = sum / n
		}
	}
	slices.SortStableFunc(layer, func(a, b *box) int { return cmp.Compare(middle[a], middle[b]) })
}

// crossings counts the pairs of lines between neighbouring layers that cross.
func (l *layers) crossings() int {
	rank := map[*box]int{}
	for _, layer := range l.at {
		for i, b := range layer {
			rank[b] = i
		}
	}
	type line struct{ a, b float64 }
	total := 0
	for _, layer := range l.at {
		var lines []line
		for _, b := range layer {
			for _, j := range l.next[b] {
				if !j.before {
					lines = append(lines, line{float64(rank[b]) + j.own/1e4, float64(rank[j.other]) + j.theirs/1e4})
				}
			}
		}
		for i, p := range lines {
			for _, q := range lines[i+1:] {
				if (p.a-q.a)*(p.b-q.b) < 0 {
					total++
				}
			}
		}
	}
	return total
}
