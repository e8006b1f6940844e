package synth

import (
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/lockstepdb/lockstep/sqltext"
)

// choice is one way to satisfy a check: limits by column. whole tells that
// values within them satisfy it, whatever the other columns are.
type choice struct {
	limits map[string]limits
	whole  bool
}

// mostChoices is how many ways of one check are looked at.
const mostChoices = 24

// checkReader knows the types of a table's columns.
type checkReader struct {
	kinds   map[string]kind
	lexer   sqltext.Options
	columns map[string]bool
}

// read returns the ways in which a condition can be satisfied, nil if it is
// not understood at all. It never calls whole what the server rejects.
func (c *checkReader) read(text string) []choice {
	e, err := parse(text, c.lexer, c.columns)
	if err != nil {
		return nil
	}
	return c.choices(e, false)
}

func nothingKnown() []choice { return []choice{{}} }

func (c *checkReader) choices(e *expr, not bool) []choice {
	switch {
	case e.op == "NOT":
		return c.choices(e.args[0], !not)
	case e.op == "AND" && !not, e.op == "OR" && not:
		return both(c.choices(e.args[0], not), c.choices(e.args[1], not))
	case e.op == "OR" && !not, e.op == "AND" && not:
		return either(c.choices(e.args[0], not), c.choices(e.args[1], not))
	case e.op == "IS NULL":
		return c.isNull(e.args[0], not)
	case e.op == "bool":
		if (e.text == "true") != not {
			return []choice{{whole: true}}
		}
		return nothingKnown()
	case e.op == "IN":
		return c.in(e, not)
	}
	return c.compared(e, not)
}

func both(a, b []choice) []choice {
	var out []choice
	for _, x := range a {
		for _, y := range b {
			if len(out) < mostChoices {
				out = append(out, x.and(y))
			}
		}
	}
	return out
}

func (x choice) and(y choice) choice {
	out := choice{limits: map[string]limits{}, whole: x.whole && y.whole}
	for name, l := range x.limits {
		out.limits[name] = l
	}
	for name, l := range y.limits {
		if have, ok := out.limits[name]; ok {
			l = have.and(l)
		}
		out.limits[name] = l
	}
	return out
}

// either puts lists of values of one column together, so that they are all used.
func either(a, b []choice) []choice {
	if len(a) == 1 && len(b) == 1 {
		if merged, ok := a[0].merge(b[0]); ok {
			return []choice{merged}
		}
	}
	all := slices.Concat(a, b)
	slices.SortStableFunc(all, func(x, y choice) int {
		switch {
		case x.whole == y.whole:
			return 0
		case x.whole:
			return -1
		}
		return 1
	})
	return all[:min(len(all), mostChoices)]
}

func (x choice) merge(y choice) (choice, bool) {
	if len(x.limits) != 1 || len(y.limits) != 1 || !x.whole || !y.whole {
		return choice{}, false
	}
	for name, l := range x.limits {
		o, same := y.limits[name]
		if same && l.onlyList() && o.onlyList() {
			return choice{map[string]limits{name: {in: slices.Concat(l.in, o.in), listed: true}}, true}, true
		}
	}
	return choice{}, false
}

func (l limits) onlyList() bool {
	return l.listed && len(l.notIn) == 0 && l.lo == nil && l.hi == nil && !l.text && !l.null && !l.value
}

func whole(column string, l limits) []choice {
	return []choice{{map[string]limits{column: l}, true}}
}

func (c *checkReader) isNull(e *expr, not bool) []choice {
	if e.op != "column" {
		return nothingKnown()
	}
	return whole(e.text, limits{null: !not, value: not})
}

func (c *checkReader) in(e *expr, not bool) []choice {
	column, ok := c.plain(e.args[0])
	if !ok {
		return nothingKnown()
	}
	var values []string
	for _, a := range e.args[1:] {
		v, ok := c.value(c.kinds[column], a)
		if !ok {
			return nothingKnown()
		}
		values = append(values, v)
	}
	if not {
		return whole(column, limits{notIn: values})
	}
	return whole(column, limits{in: values, listed: true})
}

// plain returns the column that an operand is, also through a cast that
// changes no value.
func (c *checkReader) plain(e *expr) (string, bool) {
	if e.op == "CAST" {
		column := e.args[0]
		if column.op != "column" || !harmless(c.kinds[column.text], e.cast) {
			return "", false
		}
		e = column
	}
	if e.op != "column" {
		return "", false
	}
	k := c.kinds[e.text]
	return e.text, (k.ranged() || k.class == ClassText || k.class == ClassLabel) && !k.array
}

