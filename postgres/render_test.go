package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/dialecttest"
	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/schema/diff"
)

var _ diff.Disturber = dialect{}

// changer turns schemas into others in a transaction that is undone, so that
// one database serves many scripts, roles included.
type changer struct {
	conn  *sql.Conn
	srv   lockstep.Server
	roles string // begins the names of this changer's roles
	seen  map[string]*schema.Schema
}

func newChanger(t *testing.T, db *testdb.Database, number int) *changer {
	conn := session(t, "pgx", db.URL)
	return &changer{conn, probe(t, conn), fmt.Sprintf("%s_c%d_r", db.Name, number), map[string]*schema.Schema{}}
}

func (c *changer) exec(t testing.TB, query string) {
	t.Helper()
	if _, err := c.conn.ExecContext(t.Context(), query); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
}

func (c *changer) read(t testing.TB) *schema.Schema {
	t.Helper()
	s, err := dialect{}.Inspect(t.Context(), c.conn, c.srv, schema.Scope{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// begin starts anew with what a script makes.
func (c *changer) begin(t testing.TB, script string) *schema.Schema {
	t.Helper()
	c.exec(t, "ROLLBACK")
	c.exec(t, "BEGIN")
	c.exec(t, strings.ReplaceAll(script, "mx_r", c.roles))
	if c.seen[script] == nil {
		c.seen[script] = c.read(t)
	}
	return c.seen[script]
}

// turn makes the changes that lead from one schema to another, and returns
// their statements.
func (c *changer) turn(t testing.TB, from, to *schema.Schema) []string {
	t.Helper()
	var done []string
	for _, change := range changes(t, from, to) {
		statements, err := dialect{}.Render(c.srv, change)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range statements {
			done = append(done, s)
			if _, err := c.conn.ExecContext(t.Context(), s); err != nil {
				t.Fatalf("%v\nafter\n%s;", err, strings.Join(done, ";\n"))
			}
		}
	}
	now := c.read(t)
	if found := schema.Compare(now, to); len(found) > 0 {
		t.Errorf("there is still a difference:\n%safter\n%s;", dialecttest.Differences(found), strings.Join(done, ";\n"))
	}
	return done
}

// changes are those of the differ; strict about the order of columns where no
// other way leads to it.
func changes(t testing.TB, from, to *schema.Schema) []schema.Change {
	t.Helper()
	result, err := diff.Diff(from, to, dialect{}, diff.Options{})
	if err == nil && len(result.OrderOnly) > 0 {
		result, err = diff.Diff(from, to, dialect{}, diff.Options{StrictOrder: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Cycles) > 0 {
		t.Errorf("cycles: %v", result.Cycles)
	}
	return result.Changes
}

// TestRenderProbes goes from each schema of a pair to the other one and back.
func TestRenderProbes(t *testing.T) {
	probes := dialecttest.LoadProbes(t, "../testdata/probes/postgres.jsonl")
	const workers = 2
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		version := probe(t, db.Open(t)).Number / 10000
		var wg sync.WaitGroup
		defer wg.Wait()
		for w := range workers { // each with a database of its own: names that are not committed yet count too
			if w > 0 {
				db = testdb.New(t, db.Kind)
			}
			c := newChanger(t, db, w)
			wg.Go(func() {
				for i := w; i < len(probes); i += workers {
					if p := probes[i]; p.MinVersion <= version && !p.Equal {
						t.Run(p.Name, func(t *testing.T) { c.thereAndBack(t, p) })
					}
				}
			})
		}
	})
}

// refuses holds that a change is refused instead of written.
func (c *changer) refuses(t *testing.T, before, after *schema.Schema) {
	for _, change := range changes(t, before, after) {
		if statements, err := (dialect{}).Render(c.srv, change); err == nil {
			t.Errorf("%s is written as %q", change, statements)
		}
	}
}

// fitting takes out of a script what only PostgreSQL 15 and later know, for
// those before.
func fitting(script string, number int) string {
	if number >= 150000 {
		return script
	}
	return strings.NewReplacer("app.users (id, email)", "app.users", ` ("user", "a, b") WHERE ("user" <> 1)`, "", " WHERE (a > 0), u", ", u", " WHERE (id > 0), TABLE app.orders, TABLES IN SCHEMA private", ", app.orders").Replace(script)
}

func (c *changer) thereAndBack(t *testing.T, p dialecttest.Probe) {
	defer func() { _, _ = c.conn.ExecContext(context.WithoutCancel(t.Context()), "ROLLBACK") }() // others may wait for what it holds
	if p.Name == "index.invalid" {                                                               // which no statement makes
		p.Old, p.New = p.New, p.Old
	}
	after := c.begin(t, p.New)
	before := c.begin(t, p.Old)
	if p.Name == "table.access_method" && c.srv.Number < accessMethodSince {
		c.refuses(t, before, after)
		return
	}
	there := c.turn(t, before, after)
	if p.Name == "index.invalid" || p.Name == "index.partition_attach" { // nor is there one that detaches an index
		return
	}
	back := c.turn(t, after, before)
	t.Logf("\n%s;\n-- and back\n%s;", strings.Join(there, ";\n"), strings.Join(back, ";\n"))
}
