package diff_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/schema/diff"
)

// server answers as a kind of database would that can alter everything but the
// columns of constraints and indexes, and definitions of functions.
type server struct{ rebuilds, places bool }

func (server) InCreate(_, part schema.Fact) bool {
	return part.ID.Kind == schema.KindConstraint && part.Form() != schema.ForeignKey
}

func (s server) CanAlter(before, after schema.Fact) bool {
	switch after.ID.Kind {
	case schema.KindColumnOrder:
		return s.places
	case schema.KindConstraint, schema.KindIndex:
		return before.Attr(schema.AttrColumns) == after.Attr(schema.AttrColumns)
	case schema.KindRoutine, schema.KindSequence:
		return false
	}
	return true
}

func (server) Disturbs(before, after schema.Fact) bool {
	return after.ID.Kind == schema.KindColumn && before.Attr(schema.AttrType) != after.Attr(schema.AttrType)
}

func (s server) MustRebuild(_ schema.Fact, changes []schema.Change) bool {
	for _, c := range changes {
		if _, adds := c.(schema.AddColumn); !adds && s.rebuilds {
			return true
		}
	}
	return false
}

func id(kind schema.Kind, name string) schema.ID {
	return schema.ID{Kind: kind, Schema: "app", Name: name}
}

func tbl(name string) schema.ID { return id(schema.KindTable, name) }

// table is the facts of a table with columns of one type.
func table(name string, columns ...string) []schema.Fact {
	facts := []schema.Fact{schema.NewFact(tbl(name)), schema.NewFact(tbl(name).In(schema.KindColumnOrder, ""), schema.AttrColumns, schema.JoinNames(columns...))}
	for _, c := range columns {
		facts = append(facts, schema.NewFact(tbl(name).In(schema.KindColumn, c), schema.AttrType, "bigint"))
	}
	return facts
}

func primaryKey(table, column string) schema.Fact {
	return schema.NewFact(tbl(table).In(schema.KindConstraint, table+"_pkey"), schema.AttrForm, schema.PrimaryKey, schema.AttrColumns, column)
}

func foreignKey(table, column, to, toColumn string) schema.Fact {
	return schema.NewFact(tbl(table).In(schema.KindConstraint, table+"_"+column+"_fkey"), schema.AttrForm, schema.ForeignKey, schema.AttrColumns, column,
		schema.AttrReferences, schema.JoinNames("app", to), schema.AttrRefColumns, toColumn)
}

func index(table, column string) schema.Fact {
	return schema.NewFact(tbl(table).In(schema.KindIndex, table+"_"+column), schema.AttrColumns, column)
}

func needing(f schema.Fact, needs ...schema.ID) schema.Fact {
	f.Needs = needs
	return f
}

func all(lists ...[]schema.Fact) (facts []schema.Fact) {
	for _, l := range lists {
		facts = append(facts, l...)
	}
	return facts
}

