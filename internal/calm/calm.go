// Package calm judges times that tests measure on a machine that does other
// work too. It knows no clock and no database: a test measures, round by
// round, what it is about and beside it a control, something that the code
// under test cannot slow down. What slows down both is the machine.
//
// A time alone proves nothing about code on a machine without calm. Tests
// therefore assert whatever holds at any speed by themselves, and leave to
// Judge only what is a matter of time.
package calm

import (
	"fmt"
	"testing"
	"time"
)

const (
	// rounds is how often a machine without calm is asked.
	rounds = 6
	// convictions is how many calm rounds have to go wrong: one may be chance.
	convictions = 3
	// share is how many times the control something may take, beyond the limit,
	// on a machine without calm: what waits for several answers in a row may
	// meet the worst more than once.
	share = 3
)

// Round is what one round measured.
type Round struct {
	// Took is what must not be above the limit.
	Took time.Duration
	// Control is how long it took at the same time where the code under test
	// had no part in it.
	Control time.Duration
	// Fault is what did not happen in time and would have on a calm machine;
	// "" means that nothing is missing.
	Fault string
}

func (r Round) String() string {
	s := fmt.Sprintf("%v, of the control %v", r.Took, r.Control)
	if r.Fault != "" {
		s += "; " + r.Fault
	}
	return s
}

// isCalm tells that the machine could have kept the limit.
func (r Round) isCalm(limit time.Duration) bool { return r.Control <= limit/2 }

// isBeyond tells that a round took much longer than the machine explains,
// though it was not calm.
func (r Round) isBeyond(limit time.Duration) bool {
	return r.Fault == "" && r.Took > limit+share*r.Control
}

// isGood tells that the limit was kept, by the clock or by all that the code
// under test can be blamed for.
func (r Round) isGood(limit time.Duration) bool {
	return r.Fault == "" && (r.Took <= limit || r.isCalm(limit) && r.Took-r.Control <= limit)
}

// Judge measures until a round keeps the limit. It is a failure when three
// rounds do not although their controls were calm, or when all of them took much
// longer than the controls, calm or not. Where neither comes about, the log says
// that this machine cannot tell.
func Judge(t testing.TB, limit time.Duration, measure func() Round) {
	t.Helper()
	wrong, beyond := 0, 0
	for range rounds {
		r := measure()
		t.Log(r)
		switch {
		case r.isGood(limit):
			return
		case r.isCalm(limit):
			wrong++
			beyond++
		case r.isBeyond(limit):
			beyond++
		}
		if wrong == convictions || beyond == rounds {
			t.Errorf("each time more than %v, at last %v: that was not the machine", limit, r)
			return
		}
	}
	t.Logf("no verdict about %v: the machine was not calm enough", limit)
}
