package codegen

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// svg draws a diagram. Boxes are links to the tables; everything can be told
// without colour. label says what the drawing is to those who do not see it.
func (g *diagram) svg(label string) string {
	const margin = 12.0
	g.move(margin, margin)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="er" role="group" aria-label="%s" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f">`, html.EscapeString(label),
		g.width+2*margin, g.height+2*margin, g.width+2*margin, g.height+2*margin)
	drawn := map[trunk]*span{}
	for _, e := range g.edges {
		e.svg(&b, drawn)
	}
	for _, x := range g.boxes {
		x.svg(&b)
	}
	b.WriteString("</svg>")
	return b.String()
}

// svg draws an edge: its line where no other of its net has drawn it, its ends,
// and its whole way, which is seen only when it is picked. A crow's foot is many,
// a bar one, a ring none or one.
func (e *edge) svg(b *strings.Builder, drawn map[trunk]*span) {
	p := e.points
	start, end := p[0], p[len(p)-1]
	fmt.Fprintf(b, `<g class="e" data-a="%d" data-b="%d"><title>%s</title>`, e.from.number, e.to.number, html.EscapeString(e.describe()))
	own := e.own(drawn)
	fmt.Fprintf(b, `<path d="%s`, rounded(own))
	out := direction(start, p[1])
	if e.l.one {
		fmt.Fprintf(b, "M%s %sv10", coord(start.x+out*7), coord(start.y-5))
	} else {
		fmt.Fprintf(b, "M%s %sl%.0f 5l%.0f 5", coord(start.x), coord(start.y-5), out*10, -out*10)
	}
	in := direction(end, p[len(p)-2])
	if own[len(own)-1] == end && !e.l.optional {
		fmt.Fprintf(b, "M%s %sv10", coord(end.x+in*7), coord(end.y-5))
	}
	b.WriteString(`"/>`)
	if len(own) < len(p) || own[len(own)-1] != end {
		fmt.Fprintf(b, `<path class="w" d="%s"/>`, rounded(p))
	}
	if own[len(own)-1] == end && e.l.optional {
		fmt.Fprintf(b, `<circle cx="%s" cy="%s" r="4"/>`, coord(end.x+in*8), coord(end.y))
	}
	b.WriteString("</g>")
}

// direction is 1 if the way from a to b leads to the right, -1 to the left.
func direction(a, b point) float64 {
	if b.x < a.x {
		return -1
	}
	return 1
}

// trunk is a vertical line of a net.
type trunk struct {
	n *net
	x float64
}

// span is how much of a line is drawn.
type span struct{ low, top float64 }

// own is the part of an edge's way, from its start, that no edge of its net has
// drawn before, and notes it as drawn.
func (e *edge) own(drawn map[trunk]*span) []point {
	if e.net == nil {
		return e.points
	}
	p := e.points
	var own []point
	for i, a := range p {
		own = append(own, a)
		if i+1 == len(p) || p[i+1].x != a.x {
			continue
		}
		t, b := trunk{e.net, a.x}, p[i+1]
		s := drawn[t]
		if s == nil {
			drawn[t] = &span{min(a.y, b.y), max(a.y, b.y)}
			continue
		}
		return append(own, s.reach(a))
	}
	return own
}

// reach leads from a point on the line to what is drawn of it, and a corner's
// round further.
func (s *span) reach(a point) point {
	const round = 6
	switch {
	case a.y < s.low:
		to := point{a.x, s.low + round}
		s.low = a.y
		return to
	case a.y > s.top:
		to := point{a.x, s.top - round}
		s.top = a.y
		return to
	}
	return a
}

// coord writes a position in the middle of a pixel, where a thin line is sharp.
func coord(v float64) string { return strconv.FormatFloat(math.Floor(v)+0.5, 'f', -1, 64) }

// describe says an edge in words.
func (e *edge) describe() string {
	s := fmt.Sprintf("%s (%s) → %s (%s)", e.l.from.label, strings.Join(e.l.columns, ", "), e.l.to.label, strings.Join(e.l.toCols, ", "))
	if e.l.one {
		s += ", at most one"
	}
	if e.l.optional {
		s += ", optional"
	}
	return s
}

// rounded is the path through points with round corners.
func rounded(p []point) string {
	const radius = 6.0
	var b strings.Builder
	at := func(letter string, q point) { b.WriteString(letter + coord(q.x) + " " + coord(q.y)) }
	at("M", p[0])
	for i := 1; i < len(p)-1; i++ {
		r := min(radius, distance(p[i-1], p[i])/2, distance(p[i], p[i+1])/2)
		if r < 1 || p[i-1].y == p[i].y && p[i].y == p[i+1].y {
			at("L", p[i])
			continue
		}
		at("L", towards(p[i], p[i-1], r))
		at("Q", p[i])
		at(" ", towards(p[i], p[i+1], r))
	}
	at("L", p[len(p)-1])
	return b.String()
}

func distance(a, b point) float64 { return math.Hypot(a.x-b.x, a.y-b.y) }

// towards is the point at a distance from a on the way to b.
func towards(a, b point, r float64) point {
	d := distance(a, b)
	return point{a.x + (b.x-a.x)*r/d, a.y + (b.y-a.y)*r/d}
}

func (x *box) svg(b *strings.Builder) {
	class := "b"
	if x.inner {
		class = "b inner"
	}
	fmt.Fprintf(b, `<a class="%s" data-n="%d" href="#%s" transform="translate(%.0f %.0f)"><title>%s</title><rect width="%.0f" height="%.0f" rx="5"/>`,
		class, x.number, anchor(x.r.ID), x.x, x.y, html.EscapeString(x.r.label), x.w, x.h)
	fmt.Fprintf(b, `<text class="h" x="%.0f" y="18.5">%s</text><path class="r" d="M0 %.0fh%.0f"/>`, boxPadding, html.EscapeString(short(x.r.label)), headHeight, x.w)
	for i, w := range x.rows {
		y := headHeight + float64(i)*rowHeight + 14.5
		if w.mark != "" {
			fmt.Fprintf(b, `<text class="k" x="%.0f" y="%.1f">%s</text>`, boxPadding, y, w.mark)
		}
		fmt.Fprintf(b, `<text x="%.0f" y="%.1f">%s</text>`, markWidth, y, html.EscapeString(w.name))
		if w.typ != "" {
			fmt.Fprintf(b, `<text class="t" x="%.0f" y="%.1f">%s</text>`, x.w-boxPadding, y, html.EscapeString(w.typ))
		}
	}
	if x.more > 0 {
		fmt.Fprintf(b, `<text class="t m" x="%.0f" y="%.1f">%d more</text>`, markWidth, headHeight+float64(len(x.rows))*rowHeight+14.5, x.more)
	}
	b.WriteString("</a>")
}
