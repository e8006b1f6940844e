package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

// serverErrors are statements and what the server's answer to the last of them
// means.
var serverErrors = []struct {
	name     string
	sql      []string
	class    lockstep.ErrorClass
	code     string
	message  string
	position int
}{
	{"syntax", []string{"/* é🐘 */ SELEC 1"}, lockstep.ErrorOther, "42601", `syntax error at or near "SELEC"`, 10},
	{"undefined table", []string{"SELECT 1 FROM nowhere"}, lockstep.ErrorUndefinedTable, "42P01", `relation "nowhere" does not exist`, 15},
	{"duplicate key", []string{"INSERT INTO t VALUES (1)"}, lockstep.ErrorDuplicateKey, "23505", `duplicate key value violates unique constraint "t_pkey"`, 0},
	{"permission", []string{"SET ROLE pg_monitor", "SELECT a FROM t"}, lockstep.ErrorPermission, "42501", "permission denied for table t", 0},
	{"read-only", []string{"BEGIN READ ONLY", "DELETE FROM t"}, lockstep.ErrorReadOnly, "25006", "cannot execute DELETE in a read-only transaction", 0},
	{"lock timeout", []string{"SET lock_timeout = 1", "LOCK TABLE held"}, lockstep.ErrorLockTimeout, "55P03", "canceling statement due to lock timeout", 0},
	{"nowait", []string{"BEGIN", "LOCK TABLE held NOWAIT"}, lockstep.ErrorLockTimeout, "55P03", `could not obtain lock on relation "held"`, 0},
	{"statement timeout", []string{"SET statement_timeout = 1", "SELECT pg_sleep(9)"}, lockstep.ErrorCanceled, "57014", "canceling statement due to statement timeout", 0},
	{"canceled", []string{"SELECT pg_sleep(9) FROM pg_cancel_backend(pg_backend_pid())"}, lockstep.ErrorCanceled, "57014", "canceling statement due to user request", 0},
	{"disk full", []string{"DO $$ BEGIN RAISE disk_full USING MESSAGE = 'could not extend file'; END $$"}, lockstep.ErrorDiskFull, "53100", "could not extend file", 0},
	{"inside a function", []string{"DO $$ BEGIN EXECUTE 'SELEC 1'; END $$"}, lockstep.ErrorOther, "42601", `syntax error at or near "SELEC"`, 0},
}

func TestClassifyServerErrors(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		holder := session(t, driver, db.URL)
		run(t, holder, "DROP TABLE IF EXISTS t, held; CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1); CREATE TABLE held (a int)")
		run(t, holder, "BEGIN; LOCK TABLE held")
		for _, c := range serverErrors {
			conn := session(t, driver, db.URL)
			var err error
			for i, s := range c.sql {
				if _, err = conn.ExecContext(t.Context(), s); err != nil && i < len(c.sql)-1 {
					t.Fatal(err)
				}
				if strings.HasPrefix(s, "SET lock_timeout") {
					run(t, conn, "BEGIN")
				}
			}
			de := Dialect().Classify(fmt.Errorf("wrapped: %w", err))
			if de == nil {
				t.Errorf("%s: not recognised: %v", c.name, err)
				continue
			}
			if de.Class != c.class || de.Code != c.code || de.Message != c.message || de.Position != c.position || !errors.Is(de, err) {
				t.Errorf("%s: class %d, %+v", c.name, de.Class, de)
			}
		}
	})
}

func TestClassifyKeepsDetailAndHint(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		_, err := session(t, driver, db.URL).ExecContext(t.Context(), "DO $$ BEGIN RAISE 'm' USING DETAIL = 'd', HINT = 'h'; END $$")
		de := Dialect().Classify(err)
		if de == nil || de.Message != "m" || de.Detail != "d" || de.Advice != "h" || lockstep.HintOf(de) != "h" {
			t.Errorf("%+v", de)
		}
	})
}

// Two transactions against each other: one of them is told to try again.
func TestClassifyConflicts(t *testing.T) {
	for _, c := range []struct {
		name, begin string
		steps       []string // of one, of two, of one, …
		class       lockstep.ErrorClass
	}{
		{"deadlock", "BEGIN; SET LOCAL deadlock_timeout = 10", []string{"LOCK TABLE a", "LOCK TABLE b", "LOCK TABLE b", "LOCK TABLE a"}, lockstep.ErrorDeadlock},
		{
			"serialization", "BEGIN ISOLATION LEVEL SERIALIZABLE",
			[]string{"INSERT INTO a SELECT count(*) FROM b", "INSERT INTO b SELECT count(*) FROM a", "COMMIT", "COMMIT"},
			lockstep.ErrorSerialization,
		},
	} {
		onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
			run(t, db.Open(t), "DROP TABLE IF EXISTS a, b; CREATE TABLE a (x int); CREATE TABLE b (x int)")
			conns := []*sql.Conn{session(t, driver, db.URL), session(t, driver, db.URL)}
			failed := make(chan error, len(c.steps))
			done := [2]chan struct{}{make(chan struct{}), make(chan struct{})}
			for _, conn := range conns {
				run(t, conn, c.begin)
			}
			run(t, conns[0], c.steps[0])
			run(t, conns[1], c.steps[1])
			for i, conn := range conns {
				go func() {
					defer close(done[i])
					_, err := conn.ExecContext(t.Context(), c.steps[2+i])
					_, _ = conn.ExecContext(t.Context(), "ROLLBACK")
					failed <- err
				}()
			}
			<-done[0]
			<-done[1]
			err := errors.Join(<-failed, <-failed)
			if de := Dialect().Classify(err); de == nil || de.Class != c.class || !de.IsRetryable() {
				t.Errorf("%s: %v", c.name, err)
			}
		})
	}
}

