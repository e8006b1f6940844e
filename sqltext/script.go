package sqltext

import "strings"

// grammar is what a mode must know of statements to tell a semicolon that
// ends one from a semicolon inside.
type grammar interface {
	// take reads the next token that is neither space nor comment and
	// reports whether the statement ends with it.
	take(t Token) (ends bool)
	// reset forgets the statement.
	reset()
	// open returns the fault of ending the script here, or nil.
	open() *fault
}

// script reads a text token by token and knows where statements end.
type script struct {
	lex  lexer
	base Options // those handed in
	gram grammar
	pg   *pgGrammar // gram in Postgres mode, else nil

	first, last int // bounds of the statement so far; first is -1 before it
	lineEnd     int // where a USE without delimiter ends; -1: there is none
}

func newScript(text string, o Options) *script {
	s := &script{base: o, lex: lexer{text: text, o: o, exec: -1}}
	switch o.Mode {
	case Postgres:
		s.pg = &pgGrammar{text: text}
		s.gram = s.pg
	case MySQL:
		s.gram = &myGrammar{lex: &s.lex}
	default:
		s.gram = &liteGrammar{text: text}
	}
	s.begin()
	return s
}

// begin prepares for the next statement.
func (s *script) begin() {
	s.lex.fresh, s.lex.exec = true, -1
	s.first, s.last, s.lineEnd = -1, -1, -1
	s.gram.reset()
}

// next returns the next token and whether a piece ends with it. The caller
// then calls settle and begin.
func (s *script) next() (t Token, ends bool) {
	t = s.lex.next()
	switch t.Kind {
	case Space:
		return s.space(t)
	case LineComment, BlockComment, Hint, 0:
		return t, false
	case MetaCommand:
		return t, s.first < 0
	case Delimiter:
		return t, true
	}
	if s.gram.take(t) {
		return t, true
	}
	s.extend(t)
	return t, false
}

// extend makes t part of the statement.
func (s *script) extend(t Token) {
	if s.first < 0 {
		s.first, s.lex.fresh = t.Start, false
		s.useLine(t)
	}
	s.last = t.End
}

// useLine notes a USE that has no delimiter on its line: the shell then takes
// the line for the whole command.
func (s *script) useLine(t Token) {
	text, delim := s.lex.text, s.lex.delim
	if s.lex.o.Mode != MySQL || t.Kind != Ident || !isWord(text[t.Start:t.End], "USE") {
		return
	}
	if delim == "" {
		delim = ";"
	}
	for i := t.End; i < len(text) && !strings.HasPrefix(text[i:], delim); i++ {
		if text[i] == '\n' {
			s.lineEnd = i
			return
		}
	}
}

// space returns a token of space, cut behind the line that is a USE command.
func (s *script) space(t Token) (Token, bool) {
	if s.lineEnd < t.Start || s.lineEnd >= t.End {
		return t, false
	}
	t.End = s.lineEnd + 1
	s.lex.off = t.End
	return t, true
}

// settle takes over what a SET statement changes in how the text after it is
// read. It is called behind each statement.
func (s *script) settle() {
	if s.first < 0 {
		return
	}
	text := s.lex.text[s.first:s.last]
	switch g := s.gram.(type) {
	case *pgGrammar:
		if g.sets {
			s.lex.o = pgSettings(text, s.lex.o, s.base)
		}
	case *myGrammar:
		if g.sets {
			s.lex.o = mySettings(text, s.lex.o, s.base)
		}
	}
}
