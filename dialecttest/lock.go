package dialecttest

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/calm"
)

// runners is how many pools want the lock at once.
const runners = 8

// pollEvery is how often they try.
const pollEvery = 5 * time.Millisecond

// handover is how long the lock may stay unused, by the median of all
// handovers: it is what a waiting deployment loses.
const handover = 100 * time.Millisecond

func (s suite) lock(t *testing.T) {
	t.Run("unused", s.lockUnused)
	if s.srv.SingleConnection {
		t.Run("alone", s.lockAlone)
		return
	}
	t.Run("exclusion", s.lockExclusion)
	t.Run("holder", s.lockHolder)
	t.Run("names", s.lockNames)
	t.Run("lost", s.lockLost)
	t.Run("canceled", s.lockCanceled)
}

// newLock returns a lock on a pool of its own.
func (s suite) newLock(t *testing.T, open func() *sql.DB, name string, pid int) (*sql.DB, lockstep.RunLock) {
	t.Helper()
	db := openOne(t, open)
	req := lockstep.LockRequest{Name: name, Holder: lockstep.Holder{Host: "test-host", PID: pid, Since: time.Now()}}
	l := s.Dialect.Lock(db, probe(t, s.Dialect, db), req)
	t.Cleanup(func() { release(context.WithoutCancel(t.Context()), t, l) }) // before the pool is closed
	return db, l
}

func release(ctx context.Context, t *testing.T, l lockstep.RunLock) {
	t.Helper()
	if err := l.Release(ctx); err != nil {
		t.Errorf("Release: %v", err)
	}
}

// try is Try where an error is a failure.
func try(t *testing.T, l lockstep.RunLock) bool {
	t.Helper()
	held, err := l.Try(t.Context())
	if err != nil {
		t.Fatalf("Try: %v", err)
	}
	return held
}

func mustHold(t *testing.T, l lockstep.RunLock) {
	t.Helper()
	if !try(t, l) {
		t.Fatal("Try = false on a free lock")
	}
	if err := l.Verify(t.Context()); err != nil {
		t.Fatalf("Verify of a held lock: %v", err)
	}
}

// lockUnused: a lock that was never tried costs nothing and hurts nobody.
func (s suite) lockUnused(t *testing.T) {
	_, l := s.newLock(t, s.Database(t), "lockstep_ledger", 1)
	release(t.Context(), t, l)
	if err := l.Verify(t.Context()); err == nil {
		t.Error("Verify of a lock that is not held = nil")
	}
	h, err := l.Holder(t.Context())
	if err != nil || h != (lockstep.Holder{}) {
		t.Errorf("Holder of a free lock = %v, %v; want nobody", h, err)
	}
}

// lockAlone: where there is nobody to exclude, the lock still keeps its word
// to the one who takes it, and takes no connection.
func (s suite) lockAlone(t *testing.T) {
	db, l := s.newLock(t, s.Database(t), "lockstep_ledger", 1)
	conn(t, db)
	mustHold(t, l)
	release(t.Context(), t, l)
	release(t.Context(), t, l)
	mustHold(t, l)
}

// lockExclusion: of many that start at once on an empty database, one is in at
// a time, all get in, and nobody waits long once the lock is free. The last is
// a matter of time: beside it somebody takes and gives back a lock that nobody
// else wants.
func (s suite) lockExclusion(t *testing.T) {
	open := s.Database(t)
	calm.Judge(t, handover, func() calm.Round {
		stop := make(chan struct{})
		control := s.alone(t, open, stop)
		gaps := s.compete(t, open)
		close(stop)
		own := <-control
		if len(gaps) == 0 {
			t.Fatal("nobody got the lock")
		}
		return calm.Round{Took: median(gaps), Control: median(own)}
	})
}

// compete returns how long the lock was free each time it changed hands.
func (s suite) compete(t *testing.T, open func() *sql.DB) []time.Duration {
	t.Helper()
	const rounds = 3
	var r race
	var wg sync.WaitGroup
	for i := range runners {
		_, l := s.newLock(t, open, "lockstep_ledger", i+1)
		wg.Go(func() {
			for range rounds {
				if err := r.run(t.Context(), l); err != nil {
					t.Errorf("runner %d: %v", i+1, err)
				}
			}
		})
	}
	wg.Wait()
	return r.gaps
}

