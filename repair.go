package lockstep

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func itoa(n int) string { return strconv.Itoa(n) }

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return itoa(n) + " " + word + "s"
}

func unfinishedDifference(r *record) Difference {
	id := joinID(r.Version, r.Name)
	return Difference{
		Kind: DiffUnfinished, ID: id, key: r.key,
		Msg:  fmt.Sprintf("%s stopped half-way: %s", id, r.progress.note()),
		Hint: "lockstep up goes on from there",
	}
}

// RepairRequest says which differences a person accepts, and why. Migrations
// are named by version_name, or by version where that is enough.
type RepairRequest struct {
	Accept       []string // changed files that count as what was applied; "all" for every one
	Forget       []string // applied migrations that no longer count
	MarkApplied  []string // half applied migrations that were finished by hand, or pending ones that were done by hand
	MarkReverted []string // half applied migrations that were undone by hand
	Reason       string   // for the ledger; required
}

// Repair records decisions about differences between files, ledger and
// database. It changes no schema. Each decision is an entry with its reason;
// the entries are returned in order.
func (m *Migrator) Repair(ctx context.Context, req RepairRequest) ([]Entry, error) {
	if strings.TrimSpace(req.Reason) == "" {
		return nil, WithHint(fmt.Errorf("repair: a reason is required"), `say why, for the record: --reason "…"`)
	}
	return m.writeLocked(ctx, func(r *run) ([]*Entry, error) { return r.repairs(req) })
}

// writeLocked holds the run's lock, reads the ledger, and writes the entries
// that compute makes.
func (m *Migrator) writeLocked(ctx context.Context, compute func(*run) ([]*Entry, error)) ([]Entry, error) {
	r := &run{m: m, plan: &Plan{Direction: Down}, result: &Result{}, start: m.options.Now()}
	var err error
	if r.srv, err = m.Server(ctx); err != nil {
		return nil, err
	}
	r.ledger = m.ledger.in(r.srv)
	defer r.close(ctx)
	if err := r.acquire(ctx); err != nil {
		return nil, err
	}
	if err := r.openSession(ctx); err != nil {
		return nil, err
	}
	all, err := m.ledger.entries(ctx, r.conn)
	if err != nil {
		return nil, err
	}
	r.history = foldEntries(all)
	entries, err := compute(r)
	if err != nil {
		return nil, err
	}
	written, err := r.writeAll(ctx, entries)
	if err == nil && !r.history.seen {
		r.recordWhole(ctx)
	}
	return written, err
}

func (r *run) writeAll(ctx context.Context, entries []*Entry) ([]Entry, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	if r.history.seq == 0 {
		if err := r.ledger.create(ctx, r.conn); err != nil {
			return nil, err
		}
	}
	begin := r.beginTx()
	if err := r.exec(ctx, begin); err != nil {
		return nil, r.m.describe("begin transaction", err)
	}
	var written []Entry
	for _, e := range entries {
		if err := r.write(ctx, r.conn, e); err != nil {
			r.rollback(ctx)
			return nil, err
		}
		written = append(written, *e)
	}
	if err := r.exec(ctx, "COMMIT"); err != nil {
		r.rollback(ctx)
		return nil, r.m.describe("commit", err)
	}
	return written, nil
}

// repairs makes the entries of a request; all of it must make sense.
func (r *run) repairs(req RepairRequest) ([]*Entry, error) {
	var entries []*Entry
	accept := req.Accept
	if slices.Contains(accept, "all") {
		accept = nil
		for _, d := range r.m.differences(r.history) {
			if d.Kind == DiffChanged || d.Kind == DiffLayout {
				accept = append(accept, d.ID)
			}
		}
	}
	for _, part := range []struct {
		names []string
		how   string
	}{{accept, RepairChecksum}, {req.Forget, RepairForget}, {req.MarkApplied, RepairApplied}, {req.MarkReverted, RepairReverted}} {
		for _, name := range part.names {
			e, err := r.repair(name, part.how)
			if err != nil {
				return nil, err
			}
			e.Reason = req.Reason
			entries = append(entries, e)
		}
	}
	return entries, nil
}

