package sqltext

import "strings"

// The classes of a byte. They are the same in the three modes but for the
// vertical tab, which is no space in SQLite, and the dollar sign, which may
// start a word in MySQL only.
const (
	clsSpace uint8 = 1 << iota
	clsVTab
	clsAlpha // a letter, an underscore, or any byte of a non-ASCII character
	clsDigit
	clsDollar
	clsOp // may be part of a PostgreSQL operator

	clsWord = clsAlpha | clsDigit | clsDollar
)

// classes maps a byte to its classes.
//
//nolint:gochecknoglobals // a constant table that Go has no constants for; nothing writes to it
var classes = func() (tab [256]uint8) {
	mark := func(set string, cls uint8) {
		for i := range len(set) {
			tab[set[i]] |= cls
		}
	}
	mark(" \t\n\r\f", clsSpace)
	mark("\v", clsVTab)
	mark("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_", clsAlpha)
	mark("0123456789", clsDigit)
	mark("$", clsDollar)
	mark("~!@#^&|`?+-*/%<>=", clsOp)
	for c := 0x80; c < 0x100; c++ {
		tab[c] |= clsAlpha
	}
	return tab
}()

// fault is a SyntaxError before its position is known.
type fault struct {
	at        int
	msg, hint string
}

// lexer cuts a text into tokens. What a token is depends on the mode, and in
// MySQL mode on what the script has set before.
type lexer struct {
	text string
	off  int     // where the next token starts
	o    Options // in force here

	fresh bool   // no token of the current statement was seen yet
	delim string // what DELIMITER has set; empty: the semicolon
	exec  int    // where the open executable comment began; -1: none is open
	fault *fault // the first that was met
}

// next returns the next token. At the end of the text its Kind is 0.
func (l *lexer) next() Token {
	start := l.off
	if start >= len(l.text) {
		return Token{0, start, start}
	}
	if start == 0 && strings.HasPrefix(l.text, bom) {
		l.off = len(bom)
		return Token{Space, 0, l.off}
	}
	var kind Kind
	switch l.o.Mode {
	case Postgres:
		kind, l.off = l.postgres(start)
	case MySQL:
		kind, l.off = l.mysql(start)
	default:
		kind, l.off = l.sqlite(start)
	}
	return Token{kind, start, l.off}
}

// fail records a fault unless there was one before.
func (l *lexer) fail(at int, msg, hint string) {
	if l.fault == nil {
		l.fault = &fault{at, msg, hint}
	}
}

// at returns the byte at i, or 0 behind the end.
func (l *lexer) at(i int) byte {
	if i < len(l.text) {
		return l.text[i]
	}
	return 0
}

// span returns the offset of the first byte from i on that is in none of the
// classes.
func (l *lexer) span(i int, cls uint8) int {
	for i < len(l.text) && classes[l.text[i]]&cls != 0 {
		i++
	}
	return i
}

// line returns the offset of the line feed that ends the line of i, or the
// end of the text.
func (l *lexer) line(i int) int {
	if n := strings.IndexByte(l.text[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(l.text)
}

// command returns the end of the client command at i: its line without the
// line break.
func (l *lexer) command(i int) int {
	end := l.line(i)
	if end > i && l.text[end-1] == '\r' {
		end--
	}
	return end
}

// quoted returns the end of a constant or name between quotes at start whose
// first inner byte is at i. The quote is doubled to stand for itself.
func (l *lexer) quoted(start, i int, what string) int {
	q := l.text[i-1]
	for {
		n := strings.IndexByte(l.text[i:], q)
		if n < 0 {
			return l.unclosed(start, what)
		}
		i += n + 1
		if l.at(i) != q {
			return i
		}
		i++
	}
}

// escaped is quoted for a constant in which a backslash makes the next byte
// ordinary.
func (l *lexer) escaped(start, i int, what string) int {
	q := l.text[i-1]
	for {
		n := strings.IndexByte(l.text[i:], q)
		if n < 0 {
			return l.unclosed(start, what)
		}
		n += i
		if i = l.skipEscapes(i, n); i > n {
			continue
		}
		i = n + 1
		if l.at(i) != q {
			return i
		}
		i++
	}
}

// skipEscapes returns the offset behind the last backslash escape that starts
// in text[i:n], or i. A result beyond n means that the byte at n was escaped.
func (l *lexer) skipEscapes(i, n int) int {
	for i < n {
		b := strings.IndexByte(l.text[i:n], '\\')
		if b < 0 {
			break
		}
		i += b + 2
	}
	return i
}

// unclosed records that what began at start has no end and returns the end
// of the text.
func (l *lexer) unclosed(start int, what string) int {
	l.fail(start, "unclosed "+what, "")
	return len(l.text)
}

// comment returns the end of the block comment at start, which may hold
// others down to the given depth: 0 for none.
func (l *lexer) comment(start, nested int) int {
	for i, depth := start+2, 0; ; {
		n := strings.IndexByte(l.text[i:], '*')
		if n < 0 {
			return l.unclosed(start, "comment")
		}
		switch star := i + n; {
		case n > 0 && l.text[star-1] == '/' && depth < nested:
			i, depth = star+1, depth+1
		case l.at(star+1) != '/':
			i = star + 1
		case depth == 0:
			return star + 2
		default:
			i, depth = star+2, depth-1
		}
	}
}

// number returns the end of the numeric constant at i. It takes in letters
// that follow at once, as no server lets a name start there.
func (l *lexer) number(i int) int {
	start := i
	i = l.span(i, clsAlpha|clsDigit)
	if l.at(i) == '.' && l.at(i+1) != '.' {
		i = l.span(i+1, clsAlpha|clsDigit)
	}
	exponent := i-start > 1 && l.text[i-1]|0x20 == 'e' && l.at(start+1)|0x20 != 'x'
	if exponent && (l.at(i) == '+' || l.at(i) == '-') && classes[l.at(i+1)]&clsDigit != 0 {
		i = l.span(i+1, clsAlpha|clsDigit)
	}
	return i
}

// operator returns the end of the operator at i: of one of the longer ones,
// separated by spaces, or else of the single byte.
func (l *lexer) operator(i int, three, two string) int {
	if classes[l.at(i+1)]&clsOp == 0 { // what all of them have second
		return i + 1
	}
	for op := range strings.SplitSeq(three, " ") {
		if strings.HasPrefix(l.text[i:], op) {
			return i + len(op)
		}
	}
	if strings.Contains(two, l.text[i:i+2]) {
		return i + 2
	}
	return i + 1
}

// isWord tells whether word is the keyword kw, which is in upper case.
func isWord(word, kw string) bool {
	if len(word) != len(kw) {
		return false
	}
	for i := range len(word) {
		c := word[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != kw[i] {
			return false
		}
	}
	return true
}

// foldMax is the length of the longest keyword that is looked for.
const foldMax = 12

// fold writes word in upper case to b and returns it. A word too long to be a
// keyword that is looked for gives a string that is none.
func fold(b *[foldMax]byte, word string) []byte {
	if len(word) > foldMax {
		b[0] = '?'
		return b[:1]
	}
	for i := range len(word) {
		c := word[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		b[i] = c
	}
	return b[:len(word)]
}