func harmless(k kind, cast string) bool {
	switch cast {
	case "text", "character varying", "bpchar", "bpchar text":
		return k.class == ClassText || k.class == ClassLabel
	case "numeric", "bigint":
		return k.class == ClassInteger || cast == "numeric" && k.class == ClassDecimal
	case "double precision":
		return k.class == ClassFloat
	}
	return false
}

// value reads a constant as a value of the type.
func (c *checkReader) value(k kind, e *expr) (string, bool) {
	switch k.class {
	case ClassInteger, ClassDecimal, ClassFloat, ClassYear:
		if e.op != "number" || !constantCast(e.cast) {
			return "", false
		}
		_, ok := k.numberOf(e.text)
		return e.text, ok
	case ClassDate, ClassDatetime, ClassTime:
		if e.op != "text" {
			return "", false
		}
		_, ok := k.numberOf(e.text)
		return e.text, ok
	case ClassText, ClassLabel:
		return e.text, e.op == "text" && strings.TrimRight(e.text, " ") == e.text
	}
	return "", false
}

func constantCast(cast string) bool {
	switch cast {
	case "", "numeric", "bigint", "integer", "smallint", "double precision":
		return true
	}
	return false
}

func flipped(op string) string {
	switch op {
	case "<":
		return ">"
	case "<=":
		return ">="
	case ">":
		return "<"
	case ">=":
		return "<="
	}
	return op
}

func opposite(op string) string {
	switch op {
	case "<":
		return ">="
	case "<=":
		return ">"
	case ">":
		return "<="
	case ">=":
		return "<"
	case "=":
		return "<>"
	case "<>":
		return "="
	}
	return ""
}

func isConstant(e *expr) bool { return e.op == "number" || e.op == "text" }

func (c *checkReader) compared(e *expr, not bool) []choice {
	op := e.op
	if opposite(op) == "" || len(e.args) != 2 {
		return nothingKnown()
	}
	left, right := e.args[0], e.args[1]
	if isConstant(left) {
		left, right, op = right, left, flipped(op)
	}
	if not {
		op = opposite(op)
	}
	if left.op == "call" {
		return c.length(left, op, right)
	}
	column, ok := c.plain(left)
	if !ok {
		return nothingKnown()
	}
	k := c.kinds[column]
	v, ok := c.value(k, right)
	if !ok {
		return nothingKnown()
	}
	switch {
	case op == "=":
		return whole(column, limits{in: []string{v}, listed: true})
	case op == "<>":
		return whole(column, limits{notIn: []string{v}})
	case !k.ranged():
		return nothingKnown()
	}
	n, _ := k.numberOf(v) // value has read it
	return whole(column, k.bound(op, n))
}

// bound turns a comparison into limits. Where a time stamp stands against a
// date it keeps a day away, since texts and zones compare in their own ways.
func (k kind) bound(op string, n *big.Rat) limits {
	step := big.NewRat(1, k.scale())
	if k.class == ClassDatetime {
		step = big.NewRat(day, 1)
	}
	strict := op == "<" || op == ">" || k.class == ClassDatetime
	if op == "<" || op == "<=" {
		if strict {
			n = new(big.Rat).Sub(n, step)
		}
		return limits{hi: n}
	}
	if strict {
		n = new(big.Rat).Add(n, step)
	}
	return limits{lo: n}
}

// length reads length(column) compared with a number.
func (c *checkReader) length(call *expr, op string, right *expr) []choice {
	switch call.text {
	case "length", "char_length", "character_length", "octet_length":
	default:
		return nothingKnown()
	}
	if len(call.args) != 1 || right.op != "number" || right.cast != "" {
		return nothingKnown()
	}
	column, ok := c.plain(call.args[0])
	n, err := strconv.Atoi(right.text)
	if !ok || err != nil || c.kinds[column].class != ClassText || n < -unlimited || n > unlimited {
		return nothingKnown()
	}
	switch op {
	case "=":
		return lengths(column, n, n)
	case ">=":
		return lengths(column, n, unlimited)
	case ">":
		return lengths(column, n+1, unlimited)
	case "<=":
		return lengths(column, 0, n)
	case "<":
		return lengths(column, 0, n-1)
	}
	return slices.Concat(lengths(column, n+1, unlimited), lengths(column, 0, n-1))
}

// lengths limits a text's length; where no length is left, neither NULL nor a
// value is.
func lengths(column string, least, most int) []choice {
	if most < 0 || least > most {
		return whole(column, limits{null: true, value: true})
	}
	return whole(column, limits{min: max(least, 0), max: most, text: true})
}
