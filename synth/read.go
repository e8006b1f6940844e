package synth

import (
	"context"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/sqltext"
)

// table is a table that is to be filled.
type table struct {
	id       schema.ID
	fact     schema.Fact
	columns  []*column
	keys     []*key
	foreigns []*foreign
	checks   []*check
	want     int64
	have     int64
	first    int64 // number of the first new row
	plan     *assignment
	reason   string
	done     bool
}

// column is a column of it.
type column struct {
	name      string
	kind      kind
	null      bool // may be NULL
	defaulted bool // has a value also when none is given
	generated string
	linked    bool   // is part of a foreign key
	empty     bool   // is to be NULL
	limits    limits // from checks
	before    string // template: text before and behind the number
	behind    string
	templated bool
	expr      string // its value; "" = none is given
	carrier   bool   // a different value for every row
	fixed     bool   // expr is final
}

// key is what must be unique.
type key struct {
	name    string
	columns []string
	primary bool
}

// foreign is a foreign key.
type foreign struct {
	name    string
	columns []string
	parent  schema.ID
	refs    []string
	off     bool // gets NULL
}

// check is a condition on rows.
type check struct {
	name, text string
	met        bool    // by the values as they are chosen
	share      float64 // part of the rows that satisfy it, as far as tried
}

// attrPartitionOf names the table that a partition belongs to.
const attrPartitionOf = "partition of"

func (t *table) column(name string) *column {
	for _, c := range t.columns {
		if c.name == name {
			return c
		}
	}
	return nil
}

// read finds the tables that are to get rows.
func (f *filler) read(ctx context.Context) error {
	for _, fact := range f.s.OfKind(schema.KindTable) {
		condition, skip, err := f.d.Partition(ctx, f.q, f.s, fact)
		if err != nil {
			return err
		}
		if skip {
			continue
		}
		t := f.readTable(fact)
		if condition != "" {
			t.checks = append(t.checks, &check{name: "the partitions of " + fact.ID.Name, text: condition})
		}
		f.tables[fact.ID] = t
		f.order = append(f.order, t)
	}
	f.share()
	f.provide()
	return nil
}

// fewParents is how many rows a table gets that is to have none, but must have
// some for the sake of others.
const fewParents = 1000

// provide gives rows to tables that others with rows refer to.
func (f *filler) provide() {
	for changed := true; changed; {
		changed = false
		for _, t := range f.order {
			for _, fk := range t.foreigns {
				if t.want > 0 && !t.nullable(fk) && f.provideFor(t, fk) {
					changed = true
				}
			}
		}
	}
}

// provideFor reports whether tables have got rows to be referred to.
func (f *filler) provideFor(t *table, fk *foreign) bool {
	found := false
	for _, o := range f.order {
		if o.want == 0 && (o.id == fk.parent || f.within(o.fact, fk.parent)) {
			o.want, found = min(fewParents, t.want), true
		}
	}
	return found
}

// share divides the rows of a partitioned table among its partitions.
func (f *filler) share() {
	parts := map[schema.ID]int64{}
	for _, t := range f.order {
		parts[f.root(t.fact)]++
	}
	for _, t := range f.order {
		root := f.root(t.fact)
		t.want = (f.o.Rows(root) + parts[root] - 1) / parts[root]
	}
}

// root is the table that a partition is in the end part of.
func (f *filler) root(fact schema.Fact) schema.ID {
	for range deepest {
		names := schema.SplitNames(fact.Attr(attrPartitionOf))
		parent, ok := f.s.Fact(tableID(names))
		if !ok {
			return fact.ID
		}
		fact = parent
	}
	return fact.ID
}

func tableID(names []string) schema.ID {
	id := schema.ID{Kind: schema.KindTable}
	switch len(names) {
	case 1:
		id.Name = names[0]
	case 2:
		id.Schema, id.Name = names[0], names[1]
	}
	return id
}

