package view

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/lockstepdb/lockstep/rehearse"
)

// Rehearsal writes what a rehearsal found. message tells an error for people.
func Rehearsal(w io.Writer, style Style, r *rehearse.Report, message func(error) string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in a scratch database on %s\n", style.Bold("Rehearsed "+Count(len(r.Results), "migration")), clean(r.Server))
	if r.Applied > 0 {
		fmt.Fprintf(&b, "%s only applied, to get there\n", wasWere(r.Applied))
	}
	if len(r.Results) > 0 {
		b.WriteString("\n" + rehearsalTable(style, r).String())
	}
	for _, one := range r.Results {
		found(&b, style, one, message)
	}
	measured(&b, style, r)
	filled(&b, style, r)
	b.WriteString("\n" + rehearsalSummary(style, r) + "\n")
	return write(w, b.String())
}

func wasWere(n int) string {
	if n == 1 {
		return "1 other migration was"
	}
	return Count(n, "other migration") + " were"
}

func lookOfVerdict(r rehearse.Result) look {
	switch r.Verdict {
	case rehearse.Identical, rehearse.Applied:
		return look{"✓", []string{green}}
	case rehearse.OrderOnly:
		return look{"≈", []string{yellow}}
	case rehearse.Irreversible:
		return look{"–", []string{yellow}}
	case rehearse.Differs, rehearse.LosesRows:
		return look{"≠", []string{red}}
	}
	return look{"✗", []string{red}}
}

func rehearsalTable(style Style, r *rehearse.Report) *table {
	t := &table{style: style, columns: []column{
		{},
		{title: "VERSION", shrink: 14},
		{title: "NAME", shrink: 16},
		{title: "UP", right: true},
		{title: "DOWN", right: true},
		{title: "UP AGAIN", right: true},
		{title: "VERDICT"},
	}}
	for _, one := range r.Results {
		l := lookOfVerdict(one)
		version := cell{text: string(one.Version)}
		if one.Version == "" {
			version = cell{"repeatable", []string{dim}}
		}
		verdict := string(one.Verdict)
		if one.Verdict == rehearse.Failed {
			verdict += map[rehearse.Stage]string{rehearse.StageUp: ": up", rehearse.StageDown: ": down", rehearse.StageAgain: ": up again"}[one.FailedAt]
		}
		t.add("", cell{l.symbol, l.codes}, version, cell{text: one.Name}, lasted(one.Up), lasted(one.Down), lasted(one.Again), cell{verdict, l.codes})
	}
	return t
}

func lasted(d time.Duration) cell {
	if d == 0 {
		return cell{}
	}
	return cell{text: Duration(d)}
}

// found writes what is to be said of one migration below the table.
func found(b *strings.Builder, style Style, r rehearse.Result, message func(error) string) {
	var lines []string
	for _, d := range r.Told() {
		lines = append(lines, clean(d.String()))
	}
	if r.Err != nil && r.FailedAt != rehearse.StageUp {
		lines = append(lines, map[rehearse.Stage]string{rehearse.StageDown: "the down failed: ", rehearse.StageAgain: "the second up failed: "}[r.FailedAt]+cleanBlock(message(r.Err)))
	}
	for _, l := range r.Lost {
		lines = append(lines, clean(l.String()))
	}
	if r.RowsErr != nil {
		lines = append(lines, "the down fails when there are rows: "+cleanBlock(message(r.RowsErr)))
	}
	if len(lines) == 0 {
		return
	}
	l := lookOfVerdict(r)
	if r.RowsErr != nil && r.LeadsBack() {
		l = look{"!", []string{yellow}}
	}
	b.WriteString("\n" + style.paint(l.symbol, l.codes...) + " " + style.Bold(clean(r.ID())) + "\n")
	for _, line := range lines {
		b.WriteString("  " + style.wrap(line, len("  ")) + "\n")
	}
}

// mostMeasured is how many measured statements are shown; the report has all.
const mostMeasured = 40

