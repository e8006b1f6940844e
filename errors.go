package lockstep

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/lockstepdb/lockstep/sqltext"
)

// Errors that callers branch on.
var (
	// ErrPlanStale means that the database or the files moved since the plan was made. Nothing was done.
	ErrPlanStale = errors.New("plan is stale: the database or the files changed since it was made")
	// ErrLocked means that another run holds the lock and did not finish in time.
	ErrLocked = errors.New("another run holds the lock")
	// ErrHistory means that files and ledger contradict each other.
	ErrHistory = errors.New("history differs")
	// ErrRefused means that a policy does not allow what was asked.
	ErrRefused = errors.New("refused by policy")
	// ErrLockLost means that the run's lock was lost while it ran (its session was closed by the server).
	ErrLockLost = errors.New("lost the run's lock")
)

// Fault is one thing wrong with a file. Line and column are zero when the
// whole file or folder is meant.
type Fault struct { //nolint:errname // it is one entry of a FilesError
	File string      `json:"file"`
	Pos  sqltext.Pos `json:"pos,omitzero"`
	Msg  string      `json:"message"`
	Hint string      `json:"hint,omitempty"`
	Line string      `json:"excerpt,omitempty"` // source line with a caret; "" if unknown
}

// Error returns "file:line:column: message".
func (f Fault) Error() string {
	if f.Pos.Line == 0 {
		return f.File + ": " + f.Msg
	}
	return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Pos.Line, f.Pos.Column, f.Msg)
}

// FilesError lists every fault found in the migration files, ordered by file
// and position. Nothing was changed.
type FilesError struct{ Faults []Fault }

// Error returns the first fault and the number of the others.
func (e *FilesError) Error() string {
	if len(e.Faults) == 1 {
		return e.Faults[0].Error()
	}
	return fmt.Sprintf("%s (and %d more)", e.Faults[0].Error(), len(e.Faults)-1)
}

// Hint returns the way out of the first fault.
func (e *FilesError) Hint() string { return e.Faults[0].Hint }

// DatabaseError is what a server said, in terms that do not depend on the driver.
type DatabaseError struct {
	Class    ErrorClass `json:"-"`
	Code     string     `json:"code,omitempty"`     // SQLSTATE, or the vendor's number
	Message  string     `json:"message"`            // primary message
	Detail   string     `json:"detail,omitempty"`   // may quote data
	Advice   string     `json:"advice,omitempty"`   // the server's own hint
	Position int        `json:"position,omitempty"` // character position in the sent text, from 1; 0 if unknown
	Err      error      `json:"-"`                  // the driver's error
}

// Error returns the message with its code.
func (e *DatabaseError) Error() string {
	if e.Code == "" {
		return e.Message
	}
	return fmt.Sprintf("%s (%s)", e.Message, e.Code)
}

// Unwrap returns the driver's error.
func (e *DatabaseError) Unwrap() error { return e.Err }

// Hint returns the server's advice.
func (e *DatabaseError) Hint() string { return e.Advice }

// IsRetryable reports whether the same work may succeed if tried again
// because nothing was done: lock timeouts, deadlocks, serialization failures.
func (e *DatabaseError) IsRetryable() bool {
	switch e.Class {
	case ErrorLockTimeout, ErrorDeadlock, ErrorSerialization:
		return true
	default:
		return false
	}
}

// StatementError is a statement that did not run.
type StatementError struct {
	File      string      `json:"file"`
	Pos       sqltext.Pos `json:"pos,omitzero"`        // where the server points, or where the statement begins; zero if unknown
	Number    int         `json:"statement,omitempty"` // 1-based number of the statement in its script; 0 if unknown
	Excerpt   string      `json:"excerpt,omitempty"`   // source lines with a caret
	Err       error       `json:"-"`
	Blockers  []Blocker   `json:"blockers,omitempty"` // who was in the way, for lock timeouts
	Statement string      `json:"text,omitempty"`     // first line of the statement as written
}

