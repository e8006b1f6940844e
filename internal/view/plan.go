package view

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/lockstepdb/lockstep"
)

// PlanPage is what Plan shows.
type PlanPage struct {
	Database   string
	Plan       *lockstep.Plan
	Statements map[int][]lockstep.PlannedStatement // by index of the step; nil: no SQL is shown
	Next       string                              // what to do now, "" for nothing
}

// Plan writes what a run would do.
func Plan(w io.Writer, style Style, p PlanPage) error {
	var b strings.Builder
	b.WriteString(planTitle(style, p))
	if !p.Plan.Empty() {
		b.WriteString("\n")
		if p.Statements == nil {
			b.WriteString(planTable(style, p.Plan).String())
		} else {
			planSQL(&b, style, p)
		}
	}
	for _, n := range p.Plan.Notes {
		b.WriteString("\n" + style.paint("note: ", yellow) + noteText(n) + "\n")
	}
	for _, id := range p.Plan.Ahead {
		b.WriteString("\n" + style.paint("note: ", yellow) + clean(id) + " is applied but not in these files: newer code was here\n")
	}
	if p.Plan.Deferred > 0 {
		fmt.Fprintf(&b, "\n%s.\n", Deferred(p.Plan.Deferred))
	}
	if p.Next != "" && !p.Plan.Empty() {
		b.WriteString("\n" + style.Dim(p.Next) + "\n")
	}
	return write(w, b.String())
}

// noteText says a note with its migration, unless the message names it.
func noteText(n lockstep.Note) string {
	if n.ID == "" || strings.Contains(n.Message, n.ID) {
		return clean(n.Message)
	}
	return clean(n.ID + ": " + n.Message)
}

func planTitle(style Style, p PlanPage) string {
	if p.Plan.Empty() {
		return NothingToDo(p.Plan) + "\n"
	}
	return fmt.Sprintf("%s on %s\n", style.Bold(Intent(p.Plan)), clean(p.Database))
}

// Deferred says that migrations beyond the target are left.
func Deferred(n int) string {
	if n == 1 {
		return "1 migration of a later version stays pending"
	}
	return Count(n, "migration") + " of later versions stay pending"
}

// NothingToDo says why a plan is empty.
func NothingToDo(p *lockstep.Plan) string {
	switch {
	case p.Direction == lockstep.Down:
		return "Nothing to revert."
	case p.Applied == 0 && p.Deferred == 0:
		return "Nothing to do: there are no migrations."
	case p.Deferred > 0:
		return fmt.Sprintf("Nothing to do: the database is there already. %s.", Deferred(p.Deferred))
	case p.Applied == 1:
		return "Nothing to do: the only migration is applied."
	}
	return fmt.Sprintf("Nothing to do: all %s are applied.", Count(p.Applied, "migration"))
}

// Intent says what a plan does: "Apply 3 migrations".
func Intent(p *lockstep.Plan) string {
	ups, downs, records := 0, 0, 0
	for _, s := range p.Steps {
		switch {
		case s.Direction == lockstep.Down:
			downs++
		case s.Strategy == lockstep.StrategyRecord:
			records++
		default:
			ups++
		}
	}
	switch {
	case records > 0 && ups > 0:
		return "Apply " + Count(ups, "migration") + ", record " + Count(records, "baseline")
	case records > 0:
		return "Record " + Count(records, "baseline")
	case ups > 0 && downs > 0 && ups == downs:
		return "Revert and apply again " + Count(ups, "migration")
	case downs > 0 && ups > 0:
		return fmt.Sprintf("Revert %d and apply %s", downs, Count(ups, "migration"))
	case downs > 0:
		return "Revert " + Count(downs, "migration")
	}
	return "Apply " + Count(ups, "migration")
}

