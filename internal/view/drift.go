package view

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/lockstepdb/lockstep/drift"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/schema/diff"
)

// DriftPage is what drift shows.
type DriftPage struct {
	Database string
	Report   *drift.Report
	Undo     []string     // SQL, each statement with its end
	UndoNote string       // what to know before one gives it to a shell; "" for nothing
	Back     *diff.Result // what the SQL does
	Now      time.Time
}

// Drift writes what differs from the schema that the ledger records.
func Drift(w io.Writer, style Style, p DriftPage) error {
	var b strings.Builder
	r := p.Report
	fmt.Fprintf(&b, "%s\n\n%s\n", style.Bold(clean(p.Database)), driftTitle(style, p))
	if r.Recorded.Stale {
		b.WriteString(style.Note("a run after that ended without recording the schema, so this may be its work; the next run records it") + "\n")
	}
	if len(r.Differences) > 0 {
		b.WriteString("\n")
		if err := SchemaDifferences(&b, style, r.Differences); err != nil {
			return err
		}
	}
	writeAccepted(&b, style, r)
	if len(r.Differences) > 0 {
		if err := writeUndo(&b, style, p); err != nil {
			return err
		}
		b.WriteString("\n" + style.Dim("Or keep it: lockstep drift --write NAME makes it a migration, lockstep drift --accept --reason \"…\" accepts it.") + "\n")
	}
	return write(w, b.String())
}

// writeUndo writes what leads back, behind what that throws away and leaves.
func writeUndo(b *strings.Builder, style Style, p DriftPage) error {
	var notes []string
	for _, d := range p.Back.OrderOnly {
		if slices.ContainsFunc(p.Report.Differences, func(one schema.Difference) bool { return one.ID == d.ID }) {
			notes = append(notes, d.ID.String()+" stays as it is; --ignore order leaves it out")
		}
	}
	for _, h := range p.Back.Hints {
		notes = append(notes, fmt.Sprintf("%s may be %s under another name (%s); if so, rename it back instead", h.From, h.To.Name, h.Why))
	}
	for _, l := range p.Back.Losses {
		notes = append(notes, "to undo it loses data: "+l.String()+lostWith(l))
	}
	if len(notes) > 0 {
		b.WriteString("\n")
	}
	for _, n := range notes {
		b.WriteString(style.Note(clean(n)) + "\n")
	}
	if len(p.Undo) == 0 {
		return nil
	}
	b.WriteString("\nUndo it:\n\n")
	if err := SchemaSQL(b, p.Undo); err != nil {
		return err
	}
	if p.UndoNote != "" {
		b.WriteString("\n" + style.Note(p.UndoNote) + "\n")
	}
	return nil
}

// lostWith names the columns that a rebuilt table has no more.
func lostWith(c schema.Change) string {
	rebuild, ok := c.(schema.RebuildTable)
	if !ok {
		return ""
	}
	var lost []string
	for _, f := range rebuild.Before {
		kept := slices.ContainsFunc(rebuild.After, func(o schema.Fact) bool { return o.ID == f.ID })
		if f.ID.Kind == schema.KindColumn && !kept {
			lost = append(lost, f.ID.Name)
		}
	}
	return " without " + strings.Join(lost, ", ")
}

// driftTitle is the one line that says it all.
func driftTitle(style Style, p DriftPage) string {
	r := p.Report
	what := "The schema"
	if v := r.Recorded.Version; v != "" {
		what = "Version " + clean(strings.TrimRight(string(v)+"_"+r.Recorded.Name, "_"))
	}
	when := style.Dim(fmt.Sprintf(" (as recorded %s, %s)", r.Recorded.At.UTC().Format(moment), ago(r.Recorded.At, p.Now)))
	switch n := len(r.Differences); {
	case n > 0:
		return what + when + style.paint(" plus "+CountDifferences(r.Differences), red) + ":"
	case len(r.Accepted) > 0:
		return what + when + ", " + style.paint("no drift", green) + " but what was accepted."
	}
	return what + when + ", " + style.paint("no drift", green) + "."
}

// writeAccepted lists what does not count because somebody accepted it.
func writeAccepted(b *strings.Builder, style Style, r *drift.Report) {
	for _, a := range r.Expired {
		fmt.Fprintf(b, "\n%s %s was accepted by %s until %s: %s\n", style.paint("!", yellow), clean(a.ID.String()), clean(a.By.Owner), a.By.Expires, clean(a.By.Reason))
	}
	if len(r.Accepted) > 0 {
		b.WriteString("\nAccepted:\n")
	}
	for _, a := range r.Accepted {
		until := ""
		if a.By.Expires != "" {
			until = " until " + a.By.Expires
		}
		fmt.Fprintf(b, "  %s %s\n", style.paint("◇", green), clean(a.ID.String())+style.Dim(fmt.Sprintf("  %s, %s%s", clean(a.By.Reason), clean(a.By.Owner), until)))
	}
}
