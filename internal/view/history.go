package view

import (
	"fmt"
	"io"
	"iter"
	"strconv"

	"github.com/lockstepdb/lockstep"
)

// historyPage is how many entries are laid out together: enough for steady
// columns, few enough for a ledger of any length.
const historyPage = 1000

// History writes ledger entries as a table, as they come.
func History(w io.Writer, style Style, entries iter.Seq2[*lockstep.Entry, error]) error {
	t := historyTable(style)
	n := 0
	for e, err := range entries {
		if err != nil {
			return err
		}
		n++
		addEntry(t, e)
		if len(t.rows) == historyPage {
			if err := write(w, t.String()); err != nil {
				return err
			}
			t = historyTable(style)
		}
	}
	if n == 0 {
		return write(w, "The ledger is empty.\n")
	}
	if len(t.rows) == 0 {
		return nil
	}
	return write(w, t.String())
}

func historyTable(style Style) *table {
	return &table{style: style, columns: []column{
		{title: "#", right: true},
		{title: "WHEN (UTC)"},
		{title: "EVENT"},
		{title: "MIGRATION", shrink: 20},
		{title: "TOOK", right: true},
		{title: "BY", shrink: 6},
		{title: "HOST", shrink: 6},
	}}
}

// shownFingerprint is how much of a fingerprint tells two of them apart.
const shownFingerprint = 24

func addEntry(t *table, e *lockstep.Entry) {
	took := ""
	if e.Duration > 0 && (e.Event == lockstep.EntryApplied || e.Event == lockstep.EntryReverted) {
		took = Duration(e.Duration)
	}
	name, codes := EventName(e)
	id := cell{text: e.ID()}
	if e.Event == lockstep.EntrySchema {
		id = cell{fit(e.Schema, shownFingerprint), []string{dim}}
	}
	below := e.Reason
	if e.Event == lockstep.EntryFailed {
		below = e.Failure()
	}
	t.add(below, cell{strconv.FormatInt(e.Seq, 10), []string{dim}}, cell{text: e.Finished.UTC().Format(moment)},
		cell{name, codes}, id, cell{text: took}, cell{text: e.Actor}, cell{e.Host, []string{dim}})
}

// EventName says what an entry records, with the colours of it.
func EventName(e *lockstep.Entry) (name string, codes []string) {
	switch e.Event {
	case lockstep.EntryApplied, lockstep.EntryBaselined, lockstep.EntryAdopted:
		return string(e.Event), []string{green}
	case lockstep.EntryReverted:
		return string(e.Event), []string{yellow}
	case lockstep.EntryFailed:
		return "failed", []string{red}
	case lockstep.EntryStatement:
		return fmt.Sprintf("%s %d/%d", e.Direction, e.Statement, e.Statements), []string{dim}
	case lockstep.EntryStarted:
		return fmt.Sprintf("%s started", e.Direction), []string{dim}
	case lockstep.EntrySchema:
		return string(e.Event), []string{dim}
	case lockstep.EntryAccepted:
		return "accepted drift", []string{cyan}
	case lockstep.EntryRepaired:
		return "repaired: " + string(e.Direction), []string{cyan}
	}
	return string(e.Event), nil
}
