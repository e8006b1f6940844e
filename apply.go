package lockstep

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"
)

// Apply carries out a plan. It holds the run's lock while it works and refuses
// with ErrPlanStale, before anything is done, when the ledger or a file moved
// since the plan was made. When ctx ends, a transaction is rolled back, a
// statement outside of one is finished and recorded, and Apply returns. The
// result is never nil.
func (m *Migrator) Apply(ctx context.Context, p *Plan) (*Result, error) {
	r := &run{m: m, plan: p, result: &Result{Notes: p.Notes}, start: m.options.Now()}
	r.redact = newRedactor(m.options.Vars)
	err := r.do(ctx)
	r.result.Duration = m.options.Now().Sub(r.start)
	m.emit(RunFinished{r.result, err})
	return r.result, err
}

// run is one Apply. It is used by one goroutine.
type run struct {
	m       *Migrator
	plan    *Plan
	srv     Server
	ledger  *ledger
	lock    RunLock
	conn    *sql.Conn // the session that works; nil after a script has used it
	guarded string    // the timeouts that were set in the session
	history *history
	wrote   bool // entries were written
	result  *Result
	start   time.Time
	redact  redactor
}

func (r *run) do(ctx context.Context) (err error) {
	if r.srv, err = r.m.Server(ctx); err != nil {
		return err
	}
	r.ledger = r.m.ledger.in(r.srv)
	r.m.emit(RunStarted{r.srv, r.plan})
	if r.plan.Empty() {
		return nil
	}
	defer r.close(ctx)
	if err := r.acquire(ctx); err != nil {
		return err
	}
	if err := r.begin(ctx); err != nil {
		return err
	}
	var before *schemaReading
	if r.plan.runsSomething() {
		before = r.readSchema(ctx)
	}
	err = r.runSteps(ctx)
	r.recordSchema(ctx, before)
	return err
}

