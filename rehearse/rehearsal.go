package rehearse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// rehearsal is the work of one Run.
type rehearsal struct {
	dialect Dialect
	set     *lockstep.Set
	open    func(context.Context) (*Scratch, error)
	o       Options
	report  *Report

	versioned *lockstep.Set // without repeatables, which run once all others have
	scratch   *Scratch
	migrator  *lockstep.Migrator
	meter     *meter // nil where the dialect cannot measure
	measured  *lockstep.Migrator
	server    lockstep.Server
	at        int                 // how many migrations are applied
	rowsStay  bool                // rows that were planted cannot be deleted
	filled    map[schema.ID]int64 // rows of tables that were filled
	now       *schema.Schema      // what the database has; nil: not known
}

func (r *rehearsal) run(ctx context.Context) error {
	var err error
	if r.versioned, err = lockstep.NewSet(r.set.Migrations()...); err != nil {
		return err
	}
	if err := r.begin(ctx); err != nil {
		return err
	}
	all := r.set.Migrations()
	for r.at < len(all) {
		if !r.o.Which(all[r.at]) {
			if ok, err := r.skip(ctx); !ok || err != nil {
				return err
			}
			continue
		}
		if ok, err := r.rehearse(ctx, all[r.at]); !ok || err != nil {
			return err
		}
	}
	return r.finish(ctx)
}

// begin opens a new scratch database.
func (r *rehearsal) begin(ctx context.Context) error {
	var err error
	if r.scratch, err = r.open(ctx); err != nil {
		return err
	}
	r.at, r.now, r.filled = 0, nil, nil
	if r.server, err = r.dialect.Probe(ctx, r.scratch.DB); err != nil {
		return err
	}
	r.report.Server = serverName(r.server)
	if r.migrator, err = lockstep.New(r.scratch.DB, r.dialect, r.versioned, r.o.Run); err != nil {
		return err
	}
	r.measured, r.meter = r.migrator, nil
	if m, ok := r.dialect.(lockstep.Meter); ok || r.o.Rows != nil {
		r.meter = &meter{source: m, server: r.server, rows: r.rowsOf}
		o := r.o.Run
		o.Observe = r.meter.observe
		r.measured, err = lockstep.New(r.scratch.DB, r.dialect, r.versioned, o)
	}
	return err
}

// remove removes the scratch database, if there is one.
func (r *rehearsal) remove() error {
	if r.scratch == nil {
		return nil
	}
	s := r.scratch
	r.scratch = nil
	return s.Remove()
}

// skip applies the migrations up to the next one that is to be rehearsed. It
// reports whether that worked.
func (r *rehearsal) skip(ctx context.Context) (bool, error) {
	all := r.set.Migrations()
	n := r.at
	for n < len(all) && !r.o.Which(all[n]) {
		n++
	}
	r.tell(StageApply, r.at)
	done, err := r.up(ctx, r.migrator, n-r.at)
	r.report.Applied += len(done.Done)
	r.now = nil
	if err == nil || isEnd(ctx, err) {
		return err == nil, err
	}
	failed := newResult(all[min(r.at, len(all)-1)])
	failed.fail(StageUp, err)
	r.end(failed, r.at)
	r.report.Left = append(r.report.Left, idsOf(all[r.at+1:])...)
	return false, nil
}

// up applies n migrations and counts what was done.
func (r *rehearsal) up(ctx context.Context, m *lockstep.Migrator, n int) (*lockstep.Result, error) {
	done, err := m.Run(ctx, lockstep.Target{Direction: lockstep.Up, Steps: n})
	r.at += len(done.Done)
	return done, err
}

