package dialecttest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/lockstepdb/lockstep"
)

// traits compares what the dialect says of each statement with what is known,
// and what is known with what the server does.
func (s suite) traits(t *testing.T) {
	if len(s.Statements) == 0 {
		t.Fatal("no statements were given")
	}
	for _, sample := range s.Statements {
		t.Run(fmt.Sprintf("%.60s", sample.SQL), func(t *testing.T) {
			got := s.traitsOf(t, sample.SQL)
			if (got.NoTransaction == "") != (sample.Want.NoTransaction == "") {
				t.Errorf("%s\nNoTransaction = %q, want %q", sample.SQL, got.NoTransaction, sample.Want.NoTransaction)
			}
			want := sample.Want
			want.NoTransaction = got.NoTransaction
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s\ngot  %+v\nwant %+v", sample.SQL, got, want)
			}
			if sample.Setup != nil && want.Tx == lockstep.TxNone {
				s.traitsInTransaction(t, sample)
			}
		})
	}
}

func (s suite) traitsOf(t *testing.T, text string) lockstep.Traits {
	t.Helper()
	return role[lockstep.ScriptReader](t, s).Traits(s.srv, s.statement(t, text))
}

// traitsInTransaction runs a statement in a transaction that wrote something.
func (s suite) traitsInTransaction(t *testing.T, sample Statement) {
	t.Helper()
	db := s.fresh(t)
	c := conn(t, db)
	exec(t, c, "CREATE TABLE dialecttest_marker (id INT)")
	exec(t, c, sample.Setup...)
	exec(t, c, s.begin(), "INSERT INTO dialecttest_marker VALUES (1)")
	err := execEvery(t.Context(), c, role[lockstep.ScriptReader](t, s).Commands(s.statement(t, sample.SQL)))
	_, rollback := c.ExecContext(t.Context(), "ROLLBACK")
	refused := sample.Want.NoTransaction != "" && !sample.Silent && !sample.Want.ImplicitCommit
	if (err != nil) != refused {
		t.Errorf("%s in a transaction: %v; refused is expected: %t", sample.SQL, err, refused)
	}
	if err == nil && rollback != nil {
		t.Errorf("%s: roll back: %v", sample.SQL, rollback)
	}
	kept := count(t, c, "SELECT count(*) FROM dialecttest_marker") == 1
	if kept != sample.Want.ImplicitCommit {
		t.Errorf("%s: the transaction was committed: %t, want %t", sample.SQL, kept, sample.Want.ImplicitCommit)
	}
}

func execEvery(ctx context.Context, c *sql.Conn, commands func(func(string, error) bool)) error {
	for command, err := range commands {
		if err != nil {
			return err
		}
		if _, err := c.ExecContext(ctx, command); err != nil {
			return err
		}
	}
	return nil
}

// commands: a plain statement is sent as it was written.
func (s suite) commands(t *testing.T) {
	const text = "SELECT /* kept */ 'a;b'\n  AS x"
	st := s.statement(t, text+" ;\n")
	n := 0
	for command, err := range role[lockstep.ScriptReader](t, s).Commands(st) {
		if n++; err != nil || command != text {
			t.Errorf("command = %q, %v; want %q", command, err, text)
		}
	}
	if n != 1 {
		t.Errorf("%d commands, want 1", n)
	}
}

// session: after Clean (and a new connection, if that is what it asks for)
// nothing is left of a script.
func (s suite) session(t *testing.T) {
	if len(s.Leftovers) == 0 {
		t.Fatal("no leftovers were given")
	}
	for _, left := range s.Leftovers {
		t.Run(fmt.Sprintf("%.60s", left.Do[0]), func(t *testing.T) {
			db := s.fresh(t)
			if s.srv.SingleConnection {
				probe(t, s.Dialect, db)
			}
			c := conn(t, db)
			before := look(t, c, left.Look)
			exec(t, c, left.Do...)
			if dirty := look(t, c, left.Look); dirty == before {
				t.Fatalf("%q leaves nothing that %q shows: %s", left.Do, left.Look, dirty)
			}
			c = s.clean(t, db, c)
			if after := look(t, c, left.Look); after != before {
				t.Errorf("after Clean %q shows %s, before it was %s", left.Look, after, before)
			}
		})
	}
	t.Run("again", s.sessionAgain)
}

