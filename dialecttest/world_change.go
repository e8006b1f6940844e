package dialecttest

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// change makes another world of one.
func (w *world) change(r *rand.Rand) *world {
	c := w.clone()
	for _, t := range c.tables {
		for _, column := range t.columns {
			column.fresh = false
		}
	}
	for range 3 + r.IntN(12) {
		c.mutate(r)
	}
	return c
}

func (w *world) mutate(r *rand.Rand) {
	t := w.tables[r.IntN(len(w.tables))]
	switch r.IntN(18) {
	case 0:
		w.dropTable(r)
	case 1:
		w.addTable(r).fresh = true
	case 2:
		t.options = expand(r, w.g.Options)
	case 3, 4:
		w.addColumn(r, t, !t.fresh)
	case 5:
		w.dropColumn(r, t)
	case 6, 7, 15, 16, 17:
		w.alterColumn(r, t)
	case 8:
		w.addPart(r, t)
	case 9:
		w.changePart(r, t)
	case 10:
		w.changeReference(r, t)
	case 11:
		w.addOther(r)
	case 12:
		w.changeOther(r)
	case 13:
		w.changeBase(r)
	case 14:
		w.changeKey(r, t)
	}
}

// dropTable drops a table that no other one refers to, with what is made of it.
func (w *world) dropTable(r *rand.Rand) {
	i := r.IntN(len(w.tables))
	t := w.tables[i]
	for _, o := range w.tables {
		if len(w.tables) == 1 || o != t && slices.ContainsFunc(o.references, func(f *reference) bool { return f.to == t.name }) {
			return
		}
	}
	w.tables = slices.Delete(w.tables, i, i+1)
	w.forget(func(o *object) bool { return o.table == t.name })
}

// forget removes objects behind the tables, and those on them.
func (w *world) forget(gone func(o *object) bool) {
	for n := -1; n != len(w.others); {
		n = len(w.others)
		w.others = slices.DeleteFunc(w.others, func(o *object) bool {
			lost := o.base != "" && !slices.ContainsFunc(slices.Concat(w.bases, w.others), func(b *object) bool { return b.name == o.base })
			return gone(o) || lost
		})
	}
}

func (w *world) dropColumn(r *rand.Rand, t *worldTable) {
	if len(t.columns) == 0 {
		return
	}
	if c := t.columns[r.IntN(len(t.columns))]; !c.pinned && c.to == "" {
		w.removeColumns(t, c.name)
	}
}

// removeColumns removes columns with what needs them.
func (w *world) removeColumns(t *worldTable, names ...string) {
	for _, c := range t.columns {
		if slices.Contains(names, c.from) {
			names = append(names, c.name)
		}
	}
	uses := func(o *object) bool {
		return slices.ContainsFunc(o.columns, func(n string) bool { return slices.Contains(names, n) })
	}
	t.gone = append(slices.Clone(t.gone), names...)
	t.columns = slices.DeleteFunc(t.columns, func(c *worldColumn) bool { return slices.Contains(names, c.name) })
	t.parts = slices.DeleteFunc(t.parts, uses)
	w.forget(func(o *object) bool { return o.table == t.name && uses(o) })
}

// changeKey makes a key of whole numbers another one, with what refers to it.
func (w *world) changeKey(r *rand.Rand, t *worldTable) {
	keys := w.g.Keys
	if len(t.keys) > 1 {
		keys = keys[len(keys)-1:]
	}
	whole := func(key string) bool { return strings.Contains(strings.ToLower(keyType(key)), "int") }
	if key := expand(r, keys[r.IntN(len(keys))]); whole(key) && whole(t.key) {
		t.key = key
	}
}

func (w *world) alterColumn(r *rand.Rand, t *worldTable) {
	if len(t.columns) == 0 {
		return
	}
	if c := t.columns[r.IntN(len(t.columns))]; c.to == "" {
		c.roll(r)
	}
}

// changePart drops a part or makes it another one of its name.
func (w *world) changePart(r *rand.Rand, t *worldTable) {
	if len(t.parts) == 0 {
		return
	}
	i := r.IntN(len(t.parts))
	if r.IntN(2) == 0 {
		t.parts = slices.Delete(t.parts, i, i+1)
		return
	}
	t.parts[i].sql = expand(r, t.parts[i].kind.SQL)
}

// changeReference adds a foreign key, drops one or makes it another one.
func (w *world) changeReference(r *rand.Rand, t *worldTable) {
	if len(t.references) == 0 || r.IntN(3) == 0 {
		w.addReference(r, t)
		return
	}
	i := r.IntN(len(t.references))
	f := t.references[i]
	if r.IntN(2) == 0 {
		f.sql = expand(r, w.g.ForeignKey)
		return
	}
	t.references = slices.Delete(t.references, i, i+1)
	if r.IntN(2) == 0 {
		w.removeColumns(t, f.columns...)
	}
}

// changeOther drops an object or makes it another one of its name.
func (w *world) changeOther(r *rand.Rand) {
	if len(w.others) == 0 {
		return
	}
	o := w.others[r.IntN(len(w.others))]
	if r.IntN(2) == 0 {
		w.forget(func(other *object) bool { return other == o })
		return
	}
	o.sql = expand(r, o.kind.SQL)
	if o.table != "" {
		if some := w.some(r, w.table(o.table), o.kind); some != nil {
			o.columns = some
		}
	}
}

func (w *world) changeBase(r *rand.Rand) {
	if len(w.bases) == 0 {
		w.addBase(r)
		return
	}
	b := w.bases[r.IntN(len(w.bases))]
	if r.IntN(2) == 0 {
		b.sql = expand(r, b.kind.SQL)
		return
	}
	if r.IntN(2) == 0 || w.needed(b) {
		w.addBase(r)
		return
	}
	w.bases = slices.DeleteFunc(w.bases, func(o *object) bool { return o == b })
	w.forget(func(*object) bool { return false })
}

// needed reports whether a base, a column or a part needs a base.
func (w *world) needed(b *object) bool {
	on := func(o *object) bool { return o.base == b.name }
	return slices.ContainsFunc(w.bases, on) || slices.ContainsFunc(w.tables, func(t *worldTable) bool {
		return slices.ContainsFunc(t.parts, on) || slices.ContainsFunc(t.columns, func(c *worldColumn) bool { return c.base == b.name })
	})
}
