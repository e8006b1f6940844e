package lockstep

import (
	"context"
	"strings"
	"time"

	"github.com/lockstepdb/lockstep/sqltext"
)

// maxBatch bounds the scripts that travel in one message.
const maxBatch = 1 << 20

// runTransaction runs a script and its ledger entry in one transaction.
func (r *run) runTransaction(ctx context.Context, s Step, w *work) error {
	if err := r.settings(ctx, s, w, w.before); err != nil {
		return err
	}
	whole := r.canTravelWhole(w)
	err := r.attempts(ctx, s, w.targets(w.inside), w.Directives, func(attempt int, wait time.Duration) error {
		// One by one tells which statement fails: after a failure without a
		// place, and once only patience is left.
		if whole = whole && wait <= r.m.options.ShortLockTimeout; whole {
			err := r.sendWhole(ctx, s, w, attempt, wait)
			if !needsPlace(err) {
				return err
			}
			whole = false
		}
		return r.sendEach(ctx, s, w, attempt, wait)
	})
	if err != nil {
		return err
	}
	return r.settings(ctx, s, w, w.after)
}

// canTravelWhole reports whether script and entry fit one message.
func (r *run) canTravelWhole(w *work) bool {
	if !r.srv.MultiStatement || r.m.options.Observe != nil || r.ledger.sql.Literal == nil || len(w.text) > maxBatch || w.before.to > w.before.from || w.after.to > w.after.from {
		return false
	}
	for _, st := range w.statements {
		if st.Data != "" || changesReading(st.Text) {
			return false
		}
	}
	return true
}

// changesReading reports whether a statement may change how the server reads
// the text behind it. The server reads a message whole before it runs any of it.
func changesReading(text string) bool {
	text = strings.ToLower(text)
	for _, setting := range []string{"standard_conforming_strings", "backslash_quote", "escape_string_warning", "client_encoding", "set names"} {
		if strings.Contains(text, setting) {
			return true
		}
	}
	return false
}

// settings runs the session settings around a transaction.
func (r *run) settings(ctx context.Context, s Step, w *work, part span) error {
	for i := part.from; i < part.to; i++ {
		if err := r.statement(ctx, s, w, i, 1); err != nil {
			return err
		}
	}
	return nil
}

// batch is a script with all around it, as one message.
type batch struct {
	strings.Builder
	offsets []int // where each statement begins, in bytes
}

func (b *batch) add(statements ...string) {
	for _, s := range statements {
		if s != "" {
			b.WriteString(s)
			b.WriteString(";\n")
		}
	}
}

// sendWhole runs everything in one round trip.
func (r *run) sendWhole(ctx context.Context, s Step, w *work, attempt int, wait time.Duration) error {
	started := r.m.options.Now()
	e, err := r.completed(s, w, started)
	if err != nil {
		return err
	}
	row, err := e.seal()
	if err != nil {
		return err
	}
	b := r.compose(w, row, wait)
	n := len(w.statements)
	r.m.emit(StatementStarted{s, 1, n, summary(w.statements[w.inside.from].written), attempt})
	if _, err := r.conn.ExecContext(ctx, b.String()); err != nil {
		r.rollback(ctx)
		return r.batchError(w, b, err)
	}
	r.m.emit(StatementFinished{s, 1, n, r.m.options.Now().Sub(started)})
	r.written(e)
	return nil
}

func (r *run) compose(w *work, row LedgerRow, wait time.Duration) *batch {
	b := &batch{}
	b.add(r.beginOf(w, w.inside))
	limits := r.limits(w.Directives, wait)
	b.add(r.m.dialect.Guard(r.srv, limits, ScopeTransaction)...)
	for i := w.inside.from; i < w.inside.to; i++ {
		st := &w.statements[i]
		own := st.directives.isTimed()
		if own {
			b.add(r.m.dialect.Guard(r.srv, limits.overlaid(st.directives, r.m.options.ShortLockTimeout), ScopeTransaction)...)
		}
		b.offsets = append(b.offsets, b.Len())
		b.add(st.Text)
		if own {
			b.add(r.m.dialect.Guard(r.srv, limits.restored(), ScopeTransaction)...)
		}
	}
	if w.dirty() {
		b.add(r.ledger.sql.Regain)
	}
	b.offsets = append(b.offsets, b.Len())
	b.add(r.ledger.sql.Literal(row), "COMMIT")
	if c, ok := r.m.dialect.(TextCleaner); ok && w.dirty() {
		b.add(c.CleanText())
	}
	return b
}

