package diff_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/schema/diff"
)

// bigSchema has n tables of 12 columns, a key, four indexes, and a foreign key
// to the table before.
func bigSchema(b *testing.B, n int) []schema.Fact {
	b.Helper()
	facts := []schema.Fact{schema.NewFact(schema.ID{Kind: schema.KindSchema, Name: "app"})}
	table := func(i int) schema.ID {
		return schema.ID{Kind: schema.KindTable, Schema: "app", Name: fmt.Sprintf("t%05d", i)}
	}
	for i := range n {
		id := table(i)
		facts = append(facts, schema.NewFact(id))
		var names []string
		for c := range 12 {
			name := fmt.Sprintf("column_%d", c)
			names = append(names, name)
			facts = append(facts, schema.NewFact(id.In(schema.KindColumn, name), schema.AttrType, "bigint", schema.AttrNotNull, schema.Yes))
		}
		facts = append(facts, schema.NewFact(id.In(schema.KindColumnOrder, ""), schema.AttrColumns, schema.JoinNames(names...)),
			schema.NewFact(id.In(schema.KindConstraint, "pk"), schema.AttrForm, schema.PrimaryKey, schema.AttrColumns, names[0]))
		for c := range 4 {
			facts = append(facts, schema.NewFact(id.In(schema.KindIndex, fmt.Sprintf("t%05d_i%d", i, c)), schema.AttrColumns, names[c+1]))
		}
		if i > 0 {
			facts = append(facts, schema.NewFact(id.In(schema.KindConstraint, "fk"), schema.AttrForm, schema.ForeignKey, schema.AttrColumns, names[5],
				schema.AttrReferences, schema.JoinNames("app", table(i-1).Name), schema.AttrRefColumns, names[0]))
		}
	}
	return facts
}

func BenchmarkDiff(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		facts := bigSchema(b, n)
		changed := slices.Clone(facts)
		for i := range 10 {
			at := i*len(facts)/10 + 5
			changed[at] = changed[at].With(schema.AttrComment, "changed")
		}
		changed = slices.DeleteFunc(changed, func(f schema.Fact) bool { return f.ID.Table == "t00007" || f.ID.Name == "t00007" })
		from, to := mustSchema(b, slices.Clone(facts)...), mustSchema(b, changed...)
		b.Run(fmt.Sprintf("tables=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if r, err := diff.Diff(from, to, answers{}, diff.Options{}); err != nil || len(r.Changes) < 10 {
					b.Fatal(r, err)
				}
			}
		})
	}
}

// BenchmarkDiffFromNothing makes and drops a whole schema, whose tables refer to
// each other in one circle.
func BenchmarkDiffFromNothing(b *testing.B) {
	facts := bigSchema(b, 10000)
	first := schema.ID{Kind: schema.KindTable, Schema: "app", Name: "t00000"}
	facts = append(facts, schema.NewFact(first.In(schema.KindConstraint, "fk"), schema.AttrForm, schema.ForeignKey, schema.AttrColumns, "column_5",
		schema.AttrReferences, "app, t09999", schema.AttrRefColumns, "column_0"))
	empty, full := mustSchema(b), mustSchema(b, facts...)
	for name, pair := range map[string][2]*schema.Schema{"make": {empty, full}, "drop": {full, empty}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if r, err := diff.Diff(pair[0], pair[1], server{}, diff.Options{}); err != nil || len(r.Changes) < 10000 || r.Cycles != nil {
					b.Fatal(len(r.Changes), r.Cycles, err)
				}
			}
		})
	}
}
