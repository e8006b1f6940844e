package view

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/lockstepdb/lockstep/rehearse"
)

// filled writes what tables were filled with, and what statements take for a
// million rows.
func filled(b *strings.Builder, style Style, r *rehearse.Report) {
	if r.Rows == nil {
		return
	}
	if t := filledTable(style, r); len(t.rows) > 0 {
		fmt.Fprintf(b, "\n%s\n", style.Dim("filled with made-up rows, seed "+strconv.FormatUint(r.Rows.Seed, 10)))
		b.WriteString(t.String())
	}
	for _, t := range r.Rows.Tables {
		if t.Reason != "" {
			b.WriteString(style.paint("!", yellow) + " " + style.wrap(clean(fmt.Sprintf("%s has %s of %s rows: %s", strings.TrimPrefix(t.ID.String(), "table "), thousands(t.Rows), thousands(t.Wanted), t.Reason)), 2) + "\n")
		}
	}
	perMillion(b, style, r)
}

func filledTable(style Style, r *rehearse.Report) *table {
	t := &table{style: style, columns: []column{
		{title: "TABLE", shrink: 20}, {title: "ROWS", right: true}, {title: "ADDED IN", right: true}, {title: "ROWS/S", right: true},
	}}
	for _, one := range r.Rows.Tables {
		t.add("", cell{text: strings.TrimPrefix(one.ID.String(), "table ")}, cell{text: thousands(one.Rows)}, lasted(one.Duration), cell{text: thousands(one.PerSecond())})
	}
	return t
}

func perMillion(b *strings.Builder, style Style, r *rehearse.Report) {
	t := &table{style: style, columns: []column{
		{title: "VERSION", shrink: 14},
		{title: "LINE", right: true},
		{title: "STATEMENT", shrink: 20},
		{title: "ROWS", right: true},
		{title: "TOOK", right: true},
		{title: "PER MILLION", right: true},
	}}
	extrapolated, left := false, 0
	for _, one := range r.Results {
		for _, s := range one.Statements {
			switch {
			case s.Rows == 0:
			case len(t.rows) == mostMeasured:
				left++
			default:
				each := Duration(s.PerMillion)
				if s.Extrapolated {
					each, extrapolated = "~"+each, true
				}
				t.add("", cell{text: string(one.Version)}, cell{text: strconv.Itoa(s.Line)}, cell{text: s.Text},
					cell{text: thousands(s.Rows)}, cell{text: Duration(s.Duration)}, cell{text: each})
			}
		}
	}
	if len(t.rows) == 0 {
		return
	}
	b.WriteString("\n" + t.String())
	if left > 0 {
		fmt.Fprintf(b, "%s more; --json tells all\n", Count(left, "statement"))
	}
	if extrapolated {
		b.WriteString(style.Dim("~ fewer than a million rows: as if the time grew with them") + "\n")
	}
}

// thousands writes a number in groups of three digits.
func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
