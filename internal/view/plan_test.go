package view

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstepdb/lockstep"
)

func TestPlan(t *testing.T) {
	s := steps()
	s[0].Strategy = lockstep.StrategyTransaction
	s[1].Why, s[1].Resume, s[1].Resuming = "line 1: CREATE INDEX CONCURRENTLY cannot run inside a transaction block", 1, true
	page := PlanPage{
		Database: "postgres://db/shop", Next: "Nothing was done.",
		Plan: &lockstep.Plan{
			Steps: s, Deferred: 2, Ahead: []string{"9_add_more"},
			Notes: []lockstep.Note{{ID: "2_index_users_email", Message: "goes on"}, {Message: "all is well"}},
		},
	}
	want := `Apply 2 migrations on postgres://db/shop

#     VERSION  NAME               STATEMENTS  HOW
1  ↑  1        create_users                1  in one transaction
2  ↑  2        index_users_email           3  statement by statement, goes on after 1 of 3
   └ line 1: CREATE INDEX CONCURRENTLY cannot run inside a transaction block

note: 2_index_users_email: goes on

note: all is well

note: 9_add_more is applied but not in these files: newer code was here

2 migrations of later versions stay pending.

Nothing was done.
`
	var b strings.Builder
	if err := Plan(&b, Style{}, page); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}

func TestDryRunSummary(t *testing.T) {
	for _, c := range []struct {
		tried, not int
		want       string
	}{
		{1, 0, "1 migration ran without error and was rolled back."},
		{3, 1, "3 migrations ran without error and were rolled back; 1 could not be tried."},
		{0, 1, "1 migration could not be tried."},
	} {
		if got := dryRunSummary(c.tried, c.not); got != c.want {
			t.Errorf("%d tried, %d not: %q, want %q", c.tried, c.not, got, c.want)
		}
	}
}

func TestIntent(t *testing.T) {
	up, down := lockstep.Step{Direction: lockstep.Up}, lockstep.Step{Direction: lockstep.Down}
	record := lockstep.Step{Direction: lockstep.Up, Strategy: lockstep.StrategyRecord}
	tests := map[string][]lockstep.Step{
		"Record 1 baseline":                    {record},
		"Apply 1 migration, record 1 baseline": {record, up},
		"Apply 1 migration":                    {up},
		"Revert 2 migrations":                  {down, down},
		"Revert and apply again 1 migration":   {down, up},
		"Revert 2 and apply 1 migration":       {down, down, up},
		"Revert and apply again 2 migrations":  {down, down, up, up},
	}
	for want, steps := range tests {
		if got := Intent(&lockstep.Plan{Steps: steps}); got != want {
			t.Errorf("Intent(%d steps) = %q, want %q", len(steps), got, want)
		}
	}
}

func TestFailureOnATerminal(t *testing.T) {
	f := Failure{
		Message: "migrations/1_create_users.up.sql:1:14: something is wrong here that takes many words to say",
		Excerpt: "   1 | CREATE TABLE 'users\n     |              ^\n",
		Applied: []string{"a", "b", "c", "d"}, NotApplied: []string{"e", "f"}, Outcome: "rolled back", Detail: "a\nb",
		Hint: "close the quote; everything behind it is read as a part of it, to the end of the file",
	}
	want := `error: migrations/1_create_users.up.sql:1:14: something
       is wrong here that takes many words to say

   1 | CREATE TABLE 'users
     |              ^

detail: a
b
done:        4 migrations, a to d
failed:      e (rolled back)
not started: f
hint: close the quote; everything behind it is read as a
      part of it, to the end of the file
`
	var b strings.Builder
	if err := WriteFailure(&b, Style{Width: 58}, f); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("failure (-want +got):\n%s", diff)
	}
}
