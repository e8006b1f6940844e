package diff_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/schema/diff"
	"pgregory.net/rapid"
)

// renamed draws a schema in which some objects of s have other names.
func renamed(t *rapid.T, s *schema.Schema) (*schema.Schema, []diff.Rename) {
	rank := func(id schema.ID) int {
		return slices.Index([]schema.Kind{schema.KindSchema, schema.KindTable, schema.KindView}, id.Kind)
	}
	var chosen []schema.ID
	for _, f := range s.Facts() {
		if f.ID.Kind != schema.KindColumnOrder && !(f.ID.Kind == schema.KindColumn && !(&world{facts: s.Facts()}).isTable(f.ID)) && rapid.IntRange(1, 4).Draw(t, "rename") == 1 {
			chosen = append(chosen, f.ID)
		}
	}
	slices.SortStableFunc(chosen, func(a, b schema.ID) int {
		return (rank(a)+4)%4 - (rank(b)+4)%4
	})
	facts := slices.Clone(s.Facts())
	renames := make([]diff.Rename, len(chosen))
	now := slices.Clone(chosen) // what the chosen are called by now
	for i := range now {
		id := now[i]
		to := id
		to.Name += "_new"
		for j := range facts {
			facts[j] = spelled(renamedFact(facts[j], id, to))
		}
		for j := range now {
			now[j] = renamedID(now[j], id, to)
		}
	}
	for i := range now {
		renames[i] = diff.Rename{From: chosen[i], To: now[i]}
	}
	made, err := schema.New(facts)
	if err != nil {
		t.Fatal(err)
	}
	return made, renames
}

func TestRenamesAreRespected(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anySchema(t)
		b, renames := renamed(t, a)
		d, o := anyAnswers(t), diff.Options{Renames: renames, StrictOrder: rapid.Bool().Draw(t, "strict")}
		there := checkTurns(t, a, b, d, o)
		checkKept(t, there.Changes, renames)
		o.Renames = diff.Inverse(renames)
		checkKept(t, checkTurns(t, b, a, d, o).Changes, o.Renames)

		c := mutated(t, b)
		o.Renames = slices.DeleteFunc(renames, func(r diff.Rename) bool {
			_, kept := c.Fact(r.To)
			return !kept
		})
		checkTurns(t, a, c, d, o)
	})
}

// checkKept looks for a renamed table that is dropped or made.
func checkKept(t *rapid.T, changes []schema.Change, renames []diff.Rename) {
	for _, c := range changes {
		switch c.(type) {
		case schema.CreateTable, schema.DropTable:
			t.Errorf("%s, with renames %v:%s", c, renames, describe(changes))
		}
	}
}

func TestRenameErrors(t *testing.T) {
	users, people := schema.ID{Kind: schema.KindTable, Schema: "app", Name: "users"}, schema.ID{Kind: schema.KindTable, Schema: "app", Name: "people"}
	items := schema.ID{Kind: schema.KindTable, Schema: "app", Name: "items"}
	view := schema.ID{Kind: schema.KindView, Schema: "app", Name: "seen"}
	seen := schema.ID{Kind: schema.KindTable, Schema: "app", Name: "seen"}
	from := mustSchema(t, schema.NewFact(view), schema.NewFact(users), schema.NewFact(users.In(schema.KindColumn, "email")), schema.NewFact(items))
	to := mustSchema(t, schema.NewFact(people), schema.NewFact(people.In(schema.KindColumn, "mail")), schema.NewFact(items), schema.NewFact(seen))
	user := users
	user.Name = "user"
	person := people
	person.Name = "peole"
	for name, test := range map[string]struct {
		renames []diff.Rename
		want    string
	}{
		"no such source": {[]diff.Rename{{From: user, To: people}}, "rename table app.user to table app.people: the source has no table app.user; did you mean table app.users?"},
		"no such target": {[]diff.Rename{{From: users, To: person}}, "rename table app.users to table app.peole: the target has no table app.peole; did you mean table app.people?"},
		"source stays":   {[]diff.Rename{{From: items, To: people}}, "the target still has table app.items"},
		"target was":     {[]diff.Rename{{From: users, To: items}}, "the source has table app.items already"},
		"kinds":          {[]diff.Rename{{From: users, To: people.In(schema.KindColumn, "mail")}}, "it cannot become that"},
		"twice":          {[]diff.Rename{{From: users, To: people}, {From: users, To: people}}, "it is renamed twice"},
		"name of a view": {[]diff.Rename{{From: users, To: seen}}, "the source has view app.seen, which keeps its name"},
		"other table":    {[]diff.Rename{{From: users.In(schema.KindColumn, "email"), To: people.In(schema.KindColumn, "mail")}}, "parts stay with what they belong to"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := diff.Diff(from, to, answers{}, diff.Options{Renames: test.renames})
			var wrong *diff.RenameError
			if !errors.As(err, &wrong) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func mustSchema(t testing.TB, facts ...schema.Fact) *schema.Schema {
	t.Helper()
	s, err := schema.New(facts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRenameIntoAnotherSchema(t *testing.T) {
	old, now := schema.ID{Kind: schema.KindSchema, Name: "app"}, schema.ID{Kind: schema.KindSchema, Name: "crm"}
	moved := func(s string) []schema.Fact {
		users := schema.ID{Kind: schema.KindTable, Schema: s, Name: "users"}
		return []schema.Fact{schema.NewFact(users), schema.NewFact(users.In(schema.KindColumn, "id"), schema.AttrType, "bigint")}
	}
	from, to := moved("app"), moved("crm")
	renames := []diff.Rename{{From: from[0].ID, To: to[0].ID}}
	r, err := diff.Diff(mustSchema(t, append(from, schema.NewFact(old))...), mustSchema(t, append(to, schema.NewFact(now))...), server{}, diff.Options{Renames: renames})
	if err != nil {
		t.Fatal(err)
	}
	want := `
  create schema crm
  rename table app.users to crm.users
  drop schema app`
	if got := describe(r.Changes); got != want {
		t.Errorf("got%s\nwant%s", got, want)
	}
}
