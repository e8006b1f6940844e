package postgres

import (
	"database/sql"
	"strings"
	"sync"
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/dialecttest"
	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/schema"
)

// inspect reads the schema of a database without its settings, which are a
// matter of the server that a test runs on.
func inspect(t testing.TB, q lockstep.Querier, scope schema.Scope) *schema.Schema {
	t.Helper()
	srv, err := Dialect().Probe(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	s, err := dialect{}.Inspect(t.Context(), q, srv, scope)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// prober inspects what scripts make. Each script runs in a transaction that is
// undone, so that one database serves many, roles included.
type prober struct {
	conn  *sql.Conn
	roles string // begins the names of this prober's roles
	seen  map[string]*schema.Schema
}

func (p *prober) inspect(t testing.TB, script string) *schema.Schema {
	t.Helper()
	if s := p.seen[script]; s != nil {
		return s
	}
	exec := func(query string) {
		if _, err := p.conn.ExecContext(t.Context(), query); err != nil {
			t.Errorf("%v\n%s", err, query)
		}
	}
	exec("BEGIN")
	defer exec("ROLLBACK")
	exec(strings.ReplaceAll(script, "mx_r", p.roles))
	s := inspect(t, p.conn, schema.Scope{})
	if u := s.Unknown(); u != nil {
		t.Errorf("unknown: %v", u)
	}
	p.seen[script] = s
	return s
}

// TestInspectProbes reads pairs of schemas that differ in one thing, or in
// nothing that matters.
func TestInspectProbes(t *testing.T) {
	probes := dialecttest.LoadProbes(t, "../testdata/probes/postgres.jsonl")
	const workers = 2
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		version := probe(t, db.Open(t)).Number / 10000
		var wg sync.WaitGroup
		defer wg.Wait()
		for w := range workers {
			own := testdb.New(t, db.Kind) // names that the server chooses keep clear of others' that are not committed
			p := &prober{conn: session(t, "pgx", own.URL), roles: own.Name + "_r", seen: map[string]*schema.Schema{}}
			wg.Go(func() {
				for i := w; i < len(probes); i += workers {
					if probes[i].MinVersion <= version {
						t.Run(probes[i].Name, func(t *testing.T) { checkProbe(t, p, probes[i]) })
					}
				}
			})
		}
	})
}

func checkProbe(t *testing.T, p *prober, pair dialecttest.Probe) {
	dialecttest.CheckProbe(t, pair, func(t testing.TB, script string) *schema.Schema {
		s := p.inspect(t, script)
		if pair.Name == "eq.column_order" { // which is a fact of its own, for whom it matters
			s = s.Without(schema.Ignore{Kinds: []schema.Kind{schema.KindColumnOrder}})
		}
		return s
	})
}
