package sqltext

import (
	"fmt"
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

// headColumns returns the start of s as it is shown, in at most width columns.
func headColumns(s string, width int) string {
	var b strings.Builder
	for used := 0; s != ""; {
		r, size := utf8.DecodeRuneInString(s)
		shown, cols := show(r)
		if used += cols; used > width-1 && size < len(s) || used > width {
			b.WriteString("…")
			break
		}
		b.WriteString(shown)
		s = s[size:]
	}
	return b.String()
}

// tailColumns returns the end of s as it is shown, in at most width columns,
// and how many it takes.
func tailColumns(s string, width int) (string, int) {
	used, shown := 0, []string(nil)
	for s != "" {
		r, size := utf8.DecodeLastRuneInString(s)
		text, cols := show(r)
		if used+cols > width-1 && size < len(s) || used+cols > width {
			shown, used = append(shown, "…"), used+1
			break
		}
		shown, used = append(shown, text), used+cols
		s = s[:len(s)-size]
	}
	var b strings.Builder
	for i := len(shown) - 1; i >= 0; i-- {
		b.WriteString(shown[i])
	}
	return b.String(), used
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
	case unicode.Is(wide, r):
		return string(r), 2
	}
	return string(r), 1
}

// wide holds the characters that terminals show in two columns: East Asian
// wide and full-width ones and emoji (Unicode 15, in ranges).
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115f, Stride: 1},
		{Lo: 0x231a, Hi: 0x231b, Stride: 1},
		{Lo: 0x23e9, Hi: 0x23ec, Stride: 1},
		{Lo: 0x2614, Hi: 0x2615, Stride: 1},
		{Lo: 0x26aa, Hi: 0x26ab, Stride: 1},
		{Lo: 0x26bd, Hi: 0x26be, Stride: 1},
		{Lo: 0x2705, Hi: 0x2705, Stride: 1},
		{Lo: 0x270a, Hi: 0x270b, Stride: 1},
		{Lo: 0x274c, Hi: 0x274c, Stride: 1},
		{Lo: 0x2753, Hi: 0x2755, Stride: 1},
		{Lo: 0x2e80, Hi: 0x303e, Stride: 1},
		{Lo: 0x3041, Hi: 0xa4cf, Stride: 1},
		{Lo: 0xac00, Hi: 0xd7a3, Stride: 1},
		{Lo: 0xf900, Hi: 0xfaff, Stride: 1},
		{Lo: 0xfe30, Hi: 0xfe6f, Stride: 1},
		{Lo: 0xff00, Hi: 0xff60, Stride: 1},
		{Lo: 0xffe0, Hi: 0xffe6, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x1f300, Hi: 0x1f64f, Stride: 1},
		{Lo: 0x1f680, Hi: 0x1f6ff, Stride: 1},
		{Lo: 0x1f900, Hi: 0x1f9ff, Stride: 1},
		{Lo: 0x20000, Hi: 0x3fffd, Stride: 1},
	},
}
