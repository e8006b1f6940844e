package schema

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// anyFact draws a fact of a small world, so that IDs meet.
func anyFact(t *rapid.T) Fact {
	id := ID{
		Kind:   rapid.SampledFrom([]Kind{KindTable, KindView, KindColumn, KindIndex, KindRoutine, KindType}).Draw(t, "kind"),
		Schema: rapid.SampledFrom([]string{"", "app", "b"}).Draw(t, "schema"),
		Name:   rapid.SampledFrom([]string{"a", "b", "a b", "é", `q"q`}).Draw(t, "name"),
	}
	if id.Kind.IsPart() {
		id.Table = rapid.SampledFrom([]string{"a", "b", "t"}).Draw(t, "table")
	}
	attrs := rapid.SliceOfN(rapid.SampledFrom([]string{"x", "y", "", "x, y", "\n"}), 4, 4).Draw(t, "values")
	return NewFact(id, AttrType, attrs[0], AttrDefault, attrs[1], AttrComment, attrs[2], AttrDefinition, attrs[3])
}

func anyFacts(t *rapid.T) []Fact {
	facts := rapid.SliceOfN(rapid.Custom(anyFact), 0, 30).Draw(t, "facts")
	seen := map[ID]bool{}
	return slices.DeleteFunc(facts, func(f Fact) bool { was := seen[f.ID]; seen[f.ID] = true; return was })
}

func make1(t *rapid.T, facts []Fact) *Schema {
	s, err := New(slices.Clone(facts))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFingerprintDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts := anyFacts(t)
		want := make1(t, facts).Fingerprint()
		shuffled := slices.Clone(facts)
		seed := rapid.Uint64().Draw(t, "seed")
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if got := make1(t, shuffled).Fingerprint(); got != want {
			t.Errorf("fingerprint %s, in another order %s", want, got)
		}
	})
}

// TestCompareIsTheDifferenceOfFacts compares with the plain way: look up each
// fact of one schema in the other.
func TestCompareIsTheDifferenceOfFacts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := make1(t, anyFacts(t)), make1(t, anyFacts(t))
		want := map[ID]bool{}
		for _, pair := range [][2]*Schema{{a, b}, {b, a}} {
			for _, f := range pair[0].Facts() {
				if o, ok := pair[1].Fact(f.ID); !ok || !o.Equal(f) {
					want[f.ID] = true
				}
			}
		}
		got := map[ID]bool{}
		for _, d := range Compare(a, b) {
			if got[d.ID] {
				t.Errorf("%s is told twice", d.ID)
			}
			got[d.ID] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if (len(got) == 0) != (a.Fingerprint() == b.Fingerprint()) {
			t.Errorf("%d differences, fingerprints %s and %s", len(got), a.Fingerprint(), b.Fingerprint())
		}
	})
}

func TestLinesAndParseAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := make1(t, anyFacts(t))
		lines, err := s.Lines()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(lines)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s.Facts(), again.Facts()); diff != "" || s.Fingerprint() != again.Fingerprint() {
			t.Error(diff)
		}
	})
}

func TestJoinNamesAndSplitNamesAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOf(rapid.StringOf(rapid.SampledFrom([]rune(`ab ,"é`)))).Draw(t, "names")
		got := SplitNames(JoinNames(names...))
		if !slices.Equal(got, names) {
			t.Errorf("%q became %q by way of %q", names, got, JoinNames(names...))
		}
	})
}

func TestInverseOfInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := anyFact(t), anyFact(t)
		after.ID = before.ID
		to := before.ID
		to.Name = "renamed"
		for _, c := range []Change{
			Create(before), Drop(before), Alter(before, after), Rename(before.ID, to),
			RebuildTable{[]Fact{before}, []Fact{after}},
			AddColumn{before, "b"},
		} {
			if diff := cmp.Diff(c, c.Inverse().Inverse()); diff != "" {
				t.Errorf("%T: %s", c, diff)
			}
			if c.String() == "" || c.Inverse().String() == "" {
				t.Errorf("%T says nothing", c)
			}
		}
	})
}

