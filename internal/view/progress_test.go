package view

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstepdb/lockstep"
)

func steps() []lockstep.Step {
	return []lockstep.Step{
		{Direction: lockstep.Up, Version: "1", Name: "create_users", Statements: 1},
		{Direction: lockstep.Up, Version: "2", Name: "index_users_email", Statements: 3, Strategy: lockstep.StrategyStatements},
	}
}

// course is the course of a run in which everything happens.
func course() []lockstep.Event {
	s := steps()
	blocker := lockstep.Blocker{Session: "42", User: "app", Age: 3 * time.Second}
	return []lockstep.Event{
		lockstep.RunStarted{Plan: &lockstep.Plan{Steps: s}},
		lockstep.LockWaiting{Holder: lockstep.Holder{Host: "app-1", PID: 7}},
		lockstep.LockAcquired{Waited: 1500 * time.Millisecond},
		lockstep.LockAcquired{Waited: time.Millisecond}, // the run plans again: the other one did something
		lockstep.StepStarted{Step: s[0], Number: 1, Of: 2},
		lockstep.StatementStarted{Step: s[0], First: 1, Last: 1, Summary: "CREATE TABLE users", Attempt: 1},
		lockstep.StepFinished{Step: s[0], Duration: 3 * time.Millisecond},
		lockstep.StepStarted{Step: s[1], Number: 2, Of: 2},
		lockstep.WindowWaiting{Step: s[1], Targets: []string{"users"}, Blockers: []lockstep.Blocker{blocker, blocker}},
		lockstep.Retrying{Step: s[1], Err: &lockstep.DatabaseError{Message: "lock timeout", Code: "55P03"}, Attempt: 2, Pause: 200 * time.Millisecond},
		lockstep.Recovered{Step: s[1], Note: "dropped an invalid index"},
		lockstep.Noticed{ID: "2_index_users_email", Note: "be careful"},
		lockstep.StatementStarted{Step: s[1], First: 2, Last: 2, Summary: "CREATE INDEX", Attempt: 1},
		lockstep.StepFailed{Step: s[1], Err: errors.New("no")},
		lockstep.RunFinished{},
	}
}

func TestProgressInALog(t *testing.T) {
	var b bytes.Buffer
	p := NewProgress(&b, Style{}, "postgres://db/shop")
	for _, e := range course() {
		p.Receive(e)
	}
	p.Stop()
	want := `Apply 2 migrations on postgres://db/shop
waiting for another run to end: host app-1, pid 7
waited 1.5 s for another run
  ✓ 1_create_users       3 ms
  … 2_index_users_email: waiting for a quiet moment on users: session 42, user app, transaction open for 3s (and 1 more)
  … 2_index_users_email: try 2 in 200 ms: lock timeout (55P03)
  ↻ 2_index_users_email: dropped an invalid index
note: 2_index_users_email: be careful
  ✗ 2_index_users_email
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
}

// TestProgressOnATerminal plays the live line against a clock of its own.
func TestProgressOnATerminal(t *testing.T) {
	var b bytes.Buffer
	p := &Progress{w: &b, style: Style{Live: true, Width: 60}, database: "sqlite:app.db"}
	s := steps()
	p.Receive(lockstep.StepStarted{Step: s[1], Number: 1, Of: 1})
	p.Receive(lockstep.StatementStarted{Step: s[1], First: 2, Last: 2, Summary: "CREATE INDEX users_email ON users (email, name, age)"})
	began := p.live.since
	p.draw(began.Add(frame)) // too early: short steps do not flicker
	if b.Len() > 0 {
		t.Errorf("drawn at once: %q", b.String())
	}
	p.draw(began.Add(12 * time.Second))
	want := "\r\x1b[K  ⠋ 2_index_users_email  2/3  12 s  CREATE INDEX users_ema…"
	if b.String() != want {
		t.Errorf("live line %q, want %q", b.String(), want)
	}
	if got := width(strings.TrimPrefix(b.String(), "\r\x1b[K")); got > 60 {
		t.Errorf("the live line takes %d columns of 60", got)
	}
	b.Reset()
	p.Receive(lockstep.StepFinished{Step: s[1], Duration: 12 * time.Second})
	if !strings.HasPrefix(b.String(), "\r\x1b[K  ✓ 2_index_users_email") {
		t.Errorf("the live line stays: %q", b.String())
	}
}

// TestProgressStops holds that nothing is written after Stop.
func TestProgressStops(t *testing.T) {
	var b bytes.Buffer
	p := NewProgress(&b, Style{Live: true, Width: 80}, "sqlite:app.db")
	for _, e := range course()[:7] {
		p.Receive(e)
	}
	p.Stop()
	n := b.Len()
	if got := b.String(); n != b.Len() || strings.Count(got, "✓") != 1 {
		t.Errorf("got %q", got)
	}
}
