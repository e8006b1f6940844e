package view

import (
	"strings"
	"unicode"
)

// Style says what the reader's device can show. The zero Style is plain text
// of any width.
type Style struct {
	Color bool // understands ANSI colours
	Live  bool // a line can be written over: a terminal
	Width int  // columns; 0 = not limited
}

// The colours, as ANSI codes.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

// paint colours s.
func (s Style) paint(text string, codes ...string) string {
	if !s.Color || text == "" {
		return text
	}
	return "\x1b[" + strings.Join(codes, ";") + "m" + text + "\x1b[0m"
}

// Bold returns text that stands out.
func (s Style) Bold(text string) string { return s.paint(text, bold) }

// Dim returns text that stands back.
func (s Style) Dim(text string) string { return s.paint(text, dim) }

// clean makes text safe to show on one line: what comes from files, ledgers
// and servers must not move the cursor.
func clean(text string) string {
	if strings.IndexFunc(text, unsafeRune) < 0 {
		return text
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unsafeRune(r):
			return '\uFFFD'
		}
		return r
	}, text)
}

// cleanBlock is clean for text of several lines.
func cleanBlock(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return -1
		case unsafeRune(r):
			return '\uFFFD'
		}
		return r
	}, text)
}

// unsafeRune reports control characters and those that turn the direction of
// the text around.
func unsafeRune(r rune) bool {
	return unicode.IsControl(r) || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
}

// width returns how many columns text takes.
func width(text string) int {
	n := 0
	for _, r := range text {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case isWide(r):
		return 2
	}
	return 1
}

// isWide reports the blocks of East Asian wide characters and emoji.
func isWide(r rune) bool {
	return r >= 0x1100 && r <= 0x115F || r >= 0x2E80 && r <= 0xA4CF || r >= 0xAC00 && r <= 0xD7A3 ||
		r >= 0xF900 && r <= 0xFAFF || r >= 0xFE30 && r <= 0xFE6F || r >= 0xFF00 && r <= 0xFF60 ||
		r >= 0xFFE0 && r <= 0xFFE6 || r >= 0x1F300 && r <= 0x1FAFF || r >= 0x20000 && r <= 0x3FFFD
}

// fit shortens text to at most most columns, with … where something is gone.
func fit(text string, most int) string {
	if width(text) <= most {
		return text
	}
	n := 0
	for i, r := range text {
		if n += runeWidth(r); n > most-1 {
			return text[:i] + "…"
		}
	}
	return text
}

// pad fills text with spaces to columns.
func pad(text string, columns int) string {
	return text + strings.Repeat(" ", max(columns-width(text), 0))
}

// Note returns a note as it is shown in a conversation.
func (s Style) Note(text string) string {
	return s.paint("note: ", yellow) + s.wrap(cleanBlock(text), len("note: "))
}

// wrap breaks long lines at spaces, where the width is known, and indents all
// lines but the first.
func (s Style) wrap(text string, indent int) string {
	space := strings.Repeat(" ", indent)
	if s.Width < 2*indent+20 {
		return strings.ReplaceAll(text, "\n", "\n"+space)
	}
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, brokenLine(line, s.Width-indent-1)...)
	}
	return strings.Join(lines, "\n"+space)
}

// brokenLine breaks one line into lines of at most most columns. Words that
// are longer stay whole, so that they can be copied.
func brokenLine(text string, most int) []string {
	var lines []string
	current := ""
	for word := range strings.SplitSeq(text, " ") {
		switch {
		case current == "":
			current = word
		case width(current)+1+width(word) <= most:
			current += " " + word
		default:
			lines = append(lines, current)
			current = word
		}
	}
	return append(lines, current)
}
