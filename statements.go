package lockstep

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// runStatements runs a script unit by unit, recording each: what will be
// done, the deed, what was done. ctx is looked at between units; a statement
// that has begun is finished and recorded.
func (r *run) runStatements(ctx context.Context, s Step, w *work) error {
	steady := context.WithoutCancel(ctx)
	done, err := r.recover(steady, s, w)
	if err != nil {
		return err
	}
	started := r.m.options.Now()
	for _, u := range w.units {
		if u.from < done {
			continue
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("stopped: %w", err)
		}
		if err := r.runUnit(ctx, s, w, u, started); err != nil {
			return err
		}
	}
	return nil
}

// isTimed reports whether statements have timeouts of their own.
func (w *work) isTimed() bool {
	for _, st := range w.statements {
		if st.directives.isTimed() {
			return true
		}
	}
	return false
}

// recover finds out what an interrupted run left, and brings the session and
// the record to the point where this run goes on. It returns how many
// statements are done.
func (r *run) recover(ctx context.Context, s Step, w *work) (int, error) {
	rec := r.history.records[s.key()]
	if rec == nil || rec.progress == nil || rec.progress.direction != s.Direction {
		return 0, nil
	}
	p := rec.progress
	for i := range p.done {
		if w.traits[i].Session {
			if err := r.statement(ctx, s, w, i, 1); err != nil {
				return 0, err
			}
		}
	}
	if p.witness == "" || p.done >= len(w.statements) {
		return p.done, nil
	}
	return r.ask(ctx, s, w, p)
}

// ask compares the witness of the statement that was about to run with the
// catalog now.
func (r *run) ask(ctx context.Context, s Step, w *work, p *progress) (int, error) {
	st := w.statements[p.done]
	if _, err := r.tidy(ctx, s, w, p.done); err != nil {
		return 0, err
	}
	now, err := r.witness(ctx, w, p.done)
	if err != nil {
		return 0, err
	}
	if now == p.witness {
		r.m.emit(Recovered{s, fmt.Sprintf("line %d had not taken effect when the run before was interrupted: it runs again", st.Pos.Line)})
		return p.done, nil
	}
	r.m.emit(Recovered{s, fmt.Sprintf("line %d had taken effect when the run before was interrupted", st.Pos.Line)})
	e, err := r.advance(ctx, s, w, p.done+1, p.at)
	if err != nil {
		return 0, err
	}
	return p.done + 1, r.write(ctx, r.conn, e)
}

// witness takes the fingerprint of what statement i will change.
func (r *run) witness(ctx context.Context, w *work, i int) (string, error) {
	witness, ok := r.m.dialect.(Witness)
	if !ok || i >= len(w.statements) || w.traits[i].Repeatable || w.traits[i].Session {
		return "", nil
	}
	value, err := witness.Witness(ctx, r.conn, r.srv, w.statements[i].Statement)
	if err != nil {
		return "", r.m.describe("look at what "+summary(w.statements[i].written)+" will change", err)
	}
	return value, nil
}

// advance makes the entry that says that done statements are done: the next
// one's intent, or the end of the step.
func (r *run) advance(ctx context.Context, s Step, w *work, done int, started time.Time) (*Entry, error) {
	if done == len(w.statements) {
		return r.completed(s, w, started)
	}
	e := r.entry(EntryStatement, s, started)
	if done == 0 {
		e.Event = EntryStarted
	}
	e.Statement, e.Checksum = done, w.prefix(done)
	if next := w.unitAt(done); !next.transaction {
		var err error
		if e.Witness, err = r.witness(ctx, w, done); err != nil {
			return nil, err
		}
	}
	r.history.next(e)
	return e, nil
}

func (w *work) unitAt(i int) unit {
	for _, u := range w.units {
		if u.from <= i && i < u.to {
			return u
		}
	}
	return unit{}
}

// runUnit runs and records one unit.
func (r *run) runUnit(ctx context.Context, s Step, w *work, u unit, started time.Time) error {
	if u.transaction {
		return r.attempts(ctx, s, w.targets(u.span), w.Directives, func(attempt int, wait time.Duration) error {
			return r.runTogether(ctx, s, w, u, attempt, wait, started)
		})
	}
	steady := context.WithoutCancel(ctx)
	if u.from == 0 {
		if err := r.announce(steady, s, w, started); err != nil {
			return err
		}
	}
	if err := r.runAlone(ctx, s, w, u.from); err != nil {
		return err
	}
	ctx = steady
	e, err := r.advance(ctx, s, w, u.to, started)
	if err != nil {
		return err
	}
	if r.ledger.sql.Regain == "" || !w.dirty() {
		return r.write(ctx, r.conn, e)
	}
	return r.writeRegained(ctx, e)
}

// writeRegained writes an entry in a session that a script may have given
// another role or search path, in a transaction of its own so that the script's
// next statement finds the session as it was.
func (r *run) writeRegained(ctx context.Context, e *Entry) error {
	if err := r.exec(ctx, r.beginTx(), r.ledger.sql.Regain); err != nil {
		r.rollback(ctx)
		return r.m.describe("return to the runner's role", err)
	}
	r.history.next(e)
	r.m.emit(EntryWriting{*e})
	err := r.ledger.insert(ctx, r.conn, e)
	if err == nil {
		err = r.exec(ctx, "COMMIT")
	}
	if err != nil {
		r.rollback(ctx)
		return err
	}
	r.written(e)
	return nil
}

