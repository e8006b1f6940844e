package sqltext

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// excerptWidth is how many columns of a source line an excerpt shows at most.
const excerptWidth = 100

// Excerpt returns the source line of p with its number, and under it a caret
// at the column of p, each ended by a line feed:
//
//	12 | ALTER TABLE users ADD COLUMM age int;
//	   |                       ^
//
// Of a long line it shows the part around p. Tabs are shown as four spaces and
// control characters as dots, so that the caret stands right in any terminal.
func Excerpt(text string, p Pos) string {
	off := max(0, min(p.Offset, len(text)))
	before, after := lineAround(text, off)
	left, width := tailColumns(before, excerptWidth*2/3)
	right := headColumns(after, excerptWidth-width)
	number := fmt.Sprintf("%4d", p.Line)
	return fmt.Sprintf("%s | %s%s\n%*s | %*s^\n", number, left, right, len(number), "", width, "")
}

// lineAround returns what stands before and behind off in its line. A byte
// order mark is left out.
func lineAround(text string, off int) (before, after string) {
	before, after = text[:off], text[off:]
	before = before[strings.LastIndexAny(before, "\r\n")+1:]
	if n := strings.IndexAny(after, "\r\n"); n >= 0 {
		after = after[:n]
	}
	return strings.TrimPrefix(before, bom), strings.TrimPrefix(after, bom)
}

// headColumns returns the start of s as it is shown in width columns. One is
// for the mark that something was left out.
func headColumns(s string, width int) string {
	var b strings.Builder
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		shown, cols := show(r)
		if cols > width || cols == width && size < len(s) {
			b.WriteString("…")
			break
		}
		b.WriteString(shown)
		s, width = s[size:], width-cols
	}
	return b.String()
}

// tailColumns is headColumns for the end of s. It also returns how many columns
// that takes.
func tailColumns(s string, width int) (string, int) {
	var parts []string
	left := width
	for s != "" {
		r, size := utf8.DecodeLastRuneInString(s)
		shown, cols := show(r)
		if cols > left || cols == left && size < len(s) {
			parts, left = append(parts, "…"), left-1
			break
		}
		parts = append(parts, shown)
		s, left = s[:len(s)-size], left-cols
	}
	slices.Reverse(parts)
	return strings.Join(parts, ""), width - left
}

// show returns how a character is shown and how many columns it takes.
func show(r rune) (string, int) {
	switch {
	case r == '\t':
		return "    ", 4
	case r == utf8.RuneError, unicode.IsControl(r):
		return "·", 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return string(r), 0
	case unicode.Is(unicode.Cf, r): // such as marks that turn the direction of text
		return "·", 1
	case isWide(r):
		return string(r), 2
	}
	return string(r), 1
}

// isWide tells whether terminals show a character in two columns: East Asian
// wide and full-width ones and emoji, in ranges (Unicode 15).
func isWide(r rune) bool {
	switch {
	case r < 0x1100:
		return false
	case r <= 0x115f, // Hangul
		r >= 0x231a && r <= 0x231b, r >= 0x23e9 && r <= 0x23ec, r >= 0x2614 && r <= 0x2615,
		r >= 0x26aa && r <= 0x26ab, r >= 0x26bd && r <= 0x26be, r == 0x2705, r >= 0x270a && r <= 0x270b,
		r == 0x274c, r >= 0x2753 && r <= 0x2755, // emoji
		r >= 0x2e80 && r <= 0x303e, r >= 0x3041 && r <= 0xa4cf, // CJK
		r >= 0xac00 && r <= 0xd7a3, r >= 0xf900 && r <= 0xfaff, r >= 0xfe30 && r <= 0xfe6f,
		r >= 0xff00 && r <= 0xff60, r >= 0xffe0 && r <= 0xffe6, // full width
		r >= 0x1f300 && r <= 0x1f64f, r >= 0x1f680 && r <= 0x1f6ff, r >= 0x1f900 && r <= 0x1f9ff,
		r >= 0x20000 && r <= 0x3fffd:
		return true
	}
	return false
}
