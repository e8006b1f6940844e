package lockstep

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A baseline is a migration that replaces others: its file names them in
// directives. A database that has them all takes the baseline as applied
// without running it, one that has none of them runs it, and one that has some
// must be brought forward first, with the files from before.

// Replaced is one migration that a baseline replaces, as its directive names it.
type Replaced struct {
	Version  Version
	Name     string
	Checksum string // of its up
	Tokens   string // of what the server reads of its up; "" if it is not known
	Via      string // ID of a replaced baseline that replaces it too; "" if none does
}

// ID returns the migration's version_name.
func (r Replaced) ID() string { return joinID(r.Version, r.Name) }

func (r Replaced) key() key { return key{r.Version, r.Name} }

// String returns the directive's value.
func (r Replaced) String() string {
	s := r.ID() + " " + r.Checksum
	if r.Tokens != "" {
		s += " " + r.Tokens
	}
	if r.Via != "" {
		s += " via " + r.Via
	}
	return s
}

// parseReplaced reads the value of a directive.
func parseReplaced(value string) (r Replaced, ok bool) {
	id, sums, ok := strings.Cut(value, " sha256:")
	if !ok {
		return r, false
	}
	sums, via, hasVia := strings.Cut("sha256:"+sums, " via ")
	checksum, tokens, hasTokens := strings.Cut(sums, " ")
	if !isSum(checksum, "sha256:") || hasTokens && !isSum(tokens, "tokens1:") || hasVia && via == "" {
		return r, false
	}
	r = Replaced{Checksum: checksum, Tokens: tokens, Via: via}
	r.Version, r.Name, ok = parseName(id)
	return r, ok && r.ID() == id
}

// isSum reports whether s is a SHA-256 in hex behind a prefix.
func isSum(s, prefix string) bool {
	hexed, ok := strings.CutPrefix(s, prefix)
	return ok && len(hexed) == hex.EncodedLen(sha256.Size) && strings.Trim(hexed, "0123456789abcdef") == ""
}

// Replacement returns how a baseline names a migration of this set that it
// replaces: the migration itself, and, if it is a baseline, what it replaces.
// The error is a *FilesError or tells of a migration that cannot be named.
func Replacement(m *Migration, reader ScriptReader) ([]Replaced, error) {
	r := Replaced{Version: m.Version, Name: m.Name, Checksum: m.Up.Checksum}
	if m.Go == nil {
		text, err := m.Up.Text()
		if err != nil {
			return nil, err
		}
		r.Tokens = tokenDigest(text, reader.Lexer())
	}
	if again, ok := parseReplaced(r.String()); !ok || again != r {
		return nil, WithHint(fmt.Errorf("replace %s: its name cannot stand in a directive", r.ID()), "names hold no line breaks, no outer spaces and no checksums")
	}
	all := []Replaced{r}
	for _, inner := range m.Replaces {
		inner.Via = cmp.Or(inner.Via, r.ID())
		all = append(all, inner)
	}
	return all, nil
}

// listing is where a baseline of a set names a migration.
type listing struct {
	by *Migration
	Replaced
}

// takeReplaced leaves out what baselines of the set replace, and notes what
// they name. Files that still lie beside their baseline do no harm as long as
// they are what it replaces.
func (s *Set) takeReplaced() []Fault {
	s.listed = map[key]listing{}
	var faults []Fault
	for _, m := range s.versioned {
		faults = append(faults, s.list(m)...)
	}
	if len(s.listed) == 0 {
		return faults
	}
	s.versioned = slices.DeleteFunc(s.versioned, func(m *Migration) bool {
		l, ok := s.listed[m.key()]
		switch {
		case ok && l.Checksum == m.Up.Checksum:
			s.replaced = append(s.replaced, m)
		case ok:
			faults = append(faults, Fault{
				File: m.Up.Path, Msg: fmt.Sprintf("is replaced by the baseline %s, but is not the file that this was made from", l.by.Up.Path),
				Hint: "delete it; if it holds a change that is still wanted, write a new migration for that",
			})
		}
		return ok
	})
	return append(faults, s.strays()...)
}

// strays finds what comes before a baseline and is not replaced by it: in a new
// database it would run before there is anything.
func (s *Set) strays() []Fault {
	var faults []Fault
	var next *Migration // baseline
	for _, m := range slices.Backward(s.versioned) {
		if next != nil {
			faults = append(faults, Fault{
				File: m.Up.Path, Msg: fmt.Sprintf("comes before the baseline %s, which does not replace it", next.Up.Path),
				Hint: "give it a version behind the baseline: lockstep new --renumber " + string(m.Version),
			})
		}
		if next == nil && len(m.Replaces) > 0 {
			next = m
		}
	}
	return faults
}

