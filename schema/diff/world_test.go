package diff_test

import (
	"fmt"
	"slices"

	"github.com/lockstepdb/lockstep/schema"
	"pgregory.net/rapid"
)

// world draws schemas of a small set of names, so that two of them meet.
type world struct {
	t     *rapid.T
	facts []schema.Fact
}

func (w *world) yes(n int, what string) bool { return rapid.IntRange(1, n).Draw(w.t, what) == 1 }

func (w *world) pick(what string, from ...string) string {
	return rapid.SampledFrom(from).Draw(w.t, what)
}

func (w *world) add(f schema.Fact, needs ...schema.ID) {
	slices.SortFunc(needs, schema.ID.Compare)
	f.Needs = slices.Compact(needs)
	f = spelled(f)
	w.facts = append(w.facts, f)
}

// of lists what there is of a kind.
func (w *world) of(k schema.Kind) []schema.ID {
	var ids []schema.ID
	for _, f := range w.facts {
		if f.ID.Kind == k && (k != schema.KindColumn || w.isTable(f.ID)) {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

func (w *world) isTable(column schema.ID) bool {
	return slices.ContainsFunc(w.facts, func(f schema.Fact) bool {
		return f.ID == schema.ID{Kind: schema.KindTable, Schema: column.Schema, Name: column.Table}
	})
}

// some draws a few of the IDs.
func (w *world) some(what string, ids []schema.ID, most int) []schema.ID {
	var found []schema.ID
	for range most {
		if len(ids) > 0 && w.yes(2, what) {
			found = append(found, rapid.SampledFrom(ids).Draw(w.t, what))
		}
	}
	return found
}

func anySchema(t *rapid.T) *schema.Schema {
	w := &world{t: t}
	w.add(schema.NewFact(schema.ID{Kind: schema.KindSchema, Name: "a"}))
	schemas := []string{"a"}
	if w.yes(2, "second schema") {
		w.add(schema.NewFact(schema.ID{Kind: schema.KindSchema, Name: "b"}, schema.AttrComment, w.pick("comment", "", "x")))
		schemas = append(schemas, "b")
	}
	for _, s := range schemas {
		w.types(s)
	}
	tables := rapid.Permutation([]string{"t1", "t2", "t3", "x"}).Draw(t, "tables")
	for _, name := range tables[:rapid.IntRange(0, 4).Draw(t, "number of tables")] {
		w.table(schema.ID{Kind: schema.KindTable, Schema: w.pick("schema", schemas...), Name: name})
	}
	w.foreignKeys()
	w.later(schemas)
	s, err := schema.New(w.facts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (w *world) types(s string) {
	for _, name := range []string{"e1", "e2"} {
		if w.yes(2, "type") {
			w.add(schema.NewFact(schema.ID{Kind: schema.KindType, Schema: s, Name: name}, schema.AttrForm, "enum", schema.AttrValues, w.pick("values", "p", "q")))
		}
	}
	if w.yes(2, "sequence") {
		w.add(schema.NewFact(schema.ID{Kind: schema.KindSequence, Schema: s, Name: "s"}, "start", w.pick("start", "1", "2")))
	}
	if w.yes(2, "function") {
		w.add(schema.NewFact(schema.ID{Kind: schema.KindRoutine, Schema: s, Name: "f"}, schema.AttrDefinition, w.pick("body", "1", "2")), w.some("type", w.of(schema.KindType), 1)...)
	}
}

func (w *world) table(id schema.ID) {
	w.add(schema.NewFact(id, schema.AttrComment, w.pick("comment", "", "x")))
	names := rapid.Permutation([]string{"c1", "c2", "c3", "c4"}).Draw(w.t, "columns")
	names = names[:rapid.IntRange(1, 4).Draw(w.t, "number of columns")]
	for _, n := range names {
		f := schema.NewFact(id.In(schema.KindColumn, n), schema.AttrType, w.pick("type", "int", "text"), schema.AttrDefault, w.pick("default", "", "0"))
		needs := append(w.some("type", w.of(schema.KindType), 1), w.some("sequence", w.of(schema.KindSequence), 1)...)
		w.add(f, append(needs, w.some("function", w.of(schema.KindRoutine), 1)...)...)
	}
	w.add(schema.NewFact(id.In(schema.KindColumnOrder, ""), schema.AttrColumns, schema.JoinNames(names...)))
	if w.yes(2, "key") {
		w.add(schema.NewFact(id.In(schema.KindConstraint, w.pick("name", "pk1", "pk2")), schema.AttrForm, schema.PrimaryKey, schema.AttrColumns, w.pick("column", names...)))
	}
	if w.yes(3, "unique") {
		w.add(schema.NewFact(id.In(schema.KindConstraint, "u"), schema.AttrForm, schema.Unique, schema.AttrColumns, w.pick("column", names...)))
	}
	for _, name := range []string{"i1", "i2"} {
		if w.yes(3, "index") {
			w.add(schema.NewFact(id.In(schema.KindIndex, name), schema.AttrColumns, w.pick("column", names...), schema.AttrUnique, w.pick("unique", "", schema.Yes)))
		}
	}
}

// foreignKeys let tables refer to each other, in circles too.
func (w *world) foreignKeys() {
	var keys []schema.Fact
	for _, f := range w.facts {
		if f.Form() == schema.PrimaryKey || f.Form() == schema.Unique {
			keys = append(keys, f)
		}
	}
	for _, table := range w.of(schema.KindTable) {
		if len(keys) == 0 || w.yes(2, "no foreign key") {
			continue
		}
		key := rapid.SampledFrom(keys).Draw(w.t, "key")
		column := rapid.SampledFrom(slices.DeleteFunc(w.of(schema.KindColumn), func(c schema.ID) bool { return c.Schema != table.Schema || c.Table != table.Name })).Draw(w.t, "column")
		w.add(schema.NewFact(table.In(schema.KindConstraint, "fk"), schema.AttrForm, schema.ForeignKey, schema.AttrColumns, column.Name,
			schema.AttrReferences, schema.JoinNames(key.ID.Schema, key.ID.Table), schema.AttrRefColumns, key.Attr(schema.AttrColumns)))
	}
}

// later makes what stands on tables, in any order: functions, views, checks,
// triggers.
func (w *world) later(schemas []string) {
	for _, name := range rapid.Permutation([]string{"g", "v1", "v2", "x", "check", "trigger"}).Draw(w.t, "order") {
		id := schema.ID{Schema: w.pick("schema", schemas...), Name: name}
		var below []schema.ID
		for _, k := range []schema.Kind{schema.KindTable, schema.KindColumn, schema.KindView, schema.KindRoutine} {
			below = append(below, w.of(k)...)
		}
		switch {
		case w.yes(3, "not"):
		case name == "g":
			id.Kind = schema.KindRoutine
			w.add(schema.NewFact(id, schema.AttrDefinition, w.pick("body", "1", "2")), w.some("need", below, 2)...)
		case name == "check" || name == "trigger":
			w.part(name, below)
		case !slices.Contains(w.of(schema.KindTable), schema.ID{Kind: schema.KindTable, Schema: id.Schema, Name: name}):
			id.Kind = schema.KindView
			f := schema.NewFact(id, schema.AttrDefinition, w.pick("columns", "a", "a, b", "b"), schema.AttrComment, w.pick("comment", "", "x"))
			w.add(f, w.some("need", below, 3)...)
			w.facts = append(w.facts, viewColumns(f)...)
		}
	}
}

func (w *world) part(name string, below []schema.ID) {
	tables := w.of(schema.KindTable)
	if len(tables) == 0 {
		return
	}
	table := rapid.SampledFrom(tables).Draw(w.t, "table")
	id, form := table.In(schema.KindConstraint, name), schema.Check
	if name == "trigger" {
		id.Kind, form = schema.KindTrigger, ""
	}
	w.add(schema.NewFact(id, schema.AttrForm, form, schema.AttrDefinition, w.pick("definition", "1", "2")), w.some("need", below, 2)...)
}

func anyAnswers(t *rapid.T) answers {
	return answers{rapid.Uint64().Draw(t, "answers"), rapid.Bool().Draw(t, "places"), rapid.IntRange(1, 4).Draw(t, "inline") == 1}
}

// mutated draws a schema that differs from s in a few facts.
func mutated(t *rapid.T, s *schema.Schema) *schema.Schema {
	facts := slices.Clone(s.Facts())
	for range rapid.IntRange(0, 3).Draw(t, "mutations") {
		if len(facts) == 0 {
			break
		}
		i := rapid.IntRange(0, len(facts)-1).Draw(t, "fact")
		f := facts[i]
		switch {
		case f.ID.Kind == schema.KindColumnOrder || f.ID.Kind == schema.KindView || f.ID.Kind == schema.KindSchema:
		case f.ID.Kind == schema.KindColumn && !(&world{facts: facts}).isTable(f.ID):
		case rapid.Bool().Draw(t, "change"):
			facts[i] = f.With("extra", fmt.Sprint(rapid.IntRange(0, 2).Draw(t, "value")))
		default:
			facts = without(facts, f.ID)
		}
	}
	made, err := schema.New(facts)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// without takes out a fact with all that needs it.
func without(facts []schema.Fact, gone ...schema.ID) []schema.Fact {
	for len(gone) > 0 {
		id := gone[0]
		gone = gone[1:]
		facts = slices.DeleteFunc(slices.Clone(facts), func(f schema.Fact) bool { return f.ID == id })
		db := &database{facts: map[schema.ID]schema.Fact{}}
		for _, f := range facts {
			db.facts[f.ID] = f
		}
		for i, f := range facts {
			if f.ID.Kind == schema.KindColumnOrder && f.ID.Table == id.Table && id.Kind == schema.KindColumn && f.ID.Schema == id.Schema {
				facts[i] = f.With(schema.AttrColumns, schema.JoinNames(slices.DeleteFunc(schema.SplitNames(f.Attr(schema.AttrColumns)), func(n string) bool { return n == id.Name })...))
			}
			if db.check(f) != nil {
				gone = append(gone, f.ID)
			}
		}
	}
	return facts
}
