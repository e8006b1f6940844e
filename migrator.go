package lockstep

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/lockstepdb/lockstep/sqltext"
)

// Migrator brings one database to the state of a Set. It is safe for
// concurrent use; runs of one database exclude each other by the lock.
type Migrator struct {
	db      *sql.DB
	dialect Dialect
	reader  ScriptReader
	set     *Set
	options Options
	ledger  *ledger
}

// New binds a set to a database. It uses no connection. The pool must be able
// to give two connections at a time, except for SQLite.
func New(db *sql.DB, d Dialect, set *Set, o Options) (*Migrator, error) {
	switch {
	case db == nil:
		return nil, errors.New("new migrator: db is nil")
	case d == nil:
		return nil, errors.New("new migrator: dialect is nil")
	case set == nil:
		return nil, errors.New("new migrator: set is nil")
	}
	reader, ok := d.(ScriptReader)
	if !ok {
		return nil, fmt.Errorf("new migrator: dialect %s cannot read scripts", d.Name())
	}
	o = o.withDefaults()
	return &Migrator{db: db, dialect: d, reader: reader, set: set, options: o, ledger: newLedger(d, o.Ledger)}, nil
}

// Set returns the migrations the Migrator was made with.
func (m *Migrator) Set() *Set { return m.set }

// Server probes the server.
func (m *Migrator) Server(ctx context.Context) (Server, error) {
	srv, err := m.dialect.Probe(ctx, m.db)
	if err != nil {
		return srv, m.describe("connect", err)
	}
	return srv, nil
}

func (m *Migrator) describe(doing string, err error) error {
	return describe(m.dialect, doing, "", err)
}

// Plan computes what reaching the target would do. It only reads, takes no
// lock, and costs one round trip when there is nothing to do. Every script
// that would run is read and checked; the error is a *FilesError,
// *HistoryError or *IrreversibleError where files or history are at fault.
func (m *Migrator) Plan(ctx context.Context, t Target) (*Plan, error) {
	if t == (Target{}) || t == (Target{Direction: Up}) {
		if p, err := m.nothingToDo(ctx); p != nil || err != nil {
			return p, err
		}
	}
	srv, err := m.Server(ctx)
	if err != nil {
		return nil, err
	}
	entries, err := m.ledger.entries(ctx, m.db)
	if err != nil {
		return nil, err
	}
	return m.planFrom(ctx, srv, foldEntries(entries), t)
}

// nothingToDo answers from the ledger's newest entry alone: its digest is the
// set's exactly when everything is applied as it is on disk.
func (m *Migrator) nothingToDo(ctx context.Context) (*Plan, error) {
	head, err := m.ledger.head(ctx, m.db)
	if err != nil {
		return nil, err
	}
	if head == nil || head.SetDigest != m.set.digest().String() {
		return nil, nil
	}
	p := &Plan{
		Format: planFormat, Direction: Up, HeadSeq: head.Seq, HeadChain: head.Chain,
		Applied: len(m.set.versioned), Created: m.options.Now().UTC(), Steps: []Step{},
	}
	p.seal()
	return p, nil
}

// UpToDate reports whether exactly the set with this [Set.Digest] is applied,
// from the ledger's newest entry alone: one round trip, nothing is written, no
// lock is taken, and no file is needed. The zero table is the default one.
func UpToDate(ctx context.Context, q Querier, d Dialect, t LedgerTable, digest string) (bool, error) {
	t.Name = cmp.Or(t.Name, defaultLedgerName)
	return newLedger(d, t).holds(ctx, q, digest)
}

func (m *Migrator) planFrom(ctx context.Context, srv Server, h *history, t Target) (*Plan, error) {
	p, err := computePlan(m.set, h, t, m.sameMeaning(srv.Lexer))
	if err != nil {
		return nil, m.withTexts(ctx, err)
	}
	p.Created = m.options.Now().UTC()
	if err := m.prepare(ctx, srv, p); err != nil {
		return nil, err
	}
	p.seal()
	return p, nil
}

// sameMeaning compares what the server reads of a changed file with what it
// read when the file was applied.
func (m *Migrator) sameMeaning(o sqltext.Options) func(*Migration, *record) bool {
	return func(mg *Migration, r *record) bool {
		if mg.Go != nil || r.tokens == "" {
			return false
		}
		text, err := mg.Up.Text()
		return err == nil && tokenDigest(text, o) == r.tokens
	}
}

