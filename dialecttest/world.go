package dialecttest

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// world is a random schema as the statements that make it. It is changed in such
// ways only that its rows can follow: what must be unique or is referred to stays,
// and a column that comes or goes may be NULL or has a default.
type world struct {
	g      *Grammar
	quote  func(string) string
	bases  []*object
	tables []*worldTable
	others []*object
	taken  map[string]bool
}

type worldTable struct {
	name, options string
	keys          []string // names of the first columns
	key           string   // the template of their definition
	columns       []*worldColumn
	parts         []*object
	references    []*reference
	gone          []string // names of columns that were dropped
	fresh         bool     // it is not in the world that this one was made of, and has no rows
}

type worldColumn struct {
	name, definition string
	kind             *ColumnKind
	base             string
	from             string // the column that it is generated of
	to               string // the table whose key it refers to
	comment          string
	pinned, fresh    bool
}

type reference struct {
	name, sql, to string
	columns       []string
}

// object is a base, a part or something else. Columns that it needs are those
// of its table.
type object struct {
	kind             *ObjectKind
	name, sql, table string
	columns          []string
	base             string
}

// newWorld makes a world of up to five tables.
func newWorld(r *rand.Rand, g *Grammar, quote func(string) string) *world {
	w := &world{g: g, quote: quote, taken: map[string]bool{}}
	for range r.IntN(5) {
		w.addBase(r)
	}
	for range 1 + r.IntN(5) {
		w.addTable(r)
	}
	for range r.IntN(2 * len(w.tables)) {
		w.addReference(r, w.tables[r.IntN(len(w.tables))])
	}
	for range r.IntN(9) {
		w.addOther(r)
	}
	return w
}

// clone copies a world.
func (w *world) clone() *world {
	c := *w
	c.taken = map[string]bool{}
	for n := range w.taken {
		c.taken[n] = true
	}
	c.bases, c.others, c.tables = cloneAll(w.bases), cloneAll(w.others), cloneAll(w.tables)
	for _, t := range c.tables {
		t.columns, t.parts, t.references = cloneAll(t.columns), cloneAll(t.parts), cloneAll(t.references)
	}
	return &c
}

func cloneAll[T any](list []*T) []*T {
	var all []*T
	for _, x := range list {
		c := *x
		all = append(all, &c)
	}
	return all
}

// name finds a name that nothing has.
func (w *world) name(r *rand.Rand) string {
	for {
		name := w.g.Names[r.IntN(len(w.g.Names))] + number(r.IntN(90))
		if r.IntN(4) == 0 {
			name = w.g.Words[r.IntN(len(w.g.Words))]
		}
		if key := strings.ToLower(name); !w.taken[key] {
			w.taken[key] = true
			return name
		}
	}
}

func (w *world) addBase(r *rand.Rand) {
	if len(w.g.Bases) == 0 {
		return
	}
	k := pick(r, w.g.Bases)
	base, ok := w.base(r, k.Base)
	if ok {
		w.bases = append(w.bases, &object{kind: k, name: w.name(r), sql: expand(r, k.SQL), base: base})
	}
}

// base picks an object of the kind.
func (w *world) base(r *rand.Rand, kind string) (name string, ok bool) {
	if kind == "" {
		return "", true
	}
	var names []string
	for _, o := range slices.Concat(w.bases, w.others) {
		if o.kind.Name == kind {
			names = append(names, o.name)
		}
	}
	if names == nil {
		return "", false
	}
	return names[r.IntN(len(names))], true
}

func (w *world) addTable(r *rand.Rand) *worldTable {
	t := &worldTable{name: w.name(r), options: expand(r, w.g.Options), key: expand(r, w.g.Keys[r.IntN(len(w.g.Keys))])}
	names := 1
	if r.IntN(4) == 0 {
		names, t.key = 2, expand(r, w.g.Keys[len(w.g.Keys)-1])
	}
	for range names {
		t.keys = append(t.keys, w.columnName(r, t))
	}
	w.tables = append(w.tables, t)
	for range 1 + r.IntN(8) {
		w.addColumn(r, t, false)
	}
	for range r.IntN(5) {
		w.addPart(r, t)
	}
	return t
}

func (w *world) columnName(r *rand.Rand, t *worldTable) string {
	for {
		name := w.g.Words[r.IntN(len(w.g.Words))]
		if r.IntN(3) > 0 {
			name = w.g.Names[r.IntN(len(w.g.Names))] + number(r.IntN(9))
		}
		if !slices.ContainsFunc(append(t.names(), t.gone...), func(n string) bool { return strings.EqualFold(n, name) }) {
			return name
		}
	}
}

func (t *worldTable) names() []string {
	names := slices.Clone(t.keys)
	for _, c := range t.columns {
		names = append(names, c.name)
	}
	return names
}