// beginOf returns the statement that begins the transaction around a span: the
// file's own, with its options, if it has one.
func (r *run) beginOf(w *work, part span) string {
	if _, ok := r.m.dialect.(Beginner); ok {
		return r.beginTx()
	}
	for _, i := range []int{part.from, part.from - 1} {
		if i >= 0 && w.traits[i].Tx == TxBegin {
			return w.statements[i].Text
		}
	}
	return r.beginTx()
}

func (r *run) beginTx() string {
	if b, ok := r.m.dialect.(Beginner); ok {
		return b.BeginTx()
	}
	return "BEGIN"
}

// limits are the timeouts of one attempt: a file's own statement timeout, and
// a lock wait that is short at first.
func (r *run) limits(d Directives, wait time.Duration) Timeouts {
	t := Timeouts{Lock: wait, Statement: r.m.options.StatementTimeout}
	if d.StatementTimeout > 0 {
		t.Statement = d.StatementTimeout
	}
	return t
}

// overlaid returns the timeouts of one attempt with those that a statement
// gives itself. A short wait for locks stays short.
func (t Timeouts) overlaid(d Directives, short time.Duration) Timeouts {
	if d.LockTimeout > 0 && (t.Lock > short || t.Lock > d.LockTimeout) {
		t.Lock = d.LockTimeout
	}
	if d.StatementTimeout > 0 {
		t.Statement = d.StatementTimeout
	}
	return t
}

// restored returns the timeouts for use after a statement had its own: what
// was never limited must lose the limit.
func (t Timeouts) restored() Timeouts {
	if t.Statement == 0 {
		t.Statement = -1
	}
	if t.Lock == 0 {
		t.Lock = -1
	}
	return t
}

func (d Directives) isTimed() bool { return d.LockTimeout > 0 || d.StatementTimeout > 0 }

// rollback ends a failed transaction. Where that fails the session is closed,
// which rolls back too.
func (r *run) rollback(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if r.conn == nil {
		return
	}
	if _, err := r.conn.ExecContext(ctx, "ROLLBACK"); err != nil {
		r.dropSession(ctx)
	}
}

// sendEach runs the statements of a transaction one by one.
func (r *run) sendEach(ctx context.Context, s Step, w *work, attempt int, wait time.Duration) error {
	started := r.m.options.Now()
	return r.inTransaction(ctx, w, w.inside, wait, func() (*Entry, error) {
		for i := w.inside.from; i < w.inside.to; i++ {
			if err := r.timed(ctx, s, w, i, attempt, wait, ScopeTransaction); err != nil {
				return nil, err
			}
		}
		return r.completed(s, w, started)
	})
}

// inTransaction begins, does the work of a span of statements, writes the
// entry it returns and commits.
func (r *run) inTransaction(ctx context.Context, w *work, part span, wait time.Duration, do func() (*Entry, error)) error {
	if err := r.openSession(ctx); err != nil {
		return err
	}
	r.guarded = "" // where there is no other scope, the guard is the session's
	err := r.exec(ctx, append([]string{r.beginOf(w, part)}, r.m.dialect.Guard(r.srv, r.limits(w.Directives, wait), ScopeTransaction)...)...)
	if err != nil {
		r.rollback(ctx)
		return r.m.describe("begin transaction", err)
	}
	check, err := r.checkCommit(ctx, w, part)
	if err != nil {
		r.rollback(ctx)
		return err
	}
	e, err := do()
	if err == nil {
		err = check(ctx)
	}
	if err == nil {
		err = r.commit(ctx, w, e)
	}
	if err != nil {
		r.rollback(ctx)
		return err
	}
	r.written(e)
	return nil
}

