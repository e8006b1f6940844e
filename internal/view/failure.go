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
	b.WriteString(style.paint("error: ", red, bold) + style.wrap(cleanBlock(f.Message), len("error: ")) + "\n")
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
	if len(f.NotApplied) == 0 {
		return
	}
	line := func(label, text string, codes ...string) {
		if text != "" {
			b.WriteString(style.paint(pad(label, 13), codes...) + clean(text) + "\n")
		}
	}
	failed := f.NotApplied[0]
	if f.Outcome != "" {
		failed += " (" + f.Outcome + ")"
	}
	line("done:", listed(f.Applied), green)
	line("failed:", failed, red)
	line("not started:", listed(f.NotApplied[1:]), dim)
}

// listed names migrations; of many it gives the number and both ends.
func listed(ids []string) string {
	const most = 3
	if n := len(ids); n > most {
		return fmt.Sprintf("%s, %s to %s", Count(n, "migration"), ids[0], ids[n-1])
	}
	return strings.Join(ids, ", ")
}

func writeFaults(b *strings.Builder, style Style, faults []lockstep.Fault) {
	for i, f := range faults {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(style.paint("error: ", red, bold) + style.wrap(clean(f.Error()), len("error: ")) + "\n")
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
		b.WriteString(style.paint("error: ", red, bold) + style.wrap(clean(d.Msg), len("error: ")) + "\n")
		hint(b, style, d.Hint)
	}
	if len(all) > 1 {
		fmt.Fprintf(b, "\nFiles and ledger contradict each other in %d places; nothing was done.\n", len(all))
	}
}

func hint(b *strings.Builder, style Style, text string) {
	if text != "" {
		b.WriteString(style.paint("hint: ", cyan, bold) + style.wrap(cleanBlock(text), len("hint: ")) + "\n")
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