// prepare reads the scripts of a plan's steps, all faults together, and
// chooses their strategies.
func (m *Migrator) prepare(ctx context.Context, srv Server, p *Plan) error {
	var faults []Fault
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Strategy == StrategyRecord {
			continue
		}
		if err := m.findScript(ctx, m.db, p.history, s); err != nil {
			return err
		}
		if s.migration != nil && s.migration.Go != nil {
			s.Strategy, s.Statements = goStrategy(s), 1
			continue
		}
		script, more := m.readStep(srv, s)
		faults = append(faults, more...)
		if s.Direction == Up && s.migration != nil && s.migration.Down != nil {
			_, more := s.migration.Down.read(srv.Lexer)
			faults = append(faults, more...)
		}
		if len(more) == 0 && s.Resuming {
			if err := script.checkResume(p.history.records[s.key()].progress, s); err != nil {
				return err
			}
		}
	}
	if len(faults) > 0 {
		return &FilesError{faults}
	}
	return nil
}

func goStrategy(s *Step) Strategy {
	g := s.migration.Go
	if (s.Direction == Up && g.UpTx != nil) || (s.Direction == Down && g.DownTx != nil) {
		return StrategyTransaction
	}
	return StrategyStatements
}

// readStep splits a step's script and fills in how it will run.
func (m *Migrator) readStep(srv Server, s *Step) (*work, []Fault) {
	parsed, faults := s.script.read(srv.Lexer)
	if len(faults) > 0 {
		return nil, faults
	}
	if len(parsed.statements) == 0 {
		return nil, []Fault{noStatement(s.script.Path)}
	}
	if f := missingVar(parsed.Script, m.options.Vars); f != nil {
		return nil, []Fault{*f}
	}
	w, fault := m.layOut(srv, parsed, s)
	if fault != nil {
		return nil, []Fault{*fault}
	}
	s.Checksum, s.Strategy, s.Why, s.Statements = w.Checksum, w.strategy, w.why, len(parsed.statements)
	return w, nil
}

// findScript makes sure that a step has a script: the file's, or for downs the
// one the ledger kept when the migration was applied.
func (m *Migrator) findScript(ctx context.Context, q Querier, h *history, s *Step) error {
	if s.migration != nil && s.migration.Go != nil && s.script != nil {
		return nil
	}
	if s.script == nil && s.Direction == Down && s.migration == nil {
		r := h.records[s.key()]
		e, err := m.storedTexts(ctx, q, r)
		if err != nil {
			return err
		}
		if e != nil && e.DownText != "" {
			script := NewScript(ledgerFile+":"+s.ID()+".down.sql", e.DownText, Directives{Retries: -1})
			script.Directives, _ = headDirectives(script.Path, e.DownText)
			s.script, s.Checksum = &script, script.Checksum
		}
	}
	if s.script == nil {
		return &IrreversibleError{Migration: s.ID(), File: s.File, Reason: "it has no down"}
	}
	if s.Direction == Down {
		return s.refuseEmptyDown(m.reader.Lexer())
	}
	return nil
}

// refuseEmptyDown refuses to revert by doing nothing.
func (s *Step) refuseEmptyDown(o sqltext.Options) error {
	text, err := s.script.Text()
	if err != nil {
		return err
	}
	statements, err := sqltext.Split(text, o)
	if err == nil && len(statements) == 0 {
		return &IrreversibleError{Migration: s.ID(), File: s.script.Path, Reason: "its down holds no statement, so nothing would be undone"}
	}
	return nil
}

// storedTexts reads the entry that applied a migration, with its texts.
func (m *Migrator) storedTexts(ctx context.Context, q Querier, r *record) (*Entry, error) {
	for e, err := range m.ledger.query(ctx, q, m.ledger.sql.Full, true) {
		if err != nil {
			return nil, err
		}
		if r != nil && e.Seq == r.seq {
			return e, nil
		}
	}
	return nil, nil
}

// withTexts adds the text the ledger kept to the differences of a HistoryError.
func (m *Migrator) withTexts(ctx context.Context, err error) error {
	var he *HistoryError
	if !errors.As(err, &he) {
		return err
	}
	if err := m.fillTexts(ctx, he.Differences); err != nil {
		return err
	}
	return he
}