// sessionAgain: a session that is clean stays as it is and keeps working.
func (s suite) sessionAgain(t *testing.T) {
	db := s.fresh(t)
	c := conn(t, db)
	exec(t, c, "CREATE TABLE stays (id INT)")
	for range 2 {
		c = s.clean(t, db, c)
		if !s.exists(t, c, "stays") {
			t.Error("a table of the database is gone after Clean")
		}
	}
}

// clean returns the connection to go on with.
func (s suite) clean(t *testing.T, db *sql.DB, c *sql.Conn) *sql.Conn {
	t.Helper()
	keep, err := role[lockstep.SessionCleaner](t, s).Clean(t.Context(), c)
	if err != nil {
		t.Fatalf("Clean: %v", err)
	}
	if keep {
		return c
	}
	if s.srv.SingleConnection {
		t.Fatal("Clean gives up the only connection to the database")
	}
	discard(t, c)
	return conn(t, db)
}

// discard closes a connection so that its pool does not use it again.
func discard(t *testing.T, c *sql.Conn) {
	t.Helper()
	if err := c.Raw(func(any) error { return driver.ErrBadConn }); !errors.Is(err, driver.ErrBadConn) {
		t.Fatalf("discard connection: %v", err)
	}
	_ = c.Close() // already closed
}

// look returns what query shows, which may be an error.
func look(t *testing.T, q lockstep.Querier, query string) string {
	t.Helper()
	var s sql.NullString
	err := q.QueryRowContext(t.Context(), query).Scan(&s)
	return fmt.Sprintf("%q (null: %t), error %t", s.String, !s.Valid, err != nil)
}

// witness: the fingerprint tells exactly whether a statement took effect.
func (s suite) witness(t *testing.T) {
	if len(s.Witnessed) == 0 {
		t.Fatal("no witnessed statements were given")
	}
	for _, sample := range s.Witnessed {
		t.Run(fmt.Sprintf("%.60s", sample.SQL), func(t *testing.T) { s.witnessed(t, sample) })
	}
	for _, text := range s.Untold {
		if got := s.fingerprint(t, s.fresh(t), text); got != "" {
			t.Errorf("%s\nWitness = %q, want nothing", text, got)
		}
	}
}

func (s suite) witnessed(t *testing.T, sample Witnessed) {
	db := s.fresh(t)
	exec(t, db, sample.Setup...)
	s.prepare(t, db, sample.SQL)
	before := s.fingerprint(t, db, sample.SQL)
	if before == "" {
		t.Fatalf("%s\nWitness tells nothing", sample.SQL)
	}
	exec(t, db, sample.Unrelated...)
	if again := s.fingerprint(t, db, sample.SQL); again != before {
		t.Errorf("%s\nWitness = %q before and %q after changes of other objects", sample.SQL, before, again)
	}
	exec(t, db, sample.SQL)
	after := s.fingerprint(t, db, sample.SQL)
	if after == before {
		t.Errorf("%s\nWitness = %q before and after", sample.SQL, after)
	}
	if again := s.fingerprint(t, db, sample.SQL); again != after {
		t.Errorf("%s\nWitness = %q, and a moment later %q", sample.SQL, after, again)
	}
	s.prepare(t, db, sample.SQL)
	if again := s.fingerprint(t, db, sample.SQL); again != after {
		t.Errorf("%s\nPrepare undid a statement that was complete", sample.SQL)
	}
}

func (s suite) fingerprint(t *testing.T, db *sql.DB, text string) string {
	t.Helper()
	f, err := role[lockstep.Witness](t, s).Witness(t.Context(), db, s.srv, s.statement(t, text))
	if err != nil {
		t.Fatalf("Witness of %s: %v", text, err)
	}
	return f
}

// prepare finds nothing to clear.
func (s suite) prepare(t *testing.T, db *sql.DB, text string) {
	t.Helper()
	c := conn(t, db)
	note, err := role[lockstep.Witness](t, s).Prepare(t.Context(), c, s.srv, s.statement(t, text))
	if err != nil || note != "" {
		t.Errorf("Prepare of %s = %q, %v; want nothing to do", text, note, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// role returns the dialect in a role that Run found it to have.
func role[R any](t *testing.T, s suite) R {
	t.Helper()
	r, ok := s.Dialect.(R)
	if !ok {
		t.Fatalf("%s is no %T", s.Dialect.Name(), *new(R))
	}
	return r
}