// announce records the intent of a script's first statement, once.
func (r *run) announce(ctx context.Context, s Step, w *work, started time.Time) error {
	if rec := r.history.records[s.key()]; rec != nil && rec.progress != nil {
		return nil
	}
	e, err := r.advance(ctx, s, w, 0, started)
	if err != nil {
		return err
	}
	return r.write(ctx, r.conn, e)
}

// runTogether runs the statements of a unit in one transaction with their entry.
func (r *run) runTogether(ctx context.Context, s Step, w *work, u unit, attempt int, wait time.Duration, started time.Time) error {
	return r.inTransaction(ctx, w, u.span, wait, func() (*Entry, error) {
		for i := u.from; i < u.to; i++ {
			if t := w.traits[i].Tx; t != TxNone && t != TxOther {
				continue // the unit's own transaction takes its place
			}
			if err := r.timed(ctx, s, w, i, attempt, wait, ScopeTransaction); err != nil {
				return nil, err
			}
		}
		return r.advance(ctx, s, w, u.to, started)
	})
}

// runAlone runs a statement outside of a transaction. When ctx ends it is not
// tried again, but finished once it has begun.
func (r *run) runAlone(waiting context.Context, s Step, w *work, i int) error {
	ctx := context.WithoutCancel(waiting)
	t := w.traits[i]
	if t.Tx != TxNone {
		return nil // its transaction was ended by a statement that commits by itself
	}
	if err := r.lock.Verify(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrLockLost, err)
	}
	if _, err := r.tidy(ctx, s, w, i); err != nil {
		return err
	}
	err := r.attempts(waiting, s, t.Targets, w.Directives.with(w.statements[i].directives), func(attempt int, wait time.Duration) error {
		return r.once(ctx, s, w, i, attempt, wait)
	})
	var de *DatabaseError
	if errors.As(err, &de) && de.Class != ErrorConnection && r.completedByTidying(ctx, s, w, i) {
		return nil
	}
	return err
}

// tidyPatience bounds the clearing up after a failed statement: like the
// statement itself it may have to wait for old transactions.
const tidyPatience = 30 * time.Second

// completedByTidying clears what the failed statement i left. It reports
// whether that completed it: a change that the server makes in two parts can
// only go forward once the first is done. What cannot be cleared now the next
// run clears.
func (r *run) completedByTidying(ctx context.Context, s Step, w *work, i int) bool {
	ctx, cancel := context.WithTimeout(ctx, tidyPatience)
	defer cancel()
	note, err := r.tidy(ctx, s, w, i)
	rec := r.history.records[s.key()]
	if err != nil || note == "" || rec == nil || rec.progress == nil || rec.progress.witness == "" {
		return false
	}
	now, err := r.witness(ctx, w, i)
	return err == nil && now != rec.progress.witness
}

// tidy clears what an earlier run of statement i left behind, and says what
// that was.
func (r *run) tidy(ctx context.Context, s Step, w *work, i int) (note string, err error) {
	witness, ok := r.m.dialect.(Witness)
	if !ok {
		return "", nil
	}
	if note, err = witness.Prepare(ctx, r.conn, r.srv, w.statements[i].Statement); err != nil {
		return "", r.statementError(w, i, err)
	}
	if note != "" {
		r.m.emit(Recovered{s, note})
	}
	return note, nil
}

// once makes one attempt at a statement outside of a transaction.
func (r *run) once(ctx context.Context, s Step, w *work, i, attempt int, wait time.Duration) error {
	st := &w.statements[i]
	short, ok := r.m.dialect.(ShortWaiter)
	if w.traits[i].LongWait {
		wait = 0
	}
	limits := r.limits(w.Directives.with(st.directives), wait)
	if w.isTimed() && limits.Statement == 0 {
		limits.Statement = -1 // the limit of a statement before it
	}
	if w.traits[i].LongWait {
		limits.Lock = -1
	}
	if err := r.guardSession(ctx, w, limits); err != nil {
		return err
	}
	if !ok {
		return r.statement(ctx, s, w, i, attempt)
	}
	return r.watched(ctx, short, s, w, i, attempt, wait)
}

// guardSession sets the session's timeouts, unless they are set like that
// already and the script has no statement that could have changed them.
func (r *run) guardSession(ctx context.Context, w *work, t Timeouts) error {
	statements := r.m.dialect.Guard(r.srv, t, ScopeSession)
	all := strings.Join(statements, ";")
	if all == r.guarded && !w.dirty() {
		return nil
	}
	r.guarded = ""
	if err := r.exec(ctx, statements...); err != nil {
		return r.m.describe("set timeouts", err)
	}
	r.guarded = all
	return nil
}

// watched sends statement i by a dialect that can give up lock waits itself.
func (r *run) watched(ctx context.Context, short ShortWaiter, s Step, w *work, i, attempt int, wait time.Duration) error {
	return r.reported(ctx, s, w, i, attempt, func(command string) error {
		return short.ExecShort(ctx, r.m.db, r.conn, command, wait)
	})
}