func TestClassifyConnecting(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		role := otherRole(t, db)
		run(t, db.Open(t), "ALTER ROLE "+role+" NOLOGIN")
		for name, c := range map[string]struct {
			url   string
			class lockstep.ErrorClass
		}{
			"unknown user":     {asUser(db.URL, "nobody_"+role), lockstep.ErrorAuth},
			"may not log in":   {asUser(db.URL, role), lockstep.ErrorAuth},
			"unknown database": {strings.Replace(db.URL, db.Name, "nowhere", 1), lockstep.ErrorUnknownTarget},
			"refused":          {"postgres://postgres@127.0.0.1:1/x?sslmode=disable", lockstep.ErrorUnknownTarget},
			"unknown host":     {"postgres://postgres@nowhere.invalid/x?sslmode=disable", lockstep.ErrorUnknownTarget},
			"unknown, any TLS": {"postgres://postgres@nowhere.invalid/x", lockstep.ErrorUnknownTarget},
			"no socket":        {"postgres://postgres@/x?host=/nowhere&sslmode=disable", lockstep.ErrorUnknownTarget},
			"no TLS":           {strings.Replace(db.URL, "sslmode=disable", "sslmode=require", 1), lockstep.ErrorConnection},
		} {
			err := pool(t, driver, c.url).PingContext(t.Context())
			if de := Dialect().Classify(err); de == nil || de.Class != c.class || strings.Contains(de.Message, "\n") || strings.Contains(de.Message, "failed to connect") {
				t.Errorf("%s: %+v from %v", name, de, err)
			}
		}
	})
}

func TestClassifyWrongPassword(t *testing.T) {
	for _, name := range []string{"postgres15", "postgres18"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testdb.Private(t, testdb.KindNamed(t, name)).New(t)
			run(t, db.Open(t), "CREATE ROLE careful LOGIN PASSWORD 'right'")
			hba := value(t, db.Open(t), "SHOW hba_file")
			run(t, db.Open(t), "COPY (SELECT 'host all postgres all trust' UNION ALL SELECT 'host all all all scram-sha-256') TO '"+hba+"'")
			run(t, db.Open(t), "SELECT pg_reload_conf()")
			for _, driver := range []string{"pgx", "postgres"} {
				eventually(t, "passwords are checked", func() bool {
					err := pool(t, driver, asUser(db.URL, "careful:wrong")).PingContext(t.Context())
					de := Dialect().Classify(err)
					if de != nil && (de.Class != lockstep.ErrorAuth || de.Code != "28P01" || strings.Contains(de.Error(), "wrong")) {
						t.Fatalf("%s: %+v", driver, de)
					}
					return de != nil
				})
			}
		})
	}
}

func TestClassifyTerminated(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		terminate(t, session(t, driver, db.URL))
	})
}

// terminate ends a session and looks at its last and its next error.
func terminate(t *testing.T, conn *sql.Conn) {
	t.Helper()
	for range 2 {
		_, err := conn.ExecContext(t.Context(), "SELECT pg_terminate_backend(pg_backend_pid())")
		if de := Dialect().Classify(err); de == nil || de.Class != lockstep.ErrorConnection {
			t.Errorf("terminated: %+v from %v", de, err)
		}
	}
}

func TestClassifyThroughPgBouncer(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		url := pooled(t, db, driver)
		_, err := pool(t, driver, strings.Replace(url, db.Name, "nowhere", 1)).ExecContext(t.Context(), "SELECT 1")
		if de := Dialect().Classify(err); de == nil || de.Class != lockstep.ErrorUnknownTarget {
			t.Errorf("unknown database: %+v from %v", de, err)
		}
		terminate(t, session(t, driver, url))
	})
}

func TestClassifyOtherErrors(t *testing.T) {
	known := &lockstep.DatabaseError{Message: "known"}
	for _, c := range []struct {
		err  error
		want lockstep.ErrorClass
		is   bool
	}{
		{nil, 0, false},
		{errors.New("anything"), 0, false},
		{fs.ErrNotExist, 0, false},
		{sql.ErrNoRows, 0, false},
		{context.Canceled, 0, false},
		{fmt.Errorf("x: %w", context.DeadlineExceeded), 0, false},
		{driver.ErrBadConn, lockstep.ErrorConnection, true},
		{fmt.Errorf("x: %w", io.ErrUnexpectedEOF), lockstep.ErrorConnection, true},
		{sql.ErrConnDone, lockstep.ErrorConnection, true},
		{fmt.Errorf("x: %w", known), lockstep.ErrorOther, true},
	} {
		de := Dialect().Classify(c.err)
		if (de != nil) != c.is || de != nil && de.Class != c.want {
			t.Errorf("%v: %+v", c.err, de)
		}
	}
}

// What ends with the caller's context is not the database's error.
func TestClassifyCanceledByCaller(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		conn := session(t, driver, db.URL)
		pid := value(t, conn, "SELECT pg_backend_pid()")
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error)
		go func() {
			_, err := conn.ExecContext(ctx, "SELECT pg_sleep(9)")
			failed <- err
		}()
		at := "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND pid = " + pid
		eventually(t, "the statement runs", func() bool { return value(t, db.Open(t), at) == "1" })
		cancel()
		err := <-failed
		if de := Dialect().Classify(err); err == nil || de != nil && de.Class != lockstep.ErrorCanceled {
			t.Errorf("%+v from %v", de, err)
		}
	})
}