// checkCommit returns what to check before COMMIT after a span of statements.
func (r *run) checkCommit(ctx context.Context, w *work, part span) (func(context.Context) error, error) {
	none := func(context.Context) error { return nil }
	c, ok := r.m.dialect.(CommitChecker)
	if !ok {
		return none, nil
	}
	var settings []sqltext.Statement
	for i, st := range w.statements[:part.from] {
		if w.traits[i].Session {
			settings = append(settings, st.Statement)
		}
	}
	check, err := c.CheckCommit(ctx, r.conn, settings)
	if err != nil || check == nil {
		return none, err
	}
	return func(ctx context.Context) error {
		if err := check(ctx); err != nil {
			return &StatementError{File: w.Path, Err: err}
		}
		return nil
	}, nil
}

func (r *run) commit(ctx context.Context, w *work, e *Entry) error {
	if w.dirty() && r.ledger.sql.Regain != "" {
		if err := r.exec(ctx, r.ledger.sql.Regain); err != nil {
			return r.m.describe("return to the runner's role", err)
		}
	}
	r.m.emit(EntryWriting{*e})
	if err := r.ledger.insert(ctx, r.conn, e); err != nil {
		return err
	}
	if err := r.exec(ctx, "COMMIT"); err != nil {
		return &StatementError{File: w.Path, Err: r.m.describe("commit", err)}
	}
	return nil
}

func (r *run) exec(ctx context.Context, statements ...string) error {
	for _, s := range statements {
		if _, err := r.conn.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// timed runs a statement under the timeouts it gives itself.
func (r *run) timed(ctx context.Context, s Step, w *work, i, attempt int, wait time.Duration, scope Scope) error {
	d := w.statements[i].directives
	if !d.isTimed() {
		return r.statement(ctx, s, w, i, attempt)
	}
	limits := r.limits(w.Directives, wait)
	if err := r.exec(ctx, r.m.dialect.Guard(r.srv, limits.overlaid(d, r.m.options.ShortLockTimeout), scope)...); err != nil {
		return r.m.describe("set timeouts", err)
	}
	if err := r.statement(ctx, s, w, i, attempt); err != nil {
		return err
	}
	if err := r.exec(ctx, r.m.dialect.Guard(r.srv, limits.restored(), scope)...); err != nil {
		return r.m.describe("set timeouts", err)
	}
	return nil
}

// statement sends statement i and reports it.
func (r *run) statement(ctx context.Context, s Step, w *work, i, attempt int) error {
	return r.reported(ctx, s, w, i, attempt, func(command string) error {
		_, err := r.conn.ExecContext(ctx, command)
		return err
	})
}

// reported sends the commands of statement i, and reports it.
func (r *run) reported(ctx context.Context, s Step, w *work, i, attempt int, send func(command string) error) error {
	st := &w.statements[i]
	at := StatementPoint{Step: s, Number: i + 1, Pos: st.Pos, Summary: summary(st.written), Written: st.written}
	if err := r.observe(ctx, at); err != nil {
		return r.statementError(w, i, err)
	}
	started := r.m.options.Now()
	r.m.emit(StatementStarted{s, i + 1, i + 1, at.Summary, attempt})
	for command, err := range r.m.reader.Commands(st.Statement) {
		if err == nil {
			err = send(command)
		}
		if err != nil {
			return r.statementError(w, i, err)
		}
	}
	at.After, at.Duration = true, r.m.options.Now().Sub(started)
	r.m.emit(StatementFinished{s, i + 1, i + 1, at.Duration})
	if err := r.observe(ctx, at); err != nil {
		return r.statementError(w, i, err)
	}
	return nil
}

func (r *run) observe(ctx context.Context, at StatementPoint) error {
	if r.m.options.Observe == nil {
		return nil
	}
	return r.m.options.Observe(ctx, r.conn, at)
}
