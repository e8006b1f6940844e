package postgres

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lib/pq"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

func newLock(t *testing.T, db *sql.DB, name string) lockstep.RunLock {
	t.Helper()
	l := Dialect().Lock(db, probe(t, db), lockstep.LockRequest{Name: name, Holder: lockstep.Holder{Host: "app-1", PID: 42}})
	t.Cleanup(func() { _ = l.Release(context.Background()) })
	return l
}

func try(t *testing.T, l lockstep.RunLock) bool {
	t.Helper()
	held, err := l.Try(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return held
}

// take tries until it holds the lock.
func take(t *testing.T, l lockstep.RunLock) {
	t.Helper()
	eventually(t, "take the lock", func() bool { return try(t, l) })
}

// pooled returns the address of the database through PgBouncer, which needs a
// driver that prepares nothing.
func pooled(t *testing.T, db *testdb.Database, driver string) string {
	t.Helper()
	url := testdb.PgBouncer(t, db)
	if driver == "pgx" {
		url += "&default_query_exec_mode=exec"
	}
	return url
}

func TestLockExcludes(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		t.Run("direct", func(t *testing.T) { exclude(t, driver, db.URL) })
		t.Run("pgbouncer", func(t *testing.T) { exclude(t, driver, pooled(t, db, driver)) })
	})
}

// exclude has eight runners take turns. Each has a pool of its own, as separate
// processes have, and works on another connection than the lock's.
func exclude(t *testing.T, driver, url string) {
	const runners, rounds = 8, 5
	run(t, pool(t, driver, url), "CREATE TABLE IF NOT EXISTS done (runner int)")
	run(t, pool(t, driver, url), "TRUNCATE done")
	var inside, turns atomic.Int32
	var group sync.WaitGroup
	for range runners {
		db := pool(t, driver, url)
		l := newLock(t, db, "lockstep_ledger")
		group.Go(func() {
			for range rounds {
				take(t, l)
				if n := inside.Add(1); n != 1 {
					t.Errorf("%d runners inside at once", n)
				}
				run(t, db, "INSERT INTO done VALUES (1)")
				if err := l.Verify(t.Context()); err != nil {
					t.Errorf("verify: %v", err)
				}
				inside.Add(-1)
				turns.Add(1)
				if err := l.Release(t.Context()); err != nil {
					t.Errorf("release: %v", err)
				}
			}
		})
	}
	group.Wait()
	if turns.Load() != runners*rounds {
		t.Errorf("%d turns, want %d", turns.Load(), runners*rounds)
	}
	if n := value(t, pool(t, driver, url), "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"); n != "0" {
		t.Errorf("%s locks are left", n)
	}
}

func TestLockLetsConcurrentIndexBuildsFinish(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		t.Run("direct", func(t *testing.T) { buildBesideLock(t, db, driver, db.URL) })
		t.Run("pgbouncer", func(t *testing.T) { buildBesideLock(t, db, driver, pooled(t, db, driver)) })
	})
}

func buildBesideLock(t *testing.T, db *testdb.Database, driver, url string) {
	work := pool(t, driver, url)
	run(t, work, "CREATE TABLE IF NOT EXISTS t (a int)")
	holder, waiter := newLock(t, work, "x"), newLock(t, pool(t, driver, url), "x")
	take(t, holder)
	if try(t, waiter) {
		t.Fatal("two holders")
	}
	h, err := waiter.Holder(t.Context())
	if err != nil || h.Host != "app-1" || h.PID != 42 || h.Session == "" || time.Since(h.Since).Abs() > time.Hour {
		t.Errorf("holder %+v, %v", h, err)
	}
	if err := holder.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	admin := session(t, "pgx", db.URL)
	if got := value(t, admin, "SELECT state || ' ' || (backend_xmin IS NULL) || ' ' || (backend_xid IS NULL) FROM pg_stat_activity WHERE pid = "+h.Session); got != "idle in transaction true true" {
		t.Errorf("the guard keeps a snapshot: %s", got)
	}
	build(t, work, waiter)
	if got := value(t, admin, "SELECT string_agg(indisvalid::text, ',') FROM pg_index WHERE indrelid = 't'::regclass"); got != "true" {
		t.Errorf("valid: %s", got)
	}
	run(t, admin, "DROP TABLE t")
}

// build makes an index while another runner polls the lock.
func build(t *testing.T, work *sql.DB, waiter lockstep.RunLock) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	built := make(chan error)
	go func() {
		_, err := work.ExecContext(ctx, "CREATE INDEX CONCURRENTLY ON t (a)")
		built <- err
	}()
	var err error
	eventually(t, "the index is built", func() bool {
		if try(t, waiter) {
			t.Error("two holders")
		}
		select {
		case err = <-built:
			return true
		default:
			return false
		}
	})
	if err != nil {
		t.Errorf("build beside the lock: %v", err)
	}
}

