package view

import (
	"fmt"
	"io"
	"strings"
)

// around is how many equal lines a hunk shows on each side.
const around = 3

// Diff writes what distinguishes two texts, as a unified diff.
func Diff(w io.Writer, style Style, fromName, toName, from, to string) error {
	edits := diffLines(splitLines(from), splitLines(to))
	var b strings.Builder
	b.WriteString(style.paint("--- "+clean(fromName), bold) + "\n")
	b.WriteString(style.paint("+++ "+clean(toName), bold) + "\n")
	for _, h := range hunks(edits) {
		h.write(&b, style)
	}
	return write(w, b.String())
}

// hunk is a group of edits that are close together.
type hunk struct {
	edits            []edit
	fromLine, toLine int
}

// hunks cuts edits into groups with their surroundings.
func hunks(edits []edit) []hunk {
	var all []hunk
	fromLine, toLine := 1, 1
	last := -1 // index behind the hunk that is being built
	for i, e := range edits {
		if e.op != ' ' {
			start := max(i-around, 0)
			if len(all) > 0 && start <= last {
				start = last
			} else {
				all = append(all, hunk{fromLine: fromLine - (i - start), toLine: toLine - (i - start)})
			}
			end := min(i+around+1, len(edits))
			h := &all[len(all)-1]
			h.edits = append(h.edits, edits[min(start, end):end]...)
			last = max(end, last)
		}
		if e.op != '+' {
			fromLine++
		}
		if e.op != '-' {
			toLine++
		}
	}
	return all
}

func (h hunk) write(b *strings.Builder, style Style) {
	from, to := 0, 0
	for _, e := range h.edits {
		if e.op != '+' {
			from++
		}
		if e.op != '-' {
			to++
		}
	}
	b.WriteString(style.paint(fmt.Sprintf("@@ -%s +%s @@", lineRange(h.fromLine, from), lineRange(h.toLine, to)), cyan) + "\n")
	for _, e := range h.edits {
		text := string(e.op) + cleanBlock(e.text)
		switch e.op {
		case '-':
			text = style.paint(text, red)
		case '+':
			text = style.paint(text, green)
		}
		b.WriteString(text + "\n")
	}
}

// lineRange is "first,count" as diff -u writes it.
func lineRange(first, count int) string {
	switch count {
	case 0:
		return fmt.Sprintf("%d,0", first-1)
	case 1:
		return fmt.Sprint(first)
	}
	return fmt.Sprintf("%d,%d", first, count)
}