func (r *run) repair(name, how string) (*Entry, error) {
	k, err := r.named(name)
	if err != nil {
		return nil, err
	}
	rec, m := r.history.records[k], r.findMigration(k)
	if msg := repairFault(rec, m, how, r.checksumOf(k, m)); msg != "" {
		return nil, WithHint(fmt.Errorf("repair %s: %s", name, msg), "lockstep repair without options lists what can be repaired")
	}
	e := r.entry(EntryRepaired, Step{Version: k.Version, Name: k.Name, Direction: Direction(how)}, r.m.options.Now())
	if l, ok := r.m.set.listed[k]; ok && how == RepairChecksum {
		e.Checksum, e.Tokens = l.Checksum, l.Tokens
	}
	if m == nil || m.Go != nil && how == RepairForget {
		return e, nil
	}
	e.Kind, e.Checksum = m.Kind, m.Up.Checksum
	if how == RepairChecksum || how == RepairApplied {
		e.Context = m.replacing(e.Context)
	}
	if m.Go == nil && (how == RepairChecksum || how == RepairApplied) {
		text, err := m.Up.Text()
		if err != nil {
			return nil, err
		}
		e.UpText, e.Tokens = text, tokenDigest(text, r.srv.Lexer)
	}
	return e, nil
}

// repairFault says why a repair makes no sense, "" if it does.
func repairFault(rec *record, m *Migration, how, checksum string) string {
	applied, begun := rec != nil && rec.applied, rec != nil && rec.progress != nil
	switch how {
	case RepairChecksum:
		if !applied || checksum == "" {
			return "it is not applied, or has no file"
		}
		if rec.checksum == checksum {
			return "its file is not changed"
		}
	case RepairForget:
		if !applied && !begun {
			return "it is not applied"
		}
	case RepairApplied:
		if rec != nil && rec.isReplaced() {
			return "the baseline " + joinID(rec.replacedBy.Version, rec.replacedBy.Name) + " replaces it"
		}
		if applied && !begun || m == nil {
			return "it is applied already, or has no file"
		}
	case RepairReverted:
		if !applied && !begun {
			return "it is not applied, not even in part"
		}
	}
	return ""
}

// checksumOf is the checksum that a migration should have: its file's, or the
// one by which a baseline names it; "" if it has neither.
func (r *run) checksumOf(k key, m *Migration) string {
	if m != nil {
		return m.Up.Checksum
	}
	return r.m.set.listed[k].Checksum
}

func (r *run) findMigration(k key) *Migration {
	return (&computation{set: r.m.set, history: r.history}).find(k)
}

// named finds the one migration, of files or ledger, that a name means.
func (r *run) named(name string) (key, error) {
	found := map[key]bool{}
	match := func(k key) {
		if string(k.Version) == name || joinID(k.Version, k.Name) == name {
			found[k] = true
		}
	}
	for _, mg := range slices.Concat(r.m.set.versioned, r.m.set.repeatable) {
		match(mg.key())
	}
	for _, k := range r.history.order {
		match(k)
	}
	if len(found) == 1 {
		for k := range found {
			return k, nil
		}
	}
	if len(found) > 1 {
		return key{}, WithHint(fmt.Errorf("%s means %d migrations", name, len(found)), "name it as version_name")
	}
	return key{}, WithHint(fmt.Errorf("no migration is called %s", name), "lockstep status lists them")
}

// Baseline records every migration up to and including a version as applied
// without running it, for a database that has them already. It is refused
// when the ledger has applied migrations.
func (m *Migrator) Baseline(ctx context.Context, to Version, reason string) ([]Entry, error) {
	return m.writeLocked(ctx, func(r *run) ([]*Entry, error) { return r.baseline(to, reason) })
}

func (r *run) baseline(to Version, reason string) ([]*Entry, error) {
	if last := r.history.last(); last != nil {
		return nil, WithHint(fmt.Errorf("baseline %s: the ledger has applied migrations already, up to %s", to, joinID(last.Version, last.Name)),
			"a single migration that was done by hand is recorded with lockstep repair --mark-applied")
	}
	c := &computation{set: r.m.set, history: r.history, target: Target{Direction: Up, To: to}}
	if err := c.knowsTarget(); err != nil {
		return nil, err
	}
	var entries []*Entry
	for _, m := range r.m.set.versioned {
		if m.Version.Compare(c.target.To) > 0 {
			break
		}
		e, err := r.baselined(m, reason)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func (r *run) baselined(m *Migration, reason string) (*Entry, error) {
	e := r.entry(EntryBaselined, Step{Version: m.Version, Name: m.Name, Kind: m.Kind, Direction: Up}, r.m.options.Now())
	e.Checksum, e.Reason, e.Context = m.Up.Checksum, reason, m.replacing(e.Context)
	if m.Go != nil {
		return e, nil
	}
	text, err := m.Up.Text()
	if err != nil {
		return nil, err
	}
	e.UpText, e.Tokens = text, tokenDigest(text, r.srv.Lexer)
	if m.Down != nil {
		if e.DownText, err = m.Down.Text(); err != nil {
			return nil, err
		}
	}
	return e, nil
}
