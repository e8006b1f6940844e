package sqlite_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/dialecttest"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/sqlite"
)

// inspector is what consumers ask of the dialect.
type inspector interface {
	Inspect(ctx context.Context, q lockstep.Querier, srv lockstep.Server, scope schema.Scope) (*schema.Schema, error)
}

func inspect(t testing.TB, db *sql.DB) *schema.Schema {
	t.Helper()
	s, err := sqlite.Dialect().(inspector).Inspect(t.Context(), db, lockstep.Server{}, schema.Scope{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// memory returns a database in memory in which a script has run.
func memory(t testing.TB, driver, script string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(t.Context(), script); err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return db
}

func TestProbes(t *testing.T) {
	for _, p := range dialecttest.LoadProbes(t, "../testdata/probes/sqlite.jsonl") {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			dialecttest.CheckProbe(t, p, func(t testing.TB, script string) *schema.Schema {
				return inspect(t, memory(t, modernc, script))
			})
		})
	}
}
