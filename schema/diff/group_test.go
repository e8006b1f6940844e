package diff_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/schema/diff"
	"pgregory.net/rapid"
)

func TestGroups(t *testing.T) {
	view := needing(schema.NewFact(id(schema.KindView, "v"), schema.AttrDefinition, "SELECT x"), tbl("users").In(schema.KindColumn, "x"))
	typed := schema.NewFact(tbl("people").In(schema.KindColumn, "x"), schema.AttrType, "text")
	viewNow := needing(view, tbl("people").In(schema.KindColumn, "x"))
	from := all(table("users", "x"), table("old", "id"), table("older", "id"), []schema.Fact{primaryKey("old", "id"), primaryKey("older", "id"), foreignKey("old", "id", "older", "id"), foreignKey("older", "id", "old", "id"), view})
	to := all(table("people", "x")[:2], table("new", "id"), []schema.Fact{typed, index("people", "x"), index("new", "id"), viewNow})
	r, err := diff.Diff(mustSchema(t, from...), mustSchema(t, to...), server{}, diff.Options{Renames: []diff.Rename{{From: tbl("users"), To: tbl("people")}}})
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, g := range diff.Groups(r.Changes) {
		fmt.Fprintf(&got, "\n%s %s", g.Object, g.Fate)
		got.WriteString(describe(g.Changes))
	}
	want := `
table app.new created
  create table app.new
  add index app.new.new_id
table app.old dropped
  drop constraint app.old.old_id_fkey
  drop table app.old
table app.older dropped
  drop constraint app.older.older_id_fkey
  drop table app.older
table app.users changed
  rename table app.users to people
  change column app.people.x: type bigint → text
  add index app.people.people_x
view app.v changed
  drop view app.v
  create view app.v`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
}

func TestGroupsLoseNoChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyPair(t)
		r, err := diff.Diff(a, b, anyAnswers(t), diff.Options{})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, g := range diff.Groups(r.Changes) {
			n += len(g.Changes)
			_, was := a.Fact(g.Object)
			_, will := b.Fact(g.Object)
			want := map[[2]bool]diff.Fate{{true, true}: diff.Changed, {true, false}: diff.Dropped, {false, true}: diff.Created}[[2]bool{was, will}]
			if g.Fate != want {
				t.Errorf("%s is %s, told as %s:%s", g.Object, want, g.Fate, describe(r.Changes))
			}
		}
		if n != len(r.Changes) {
			t.Errorf("%d of %d changes are in groups", n, len(r.Changes))
		}
	})
}
