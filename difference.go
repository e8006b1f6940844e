package lockstep

import "fmt"

// DifferenceKind is how files and ledger differ.
type DifferenceKind string

// The kinds of differences.
const (
	DiffChanged    DifferenceKind = "changed"      // an applied file means something else now
	DiffLayout     DifferenceKind = "layout"       // only comments or white space changed: harmless
	DiffMissing    DifferenceKind = "missing"      // an applied file is gone
	DiffOutOfOrder DifferenceKind = "out-of-order" // a file came in behind applied ones
	DiffUnfinished DifferenceKind = "unfinished"   // a script stopped half-way
	DiffBehind     DifferenceKind = "behind"       // only a part of what a baseline replaces is applied
)

// Difference is one contradiction between files and ledger.
type Difference struct {
	Kind   DifferenceKind `json:"kind"`
	ID     string         `json:"migration"`
	File   string         `json:"file,omitempty"`
	Msg    string         `json:"message"`
	Hint   string         `json:"hint,omitempty"`
	Before string         `json:"before,omitempty"` // text the ledger kept; "" if none
	After  string         `json:"after,omitempty"`  // text of the file now

	key      key
	checksum string
}

// HistoryError lists where files and ledger contradict each other. Nothing
// was done.
type HistoryError struct{ Differences []Difference }

// Error returns the first difference and the number of the others.
func (e *HistoryError) Error() string {
	s := e.Differences[0].Msg
	if n := len(e.Differences) - 1; n > 0 {
		s += fmt.Sprintf(" (and %d more)", n)
	}
	return s
}

// Unwrap returns ErrHistory.
func (e *HistoryError) Unwrap() error { return ErrHistory }

// Hint returns the way out of the first difference.
func (e *HistoryError) Hint() string { return e.Differences[0].Hint }

func missingFile(r *record) Difference {
	id := joinID(r.Version, r.Name)
	return Difference{
		Kind: DiffMissing, ID: id, key: r.key,
		Msg:  fmt.Sprintf("%s was applied on %s but its file is gone", id, r.at.Format("2006-01-02 15:04 UTC")),
		Hint: "restore the file from version control; or record that it no longer counts: lockstep repair --forget " + id + ` --reason "…"`,
	}
}

func missingUnfinished(r *record) Difference {
	id := joinID(r.Version, r.Name)
	return Difference{
		Kind: DiffUnfinished, ID: id, key: r.key,
		Msg:  fmt.Sprintf("%s is half applied (%d of %d statements) and its file is gone", id, r.progress.done, r.progress.total),
		Hint: "restore the file; or finish or undo it by hand and record that: lockstep repair --mark-applied or --mark-reverted " + id + ` --reason "…"`,
	}
}

func changedFile(m *Migration, r *record) Difference {
	return Difference{
		Kind: DiffChanged, ID: m.ID(), File: m.Up.Path, key: r.key, checksum: r.checksum,
		Msg:  fmt.Sprintf("%s: changed after it was applied", m.Up.Path),
		Hint: "undo the edit and write a new migration; lockstep validate shows what changed; or accept it: lockstep repair --accept " + m.ID() + ` --reason "…"`,
	}
}

func outOfOrder(m *Migration, last *record) Difference {
	return Difference{
		Kind: DiffOutOfOrder, ID: m.ID(), File: m.Up.Path, key: m.key(),
		Msg: fmt.Sprintf("%s: is not applied, but the later %s is", m.Up.Path, joinID(last.Version, last.Name)),
		Hint: fmt.Sprintf("give it a new version: lockstep new --renumber %s; or, if its order does not matter, say so in the file: -- lockstep:out-of-order \"reason\"",
			m.Version),
	}
}