func TestLockDiesWithItsSession(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		a, b := newLock(t, pool(t, driver, db.URL), "x"), newLock(t, pool(t, driver, db.URL), "x")
		take(t, a)
		h, err := b.Holder(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		run(t, session(t, driver, db.URL), "SELECT pg_terminate_backend("+h.Session+")")
		eventually(t, "the loss is seen", func() bool { return a.Verify(t.Context()) != nil })
		if err := a.Verify(t.Context()); !errors.Is(err, lockstep.ErrLockLost) {
			t.Errorf("verify: %v", err)
		}
		take(t, b)
		if err := a.Release(t.Context()); err != nil {
			t.Errorf("release after the loss: %v", err)
		}
		if try(t, a) {
			t.Error("two holders")
		}
	})
}

// A killed client's transaction goes on in the server, and commits.
func TestLockWaitsForOrphans(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		run(t, db.Open(t), "CREATE TABLE t (a int); CREATE TABLE gate ()")
		admin := session(t, "pgx", db.URL)
		run(t, admin, "BEGIN; LOCK TABLE gate") // the orphan waits here, for as long as it is needed
		client, kill := mortal(t, db.URL)
		pid := value(t, client, "SELECT pg_backend_pid()")
		guard := strings.Join(Dialect().Guard(lockstep.Server{}, lockstep.Timeouts{Lock: -1}, lockstep.ScopeTransaction), "; ")
		broken := make(chan error)
		go func() {
			_, err := client.ExecContext(t.Context(), "BEGIN; "+guard+"; LOCK TABLE gate; INSERT INTO t VALUES (1); COMMIT")
			broken <- err
		}()
		at := "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pid = " + pid
		eventually(t, "the orphan runs", func() bool { return value(t, db.Open(t), at) == "1" })
		kill()
		if err := <-broken; err == nil {
			t.Fatal("the client was not killed")
		}
		l := newLock(t, db.Open(t), "x")
		if try(t, l) {
			t.Fatal("took the lock beside an orphan")
		}
		h, err := l.Holder(t.Context())
		if err != nil || h.Session != pid || h.Since.IsZero() {
			t.Errorf("holder %+v, %v; want session %s", h, err, pid)
		}
		run(t, admin, "COMMIT")
		take(t, l)
		if n := value(t, db.Open(t), "SELECT count(*) FROM t"); n != "1" {
			t.Errorf("%s rows: took the lock before the orphan's commit", n)
		}
	})
}

// mortal opens a connection that kill cuts as the end of the process would,
// without a word to the server. (pgx would ask it to cancel the statement.)
func mortal(t *testing.T, url string) (conn *sql.Conn, kill func()) {
	t.Helper()
	connector, err := pq.NewConnector(url)
	if err != nil {
		t.Fatal(err)
	}
	d := &dialer{}
	connector.Dialer(d)
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	if conn, err = db.Conn(t.Context()); err != nil {
		t.Fatal(err)
	}
	return conn, func() { _ = d.last.Close() }
}

// dialer remembers the connection it has made.
type dialer struct{ last net.Conn }

func (d *dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialTimeout(network, address, 0)
}

func (d *dialer) DialTimeout(network, address string, timeout time.Duration) (c net.Conn, err error) {
	d.last, err = net.DialTimeout(network, address, timeout)
	return d.last, err
}

// What would end an idle transaction must not end the guard, but the end of
// the client's machine must.
func TestGuardTransactionSettings(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		p := pool(t, driver, db.URL)
		run(t, db.Open(t), "ALTER DATABASE "+db.Name+" SET idle_in_transaction_session_timeout = 10; ALTER DATABASE "+db.Name+" SET default_transaction_isolation = 'repeatable read'")
		settings := "current_setting('idle_in_transaction_session_timeout') = '0' AND current_setting('tcp_keepalives_idle') = '30' AND current_setting('transaction_isolation') = 'read committed'"
		if probe(t, p).Number >= 170000 {
			run(t, db.Open(t), "ALTER DATABASE "+db.Name+" SET transaction_timeout = 2000")
			settings += " AND current_setting('transaction_timeout') = '0'"
		}
		l, ok := newLock(t, pool(t, driver, db.URL), "x").(*lock)
		if !ok {
			t.Fatal("another kind of lock")
		}
		take(t, l)
		if n, err := l.count(t.Context(), "SELECT 1 WHERE "+settings); n != 1 || err != nil {
			t.Errorf("the guard's settings: %d, %v", n, err)
		}
	})
}