func planTable(style Style, p *lockstep.Plan) *table {
	t := &table{style: style, columns: []column{
		{title: "#", right: true},
		{},
		{title: "VERSION", shrink: 14},
		{title: "NAME", shrink: 16},
		{title: "PHASE"},
		{title: "STATEMENTS", right: true},
		{title: "HOW", shrink: 20},
	}}
	for i, s := range p.Steps {
		below := ""
		if s.Strategy == lockstep.StrategyStatements || s.Strategy == lockstep.StrategyRecord {
			below = s.Why
		}
		t.add(below, cell{strconv.Itoa(i + 1), []string{dim}}, arrow(s), stepVersion(s), cell{text: s.Name},
			cell{string(s.Phase), []string{dim}}, cell{text: strconv.Itoa(s.Statements)}, cell{text: how(s)})
	}
	return t
}

func stepVersion(s lockstep.Step) cell {
	if s.Version == "" {
		return cell{"repeatable", []string{dim}}
	}
	return cell{text: string(s.Version)}
}

func arrow(s lockstep.Step) cell {
	if s.Direction == lockstep.Down {
		return cell{"↓", []string{yellow}}
	}
	return cell{"↑", []string{green}}
}

// how says how a step is carried out.
func how(s lockstep.Step) string {
	text := "in one transaction"
	switch {
	case s.Strategy == lockstep.StrategyRecord:
		text = "recorded, nothing runs"
	case s.Kind == lockstep.KindGo && s.Strategy == lockstep.StrategyStatements:
		text = "Go function, outside of a transaction"
	case s.Kind == lockstep.KindGo:
		text = "Go function in a transaction"
	case s.Strategy == lockstep.StrategyStatements:
		text = "statement by statement"
	}
	if s.Resuming {
		text += fmt.Sprintf(", goes on after %d of %d", s.Resume, s.Statements)
	}
	return text
}

// planSQL writes the steps with their statements, as SQL text.
func planSQL(b *strings.Builder, style Style, p PlanPage) {
	for i, s := range p.Plan.Steps {
		if i > 0 {
			b.WriteString("\n")
		}
		title := fmt.Sprintf("-- %d. %s %s: %s, %s", i+1, s.Direction, s.ID(), Count(s.Statements, "statement"), how(s))
		b.WriteString(style.paint(clean(title), cyan) + "\n")
		if s.Strategy != lockstep.StrategyTransaction && s.Why != "" {
			b.WriteString(style.Dim(clean("--    "+s.Why)) + "\n")
		}
		for _, st := range p.Statements[i] {
			if st.Done {
				b.WriteString(style.Dim(fmt.Sprintf("-- statement %d was applied by the interrupted run", st.Number)) + "\n")
				continue
			}
			b.WriteString(cleanBlock(strings.TrimRight(st.SQL, "; \n\t")) + ";\n")
		}
	}
}

// DryRun writes what a dry run tried, and what it could not.
func DryRun(w io.Writer, style Style, d *lockstep.DryRun) error {
	var b strings.Builder
	for _, r := range d.Tried {
		b.WriteString("  " + style.paint("✓", green) + " " + clean(r.Step.ID()) + style.Dim("  "+Duration(r.Duration)) + "\n")
	}
	for _, u := range d.NotTried {
		b.WriteString("  " + style.paint("–", yellow) + " " + clean(u.Step.ID()) + style.Dim("  not tried: "+clean(u.Reason)) + "\n")
	}
	b.WriteString("\n" + dryRunSummary(len(d.Tried), len(d.NotTried)) + " The database is as it was.\n")
	return write(w, b.String())
}

func dryRunSummary(tried, not int) string {
	switch {
	case tried == 0 && not > 0:
		return Count(not, "migration") + " could not be tried."
	case not > 0:
		return fmt.Sprintf("%s; %d could not be tried.", rolledBack(tried), not)
	}
	return rolledBack(tried) + "."
}

func rolledBack(n int) string {
	if n == 1 {
		return "1 migration ran without error and was rolled back"
	}
	return Count(n, "migration") + " ran without error and were rolled back"
}
