package lockstep

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/lockstepdb/lockstep/sqltext"
)

// Set is the validated, ordered collection of a team's migrations. It is
// immutable and safe for concurrent use.
type Set struct {
	versioned  []*Migration // by version, then name
	repeatable []*Migration // by name
	replaced   []*Migration // left out, because a baseline replaces them
	listed     map[key]listing
	sum        func() setDigest
}

// NewSet orders and validates migrations made elsewhere. The error is a
// *FilesError.
func NewSet(migrations ...*Migration) (*Set, error) {
	s := &Set{}
	s.sum = sync.OnceValue(s.computeDigest)
	for _, m := range migrations {
		if m.Kind == KindRepeatable {
			s.repeatable = append(s.repeatable, m)
		} else {
			s.versioned = append(s.versioned, m)
		}
	}
	slices.SortStableFunc(s.versioned, compareMigrations)
	slices.SortStableFunc(s.repeatable, compareMigrations)
	if faults := slices.Concat(s.duplicates(), s.takeReplaced()); len(faults) > 0 {
		return nil, &FilesError{faults}
	}
	return s, nil
}

func compareMigrations(a, b *Migration) int {
	return cmp.Or(a.Version.Compare(b.Version), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Name, b.Name))
}

func (s *Set) duplicates() []Fault {
	var faults []Fault
	for _, list := range [][]*Migration{s.versioned, s.repeatable} {
		seen := map[string]*Migration{} // by name, of one version
		for i, m := range list {
			if i > 0 && list[i-1].Version.Compare(m.Version) != 0 {
				clear(seen)
			}
			name := strings.ToLower(m.Name)
			if first := seen[name]; first != nil {
				faults = append(faults, duplicate(first, m))
			}
			seen[name] = m
		}
	}
	return faults
}

func duplicate(first, second *Migration) Fault {
	return Fault{
		File: second.Up.Path,
		Msg:  fmt.Sprintf("duplicate of %s: both are migration %s", first.Up.Path, second.ID()),
		Hint: "delete one, or give it a version of its own: lockstep new --renumber " + string(second.Version),
	}
}

// Migrations returns the versioned migrations in order. The caller must not
// change the slice.
func (s *Set) Migrations() []*Migration { return s.versioned }

// Repeatables returns the repeatable migrations by name. The caller must not
// change the slice.
func (s *Set) Repeatables() []*Migration { return s.repeatable }

// Len returns the number of migrations of every kind.
func (s *Set) Len() int { return len(s.versioned) + len(s.repeatable) }

// With returns a set that holds the Go migrations too. The error is a
// *FilesError.
func (s *Set) With(functions ...GoMigration) (*Set, error) {
	all := slices.Concat(s.versioned, s.repeatable, s.replaced)
	var faults []Fault
	for i := range functions {
		g := &functions[i]
		if msg := g.fault(); msg != "" {
			faults = append(faults, Fault{File: "go:" + joinID(g.Version, g.Name), Msg: msg})
		}
		all = append(all, g.migration())
	}
	if len(faults) > 0 {
		return nil, &FilesError{faults}
	}
	return NewSet(all...)
}

func (g *GoMigration) fault() string {
	switch {
	case g.Version == "" || !isDigit(g.Version[0]):
		return "a Go migration needs a version that begins with a digit"
	case (g.UpTx == nil) == (g.UpDB == nil):
		return "a Go migration needs exactly one of UpTx and UpDB"
	case g.DownTx != nil && g.DownDB != nil:
		return "a Go migration has at most one of DownTx and DownDB"
	}
	return ""
}

func (g *GoMigration) migration() *Migration {
	id := joinID(g.Version, g.Name)
	text := "go:" + id + " revision " + cmp.Or(g.Revision, "1")
	m := &Migration{
		Version: g.Version, Name: g.Name, Kind: KindGo, Phase: g.Phase, Go: g, OutOfOrder: g.OutOfOrder,
		Up: NewScript("go:"+id, text, Directives{Retries: -1}),
	}
	if g.DownTx != nil || g.DownDB != nil {
		down := NewScript("go:"+id, text, Directives{Retries: -1})
		m.Down = &down
	}
	return m
}

// Check reads every script as the dialect would and returns all faults: nil
// or a *FilesError. No database is used.
func (s *Set) Check(r ScriptReader) error {
	var faults []Fault
	for _, m := range slices.Concat(s.versioned, s.repeatable) {
		faults = append(faults, m.check(r.Lexer())...)
	}
	if len(faults) > 0 {
		return &FilesError{faults}
	}
	return nil
}

func (m *Migration) check(o sqltext.Options) []Fault {
	if m.Go != nil {
		return nil
	}
	up, faults := m.Up.read(o)
	if len(faults) == 0 && len(up.statements) == 0 {
		faults = append(faults, noStatement(m.Up.Path))
	}
	if m.Down != nil {
		_, more := m.Down.read(o)
		faults = append(faults, more...)
	}
	return faults
}

// Digest identifies the set by the names and checksums of its migrations. A
// ledger whose newest entry carries it has exactly this set applied: see
// [UpToDate].
func (s *Set) Digest() string { return s.digest().String() }

// digest is the digest that a ledger has when exactly this set is applied.
func (s *Set) digest() setDigest { return s.sum() }

func (s *Set) computeDigest() setDigest {
	var d setDigest
	for _, list := range [][]*Migration{s.versioned, s.repeatable} {
		for _, m := range list {
			d.toggle(m.Version, m.Name, m.Up.Checksum)
		}
	}
	return d
}
