package mysql

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/dialecttest"
	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/schema/diff"
)

// script returns the statements that make one schema of another.
func script(t testing.TB, d *testdb.Database, from, to *schema.Schema) []string {
	t.Helper()
	r, err := diff.Diff(from, to, dialect{}, diff.Options{StrictOrder: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Cycles) > 0 {
		t.Errorf("cycles: %v", r.Cycles)
	}
	return statementsOf(t, d, r.Changes)
}

// statementsOf renders changes.
func statementsOf(t testing.TB, d *testdb.Database, changes []schema.Change) []string {
	t.Helper()
	srv, err := Dialect().Probe(t.Context(), d.Open(t))
	if err != nil {
		t.Fatal(err)
	}
	var statements []string
	for _, c := range changes {
		more, err := dialect{}.Render(srv, c)
		if err != nil {
			t.Fatal(err)
		}
		statements = append(statements, more...)
	}
	return statements
}

// turn makes one schema of another and compares what came out with both
// observers.
func turn(t testing.TB, d *testdb.Database, from, to *schema.Schema, shown string) {
	t.Helper()
	statements := script(t, d, from, to)
	for _, s := range statements {
		if _, err := d.Open(t).ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%v\n%s\nof\n%s", err, s, strings.Join(statements, ";\n"))
		}
	}
	if found := schema.Compare(inspect(t, d), to); len(found) > 0 {
		t.Fatalf("what came out differs:\n%s\nof\n%s", dialecttest.Differences(found), strings.Join(statements, ";\n"))
	}
	if now := observed(d.Schema(t)); !slices.Equal(now, observed(shown)) {
		t.Errorf("the server shows\n%s\nof\n%s", strings.Join(lineDiff(observed(shown), now), "\n"), strings.Join(statements, ";\n"))
	}
}

// observed is what the other observer says, without what a script leaves behind
// a body (the semicolon), the layout of bodies, the time at which an event was
// made, and the case of the names of engines' options.
func observed(shown string) []string {
	shown = regexp.MustCompile(" STARTS '[^']*'").ReplaceAllString(shown, "")
	shown = regexp.MustCompile("`[A-Z_]+`=").ReplaceAllStringFunc(shown, strings.ToLower)
	var words []string
	for line := range strings.Lines(shown) {
		words = append(words, strings.Fields(strings.TrimRight(line, "; \n"))...)
	}
	return words
}

// lineDiff returns what is only in one of two lists.
func lineDiff(want, got []string) []string {
	var lines []string
	for _, l := range want {
		if !slices.Contains(got, l) {
			lines = append(lines, "- "+l)
		}
	}
	for _, l := range got {
		if !slices.Contains(want, l) {
			lines = append(lines, "+ "+l)
		}
	}
	return lines
}

// checkTurns goes from the new schema of a probe to the old one and back. The
// database has the new one.
func checkTurns(t testing.TB, d *testdb.Database, p dialecttest.Probe) {
	t.Helper()
	after, shownAfter := inspect(t, d), d.Schema(t)
	renew(t, d)
	if p.Old != "" {
		d.Exec(t, p.Old)
	}
	before, shownBefore := inspect(t, d), d.Schema(t)
	turn(t, d, before, after, shownAfter)
	turn(t, d, after, before, shownBefore)
}
