package lockstep

import (
	"context"
	"errors"
	"os"
	"time"
)

// entry begins the entry of an event of a step; write or seal completes it.
func (r *run) entry(event EventKind, s Step, started time.Time) *Entry {
	o := &r.m.options
	now := o.Now().UTC().Truncate(time.Microsecond)
	return &Entry{
		Event: event, Version: s.Version, Name: s.Name, Kind: s.Kind, Direction: s.Direction, Statements: s.Statements,
		Started: started.UTC().Truncate(time.Microsecond), Finished: now, Duration: now.Sub(started),
		Actor: o.Actor, Host: hostname(), PID: os.Getpid(), Tool: o.Tool, Context: o.Context,
	}
}

// completed is the entry that ends a step.
func (r *run) completed(s Step, w *work, started time.Time) (*Entry, error) {
	event := EntryApplied
	if s.Direction == Down {
		event = EntryReverted
	}
	e := r.entry(event, s, started)
	e.Statement, e.Checksum = s.Statements, s.Checksum
	if s.Direction == Down {
		e.Checksum = r.appliedChecksum(s)
	}
	if s.Direction == Up {
		e.Context = s.migration.replacing(e.Context)
	}
	if w != nil && s.Direction == Up {
		e.Tokens, e.UpText = tokenDigest(w.text, r.srv.Lexer), w.text
		if s.migration != nil && s.migration.Down != nil {
			down, err := s.migration.Down.Text()
			if err != nil {
				return nil, err
			}
			e.DownText = down
		}
	}
	r.history.next(e)
	return e, nil
}

// appliedChecksum is the checksum of the up that a down reverts.
func (r *run) appliedChecksum(s Step) string {
	if rec := r.history.records[s.key()]; rec != nil {
		return rec.checksum
	}
	return ""
}

// write writes an entry of its own and takes it into the history.
func (r *run) write(ctx context.Context, q Querier, e *Entry) error {
	r.history.next(e)
	r.m.emit(EntryWriting{*e})
	if err := r.ledger.insert(ctx, q, e); err != nil {
		return err
	}
	r.written(e)
	return nil
}

// written takes an entry that is durable into the history.
func (r *run) written(e *Entry) {
	r.history.add(e)
	r.wrote = true
	r.m.emit(EntryWritten{*e})
}

// recordFailure notes in the ledger that a script stopped with a definite
// error, after which nothing needs to be found out. It stores the error's code
// and place, never its text: that may quote data.
func (r *run) recordFailure(ctx context.Context, s Step, err error) {
	var de *DatabaseError
	isGo := s.migration != nil && s.migration.Go != nil
	switch {
	case err == nil || errors.Is(err, ErrPlanStale) || contextError(err) != nil:
		return
	case errors.As(err, &de):
		if de.Class == ErrorConnection || de.Class == ErrorUnknownTarget {
			return
		}
	case !isGo:
		return
	}
	if r.openSession(ctx) != nil {
		return
	}
	e := r.entry(EntryFailed, s, r.m.options.Now())
	if e.Reason = failedInGo; de != nil {
		e.Reason = de.Code
	}
	var se *StatementError
	if errors.As(err, &se) {
		e.Statement = se.Number
	}
	if rec := r.history.records[s.key()]; rec != nil {
		e.Checksum = rec.checksum
	}
	// The script's own error is what matters; without this note the next run
	// only asks the catalog once more.
	_ = r.write(ctx, r.conn, e)
}
