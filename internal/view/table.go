package view

import (
	"strings"
)

// cell is one field of a table.
type cell struct {
	text  string
	codes []string // colours
}

// column is one column of a table.
type column struct {
	title  string
	right  bool // numbers
	shrink int  // least width it may be cut to; 0 = never cut
}

// table writes aligned rows. Columns that are empty in every row are left
// out, and columns that may shrink do so until the rows fit the width.
type table struct {
	style   Style
	columns []column
	rows    []row
}

type row struct {
	cells []cell
	below string // a line under the row, "" for none
}

const gap = "  "

func (t *table) add(below string, cells ...cell) {
	for i := range cells {
		cells[i].text = clean(cells[i].text)
	}
	t.rows = append(t.rows, row{cells, clean(below)})
}

// String renders the table, each line with its line end.
func (t *table) String() string {
	widths := t.widths()
	var b strings.Builder
	header := make([]cell, len(t.columns))
	for i, c := range t.columns {
		header[i] = cell{c.title, []string{dim}}
	}
	t.line(&b, widths, header)
	for _, r := range t.rows {
		t.line(&b, widths, r.cells)
		if r.below != "" {
			indent := strings.Repeat(" ", widths[0]+len(gap))
			b.WriteString(indent + t.style.Dim(t.fit("└ "+r.below, len(indent))) + "\n")
		}
	}
	return b.String()
}

// fit shortens text to what is left of the width behind an indent.
func (t *table) fit(text string, indent int) string {
	if t.style.Width == 0 {
		return text
	}
	return fit(text, max(t.style.Width-indent-1, 10))
}

// widths computes the width of each column; 0 leaves it out.
func (t *table) widths() []int {
	widths := make([]int, len(t.columns))
	total := 0
	for i, c := range t.columns {
		for _, r := range t.rows {
			widths[i] = max(widths[i], width(r.cells[i].text))
		}
		if widths[i] > 0 {
			widths[i] = max(widths[i], width(c.title))
			total += widths[i] + len(gap)
		}
	}
	if t.style.Width == 0 {
		return widths
	}
	t.squeeze(widths, total-len(gap)+1-t.style.Width)
	return widths
}

// squeeze takes over columns from the widths, always from the column that has
// most to give.
func (t *table) squeeze(widths []int, over int) {
	for ; over > 0; over-- {
		best := -1
		for i, c := range t.columns {
			if c.shrink > 0 && widths[i] > c.shrink && (best < 0 || widths[i]-c.shrink > widths[best]-t.columns[best].shrink) {
				best = i
			}
		}
		if best < 0 {
			return
		}
		widths[best]--
	}
}

func (t *table) line(b *strings.Builder, widths []int, cells []cell) {
	var s strings.Builder
	for i, c := range cells {
		if widths[i] == 0 {
			continue
		}
		text := fit(c.text, widths[i])
		space := strings.Repeat(" ", widths[i]-width(text))
		painted := t.style.paint(text, c.codes...)
		if t.columns[i].right {
			s.WriteString(space + painted)
		} else {
			s.WriteString(painted + space)
		}
		s.WriteString(gap)
	}
	b.WriteString(strings.TrimRight(s.String(), " ") + "\n")
}