// addColumn adds a column anywhere behind the key.
func (w *world) addColumn(r *rand.Rand, t *worldTable, fresh bool) {
	k := pick(r, w.g.Columns)
	base, ok := w.base(r, k.Base)
	if !ok {
		return
	}
	c := &worldColumn{name: w.columnName(r, t), kind: k, base: base, fresh: fresh}
	if of := t.of(k.Name); k.Generated != "" && len(of) > 0 && r.IntN(3) == 0 {
		c.from = of[r.IntN(len(of))]
	} else if !fresh && r.IntN(5) == 0 {
		c.pinned = true
	}
	c.roll(r)
	at := len(t.columns)
	if r.IntN(2) == 0 {
		at = r.IntN(len(t.columns) + 1)
	}
	t.columns = slices.Insert(t.columns, at, c)
}

// roll defines a column anew.
func (c *worldColumn) roll(r *rand.Rand) {
	k := c.kind
	c.comment = ""
	if k.Comment != "" && r.IntN(3) == 0 {
		c.comment = expand(r, k.Comment)
	}
	if c.from != "" {
		c.definition = expand(r, k.Type+" "+k.Generated)
		return
	}
	c.definition = expand(r, k.Type)
	notNull := r.IntN(3) == 0
	switch {
	case notNull && c.pinned:
		c.definition += " NOT NULL"
	case notNull:
		c.definition += " NOT NULL DEFAULT " + expand(r, k.Default)
	case r.IntN(2) == 0:
		c.definition += " DEFAULT " + expand(r, k.Default)
	}
	c.definition += expand(r, k.More)
}

// of are the columns of a kind that are not generated.
func (t *worldTable) of(kind string) []string {
	var names []string
	for _, c := range t.columns {
		if c.to == "" && c.from == "" && (c.kind.Name == kind || kind == "any" || kind == "" && !c.kind.NoKey) {
			names = append(names, c.name)
		}
	}
	return names
}

// addPart adds an index, a constraint, a trigger …
func (w *world) addPart(r *rand.Rand, t *worldTable) {
	k := pick(r, w.g.Parts)
	base, ok := w.base(r, k.Base)
	if !ok {
		return
	}
	columns := t.of(k.Of)
	if k.Unique {
		columns = slices.DeleteFunc(columns, func(n string) bool { return t.column(n).fresh })
	}
	r.Shuffle(len(columns), func(i, j int) { columns[i], columns[j] = columns[j], columns[i] })
	n := k.Columns
	if n < 0 {
		n = 1 + r.IntN(3)
	}
	if len(columns) < n {
		return
	}
	p := &object{kind: k, name: w.name(r), sql: expand(r, k.SQL), table: t.name, columns: columns[:n], base: base}
	if k.Unique {
		for _, name := range p.columns {
			t.column(name).pinned = true
		}
	}
	t.parts = append(t.parts, p)
}

func (t *worldTable) column(name string) *worldColumn {
	i := slices.IndexFunc(t.columns, func(c *worldColumn) bool { return c.name == name })
	if i < 0 {
		return &worldColumn{}
	}
	return t.columns[i]
}

// addReference adds a foreign key with its columns.
func (w *world) addReference(r *rand.Rand, t *worldTable) {
	to := w.tables[r.IntN(len(w.tables))]
	if to.fresh && !t.fresh {
		return
	}
	f := &reference{name: w.name(r), sql: expand(r, w.g.ForeignKey), to: to.name}
	for range to.keys {
		c := &worldColumn{name: w.columnName(r, t), to: to.name, fresh: true}
		f.columns = append(f.columns, c.name)
		t.columns = append(t.columns, c)
	}
	t.references = append(t.references, f)
}

func (w *world) addOther(r *rand.Rand) {
	k := pick(r, w.g.Others)
	base, ok := w.base(r, k.Base)
	if !ok {
		return
	}
	o := &object{kind: k, name: w.name(r), base: base, sql: expand(r, k.SQL)}
	if k.Columns != 0 {
		t := w.tables[r.IntN(len(w.tables))]
		o.table, o.columns = t.name, w.some(r, t, k)
		if o.columns == nil {
			return
		}
	}
	w.others = append(w.others, o)
}

// some are columns for an object on a table.
func (w *world) some(r *rand.Rand, t *worldTable, k *ObjectKind) []string {
	all := t.names()
	if k.Of != "any" {
		all = t.of(k.Of)
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	n := k.Columns
	if n < 0 {
		n = 1 + r.IntN(max(1, len(all)))
	}
	if len(all) < n {
		return nil
	}
	return all[:n]
}

func (w *world) table(name string) *worldTable {
	i := slices.IndexFunc(w.tables, func(t *worldTable) bool { return t.name == name })
	if i < 0 {
		return &worldTable{}
	}
	return w.tables[i]
}

// pick takes one.
func pick[T any](r *rand.Rand, list []T) *T { return &list[r.IntN(len(list))] }