func TestPartsAndColumns(t *testing.T) {
	table := ID{Kind: KindTable, Schema: "app", Name: "users"}
	s, err := New([]Fact{
		NewFact(table.In(KindColumn, "b")), NewFact(table.In(KindIndex, "i")), NewFact(table),
		NewFact(table.In(KindColumn, "a")), NewFact(table.In(KindColumnOrder, ""), AttrColumns, "b, a"),
		NewFact(ID{Kind: KindView, Schema: "app", Name: "user_names"}), NewFact(ID{Kind: KindTable, Schema: "app", Name: "user"}),
		NewFact(ID{Kind: KindColumn, Schema: "app", Table: "user_names", Name: "n"}),
	})
	if err != nil {
		t.Fatal(err)
	}
	names := func(facts []Fact) (n []string) {
		for _, f := range facts {
			n = append(n, f.ID.String())
		}
		return n
	}
	if diff := cmp.Diff([]string{"column app.users.b", "column app.users.a"}, names(s.Columns(table))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"column order of app.users", "column app.users.a", "column app.users.b", "index app.users.i"}, names(s.Parts(table))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"column app.user_names.n"}, names(s.Parts(ID{Kind: KindView, Schema: "app", Name: "user_names"}))); diff != "" {
		t.Error(diff)
	}
	if _, err := New([]Fact{NewFact(table), NewFact(table)}); err == nil {
		t.Error("two facts about one object were taken")
	}
}

func TestWithout(t *testing.T) {
	table := ID{Kind: KindTable, Schema: "app", Name: "users"}
	s, err := New([]Fact{NewFact(table, AttrOwner, "me", AttrComment, "c"), NewFact(table.In(KindColumn, "a")), NewFact(ID{Kind: KindType, Schema: "app", Name: "e"})})
	if err != nil {
		t.Fatal(err)
	}
	left := s.Without(Ignore{Attrs: []string{AttrOwner}, IDs: []ID{{Kind: KindType, Schema: "app", Name: "e"}}})
	if len(left.Facts()) != 2 || left.Facts()[0].Attr(AttrOwner) != "" || left.Facts()[0].Attr(AttrComment) != "c" {
		t.Errorf("left %v", left.Facts())
	}
	if left := s.Without(Ignore{IDs: []ID{table}}); len(left.Facts()) != 1 {
		t.Errorf("left %v", left.Facts())
	}
}

func TestEssentialLeavesOutOrdersThatFollow(t *testing.T) {
	table := func(order string) Fact {
		return NewFact(ID{Kind: KindTable, Name: "t"}, IndexOrderSuffix, order)
	}
	index := func(name string) Fact { return NewFact(ID{Kind: KindIndex, Table: "t", Name: name}, AttrColumns, name) }
	for _, c := range []struct {
		name          string
		before, after []string // of indexes; at least two have an order
		want          int
	}{
		{"one more", []string{"b", "a"}, []string{"b", "a", "c"}, 1},
		{"the second", []string{"b"}, []string{"b", "a"}, 1},
		{"two at once", nil, []string{"b", "a"}, 2},
		{"one less", []string{"b", "a", "c"}, []string{"a", "c"}, 1},
		{"one left", []string{"b", "a"}, []string{"a"}, 1},
		{"another place", []string{"b", "a"}, []string{"a", "b"}, 1},
		{"before the old", []string{"b", "a"}, []string{"c", "b", "a"}, 2},
		{"one for another", []string{"b", "a"}, []string{"a", "c"}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			made := func(names []string) *Schema {
				order := ""
				if len(names) > 1 {
					order = JoinNames(names...)
				}
				facts := []Fact{table(order)}
				for _, n := range names {
					facts = append(facts, index(n))
				}
				s, err := New(facts)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			if got := Essential(Compare(made(c.before), made(c.after))); len(got) != c.want {
				t.Errorf("%d differences, want %d: %v", len(got), c.want, got)
			}
		})
	}
}
