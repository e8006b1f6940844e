package synth_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/mysql"
	"github.com/lockstepdb/lockstep/postgres"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/sqlite"
	"github.com/lockstepdb/lockstep/synth"
)

// dialect is what filling takes of a dialect.
type dialect interface {
	synth.Dialect
	Inspect(ctx context.Context, q lockstep.Querier, srv lockstep.Server, scope schema.Scope) (*schema.Schema, error)
}

func dialectOf(t testing.TB, k testdb.Kind) dialect {
	t.Helper()
	d, ok := map[string]lockstep.Dialect{
		testdb.Postgres: postgres.Dialect(), testdb.MySQL: mysql.Dialect(), testdb.SQLite: sqlite.Dialect(),
	}[k.Dialect].(dialect)
	if !ok {
		t.Fatalf("the dialect of %s cannot make rows", k.Name)
	}
	return d
}

// session is one session with its schema.
type session struct {
	d      dialect
	conn   *sql.Conn
	srv    lockstep.Server
	schema *schema.Schema
}

// open makes tables and reads them.
func open(t testing.TB, db *testdb.Database, ddl string) *session {
	t.Helper()
	db.Exec(t, ddl)
	s := &session{d: dialectOf(t, db.Kind)}
	var err error
	if s.conn, err = db.Open(t).Conn(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.conn.Close() })
	if s.srv, err = s.d.Probe(t.Context(), s.conn); err != nil {
		t.Fatal(err)
	}
	if s.schema, err = s.d.Inspect(t.Context(), s.conn, s.srv, schema.Scope{}); err != nil {
		t.Fatal(err)
	}
	return s
}

// fill gives rows to all tables, and returns what each got.
func (s *session) fill(t testing.TB, rows int64) map[string]synth.Table {
	t.Helper()
	done, err := synth.Fill(t.Context(), s.conn, s.d, s.srv, s.schema, synth.Options{
		Rows: func(schema.ID) int64 { return rows }, Batch: 700,
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]synth.Table{}
	for _, one := range done {
		got[one.ID.Name] = one
	}
	return got
}

// number returns the answer to a query.
func (s *session) number(t testing.TB, query string) int64 {
	t.Helper()
	var n int64
	if err := s.conn.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	return n
}
