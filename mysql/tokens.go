package mysql

import (
	"strings"

	"github.com/lockstepdb/lockstep/sqltext"
)

// token is a significant token of a statement: no space, no comment. What is
// inside an executable comment counts.
type token struct {
	kind       sqltext.Kind
	text       string // as written
	word       string // in upper case if it is an unquoted word, else ""
	start, end int    // in the statement's text
}

// isName tells that the token can be an identifier.
func (t token) isName() bool {
	return t.kind == sqltext.Ident || t.kind == sqltext.QuotedIdent
}

func (t token) isVariable() bool {
	return t.kind == sqltext.Param && strings.HasPrefix(t.text, "@")
}

// reader goes through the tokens of one statement.
type reader struct {
	tokens []token
	pos    int
}

// headLength is enough tokens to classify a statement that is not DDL.
const headLength = 12

// read returns the first limit tokens of a statement, all of them if limit is 0.
func read(text string, o sqltext.Options, limit int) *reader {
	r := &reader{}
	for t := range sqltext.Tokens(text, o) {
		switch t.Kind {
		case sqltext.Space, sqltext.LineComment, sqltext.BlockComment, sqltext.Hint,
			sqltext.ExecOpen, sqltext.ExecClose, sqltext.Semicolon, sqltext.Delimiter:
			continue
		}
		found := token{kind: t.Kind, text: text[t.Start:t.End], start: t.Start, end: t.End}
		if t.Kind == sqltext.Ident {
			found.word = strings.ToUpper(found.text)
		}
		r.tokens = append(r.tokens, found)
		if len(r.tokens) == limit {
			break
		}
	}
	return r
}

// at returns the token n places ahead, the zero token behind the end.
func (r *reader) at(n int) token {
	if r.pos+n < 0 || r.pos+n >= len(r.tokens) {
		return token{}
	}
	return r.tokens[r.pos+n]
}

func (r *reader) next() token {
	t := r.at(0)
	r.pos++
	return t
}

func (r *reader) done() bool { return r.pos >= len(r.tokens) }

// is tells whether the given words come next.
func (r *reader) is(words ...string) bool {
	for i, w := range words {
		if r.at(i).word != w {
			return false
		}
	}
	return true
}

// accept passes over the given words if they come next.
func (r *reader) accept(words ...string) bool {
	if !r.is(words...) {
		return false
	}
	r.pos += len(words)
	return true
}

// acceptAny passes over one word if it is one of those given.
func (r *reader) acceptAny(words ...string) bool {
	for _, w := range words {
		if r.accept(w) {
			return true
		}
	}
	return false
}

func (r *reader) acceptOp(op string) bool {
	if r.at(0).kind != sqltext.Operator || r.at(0).text != op {
		return false
	}
	r.pos++
	return true
}

// name reads an identifier with its qualifier, as written but for space and
// comments; "" if none comes next.
func (r *reader) name() string {
	if !r.at(0).isName() {
		return ""
	}
	name := r.next().text
	for r.at(0).text == "." && r.at(1).isName() {
		r.pos++
		name += "." + r.next().text
	}
	return name
}

// names reads a list of identifiers.
func (r *reader) names() []string {
	var all []string
	for {
		name := r.name()
		if name == "" {
			return all
		}
		all = append(all, name)
		if !r.acceptOp(",") {
			return all
		}
	}
}

// find passes over everything up to the given words, and over them. It stays
// where it is if they do not come.
func (r *reader) find(words ...string) bool {
	start := r.pos
	for ; !r.done(); r.pos++ {
		if r.accept(words...) {
			return true
		}
	}
	r.pos = start
	return false
}

// conditions passes over IF [NOT] EXISTS and MariaDB's WAIT n and NOWAIT.
func (r *reader) conditions() {
	if r.accept("IF") {
		r.accept("NOT")
		r.accept("EXISTS")
	}
	r.waits()
}

func (r *reader) waits() {
	if r.accept("NOWAIT") {
		return
	}
	if r.is("WAIT") && r.at(1).kind == sqltext.Number {
		r.pos += 2
	}
}

// splitName divides an identifier as written into schema and name without
// their quotes. The schema is "" if none is written.
func splitName(written string) (schema, name string) {
	dot, quoted := -1, false
	for i, c := range []byte(written) {
		switch {
		case c == '`' || c == '"':
			quoted = !quoted
		case c == '.' && !quoted:
			dot = i
		}
	}
	return unquote(written[:max(dot, 0)]), unquote(written[dot+1:])
}

func unquote(ident string) string {
	if len(ident) < 2 || (ident[0] != '`' && ident[0] != '"') {
		return ident
	}
	q := ident[:1]
	return strings.ReplaceAll(ident[1:len(ident)-1], q+q, q)
}
