package sqltext

import "iter"

// Statements yields the statements of text in order. It stops behind the
// first error, which is a *[SyntaxError]. What [Pieces] would yield between two
// statements stands in the Lead of the second.
func Statements(text string, o Options) iter.Seq2[Statement, error] {
	return func(yield func(Statement, error) bool) {
		end := 0 // of the statement before
		for s, err := range Pieces(text, o) {
			if err == nil && s.Kind != Executable {
				continue
			}
			if err == nil {
				s.Lead = text[end:s.Pos.Offset]
				end += len(s.Lead) + len(s.Text) + len(s.Tail) + len(s.Data) + len(s.DataEnd)
			}
			if !yield(s, err) {
				return
			}
		}
	}
}

// Split returns the statements of text, or nil and a *[SyntaxError].
func Split(text string, o Options) ([]Statement, error) {
	var all []Statement
	for s, err := range Statements(text, o) {
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// Pieces yields all of text in order, so that the pieces make up the text
// byte for byte: also client commands, empty statements and what follows the
// last one. It stops behind the first error, which is a *[SyntaxError].
//
// A comment at the head of a script stands in the Lead of its first piece,
// which may be a client command: who looks for it must look at the pieces.
func Pieces(text string, o Options) iter.Seq2[Statement, error] {
	return func(yield func(Statement, error) bool) {
		s := splitter{script: newScript(text, o), pos: textStart()}
		for s.start < len(text) {
			piece, err := s.piece()
			if !yield(piece, err) || err != nil {
				return
			}
		}
	}
}

// splitter cuts a script into pieces.
type splitter struct {
	script *script
	start  int // of the next piece
	pos    Pos // the last position that was worked out
}

// piece returns the next piece. There is at least one byte left.
func (s *splitter) piece() (Statement, error) {
	sc := s.script
	hint := -1 // where the hints start that stand before the first token
	for {
		t, ends := sc.next()
		switch {
		case sc.lex.fault != nil:
			return Statement{}, s.syntaxError(sc.lex.fault)
		case ends:
			return s.finish(t, hint)
		case t.Kind == 0:
			return s.last(t, hint)
		case sc.first >= 0:
		case t.Kind != Hint && t.Kind != Space:
			hint = -1
		case t.Kind == Hint && hint < 0 && sc.lex.o.Mode == Postgres:
			hint = t.Start
		}
	}
}

// finish returns the piece that ends with t.
func (s *splitter) finish(t Token, hint int) (Statement, error) {
	sc := s.script
	p := Statement{Kind: Executable, Options: sc.lex.o}
	switch {
	case t.Kind == MetaCommand:
		p.Kind, sc.first, sc.last = Client, t.Start, t.End
	case sc.first < 0:
		p.Kind, sc.first, sc.last = Empty, t.Start, t.Start
	}
	data, hasData := sc.copyData()
	if sc.lex.fault != nil {
		return Statement{}, s.syntaxError(sc.lex.fault)
	}
	if !hasData {
		data = copyIn{t.End, t.End, t.End}
	}
	s.cut(&p, data, hint)
	if p.CopyIn = hasData; hasData {
		s.pos = s.pos.advance(sc.lex.text, data.line)
		p.DataPos = s.pos
	}
	sc.settle()
	sc.begin()
	return p, nil
}

// cut fills in the texts of a piece and moves on behind it.
func (s *splitter) cut(p *Statement, data copyIn, hint int) {
	text, first, last := s.script.lex.text, s.script.first, s.script.last
	if hint >= 0 && p.Kind == Executable {
		first = hint
	}
	s.pos = s.pos.advance(text, first)
	p.Pos = s.pos
	p.Lead = text[s.start:first]
	p.Text = text[first:last]
	p.Tail = text[last:data.line]
	p.Data = text[data.line:data.rows]
	p.DataEnd = text[data.rows:data.mark]
	s.start = data.mark
}

// last returns the piece that the end of the text ends.
func (s *splitter) last(t Token, hint int) (Statement, error) {
	sc := s.script
	f := sc.gram.open()
	if sc.lex.exec >= 0 {
		f = &fault{sc.lex.exec, "unclosed executable comment", ""}
	}
	if f != nil {
		return Statement{}, s.syntaxError(f)
	}
	if sc.first >= 0 {
		return s.finish(t, hint)
	}
	p := Statement{Kind: Trailing, Options: sc.lex.o, Lead: sc.lex.text[s.start:]}
	s.start = t.End
	p.Pos = s.pos.advance(sc.lex.text, t.End)
	return p, nil
}

func (s *splitter) syntaxError(f *fault) error {
	return &SyntaxError{Pos: PosAt(s.script.lex.text, f.at), Msg: f.msg, Hint: f.hint}
}
