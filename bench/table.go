package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// table is one part of the report.
type table struct {
	title  string
	note   string // one sentence below the title
	header []string
	rows   [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// report is everything that was measured.
type report struct {
	facts  []string
	tables []*table
}

// text renders the report for a terminal.
func (r *report) text() string {
	var b strings.Builder
	for _, f := range r.facts {
		b.WriteString(f + "\n")
	}
	for _, t := range r.tables {
		fmt.Fprintf(&b, "\n%s\n%s\n", t.title, t.note)
		all := append([][]string{t.header}, t.rows...)
		for _, row := range all {
			for i, cell := range row {
				fmt.Fprintf(&b, "%-*s  ", widest(all, i), cell)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func widest(rows [][]string, column int) int {
	w := 0
	for _, row := range rows {
		w = max(w, len([]rune(row[column])))
	}
	return w
}

// markdown renders the report as a section of a page.
func (r *report) markdown() string {
	var b strings.Builder
	for _, f := range r.facts {
		b.WriteString("- " + f + "\n")
	}
	for _, t := range r.tables {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n", t.title, t.note)
		line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
		line(t.header)
		line(slices.Repeat([]string{"---"}, len(t.header)))
		for _, row := range t.rows {
			line(row)
		}
	}
	return b.String()
}

// The marks between which a page holds what this program writes.
const (
	beginMark = "<!-- bench: begin -->"
	endMark   = "<!-- bench: end -->"
)

// replaceSection writes text between the marks of a file.
func replaceSection(path, text string) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, rest, ok := strings.Cut(string(page), beginMark)
	_, tail, closed := strings.Cut(rest, endMark)
	if !ok || !closed {
		return fmt.Errorf("%s has no %s … %s", path, beginMark, endMark)
	}
	return os.WriteFile(path, []byte(head+beginMark+"\n"+text+endMark+tail), 0o600)
}

func median(values []time.Duration) time.Duration {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// shown prints a duration with three digits.
func shown(d time.Duration) string {
	switch {
	case d == 0:
		return "–"
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.2f ms", float64(d)/1e6)
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", float64(d)/1e6)
	default:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
}

// ratio tells how much longer than lockstep something took.
func ratio(d, lockstep time.Duration) string {
	if d == 0 || lockstep == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", float64(d)/float64(lockstep))
}
