package lockstep

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// How a run changed the schema stands in the ledger as a difference of facts:
// the schema before it against the schema after it, so that what somebody
// changed by hand in between is never taken for a run's work. The facts are
// lines of text here; what they say is known to the dialect and to package
// schema.

// The marks before the lines of a recorded difference. A text that begins with
// markWhole holds the whole schema.
const (
	markWhole   = "="
	markAdded   = "+"
	markRemoved = "-"
)

// schemaReading is a schema as it was read at one moment.
type schemaReading struct {
	fingerprint string
	facts       []string
	continues   bool // the ledger knew the schema before it: all that is new is somebody's change
}

// addSchema notes what an entry says of the schema.
func (h *history) addSchema(e *Entry) {
	switch e.Event {
	case EntrySchema:
		h.schema, h.seen = e.Schema, true
	case EntryAccepted:
	case EntryFailed:
		if r := h.records[e.key()]; r != nil && r.progress != nil {
			h.seen = false
		} // otherwise nothing was kept of it
	case EntryRepaired:
		if e.Direction == RepairApplied || e.Direction == RepairReverted {
			h.seen = false // made by hand, and part of the history from now on
		}
	case EntryBaselined:
		if e.replaces() == nil { // else what it stands for has been seen
			h.seen = false
		}
	default:
		h.seen = false
	}
}

// readSchema reads the schema; nil where it cannot be read.
func (r *run) readSchema(ctx context.Context) *schemaReading {
	reader, ok := r.m.dialect.(SchemaReader)
	if !ok || r.ledger.sql.Schemas == "" || r.m.options.SkipSchema {
		return nil
	}
	o := &schemaReading{continues: r.history.seen}
	err := r.openSession(ctx)
	if err == nil {
		o.fingerprint, o.facts, err = reader.SchemaFacts(ctx, r.conn, r.srv, r.m.Tables())
	}
	if err != nil {
		if ctx.Err() == nil {
			r.m.emit(Noticed{Note: "the schema could not be read, so the ledger does not record it: " + r.m.describe("read schema", err).Error()})
		}
		return nil
	}
	return o
}

// Tables names the tables that lockstep keeps in the database: they are no part
// of the schema.
func (m *Migrator) Tables() []string { return m.ledger.sql.Tables }

// schemaPatience bounds reading and recording the schema at the end of a run
// that was interrupted.
const schemaPatience = 20 * time.Second

// recordSchema writes what the run made of the schema. The migrations are done
// and recorded; that this could not be is told and changes nothing of it.
func (r *run) recordSchema(ctx context.Context, before *schemaReading) {
	if before == nil || !r.wrote {
		return
	}
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), schemaPatience)
		defer cancel()
	}
	after := r.readSchema(ctx)
	if after == nil || r.history.seen && after.fingerprint == before.fingerprint {
		return // a run that failed, and kept nothing
	}
	if !before.continues {
		before = nil // what came between is not known to be anybody else's
	}
	if err := r.write(ctx, r.conn, r.schemaEntry(before, after)); err != nil {
		r.m.emit(Noticed{Note: "the ledger does not record the schema: " + err.Error()})
	}
}

// recordWhole records the schema as it is, after a person said what the
// history of this database is.
func (r *run) recordWhole(ctx context.Context) {
	after := r.readSchema(ctx)
	if after == nil {
		return
	}
	if err := r.write(ctx, r.conn, r.schemaEntry(nil, after)); err != nil {
		r.m.emit(Noticed{Note: "the ledger does not record the schema: " + err.Error()})
	}
}

// schemaEntry is the entry that says how the schema changed; before is nil for
// an entry that holds all of it.
func (r *run) schemaEntry(before, after *schemaReading) *Entry {
	e := r.entry(EntrySchema, Step{}, r.m.options.Now())
	e.Schema = after.fingerprint
	if before == nil {
		e.UpText = factDifference(nil, after.facts, markWhole)
	} else {
		e.UpText = factDifference(before.facts, after.facts)
	}
	return e
}

// factDifference writes the lines that are in one list only, behind a head.
func factDifference(before, after []string, head ...string) string {
	lines := head
	old, now := set(before), set(after)
	for _, f := range before {
		if !now[f] {
			lines = append(lines, markRemoved+f)
		}
	}
	for _, f := range after {
		if !old[f] {
			lines = append(lines, markAdded+f)
		}
	}
	return strings.Join(lines, "\n")
}

func set(lines []string) map[string]bool {
	m := make(map[string]bool, len(lines))
	for _, l := range lines {
		m[l] = true
	}
	return m
}

