// Package rehearse runs migrations up, down and up again in a database that
// is made for it and removed afterwards, and compares the schema after each
// with the one before: what a down forgets (an index, a default, a comment, a
// label of an enum) is named.
//
// It knows no dialect and makes no database: both are handed in. It judges
// nothing but whether a way back leads back; that the scratch database is like
// the real one is its maker's business.
package rehearse

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// Dialect is a dialect that can read schemas. Those of this module can.
type Dialect interface {
	lockstep.Dialect
	// Inspect reads the schema of the database behind q.
	Inspect(ctx context.Context, q lockstep.Querier, srv lockstep.Server, scope schema.Scope) (*schema.Schema, error)
}

// Scratch is an empty database that belongs to the rehearsal.
type Scratch struct {
	DB *sql.DB
	// Remove closes DB and removes the database. It is called once, also when
	// the rehearsal's context has ended.
	Remove func() error
}

// Options tunes a rehearsal.
type Options struct {
	// Run is how migrations run. Its ledger must have a name that means a table
	// inside the scratch database. Default as in package lockstep.
	Run lockstep.Options
	// Which tells which versioned migrations are rehearsed; the others are
	// simply applied. Default all.
	Which func(*lockstep.Migration) bool
	// Scope is the part of the schema that counts. The ledger never does.
	// Default all.
	Scope schema.Scope
	// Ignore tells what does not count in comparisons. Default nothing.
	Ignore schema.Ignore
	// Rows tells with how many made-up rows a table is to be filled before each
	// rehearsed migration; the dialect must be a [Filler]. Default nil: tables
	// stay as migrations leave them, but for a few rows while a down runs.
	Rows func(table schema.ID) int64
	// Seed decides about the rows' values. Default 0.
	Seed uint64
	// Watch is told what happens, from one goroutine. Default nobody is told.
	Watch func(Event)
}

// Event is something that happens during a rehearsal.
type Event struct {
	Stage     Stage
	Migration string  // version and name; "" if it is about none
	Number    int     // of the migration among all of the set, from 1
	Of        int     // versioned migrations in the set
	Result    *Result // at StageDone
	Table     string  // at StageFill: which one
	Rows, All int64   // at StageFill: how many rows it has got, of how many
}

// Stage is a part of a migration's rehearsal.
type Stage string

// The stages.
const (
	StageApply Stage = "apply" // migrations that are not rehearsed run
	StageFill  Stage = "fill"  // tables are filled with rows
	StageUp    Stage = "up"    // the first up
	StageDown  Stage = "down"
	StageAgain Stage = "again" // the second up
	StageFresh Stage = "fresh" // what went before is applied in a new database, since a way back led astray
	StageDone  Stage = "done"  // the migration's rehearsal has ended
)

// Run rehearses the set in databases that open makes: one, and another each
// time a down has led astray. Repeatable migrations are applied at the end. What
// is wrong with migrations stands in the report; an error says that it could
// not be found out. The report is never nil, and holds what was found until then.
func Run(ctx context.Context, d Dialect, set *lockstep.Set, open func(context.Context) (*Scratch, error), o Options) (*Report, error) {
	started := time.Now()
	r := &rehearsal{dialect: d, set: set, open: open, o: o.withDefaults(), report: &Report{Results: []Result{}, Left: []string{}}}
	err := r.run(ctx)
	if removed := r.remove(); err == nil {
		err = removed
	}
	r.report.Duration = time.Since(started)
	return r.report, err
}

func (o Options) withDefaults() Options {
	if o.Which == nil {
		o.Which = func(*lockstep.Migration) bool { return true }
	}
	if o.Watch == nil {
		o.Watch = func(Event) {}
	}
	o.Scope.Except = slices.Concat(o.Scope.Except, o.Run.Ledger.Tables())
	return o
}
