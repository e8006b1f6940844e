package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lockstepdb/lockstep"
)

// lockOn returns a lock on a pool of its own, changed by the given functions.
func lockOn(t *testing.T, s site, change ...func(*runLock)) *runLock {
	t.Helper()
	db := s.pool(t)
	l := newRunLock(db, probe(t, db), lockstep.LockRequest{
		Name: "lockstep_ledger", Holder: lockstep.Holder{Host: "test-host", PID: 4711, Since: time.Now()},
	})
	for _, f := range change {
		f(l)
	}
	t.Cleanup(func() { _ = l.Release(context.WithoutCancel(t.Context())) })
	return l
}

// asLease makes a lock that a server with many writers would get.
func asLease(ttl time.Duration) func(*runLock) {
	return func(l *runLock) { l.local, l.ttl = true, ttl }
}

func try(t *testing.T, l *runLock) bool {
	t.Helper()
	held, err := l.Try(t.Context())
	if err != nil {
		t.Fatalf("Try: %v", err)
	}
	return held
}

func TestLockExcludes(t *testing.T) {
	for name, change := range map[string]func(*runLock){
		"user-level lock": func(*runLock) {},
		"lease":           asLease(leaseTTL),
	} {
		t.Run(name, func(t *testing.T) {
			onServers(t, func(t *testing.T, s site) { testExclusion(t, s, change) })
		})
	}
}

// testExclusion lets eight runners take turns on an empty database.
func testExclusion(t *testing.T, s site, change func(*runLock)) {
	const runners, turns = 8, 5
	var inside, total atomic.Int32
	var all sync.WaitGroup
	for range runners {
		l := lockOn(t, s, change)
		all.Go(func() {
			for range turns {
				if err := takeTurn(t.Context(), l, &inside); err != nil {
					t.Error(err)
					return
				}
				total.Add(1)
			}
		})
	}
	all.Wait()
	if total.Load() != runners*turns {
		t.Errorf("%d turns were taken, want %d", total.Load(), runners*turns)
	}
}

func takeTurn(ctx context.Context, l *runLock, inside *atomic.Int32) error {
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	for held := false; !held; <-tick.C {
		var err error
		if held, err = l.Try(ctx); err != nil {
			return fmt.Errorf("Try: %w", err)
		}
	}
	if n := inside.Add(1); n != 1 {
		return fmt.Errorf("%d runners are inside", n)
	}
	err := l.Verify(ctx)
	<-tick.C
	inside.Add(-1)
	return errors.Join(err, l.Release(ctx))
}

// TestLockEndsWithItsSession ends the session as an administrator would.
func TestLockEndsWithItsSession(t *testing.T) {
	onServers(t, func(t *testing.T, s site) {
		l, next := lockOn(t, s), lockOn(t, s)
		if !try(t, l) || try(t, next) {
			t.Fatal("the lock does not exclude")
		}
		run(t, s.session(t), fmt.Sprintf("KILL %d", l.session))
		eventually(t, "the lock is free", func() bool { return try(t, next) })
		if err := l.Verify(t.Context()); !errors.Is(err, lockstep.ErrLockLost) {
			t.Errorf("Verify of a lost lock = %v, want ErrLockLost", err)
		}
		if try(t, l) {
			t.Error("Try calls a lock held that was lost to another")
		}
	})
}

// TestLockSurvivesIdling holds the lock longer than the server keeps idle
// sessions.
func TestLockSurvivesIdling(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		l := lockOn(t, s)
		if !try(t, l) {
			t.Fatal("a free lock was not got")
		}
		if timeout := value(t, l.conn, "SELECT @@session.wait_timeout"); timeout != "2147483" {
			t.Errorf("wait_timeout of the lock's session = %s", timeout)
		}
	})
}

// TestLockOfUserWithoutRights: who may not write the row that tells who holds
// the lock has the lock nevertheless, and can be told from the server's view.
func TestLockOfUserWithoutRights(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		reader := s.readOnlyUser(t)
		l := newRunLock(reader, probe(t, reader), lockstep.LockRequest{Name: "lockstep_ledger"})
		t.Cleanup(func() { _ = l.Release(context.WithoutCancel(t.Context())) })
		if !try(t, l) {
			t.Fatal("a free lock was not got")
		}
		other := lockOn(t, s)
		if try(t, other) {
			t.Fatal("the lock does not exclude")
		}
		h, err := other.Holder(t.Context())
		if err != nil || h.Host != "127.0.0.1" || h.Session != fmt.Sprint(l.session) {
			t.Errorf("Holder = %v, %v; want host 127.0.0.1 and session %d", h, err, l.session)
		}
	})
}

