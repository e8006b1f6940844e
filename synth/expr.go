package synth

import (
	"errors"
	"strings"

	"github.com/lockstepdb/lockstep/sqltext"
)

// expr is an expression as far as it matters here.
type expr struct {
	op   string // "column", "number", "text", "null", "bool", "call", or an operator in upper case
	text string // name of a column or function, or the value of a constant
	args []*expr
	cast string // type it is cast to, in lower case; of columns only
}

// errUnread says that an expression has a form that is not known.
var errUnread = errors.New("the expression has a form that is not known")

// exprReader reads an expression of a check. What it does not know ends it.
type exprReader struct {
	text    string
	tokens  []sqltext.Token
	columns map[string]bool
	err     error
}

// parse reads a condition; columns are the names it may mention.
func parse(text string, o sqltext.Options, columns map[string]bool) (*expr, error) {
	r := &exprReader{text: text, columns: columns}
	for t := range sqltext.Tokens(text, o) {
		switch t.Kind {
		case sqltext.Space, sqltext.LineComment, sqltext.BlockComment, sqltext.Hint:
		default:
			r.tokens = append(r.tokens, t)
		}
	}
	e := r.or(0)
	if r.err == nil && len(r.tokens) > 0 {
		r.err = errUnread
	}
	return e, r.err
}

func (r *exprReader) peek() string {
	if len(r.tokens) == 0 {
		return ""
	}
	t := r.tokens[0]
	if t.Kind == sqltext.Ident {
		return strings.ToUpper(r.text[t.Start:t.End])
	}
	return r.text[t.Start:t.End]
}

func (r *exprReader) accept(words ...string) bool {
	if len(r.tokens) < len(words) {
		return false
	}
	for i, w := range words {
		if (&exprReader{text: r.text, tokens: r.tokens[i:]}).peek() != w {
			return false
		}
	}
	r.tokens = r.tokens[len(words):]
	return true
}

func (r *exprReader) expect(word string) {
	if !r.accept(word) {
		r.fail()
	}
}

func (r *exprReader) fail() *expr {
	r.err = errUnread
	r.tokens = nil
	return &expr{op: "unknown"}
}

// deepest is how deep parentheses may be nested.
const deepest = 100

func (r *exprReader) or(depth int) *expr {
	if depth > deepest {
		return r.fail()
	}
	e := r.and(depth)
	for r.accept("OR") {
		e = &expr{op: "OR", args: []*expr{e, r.and(depth)}}
	}
	return e
}

func (r *exprReader) and(depth int) *expr {
	e := r.not(depth)
	for r.accept("AND") {
		e = &expr{op: "AND", args: []*expr{e, r.not(depth)}}
	}
	return e
}

func (r *exprReader) not(depth int) *expr {
	if depth > deepest {
		return r.fail()
	}
	if r.accept("NOT") {
		return &expr{op: "NOT", args: []*expr{r.not(depth + 1)}}
	}
	return r.predicate(depth)
}

func negated(e *expr, not bool) *expr {
	if not {
		return &expr{op: "NOT", args: []*expr{e}}
	}
	return e
}

func (r *exprReader) predicate(depth int) *expr {
	e := r.operand(depth)
	for r.err == nil {
		next, more := r.compared(e, depth)
		if !more {
			return next
		}
		e = next
	}
	return e
}

// compared reads what may follow an operand. more tells that something did.
func (r *exprReader) compared(e *expr, depth int) (_ *expr, more bool) {
	switch {
	case r.accept("IS", "NOT", "NULL"), r.accept("NOTNULL"):
		return negated(&expr{op: "IS NULL", args: []*expr{e}}, true), true
	case r.accept("IS", "NULL"), r.accept("ISNULL"):
		return &expr{op: "IS NULL", args: []*expr{e}}, true
	case r.accept("NOT", "BETWEEN"):
		return negated(r.between(e, depth), true), true
	case r.accept("BETWEEN"):
		return r.between(e, depth), true
	case r.accept("NOT", "IN"):
		return negated(r.in(e, depth), true), true
	case r.accept("IN"):
		return r.in(e, depth), true
	}
	op := r.peek()
	switch op {
	case "=", "==", "<>", "!=", "<", "<=", ">", ">=":
		r.tokens = r.tokens[1:]
		return r.comparison(e, op, depth), true
	}
	return e, false
}

func (r *exprReader) comparison(e *expr, op string, depth int) *expr {
	switch op {
	case "==":
		op = "="
	case "!=":
		op = "<>"
	}
	if op == "=" && r.accept("ANY") || op == "<>" && r.accept("ALL") {
		in := &expr{op: "IN", args: append([]*expr{e}, r.array(depth)...)}
		return negated(in, op == "<>")
	}
	return &expr{op: op, args: []*expr{e, r.operand(depth)}}
}

func (r *exprReader) between(e *expr, depth int) *expr {
	r.accept("ASYMMETRIC")
	lo := r.operand(depth)
	r.expect("AND")
	hi := r.operand(depth)
	return &expr{op: "AND", args: []*expr{{op: ">=", args: []*expr{e, lo}}, {op: "<=", args: []*expr{e, hi}}}}
}

func (r *exprReader) in(e *expr, depth int) *expr {
	r.expect("(")
	return &expr{op: "IN", args: append([]*expr{e}, r.list(")", depth)...)}
}

