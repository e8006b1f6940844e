package cli

import (
	"sync"

	"github.com/lockstepdb/lockstep"
)

// recorder keeps what the library tells of its last run: the plan, which an
// error does not carry. It is a lockstep.Sink.
type recorder struct {
	mu   sync.Mutex
	plan *lockstep.Plan
}

// Receive keeps the plan of a run that starts.
func (r *recorder) Receive(e lockstep.Event) {
	if s, ok := e.(lockstep.RunStarted); ok {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.plan = s.Plan
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
