package dialecttest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lockstepdb/lockstep"
)

// guard: every Guard is accepted where it belongs, and none is made of nothing.
func (s suite) guard(t *testing.T) {
	for _, scope := range []lockstep.Scope{lockstep.ScopeTransaction, lockstep.ScopeSession} {
		if list := s.Dialect.Guard(s.srv, lockstep.Timeouts{}, scope); len(list) != 0 {
			t.Errorf("Guard of no timeouts = %q", list)
		}
		for _, limit := range []lockstep.Timeouts{
			{Lock: time.Nanosecond},
			{Lock: 50 * time.Millisecond},
			{Lock: 3 * time.Hour},
			{Statement: time.Nanosecond},
			{Statement: time.Minute},
			{Lock: time.Second, Statement: 90 * time.Second},
		} {
			s.guardAccepted(t, limit, scope)
		}
	}
}

func (s suite) guardAccepted(t *testing.T, limit lockstep.Timeouts, scope lockstep.Scope) {
	t.Helper()
	db := s.fresh(t)
	c := conn(t, db)
	list := s.Dialect.Guard(s.srv, limit, scope)
	if scope == lockstep.ScopeTransaction {
		list = append(append([]string{s.begin()}, list...), "ROLLBACK")
	}
	exec(t, c, list...)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// classify: what callers tell apart is told apart.
func (s suite) classify(t *testing.T) {
	for _, err := range []error{nil, errors.New("no matter"), context.Canceled, context.DeadlineExceeded, sql.ErrNoRows} {
		if de := s.Dialect.Classify(err); de != nil {
			t.Errorf("Classify(%v) = %+v, want nil", err, de)
		}
	}
	s.checkClass(t, driver.ErrBadConn, lockstep.ErrorConnection)
	t.Run("statements", s.classifyStatements)
	t.Run("canceled", s.classifyCanceled)
	if !s.srv.SingleConnection {
		t.Run("lock timeout", s.classifyLockTimeout)
	}
}

func (s suite) classifyStatements(t *testing.T) {
	db := s.fresh(t)
	exec(t, db, "CREATE TABLE keyed (id INT PRIMARY KEY)", "INSERT INTO keyed VALUES (1)")
	for _, test := range []struct {
		query string
		want  lockstep.ErrorClass
	}{
		{"SELEC 1", lockstep.ErrorOther},
		{"SELECT * FROM keyed WHERE no_such_column = 1", lockstep.ErrorOther},
		{"SELECT * FROM no_such_table", lockstep.ErrorUndefinedTable},
		{"INSERT INTO no_such_table VALUES (1)", lockstep.ErrorUndefinedTable},
		{"INSERT INTO keyed VALUES (1)", lockstep.ErrorDuplicateKey},
	} {
		_, err := db.ExecContext(t.Context(), test.query)
		if err == nil {
			t.Errorf("%s: no error", test.query)
			continue
		}
		s.checkClass(t, err, test.want)
	}
}

// checkClass also checks what every DatabaseError owes to its readers.
func (s suite) checkClass(t *testing.T, err error, want lockstep.ErrorClass) {
	t.Helper()
	for _, err := range []error{err, fmt.Errorf("run statement: %w", err), errors.Join(errors.New("first"), err)} {
		de := s.Dialect.Classify(err)
		if de == nil {
			t.Errorf("Classify(%q) = nil, want class %d", err, want)
			continue
		}
		if de.Class != want {
			t.Errorf("Classify(%q).Class = %d, want %d", err, de.Class, want)
		}
		if !errors.Is(de, err) && !errors.Is(err, de.Err) {
			t.Errorf("Classify(%q) does not lead back to the driver's error", err)
		}
		undecorated := de.Message != "" && (de.Code == "" || !strings.Contains(de.Message, de.Code)) && !strings.Contains(de.Message, "SQLSTATE")
		if !undecorated {
			t.Errorf("Classify(%q).Message = %q, want the server's words alone (code %s)", err, de.Message, de.Code)
		}
	}
}

// classifyCanceled: a canceled caller is not the database's fault.
func (s suite) classifyCanceled(t *testing.T) {
	db := s.fresh(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := db.ExecContext(ctx, "CREATE TABLE never (id INT)")
	if de := s.Dialect.Classify(err); de != nil && de.Class != lockstep.ErrorCanceled {
		t.Errorf("Classify(%v) = %+v, want nil or ErrorCanceled", err, de)
	}
}

// patience is what a busy machine may add to a lock timeout. No server's own
// one is as short, nor one that was asked for in the wrong unit.
const patience = 30 * time.Second

// classifyLockTimeout: a Guard makes the wait for another transaction end, in
// time, with an error that says so.
func (s suite) classifyLockTimeout(t *testing.T) {
	db := s.fresh(t)
	exec(t, db, "CREATE TABLE wanted (id INT PRIMARY KEY, n INT)", "INSERT INTO wanted VALUES (1, 0)")
	first, second := conn(t, db), conn(t, db)
	exec(t, first, s.begin(), "UPDATE wanted SET n = 1 WHERE id = 1")
	exec(t, second, s.Dialect.Guard(s.srv, lockstep.Timeouts{Lock: s.LockWait}, lockstep.ScopeSession)...)
	start := time.Now()
	_, err := second.ExecContext(t.Context(), s.begin())
	if err == nil {
		_, err = second.ExecContext(t.Context(), "UPDATE wanted SET n = 2 WHERE id = 1")
	}
	waited := time.Since(start)
	if err == nil {
		t.Fatal("two transactions changed one row")
	}
	s.checkClass(t, err, lockstep.ErrorLockTimeout)
	if waited < s.LockWait/2 || waited > s.LockWait+patience {
		t.Errorf("waited %v for a lock timeout of %v", waited, s.LockWait)
	}
	exec(t, first, "ROLLBACK")
}