func (f *filler) readTable(fact schema.Fact) *table {
	t := &table{id: fact.ID, fact: fact}
	for _, c := range f.s.Columns(fact.ID) {
		t.addColumn(f.s, f.d, c)
	}
	for _, p := range f.s.Parts(fact.ID) {
		switch {
		case p.ID.Kind == schema.KindIndex && p.Is(schema.AttrUnique):
			t.addKey(p, false, f.srv.Lexer)
		case p.ID.Kind != schema.KindConstraint:
		case p.Form() == schema.PrimaryKey, p.Form() == schema.Unique:
			t.addKey(p, p.Form() == schema.PrimaryKey, f.srv.Lexer)
		case p.Form() == schema.ForeignKey:
			t.addForeign(p)
		case p.Form() == schema.Check && !p.Is("not enforced"):
			t.checks = append(t.checks, &check{name: p.ID.Name, text: condition(p.Attr(schema.AttrDefinition))})
		}
	}
	slices.SortStableFunc(t.keys, func(a, b *key) int {
		if a.primary != b.primary && a.primary {
			return -1
		}
		if a.primary == b.primary {
			return len(a.columns) - len(b.columns)
		}
		return 1
	})
	slices.SortStableFunc(t.foreigns, func(a, b *foreign) int { return len(b.columns) - len(a.columns) })
	return t
}

// condition is a check's definition without what is around it.
func condition(definition string) string {
	if rest, ok := strings.CutPrefix(definition, "CHECK "); ok {
		for _, tail := range []string{" NOT VALID", " NOT ENFORCED", " NO INHERIT"} {
			rest = strings.TrimSuffix(rest, tail)
		}
		return rest
	}
	return definition
}

func (t *table) addColumn(s *schema.Schema, d Dialect, fact schema.Fact) {
	c := &column{
		name: fact.ID.Name, kind: kindOf(s, fact.Attr(schema.AttrType)), null: !fact.Is(schema.AttrNotNull),
		defaulted: fact.Is(schema.AttrDefault) || fact.Is(schema.AttrIdentity), generated: fact.Attr(schema.AttrGenerated),
	}
	c.null = c.null && !c.kind.not
	if row := fact.Attr("row"); row != "" {
		c.generated = row // of a period of system versioning
	}
	t.columns = append(t.columns, c)
	for _, text := range c.kind.checks {
		t.checks = append(t.checks, &check{name: fact.Attr(schema.AttrType), text: aboutColumn(text, d.Quote(c.name))})
	}
	if text := fact.Attr("check"); text != "" {
		t.checks = append(t.checks, &check{name: c.name, text: text})
	}
}

func (t *table) addKey(p schema.Fact, primary bool, o sqltext.Options) {
	k := &key{name: p.ID.Name, primary: primary}
	for _, name := range schema.SplitNames(p.Attr(schema.AttrColumns)) {
		if c := t.column(name); c != nil {
			k.columns = append(k.columns, name)
			continue
		}
		if about := t.mentions(name, o); len(about) > 0 { // an expression
			k.columns = append(k.columns, about[0].name)
		}
	}
	if len(k.columns) > 0 {
		t.keys = append(t.keys, k)
	}
}

func (t *table) addForeign(p schema.Fact) {
	fk := &foreign{
		name: p.ID.Name, columns: schema.SplitNames(p.Attr(schema.AttrColumns)), refs: schema.SplitNames(p.Attr(schema.AttrRefColumns)),
		parent: tableID(schema.SplitNames(p.Attr(schema.AttrReferences))),
	}
	if len(fk.refs) != len(fk.columns) {
		return
	}
	for _, name := range fk.columns {
		if c := t.column(name); c != nil {
			c.linked = true
		}
	}
	t.foreigns = append(t.foreigns, fk)
}

// nullable reports whether the foreign key can be left open, by columns that
// nothing else needs.
func (t *table) nullable(fk *foreign) bool {
	for _, name := range fk.columns {
		if c := t.column(name); c != nil && c.null {
			return true
		}
	}
	return false
}

// name is the table's name in statements.
func (f *filler) name(id schema.ID) string { return qualified(f.d, id) }

func qualified(d lockstep.Dialect, id schema.ID) string {
	if id.Schema == "" {
		return d.Quote(id.Name)
	}
	return d.Quote(id.Schema) + "." + d.Quote(id.Name)
}