func TestLockIgnoresIdleWorkers(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		conn := session(t, driver, db.URL)
		for _, g := range Dialect().Guard(lockstep.Server{}, lockstep.Timeouts{Lock: -1}, lockstep.ScopeSession) {
			run(t, conn, g)
		}
		l := newLock(t, pool(t, driver, db.URL), "x")
		take(t, l) // after the moment in which an idle session may have work waiting
		if err := l.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		run(t, conn, "BEGIN")
		if try(t, l) {
			t.Error("took the lock beside a transaction of an earlier run")
		}
		run(t, conn, "ROLLBACK")
	})
}

func TestLockIsPerLedgerAndDatabase(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		other := testdb.New(t, db.Kind)
		take(t, newLock(t, db.Open(t), "a"))
		if try(t, newLock(t, db.Open(t), "a")) {
			t.Error("two holders of one lock")
		}
		if !try(t, newLock(t, db.Open(t), "b")) {
			t.Error("another ledger of the database has the same lock")
		}
		if !try(t, newLock(t, other.Open(t), "a")) {
			t.Error("another database has the same lock")
		}
	})
}

func TestLockNeedsTwoConnections(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		one := pool(t, "pgx", db.URL)
		one.SetMaxOpenConns(1)
		_, err := newLock(t, one, "x").Try(t.Context())
		if err == nil || !strings.Contains(lockstep.HintOf(err), "SetMaxOpenConns") {
			t.Errorf("%v, hint %q", err, lockstep.HintOf(err))
		}
	})
}

func TestLockRelease(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		p := pool(t, driver, db.URL+"&application_name=mine")
		p.SetMaxOpenConns(2)
		l := newLock(t, p, "x")
		if err := l.Release(t.Context()); err != nil {
			t.Errorf("release before any try: %v", err)
		}
		take(t, l)
		if !try(t, l) {
			t.Error("lost the lock by trying again")
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if err := l.Verify(over); !errors.Is(err, context.Canceled) {
			t.Errorf("verify: %v", err)
		}
		if err := l.Verify(t.Context()); err != nil {
			t.Errorf("a canceled caller broke the lock: %v", err)
		}
		if err := l.Release(over); err != nil {
			t.Errorf("release: %v", err)
		}
		if err := l.Verify(t.Context()); !errors.Is(err, lockstep.ErrLockLost) {
			t.Errorf("verify after release: %v", err)
		}
		if got := value(t, p, "SELECT current_setting('application_name') || ' ' || count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"); got != "mine 0" {
			t.Errorf("the pool got back: %s", got)
		}
		take(t, newLock(t, p, "x"))
	})
}

func TestLockReplacesDeadConnections(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		p := pool(t, driver, db.URL)
		pid := value(t, p, "SELECT pg_backend_pid()")
		l := newLock(t, p, "x")
		run(t, db.Open(t), "SELECT pg_terminate_backend("+pid+")")
		gone := "SELECT count(*) FROM pg_stat_activity WHERE pid = " + pid
		eventually(t, "the session ends", func() bool { return value(t, db.Open(t), gone) == "0" })
		take(t, l)
	})
}

func TestHolderSeenByAnotherRole(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		role := otherRole(t, db)
		take(t, newLock(t, db.Open(t), "x"))
		h, err := newLock(t, pool(t, "pgx", asUser(db.URL, role)), "x").Holder(t.Context())
		if err != nil || h.Host != "app-1" || h.PID != 42 || h.Session == "" || !h.Since.IsZero() {
			t.Errorf("holder %+v, %v", h, err)
		}
	})
}

func TestHolderOfNobody(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		if h, err := newLock(t, db.Open(t), "x").Holder(t.Context()); err != nil || h != (lockstep.Holder{}) {
			t.Errorf("holder %+v, %v", h, err)
		}
	})
}

func TestApplicationNameFits(t *testing.T) {
	for _, c := range []struct {
		host string
		pid  int
		want string
	}{
		{"app-1", 42, "lockstep app-1:42"},
		{"", 1, "lockstep :1"},
		{"o'hara\\é", 7, "lockstep o?hara??:7"},
		{strings.Repeat("h", 80), 4194304, "lockstep " + strings.Repeat("h", 46) + ":4194304"},
	} {
		got := applicationName(lockstep.Holder{Host: c.host, PID: c.pid})
		if got != c.want || len(got) > maxApplicationName {
			t.Errorf("%q, want %q", got, c.want)
		}
		if h := describeHolder(1, got, 0); h.PID != c.pid {
			t.Errorf("read back: %+v", h)
		}
	}
}
