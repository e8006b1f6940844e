package lockstep

import "time"

// history is the state of one database: a pure fold over ledger entries.
type history struct {
	seq     int64
	chain   string
	digest  setDigest
	undone  int64  // the newest entry that reverted something
	schema  string // fingerprint of the schema after the last run that read it, "" if none did
	seen    bool   // nothing that a run may have changed in the schema came after that
	records map[key]*record
	order   []key // in order of first appearance
}

// record is what the ledger says of one migration.
type record struct {
	key
	kind      Kind
	applied   bool
	how       EventKind // EntryApplied, EntryBaselined or EntryAdopted
	seq       int64     // of the entry that made it applied
	order     int64     // its place among what down reverts: seq, but for a baseline that took the place of what was applied
	checksum  string
	tokens    string
	at        time.Time
	by        string
	duration  time.Duration
	progress  *progress
	failure   string // what the last failed entry since it last changed says
	failureAt time.Time

	replaces   []key // of a baseline: what it stands for
	replacedBy key   // the baseline that stands for it; it does not count as applied itself
	was        bool  // it was applied before it was replaced
}

// isReplaced reports whether a baseline that is applied stands for it.
func (r *record) isReplaced() bool { return r.replacedBy != key{} }

// progress is a script that was begun and is not complete.
type progress struct {
	direction Direction
	done      int // statements
	total     int
	prefix    string // digest of the done statements
	witness   string // of the next statement, "" if none was taken or it is known not to have happened
	at        time.Time
}

func newHistory() *history { return &history{records: map[key]*record{}} }

// foldEntries folds a ledger.
func foldEntries(entries []Entry) *history {
	h := newHistory()
	for i := range entries {
		h.add(&entries[i])
	}
	return h
}

// add folds one more entry.
func (h *history) add(e *Entry) {
	h.seq, h.chain = e.Seq, e.Chain
	h.addSchema(e)
	if e.Event.isAboutSchema() {
		return
	}
	if e.Event == EntryReverted {
		h.undone = e.Seq
	}
	changes := h.changes(e)
	h.digest = h.digestAfter(changes)
	for _, c := range changes {
		if h.records[c.after.key] == nil {
			h.order = append(h.order, c.after.key)
		}
		h.records[c.after.key] = c.after
	}
}

// change is a record before and after an entry.
type change struct{ before, after *record }

// changes returns what an entry makes of records: of its migration's own, and,
// when a baseline comes or goes, of those that it replaces.
func (h *history) changes(e *Entry) []change {
	before := h.record(e.key())
	after := before.after(e)
	all := []change{{before, after}}
	place := int64(0) // of what was applied
	for _, k := range after.replaces {
		if r := h.record(k); k != after.key && !r.isReplaced() {
			n := *r
			n.replacedBy, n.was, n.applied, n.progress = after.key, r.applied, false, nil
			all = append(all, change{r, &n})
			if r.applied {
				place = max(place, r.order)
			}
		}
	}
	if len(after.replaces) == 0 {
		for _, k := range before.replaces {
			if r := h.record(k); r.replacedBy == before.key {
				n := *r
				n.replacedBy, n.was, n.applied = key{}, false, r.was
				all = append(all, change{r, &n})
			}
		}
	}
	if place > 0 {
		after.order = place
	}
	return all
}

// record returns what is known of a migration, which may be nothing.
func (h *history) record(k key) *record {
	if r := h.records[k]; r != nil {
		return r
	}
	return &record{key: k}
}

// next completes an entry that follows the ones folded so far: number, chain
// and digest.
func (h *history) next(e *Entry) {
	e.Seq, e.Prev = h.seq+1, h.chain
	if e.Event.isAboutSchema() {
		e.SetDigest = h.digest.String()
		return
	}
	e.SetDigest = h.digestAfter(h.changes(e)).String()
}

func (h *history) digestAfter(changes []change) setDigest {
	d := h.digest
	for _, c := range changes {
		for _, r := range []*record{c.before, c.after} {
			if r.applied {
				d.toggle(r.Version, r.Name, r.checksum)
			}
			if r.progress != nil {
				d.toggle(r.Version, r.Name, "unfinished")
			}
		}
	}
	return d
}

// after returns the record as it is once e happened.
func (r *record) after(e *Entry) *record {
	n := *r
	if e.Kind != "" {
		n.kind = e.Kind
	}
	switch e.Event {
	case EntryStarted, EntryStatement:
		n.progress = &progress{e.Direction, e.Statement, e.Statements, e.Checksum, e.Witness, e.Started}
		n.failure = ""
	case EntryApplied, EntryBaselined, EntryAdopted:
		n.complete(e)
	case EntryReverted:
		n = record{key: r.key, kind: n.kind}
	case EntryFailed:
		n.fail(e)
	case EntryRepaired:
		return n.repaired(e)
	}
	return &n
}

func (r *record) complete(e *Entry) {
	*r = record{
		key: r.key, kind: r.kind, applied: true, how: e.Event, seq: e.Seq,
		order: e.Seq, replaces: e.replaces(),
		checksum: e.Checksum, tokens: e.Tokens, at: e.Finished, by: e.Actor, duration: e.Duration,
	}
}

// fail notes an error. The statement that failed is known not to have
// happened, so its witness is of no use any more.
func (r *record) fail(e *Entry) {
	r.failure, r.failureAt = e.Failure(), e.Finished
	if r.progress != nil {
		p := *r.progress
		p.witness = ""
		r.progress = &p
	}
}

func (r *record) repaired(e *Entry) *record {
	switch string(e.Direction) {
	case RepairChecksum:
		r.checksum, r.tokens = e.Checksum, e.Tokens
		if list := e.replaces(); list != nil {
			r.replaces = list
		}
	case RepairApplied:
		r.complete(e)
		r.how = EntryApplied
	case RepairForget, RepairReverted:
		return &record{key: r.key, kind: r.kind}
	}
	return r
}

// unfinished returns the record whose script was begun and is not complete,
// nil if there is none. There is never more than one: a run does nothing else
// before it is dealt with.
func (h *history) unfinished() *record {
	for _, k := range h.order {
		if r := h.records[k]; r.progress != nil {
			return r
		}
	}
	return nil
}

// applied returns whether a migration is applied, with its record.
func (h *history) applied(k key) (*record, bool) {
	r, ok := h.records[k]
	return r, ok && r.applied
}

// covers reports whether a migration is applied, or replaced by one that is.
func (h *history) covers(k key) bool {
	r, ok := h.records[k]
	return ok && (r.applied || r.isReplaced())
}

// stays reports whether a migration is applied, or replaced by one that is, and
// no down of it was begun, which would be completed before anything else.
func (h *history) stays(k key) bool { return h.covers(k) && h.records[k].progress == nil }

// last returns the highest version that is applied and stays so, nil if none.
func (h *history) last() *record {
	var last *record
	for _, r := range h.records {
		if h.stays(r.key) && r.Version != "" && (last == nil || last.before(r.key)) {
			last = r
		}
	}
	return last
}

// before orders by version, then name.
func (k key) before(o key) bool {
	if c := k.Version.Compare(o.Version); c != 0 {
		return c < 0
	}
	if k.Version != o.Version {
		return k.Version < o.Version
	}
	return k.Name < o.Name
}
