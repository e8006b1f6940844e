package view

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/lockstepdb/lockstep"
)

// look is how a state is shown.
type look struct {
	symbol string
	codes  []string
}

func lookOf(s lockstep.State) look {
	switch s {
	case lockstep.StateApplied:
		return look{"✓", []string{green}}
	case lockstep.StateBaselined, lockstep.StateAdopted:
		return look{"◇", []string{green}}
	case lockstep.StatePending:
		return look{"●", []string{yellow}}
	case lockstep.StateOutdated:
		return look{"↻", []string{yellow}}
	case lockstep.StateUnfinished:
		return look{"◐", []string{red}}
	case lockstep.StateAhead:
		return look{"↑", []string{cyan}}
	case lockstep.StateOutOfOrder:
		return look{"⇅", []string{red}}
	case lockstep.StateChanged:
		return look{"≠", []string{red}}
	case lockstep.StateMissing:
		return look{"?", []string{red}}
	case lockstep.StateBehind:
		return look{"◔", []string{red}}
	}
	return look{"✗", []string{red}}
}

// Status writes where a database stands. now is what times are relative to.
func Status(w io.Writer, style Style, database string, s *lockstep.Status, now time.Time) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", style.Bold(clean(database)))
	if len(s.Rows) > 0 {
		b.WriteString(statusTable(style, s, now).String() + "\n")
	}
	b.WriteString(statusSummary(style, s) + "\n")
	return write(w, b.String())
}

// The widths below which a status leaves out what a person can do without:
// first how long ago, then by whom and the seconds.
const (
	roomy  = 104
	narrow = 90
)

func statusTable(style Style, s *lockstep.Status, now time.Time) *table {
	t := &table{style: style, columns: []column{
		{},
		{title: "VERSION", shrink: 14},
		{title: "NAME", shrink: 12},
		{title: "PHASE"},
		{title: "STATE"},
		{title: "WHEN (UTC)"},
		{},
		{title: "BY", shrink: 6},
		{title: "TOOK", right: true},
	}}
	for _, r := range s.Rows {
		l := lookOf(r.State)
		version := cell{text: string(r.Version)}
		if r.Version == "" {
			version = cell{"repeatable", []string{dim}}
		}
		t.add(r.Note, cell{l.symbol, l.codes}, version, cell{text: r.Name}, cell{string(r.Phase), []string{dim}},
			cell{string(r.State), l.codes}, when(r.At, style), since(r.At, now, style), by(r.By, style), took(r))
	}
	return t
}

// has reports whether a line has at least that many columns.
func (s Style) has(columns int) bool { return s.Width == 0 || s.Width >= columns }

func when(t time.Time, style Style) cell {
	switch {
	case t.IsZero():
		return cell{}
	case !style.has(narrow):
		return cell{text: t.UTC().Format("2006-01-02 15:04")}
	}
	return cell{text: t.UTC().Format(moment)}
}

func since(t, now time.Time, style Style) cell {
	if t.IsZero() || !style.has(roomy) {
		return cell{}
	}
	return cell{ago(t, now), []string{dim}}
}

func by(name string, style Style) cell {
	if !style.has(narrow) {
		return cell{}
	}
	return cell{text: name}
}

func took(r lockstep.StatusRow) cell {
	if r.State == lockstep.StateBaselined || r.State == lockstep.StateAdopted || r.At.IsZero() || r.Duration == 0 {
		return cell{}
	}
	return cell{text: Duration(r.Duration)}
}

// statusSummary is the one line that says it all, with what to do next.
func statusSummary(style Style, s *lockstep.Status) string {
	if len(s.Rows) == 0 {
		return "No migrations yet. lockstep new create users writes the first one."
	}
	parts := []string{style.paint(fmt.Sprintf("%d applied", s.Applied), green)}
	if s.Pending > 0 {
		parts = append(parts, style.paint(fmt.Sprintf("%d pending", s.Pending), yellow))
	}
	if s.Ahead > 0 {
		parts = append(parts, style.paint(fmt.Sprintf("%d ahead of these files", s.Ahead), cyan))
	}
	if s.Faults > 0 {
		parts = append(parts, style.paint(fmt.Sprintf("%d at fault", s.Faults), red))
	}
	return strings.Join(parts, " · ") + style.Dim(nextStep(s))
}

func nextStep(s *lockstep.Status) string {
	switch {
	case s.Faults > 0:
		return "  (lockstep validate says what is wrong)"
	case s.Pending > 0:
		return "  (lockstep up applies what is pending)"
	case s.Ahead > 0:
		return "  (newer code was deployed here)"
	}
	return "  (up to date)"
}

// write writes text whole.
func write(w io.Writer, text string) error {
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}
