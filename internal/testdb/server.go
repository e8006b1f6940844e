package testdb

import (
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/lockstepdb/lockstep/internal/testdb/servers"
)

// poolSize is how many sessions a PgBouncer of a test opens to the server.
const poolSize = 8

// Server is a database server that belongs to one test, which may stop, kill
// and start it. It is ended, and its data removed, when the test ends.
type Server struct {
	server *servers.Server
	tmpl   string // address of the server, without a test's database
}

// Private starts a server for this test alone. That takes half a second to two
// seconds, so tests that do not stop their server use New. SQLite has no server
// and fails the test.
func Private(t testing.TB, k Kind) *Server {
	t.Helper()
	if !k.IsServer() {
		t.Fatalf("testdb: %s has no server", k.Name)
	}
	serverURL(t, k) // where this kind does not run, it is not installed either
	s, err := cache(t).NewServer(t.Context(), k, runDir(t, k.Name))
	if err != nil {
		t.Fatalf("testdb: prepare a %s: %v", k.Name, err)
	}
	t.Cleanup(func() {
		if err := s.Discard(); err != nil {
			t.Errorf("testdb: discard the private %s: %v", k.Name, err)
		}
	})
	admin := ""
	if k.Dialect == Postgres {
		admin = "postgres"
	}
	p := &Server{server: s, tmpl: s.URL(admin)}
	p.Start(t)
	return p
}

// New creates an empty database on the server.
func (s *Server) New(t testing.TB) *Database {
	t.Helper()
	name := uniqueName()
	if err := createDatabase(s.server.Kind, s.tmpl, name); err != nil {
		t.Fatalf("testdb: create a database on the private %s: %v", s.server.Kind.Name, err)
	}
	return attach(t, s.server.Kind, s.server.URL(name), name)
}

// Start starts the server after Stop or Kill, on the same port with the same
// data, and returns when it answers.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	if err := s.server.Start(t.Context()); err != nil {
		t.Fatalf("testdb: start the private %s: %v", s.server.Kind.Name, err)
	}
}

// Stop shuts the server down as an administrator would, ending all sessions.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if err := s.server.Stop(); err != nil {
		t.Fatalf("testdb: stop the private %s: %v", s.server.Kind.Name, err)
	}
}

// Kill ends the server as a crash would. What was committed before is kept: the
// data was written, though not synchronised to the disk.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	if err := s.server.Kill(); err != nil {
		t.Fatalf("testdb: kill the private %s: %v", s.server.Kind.Name, err)
	}
}

// PgBouncer starts a PgBouncer in front of the PostgreSQL database db and
// returns the address through it. It pools by transaction: session state does
// not survive a transaction, and eight sessions at most reach the server.
func PgBouncer(t testing.TB, db *Database) string {
	t.Helper()
	u, err := url.Parse(db.URL)
	if err != nil || db.Kind.Dialect != Postgres {
		t.Fatalf("testdb: no PgBouncer in front of %s", db.Kind.Name)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatalf("testdb: port of %s: %v", db.URL, err)
	}
	b, err := cache(t).StartBouncer(t.Context(), runDir(t, "pgbouncer"), port, db.Name, poolSize)
	if err != nil {
		t.Fatalf("testdb: start PgBouncer: %v", err)
	}
	t.Cleanup(func() {
		if err := b.Discard(); err != nil {
			t.Errorf("testdb: discard PgBouncer: %v", err)
		}
	})
	return b.URL()
}

// cache is where the programs of the servers are.
func cache(t testing.TB) servers.Cache {
	t.Helper()
	return servers.Cache{Dir: required(t, servers.CacheVariable, "the servers' programs")}
}

// runDir makes a directory for one more process of the test run.
func runDir(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.MkdirTemp(required(t, servers.RunVariable, "the run of servers"), name+"-")
	if err != nil {
		t.Fatalf("testdb: make directory: %v", err)
	}
	return filepath.Clean(dir)
}
