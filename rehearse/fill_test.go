package rehearse_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/rehearse"
	"github.com/lockstepdb/lockstep/schema"
)

func filledSet(t *testing.T) *lockstep.Set {
	return load(t,
		"01_a.up.sql", "CREATE TABLE a (id INTEGER PRIMARY KEY, n INT NOT NULL); CREATE TABLE flags (f BOOLEAN NOT NULL UNIQUE); INSERT INTO a VALUES (5, 5);",
		"01_a.down.sql", "DROP TABLE a; DROP TABLE flags;",
		"02_keeps.up.sql", "ALTER TABLE a ADD COLUMN x INT; CREATE INDEX a_n ON a (n);", "02_keeps.down.sql", "DROP INDEX a_n; ALTER TABLE a DROP COLUMN x;",
		"03_loses.up.sql", "ALTER TABLE a ADD COLUMN y INT;", "03_loses.down.sql", "DELETE FROM a WHERE id > 50; ALTER TABLE a DROP COLUMN y;",
		"04_changes.up.sql", "ALTER TABLE a ADD COLUMN z INT;", "04_changes.down.sql", "UPDATE a SET n = n + 1; ALTER TABLE a DROP COLUMN z;",
		"05_fails.up.sql", "CREATE TABLE b (id INTEGER PRIMARY KEY);", "05_fails.down.sql", "DROP TABLE b; INSERT INTO a SELECT id, n, NULL, NULL, NULL FROM a WHERE id <> 5;",
	)
}

func TestFilledTables(t *testing.T) {
	s := newStage(t)
	var told []string
	r, err := rehearse.Run(t.Context(), s.dialect, filledSet(t), s.open, rehearse.Options{
		Rows: func(schema.ID) int64 { return 100 }, Seed: 3,
		Watch: func(e rehearse.Event) {
			if e.Table != "" {
				told = append(told, e.Table)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := verdicts(r)
	for id, want := range map[string]string{
		"01_a": "identical", "02_keeps": "identical", "03_loses": "loses rows", "04_changes": "loses rows", "05_fails": "identical",
	} {
		if got[id] != want {
			t.Errorf("%s: got %q, want %q", id, got[id], want)
		}
	}
	if lost := r.Results[2].Lost; len(lost) != 1 || lost[0].Before != 100 || lost[0].After >= 100 || lost[0].Changed {
		t.Errorf("lost rows: %+v", lost)
	}
	if lost := r.Results[3].Lost; len(lost) != 1 || lost[0].Column != "n" || !lost[0].Changed {
		t.Errorf("changed values: %+v", lost)
	}
	if r.Results[4].RowsErr == nil {
		t.Error("a down that fails with rows is not told")
	}
	if !slices.Contains(told, "a") || r.Rows == nil || r.Rows.Seed != 3 {
		t.Errorf("told %v, rows %+v", told, r.Rows)
	}
	checkFilled(t, r)
}

// checkFilled looks at what tables got and statements took.
func checkFilled(t *testing.T, r *rehearse.Report) {
	t.Helper()
	for _, one := range r.Rows.Tables {
		switch one.ID.Name {
		case "a":
			if one.Rows != 100 || one.Reason != "" {
				t.Errorf("%+v", one)
			}
		case "flags":
			if one.Rows != 2 || !strings.Contains(one.Reason, "unique") {
				t.Errorf("%+v", one)
			}
		}
	}
	for _, st := range r.Results[1].Statements {
		if st.Rows != 100 || !st.Extrapolated || st.PerMillion != st.Duration*10_000 {
			t.Errorf("%+v", st)
		}
	}
	if len(r.Results[1].Statements) != 2 || r.Results[0].Statements[0].Rows != 0 {
		t.Errorf("statements: %+v, %+v", r.Results[0].Statements, r.Results[1].Statements)
	}
}
