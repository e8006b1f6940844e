package sqltext

import "strings"

// copyIn is where the parts of the data of COPY … FROM stdin end: the rest of
// the statement's line, the rows, and the line that closes them.
type copyIn struct {
	line, rows, mark int
}

// copyData reads the data behind a COPY … FROM stdin that ended before the
// next token. It returns false for other statements.
func (s *script) copyData() (copyIn, bool) {
	if s.pg == nil || !s.pg.stdin {
		return copyIn{}, false
	}
	text, i := s.lex.text, s.lex.off
	var c copyIn
	c.line = min(s.lex.line(i)+1, len(text))
	if rest := strings.TrimLeft(text[i:c.line], " \t\r\n\f\v"); rest != "" && !strings.HasPrefix(rest, "--") {
		s.lex.fail(c.line-len(rest), "text after COPY … FROM stdin on the same line",
			"the rows start on the next line; put what else there is behind them")
	}
	c.rows = copyRows(text, c.line)
	c.mark = min(s.lex.line(c.rows)+1, len(text))
	s.lex.off = c.mark
	return c, true
}

// copyRows returns the offset of the line \. from i on, or the end of text.
func copyRows(text string, i int) int {
	const mark = `\.`
	for j := i; ; {
		n := strings.Index(text[j:], mark)
		if n < 0 {
			return len(text)
		}
		at := j + n
		j = at + len(mark)
		rest := text[j:min(j+2, len(text))]
		ends := rest == "" || rest[0] == '\n' || rest == "\r\n" || rest == "\r"
		if ends && (at == i || text[at-1] == '\n') {
			return at
		}
	}
}
