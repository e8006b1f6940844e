package sqlite

import (
	"strings"

	"github.com/lockstepdb/lockstep/sqltext"
)

// names are the names that an expression may use, by their form in lower case:
// as they are written where they are declared.
type names map[string]string

func (n names) add(declared ...string) {
	for _, name := range declared {
		if _, known := n[lower(name)]; !known {
			n[lower(name)] = name
		}
	}
}

// seen reports whether the names of a relation were added, and notes that they
// are now. A column may be called as the relation is.
func (n names) seen(relation string) bool {
	key := "relation\x00" + lower(relation) // no identifier
	_, twice := n[key]
	n[key] = ""
	return twice
}

// rowidNames are the names of a table's hidden key.
func rowidNames() []string { return []string{"rowid", "oid", "_rowid_"} }

// normal writes tokens as one text that does not depend on how they were
// written: one space, keywords in upper case, names as they are declared and
// in quotes only where they must, strings untouched. The text means the same
// and is a fixed point. Where SQLite takes a name in double quotes for a string,
// because nothing has that name, the text has a string.
func normal(all []token, known names) string {
	w := writer{known: known, all: all}
	for i := range all {
		w.write(i)
	}
	return w.String()
}

// class is what a token means for the token behind it.
type class uint8

const (
	start    class = iota // of the text, of a parenthesis or behind a comma
	keyword               // and what else asks for an operand
	operator              // that has operands at both sides
	unary                 // that binds to the operand behind it
	operand
	function // a name before its parenthesis
	dot
)

type writer struct {
	strings.Builder
	known names
	all   []token
	last  class
	casts []bool // for each open parenthesis whether it is that of a CAST
	inAs  bool   // behind the AS of a CAST: a type follows
}

func (w *writer) at(i int) token {
	if i < 0 || i >= len(w.all) {
		return token{}
	}
	return w.all[i]
}

func (w *writer) write(i int) {
	t := w.all[i]
	switch {
	case t.kind == sqltext.Ident:
		w.word(i, t)
	case t.kind == sqltext.QuotedIdent, t.kind == sqltext.String && t.text[0] == '\'':
		w.quoted(i, t)
	case t.kind == sqltext.Operator || t.kind == sqltext.Semicolon:
		w.operator(t)
	default:
		w.put(t.text, operand)
	}
}

// put writes a text with the space that belongs before it.
func (w *writer) put(text string, c class) {
	if w.Len() > 0 && w.last != start && w.last != unary && w.last != dot {
		w.WriteByte(' ')
	}
	w.WriteString(text)
	w.last = c
}

// attach writes a text without a space before it.
func (w *writer) attach(text string, c class) {
	w.WriteString(text)
	w.last = c
}

func (w *writer) operator(t token) {
	switch t.text {
	case "(":
		w.open()
	case ")":
		w.attach(")", operand)
		w.inAs = false
		w.casts = w.casts[:max(0, len(w.casts)-1)]
	case ",":
		w.attach(",", keyword)
	case ";":
		w.attach(";\n  ", start) // a statement of a trigger
	case ".":
		w.attach(".", dot)
	case "-", "+", "~":
		if w.last == operand {
			w.put(t.text, operator)
			return
		}
		if w.last == unary { // - - 1 must not become a comment
			w.WriteByte(' ')
		}
		w.put(t.text, unary)
	case "==":
		w.put("=", operator)
	case "!=":
		w.put("<>", operator)
	case "*":
		if w.last == operand {
			w.put("*", operator)
		} else {
			w.put("*", operand)
		}
	default:
		w.put(t.text, operator)
	}
}

func (w *writer) open() {
	cast := strings.HasSuffix(w.String(), "CAST")
	w.casts = append(w.casts, cast)
	if w.last == function || w.inAs {
		w.attach("(", start)
		return
	}
	w.put("(", start)
}

// word writes an unquoted word.
func (w *writer) word(i int, t token) {
	up := upper(t.text)
	before, next := w.at(i-1), w.at(i+1)
	switch {
	case before.is("."):
		w.name(t.text, next)
	case before.is("AS") && !w.inAs && !isKeyword(up):
		w.put(ident(t.text), operand) // names a column of the result
	case before.is("COLLATE"):
		w.put(ident(up), operand)
	case w.inAs:
		w.put(up, operand)
	case isKeyword(up) && !isName(up) && !next.is("."):
		w.keyword(up, next)
	default:
		w.name(t.text, next)
	}
}

func (w *writer) keyword(up string, next token) {
	c := keyword
	switch up {
	case "TRUE", "FALSE", "NULL", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "END", "ISNULL", "NOTNULL":
		c = operand
	case "CAST", "RAISE", "REPLACE", "IF", "LIKE", "GLOB", "MATCH", "REGEXP":
		if next.is("(") && w.last != operand {
			c = function
		}
	case "AS":
		w.inAs = len(w.casts) > 0 && w.casts[len(w.casts)-1]
	}
	w.put(up, c)
}

// name writes a name as it is declared.
func (w *writer) name(name string, next token) {
	c := operand
	if next.is("(") {
		c = function
	}
	declared, known := w.known[lower(name)]
	switch {
	case known:
		name = declared
	case c == function:
		name = lower(name)
	}
	w.put(ident(name), c)
}

// quoted writes what stands in quotes: a name, or a string.
func (w *writer) quoted(i int, t token) {
	before, next := w.at(i-1), w.at(i+1)
	double, single := t.text[0] == '"', t.text[0] == '\''
	name := unquote(t.text)
	_, known := w.known[lower(name)]
	placed := before.is(".") || next.is(".") || next.is("(") && !before.is("IN") || w.last == operand ||
		before.isOneOf("AS", "FROM", "JOIN", "INTO", "UPDATE", "COLLATE", "SET", "OF")
	switch {
	case w.inAs:
		w.put(ident(upper(name)), operand)
	case before.is("COLLATE"):
		w.put(ident(upper(name)), operand)
	case single && !placed:
		w.put(t.text, operand)
	case double && !placed && !known:
		w.put(literal(name), operand)
	default:
		w.name(name, next)
	}
}

// literal returns a string as a constant of SQL.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// bare takes away parentheses around the whole.
func bare(all []token) []token {
	for len(all) > 2 && all[0].is("(") && closes(all) == len(all)-1 {
		all = all[1 : len(all)-1]
	}
	return all
}

// closes returns the index of the parenthesis that closes the first one.
func closes(all []token) int {
	depth := 0
	for i, t := range all {
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}