// rehearse rehearses one migration. It reports whether what follows can run.
func (r *rehearsal) rehearse(ctx context.Context, m *lockstep.Migration) (bool, error) {
	place := r.at
	result := newResult(m)
	before, err := r.inspect(ctx)
	if err != nil {
		return false, err
	}
	if err := r.fill(ctx, place, before); err != nil {
		return false, err
	}
	r.tell(StageUp, place)
	done, err := r.up(ctx, r.measured, 1)
	result.Up, result.Statements = r.meter.take(took(done))
	if err != nil {
		if isEnd(ctx, err) {
			return false, err
		}
		result.fail(StageUp, err)
		r.end(result, place)
		r.report.Left = append(r.report.Left, idsOf(r.set.Migrations()[place+1:])...)
		return false, nil
	}
	r.now = nil
	after, err := r.inspect(ctx)
	if err != nil {
		return false, err
	}
	if err := r.wayBack(ctx, &result, place, before, after); err != nil {
		return false, err
	}
	r.end(result, place)
	return true, nil
}

// wayBack runs the down and the second up, and leaves the database as it was
// after the first up.
func (r *rehearsal) wayBack(ctx context.Context, result *Result, place int, before, after *schema.Schema) error {
	if result.DownFile == "" {
		result.Verdict = Irreversible
		return nil
	}
	rows := r.plant(ctx, before, after)
	lasting := r.digest(ctx, before, after)
	went, err := r.down(ctx, result, place, after, rows)
	if !went || err != nil {
		return err
	}
	if result.RowsErr != nil { // it went in another database, without rows
		lasting = &digests{}
	}
	if err := r.compare(ctx, result, StageDown, before); err != nil {
		return err
	}
	if r.rowsStay { // they might be in the way of the second up, which is not its fault
		return r.startOver(ctx, place, after)
	}
	r.tell(StageAgain, place)
	done, err := r.up(ctx, r.migrator, 1)
	result.Again = took(done)
	switch {
	case isEnd(ctx, err):
		return err
	case err != nil && result.Verdict == Differs: // as was to be expected
		result.FailedAt, result.Err = StageAgain, err
		return r.startOver(ctx, place, after)
	case err != nil:
		result.fail(StageAgain, err)
		return r.startOver(ctx, place, after)
	}
	result.Lost = append(result.Lost, r.survived(ctx, lasting)...)
	if err := r.compare(ctx, result, StageAgain, after); err != nil {
		return err
	}
	if len(schema.Compare(after, r.now)) > 0 {
		return r.startOver(ctx, place, after)
	}
	return nil
}

// down runs the down with rows in the tables, and where it fails then, without.
// It reports whether it went, and the rows are out again.
func (r *rehearsal) down(ctx context.Context, result *Result, place int, after *schema.Schema, rows *seeds) (bool, error) {
	r.tell(StageDown, place)
	done, err := r.migrator.Run(ctx, lockstep.Target{Direction: lockstep.Down, Steps: 1})
	result.Down = took(done)
	var oneWay *lockstep.IrreversibleError
	switch {
	case isEnd(ctx, err):
		return false, err
	case errors.As(err, &oneWay):
		result.Verdict = Irreversible
		if !rows.remove(ctx) {
			err = r.fresh(ctx, place, after)
		} else {
			err = nil
		}
		return false, err
	case err != nil && len(rows.tables)+len(r.filled) > 0:
		result.RowsErr = err
		if err := r.fresh(ctx, place, after); err != nil {
			return false, err
		}
		return r.down(ctx, result, place, after, &seeds{})
	case err != nil:
		result.RowsErr = nil // it is not for the rows
		result.fail(StageDown, err)
		return false, r.startOver(ctx, place, after)
	}
	r.at--
	result.Lost = rows.losses(ctx)
	r.rowsStay = !rows.remove(ctx)
	return true, nil
}

// startOver brings a new database to where this one should be: behind the
// migration at place.
func (r *rehearsal) startOver(ctx context.Context, place int, after *schema.Schema) error {
	if place+1 == len(r.set.Migrations()) && len(r.set.Repeatables()) == 0 {
		r.at, r.now = place+1, after // nothing follows
		return nil
	}
	return r.fresh(ctx, place, after)
}

// fresh is startOver also where nothing follows.
func (r *rehearsal) fresh(ctx context.Context, place int, after *schema.Schema) error {
	if err := r.remove(); err != nil {
		return err
	}
	r.tell(StageFresh, place)
	if err := r.begin(ctx); err != nil {
		return err
	}
	if _, err := r.up(ctx, r.migrator, place+1); err != nil {
		return fmt.Errorf("apply again what went before: %w", err)
	}
	r.now = after
	return nil
}