// TestStaleRowIsNotBelieved: a row that a run left when it died does not name
// the wrong holder.
func TestStaleRowIsNotBelieved(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		l, next := lockOn(t, s), lockOn(t, s)
		if !try(t, l) {
			t.Fatal("a free lock was not got")
		}
		run(t, s.session(t), fmt.Sprintf("KILL %d", l.session))
		eventually(t, "the lock is free", func() bool {
			h, err := next.Holder(t.Context())
			return err == nil && h == lockstep.Holder{}
		})
		if !try(t, next) {
			t.Fatal("a free lock was not got")
		}
		h, err := lockOn(t, s).Holder(t.Context())
		if err != nil || h.Session != fmt.Sprint(next.session) || h.Host != "test-host" {
			t.Errorf("Holder = %v, %v; want session %d of test-host", h, err, next.session)
		}
	})
}

// TestLeaseIsTakenOver lets a holder's renewals fail.
func TestLeaseIsTakenOver(t *testing.T) {
	const ttl = 3 * time.Second // long for a process that gets no turn
	onServers(t, func(t *testing.T, s site) {
		l, next := lockOn(t, s, asLease(ttl)), lockOn(t, s, asLease(ttl))
		if !try(t, l) || try(t, next) {
			t.Fatal("the lease does not exclude")
		}
		h, err := next.Holder(t.Context())
		if err != nil || h.Host != "test-host" || h.PID != 4711 || time.Since(h.Since).Abs() > time.Minute {
			t.Errorf("Holder = %v, %v", h, err)
		}
		beats := 0
		for until := time.Now().Add(2 * ttl); time.Now().Before(until); beats++ {
			if try(t, next) {
				t.Fatal("a lease that is renewed was taken over")
			}
			if err := l.Verify(t.Context()); err != nil {
				t.Fatalf("Verify of a held lease: %v", err)
			}
		}
		l.lease.stop() // the process stands still
		<-l.lease.done
		start := time.Now()
		eventually(t, "the lease is taken over", func() bool { return try(t, next) })
		if took := time.Since(start); took < ttl/2 {
			t.Errorf("the lease was taken over after %v, want about %v", took, ttl+ttl/6)
		}
		if err := l.Verify(t.Context()); !errors.Is(err, lockstep.ErrLockLost) {
			t.Errorf("Verify of a lost lease = %v, want ErrLockLost", err)
		}
		if err := l.Release(t.Context()); err != nil {
			t.Error(err)
		}
		if err := next.Verify(t.Context()); err != nil {
			t.Errorf("Verify after the other released its lost lease: %v", err)
		}
	})
}

// TestLeaseOutlivesItsConnection: a lease is not bound to a session.
func TestLeaseOutlivesItsConnection(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		l := lockOn(t, s, asLease(leaseTTL))
		if !try(t, l) {
			t.Fatal("a free lease was not got")
		}
		run(t, s.session(t), fmt.Sprintf("KILL %d", l.session))
		if err := l.Verify(t.Context()); err != nil {
			t.Errorf("Verify after the connection broke: %v", err)
		}
		if err := l.Release(t.Context()); err != nil {
			t.Error(err)
		}
		if next := lockOn(t, s, asLease(leaseTTL)); !try(t, next) {
			t.Error("a released lease is not free")
		}
	})
}

// TestLeaseIsFreeAfterTheOther: what a user-level lock leaves in the row does
// not keep a lease from being taken.
func TestLeaseIsFreeAfterTheOther(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		l := lockOn(t, s)
		if !try(t, l) {
			t.Fatal("a free lock was not got")
		}
		run(t, s.session(t), fmt.Sprintf("KILL %d", l.session))
		if lease := lockOn(t, s, asLease(leaseTTL)); !try(t, lease) {
			t.Error("the lease is not free")
		}
	})
}

// TestOrphanKeepsTheLock: a statement that goes on after its client died keeps
// others out, and they are told by what.
func TestOrphanKeepsTheLock(t *testing.T) {
	for name, change := range map[string]func(*runLock){
		"user-level lock": func(*runLock) {},
		"lease":           asLease(leaseTTL),
	} {
		t.Run(name, func(t *testing.T) {
			onServers(t, func(t *testing.T, s site) { testOrphan(t, s, change) })
		})
	}
}

