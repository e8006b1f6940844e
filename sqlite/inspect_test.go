package sqlite_test

import (
	"context"
	"database/sql"
	"slices"
	"strings"
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

func inspect(t testing.TB, db *sql.DB, except ...string) *schema.Schema {
	t.Helper()
	d, ok := sqlite.Dialect().(inspector)
	if !ok {
		t.Fatal("the dialect does not inspect")
	}
	s, err := d.Inspect(t.Context(), db, lockstep.Server{}, schema.Scope{Except: except})
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

// testProbes compares the schemas of all probes but those for which the driver's
// SQLite lacks a module.
func testProbes(t *testing.T, driver string) {
	var modules []string
	for _, r := range table(t, memory(t, driver, ""), "SELECT name FROM pragma_module_list") {
		modules = append(modules, r[0])
	}
	for _, p := range dialecttest.LoadProbes(t, "../testdata/probes/sqlite.jsonl") {
		if strings.Contains(p.New, "fts5") && !slices.Contains(modules, "fts5") {
			continue
		}
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			dialecttest.CheckProbe(t, p, func(t testing.TB, script string) *schema.Schema {
				return inspect(t, memory(t, driver, script))
			})
		})
	}
}