func (m *Migrator) fillTexts(ctx context.Context, differences []Difference) error {
	wanted := map[key]*Difference{}
	for i := range differences {
		if d := &differences[i]; d.Kind == DiffChanged || d.Kind == DiffLayout {
			wanted[d.key] = d
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	for e, err := range m.ledger.query(ctx, m.db, m.ledger.sql.Full, true) {
		if err != nil {
			return err
		}
		if d := wanted[e.key()]; d != nil && e.Checksum == d.checksum && e.UpText != "" {
			d.Before = e.UpText
		}
	}
	for _, mg := range m.set.versioned {
		if d := wanted[mg.key()]; d != nil && mg.Go == nil {
			d.After, _ = mg.Up.Text() // a file that cannot be read shows no diff
		}
	}
	return nil
}

// Up applies everything that is pending. See Run.
func (m *Migrator) Up(ctx context.Context) (*Result, error) {
	return m.Run(ctx, Target{Direction: Up})
}

// Down reverts the last applied migration. See Run.
func (m *Migrator) Down(ctx context.Context) (*Result, error) {
	return m.Run(ctx, Target{Direction: Down, Steps: 1})
}

// Run plans and applies. When another run gets in between it plans again, when
// the connection breaks it finds out what happened and goes on, and while
// nobody may read (SQLite, during a large transaction) it waits as it does for
// another run. The result is never nil; it tells what was done also when err is
// not nil.
func (m *Migrator) Run(ctx context.Context, t Target) (*Result, error) {
	start := m.options.Now()
	total := &Result{}
	if t.Redo {
		t.Direction = Down
	}
	quick, begun := t == (Target{}) || t == (Target{Direction: Up}), false
	for attempt := 1; ; attempt++ {
		p, done, err := m.planUnlessDone(ctx, t, quick && !begun)
		if done {
			return total.finish(nil, m.options.Now().Sub(start)), nil
		}
		if err == nil && !p.Empty() {
			var r *Result
			begun = true
			r, err = m.Apply(ctx, p)
			total.add(r)
			t = t.after(r)
		}
		total.finish(p, m.options.Now().Sub(start))
		if err == nil {
			return total, nil
		}
		waits := total.Duration < m.options.LockWait && len(total.Done) == 0
		if (t.Redo && len(total.Done) > 0) || !m.again(ctx, err, attempt, begun, waits) {
			return total, err
		}
	}
}

// planUnlessDone plans, but for a quick look beforehand that tells most runs
// that nothing is left to do.
func (m *Migrator) planUnlessDone(ctx context.Context, t Target, quick bool) (p *Plan, done bool, err error) {
	if quick {
		if done, err := m.ledger.holds(ctx, m.db, m.set.Digest()); done || err != nil {
			return nil, done, err
		}
	}
	p, err = m.Plan(ctx, t)
	return p, false, err
}

func (r *Result) add(o *Result) {
	r.Done = append(r.Done, o.Done...)
	r.Waited += o.Waited
}

// after is what is left of a target when some of it was done.
func (t Target) after(r *Result) Target {
	if t.Steps > 0 && !t.Redo {
		t.Steps -= len(r.Done)
	}
	return t
}

func (r *Result) finish(p *Plan, d time.Duration) *Result {
	r.Duration = d
	if p != nil {
		r.Notes = p.Notes
	}
	return r
}

// again decides whether a run starts over after err. Before it has begun, a
// server that does not answer is the user's to know at once; one where nobody
// may read at the moment is waited for.
func (m *Migrator) again(ctx context.Context, err error, attempt int, begun, waits bool) bool {
	if ctx.Err() != nil {
		return false
	}
	if errors.Is(err, ErrPlanStale) {
		return attempt < 1000 // each time another run did something
	}
	if isKeptOut(err) {
		return waits && m.pause(ctx, err, attempt, lockPoll)
	}
	var de *DatabaseError
	lost := errors.Is(err, ErrLockLost) ||
		(errors.As(err, &de) && (de.Class == ErrorConnection || de.Class == ErrorUnknownTarget))
	if !lost || !begun || m.options.Retries < 0 || attempt > m.options.Retries {
		return false
	}
	return m.pause(ctx, err, attempt, min(time.Duration(attempt)*200*time.Millisecond, 3*time.Second))
}

// pause waits before a run starts over, and tells whether it may.
func (m *Migrator) pause(ctx context.Context, err error, attempt int, d time.Duration) bool {
	m.emit(Retrying{Err: err, Attempt: attempt + 1, Pause: d})
	return sleep(ctx, d) == nil
}

// isKeptOut tells that somebody else's lock kept a run from reading, before any
// of its own work was tried.
func isKeptOut(err error) bool {
	var de *DatabaseError
	return errors.As(err, &de) && de.Class == ErrorLockTimeout && !errors.As(err, new(*PartialError)) && !errors.As(err, new(*StatementError))
}

// History yields every entry of the ledger, oldest first, without texts.
func (m *Migrator) History(ctx context.Context) iter.Seq2[*Entry, error] {
	return m.ledger.query(ctx, m.db, m.ledger.sql.Entries, false)
}

// VerifyChain proves that the ledger is as it was written. It returns the
// number of entries; the error is a *ChainError for the first broken one.
func (m *Migrator) VerifyChain(ctx context.Context) (int64, error) {
	return m.ledger.verifyChain(ctx, m.db)
}

func (m *Migrator) emit(e Event) {
	for _, s := range m.options.Sinks {
		s.Receive(e)
	}
}

// sleep waits, or returns ctx's error.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
