package postgres

import (
	"slices"
	"strconv"
	"strings"

	"github.com/lockstepdb/lockstep/sqltext"
)

// word is one significant token of a statement: no space, no comment.
type word struct {
	kind       sqltext.Kind
	key        string // in upper case if it is unquoted, "" for all but identifiers
	raw        string // as written
	start, end int    // in the statement's text
}

// scan returns the first n words of text, all of them for n <= 0.
func scan(text string, o sqltext.Options, n int) []word {
	var words []word
	for t := range sqltext.Tokens(text, o) {
		switch t.Kind {
		case sqltext.Space, sqltext.LineComment, sqltext.BlockComment, sqltext.Hint:
			continue
		}
		w := word{kind: t.Kind, raw: text[t.Start:t.End], start: t.Start, end: t.End}
		if t.Kind == sqltext.Ident {
			w.key = strings.ToUpper(w.raw)
		}
		if words = append(words, w); len(words) == n {
			break
		}
	}
	return words
}

// reader walks over the words of a statement.
type reader struct {
	words []word
	at    int
}

// peek returns the word i places ahead, the zero word behind the end.
func (r *reader) peek(i int) word {
	if r.at+i < len(r.words) {
		return r.words[r.at+i]
	}
	return word{}
}

func (r *reader) done() bool { return r.at >= len(r.words) }

// is tells that the next words are these keywords or signs.
func (r *reader) is(keys ...string) bool {
	for i, k := range keys {
		if w := r.peek(i); w.key != k && (w.kind != sqltext.Operator || w.raw != k) {
			return false
		}
	}
	return true
}

// accept steps over the keywords if they are next.
func (r *reader) accept(keys ...string) bool {
	if !r.is(keys...) {
		return false
	}
	r.at += len(keys)
	return true
}

// acceptAny steps over any number of the single keywords.
func (r *reader) acceptAny(keys ...string) {
	for slices.ContainsFunc(keys, func(k string) bool { return r.accept(k) }) {
	}
}

// find steps behind the next such keyword outside of parentheses.
func (r *reader) find(key string) bool {
	for depth := 0; !r.done(); r.at++ {
		switch {
		case r.is("("):
			depth++
		case r.is(")"):
			depth--
		case depth == 0 && r.accept(key):
			return true
		}
	}
	return false
}

// ident steps over one identifier and returns it as written, "" if none is next.
func (r *reader) ident() string {
	w := r.peek(0)
	if w.kind != sqltext.Ident && w.kind != sqltext.QuotedIdent {
		return ""
	}
	r.at++
	return w.raw
}

// name steps over an identifier with its qualifiers and returns it as written
// but for space and comments inside, "" if none is next.
func (r *reader) name() string {
	name := r.ident()
	for name != "" && r.is(".") {
		r.at++
		name += "." + r.ident()
	}
	return name
}

// relation is name for a table, which ONLY may precede and * may follow.
func (r *reader) relation() string {
	if r.is("ONLY") {
		r.at++
		if r.accept("(") {
			defer r.accept(")")
		}
	}
	name := r.name()
	r.accept("*")
	return name
}

// relations returns a list of tables separated by commas.
func (r *reader) relations() []string {
	var list []string
	for {
		name := r.relation()
		if name == "" {
			return list
		}
		list = append(list, name)
		if !r.accept(",") {
			return list
		}
	}
}

// ifExists steps over IF EXISTS or IF NOT EXISTS.
func (r *reader) ifExists() {
	if !r.accept("IF", "EXISTS") {
		r.accept("IF", "NOT", "EXISTS")
	}
}

// option is one of a list such as (FORMAT csv, HEADER).
type option struct {
	name  string // in upper case
	value []word // empty if it has none
}

// options steps over an option list in parentheses; nil if none is next.
func (r *reader) options() []option {
	if !r.accept("(") {
		return nil
	}
	var list []option
	for depth := 0; !r.done(); r.at++ {
		w := r.peek(0)
		switch {
		case depth == 0 && r.accept(")"):
			return list
		case depth == 0 && (r.is(",") || r.is("=")):
			continue
		case r.is("("):
			depth++
		case r.is(")"):
			depth--
		}
		if p := r.words[r.at-1]; depth == 0 && (p.raw == "(" || p.raw == ",") && p.kind == sqltext.Operator {
			list = append(list, option{name: strings.ToUpper(w.raw)})
		} else if n := len(list) - 1; n >= 0 {
			list[n].value = append(list[n].value, w)
		}
	}
	return list
}

// text is the option's value without quotes, "" if it has none.
func (o option) text() string {
	if len(o.value) == 0 {
		return ""
	}
	if s, ok := stringValue(o.value[0].raw); ok {
		return s
	}
	return fold(o.value[0].raw)
}

// on tells whether a yes-or-no option says yes. Like the server it takes an
// option without a value as yes.
func (o option) on() bool {
	switch strings.ToLower(o.text()) {
	case "false", "off", "0":
		return false
	}
	return true
}

// fold returns the name that an identifier as written stands for.
func fold(ident string) string {
	if len(ident) > 1 && ident[0] == '"' {
		return strings.ReplaceAll(ident[1:len(ident)-1], `""`, `"`)
	}
	return strings.ToLower(ident)
}

// stringValue returns the value of a string constant. It is false for what is
// none, and for the rare forms with Unicode escapes.
func stringValue(raw string) (string, bool) {
	n := len(raw)
	switch {
	case n >= 2 && raw[0] == '\'' && raw[n-1] == '\'':
		return strings.ReplaceAll(raw[1:n-1], "''", "'"), true
	case n >= 3 && (raw[0] == 'E' || raw[0] == 'e') && raw[1] == '\'':
		return unescape(raw[2 : n-1])
	case n >= 4 && raw[0] == '$':
		tag := strings.IndexByte(raw[1:], '$') + 2
		if tag > 1 && n >= 2*tag { // else it is not closed
			return raw[tag : n-tag], true
		}
	}
	return "", false
}

// unescape returns the value of what stands between the quotes of E'…'.
func unescape(s string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\'' && i+1 < len(s) {
			i++ // doubled
		}
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		if s[i+1] == 'u' || s[i+1] == 'U' {
			return "", false
		}
		c, n := escape(s[i+1:])
		b.WriteByte(c)
		i += n
	}
	return b.String(), true
}

// escape reads what follows a backslash, in E'…' and in the text format of
// COPY alike: the byte it stands for, and the length.
func escape(s string) (byte, int) {
	digits := func(from, most, base int) (byte, int) {
		n := from
		for n < min(from+most, len(s)) && isDigit(s[n], base) {
			n++
		}
		v, _ := strconv.ParseUint(s[from:n], base, 16) // digits only
		return byte(v), n
	}
	switch c := s[0]; c {
	case 'b':
		return '\b', 1
	case 'f':
		return '\f', 1
	case 'n':
		return '\n', 1
	case 'r':
		return '\r', 1
	case 't':
		return '\t', 1
	case 'v':
		return '\v', 1
	case 'x':
		if v, n := digits(1, 2, 16); n > 1 {
			return v, n
		}
		return c, 1
	case '0', '1', '2', '3', '4', '5', '6', '7':
		return digits(0, 3, 8)
	default:
		return c, 1
	}
}

func isDigit(c byte, base int) bool {
	_, err := strconv.ParseUint(string(c), base, 8)
	return err == nil
}
