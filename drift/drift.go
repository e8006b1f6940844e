package drift

import (
	"context"
	"fmt"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/schema/diff"
)

// Dialect is what is asked of a kind of database. The dialects of this module
// satisfy it.
type Dialect interface {
	diff.Dialect
	// Inspect reads the schema behind q.
	Inspect(ctx context.Context, q lockstep.Querier, srv lockstep.Server, scope schema.Scope) (*schema.Schema, error)
}

// Rereader is an optional role of a dialect whose facts depend on who reads.
type Rereader interface {
	// Reread returns live as the user who read the recorded schema would have
	// read it, as far as that can be told.
	Reread(recorded, live *schema.Schema) *schema.Schema
}

// Options tunes a check. The zero value counts everything.
type Options struct {
	// Ignore is what does not count. Default nothing.
	Ignore schema.Ignore
	// Now is the clock, for the end of acceptances. Default time.Now.
	Now func() time.Time
}

// Report is what a check found.
type Report struct {
	Recorded    *lockstep.RecordedSchema // what the ledger says
	Expected    *schema.Schema           // the schema it should have, with what was accepted
	Live        *schema.Schema           // the schema it has
	Differences []schema.Difference      // from expected to live, sorted; nil if there is no drift
	Accepted    []Accepted               // differences that do not count, because somebody accepted them
	Expired     []Accepted               // those that count again
}

// Accepted is a difference that a person accepted.
type Accepted struct {
	schema.Difference
	By lockstep.AcceptedDrift
}

// Check compares. The database behind q is the one that m was made for. The
// error is [lockstep.ErrNoSchema] where the ledger does not hold the schema.
func Check(ctx context.Context, m *lockstep.Migrator, q lockstep.Querier, d Dialect, o Options) (*Report, error) {
	recorded, err := m.RecordedSchema(ctx)
	if err != nil {
		return nil, err
	}
	expected, err := schema.Parse(recorded.Facts)
	if err != nil {
		return nil, fmt.Errorf("read the recorded schema: %w", err)
	}
	srv, err := m.Server(ctx)
	if err != nil {
		return nil, err
	}
	live, err := d.Inspect(ctx, q, srv, schema.Scope{Except: m.Tables()})
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	if reader, ok := d.(Rereader); ok {
		live = reader.Reread(expected, live)
	}
	unread := live.Unread()
	r := &Report{Recorded: recorded, Expected: expected.Without(o.Ignore).Without(unread), Live: live.Without(o.Ignore).Without(unread)}
	now := time.Now
	if o.Now != nil {
		now = o.Now
	}
	return r, r.compare(now().UTC().Format(time.DateOnly))
}

// compare tells new differences from accepted ones. What was accepted counts as
// expected.
func (r *Report) compare(today string) error {
	accepted, err := acceptances(r.Recorded.Accepted)
	if err != nil {
		return err
	}
	for _, d := range schema.Essential(schema.Compare(r.Expected, r.Live)) {
		by := accepted.of(d)
		switch {
		case by == nil:
			r.Differences = append(r.Differences, d)
		case by.Expires != "" && by.Expires < today:
			r.Differences = append(r.Differences, d)
			r.Expired = append(r.Expired, Accepted{d, *by})
		default:
			r.Accepted = append(r.Accepted, Accepted{d, *by})
		}
	}
	if len(r.Accepted) > 0 {
		r.Expected, err = with(r.Expected, r.Accepted)
	}
	return err
}

// with returns a schema in which the differences have happened.
func with(s *schema.Schema, accepted []Accepted) (*schema.Schema, error) {
	after := map[schema.ID]*schema.Fact{}
	var facts []schema.Fact
	for _, a := range accepted {
		after[a.ID] = a.After
		if a.After != nil {
			facts = append(facts, *a.After)
		}
	}
	for _, f := range s.Facts() {
		if _, changed := after[f.ID]; !changed {
			facts = append(facts, f)
		}
	}
	return schema.New(facts, s.Unknown()...)
}

// Made returns the changes that lead from the expected schema to the one that
// is there: what somebody did.
func (r *Report) Made(d diff.Dialect) (*diff.Result, error) {
	return diff.Diff(r.Expected, r.Live, d, diff.Options{})
}

// Undo returns the changes that lead back.
func (r *Report) Undo(d diff.Dialect) (*diff.Result, error) {
	return diff.Diff(r.Live, r.Expected, d, diff.Options{})
}
