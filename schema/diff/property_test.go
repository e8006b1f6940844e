package diff_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/schema/diff"
	"pgregory.net/rapid"
)

func describe(changes []schema.Change) string {
	var b strings.Builder
	for _, c := range changes {
		b.WriteString("\n  " + c.String())
	}
	return b.String()
}

// lines shows a schema with what each fact needs.
func lines(t *rapid.T, s *schema.Schema) string {
	l, err := s.Lines()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(l, "\n")
}

// checkTurns makes the changes of a diff in a model database and compares what
// comes out.
func checkTurns(t *rapid.T, a, b *schema.Schema, d answers, o diff.Options) *diff.Result {
	r, err := diff.Diff(a, b, d, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, cycle := range r.Cycles {
		if !slices.ContainsFunc(r.Changes, func(c schema.Change) bool { return holdsRows(c) && slices.Contains(cycle, c.Subject()) }) {
			t.Errorf("cycle: %v\nfrom\n%s\nto\n%s\nchanges:%s", cycle, lines(t, a), lines(t, b), describe(r.Changes))
		}
	}
	if r.Cycles != nil {
		return r
	}
	db := newDatabase(a, d)
	for i, c := range r.Changes {
		if err := db.apply(c); err != nil {
			t.Fatalf("change %d, %s: %v\nfrom\n%s\nto\n%s\nchanges:%s", i+1, c, err, lines(t, a), lines(t, b), describe(r.Changes))
		}
	}
	for _, d := range r.OrderOnly {
		if have := db.facts[d.ID]; !have.Equal(*d.Before) {
			t.Errorf("the order is %v, told as %v", have, *d.Before)
		}
		db.facts[d.ID] = *d.After
	}
	if o.StrictOrder && r.OrderOnly != nil {
		t.Errorf("order is told although it is strict: %v", r.OrderOnly)
	}
	if diff := cmp.Diff(b.Facts(), db.schema().Facts()); diff != "" {
		t.Fatalf("another schema came out:\n%s\nfrom\n%s\nto\n%s\nchanges:%s", diff, lines(t, a), lines(t, b), describe(r.Changes))
	}
	return r
}

// holdsRows reports whether a change is one of what is not dropped to get out of
// a cycle: then a column that needs one thing before and another one after, in
// one change, may have no place.
func holdsRows(c schema.Change) bool {
	switch c.(type) {
	case schema.AlterColumn, schema.RebuildTable:
		return true
	}
	return false
}

func anyPair(t *rapid.T) (a, b *schema.Schema) {
	a = anySchema(t)
	if rapid.Bool().Draw(t, "mutated") {
		return a, mutated(t, a)
	}
	return a, anySchema(t)
}

func turns(t *rapid.T) {
	a, b := anyPair(t)
	d, o := anyAnswers(t), diff.Options{StrictOrder: rapid.Bool().Draw(t, "strict")}
	checkTurns(t, a, b, d, o)
	checkTurns(t, b, a, d, o)
}

func TestChangesTurnOneSchemaIntoTheOther(t *testing.T) { rapid.Check(t, turns) }

func FuzzDiff(f *testing.F) { f.Fuzz(rapid.MakeFuzz(turns)) }

func TestEqualSchemasNeedNoChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anySchema(t)
		r, err := diff.Diff(a, a, anyAnswers(t), diff.Options{StrictOrder: true})
		if err != nil || r.Changes != nil || r.OrderOnly != nil || r.Hints != nil || r.Losses != nil || r.Cycles != nil {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

func TestOrderOfFactsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyPair(t)
		d, o := anyAnswers(t), diff.Options{StrictOrder: rapid.Bool().Draw(t, "strict")}
		want, err := diff.Diff(a, b, d, o)
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(3) {
			got, err := diff.Diff(shuffled(t, a, seed), shuffled(t, b, seed), d, o)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

func shuffled(t *rapid.T, s *schema.Schema, seed uint64) *schema.Schema {
	facts := slices.Clone(s.Facts())
	rand.New(rand.NewPCG(seed, 1)).Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
	made, err := schema.New(facts)
	if err != nil {
		t.Fatal(err)
	}
	return made
}
