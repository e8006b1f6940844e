// Package synth fills the tables of a scratch database with made-up rows, so
// that what takes 50 ms on empty tables is seen as what it is on full ones.
//
// Rows satisfy types, NOT NULL, checks of usual forms, unique keys and foreign
// keys. They are made on the server, by INSERT … SELECT over a row of numbers:
// every value is an expression of its row's number, and no row travels. The
// same seed makes the same rows. What a table cannot be given is told by the
// name of what stands in the way, and the table is left with fewer rows.
//
// It knows no dialect, changes no schema and looks at no real data: what it
// makes looks like nothing but its types.
package synth

import (
	"context"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// Dialect is a dialect that can make rows. Those of this module can. An
// expression over k gives different values for different k from 0 on.
type Dialect interface {
	lockstep.Dialect
	// Numbers returns a query of one column, n: the integers from first to last.
	Numbers(srv lockstep.Server, first, last int64) string
	// Made returns the expression of a value of a class, which is one of the
	// Class constants, for a column of type typ. What k is, and width, the
	// constants tell.
	Made(srv lockstep.Server, class, typ, k string, width int) string
	// Concat returns the expression of texts put together.
	Concat(parts ...string) string
	// InsertRows returns the statement that inserts what query returns; with
	// skip it leaves out rows whose key is there already. columns are quoted.
	InsertRows(table string, columns []string, query string, skip bool) string
	// Partition tells how a table takes part: skip means that it has no rows of
	// its own; condition, "" if there is none, is what rows must satisfy so that
	// a partition takes them.
	Partition(ctx context.Context, q lockstep.Querier, s *schema.Schema, table schema.Fact) (condition string, skip bool, err error)
	// Filled returns the statements to run when a table has got its rows:
	// positions of sequences, statistics.
	Filled(s *schema.Schema, table schema.Fact) []string
	// Unchecked returns the statements around inserts into tables that refer to
	// each other, so that foreign keys are not checked, or at the end only.
	Unchecked() (before, after []string)
}

// Options tunes Fill.
type Options struct {
	// Rows tells how many rows a table is to have. Required.
	Rows func(schema.ID) int64
	// Seed decides about the values. Default 0, which is a seed like others.
	Seed uint64
	// Batch is how many rows one statement inserts. Default 50,000.
	Batch int64
	// Watch is told after each batch how many rows a table has got so far.
	// Default nobody is told.
	Watch func(table schema.ID, rows, of int64)
}

const defaultBatch = 50_000

// Table is what one table got.
type Table struct {
	ID       schema.ID     `json:"table"`
	Of       *schema.ID    `json:"partitionOf,omitempty"` // the table that it is in the end a partition of
	Wanted   int64         `json:"wanted"`
	Rows     int64         `json:"rows"`             // that it has now
	Added    int64         `json:"added"`            // of these, by this call
	Duration time.Duration `json:"duration"`         // nanoseconds, of adding them
	Reason   string        `json:"reason,omitempty"` // why there are fewer than wanted
}

// PerSecond returns how many rows were added in a second, 0 if none were.
func (t Table) PerSecond() int64 {
	if t.Added == 0 || t.Duration <= 0 {
		return 0
	}
	return int64(float64(t.Added) / t.Duration.Seconds())
}

// Fill adds rows to the tables of s, parents first, until each has as many as
// it should. It returns one Table for each table that should have some, in the
// order in which they were filled. The error is about the connection or ctx;
// what is wrong with a table stands in its Reason. conn is left with no
// temporary tables.
func Fill(ctx context.Context, conn lockstep.Querier, d Dialect, srv lockstep.Server, s *schema.Schema, o Options) ([]Table, error) {
	if o.Batch <= 0 {
		o.Batch = defaultBatch
	}
	if o.Watch == nil {
		o.Watch = func(schema.ID, int64, int64) {}
	}
	f := &filler{q: conn, d: d, srv: srv, s: s, o: o, tables: map[schema.ID]*table{}}
	if err := f.read(ctx); err != nil {
		return nil, err
	}
	err := f.run(ctx)
	return f.done, err
}