// measured writes what statements lock and rewrite that is not their own.
func measured(b *strings.Builder, style Style, r *rehearse.Report) {
	t := &table{style: style, columns: []column{
		{title: "VERSION", shrink: 14},
		{title: "LINE", right: true},
		{title: "STATEMENT", shrink: 20},
		{title: "TOOK", right: true},
		{title: "LOCKS", shrink: 20},
		{title: "REWRITES", shrink: 16},
		{title: "LOG", right: true},
	}}
	left := 0
	for _, one := range r.Results {
		for _, s := range one.Statements {
			switch {
			case len(s.Locks)+len(s.Rewrites) == 0:
			case len(t.rows) == mostMeasured:
				left++
			default:
				t.add("", cell{text: string(one.Version)}, cell{text: strconv.Itoa(s.Line)}, cell{text: s.Text}, cell{text: Duration(s.Duration)},
					cell{text: locks(s)}, cell{strings.Join(s.Rewrites, ", "), []string{yellow}}, written(s.Written))
			}
		}
	}
	if len(t.rows) > 0 {
		b.WriteString("\n" + t.String())
	}
	if left > 0 {
		fmt.Fprintf(b, "%s more; --json tells all\n", Count(left, "statement"))
	}
}

func locks(s rehearse.Statement) string {
	var all []string
	for _, l := range s.Locks {
		all = append(all, l.Table+" "+l.Mode)
	}
	return strings.Join(all, ", ")
}

func written(n int64) cell {
	switch {
	case n == 0:
		return cell{}
	case n < 10_000:
		return cell{text: strconv.FormatInt(n, 10) + " B"}
	case n < 10_000_000:
		return cell{text: strconv.FormatInt(n/1000, 10) + " kB"}
	}
	return cell{text: strconv.FormatInt(n/1_000_000, 10) + " MB"}
}

func rehearsalSummary(style Style, r *rehearse.Report) string {
	var parts []string
	add := func(n int, text string, code string) {
		if n > 0 {
			parts = append(parts, style.paint(fmt.Sprintf("%d %s", n, text), code))
		}
	}
	good := r.Count(rehearse.Identical) + r.Count(rehearse.OrderOnly)
	if good == 1 {
		add(good, "leads back", green)
	} else {
		add(good, "lead back", green)
	}
	add(r.Count(rehearse.Applied), "applied", green)
	add(r.Count(rehearse.Irreversible), "irreversible", yellow)
	add(len(r.Astray()), "astray", red)
	if r.Failure() != nil {
		add(1, "failed", red)
	}
	add(len(r.Left), "not run", dim)
	if parts == nil {
		parts = []string{"nothing to rehearse"}
	}
	return strings.Join(parts, " · ") + style.Dim("  ("+Duration(r.Duration)+")")
}

// Rehearsing shows on a terminal what is being rehearsed now.
type Rehearsing struct {
	w     io.Writer
	style Style
	shown bool
}

// NewRehearsing returns a Rehearsing that writes to w.
func NewRehearsing(w io.Writer, style Style) *Rehearsing { return &Rehearsing{w: w, style: style} }

// Watch shows an event.
func (p *Rehearsing) Watch(e rehearse.Event) {
	if !p.style.Live {
		return
	}
	doing := map[rehearse.Stage]string{
		rehearse.StageApply: "apply", rehearse.StageUp: "up", rehearse.StageDown: "down", rehearse.StageAgain: "up again",
		rehearse.StageFill: "fill tables", rehearse.StageFresh: "apply again in a new database", rehearse.StageDone: "done",
	}[e.Stage]
	text := fmt.Sprintf("%d/%d %s: %s", e.Number, e.Of, clean(e.Migration), doing)
	if e.Table != "" {
		text = fmt.Sprintf("%d/%d %s: fill %s: %s of %s rows", e.Number, e.Of, clean(e.Migration), clean(e.Table), thousands(e.Rows), thousands(e.All))
	}
	_, _ = io.WriteString(p.w, "\r\x1b[K"+p.style.Dim(fit(text, max(p.style.Width-1, 20)))) // nobody listens: no reason to stop
	p.shown = true
}

// Stop clears the line.
func (p *Rehearsing) Stop() {
	if p.shown {
		_, _ = io.WriteString(p.w, "\r\x1b[K") // as in Watch
	}
}
