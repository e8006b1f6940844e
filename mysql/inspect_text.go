package mysql

import (
	"strings"

	"github.com/lockstepdb/lockstep/sqltext"
)

// definitionTokens returns the tokens of what the server shows. Hints count, as
// the server keeps them; what is in executable comments counts.
func definitionTokens(text string, o sqltext.Options) []token {
	return appendTokens(nil, text, o)
}

// appendTokens is definitionTokens into a list that is used again.
func appendTokens(list []token, text string, o sqltext.Options) []token {
	for t := range sqltext.Tokens(text, o) {
		switch t.Kind {
		case sqltext.Space, sqltext.LineComment, sqltext.BlockComment, sqltext.ExecOpen, sqltext.ExecClose:
			continue
		}
		found := token{kind: t.Kind, text: text[t.Start:t.End], start: t.Start, end: t.End}
		if t.Kind == sqltext.Ident {
			found.word = strings.ToUpper(found.text)
		}
		list = append(list, found)
	}
	return list
}

// plain writes tokens as text, one space where there was any, without what
// depends on the session that made the definition or the database it is in:
// _utf8mb4 before strings, and the qualifier of the database itself.
func plain(list []token, database string) string {
	var b strings.Builder
	end := 0
	for i := 0; i < len(list); i++ {
		t := list[i]
		if b.Len() > 0 && t.start > end {
			b.WriteByte(' ')
		}
		end = t.end
		switch {
		case isIntroducer(list, i):
			end = list[i+1].start
		case isOwnQualifier(list, i, database):
			i++
			end = list[i].end
		default:
			b.WriteString(t.text)
		}
	}
	return b.String()
}

// isIntroducer tells _utf8mb4 before a string.
func isIntroducer(list []token, i int) bool {
	return i+1 < len(list) && list[i].text == "_utf8mb4" && list[i+1].kind == sqltext.String && list[i+1].text[0] == '\''
}

// isOwnQualifier tells `database` before a dot that is not itself behind one.
func isOwnQualifier(list []token, i int, database string) bool {
	return database != "" && i+2 < len(list) && list[i].isName() && list[i+1].text == "." && list[i+2].isName() &&
		unquote(list[i].text) == database && (i == 0 || list[i-1].text != ".")
}

// unquoteString returns what a string constant of a definition stands for.
func unquoteString(s string) string {
	if len(s) < 2 || s[0] != '\'' {
		return s
	}
	s = s[1 : len(s)-1]
	if !strings.ContainsAny(s, `\'`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if i+1 < len(s) && (s[i] == '\\' || s[i] == '\'') {
			i++
			b.WriteString(unescape(s[i-1], s[i]))
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// unescape returns what the two characters of an escape stand for.
func unescape(lead, c byte) string {
	if lead == '\'' {
		return "'"
	}
	switch c {
	case 'n':
		return "\n"
	case 'r':
		return "\r"
	case 't':
		return "\t"
	case '0':
		return "\x00"
	case 'Z':
		return "\x1a"
	case 'b':
		return "\b"
	}
	return string([]byte{c})
}

// part returns the tokens from place i up to the current one.
func (r *reader) from(i int) []token {
	return r.tokens[min(i, len(r.tokens)):min(r.pos, len(r.tokens))]
}

// group passes over a pair of parentheses and what is between them, and
// returns what is between them. It stays where it is if none comes next.
func (r *reader) group() []token {
	if r.at(0).text != "(" {
		return nil
	}
	start, depth := r.pos+1, 0
	for ; !r.done(); r.pos++ {
		switch r.at(0).text {
		case "(":
			depth++
		case ")":
			depth--
		}
		if depth == 0 {
			r.pos++
			return r.tokens[start : r.pos-1]
		}
	}
	return r.from(start)
}

// splitList divides tokens at the commas outside of parentheses.
func splitList(list []token) [][]token {
	var parts [][]token
	depth, start := 0, 0
	for i, t := range list {
		switch t.text {
		case "(":
			depth++
		case ")":
			depth--
		case ",":
			if depth == 0 {
				parts = append(parts, list[start:i])
				start = i + 1
			}
		}
	}
	if start < len(list) {
		parts = append(parts, list[start:])
	}
	return parts
}

// identifiers returns the names in a list of quoted identifiers.
func identifiers(list []token) []string {
	var names []string
	for _, t := range list {
		if t.isName() {
			names = append(names, unquote(t.text))
		}
	}
	return names
}

// valued reads "= value" or "value" behind an option's name.
func (r *reader) valued() string {
	r.acceptOp("=")
	if r.at(0).text == "(" {
		start := r.pos
		r.group()
		return plain(r.from(start), "")
	}
	return r.next().text
}
