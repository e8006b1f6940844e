package codegen

import (
	"cmp"
	"slices"
)

// bend is the vertical line of a net in the gap behind a layer.
type bend struct {
	n        *net
	root     float64 // height at its left end, the mean if there are several
	ends     float64 // of the lines
	fall     float64 // from left to right
	low, top float64
	rising   bool // towards the right
	track    int
	straight bool
}

// loopRoom is what an edge from a table to itself needs beside it.
const loopRoom = 22.0

// route finds the lines: horizontal ones at the heights of ports and places, and
// for each net one vertical line in each gap, side by side where they would touch.
func (l *layers) route() {
	gaps := make([]map[*net]*bend, len(l.at))
	width := make([]float64, len(l.at))
	for k := range l.at {
		bends := l.bends(k)
		tracks := spread(bends)
		gaps[k] = map[*net]*bend{}
		for _, b := range bends {
			gaps[k][b.n] = b
		}
		width[k] = 2*edgeRoom + trackGap*float64(max(tracks-1, 0))
	}
	l.columns(width)
	for _, e := range l.g.edges {
		if e.from == e.to {
			l.loop(e)
			continue
		}
		e.points = l.line(e, gaps)
	}
}

// columns gives each layer its place from left to right.
func (l *layers) columns(gap []float64) {
	x := 0.0
	l.x = make([]float64, len(l.at)+1)
	for k, layer := range l.at {
		l.x[k] = x
		widest := 0.0
		for _, b := range layer {
			widest = max(widest, b.w)
		}
		for _, b := range layer {
			b.x, b.w = x, cmp.Or(widest, b.w)
		}
		x += widest + gap[k]
	}
	l.x[len(l.at)] = x
	l.g.width = x - gap[len(gap)-1]
	if l.loops() {
		l.g.width += loopRoom
	}
}

func (l *layers) loops() bool {
	return slices.ContainsFunc(l.g.edges, func(e *edge) bool { return e.from == e.to && e.from.layer == len(l.at)-1 })
}

// bends are the vertical lines in the gap behind a layer.
func (l *layers) bends(layer int) []*bend {
	var all []*bend
	at := map[*net]*bend{}
	for _, b := range l.at[layer] {
		for _, j := range l.next[b] {
			if j.before {
				continue
			}
			here, there := b.y+j.own, j.other.y+j.theirs
			n := at[j.net]
			if n == nil {
				n = &bend{n: j.net, low: here, top: here}
				at[j.net] = n
				all = append(all, n)
			}
			n.low, n.top = min(n.low, here, there), max(n.top, here, there)
			n.root += here
			n.fall += there - here
			n.ends++
		}
	}
	for _, n := range all {
		n.root /= n.ends
		n.rising = n.fall < 0
		n.straight = n.top-n.low < 1
	}
	return all
}

// spread gives bends that overlap different tracks. Of lines that fall towards
// the right the upper ones stand right, of those that rise left: then they do not
// cross.
func spread(bends []*bend) int {
	const touch = 8.0
	slices.SortStableFunc(bends, func(a, b *bend) int {
		switch {
		case a.rising != b.rising && a.rising:
			return -1
		case a.rising != b.rising:
			return 1
		case a.rising:
			return cmp.Compare(a.root, b.root)
		}
		return cmp.Compare(b.root, a.root)
	})
	tracks := 0
	for i, b := range bends {
		if b.straight {
			continue
		}
		for _, o := range bends[:i] {
			if !o.straight && o.low-touch < b.top && b.low-touch < o.top {
				b.track = max(b.track, o.track+1)
			}
		}
		tracks = max(tracks, b.track+1)
	}
	return tracks
}

// line is the way of an edge from the table that refers to the one referred to.
func (l *layers) line(e *edge, gaps []map[*net]*bend) []point {
	step, side := -1, 0
	if e.back {
		step, side = 1, 1
	}
	p := []point{{e.from.x + float64(side)*e.from.w, e.from.y + e.from.port(e.l.columns)}}
	for layer := e.from.layer; layer != e.to.layer; layer += step {
		gap := layer - 1 + side
		next := point{e.to.x + float64(1-side)*e.to.w, e.to.y + e.net.y}
		if place := e.net.places[layer+step]; place != nil && layer+step != e.to.layer {
			next = point{place.x + float64(1-side)*place.w, place.y}
		}
		last := p[len(p)-1]
		if last.y != next.y {
			x := l.trackAt(gap, gaps[gap][e.net])
			p = append(p, point{x, last.y}, point{x, next.y})
		}
		p = append(p, next)
	}
	return p
}

// trackAt is where the vertical line of a bend stands.
func (l *layers) trackAt(layer int, b *bend) float64 {
	x := l.x[layer] + l.at[layer][0].w + edgeRoom
	if b == nil {
		return x
	}
	return x + trackGap*float64(b.track)
}

// loop leads an edge out of a table and back into its head.
func (l *layers) loop(e *edge) {
	b := e.from
	x, from, to := b.x+b.w, b.y+b.port(e.l.columns), b.y+headHeight/2
	if from == to {
		from += rowHeight
	}
	out := x + loopRoom - 4
	e.points = []point{{x, from}, {out, from}, {out, to}, {x, to}}
}
