package dialecttest

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// Grammar is what a dialect's random schemas are made of: pieces of SQL in which
// {a|b} is a choice, within others too, and these stand for names:
//
//	%n   the object itself            %t   its table
//	%c   its columns, with commas     %k   the key of the table
//	%1   the first of its columns     %2   the second
//	%h   the object it is based on    %q   the same as a string literal
//	%u   a table it refers to         %j   the key of that table
//	%i   the number of a row          %%   a percent sign
type Grammar struct {
	// Keys are definitions of columns that are keys, without the name; the last
	// one is taken where a key has two columns. A column that refers to one has
	// what is written before the first "/".
	Keys []string
	// Columns are the kinds of other columns.
	Columns []ColumnKind
	// Options follow the parenthesis of CREATE TABLE.
	Options string
	// ForeignKey is a constraint; with InlineKeys it is part of CREATE TABLE.
	ForeignKey string
	InlineKeys bool
	// Begin is the first statement of a script. Default none.
	Begin string
	// Insert begins the statement that makes a row: INSERT INTO %t (%c) VALUES.
	Insert string
	// Bases are objects made before tables, Parts those of a table, Others those
	// made behind all tables.
	Bases, Parts, Others []ObjectKind
	// Names are tried for objects, with a number behind; Words are not.
	Names, Words []string
}

// ColumnKind is a kind of columns. Rows keep their values when a column becomes
// another one of its kind.
type ColumnKind struct {
	Name      string // of the kind
	Type      string
	Base      string // kind of object that the type is based on, "" for none
	Value     string // of a row
	Default   string // never NULL
	More      string // what follows type and default
	Generated string // what follows the type instead, of one column of the same kind
	Comment   string // a statement about the column %1 of %t, "" for none
	NoKey     bool   // no index takes it
}

// ObjectKind is a kind of objects.
type ObjectKind struct {
	Name    string
	SQL     string
	Base    string // kind of object that it needs
	Of      string // kind of its columns, "" for any that an index takes, "any" for any
	Columns int    // how many columns it has, -1 for some
	Inline  bool   // it is a part of CREATE TABLE
	Unique  bool   // it takes no two equal rows
}

// expand makes the choices of a template.
func expand(r *rand.Rand, template string) string {
	var out strings.Builder
	for i := 0; i < len(template); i++ {
		if template[i] != '{' {
			out.WriteByte(template[i])
			continue
		}
		end, choices := alternatives(template[i+1:])
		out.WriteString(expand(r, choices[r.IntN(len(choices))]))
		i += end + 1
	}
	return out.String()
}

// alternatives are the choices up to the brace that closes.
func alternatives(text string) (end int, choices []string) {
	depth, from := 0, 0
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], " || "): // the operator
			i += 2
		case text[i] == '{':
			depth++
		case text[i] == '}' && depth > 0:
			depth--
		case text[i] == '}':
			return i, append(choices, text[from:i])
		case text[i] == '|' && depth == 0:
			choices, from = append(choices, text[from:i]), i+1
		}
	}
	return len(text), append(choices, text[from:])
}

// fill puts names into a template; values are SQL.
func fill(template string, values map[byte]string) string {
	var out strings.Builder
	for i := 0; i < len(template); i++ {
		if template[i] == '%' && i+1 < len(template) {
			i++
			if template[i] == '%' {
				out.WriteByte('%')
			}
			out.WriteString(values[template[i]])
			continue
		}
		out.WriteByte(template[i])
	}
	return out.String()
}

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func number(i int) string { return strconv.Itoa(i) }