func (r *run) runSteps(ctx context.Context) error {
	for i := range r.plan.Steps {
		if err := r.runStep(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// lockName is the same for all who share the ledger, whatever schema their
// sessions begin in.
func (t LedgerTable) lockName() string {
	if t.Schema == "" {
		return t.Name
	}
	return t.Schema + "." + t.Name
}

// in returns the ledger with its name completed, so that a script that moves
// to another schema does not lose it.
func (l *ledger) in(srv Server) *ledger {
	t := l.table
	t.Schema = cmp.Or(t.Schema, srv.Schema)
	return newLedger(l.dialect, t)
}

// close gives everything back, also when ctx has ended.
func (r *run) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	r.dropSession(ctx)
	if r.lock != nil {
		// The lock ends with its session in any case; the run's outcome stands.
		_ = r.lock.Release(ctx)
	}
}

const (
	lockPoll     = 25 * time.Millisecond
	holderReport = 2 * time.Second
)

// acquire takes the run's lock. While another run holds it, it watches the
// ledger too, and stops waiting when that run has done what this one wants.
func (r *run) acquire(ctx context.Context) error {
	start := r.m.options.Now()
	r.lock = r.m.dialect.Lock(r.m.db, r.srv, LockRequest{
		Name:   r.m.ledger.table.lockName(),
		Holder: Holder{Host: hostname(), PID: os.Getpid(), Since: start.UTC()},
	})
	var holder Holder
	for reported := -holderReport; ; {
		held, err := r.lock.Try(ctx)
		waited := r.m.options.Now().Sub(start)
		r.result.Waited = waited
		if err != nil {
			return r.m.describe("take the run's lock", err)
		}
		if held {
			r.m.emit(LockAcquired{waited})
			return nil
		}
		if waited-reported >= holderReport || waited >= r.m.options.LockWait {
			reported = waited
			holder = r.reportHolder(ctx, holder)
		}
		if waited >= r.m.options.LockWait {
			return &LockedError{holder, waited}
		}
		if err := r.standBy(ctx); err != nil {
			return err
		}
	}
}

func (r *run) reportHolder(ctx context.Context, before Holder) Holder {
	h, err := r.lock.Holder(ctx)
	if err != nil {
		return before // who it is does not matter to the wait
	}
	if h != before || h == (Holder{}) {
		r.m.emit(LockWaiting{h})
	}
	return h
}

// standBy waits one poll. It returns ErrPlanStale once the ledger shows what
// this run wants.
func (r *run) standBy(ctx context.Context) error {
	if err := sleep(ctx, lockPoll/2+rand.N(lockPoll)); err != nil {
		return err
	}
	if r.plan.Direction != Up || r.srv.SingleConnection {
		return nil
	}
	done, err := r.m.ledger.holds(ctx, r.m.db, r.m.set.Digest())
	if err == nil && done {
		return ErrPlanStale
	}
	if isKeptOut(err) {
		return nil // by the one that is waited for
	}
	return err
}

// begin opens the session, makes the ledger if it is missing and checks that
// the plan still holds.
func (r *run) begin(ctx context.Context) error {
	if err := r.openSession(ctx); err != nil {
		return err
	}
	if r.plan.HeadSeq == 0 {
		if err := r.ledger.create(ctx, r.conn); err != nil {
			return err
		}
	}
	head, err := r.m.ledger.head(ctx, r.conn)
	if err != nil {
		return err
	}
	if head == nil {
		head = &Entry{}
	}
	if head.Seq != r.plan.HeadSeq || head.Chain != r.plan.HeadChain {
		return ErrPlanStale
	}
	return r.resolve(ctx)
}

// resolve gives a plan that was read from a file its history and its scripts,
// by making it again: it must come out the same.
func (r *run) resolve(ctx context.Context) error {
	if r.history = r.plan.history; r.history != nil {
		return nil
	}
	entries, err := r.ledger.entries(ctx, r.conn)
	if err != nil {
		return err
	}
	r.history = foldEntries(entries)
	for i := range r.plan.Steps {
		s := &r.plan.Steps[i]
		want := *s
		c := &computation{set: r.m.set, history: r.history}
		*s = c.step(want.Direction, c.find(want.key()), want.key())
		s.Resume, s.Resuming, s.Strategy, s.Statements = want.Resume, want.Resuming, want.Strategy, want.Statements
		if err := r.m.findScript(ctx, r.conn, r.history, s); err != nil {
			return err
		}
		if s.Checksum == "" {
			parsed, faults := s.script.read(r.srv.Lexer)
			if len(faults) > 0 {
				return &FilesError{faults}
			}
			s.Checksum = parsed.Checksum
		}
		if s.Checksum != want.Checksum {
			return fmt.Errorf("%s: %w", s.File, ErrPlanStale)
		}
	}
	return nil
}

func (r *run) openSession(ctx context.Context) (err error) {
	if r.conn != nil {
		return nil
	}
	if r.conn, err = r.m.db.Conn(ctx); err != nil {
		return r.m.describe("connect", err)
	}
	if _, ok := r.m.dialect.(Beginner); !ok {
		return nil
	}
	// Where BEGIN itself waits for the write lock, the limit must be set before it.
	limits := Timeouts{Lock: r.m.options.LockTimeout}
	if err := r.exec(ctx, r.m.dialect.Guard(r.srv, limits, ScopeSession)...); err != nil {
		return r.m.describe("set timeouts", err)
	}
	return nil
}

// renewSession makes sure that nothing of the script before is left.
func (r *run) renewSession(ctx context.Context) {
	cleaner, ok := r.m.dialect.(SessionCleaner)
	if ok && r.conn != nil {
		if keep, err := cleaner.Clean(ctx, r.conn); err == nil && keep {
			return
		}
	}
	r.dropSession(ctx)
}

// dropSession closes the session rather than giving it back to the pool.
func (r *run) dropSession(context.Context) {
	if r.conn == nil {
		return
	}
	if !r.srv.SingleConnection {
		// ErrBadConn tells the pool to close the connection.
		_ = r.conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	_ = r.conn.Close() // already closed by Raw, or given back
	r.conn, r.guarded = nil, ""
}

// runStep carries out one step of the plan and reports it.
func (r *run) runStep(ctx context.Context, i int) error {
	s := r.plan.Steps[i]
	if err := ctx.Err(); err != nil {
		return r.partial(s, err)
	}
	r.m.emit(StepStarted{s, i + 1, len(r.plan.Steps)})
	start := r.m.options.Now()
	if err := r.openSession(ctx); err != nil {
		return err
	}
	err := r.carryOut(ctx, s)
	if err != nil {
		err = r.redact.error(err)
		r.m.emit(StepFailed{s, err})
		return r.partial(s, err)
	}
	d := r.m.options.Now().Sub(start)
	r.result.Done = append(r.result.Done, StepResult{s, d})
	r.m.emit(StepFinished{s, d})
	return nil
}

func (r *run) carryOut(ctx context.Context, s Step) error {
	if s.Strategy == StrategyRecord {
		return interrupted(ctx, r.adopt(ctx, s))
	}
	if s.migration != nil && s.migration.Go != nil {
		err := interrupted(ctx, r.runGo(ctx, s))
		r.recordFailure(context.WithoutCancel(ctx), s, err)
		return err
	}
	w, err := r.load(s)
	if err != nil {
		return err
	}
	if w.strategy == StrategyTransaction {
		err = r.runTransaction(ctx, s, w)
	} else {
		err = r.runStatements(ctx, s, w)
	}
	err = interrupted(ctx, err)
	r.recordFailure(context.WithoutCancel(ctx), s, err)
	if err != nil || w.dirty() || r.lendsSessions() && w.strategy == StrategyStatements {
		r.renewSession(context.WithoutCancel(ctx))
	}
	return err
}

// lendsSessions reports whether a pooler may give the session, with the
// timeouts that were set in it, to somebody else.
func (r *run) lendsSessions() bool {
	_, ok := r.m.dialect.(TextCleaner)
	return ok
}

// interrupted returns ctx's error when err is but the way a driver reports
// that ctx has ended.
func interrupted(ctx context.Context, err error) error {
	var de *DatabaseError
	if err == nil || ctx.Err() == nil || errors.Is(err, ctx.Err()) {
		return err
	}
	switch {
	case !errors.As(err, &de) || de.Class == ErrorConnection:
	case de.Class == ErrorCanceled: // the server's own word: it was rolled back
		return fmt.Errorf("stopped: %w: %w", ctx.Err(), err)
	case !de.IsRetryable():
		return err
	}
	return fmt.Errorf("stopped: %w", ctx.Err())
}

func (r *run) load(s Step) (*work, error) {
	text, err := s.script.Text()
	if err != nil {
		return nil, err
	}
	parsed, faults := s.script.parse(text, r.srv.Lexer)
	if len(faults) > 0 {
		return nil, &FilesError{faults}
	}
	if parsed.Checksum != s.Checksum {
		return nil, fmt.Errorf("%s: %w", s.File, ErrPlanStale)
	}
	if f := expandVars(parsed, r.m.options.Vars); f != nil {
		return nil, &FilesError{[]Fault{*f}}
	}
	w, fault := r.m.layOut(r.srv, parsed, &s)
	if fault != nil {
		return nil, &FilesError{[]Fault{*fault}}
	}
	return w, nil
}

// partial wraps a step's error with what was done before, once something was
// or may have been.
func (r *run) partial(s Step, err error) error {
	var stale bool
	if errors.Is(err, ErrPlanStale) {
		stale = true
	}
	rec := r.history.records[s.key()]
	begun := rec != nil && rec.progress != nil
	if stale && len(r.result.Done) == 0 && !begun {
		return err
	}
	pe := &PartialError{Failed: s, Err: err, Resumable: begun}
	if begun {
		pe.Applied = rec.progress.done
	}
	for _, d := range r.result.Done {
		pe.Done = append(pe.Done, d.Step)
	}
	return pe
}