// compare inspects and adds what differs from want.
func (r *rehearsal) compare(ctx context.Context, result *Result, stage Stage, want *schema.Schema) error {
	r.now = nil
	got, err := r.inspect(ctx)
	if err != nil {
		return err
	}
	told := map[schema.ID]bool{} // what a down left is there after the second up too
	for _, d := range result.Differences {
		told[d.ID] = true
	}
	for _, d := range schema.Compare(want, got) {
		if !told[d.ID] {
			result.Differences = append(result.Differences, Difference{stage, d.ID, d.Before, d.After})
		}
	}
	result.judge()
	return nil
}

// judge finds the verdict from the differences.
func (r *Result) judge() {
	r.Verdict = Identical
	defer func() {
		if r.Verdict != Differs && len(r.Lost) > 0 {
			r.Verdict = LosesRows
		}
	}()
	for _, d := range r.Differences {
		if !(schema.Difference{ID: d.ID, Before: d.Before, After: d.After}).OrderOnly() {
			r.Verdict = Differs
			return
		}
		r.Verdict = OrderOnly
	}
}

func (r *Result) fail(at Stage, err error) {
	r.Verdict, r.FailedAt, r.Err = Failed, at, err
}

// inspect returns the schema of the scratch database, read at most once
// between changes.
func (r *rehearsal) inspect(ctx context.Context) (*schema.Schema, error) {
	if r.now != nil {
		return r.now, nil
	}
	conn, err := r.scratch.DB.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("inspect the scratch database: %w", err)
	}
	defer func() { _ = conn.Close() }() // gives it back
	s, err := r.dialect.Inspect(ctx, conn, r.server, r.o.Scope)
	if err != nil {
		return nil, fmt.Errorf("inspect the scratch database: %w", err)
	}
	r.now = s.Without(r.o.Ignore)
	return r.now, nil
}

// finish applies the repeatable migrations and takes the fingerprint.
func (r *rehearsal) finish(ctx context.Context) error {
	if err := r.repeatables(ctx); err != nil || r.report.Failure() != nil {
		return err
	}
	s, err := r.inspect(ctx)
	if err != nil {
		return err
	}
	r.report.Fingerprint = s.Fingerprint()
	return nil
}

func (r *rehearsal) repeatables(ctx context.Context) error {
	if len(r.set.Repeatables()) == 0 {
		return nil
	}
	m, err := lockstep.New(r.scratch.DB, r.dialect, r.set, r.o.Run)
	if err != nil {
		return err
	}
	r.now = nil
	done, err := m.Up(ctx)
	if isEnd(ctx, err) {
		return err
	}
	for i, rep := range r.set.Repeatables() {
		result := newResult(rep)
		switch {
		case i < len(done.Done):
			result.Verdict, result.Up = Applied, done.Done[i].Duration
		case i == len(done.Done):
			result.fail(StageUp, err)
		default:
			r.report.Left = append(r.report.Left, rep.ID())
			continue
		}
		r.end(result, r.at-1)
	}
	return nil
}

// end adds a result to the report.
func (r *rehearsal) end(result Result, place int) {
	r.report.Results = append(r.report.Results, result)
	r.o.Watch(Event{Stage: StageDone, Migration: result.ID(), Number: place + 1, Of: len(r.set.Migrations()), Result: &result})
}

func (r *rehearsal) tell(stage Stage, place int) {
	all := r.set.Migrations()
	r.o.Watch(Event{Stage: stage, Migration: all[place].ID(), Number: place + 1, Of: len(all)})
}

func newResult(m *lockstep.Migration) Result {
	r := Result{Version: m.Version, Name: m.Name, Kind: m.Kind, File: m.Up.Path}
	if m.Down != nil {
		r.DownFile = m.Down.Path
	}
	return r
}

// took returns how long the scripts of a run took, without locks and ledger.
func took(r *lockstep.Result) time.Duration {
	var d time.Duration
	for _, s := range r.Done {
		d += s.Duration
	}
	return d
}
