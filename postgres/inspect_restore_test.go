package postgres

import (
	"os"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/dialecttest"
	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/schema"
)

// TestInspectAfterRestore reads a database with everything in it and what
// pg_dump and psql make of it: all texts that the server prints have been read
// again by it, and ids and orders are others.
func TestInspectAfterRestore(t *testing.T) {
	script, err := os.ReadFile("testdata/everything.sql")
	if err != nil {
		t.Fatal(err)
	}
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		db.Exec(t, string(script))
		want := inspect(t, db.Open(t), schema.Scope{})
		if u := want.Unknown(); u != nil {
			t.Errorf("unknown: %v", u)
		}
		again := testdb.New(t, db.Kind)
		dump := strings.ReplaceAll(db.Schema(t), "SET transaction_timeout = 0;\n", "") // which servers before 17 do not know
		if out, err := again.Shell(t, dump); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if found := schema.Compare(want, inspect(t, again.Open(t), schema.Scope{})); len(found) > 0 {
			t.Error(dialecttest.Differences(found))
		}
	})
}