func (r *exprReader) list(end string, depth int) []*expr {
	var items []*expr
	for r.err == nil {
		items = append(items, r.operand(depth+1))
		if r.accept(end) {
			return items
		}
		r.expect(",")
	}
	return items
}

// array reads (ARRAY[…]) with the casts that PostgreSQL puts around.
func (r *exprReader) array(depth int) []*expr {
	if depth > deepest {
		r.fail()
		return nil
	}
	r.expect("(")
	var items []*expr
	if r.accept("ARRAY", "[") {
		items = r.list("]", depth)
	} else {
		items = r.array(depth + 1)
	}
	r.casts()
	r.expect(")")
	return items
}

// operand reads a value: a column, a constant, a call, or something in parentheses.
func (r *exprReader) operand(depth int) *expr {
	if depth > deepest || len(r.tokens) == 0 || r.err != nil {
		return r.fail()
	}
	if r.accept("-") {
		return r.minus(depth)
	}
	r.accept("+")
	e := r.primary(depth)
	casts := r.casts()
	if len(casts) == 0 {
		return e
	}
	if e.op == "column" || e.op == "call" {
		return &expr{op: "CAST", args: []*expr{e}, cast: strings.Join(casts, " ")}
	}
	if e.op == "text" || e.op == "number" || e.op == "null" {
		c := *e
		c.cast = casts[len(casts)-1]
		return &c
	}
	return &expr{op: "CAST", args: []*expr{e}, cast: strings.Join(casts, " ")}
}

func (r *exprReader) minus(depth int) *expr {
	e := r.operand(depth + 1)
	if e.op != "number" {
		return r.fail()
	}
	c := *e
	if rest, ok := strings.CutPrefix(c.text, "-"); ok {
		c.text = rest
	} else {
		c.text = "-" + c.text
	}
	return &c
}

func (r *exprReader) primary(depth int) *expr {
	t := r.tokens[0]
	word := r.text[t.Start:t.End]
	switch {
	case r.accept("("):
		e := r.or(depth + 1)
		r.expect(")")
		return e
	case t.Kind == sqltext.Number:
		r.tokens = r.tokens[1:]
		return &expr{op: "number", text: word}
	case t.Kind == sqltext.String:
		r.tokens = r.tokens[1:]
		return r.constant(word)
	case t.Kind == sqltext.QuotedIdent:
		r.tokens = r.tokens[1:]
		q := word[len(word)-1:]
		return r.column(strings.ReplaceAll(word[1:len(word)-1], q+q, q))
	case t.Kind == sqltext.Ident:
		r.tokens = r.tokens[1:]
		return r.word(word, depth)
	}
	return r.fail()
}

// constant reads a plain text constant; those with a prefix or backslashes are
// left to the server.
func (r *exprReader) constant(word string) *expr {
	if word[0] == '_' || word[0] == 'N' || word[0] == 'n' {
		if i := strings.IndexByte(word, '\''); i > 0 {
			word = word[i:]
		}
	}
	if word[0] != '\'' || strings.Contains(word, `\`) || len(word) < 2 {
		return r.fail()
	}
	return &expr{op: "text", text: strings.ReplaceAll(word[1:len(word)-1], "''", "'")}
}

func (r *exprReader) word(word string, depth int) *expr {
	switch upper := strings.ToUpper(word); {
	case upper == "NULL":
		return &expr{op: "null"}
	case upper == "TRUE", upper == "FALSE":
		return &expr{op: "bool", text: strings.ToLower(word)}
	case strings.HasPrefix(word, "_") && len(r.tokens) > 0 && r.tokens[0].Kind == sqltext.String: // a character set
		return r.primary(depth)
	case r.accept("("):
		if r.accept(")") {
			return &expr{op: "call", text: strings.ToLower(word)}
		}
		return &expr{op: "call", text: strings.ToLower(word), args: r.list(")", depth)}
	}
	return r.column(word)
}

func (r *exprReader) column(name string) *expr {
	if r.columns[name] {
		return &expr{op: "column", text: name}
	}
	for c := range r.columns {
		if strings.EqualFold(c, name) {
			return &expr{op: "column", text: c}
		}
	}
	return r.fail()
}

// casts reads ::type after an operand, again and again.
func (r *exprReader) casts() []string {
	var found []string
	for r.accept("::") {
		var words []string
		for len(r.tokens) > 0 && (r.tokens[0].Kind == sqltext.Ident || r.tokens[0].Kind == sqltext.QuotedIdent) && !endsCast(r.peek()) {
			words = append(words, strings.ToLower(r.peek()))
			r.tokens = r.tokens[1:]
			if r.accept(".") {
				words = nil
			}
		}
		if r.accept("(") {
			r.skip()
		}
		if r.accept("[", "]") || r.accept("[]") {
			words = append(words, "[]")
		}
		found = append(found, strings.Join(words, " "))
	}
	return found
}

// skip goes behind the closing parenthesis of a type's length.
func (r *exprReader) skip() {
	for len(r.tokens) > 0 && !r.accept(")") {
		r.tokens = r.tokens[1:]
	}
}

func endsCast(word string) bool {
	switch word {
	case "AND", "OR", "IS", "NOT", "IN", "BETWEEN", "LIKE", "ILIKE", "SIMILAR", "COLLATE", "THEN", "ELSE", "END":
		return true
	}
	return false
}
