package codegen

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/lockstepdb/lockstep/schema"
)

// How boxes of a diagram are drawn, in pixels.
const (
	charWidth  = 7.3 // of the monospaced font, generously
	rowHeight  = 20.0
	headHeight = 28.0
	markWidth  = 34.0 // for PK and FK in front of a column
	boxPadding = 10.0
	footHeight = 6.0
	longest    = 30 // characters of a name that is shown whole
)

// diagram is the tables of a schema, or of a part of it, with their foreign
// keys, laid out from left to right: a table stands right of those it refers to.
// The layout follows from the schema alone.
type diagram struct {
	boxes         []*box
	edges         []*edge
	width, height float64
}

// box is a table, or a place in a layer through which edges run.
type box struct {
	r      *relation // nil: a place for edges
	rows   []row
	more   int // columns that are not shown
	x, y   float64
	w, h   float64
	layer  int
	inner  bool // the table whose neighbourhood is drawn
	number int  // in the order of the schema, to decide between equals
}

// row is one shown column.
type row struct {
	name, typ, mark string
}

// edge is a foreign key.
type edge struct {
	l        *link
	from, to *box
	back     bool // runs from left to right, against the layers
	net      *net
	points   []point
}

type point struct{ x, y float64 }

// detail tells how much of each table is shown.
type detail struct {
	types bool // with their types
	keys  bool // only columns of keys
	links bool // only columns of the links that are drawn
	most  int  // columns
}

// detailFor shows less of each table the more there are.
func detailFor(tables int) detail {
	switch {
	case tables <= 12:
		return detail{types: true, most: 14}
	case tables <= 30:
		return detail{keys: true, types: true, most: 8}
	}
	return detail{keys: true, most: 6}
}

// leaves reports whether a column is not shown.
func (d detail) leaves(c *column, linked bool) bool {
	return d.links && !linked || d.keys && !linked && !c.primary
}

// newDiagram lays out the tables and those of the links that are between them.
// nil if there is nothing to draw.
func newDiagram(tables []*relation, links []*link, d detail) *diagram {
	g := &diagram{}
	at := map[*relation]*box{}
	for i, r := range tables {
		b := newBox(r, links, d)
		b.number = i
		at[r] = b
		g.boxes = append(g.boxes, b)
	}
	for _, l := range links {
		if at[l.from] != nil && at[l.to] != nil {
			g.edges = append(g.edges, &edge{l: l, from: at[l.from], to: at[l.to]})
		}
	}
	if len(g.edges) == 0 {
		return nil
	}
	g.layOut()
	return g
}

func newBox(r *relation, links []*link, d detail) *box {
	b := &box{r: r}
	linked := endColumns(r, links)
	width := cells(short(r.label)) + 1
	for _, c := range r.columns {
		if d.leaves(c, linked[c.ID.Name]) {
			continue
		}
		if len(b.rows) == d.most {
			b.more++
			continue
		}
		w := row{name: short(c.ID.Name), mark: mark(c)}
		if d.types {
			w.typ = shortType(c.Attr(schema.AttrType))
		}
		b.rows = append(b.rows, w)
		width = max(width, 4+cells(w.name)+2+cells(w.typ))
	}
	b.w = math.Ceil(float64(max(width, 12))*charWidth) + 2*boxPadding
	b.h = headHeight + float64(len(b.rows))*rowHeight + footHeight
	if b.more > 0 {
		b.h += rowHeight
	}
	return b
}

// endColumns are the columns at which links begin or end.
func endColumns(r *relation, links []*link) map[string]bool {
	ends := map[string]bool{}
	for _, l := range links {
		if l.from == r {
			for _, c := range l.columns {
				ends[c] = true
			}
		}
		if l.to == r {
			for _, c := range l.toCols {
				ends[c] = true
			}
		}
	}
	return ends
}

func mark(c *column) string {
	switch {
	case c.primary && c.foreign:
		return "PF"
	case c.primary:
		return "PK"
	case c.foreign:
		return "FK"
	}
	return ""
}

// cells is the width of a text in characters of half width.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x1100 {
			n++
		}
	}
	return n
}

// short cuts a name that would make its box too wide.
func short(s string) string {
	s = oneLine(s)
	if utf8.RuneCountInString(s) <= longest {
		return s
	}
	return string([]rune(s)[:longest-1]) + "…"
}

// shortType abbreviates the types that servers write at length.
func shortType(s string) string {
	for _, long := range [][2]string{{"character varying", "varchar"}, {" without time zone", ""}, {" with time zone", "tz"}, {"double precision", "double"}} {
		s = strings.ReplaceAll(s, long[0], long[1])
	}
	const most = 20
	if utf8.RuneCountInString(s) > most {
		return string([]rune(oneLine(s))[:most-1]) + "…"
	}
	return oneLine(s)
}

// port is the height at which an edge meets a box: that of the column, or of
// the head if it is not shown.
func (b *box) port(columns []string) float64 {
	if len(columns) > 0 {
		for i, w := range b.rows {
			if w.name == short(columns[0]) {
				return headHeight + (float64(i)+0.5)*rowHeight
			}
		}
	}
	return headHeight / 2
}

// layOut places the boxes of each connected part, then the parts.
func (g *diagram) layOut() {
	parts := g.components()
	for _, p := range parts {
		p.place()
	}
	g.pack(parts)
}

// components splits the diagram into what hangs together, largest first.
func (g *diagram) components() []*diagram {
	group := map[*box]*box{}
	var find func(b *box) *box
	find = func(b *box) *box {
		if group[b] == nil || group[b] == b {
			return b
		}
		group[b] = find(group[b])
		return group[b]
	}
	for _, e := range g.edges {
		a, b := find(e.from), find(e.to)
		if a != b {
			group[max2(a, b)] = min2(a, b)
		}
	}
	parts := map[*box]*diagram{}
	var list []*diagram
	for _, b := range g.boxes {
		root := find(b)
		if parts[root] == nil {
			parts[root] = &diagram{}
			list = append(list, parts[root])
		}
		parts[root].boxes = append(parts[root].boxes, b)
	}
	for _, e := range g.edges {
		p := parts[find(e.from)]
		p.edges = append(p.edges, e)
	}
	slices.SortStableFunc(list, func(a, b *diagram) int { return cmp.Compare(len(b.boxes), len(a.boxes)) })
	return list
}

func min2(a, b *box) *box {
	if a.number < b.number {
		return a
	}
	return b
}

func max2(a, b *box) *box {
	if a.number < b.number {
		return b
	}
	return a
}

// pack sets the parts into shelves as wide as the widest of them.
func (g *diagram) pack(parts []*diagram) {
	const gap, least = 48.0, 1000.0
	width := least
	for _, p := range parts {
		width = max(width, p.width)
	}
	x, y, shelf := 0.0, 0.0, 0.0
	for _, p := range parts {
		if x > 0 && x+p.width > width {
			x, y, shelf = 0, y+shelf+gap, 0
		}
		p.move(x, y)
		g.width = max(g.width, x+p.width)
		x += p.width + gap
		shelf = max(shelf, p.height)
		g.height = max(g.height, y+p.height)
	}
}

func (g *diagram) move(dx, dy float64) {
	for _, b := range g.boxes {
		b.x += dx
		b.y += dy
	}
	for _, e := range g.edges {
		for i := range e.points {
			e.points[i].x += dx
			e.points[i].y += dy
		}
	}
}
