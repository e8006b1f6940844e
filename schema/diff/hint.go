package diff

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/lockstepdb/lockstep/schema"
)

// Hint is a pair of objects of which one may be the other under another name.
type Hint struct {
	From, To schema.ID
	Why      string  // the evidence, for people
	Score    float64 // how strong it is, above 0 to 1
}

// hinter looks for renamed objects among those that are in one schema only. Each
// is taken once, for the strongest evidence.
type hinter struct {
	from, to    *schema.Schema
	gone, fresh []schema.Fact
	places      columnPlaces
	found       []Hint
}

func hints(from, to *schema.Schema, differences []schema.Difference) []Hint {
	h := &hinter{from: from, to: to, places: columnPlaces{}}
	for _, d := range differences {
		switch {
		case d.ID.Kind == schema.KindColumnOrder:
		case d.After == nil && h.stays(to, d.ID):
			h.gone = append(h.gone, *d.Before)
		case d.Before == nil && h.stays(from, d.ID):
			h.fresh = append(h.fresh, *d.After)
		}
	}
	h.alike()
	h.holders()
	return h.best()
}

// stays reports whether what a part belongs to is in the other schema too; if
// not, the part's own name says nothing.
func (h *hinter) stays(other *schema.Schema, id schema.ID) bool {
	owner, ok := ownerOf(other, id)
	return id.Table == "" || ok && (id.Kind != schema.KindColumn || owner.Kind == schema.KindTable)
}

// content is what an object and its renamed self have in common: for parts, with
// what they belong to.
type content struct {
	in     schema.ID
	digest schema.Digest
}

// contentOf tells it; ok is false for what says too little of itself.
func contentOf(f schema.Fact) (c content, ok bool) {
	if f.ID.Kind == schema.KindTable || len(f.Attrs) == 0 {
		return c, false
	}
	if f.ID.Table != "" {
		c.in = schema.ID{Schema: f.ID.Schema, Name: f.ID.Table}
	}
	c.digest = f.Content()
	return c, true
}

// most is how many objects that look alike are compared with each other; above
// it, their look is no evidence.
const most = 64

// alike compares what has the same content.
func (h *hinter) alike() {
	fresh := map[content][]schema.Fact{}
	for _, f := range h.fresh {
		if c, ok := contentOf(f); ok {
			fresh[c] = append(fresh[c], f)
		}
	}
	for _, f := range h.gone {
		c, ok := contentOf(f)
		if !ok || len(fresh[c]) > most {
			continue
		}
		for _, g := range fresh[c] {
			h.add(f, g)
		}
	}
}

// add judges two facts with the same content.
func (h *hinter) add(f, g schema.Fact) {
	hint := Hint{From: f.ID, To: g.ID, Why: "the same definition", Score: 0.9}
	switch {
	case f.ID.Kind == schema.KindColumn:
		hint.Why, hint.Score = h.column(f.ID, g.ID)
	case f.ID.Name == g.ID.Name && f.ID.Table == g.ID.Table:
		hint.Why, hint.Score = "the same name and definition", 1
	}
	h.found = append(h.found, hint)
}

// column weighs where two columns with the same definition stand.
func (h *hinter) column(from, to schema.ID) (why string, score float64) {
	why, score = "the same definition", 0.5
	if h.places.of(h.from, from) == h.places.of(h.to, to) {
		why, score = why+", the same position", score+0.3
	}
	a, b := h.neighbours(h.from, from), h.neighbours(h.to, to)
	for i := range a {
		if a[i] == b[i] {
			score += 0.1
		}
	}
	if a == b {
		why += ", the same neighbours"
	}
	return why, math.Round(score*100) / 100
}

// neighbours are the names of the columns before and behind one; "" at the ends.
func (h *hinter) neighbours(s *schema.Schema, column schema.ID) (n [2]string) {
	owner, ok := ownerOf(s, column)
	if !ok {
		return n
	}
	columns := s.Columns(owner)
	i := slices.IndexFunc(columns, func(f schema.Fact) bool { return f.ID == column })
	if i > 0 {
		n[0] = columns[i-1].ID.Name
	}
	if i >= 0 && i+1 < len(columns) {
		n[1] = columns[i+1].ID.Name
	}
	return n
}

// feature is one thing that two tables, or two schemas, can have in common.
type feature struct {
	kind   schema.Kind
	name   string
	digest schema.Digest
}

// holders compares tables by their columns, and schemas by what is in them.
func (h *hinter) holders() {
	h.sharing(schema.KindTable, "columns", func(s *schema.Schema, id schema.ID) (features []feature) {
		for _, f := range s.Columns(id) {
			features = append(features, feature{f.ID.Kind, f.ID.Name, f.Content()})
		}
		return features
	})
	h.sharing(schema.KindSchema, "objects", func(s *schema.Schema, id schema.ID) (features []feature) {
		for _, f := range s.Facts() {
			if f.ID.Schema == id.Name && f.ID.Table == "" {
				features = append(features, feature{f.ID.Kind, f.ID.Name, f.Content()})
			}
		}
		return features
	})
}

// sharing finds pairs of a kind that have at least half of their features in
// common.
func (h *hinter) sharing(kind schema.Kind, what string, of func(*schema.Schema, schema.ID) []feature) {
	fresh := map[feature][]schema.ID{}
	size := map[schema.ID]int{}
	for _, f := range h.fresh {
		if f.ID.Kind == kind {
			features := of(h.to, f.ID)
			size[f.ID] = len(features)
			for _, x := range features {
				fresh[x] = append(fresh[x], f.ID)
			}
		}
	}
	for _, f := range h.gone {
		if f.ID.Kind != kind || len(fresh) == 0 {
			continue
		}
		features := of(h.from, f.ID)
		shared := map[schema.ID]int{}
		for _, x := range features {
			if len(fresh[x]) <= most {
				for _, id := range fresh[x] {
					shared[id]++
				}
			}
		}
		for id, n := range shared {
			all := max(len(features), size[id])
			if 2*n >= all {
				h.found = append(h.found, Hint{f.ID, id, fmt.Sprintf("%d of %d %s are the same", n, all, what), math.Round(100*float64(n)/float64(all)) / 100})
			}
		}
	}
}

// best takes each object once.
func (h *hinter) best() []Hint {
	slices.SortFunc(h.found, func(a, b Hint) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), a.From.Compare(b.From), a.To.Compare(b.To))
	})
	var out []Hint
	from, to := map[schema.ID]bool{}, map[schema.ID]bool{}
	for _, hint := range h.found {
		if !from[hint.From] && !to[hint.To] {
			from[hint.From], to[hint.To] = true, true
			out = append(out, hint)
		}
	}
	return out
}