// alone takes and gives back a lock until it is stopped, and then tells how
// long that took each time.
func (s suite) alone(t *testing.T, open func() *sql.DB, stop <-chan struct{}) <-chan []time.Duration {
	t.Helper()
	_, l := s.newLock(t, open, "another_ledger", runners+1)
	result := make(chan []time.Duration, 1)
	go func() {
		var took []time.Duration
		for over := false; !over; {
			start := time.Now()
			if err := errors.Join(wait(t.Context(), l), l.Release(t.Context())); err != nil {
				t.Errorf("a lock that nobody else wants: %v", err)
			}
			took = append(took, time.Since(start))
			select {
			case <-stop:
				over = true
			case <-time.After(pollEvery):
			}
		}
		result <- took
	}()
	return result
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

// race watches who is inside.
type race struct {
	inside atomic.Int32
	mu     sync.Mutex
	free   time.Time // when the lock was last given back
	gaps   []time.Duration
}

var errTwoInside = errors.New("another runner is inside")

// run waits for the lock, stays inside for a moment and gives it back.
func (r *race) run(ctx context.Context, l lockstep.RunLock) error {
	if err := wait(ctx, l); err != nil {
		return err
	}
	if r.inside.Add(1) != 1 {
		return errTwoInside
	}
	r.entered(time.Now())
	for range 3 {
		if err := l.Verify(ctx); err != nil {
			return err
		}
	}
	if r.inside.Add(-1) != 0 {
		return errTwoInside
	}
	r.left(time.Now())
	return l.Release(ctx)
}

// wait polls as a runner does.
func wait(ctx context.Context, l lockstep.RunLock) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		held, err := l.Try(ctx)
		if held || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (r *race) entered(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.free.IsZero() {
		r.gaps = append(r.gaps, at.Sub(r.free))
	}
}

func (r *race) left(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free = at
}

// lockHolder: those who wait are told for whom, and that changes hands.
func (s suite) lockHolder(t *testing.T) {
	open := s.Database(t)
	_, first := s.newLock(t, open, "lockstep_ledger", 4711)
	_, second := s.newLock(t, open, "lockstep_ledger", 4712)
	mustHold(t, first)
	if try(t, second) {
		t.Fatal("a second runner got a held lock")
	}
	checkHolder(t, second, "test-host", 4711)
	if err := second.Verify(t.Context()); err == nil {
		t.Error("Verify of a lock that another one holds = nil")
	}
	release(t.Context(), t, second) // gives nothing back that is not its own
	if try(t, second) {
		t.Fatal("a second runner got a held lock after it released its own")
	}
	release(t.Context(), t, first)
	release(t.Context(), t, first)
	mustHold(t, second)
	if try(t, first) {
		t.Fatal("the first runner got the lock back while the second holds it")
	}
	checkHolder(t, first, "test-host", 4712)
}

func checkHolder(t *testing.T, l lockstep.RunLock, host string, pid int) {
	t.Helper()
	h, err := l.Holder(t.Context())
	if err != nil {
		t.Fatalf("Holder: %v", err)
	}
	if h.Host != host || h.PID != pid || time.Since(h.Since).Abs() > time.Minute {
		t.Errorf("Holder = %s; want host %s, pid %d, since now", h, host, pid)
	}
}

// lockNames: two ledgers in one database do not wait for each other, and any
// name will do.
func (s suite) lockNames(t *testing.T) {
	open := s.Database(t)
	for i, name := range append(nastyNames(), "lockstep_ledger", "lockstep_ledger2", "schema.lockstep_ledger") {
		_, l := s.newLock(t, open, name, i+1)
		mustHold(t, l)
		if i%8 == 7 { // not more sessions than a small server has
			release(t.Context(), t, l)
		}
	}
}

// lockLost: whoever loses the lock learns it, and others can have it.
func (s suite) lockLost(t *testing.T) {
	open := s.Database(t)
	_, first := s.newLock(t, open, "lockstep_ledger", 1)
	db, second := s.newLock(t, open, "lockstep_ledger", 2)
	mustHold(t, first)
	if try(t, second) {
		t.Fatal("a second runner got a held lock")
	}
	h, err := second.Holder(t.Context())
	if err != nil {
		t.Fatalf("Holder: %v", err)
	}
	s.BreakLock(t, db, "lockstep_ledger", h)
	release(t.Context(), t, second) // it may have been watching what was broken
	if err := wait(t.Context(), second); err != nil {
		t.Fatalf("Try after the lock was broken: %v", err)
	}
	if err := first.Verify(t.Context()); !errors.Is(err, lockstep.ErrLockLost) {
		t.Errorf("Verify of a lost lock = %v, want ErrLockLost", err)
	}
	if err := first.Release(t.Context()); err != nil {
		t.Logf("Release of a lost lock: %v", err) // it may say so, and must not take the other's
	}
	if err := second.Verify(t.Context()); err != nil {
		t.Errorf("Verify after another runner released its lost lock: %v", err)
	}
}

// lockCanceled: a canceled Try holds nothing.
func (s suite) lockCanceled(t *testing.T) {
	open := s.Database(t)
	_, first := s.newLock(t, open, "lockstep_ledger", 1)
	_, second := s.newLock(t, open, "lockstep_ledger", 2)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if held, err := first.Try(ctx); held || err == nil {
		t.Fatalf("Try with a canceled context = %t, %v", held, err)
	}
	mustHold(t, second)
	release(t.Context(), t, second)
	mustHold(t, first)
}
