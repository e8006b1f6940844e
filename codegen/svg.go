package codegen

import (
	"fmt"
	"html"
	"math"
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
	for _, e := range g.edges {
		e.svg(&b)
	}
	for _, x := range g.boxes {
		x.svg(&b)
	}
	b.WriteString("</svg>")
	return b.String()
}

// svg draws a line with a crow's foot for many, a bar for one, a ring for none.
func (e *edge) svg(b *strings.Builder) {
	p := e.points
	start, end := p[0], p[len(p)-1]
	fmt.Fprintf(b, `<g class="e" data-a="%d" data-b="%d"><title>%s</title><path d="%s`, e.from.number, e.to.number, html.EscapeString(e.describe()), rounded(p))
	out := 1.0
	if p[1].x < start.x {
		out = -1
	}
	if e.l.one {
		fmt.Fprintf(b, "M%.0f %.1fv10", start.x+out*7, start.y-5)
	} else {
		fmt.Fprintf(b, "M%.0f %.1fL%.0f %.1fL%.0f %.1f", start.x, start.y-5, start.x+out*10, start.y, start.x, start.y+5)
	}
	out = 1
	if p[len(p)-2].x < end.x {
		out = -1
	}
	if e.l.optional {
		fmt.Fprintf(b, `"/><circle cx="%.0f" cy="%.1f" r="4"/></g>`, end.x+out*8, end.y)
		return
	}
	fmt.Fprintf(b, `M%.0f %.1fv10"/></g>`, end.x+out*7, end.y-5)
}

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
	fmt.Fprintf(&b, "M%.0f %.1f", p[0].x, p[0].y)
	for i := 1; i < len(p)-1; i++ {
		r := min(radius, distance(p[i-1], p[i])/2, distance(p[i], p[i+1])/2)
		if r < 1 || p[i-1].y == p[i].y && p[i].y == p[i+1].y {
			fmt.Fprintf(&b, "L%.0f %.1f", p[i].x, p[i].y)
			continue
		}
		from, to := towards(p[i], p[i-1], r), towards(p[i], p[i+1], r)
		fmt.Fprintf(&b, "L%.0f %.1fQ%.0f %.1f %.0f %.1f", from.x, from.y, p[i].x, p[i].y, to.x, to.y)
	}
	last := p[len(p)-1]
	fmt.Fprintf(&b, "L%.0f %.1f", last.x, last.y)
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
