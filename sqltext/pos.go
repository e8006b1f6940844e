package sqltext

import (
	"strings"
	"unicode/utf8"
)

// Pos is a position in a text. The zero Pos is no position.
type Pos struct {
	Offset int `json:"offset"` // in bytes, from 0
	Line   int `json:"line"`   // from 1; a line ends with LF, CR LF or a lone CR
	Column int `json:"column"` // in Unicode characters, from 1; a byte that is no UTF-8 counts as one
}

// textStart is the position of the first byte.
func textStart() Pos { return Pos{Offset: 0, Line: 1, Column: 1} }

// PosAt returns the position of a byte offset in text. An offset outside of
// the text gives its start or its end. A byte order mark takes no column.
func PosAt(text string, offset int) Pos {
	return textStart().advance(text, offset)
}

// At returns the position in the script of a byte offset in s.Text.
func (s Statement) At(offset int) Pos {
	p := Pos{Line: s.Pos.Line, Column: s.Pos.Column}.advance(s.Text, offset)
	p.Offset += s.Pos.Offset
	return p
}

// CharOffset returns the byte offset of the n-th character of text, counting
// from 1 as PostgreSQL's error positions do. An n outside of the text gives
// its start or its end.
func CharOffset(text string, n int) int {
	off := 0
	for ; n > 1 && off < len(text); n-- {
		_, size := utf8.DecodeRuneInString(text[off:])
		off += size
	}
	return off
}

const bom = "\ufeff"

// advance returns the position of offset to in text, which lies after p. It
// costs time linear in the distance, whatever the length of the lines.
func (p Pos) advance(text string, to int) Pos {
	to = max(min(to, len(text)), p.Offset)
	seg := text[p.Offset:to]
	lines, last := lineBreaks(seg, text[to:])
	if lines > 0 {
		p.Line += lines
		p.Column = 1
		seg = seg[last:]
	}
	if p.Offset == 0 && lines == 0 {
		seg = strings.TrimPrefix(seg, bom)
	}
	p.Column += utf8.RuneCountInString(seg)
	p.Offset = to
	return p
}

// lineBreaks counts the line breaks that end in seg and returns the offset
// behind the last of them. A CR at the end of seg needs to see what follows.
func lineBreaks(seg, rest string) (n, last int) {
	if strings.IndexByte(seg, '\r') < 0 {
		return strings.Count(seg, "\n"), strings.LastIndexByte(seg, '\n') + 1
	}
	for i := range len(seg) {
		switch seg[i] {
		case '\r':
			if strings.HasPrefix(seg[i+1:], "\n") || i+1 == len(seg) && strings.HasPrefix(rest, "\n") {
				continue
			}
		case '\n':
		default:
			continue
		}
		n, last = n+1, i+1
	}
	return n, last
}
