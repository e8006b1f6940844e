package lockstep

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// State is where a migration stands in one database.
type State string

// The states.
const (
	StateApplied    State = "applied"
	StatePending    State = "pending"
	StateBaselined  State = "baselined"    // taken as applied without running
	StateAdopted    State = "adopted"      // applied by another tool
	StateUnfinished State = "unfinished"   // a script stopped half-way; up goes on
	StateFailed     State = "failed"       // pending, and its last try failed
	StateChanged    State = "changed"      // applied, but the file means something else now
	StateMissing    State = "missing"      // applied, but the file is gone
	StateOutOfOrder State = "out-of-order" // pending, but later ones are applied
	StateAhead      State = "ahead"        // applied by newer code than these files
	StateOutdated   State = "outdated"     // a repeatable whose text changed: runs again
	StateBehind     State = "behind"       // a baseline, of whose migrations only some are applied
)

// Status is where a database stands.
type Status struct {
	Rows    []StatusRow `json:"migrations"`
	Applied int         `json:"applied"` // applied, baselined, adopted
	Pending int         `json:"pending"` // what up would run
	Faults  int         `json:"faults"`  // changed, missing, out-of-order, behind
	Ahead   int         `json:"ahead"`
	Entries int64       `json:"entries"`          // of the ledger
	Digest  string      `json:"digest,omitempty"` // of the applied set
}

// StatusRow is one migration.
type StatusRow struct {
	State    State         `json:"state"`
	Version  Version       `json:"version"`
	Name     string        `json:"name"`
	Kind     Kind          `json:"kind"`
	Phase    Phase         `json:"phase,omitempty"`
	File     string        `json:"file,omitempty"` // "" when there is none
	At       time.Time     `json:"at,omitzero"`    // when it came into this state, UTC
	By       string        `json:"by,omitempty"`
	Duration time.Duration `json:"duration,omitempty"` // nanoseconds
	Note     string        `json:"note,omitempty"`
}

// ID returns the migration's version_name.
func (s StatusRow) ID() string { return joinID(s.Version, s.Name) }

// Status reads where the database stands. It writes nothing, takes no lock
// and costs one query.
func (m *Migrator) Status(ctx context.Context) (*Status, error) {
	entries, err := m.ledger.entries(ctx, m.db)
	if err != nil {
		return nil, err
	}
	return m.statusOf(foldEntries(entries)), nil
}

func (m *Migrator) statusOf(h *history) *Status {
	s := &Status{Entries: h.seq}
	if h.seq > 0 {
		s.Digest = h.digest.String()
	}
	c := &statusComputation{
		h: h, same: m.sameMeaning(m.reader.Lexer()),
		judged: &computation{set: m.set, history: h, plan: &Plan{}},
	}
	if last := h.last(); last != nil {
		c.last = &last.key
	}
	c.judged.judgeBaselines()
	seen := map[key]bool{}
	for _, mg := range m.set.versioned {
		seen[mg.key()] = true
		s.Rows = append(s.Rows, c.row(mg))
	}
	s.Rows = append(s.Rows, c.withoutFile(m.set, seen)...)
	slices.SortStableFunc(s.Rows, func(a, b StatusRow) int {
		return cmp.Or(a.Version.Compare(b.Version), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Name, b.Name))
	})
	for _, mg := range m.set.repeatable {
		s.Rows = append(s.Rows, c.row(mg))
	}
	s.count()
	return s
}

func (s *Status) count() {
	for _, r := range s.Rows {
		switch r.State {
		case StateApplied, StateBaselined, StateAdopted:
			s.Applied++
		case StateAhead:
			s.Ahead++
		case StateChanged, StateMissing, StateBehind:
			s.Faults++
		case StateOutOfOrder:
			s.Faults++
			s.Pending++
		default:
			s.Pending++
		}
	}
}

type statusComputation struct {
	h    *history
	last *key
	same func(*Migration, *record) bool
	// judged knows of baselines.
	judged *computation
}

// row judges a migration that has a file.
func (c *statusComputation) row(m *Migration) StatusRow {
	row := StatusRow{State: StatePending, Version: m.Version, Name: m.Name, Kind: m.Kind, Phase: m.Phase, File: m.Up.Path}
	r := c.h.records[m.key()]
	if r != nil && r.progress != nil {
		row.State, row.At = StateUnfinished, r.progress.at
		row.Note = r.progress.note()
		if r.failure != "" {
			row.Note += ", then " + r.failure
		}
		return row
	}
	if len(m.Replaces) > 0 {
		row.Note = "replaces " + plural(m.roots(), "migration")
	}
	if r == nil || !r.applied {
		return c.pending(row, m, r)
	}
	row.applied(r)
	if m.Up.Checksum == r.checksum {
		return row
	}
	switch {
	case m.Kind == KindRepeatable:
		row.State = StateOutdated
	case c.same(m, r):
		row.Note = "comments or layout changed"
	default:
		row.State = StateChanged
	}
	return row
}

