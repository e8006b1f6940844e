package lockstep

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"
)

// attempts tries work that needs locks until it is done, by the clear-window
// rule: with short waits first, so that nobody queues behind us for long, and
// never while an old transaction holds a target; when the budget is used up,
// with the longer lock timeout and growing pauses.
func (r *run) attempts(ctx context.Context, s Step, targets []string, d Directives, try func(attempt int, wait time.Duration) error) error {
	a := &attempt{run: r, step: s, targets: targets, start: r.m.options.Now(), retries: r.m.options.Retries}
	a.patience = r.m.options.LockTimeout
	if d.LockTimeout > 0 {
		a.patience = d.LockTimeout
	}
	if d.Retries >= 0 {
		a.retries = d.Retries
	}
	for {
		a.number++
		err := try(a.number, a.wait())
		if err == nil || !a.again(ctx, err) {
			return a.named(ctx, err)
		}
	}
}

// attempt is the state of the attempts at one piece of work.
type attempt struct {
	*run
	step     Step
	targets  []string
	start    time.Time
	patience time.Duration // lock timeout after the budget
	retries  int
	number   int
	used     int // attempts after the budget
	blockers []Blocker
}

func (a *attempt) isShort() bool {
	return a.m.options.LockBudget > 0 && a.m.options.Now().Sub(a.start) < a.m.options.LockBudget
}

func (a *attempt) wait() time.Duration {
	if a.isShort() {
		return min(a.m.options.ShortLockTimeout, a.patience)
	}
	return a.patience
}

// again decides whether to try once more, and waits for a better moment.
func (a *attempt) again(ctx context.Context, err error) bool {
	var de *DatabaseError
	if ctx.Err() != nil || !errors.As(err, &de) || !de.IsRetryable() {
		return false
	}
	if a.isShort() && de.Class == ErrorLockTimeout {
		return a.waitForWindow(ctx, err) == nil
	}
	a.used++
	if a.used > a.retries {
		return false
	}
	pause := min(100*time.Millisecond<<min(a.used, 6), 5*time.Second)
	pause = pause/2 + rand.N(pause)
	a.look(ctx)
	a.m.emit(Retrying{a.step, err, a.number + 1, pause})
	return sleep(ctx, pause) == nil
}

const windowPoll = 15 * time.Millisecond

// waitForWindow returns when no old transaction is in the way, or the budget
// is used up.
func (a *attempt) waitForWindow(ctx context.Context, err error) error {
	watcher, ok := a.m.dialect.(LockWatcher)
	if !ok || len(a.targets) == 0 {
		return a.pauseShortly(ctx, err)
	}
	for a.isShort() {
		if err := sleep(ctx, windowPoll/2+rand.N(windowPoll)); err != nil {
			return err
		}
		blockers, lookErr := watcher.Blockers(ctx, a.observer(), a.srv, a.targets, a.m.options.ShortLockTimeout)
		if lookErr != nil {
			return a.pauseShortly(ctx, err)
		}
		if len(blockers) == 0 {
			return nil
		}
		a.report(blockers)
	}
	return nil
}

// pauseShortly is what is left where it cannot be seen who holds a table.
func (a *attempt) pauseShortly(ctx context.Context, err error) error {
	pause := 50*time.Millisecond + rand.N(100*time.Millisecond)
	a.m.emit(Retrying{a.step, err, a.number + 1, pause})
	return sleep(ctx, pause)
}

// observer is the session to look from: between attempts the one that works is
// free, and the pool may have no other.
func (a *attempt) observer() Querier {
	if a.conn != nil {
		return a.conn
	}
	return a.m.db
}

// report tells who is in the way when that changed.
func (a *attempt) report(blockers []Blocker) {
	same := slices.EqualFunc(a.blockers, blockers, func(x, y Blocker) bool { return x.Session == y.Session && x.Table == y.Table })
	a.blockers = blockers
	if !same {
		a.m.emit(WindowWaiting{a.step, a.targets, blockers})
	}
}

// look asks once who is in the way.
func (a *attempt) look(ctx context.Context) {
	if watcher, ok := a.m.dialect.(LockWatcher); ok && len(a.targets) > 0 {
		if blockers, err := watcher.Blockers(ctx, a.observer(), a.srv, a.targets, 0); err == nil {
			a.report(blockers)
		}
	}
}

// named adds who was in the way to a lock timeout.
func (a *attempt) named(ctx context.Context, err error) error {
	var se *StatementError
	var de *DatabaseError
	if errors.As(err, &se) && errors.As(err, &de) && de.Class == ErrorLockTimeout {
		a.look(ctx)
		se.Blockers = a.blockers
	}
	return err
}
