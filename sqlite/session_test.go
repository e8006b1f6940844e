package sqlite_test

import (
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqlite"
)

// testSession: what dialecttest cannot know about a database in memory.
func testSession(t *testing.T, driver string) {
	db := open(t, driver, ":memory:")
	db.SetMaxOpenConns(1)
	c := conn(t, db)
	cleaner, ok := sqlite.Dialect().(lockstep.SessionCleaner)
	if !ok {
		t.Fatal("no SessionCleaner")
	}
	clean := func() {
		t.Helper()
		if keep, err := cleaner.Clean(t.Context(), c); !keep || err != nil {
			t.Fatalf("Clean = %t, %v", keep, err)
		}
	}

	// Without Probe nothing is known of the settings, and they stay.
	mustExec(t, c, "PRAGMA foreign_keys = ON")
	clean()
	if on := text(t, c, "PRAGMA foreign_keys"); on != "1" {
		t.Errorf("foreign_keys = %s after Clean without Probe, want 1 as before", on)
	}

	// The first Probe counts: the application had switched foreign_keys on.
	probe(t, c)
	mustExec(t, c, "PRAGMA foreign_keys = OFF")
	probe(t, c)
	clean()
	if on := text(t, c, "PRAGMA foreign_keys"); on != "1" {
		t.Errorf("foreign_keys = %s after Clean, want 1 as when it was probed", on)
	}

	// Temporary tables that refer to each other go in any order, and data of
	// the database stays.
	mustExec(t, c, "CREATE TABLE kept (id)", "INSERT INTO kept VALUES (1)",
		"CREATE TEMP TABLE a_parent (id PRIMARY KEY)", "CREATE TEMP TABLE b_child (id REFERENCES a_parent)",
		"INSERT INTO a_parent VALUES (1)", "INSERT INTO b_child VALUES (1)",
		"CREATE TEMP VIEW a_view AS SELECT * FROM b_child", "CREATE TEMP TABLE \"odd \"\"name\"\"\" (id)")
	clean()
	if left := text(t, c, "SELECT count(*) FROM sqlite_temp_master"); left != "0" {
		t.Errorf("%s temporary objects are left", left)
	}
	if rows := text(t, c, "SELECT count(*) FROM kept"); rows != "1" {
		t.Errorf("%s rows are kept, want 1", rows)
	}
}