// Error returns "file:line:column: what the server said".
func (e *StatementError) Error() string {
	where := e.File
	if e.Pos.Line > 0 {
		where = fmt.Sprintf("%s:%d:%d", e.File, e.Pos.Line, e.Pos.Column)
	}
	msg := fmt.Sprintf("%s: %v", where, e.Err)
	for _, b := range e.Blockers {
		msg += "\n  blocked by " + b.String()
	}
	return msg
}

// Unwrap returns what went wrong.
func (e *StatementError) Unwrap() error { return e.Err }

// String returns the blocker on one line.
func (b Blocker) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "session %s", b.Session)
	for _, part := range []struct{ label, value string }{
		{"user", b.User}, {"application", b.Application}, {"on", b.Table}, {"state", b.State},
	} {
		if part.value != "" {
			fmt.Fprintf(&s, ", %s %s", part.label, part.value)
		}
	}
	if b.Age > 0 {
		fmt.Fprintf(&s, ", transaction open for %s", b.Age.Round(time.Millisecond))
	}
	if !b.QueryStart.IsZero() {
		fmt.Fprintf(&s, ", query since %s", b.QueryStart.UTC().Format(time.RFC3339))
	}
	if b.Query != "" {
		fmt.Fprintf(&s, ": %s", b.Query)
	}
	return s.String()
}

// LockedError is [ErrLocked] with who holds the lock.
type LockedError struct {
	Holder Holder
	Waited time.Duration
}

// Error names the holder.
func (e *LockedError) Error() string {
	return fmt.Sprintf("%v: waited %s for %s", ErrLocked, e.Waited.Round(time.Millisecond), e.Holder)
}

// Unwrap returns ErrLocked.
func (e *LockedError) Unwrap() error { return ErrLocked }

// Hint says how to wait longer.
func (e *LockedError) Hint() string {
	return "wait for that run to end (lockstep wait), or give more time with --timeout; the lock ends with its holder"
}

// String returns "host app-1, pid 42, since …" with what is known.
func (h Holder) String() string {
	var parts []string
	if h.Host != "" {
		parts = append(parts, "host "+h.Host)
	}
	if h.PID != 0 {
		parts = append(parts, fmt.Sprintf("pid %d", h.PID))
	}
	if h.Session != "" {
		parts = append(parts, "session "+h.Session)
	}
	if !h.Since.IsZero() {
		parts = append(parts, "since "+h.Since.UTC().Format(time.RFC3339))
	}
	if len(parts) == 0 {
		return "an unknown holder"
	}
	return strings.Join(parts, ", ")
}

// IrreversibleError is a migration that has no way back.
type IrreversibleError struct {
	Migration string // version and name
	File      string // its up file
	Reason    string
}

// Error says why there is no way back.
func (e *IrreversibleError) Error() string {
	return fmt.Sprintf("%s: migration %s cannot be reverted: %s", e.File, e.Migration, e.Reason)
}

// Hint says how to write one.
func (e *IrreversibleError) Hint() string {
	return "write its .down.sql, or go forward with a new migration (lockstep new)"
}

// PartialError is a run that did part of its work. The next up goes on from
// there.
type PartialError struct {
	Done      []Step // steps that are complete
	Failed    Step   // the step that failed
	Resumable bool   // statements of the failed step were applied; up goes on after them
	Applied   int    // how many of its statements were applied
	Err       error
}

// Error names the failed step.
func (e *PartialError) Error() string {
	return fmt.Sprintf("%s %s: %v", e.Failed.Direction, e.Failed.ID(), e.Err)
}

// Unwrap returns why the step failed.
func (e *PartialError) Unwrap() error { return e.Err }

// HintOf returns the hint of the first error in err's tree that carries one,
// "" if none does.
func HintOf(err error) string {
	for err != nil {
		var h interface {
			error
			Hint() string
		}
		if !errors.As(err, &h) {
			return ""
		}
		if s := h.Hint(); s != "" {
			return s
		}
		err = errors.Unwrap(h)
	}
	return ""
}

// hintedError adds a hint to an error.
type hintedError struct {
	error
	hint string
}

func (e *hintedError) Unwrap() error { return e.error }
func (e *hintedError) Hint() string  { return e.hint }

// WithHint returns err with a hint for the person who can fix it.
func WithHint(err error, hint string) error { return &hintedError{err, hint} }
