// Package dialecttest is the suite that every dialect of lockstep passes on a
// real server: [Run] checks the contract of [lockstep.Dialect] and of the
// optional roles that a dialect has.
//
// It brings no server and no driver; the caller hands in databases. It does
// not test what only one dialect has, and it never works on an imitation of a
// database.
package dialecttest

import (
	"database/sql"
	"testing"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// Config is what the suite needs to know of a dialect and its server.
type Config struct {
	// Dialect is the dialect under test. Required.
	Dialect lockstep.Dialect
	// Database makes an empty database that lives as long as t, and returns a
	// function that opens another pool on it. The suite closes the pools. The
	// server in question is the same each time. Required.
	Database func(t *testing.T) (open func() *sql.DB)
	// BreakLock takes the run's lock away from its holder as an administrator
	// or an accident would (ends its session, deletes its file). The name is
	// the one that the lock was asked for with. Required unless the server is
	// a SingleConnection one.
	BreakLock func(t *testing.T, db *sql.DB, name string, holder lockstep.Holder)
	// LockWait is a lock timeout that the server can keep. Default 100 ms.
	LockWait time.Duration
	// Statements are statements with the traits they have. Required for a
	// dialect that is a ScriptReader.
	Statements []Statement
	// Leftovers are what scripts leave in a session. Required for a dialect
	// that is a SessionCleaner.
	Leftovers []Leftover
	// Witnessed are statements whose effect can be told afterwards, Untold
	// those that leave nothing to be told by. Required for a dialect that is
	// a Witness.
	Witnessed []Witnessed
	Untold    []string
}

// Statement is a statement with the traits it has.
type Statement struct {
	SQL  string          // one statement, without delimiter
	Want lockstep.Traits // NoTransaction is compared by whether it is empty
	// Setup makes what the statement needs. The suite then runs the statement
	// in a transaction and compares what happens with Want: it is refused
	// where NoTransaction says so, and commits where ImplicitCommit says so.
	// Without Setup (nil, not empty) the statement is not run. Statements with
	// transaction control are never run.
	Setup []string
	// Silent tells that the server does not refuse the statement in a
	// transaction but ignores it or does something else than outside of one.
	Silent bool
}

// Leftover is something that a script leaves in its session.
type Leftover struct {
	Do   []string // leaves it
	Look string   // selects one text that shows it; an error shows something too
}

// Witnessed is a statement whose effect can be told afterwards.
type Witnessed struct {
	Setup     []string // makes what it needs
	SQL       string   // the statement
	Unrelated []string // changes of other objects, which must not show
}

// Run runs the suite. Each part has databases of its own.
func Run(t *testing.T, cfg Config) {
	if cfg.LockWait == 0 {
		cfg.LockWait = 100 * time.Millisecond
	}
	db := openOne(t, cfg.Database(t))
	s := suite{cfg, probe(t, cfg.Dialect, db)}
	t.Run("name", s.name)
	t.Run("probe", s.probe)
	t.Run("ledger", s.ledger)
	t.Run("lock", s.lock)
	t.Run("guard", s.guard)
	t.Run("classify", s.classify)
	if _, ok := cfg.Dialect.(lockstep.ScriptReader); ok {
		t.Run("traits", s.traits)
		t.Run("commands", s.commands)
	}
	if _, ok := cfg.Dialect.(lockstep.SessionCleaner); ok {
		t.Run("session", s.session)
	}
	if _, ok := cfg.Dialect.(lockstep.Witness); ok {
		t.Run("witness", s.witness)
	}
	if d, ok := cfg.Dialect.(inspector); ok {
		t.Run("inspect", func(t *testing.T) { s.inspect(t, d) })
	}
}

// suite is a Config with the facts of its server.
type suite struct {
	Config
	srv lockstep.Server
}

// fresh returns a pool on a database of its own.
func (s suite) fresh(t *testing.T) *sql.DB {
	t.Helper()
	return openOne(t, s.Database(t))
}

// conn returns one connection of db.
func conn(t *testing.T, db *sql.DB) *sql.Conn {
	t.Helper()
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { _ = c.Close() }) // closed before where that matters
	return c
}

func openOne(t *testing.T, open func() *sql.DB) *sql.DB {
	t.Helper()
	db := open()
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close pool: %v", err)
		}
	})
	return db
}

func probe(t *testing.T, d lockstep.Dialect, q lockstep.Querier) lockstep.Server {
	t.Helper()
	srv, err := d.Probe(t.Context(), q)
	if err != nil {
		t.Fatalf("Probe: %v", err)
	}
	return srv
}

// exec runs statements that must not fail.
func exec(t *testing.T, q lockstep.Querier, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := q.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%.200s: %v", statement, err)
		}
	}
}

// count returns the one number that query selects.
func count(t *testing.T, q lockstep.Querier, query string) int {
	t.Helper()
	var n int
	if err := q.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// begin returns what starts a transaction that writes.
func (s suite) begin() string {
	if b, ok := s.Dialect.(interface{ BeginTx() string }); ok {
		return b.BeginTx()
	}
	return "BEGIN"
}

// statement reads a text that is one statement.
func (s suite) statement(t *testing.T, text string) sqltext.Statement {
	t.Helper()
	list, err := sqltext.Split(text, s.srv.Lexer)
	if err != nil || len(list) != 1 {
		t.Fatalf("%q is %d statements, want 1 (%v)", text, len(list), err)
	}
	return list[0]
}

// exists tells whether a table is there.
func (s suite) exists(t *testing.T, q lockstep.Querier, table string) bool {
	t.Helper()
	_, err := q.ExecContext(t.Context(), "SELECT 1 FROM "+s.Dialect.Quote(table)+" WHERE 1 = 0")
	if err == nil {
		return true
	}
	if de := s.Dialect.Classify(err); de == nil || de.Class != lockstep.ErrorUndefinedTable {
		t.Fatalf("look for table %s: %v", table, err)
	}
	return false
}