// list notes what one migration replaces.
func (s *Set) list(m *Migration) []Fault {
	var faults []Fault
	fault := func(msg, hint string) { faults = append(faults, Fault{File: m.Up.Path, Msg: msg, Hint: hint}) }
	if len(m.Replaces) > 0 && m.Down != nil {
		fault("is a baseline and has a down, "+m.Down.Path, "delete the down: there is no way back behind a baseline")
	}
	for _, r := range m.Replaces {
		other, twice := s.listed[r.key()]
		switch {
		case r.key() == m.key():
			fault("replaces itself", "remove that line")
		case r.Version.Compare(m.Version) > 0:
			fault(fmt.Sprintf("replaces %s, which comes after it", r.ID()), "a baseline has the version of the last migration that it replaces")
		case twice && other.by == m:
			fault("replaces "+r.ID()+" twice", "remove one of the lines")
		case twice && !replaces(other.by, m) && !replaces(m, other.by):
			fault(fmt.Sprintf("replaces %s, and so does %s", r.ID(), other.by.Up.Path), "keep one of the two baselines")
		case twice && replaces(other.by, m):
		default:
			s.listed[r.key()] = listing{m, r}
		}
	}
	return faults
}

func replaces(m, other *Migration) bool {
	return slices.ContainsFunc(m.Replaces, func(r Replaced) bool { return r.key() == other.key() })
}

// Replaced returns the migrations whose files are there although a baseline of
// the set replaces them. They are left out of everything else, and may be
// deleted. The caller must not change the slice.
func (s *Set) Replaced() []*Migration { return s.replaced }

// replacesKey is where an entry names what its migration replaces.
const replacesKey = "lockstep.replaces"

// replacing returns the context of an entry that makes m count as applied.
func (m *Migration) replacing(context map[string]string) map[string]string {
	if m == nil || len(m.Replaces) == 0 {
		return context
	}
	ids := make([]string, 0, len(m.Replaces))
	for _, r := range m.Replaces {
		ids = append(ids, r.ID())
	}
	context = maps.Clone(context)
	if context == nil {
		context = map[string]string{}
	}
	context[replacesKey] = strings.Join(ids, "\n")
	return context
}

// replaces returns what the entry's migration replaces, nil for most.
func (e *Entry) replaces() []key {
	list := e.Context[replacesKey]
	if list == "" {
		return nil
	}
	var keys []key
	for id := range strings.SplitSeq(list, "\n") {
		v, name, _ := parseName(id) // checked when its directive was read
		keys = append(keys, key{v, name})
	}
	return keys
}

// standing is how far a database has what a baseline replaces.
type standing struct {
	whole      bool // it has all
	touched    bool // something of it is there, be it half
	have, need int  // migrations, without baselines that are replaced in their turn
	last       *record
	changed    []Difference
}

// judgeBaselines finds out which baselines count as applied, and what speaks
// against others.
func (c *computation) judgeBaselines() {
	for _, m := range c.set.versioned {
		r := c.history.records[m.key()]
		if len(m.Replaces) == 0 || c.history.covers(m.key()) || r != nil && r.progress != nil {
			continue
		}
		st := c.standing(m)
		switch {
		case len(st.changed) > 0:
			c.differences = append(c.differences, st.changed...)
		case st.whole:
			c.adopts = append(c.adopts, m)
		case st.touched:
			c.differences = append(c.differences, behind(m, st))
		}
	}
}

func (c *computation) standing(m *Migration) standing {
	st := standing{whole: true}
	via := map[string][]Replaced{}
	for _, r := range m.Replaces {
		via[r.Via] = append(via[r.Via], r)
		rec := c.history.records[r.key()]
		if rec == nil || !rec.applied && !rec.isReplaced() && rec.progress == nil {
			continue
		}
		st.touched = true
		if rec.applied && (st.last == nil || st.last.before(rec.key)) {
			st.last = rec
		}
		if rec.applied && rec.checksum != r.Checksum && (r.Tokens == "" || rec.tokens != r.Tokens) {
			st.changed = append(st.changed, changedReplaced(m, rec))
		}
	}
	for _, r := range m.Replaces {
		has := c.has(r, via)
		st.whole = st.whole && (has || r.Via != "")
		if len(via[r.ID()]) > 0 {
			continue
		}
		if st.need++; has {
			st.have++
		}
	}
	return st
}