// RecordedSchema is the schema that a database should have: what the runs in
// its ledger made of it.
type RecordedSchema struct {
	Facts       []string  // one line a fact, sorted
	Fingerprint string    // of the schema as the last run left it
	Seq         int64     // the last entry that records the schema
	At          time.Time // when
	Tool        string    // what wrote it
	Version     Version   // the highest version applied then
	Name        string    // of that migration
	Accepted    []AcceptedDrift
	// Stale tells that a run changed something after that and did not record
	// the schema: it was killed, or could not read it.
	Stale bool
}

// AcceptedDrift are differences that a person accepted.
type AcceptedDrift struct {
	Seq     int64
	Lines   []string // facts behind "+" (is there, and should not) or "-" (should be there, and is not)
	Reason  string
	Owner   string
	At      time.Time
	Expires string // date, YYYY-MM-DD: accepted up to and including it; "" = no end
}

// ErrNoSchema says that the ledger does not hold the schema: no run recorded it.
var ErrNoSchema = errors.New("the ledger does not record the schema")

// expiresKey is where the end of an acceptance stands in an entry's context.
const expiresKey = "expires"

// RecordedSchema reads what schema the database should have from its ledger.
// The error is ErrNoSchema if no run recorded it.
func (m *Migrator) RecordedSchema(ctx context.Context) (*RecordedSchema, error) {
	entries, err := m.ledger.entries(ctx, m.db)
	if err != nil {
		return nil, err
	}
	fold := &schemaFold{facts: map[string]bool{}}
	for e, err := range m.ledger.query(ctx, m.db, m.ledger.sql.Schemas, true) {
		if err == nil {
			err = fold.add(e)
		}
		if err != nil {
			return nil, err
		}
	}
	switch {
	case fold.out.Seq == 0:
		return nil, ErrNoSchema
	case fold.lost:
		return nil, WithHint(ErrNoSchema, "it is too large to be kept there")
	}
	return fold.finish(entries), nil
}

// schemaFold folds the entries about the schema.
type schemaFold struct {
	facts map[string]bool
	lost  bool // an entry's text was too long to be kept
	out   RecordedSchema
}

func (f *schemaFold) add(e *Entry) error {
	if e.Event == EntryAccepted {
		f.out.Accepted = append(f.out.Accepted, AcceptedDrift{
			Seq: e.Seq, Lines: strings.Split(e.UpText, "\n"), Reason: e.Reason, Owner: e.Actor, At: e.Finished, Expires: e.Context[expiresKey],
		})
		return nil
	}
	f.lost = e.UpText == "" && (f.lost || f.out.Fingerprint != e.Schema)
	f.out.Seq, f.out.At, f.out.Tool, f.out.Fingerprint = e.Seq, e.Finished, e.Tool, e.Schema
	for line := range strings.SplitSeq(e.UpText, "\n") {
		switch {
		case line == markWhole:
			clear(f.facts)
		case line == "":
		case strings.HasPrefix(line, markAdded):
			f.facts[line[1:]] = true
		case strings.HasPrefix(line, markRemoved):
			delete(f.facts, line[1:])
		default:
			return fmt.Errorf("read ledger: entry %d: a line about the schema begins with neither + nor -", e.Seq)
		}
	}
	return nil
}

// finish sorts the facts and finds the version that they belong to.
func (f *schemaFold) finish(entries []Entry) *RecordedSchema {
	h := newHistory()
	for i := range entries {
		h.add(&entries[i])
		if entries[i].Seq == f.out.Seq {
			if last := h.last(); last != nil {
				f.out.Version, f.out.Name = last.Version, last.Name
			}
		}
	}
	f.out.Stale = !h.seen
	for fact := range f.facts {
		f.out.Facts = append(f.out.Facts, fact)
	}
	slices.Sort(f.out.Facts)
	return &f.out
}

// AcceptDrift records that differences between the schema and what the runs
// made of it are accepted: lines as in [AcceptedDrift.Lines]. Reason is
// required; expires is a date (YYYY-MM-DD) or "".
func (m *Migrator) AcceptDrift(ctx context.Context, lines []string, reason, expires string) (*Entry, error) {
	if strings.TrimSpace(reason) == "" {
		return nil, WithHint(errors.New("accept drift: a reason is required"), `say why, for the record: --reason "…"`)
	}
	if _, err := time.Parse(time.DateOnly, expires); expires != "" && err != nil {
		return nil, fmt.Errorf("accept drift: %q is not a date of the form 2027-01-31", expires)
	}
	written, err := m.writeLocked(ctx, func(r *run) ([]*Entry, error) {
		e := r.entry(EntryAccepted, Step{}, m.options.Now())
		e.Reason, e.UpText = reason, strings.Join(lines, "\n")
		if expires != "" {
			e.Context = map[string]string{expiresKey: expires}
		}
		return []*Entry{e}, nil
	})
	if err != nil {
		return nil, err
	}
	return &written[0], nil
}
