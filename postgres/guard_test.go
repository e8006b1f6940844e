package postgres

import (
	"testing"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

const showGuard = `SELECT current_setting('lock_timeout') || ' ' || current_setting('statement_timeout') || ' ' || current_setting('application_name')`

func TestGuard(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		conn := session(t, driver, db.URL+"&application_name=app")
		guard := func(timeouts lockstep.Timeouts, scope lockstep.Scope) {
			for _, g := range Dialect().Guard(lockstep.Server{}, timeouts, scope) {
				run(t, conn, g)
			}
		}
		check := func(when, want string) {
			t.Helper()
			if got := value(t, conn, showGuard); got != want {
				t.Errorf("%s: %q, want %q", when, got, want)
			}
		}
		run(t, conn, "BEGIN")
		guard(lockstep.Timeouts{Lock: 50 * time.Millisecond, Statement: time.Minute}, lockstep.ScopeTransaction)
		check("in the transaction", "50ms 1min lockstep-work")
		guard(lockstep.Timeouts{Lock: time.Microsecond}, lockstep.ScopeTransaction)
		check("the least", "1ms 1min lockstep-work")
		guard(lockstep.Timeouts{Statement: 1 << 62}, lockstep.ScopeTransaction)
		check("the most", "1ms 2147483647ms lockstep-work")
		guard(lockstep.Timeouts{Lock: -1, Statement: -1}, lockstep.ScopeTransaction)
		check("taken away", "0 0 lockstep-work")
		run(t, conn, "COMMIT")
		check("after the transaction", "0 0 app")
		guard(lockstep.Timeouts{Lock: 3 * time.Second}, lockstep.ScopeSession)
		check("in the session", "3s 0 lockstep-work")
		if g := Dialect().Guard(lockstep.Server{}, lockstep.Timeouts{}, lockstep.ScopeSession); g != nil {
			t.Errorf("guard of nothing: %q", g)
		}
	})
}

func TestProbe(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		srv := probe(t, pool(t, driver, db.URL))
		want := lockstep.Server{
			Dialect: "postgres", Flavor: "PostgreSQL", Version: srv.Version, Number: srv.Number, Database: db.Name,
			Schema: "public", User: "postgres", TransactionalDDL: true, MultiStatement: true, Lexer: dialect{}.Lexer(),
		}
		if srv != want || srv.Number/10000 < 14 || srv.Version == "" {
			t.Errorf("%+v\nwant %+v", srv, want)
		}
		odd := session(t, driver, db.URL)
		run(t, odd, "SET search_path = nowhere; SET default_transaction_read_only = on; SET standard_conforming_strings = off")
		if srv := probe(t, odd); srv.Schema != "" || !srv.ReadOnly || !srv.Lexer.StandardConformingStringsOff {
			t.Errorf("%+v", srv)
		}
	})
}

func TestQuote(t *testing.T) {
	if got := Dialect().Quote(`a"B`); got != `"a""B"` {
		t.Error(got)
	}
}

func TestClean(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		role := otherRole(t, db)
		conn := session(t, driver, db.URL)
		fresh := state(t, conn)
		run(t, conn, "CREATE TABLE IF NOT EXISTS t (a int); CREATE TEMP TABLE tt (a int); SET search_path = x; SET lock_timeout = 77; SET my.own = '1'; "+
			"LISTEN c; PREPARE p AS SELECT 1; SELECT pg_advisory_lock(4711); DECLARE cur CURSOR WITH HOLD FOR SELECT 1; SET SESSION AUTHORIZATION "+role+"; SET ROLE "+role)
		keep, err := dialect{}.Clean(t.Context(), conn)
		if keep || err != nil {
			t.Fatalf("keep %v, %v", keep, err)
		}
		if got := state(t, conn); got != fresh {
			t.Errorf("after cleaning %s\nfresh %s", got, fresh)
		}
	})
}

// Two clients share one server session: what the script of the first has set
// must be gone when its message has been answered.
func TestCleanTextBehindCommit(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		conn := session(t, driver, db.URL)
		fresh := state(t, conn)
		run(t, conn, "BEGIN; SET search_path = pg_catalog; SET ROLE pg_monitor; CREATE TEMP TABLE tt (a int); COMMIT; "+dialect{}.CleanText())
		if got := state(t, conn); got != fresh {
			t.Errorf("after the message %s\nfresh %s", got, fresh)
		}
		fails(t, conn, "BEGIN; SET search_path = pg_catalog; SELECT 1/0; COMMIT; "+dialect{}.CleanText())
		run(t, conn, "ROLLBACK")
		if got := state(t, conn); got != fresh {
			t.Errorf("after a failure %s\nfresh %s", got, fresh)
		}
	})
}

// state tells what a session has that a new one has not.
func state(t *testing.T, q lockstep.Querier) string {
	t.Helper()
	return value(t, q, `SELECT concat_ws(' ', current_user, session_user, current_setting('search_path'), current_setting('lock_timeout'),
		NULLIF(current_setting('my.own', true), ''), to_regclass('pg_temp.tt'), (SELECT count(*) FROM pg_listening_channels()),
		(SELECT count(*) FROM pg_cursors WHERE is_holdable), (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()))`)
}