func TestOrderOfChanges(t *testing.T) {
	view := func(column string) schema.Fact {
		return needing(schema.NewFact(id(schema.KindView, "v"), schema.AttrDefinition, "SELECT "+column), tbl("a").In(schema.KindColumn, column))
	}
	routine := func(body string) schema.Fact {
		return schema.NewFact(id(schema.KindRoutine, "f()"), schema.AttrDefinition, body)
	}
	computed := needing(schema.NewFact(tbl("a").In(schema.KindColumn, "x"), schema.AttrType, "bigint", schema.AttrDefault, "f()"), id(schema.KindRoutine, "f()"))
	texts := func(f schema.Fact) schema.Fact { return f.With(schema.AttrType, "text") }
	for name, test := range map[string]struct {
		from, to []schema.Fact
		server   server
		options  diff.Options
		want     string
	}{
		"tables that refer to each other": {
			to: all(table("a", "id", "b"), table("b", "id", "a"), []schema.Fact{primaryKey("a", "id"), primaryKey("b", "id"), foreignKey("a", "b", "b", "id"), foreignKey("b", "a", "a", "id"), index("a", "b")}),
			want: `
  create table app.a
  create table app.b
  add index app.a.a_b
  add constraint app.a.a_b_fkey
  add constraint app.b.b_a_fkey`,
		},
		"parts stand with their tables": {
			to: all(table("a", "id", "b"), table("b", "id", "a"), []schema.Fact{
				primaryKey("a", "id"), primaryKey("b", "id"), foreignKey("a", "b", "b", "id"), foreignKey("b", "a", "a", "id"), index("a", "b"), index("b", "a"), view("id"),
				needing(schema.NewFact(tbl("a").In(schema.KindTrigger, "t")), id(schema.KindRoutine, "f()")), routine("x"),
				needing(schema.NewFact(tbl("b").In(schema.KindRule, "r")), id(schema.KindView, "v")),
				schema.NewFact(schema.ID{Kind: schema.KindTrigger, Schema: "app", Table: "v", Name: "i"}),
			}),
			options: diff.Options{Together: true},
			want: `
  create routine app.f()
  create table app.a
  add index app.a.a_b
  create trigger app.a.t
  create table app.b
  add index app.b.b_a
  add constraint app.b.b_a_fkey
  add constraint app.a.a_b_fkey
  create view app.v
  create trigger app.v.i
  create rule app.b.r`,
		},
		"tables that refer to each other go": {
			from: all(table("a", "id", "b"), table("b", "id", "a"), []schema.Fact{primaryKey("a", "id"), primaryKey("b", "id"), foreignKey("a", "b", "b", "id"), foreignKey("b", "a", "a", "id")}),
			want: `
  drop constraint app.a.a_b_fkey
  drop constraint app.b.b_a_fkey
  drop table app.a
  drop table app.b`,
		},
		"a table that refers to another goes first": {
			from: all(table("a", "id"), table("b", "id", "a"), []schema.Fact{primaryKey("a", "id"), foreignKey("b", "a", "a", "id")}),
			want: `
  drop table app.b
  drop table app.a`,
		},
		"a view is in the way of a column": {
			from: all(table("a", "x", "y"), []schema.Fact{view("x")}),
			to:   all([]schema.Fact{texts(table("a", "x", "y")[2])}, table("a", "x", "y")[:2], table("a", "x", "y")[3:], []schema.Fact{view("x")}),
			want: `
  drop view app.v
  change column app.a.x: type bigint → text
  create view app.v`,
		},
		"a view on another column is not": {
			from: all(table("a", "x", "y"), []schema.Fact{view("y"), index("a", "x")}),
			to:   all([]schema.Fact{texts(table("a", "x", "y")[2])}, table("a", "x", "y")[:2], table("a", "x", "y")[3:], []schema.Fact{view("y"), index("a", "x")}),
			want: `
  change column app.a.x: type bigint → text`,
		},
		"a view lets go of a column": {
			from: all(table("a", "x", "y"), []schema.Fact{view("x")}),
			to:   all(table("a", "y"), []schema.Fact{view("y")}),
			want: `
  change view app.v: definition SELECT x → SELECT y
  drop column app.a.x`,
		},
		"an index goes before its column": {
			from: all(table("a", "x", "y"), []schema.Fact{index("a", "x"), index("a", "y")}),
			to:   all(table("a", "y"), []schema.Fact{index("a", "y")}),
			want: `
  drop index app.a.a_x
  drop column app.a.x`,
		},
		"a foreign key needs another primary key": {
			from: all(table("a", "id", "no"), table("b", "a"), []schema.Fact{primaryKey("a", "id"), foreignKey("b", "a", "a", "id")}),
			to:   all(table("a", "id", "no"), table("b", "a"), []schema.Fact{primaryKey("a", "no"), foreignKey("b", "a", "a", "no")}),
			want: `
  drop constraint app.b.b_a_fkey
  drop constraint app.a.a_pkey
  add constraint app.a.a_pkey
  add constraint app.b.b_a_fkey`,
		},
		"a column does without its default while the function is made anew": {
			from: all(table("a", "id", "x")[:3], []schema.Fact{computed, routine("1")}),
			to:   all(table("a", "id", "x")[:3], []schema.Fact{computed, routine("2")}),
			want: `
  change column app.a.x: default f() → (none)
  drop routine app.f()
  create routine app.f()
  change column app.a.x: default (none) → f()`,
		},
		"changes of a table collapse into a rebuild": {
			from:   all(table("a", "x", "y"), []schema.Fact{index("a", "x"), view("y")}),
			to:     all(table("a", "y", "z"), []schema.Fact{index("a", "z"), view("y")}),
			server: server{rebuilds: true},
			want: `
  rebuild table app.a`,
		},
		"a rebuilt table refers to a new one whose key has the same name": {
			from:   all(table("a", "x", "b"), []schema.Fact{schema.NewFact(tbl("a").In(schema.KindConstraint, "pk"), schema.AttrForm, schema.PrimaryKey, schema.AttrColumns, "x")}),
			to:     all(table("a", "x", "b"), table("b", "id"), []schema.Fact{schema.NewFact(tbl("a").In(schema.KindConstraint, "pk"), schema.AttrForm, schema.PrimaryKey, schema.AttrColumns, "b"), schema.NewFact(tbl("b").In(schema.KindConstraint, "pk"), schema.AttrForm, schema.PrimaryKey, schema.AttrColumns, "id"), foreignKey("a", "b", "b", "id")}),
			server: server{rebuilds: true},
			want: `
  create table app.b
  rebuild table app.a`,
		},
		"a name goes from one kind to another": {
			from: []schema.Fact{schema.NewFact(id(schema.KindView, "a"), schema.AttrDefinition, "SELECT 1")},
			to:   table("a", "x"),
			want: `
  drop view app.a
  create table app.a`,
		},
		"the order of columns does not matter": {
			from: table("a", "x", "y"),
			to:   table("a", "y", "x"),
		},
		"the order of columns matters": {
			from: table("a", "x", "y"), to: table("a", "y", "x"),
			server: server{places: true}, options: diff.Options{StrictOrder: true},
			want: `
  change column order of app.a: columns x, y → y, x`,
		},
		"the order of columns matters where they cannot be placed": {
			from: table("a", "x", "y"), to: table("a", "x", "z", "y"),
			options: diff.Options{StrictOrder: true},
			want: `
  rebuild table app.a`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := diff.Diff(mustSchema(t, test.from...), mustSchema(t, test.to...), test.server, test.options)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, describe(r.Changes)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPlaceOfColumns(t *testing.T) {
	r, err := diff.Diff(mustSchema(t, table("a", "x", "old", "y")...), mustSchema(t, table("a", "x", "b", "c", "y", "d")...), server{places: true}, diff.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"b": "x", "c": "b", "d": "", "old": "c"}
	got := map[string]string{}
	for _, c := range r.Changes {
		switch c := c.(type) {
		case schema.AddColumn:
			got[c.Column.ID.Name] = c.After
		case schema.DropColumn:
			got[c.Column.ID.Name] = c.After
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || r.OrderOnly != nil {
		t.Error(diff, r.OrderOnly)
	}
	if len(r.Losses) != 1 || r.Losses[0].Subject().Name != "old" {
		t.Errorf("losses %v", r.Losses)
	}
}

func TestPlaceOfColumnsWhereNoneCanBePlaced(t *testing.T) {
	from, to := mustSchema(t, table("a", "x", "y")...), mustSchema(t, table("a", "x", "b", "y")...)
	r, err := diff.Diff(from, to, server{rebuilds: true}, diff.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("\n  add column app.a.b", describe(r.Changes)); diff != "" || len(r.OrderOnly) != 1 {
		t.Error(diff, r.OrderOnly)
	}
	if c, ok := r.Changes[0].(schema.AddColumn); !ok || c.After != "" {
		t.Errorf("%#v", r.Changes[0])
	}
}

// sorter is a server that keeps an order of indexes, and makes new ones behind
// the others.
type sorter struct{ server }

func (sorter) MustRebuild(_ schema.Fact, changes []schema.Change) bool {
	var now, want []string
	for _, c := range changes {
		if c, ok := c.(schema.ReorderColumns); ok && c.After.ID.Name == schema.IndexOrder {
			now, want = schema.SplitNames(c.Before.Attr(schema.AttrColumns)), schema.SplitNames(c.After.Attr(schema.AttrColumns))
		}
	}
	for _, c := range changes {
		switch c := c.(type) {
		case schema.DropIndex:
			now = slices.DeleteFunc(now, func(name string) bool { return name == c.Index.ID.Name })
		case schema.AddIndex:
			now = append(now, c.Index.ID.Name)
		}
	}
	return want != nil && !slices.Equal(now, want)
}

func TestOrderOfIndexes(t *testing.T) {
	indexed := func(columns ...string) *schema.Schema {
		facts := table("a", "x", "y", "z")
		var names []string
		for _, c := range columns {
			facts = append(facts, index("a", c))
			names = append(names, index("a", c).ID.Name)
		}
		return mustSchema(t, append(facts, schema.NewFact(tbl("a").In(schema.KindColumnOrder, schema.IndexOrder), schema.AttrColumns, schema.JoinNames(names...)))...)
	}
	for _, test := range []struct {
		from, to *schema.Schema
		want     string
	}{
		{indexed("x"), indexed("x", "y"), "\n  add index app.a.a_y"},
		{indexed("x", "y"), indexed("y"), "\n  drop index app.a.a_x"},
		{indexed("y"), indexed("x", "y"), "\n  rebuild table app.a"},
		{indexed("x", "y"), indexed("y", "x"), "\n  rebuild table app.a"},
		{indexed(), indexed("y", "x"), "\n  rebuild table app.a"},
	} {
		r, err := diff.Diff(test.from, test.to, sorter{}, diff.Options{StrictOrder: true})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, describe(r.Changes)); diff != "" {
			t.Error(diff)
		}
		if r, err = diff.Diff(test.from, test.to, sorter{}, diff.Options{}); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(describe(r.Changes), "rebuild") {
			t.Errorf("nobody asked for the order: %s", describe(r.Changes))
		}
	}
}

func TestHints(t *testing.T) {
	sequence := func(name string) schema.Fact {
		return schema.NewFact(id(schema.KindSequence, name), "start", "7")
	}
	for name, test := range map[string]struct {
		from, to []schema.Fact
		want     []diff.Hint
	}{
		"table": {
			table("users", "a", "b", "c", "d"), table("people", "a", "b", "c", "e"),
			[]diff.Hint{{From: tbl("users"), To: tbl("people"), Why: "3 of 4 columns are the same", Score: 0.75}},
		},
		"another table": {table("users", "a", "b", "c"), table("people", "a", "x", "y"), nil},
		"column": {
			table("users", "id", "mail", "age"), table("users", "id", "email", "age"),
			[]diff.Hint{{From: tbl("users").In(schema.KindColumn, "mail"), To: tbl("users").In(schema.KindColumn, "email"), Why: "the same definition, the same position, the same neighbours", Score: 1}},
		},
		"index": {
			append(table("users", "id"), index("users", "id")), append(table("users", "id"), schema.NewFact(tbl("users").In(schema.KindIndex, "i"), schema.AttrColumns, "id")),
			[]diff.Hint{{From: tbl("users").In(schema.KindIndex, "users_id"), To: tbl("users").In(schema.KindIndex, "i"), Why: "the same definition", Score: 0.9}},
		},
		"each once": {
			[]schema.Fact{sequence("a"), sequence("b")},
			[]schema.Fact{sequence("c")},
			[]diff.Hint{{From: id(schema.KindSequence, "a"), To: id(schema.KindSequence, "c"), Why: "the same definition", Score: 0.9}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := diff.Diff(mustSchema(t, test.from...), mustSchema(t, test.to...), server{}, diff.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, r.Hints); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestDefinitionsFollowRenames: an index whose definition names a renamed column
// is not made anew, one that changes otherwise too is.
func TestDefinitionsFollowRenames(t *testing.T) {
	defined := func(table, name, definition string) schema.Fact {
		return schema.NewFact(tbl(table).In(schema.KindIndex, name), schema.AttrDefinition, definition)
	}
	from := append(table("users", "mail"), defined("users", "i", `(lower(mail), 'mail')`), defined("users", "j", "(mail)"))
	renames := []diff.Rename{{From: tbl("users"), To: tbl("people")}, {From: tbl("users").In(schema.KindColumn, "mail"), To: tbl("people").In(schema.KindColumn, "e mail")}}
	to := append(table("people", "e mail"), defined("people", "i", `(lower("e mail"), 'mail')`), defined("people", "j", `("e mail" DESC)`))
	d := server{}
	r, err := diff.Diff(mustSchema(t, from...), mustSchema(t, to...), d, diff.Options{Renames: renames})
	if err != nil {
		t.Fatal(err)
	}
	want := `
  rename table app.users to people
  rename column app.people.mail to e mail
  change index app.people.j: definition (mail) → ("e mail" DESC)`
	if diff := cmp.Diff(want, describe(r.Changes)); diff != "" {
		t.Error(diff)
	}
}