func testOrphan(t *testing.T, s site, change func(*runLock)) {
	admin := s.session(t)
	run(t, admin, "CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1)")
	run(t, admin, "LOCK TABLES t READ") // the orphan waits here, for as long as it is needed
	db := s.pool(t)
	conn := session(t, db)
	id := value(t, conn, "SELECT CONNECTION_ID()")
	ctx, die := context.WithCancel(t.Context())
	defer die()
	wait := background(t, func(context.Context) error {
		// A script may have moved to another database.
		if err := (dialect{}).ExecShort(ctx, db, conn, "USE information_schema", 0); err != nil {
			return err
		}
		return dialect{}.ExecShort(ctx, db, conn, "ALTER TABLE `"+s.Name+"`.t ADD b INT", 0)
	})
	watcher := s.session(t)
	running := func() bool {
		return value(t, watcher, "SELECT count(*) FROM information_schema.PROCESSLIST WHERE ID = "+id+" AND STATE LIKE 'Waiting for%'") == "1"
	}
	eventually(t, "the statement runs", running)
	die()
	if err := wait(); !errors.Is(err, context.Canceled) {
		t.Fatalf("the client's end: %v", err)
	}
	l := lockOn(t, s, change)
	for range 5 {
		if try(t, l) {
			t.Fatal("the lock was got while a statement of the last holder runs")
		}
	}
	if !running() {
		t.Fatal("the orphan is gone already: nothing was tested")
	}
	h, err := l.Holder(t.Context())
	if err != nil || h.Session != id || h.Host != "127.0.0.1" {
		t.Errorf("Holder = %v, %v; want session %s", h, err, id)
	}
	run(t, admin, "UNLOCK TABLES")
	eventually(t, "the lock is got", func() bool { return try(t, l) })
}

// TestOrphanOfAnotherDatabase does not matter.
func TestOrphanOfAnotherDatabase(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		db := s.pool(t)
		conn := session(t, db)
		id := value(t, conn, "SELECT CONNECTION_ID()")
		wait := background(t, func(ctx context.Context) error {
			return dialect{}.ExecShort(ctx, db, conn, "DO SLEEP(600)", 0)
		})
		tag := tagOf(s.Name)
		watcher := s.session(t)
		eventually(t, "the statement runs", func() bool {
			o, err := findOrphan(t.Context(), watcher, tag)
			return err == nil && o != nil
		})
		if o, err := findOrphan(t.Context(), watcher, tagOf(s.Name+"x")); o != nil || err != nil {
			t.Errorf("findOrphan for another database = %v, %v", o, err)
		}
		run(t, watcher, "KILL QUERY "+id)
		_ = wait() // an error or none, as the server likes
	})
}

func TestManyWriters(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		if many, err := manyWriters(t.Context(), s.session(t)); many || err != nil {
			t.Errorf("manyWriters = %t, %v on a server that stands alone", many, err)
		}
	})
}

func TestLockTableName(t *testing.T) {
	for ledger, want := range map[string]string{
		"lockstep_ledger":       "lockstep_ledger_lock",
		strings.Repeat("x", 64): strings.Repeat("x", 59) + "_lock",
		strings.Repeat("ü", 60): strings.Repeat("ü", 59) + "_lock",
	} {
		if got := lockTableName(ledger); got != want {
			t.Errorf("lockTableName(%q) = %q, want %q", ledger, got, want)
		}
	}
	l := newRunLock(nil, lockstep.Server{Schema: "app"}, lockstep.LockRequest{Name: "ops.history"})
	if want := "`ops`.`history_lock`"; l.table != want || len(l.name) > 64 {
		t.Errorf("table %s, name %s; want %s and at most 64 characters", l.table, l.name, want)
	}
}

// readOnlyUser makes a user who may only read the database, and opens a pool.
func (s site) readOnlyUser(t *testing.T) *sql.DB {
	t.Helper()
	return s.user(t, "GRANT SELECT ON `"+s.Name+"`.* TO %s")
}

// While any session runs a statement with a binary literal, MySQL's
// information_schema.PROCESSLIST cannot be read.
func TestSessionsAreSeenBesideBinaryLiterals(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		busy, watcher := s.session(t), s.session(t)
		done := make(chan error, 1)
		go func() {
			_, err := busy.ExecContext(t.Context(), "DO SLEEP(0.3) + LENGTH(_binary'\xff\xfe\x80') + LENGTH(x'fffe')")
			done <- err
		}()
		for {
			select {
			case err := <-done:
				if err != nil {
					t.Error(err)
				}
				return
			default:
				if _, err := findOrphan(t.Context(), watcher, "/* lockstep:nobody"); err != nil {
					t.Fatalf("findOrphan: %v", err)
				}
			}
		}
	})
}
