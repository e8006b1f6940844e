package schema

import "testing"

func TestEssential(t *testing.T) {
	table := ID{Kind: KindTable, Name: "t"}
	order := func(name string, of ...string) Fact {
		return NewFact(table.In(KindColumnOrder, name), AttrColumns, JoinNames(of...))
	}
	column := func(name string) Fact { return NewFact(table.In(KindColumn, name)) }
	index := func(name, comment string) Fact { return NewFact(table.In(KindIndex, name), AttrComment, comment) }
	for _, test := range []struct {
		name          string
		before, after []Fact
		want          int
	}{
		{"a column at the end", []Fact{order("", "a"), column("a")}, []Fact{order("", "a", "b"), column("a"), column("b")}, 1},
		{"a column in front", []Fact{order("", "a"), column("a")}, []Fact{order("", "b", "a"), column("a"), column("b")}, 2},
		{"an index anywhere", []Fact{order(IndexOrder, "i"), index("i", "")}, []Fact{order(IndexOrder, "j", "i"), index("i", ""), index("j", "")}, 1},
		{"the first index", []Fact{order(IndexOrder)}, []Fact{order(IndexOrder, "i"), index("i", "")}, 1},
		{"an index goes", []Fact{order(IndexOrder, "i", "j"), index("i", ""), index("j", "")}, []Fact{order(IndexOrder, "j"), index("j", "")}, 1},
		{"an index changes and moves", []Fact{order(IndexOrder, "i", "j"), index("i", ""), index("j", "")}, []Fact{order(IndexOrder, "j", "i"), index("i", "c"), index("j", "")}, 1},
		{"indexes move", []Fact{order(IndexOrder, "i", "j"), index("i", ""), index("j", "")}, []Fact{order(IndexOrder, "j", "i"), index("i", ""), index("j", "")}, 1},
	} {
		before, err := New(test.before)
		if err != nil {
			t.Fatal(err)
		}
		after, err := New(test.after)
		if err != nil {
			t.Fatal(err)
		}
		if found := Essential(Compare(before, after)); len(found) != test.want {
			t.Errorf("%s: %d differences, want %d: %v", test.name, len(found), test.want, found)
		}
	}
}
