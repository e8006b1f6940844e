package sqlite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/sqltext"
)

// token is a significant token of a definition.
type token struct {
	kind       sqltext.Kind
	text       string
	start, end int // in the definition
}

// tokens returns what is neither space nor comment.
func tokens(text string) []token {
	all := make([]token, 0, len(text)/4)
	for t := range sqltext.Tokens(text, lexer()) {
		switch t.Kind {
		case sqltext.Space, sqltext.LineComment, sqltext.BlockComment:
		default:
			all = append(all, token{t.Kind, text[t.Start:t.End], t.Start, t.End})
		}
	}
	return all
}

// is reports whether t is the keyword or operator.
func (t token) is(what string) bool {
	switch t.kind {
	case sqltext.Ident:
		return len(t.text) == len(what) && strings.EqualFold(t.text, what)
	case sqltext.Operator, sqltext.Semicolon:
		return t.text == what
	}
	return false
}

// isOneOf reports whether t is one of the keywords or operators.
func (t token) isOneOf(what ...string) bool { return slices.ContainsFunc(what, t.is) }

// isQuoted reports whether t is a name in quotes, or a string.
func (t token) isQuoted() bool { return t.kind == sqltext.QuotedIdent || t.kind == sqltext.String }

// isNamed reports whether t can be a name where the grammar wants one.
func (t token) isNamed() bool { return t.kind == sqltext.Ident || t.isQuoted() }

// name returns the name that t stands for.
func (t token) name() string {
	if t.isQuoted() {
		return unquote(t.text)
	}
	return t.text
}

// reader reads tokens from left to right. Its first fault stays; behind the
// end there are tokens that are nothing.
type reader struct {
	all []token
	at  int
	err error
}

// peek returns the token that is n behind the next one.
func (r *reader) peek(n int) token {
	if r.err != nil || r.at+n >= len(r.all) {
		return token{}
	}
	return r.all[r.at+n]
}

func (r *reader) take() token {
	t := r.peek(0)
	if r.at < len(r.all) {
		r.at++
	}
	return t
}

// accept takes the keywords or operators if all of them follow.
func (r *reader) accept(what ...string) bool {
	for i, w := range what {
		if !r.peek(i).is(w) {
			return false
		}
	}
	r.at += len(what)
	return true
}

// acceptOne takes the next token if it is one of the words, and returns it in
// upper case.
func (r *reader) acceptOne(words ...string) string {
	if t := r.peek(0); t.isOneOf(words...) {
		r.at++
		return upper(t.text)
	}
	return ""
}

func (r *reader) expect(what ...string) {
	if !r.accept(what...) {
		r.fail(strings.Join(what, " "))
	}
}

func (r *reader) fail(want string) {
	if r.err != nil {
		return
	}
	got := "the end"
	if t := r.peek(0); t.text != "" {
		got = t.text
	}
	r.err = fmt.Errorf("read definition: %s where %s was expected", got, want)
}

// name takes a name.
func (r *reader) name() string {
	if !r.peek(0).isNamed() {
		r.fail("a name")
		return ""
	}
	return r.take().name()
}

// objectName takes a name that may have that of a schema before it.
func (r *reader) objectName() string {
	name := r.name()
	if r.accept(".") {
		name = r.name()
	}
	return name
}

// parens takes "(", what is in it, and ")", and returns what is in it.
func (r *reader) parens() []token {
	if !r.accept("(") {
		r.fail("(")
		return nil
	}
	from := r.at
	for depth := 1; r.at < len(r.all); {
		switch t := r.take(); {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		}
		if depth == 0 {
			return r.all[from : r.at-1]
		}
	}
	r.fail(")")
	return nil
}

// until takes tokens up to one of the words outside of parentheses.
func (r *reader) until(words ...string) []token {
	from, depth := r.at, 0
	for ; r.at < len(r.all); r.at++ {
		t := r.all[r.at]
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		case depth == 0 && t.isOneOf(words...):
			return r.all[from:r.at]
		}
	}
	return r.all[from:]
}

// rest takes all that is left.
func (r *reader) rest() []token {
	left := r.all[min(r.at, len(r.all)):]
	r.at = len(r.all)
	return left
}

// end refuses what is left, but for a semicolon.
func (r *reader) end() error {
	r.accept(";")
	if r.err == nil && r.at < len(r.all) {
		r.fail("the end")
	}
	return r.err
}

// split cuts tokens at commas outside of parentheses.
func split(all []token) [][]token {
	var parts [][]token
	from, depth := 0, 0
	for i, t := range all {
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		case depth == 0 && t.is(","):
			parts, from = append(parts, all[from:i]), i+1
		}
	}
	return append(parts, all[from:])
}
