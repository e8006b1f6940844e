package sqltext

import (
	"iter"
	"strings"
)

// Tokens yields the tokens of text in order; every byte of text is in exactly
// one. Text that cannot be split has tokens all the same: what is not closed
// goes to the end of the text.
func Tokens(text string, o Options) iter.Seq[Token] {
	return func(yield func(Token) bool) {
		s := newScript(text, o)
		for {
			t, ends := s.next()
			if t.Kind == 0 || !yield(t) {
				return
			}
			if ends && !s.endPiece(t, yield) {
				return
			}
		}
	}
}

// endPiece goes on to the next piece and yields the tokens of the data between.
func (s *script) endPiece(t Token, yield func(Token) bool) bool {
	data, ok := s.copyData()
	s.settle()
	s.begin()
	if !ok {
		return true
	}
	line := Token{Space, t.End, data.line}
	if strings.Contains(s.lex.text[t.End:data.line], "--") {
		line.Kind = LineComment
	}
	for _, part := range []Token{line, {CopyData, data.line, data.rows}, {MetaCommand, data.rows, data.mark}} {
		if part.End > part.Start && !yield(part) {
			return false
		}
	}
	return true
}

// Words returns the first n significant tokens of text, or fewer if there are
// no more: no space, comments, hints or executable comments' brackets. Unquoted
// words are in upper case, all else is as written. It is the cheap look that
// tells what kind of statement it is.
func Words(text string, o Options, n int) []string {
	words := make([]string, 0, n)
	for l := (lexer{text: text, o: o, exec: -1}); len(words) < n; {
		t := l.next()
		switch t.Kind {
		case 0:
			return words
		case Space, LineComment, BlockComment, Hint, ExecOpen, ExecClose:
		case Ident:
			words = append(words, upper(text[t.Start:t.End]))
		default:
			words = append(words, text[t.Start:t.End])
		}
	}
	return words
}

// upper returns word with its ASCII letters in upper case.
func upper(word string) string {
	for i := range len(word) {
		if 'a' <= word[i] && word[i] <= 'z' {
			return string(mapASCII([]byte(word), 'a', 'A'))
		}
	}
	return word
}

// mapASCII moves the letters of b that lie in the alphabet starting at from to
// the one starting at to, and returns b.
func mapASCII(b []byte, from, to byte) []byte {
	for i, c := range b {
		if from <= c && c < from+26 {
			b[i] = c - from + to
		}
	}
	return b
}
