package postgres

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstepdb/lockstep/internal/testdb"
)

// TestRenderWhole makes a database of nothing but rendered statements, and
// compares it with the one that a script made: by our facts, and by pg_dump.
// Then it takes everything away again.
func TestRenderWhole(t *testing.T) {
	for _, file := range []string{"rich", "ugly"} {
		t.Run(file, func(t *testing.T) {
			text, err := os.ReadFile("testdata/" + file + ".sql")
			if err != nil {
				t.Fatal(err)
			}
			testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
				script := fitting(withRoles(t, db, string(text)), probe(t, db.Open(t)).Number)
				db.Exec(t, script)
				copied := testdb.New(t, db.Kind)
				for _, d := range []*testdb.Database{db, copied} {
					pool := d.Open(t)
					t.Cleanup(func() { // for as long as it is there, the database is
						if _, err := pool.ExecContext(context.Background(), "DROP SUBSCRIPTION IF EXISTS sub"); err != nil {
							t.Errorf("drop subscription: %v", err)
						}
					})
				}
				recreate(t, db, copied)
			})
		})
	}
}

// withRoles makes the roles that a script names mx_r1 and mx_r2, under names
// that no other test has.
func withRoles(t *testing.T, db *testdb.Database, script string) string {
	t.Helper()
	for _, role := range []string{"r1", "r2"} {
		name := db.Name + "_" + role
		run(t, db.Open(t), "CREATE ROLE "+name)
		t.Cleanup(func() {
			if _, err := db.Open(t).ExecContext(context.Background(), "DROP OWNED BY "+name+" CASCADE; DROP ROLE "+name); err != nil {
				t.Errorf("drop role: %v", err)
			}
		})
	}
	return strings.ReplaceAll(script, "mx_", db.Name+"_")
}

func recreate(t *testing.T, db, copied *testdb.Database) {
	t.Helper()
	source := newChanger(t, db, 0)
	target := newChanger(t, copied, 0)
	want, empty := source.read(t), target.read(t)
	if u := want.Unknown(); u != nil {
		t.Errorf("unknown: %v", u)
	}
	target.exec(t, "SET check_function_bodies = off")
	made := target.turn(t, empty, want)
	if d := cmp.Diff(strings.Split(dump(t, db), "\n"), strings.Split(dump(t, copied), "\n")); d != "" {
		t.Errorf("pg_dump sees a difference:\n%s", d)
	}
	gone := target.turn(t, want, empty)
	if got := dump(t, copied); strings.Contains(got, "CREATE") {
		t.Errorf("something is left:\n%s", got)
	}
	if os.Getenv("SHOW") != "" {
		t.Logf("%s;\n-- and back\n%s;", strings.Join(made, ";\n"), strings.Join(gone, ";\n"))
	}
}

// dump is what pg_dump says, without what differs from one database to another:
// its name, and the names that PostgreSQL 18 gives to NOT NULL.
func dump(t *testing.T, db *testdb.Database) string {
	t.Helper()
	s := regexp.MustCompile(`ls_[0-9a-f]{16}`).ReplaceAllString(db.Schema(t), "database")
	return regexp.MustCompile(`CONSTRAINT \S+_not_null NOT NULL`).ReplaceAllString(s, "NOT NULL")
}
