package cli

import (
	"sync"

	"github.com/lockstepdb/lockstep"
)

// recorder keeps what the library tells of its last run: what an error does
// not carry. It is a lockstep.Sink.
type recorder struct {
	mu     sync.Mutex
	plan   *lockstep.Plan
	holder *lockstep.Holder // whom the run waits for; nil: it does not
}

// Receive keeps the plan of a run that starts, and whom it waits for.
func (r *recorder) Receive(e lockstep.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e := e.(type) {
	case lockstep.RunStarted:
		r.plan = e.Plan
	case lockstep.LockWaiting:
		r.holder = &e.Holder
	case lockstep.LockAcquired:
		r.holder = nil
	}
}

// steps returns the steps of the last run.
func (r *recorder) steps() []lockstep.Step {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.plan == nil {
		return nil
	}
	return r.plan.Steps
}

// deferred returns how many migrations the last run left pending because they
// are beyond its target.
func (r *recorder) deferred() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.plan == nil {
		return 0
	}
	return r.plan.Deferred
}

// waitsFor returns the holder of the lock that the run waits for, nil if it
// does not wait.
func (r *recorder) waitsFor() *lockstep.Holder {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.holder
}
