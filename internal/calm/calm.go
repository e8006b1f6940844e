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
	// convictions is how many rounds have to be the code's: one may be chance.
	convictions = 3
	// share is how many times the control something has to take, beyond the
	// limit, until the machine is no excuse. What waits for several answers in
	// a row, as the code under test does, may meet the worst more than once.
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

// isBlamed tells that the machine does not explain a round that is not good.
func (r Round) isBlamed(limit time.Duration) bool {
	return r.isCalm(limit) || r.Fault == "" && r.Took > limit+share*r.Control
}

// isGood tells that the limit was kept, by the clock or by all that the code
// under test can be blamed for.
func (r Round) isGood(limit time.Duration) bool {
	return r.Fault == "" && (r.Took <= limit || r.isCalm(limit) && r.Took-r.Control <= limit)
}

// Judge measures until a round keeps the limit. It is a failure when three
// rounds do not although their controls were calm, or so quick beside them that
// the machine is no excuse. Where neither comes about, the log says that this
// machine cannot tell.
func Judge(t testing.TB, limit time.Duration, measure func() Round) {
	t.Helper()
	wrong := 0
	for range rounds {
		r := measure()
		if r.isGood(limit) {
			t.Logf("%v", r)
			return
		}
		if !r.isBlamed(limit) {
			t.Logf("%v: the machine was not calm", r)
			continue
		}
		t.Logf("%v: too long", r)
		if wrong++; wrong == convictions {
			t.Errorf("more than %v in %d rounds, and not for the machine, at last %v", limit, wrong, r)
			return
		}
	}
	t.Logf("no verdict about %v: in %d of %d rounds the machine was not calm", limit, rounds-wrong, rounds)
}