func (s *StatusRow) applied(rec *record) {
	s.At, s.By, s.Duration = rec.at, rec.by, rec.duration
	switch rec.how {
	case EntryBaselined:
		s.State = StateBaselined
	case EntryAdopted:
		s.State = StateAdopted
	default:
		s.State = StateApplied
	}
}

func (p *progress) note() string {
	return plural(p.done, "statement") + " of " + itoa(p.total) + " done (" + string(p.direction) + ")"
}

func (c *statusComputation) pending(row StatusRow, m *Migration, r *record) StatusRow {
	switch {
	case r != nil && r.isReplaced():
		row.State, row.At = StateBaselined, r.at
		row.Note = "replaced by " + joinID(r.replacedBy.Version, r.replacedBy.Name)
	case slices.Contains(c.judged.adopts, m):
		row.State, row.Note = StateBaselined, adopting(m)+"; the next up records that"
	case c.judged.isBehind(m):
		row.State = StateBehind
		st := c.judged.standing(m)
		row.Note = fmt.Sprintf("only %d of the %s that it replaces are applied", st.have, plural(st.need, "migration"))
	case c.last != nil && m.Kind != KindRepeatable && m.key().before(*c.last) && m.OutOfOrder == "":
		row.State = StateOutOfOrder
	case r != nil && r.failure != "":
		row.State, row.At, row.Note = StateFailed, r.failureAt, "failed with "+r.failure
	}
	return row
}

// withoutFile lists what the ledger knows and the set does not.
func (c *statusComputation) withoutFile(s *Set, seen map[key]bool) []StatusRow {
	var rows []StatusRow
	for _, k := range c.h.order {
		r := c.h.records[k]
		if l, ok := s.listed[k]; ok && !seen[k] {
			if r.applied && c.judged.isBehind(l.by) {
				row := StatusRow{Version: k.Version, Name: k.Name, Kind: r.kind, Note: "replaced by " + l.by.ID()}
				row.applied(r)
				rows = append(rows, row)
			}
			continue
		}
		if seen[k] || k.Version == "" || !r.applied && r.progress == nil {
			continue
		}
		row := StatusRow{Version: k.Version, Name: k.Name, Kind: r.kind}
		row.applied(r)
		row.State = StateMissing
		if n := len(s.versioned); n == 0 || s.versioned[n-1].key().before(k) || c.judged.isOlder(r) {
			row.State = StateAhead
		}
		rows = append(rows, row)
	}
	return rows
}

// Pending returns how many migrations up would run. It costs one round trip
// when nothing is pending, needs no right to write and takes no lock: made for
// readiness probes.
func (m *Migrator) Pending(ctx context.Context) (int, error) {
	if done, err := m.ledger.holds(ctx, m.db, m.set.Digest()); done || err != nil {
		return 0, err
	}
	s, err := m.Status(ctx)
	if err != nil {
		return 0, err
	}
	return s.Pending, nil
}

// Verify compares the ledger with the files: nil when they agree. Differences
// of the kind DiffLayout are harmless. Changed files carry both texts.
func (m *Migrator) Verify(ctx context.Context) ([]Difference, error) {
	entries, err := m.ledger.entries(ctx, m.db)
	if err != nil {
		return nil, err
	}
	h := foldEntries(entries)
	differences := m.differences(h)
	return differences, m.fillTexts(ctx, differences)
}

func (m *Migrator) differences(h *history) []Difference {
	same := m.sameMeaning(m.reader.Lexer())
	c := &computation{set: m.set, history: h, sameMeaning: func(*Migration, *record) bool { return false }, plan: &Plan{}}
	c.compare()
	for i := range c.differences {
		d := &c.differences[i]
		if m := c.find(d.key); m != nil && d.Kind == DiffChanged && same(m, h.records[d.key]) {
			d.Kind, d.Msg = DiffLayout, d.File+": only comments or layout changed after it was applied"
			d.Hint = "nothing needs to be done; lockstep repair --accept " + d.ID + ` --reason "…" records the new text`
		}
	}
	if r := h.unfinished(); r != nil {
		c.differences = append(c.differences, unfinishedDifference(r))
	}
	last := h.last()
	for _, mg := range m.set.versioned {
		if !h.covers(mg.key()) && !slices.Contains(c.adopts, mg) && !c.isBehind(mg) && last != nil && mg.key().before(last.key) && mg.OutOfOrder == "" {
			c.differences = append(c.differences, outOfOrder(mg, last))
		}
	}
	return c.differences
}

// Wait returns when the database answers, or ctx's error with the last reason.
func (m *Migrator) Wait(ctx context.Context) error {
	pause := 20 * time.Millisecond
	for {
		_, err := m.Server(ctx)
		if err == nil {
			return nil
		}
		if sleep(ctx, pause) != nil {
			return err
		}
		pause = min(2*pause, time.Second)
	}
}
