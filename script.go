package lockstep

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/lockstepdb/lockstep/sqltext"
)

// accept checks a text that was just read and takes over its size, checksum
// and directives.
func (s *Script) accept(text string) []Fault {
	if f := textFault(s.Path, text); f != nil {
		return []Fault{*f}
	}
	s.Size, s.Checksum = int64(len(text)), Checksum(text)
	var faults []Fault
	s.Directives, faults = headDirectives(s.Path, text)
	return faults
}

// textFault finds bytes that no SQL file has.
func textFault(file, text string) *Fault {
	if i := strings.IndexByte(text, 0); i >= 0 {
		return &Fault{
			File: file, Pos: sqltext.PosAt(text, i), Msg: "holds a NUL byte",
			Hint: "the file may be UTF-16 or binary; save it as UTF-8",
		}
	}
	if utf8.ValidString(text) {
		return nil
	}
	i := 0
	for i < len(text) {
		r, n := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		i += n
	}
	return &Fault{
		File: file, Pos: sqltext.PosAt(text, i), Msg: fmt.Sprintf("is not valid UTF-8: byte 0x%02X", text[i]),
		Hint: "save the file as UTF-8",
	}
}

// parsedScript is a script's text with its statements.
type parsedScript struct {
	*Script
	text       string
	statements []statement
}

// statement is a statement with the directives above it.
type statement struct {
	sqltext.Statement
	directives Directives
	written    string // Text before variables were replaced
}

// read reads and splits the script as the given lexer does.
func (s *Script) read(o sqltext.Options) (*parsedScript, []Fault) {
	text, err := s.open()
	if err != nil {
		return nil, []Fault{unreadable(s.Path, err)}
	}
	if s.Checksum != "" && Checksum(text) != s.Checksum {
		return nil, []Fault{{File: s.Path, Msg: "changed while it was in use", Hint: "run the command again"}}
	}
	return s.parse(text, o)
}

// parse splits a text that is the script's. The script itself, which others
// may be reading, stays as it is.
func (s *Script) parse(text string, o sqltext.Options) (*parsedScript, []Fault) {
	if s.Checksum == "" { // a down, which is first read when it is used
		own := *s
		if faults := own.accept(text); len(faults) > 0 {
			return nil, faults
		}
		s = &own
	}
	p := &parsedScript{Script: s, text: text}
	return p, p.split(o)
}

func (p *parsedScript) split(o sqltext.Options) []Fault {
	var faults []Fault
	for st, err := range sqltext.Statements(p.text, o) {
		if err != nil {
			return append(faults, syntaxFault(p.Path, p.text, err))
		}
		s := statement{Statement: st, directives: Directives{Retries: -1}, written: st.Text}
		if len(p.statements) > 0 {
			var more []Fault
			start := st.Pos.Offset - len(st.Lead)
			s.directives, more = readDirectives(p.Path, p.text, start, st.Pos.Offset, true)
			faults = append(faults, more...)
		}
		p.statements = append(p.statements, s)
	}
	return faults
}

func syntaxFault(file, text string, err error) Fault {
	var se *sqltext.SyntaxError
	if !errors.As(err, &se) {
		return Fault{File: file, Msg: err.Error()}
	}
	return Fault{File: file, Pos: se.Pos, Msg: se.Msg, Hint: se.Hint, Line: sqltext.Excerpt(text, se.Pos)}
}
