package view

import (
	"fmt"
	"io"
	"strings"

	"github.com/lockstepdb/lockstep"
)

// Failure is why a command could not do what it was asked. It is what --json
// prints under "error".
type Failure struct {
	Kind        string                `json:"kind"` // see docs/cli.md
	ExitCode    int                   `json:"exitCode"`
	Message     string                `json:"message"`
	Hint        string                `json:"hint,omitempty"`
	File        string                `json:"file,omitempty"`
	Line        int                   `json:"line,omitempty"`
	Column      int                   `json:"column,omitempty"`
	Code        string                `json:"code,omitempty"` // SQLSTATE, or the vendor's number
	Detail      string                `json:"detail,omitempty"`
	Excerpt     string                `json:"excerpt,omitempty"`
	Applied     []string              `json:"applied,omitempty"`    // migrations this run completed
	NotApplied  []string              `json:"notApplied,omitempty"` // migrations it did not, the failed one first
	Outcome     string                `json:"outcome,omitempty"`    // what became of the failed migration
	Resumable   bool                  `json:"resumable"`            // up goes on from here
	Faults      []lockstep.Fault      `json:"faults,omitempty"`
	Differences []lockstep.Difference `json:"differences,omitempty"`
	Blockers    []lockstep.Blocker    `json:"blockers,omitempty"`
}

// WriteFailure writes a failure for a person.
func WriteFailure(w io.Writer, style Style, f Failure) error {
	var b strings.Builder
	switch {
	case len(f.Faults) > 0:
		writeFaults(&b, style, f.Faults)
	case len(f.Differences) > 0:
		writeDifferences(&b, style, f.Differences)
	default:
		writeOne(&b, style, f)
	}
	return write(w, b.String())
}

func writeOne(b *strings.Builder, style Style, f Failure) {
	b.WriteString(style.paint("error: ", red, bold) + cleanBlock(f.Message) + "\n")
	if f.Excerpt != "" {
		b.WriteString("\n" + caret(style, f.Excerpt) + "\n")
	}
	if f.Detail != "" {
		b.WriteString("detail: " + cleanBlock(f.Detail) + "\n")
	}
	writeState(b, style, f)
	hint(b, style, f.Hint)
}

// writeState says what was done and what was not.
func writeState(b *strings.Builder, style Style, f Failure) {
	if len(f.Applied)+len(f.NotApplied) == 0 {
		return
	}
	names := func(label string, ids []string, codes ...string) {
		const most = 5
		more := ""
		if n := len(ids) - most; n > 1 {
			ids, more = ids[:most], fmt.Sprintf(" and %d more", n)
		}
		if len(ids) > 0 {
			b.WriteString(style.paint(pad(label, 13), codes...) + clean(strings.Join(ids, ", ")) + more + "\n")
		}
	}
	names("applied:", f.Applied, green)
	if len(f.NotApplied) > 0 {
		outcome := f.NotApplied[0]
		if f.Outcome != "" {
			outcome += " (" + f.Outcome + ")"
		}
		names("failed:", []string{outcome}, red)
		names("not started:", f.NotApplied[1:], dim)
	}
}

func writeFaults(b *strings.Builder, style Style, faults []lockstep.Fault) {
	for i, f := range faults {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(style.paint("error: ", red, bold) + clean(f.Error()) + "\n")
		if f.Line != "" {
			b.WriteString("\n" + caret(style, f.Line) + "\n")
		}
		hint(b, style, f.Hint)
	}
	if len(faults) > 1 {
		fmt.Fprintf(b, "\n%s in the migration files; nothing was done.\n", Count(len(faults), "error"))
	}
}

func writeDifferences(b *strings.Builder, style Style, all []lockstep.Difference) {
	for i, d := range all {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(style.paint("error: ", red, bold) + clean(d.Msg) + "\n")
		hint(b, style, d.Hint)
	}
	if len(all) > 1 {
		fmt.Fprintf(b, "\nFiles and ledger contradict each other in %d places; nothing was done.\n", len(all))
	}
}

func hint(b *strings.Builder, style Style, text string) {
	if text != "" {
		b.WriteString(style.paint("hint: ", cyan, bold) + cleanBlock(text) + "\n")
	}
}

// caret colours the caret of an excerpt and indents it.
func caret(style Style, excerpt string) string {
	var b strings.Builder
	for line := range strings.Lines(cleanBlock(strings.TrimRight(excerpt, "\n"))) {
		text := strings.TrimRight(line, "\n")
		if strings.HasSuffix(text, "^") {
			text = style.paint(text, red, bold)
		}
		b.WriteString(text + "\n")
	}
	return b.String()
}
