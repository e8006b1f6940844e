package codegen

import (
	"html/template"
	"slices"
)

// largestDiagram is how many tables one diagram holds: more are no picture any
// more.
const largestDiagram = 80

// draw decides what is drawn: everything at once, by namespace, or each table
// with its neighbours.
func (v *view) draw() {
	linked := v.linked(func(*relation) bool { return true })
	if len(linked) <= largestDiagram {
		v.drawAll("", linked)
		return
	}
	for _, space := range v.m.schemas {
		tables := v.linked(func(r *relation) bool { return r.ID.Schema == space })
		if len(tables) <= largestDiagram {
			v.drawAll(space, tables)
			continue
		}
		for _, r := range tables {
			v.drawAround(r)
		}
	}
}

// linked returns the tables of which foreign keys lead to others that are asked
// for.
func (v *view) linked(wanted func(*relation) bool) []*relation {
	var tables []*relation
	for _, r := range v.m.relations {
		if !wanted(r) || !r.inDiagrams() {
			continue
		}
		if slices.ContainsFunc(r.out, func(l *link) bool { return l.to != nil && wanted(l.to) }) ||
			slices.ContainsFunc(r.in, func(l *link) bool { return wanted(l.from) }) {
			tables = append(tables, r)
		}
	}
	return tables
}

func (v *view) drawAll(heading string, tables []*relation) {
	var links []*link
	for _, r := range tables {
		for _, l := range r.out {
			if l.to != nil {
				links = append(links, l)
			}
		}
	}
	if d := newDiagram(tables, links, detailFor(len(tables))); d != nil {
		label := "Diagram of the foreign keys"
		if heading != "" {
			label += " of " + heading
		}
		v.diagrams = append(v.diagrams, drawing{heading, template.HTML(d.svg(label))}) //nolint:gosec // svg escapes names
	}
}

// drawAround draws a table with those it refers to and some that refer to it.
func (v *view) drawAround(r *relation) {
	const most = 8
	tables := []*relation{r}
	var links []*link
	add := func(l *link, other *relation) {
		if other == nil {
			return
		}
		if !slices.Contains(tables, other) {
			if len(tables) > 2*most {
				return
			}
			tables = append(tables, other)
		}
		links = append(links, l)
	}
	for _, l := range r.out {
		add(l, l.to)
	}
	for _, l := range r.in[:min(len(r.in), most)] {
		if l.from != r {
			add(l, l.from)
		}
	}
	slices.SortFunc(tables[1:], func(a, b *relation) int { return a.ID.Compare(b.ID) })
	d := newDiagram(tables, links, detail{links: true, most: 12})
	if d == nil {
		return
	}
	d.boxes[0].inner = true
	v.around[r] = template.HTML(d.svg("Neighbours of " + r.label)) //nolint:gosec // svg escapes names
}

// loose returns the tables that no diagram shows because no foreign key leads
// from or to them.
func (v *view) loose() []ref {
	var loose []ref
	for _, r := range v.m.relations {
		if r.inDiagrams() && len(r.out) == 0 && len(r.in) == 0 {
			loose = append(loose, ref{r.label, anchor(r.ID)})
		}
	}
	return loose
}