// has reports whether a database has what a baseline replaces: itself, or all
// that it replaces in its turn.
func (c *computation) has(r Replaced, via map[string][]Replaced) bool {
	if c.history.stays(r.key()) {
		return true
	}
	rec, inner := c.history.records[r.key()], via[r.ID()]
	if rec != nil && rec.progress != nil || len(inner) == 0 {
		return false
	}
	return !slices.ContainsFunc(inner, func(i Replaced) bool { return !c.has(i, via) })
}

func behind(m *Migration, st standing) Difference {
	where := "it is half applied"
	if st.last != nil {
		where = "it stands at " + joinID(st.last.Version, st.last.Name)
	}
	return Difference{
		Kind: DiffBehind, ID: m.ID(), File: m.Up.Path, key: m.key(),
		Msg: fmt.Sprintf("%s: replaces %s, of which this database has %d; %s", m.Up.Path, plural(st.need, "migration"), st.have, where),
		Hint: fmt.Sprintf("first bring it to version %s with the files from before the squash: check out the commit before %s was added, run lockstep up --to %s, and come back",
			m.Version, m.Up.Path, m.Version),
	}
}

func changedReplaced(m *Migration, r *record) Difference {
	id := joinID(r.Version, r.Name)
	return Difference{
		Kind: DiffChanged, ID: id, File: m.Up.Path, key: r.key, checksum: r.checksum,
		Msg:  fmt.Sprintf("%s: replaces %s, which this database applied with another content", m.Up.Path, id),
		Hint: "see that its schema is the same (lockstep compare), and accept it: lockstep repair --accept " + id + ` --reason "…"`,
	}
}

// adopting says what recording a baseline means.
func adopting(m *Migration) string {
	return "replaces " + plural(m.roots(), "migration") + " that are applied"
}

// adopt records a baseline whose migrations are applied.
func (r *run) adopt(ctx context.Context, s Step) error {
	e, err := r.baselined(s.migration, adopting(s.migration))
	if err != nil {
		return err
	}
	if e.Checksum != s.Checksum {
		return fmt.Errorf("%s: %w", s.File, ErrPlanStale)
	}
	return r.write(ctx, r.conn, e)
}

// roots counts what a baseline replaces, without what replaced baselines did.
func (m *Migration) roots() int {
	n := 0
	for _, r := range m.Replaces {
		if r.Via == "" {
			n++
		}
	}
	return n
}

// noWayBack refuses to revert what a baseline replaces, and baselines
// themselves. It returns nil for everything else.
func (c *computation) noWayBack(r *record) error {
	m := c.find(r.key)
	if l, ok := c.set.listed[r.key]; ok {
		m = l.by
	}
	n, file := len(r.replaces), ledgerFile
	if m != nil {
		n, file = max(n, len(m.Replaces)), m.Up.Path
	}
	if n == 0 {
		return nil
	}
	id := joinID(r.Version, r.Name)
	reason := fmt.Sprintf("it is a baseline that replaces %s, and there is no way back behind it", plural(n, "migration"))
	if len(r.replaces) == 0 && m.key() != r.key {
		reason = fmt.Sprintf("the baseline %s replaces it, and there is no way back behind that", m.ID())
	}
	hint := "go forward with a new migration: lockstep new"
	if len(r.replaces) == 0 {
		hint += "; or, while the ledger does not know of the baseline, go back with the files from before the squash"
	}
	return WithHint(&IrreversibleError{Migration: id, File: file, Reason: reason}, hint)
}

// isBehind reports whether a database has only a part of what a baseline
// replaces, or something else in place of it.
func (c *computation) isBehind(m *Migration) bool {
	return len(m.Replaces) > 0 && slices.ContainsFunc(c.differences, func(d Difference) bool {
		l, ok := c.set.listed[d.key]
		return d.Kind == DiffBehind && d.key == m.key() || d.Kind == DiffChanged && ok && l.by == m
	})
}

// isOlder reports whether the set has files that a baseline it does not have
// replaces: then they are from before the squash.
func (c *computation) isOlder(baseline *record) bool {
	return slices.ContainsFunc(baseline.replaces, func(k key) bool { return c.find(k) != nil })
}
