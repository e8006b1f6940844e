package synth

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/lockstepdb/lockstep/sqltext"
)

// rowNumber is the number of a row in the expressions of its values.
const rowNumber = "g.n"

// count is how many different values the column can have.
func (c *column) count() int64 {
	if c.templated {
		return 1 << 40
	}
	return c.kind.hi - c.kind.lo + 1
}

// value returns the expression of the k-th value, k from 0 on.
func (f *filler) value(c *column, k string) string {
	v := f.element(c, k)
	if c.kind.array {
		return f.d.Made(f.srv, ClassArray, c.kind.typ, v, 0)
	}
	return v
}

func (f *filler) element(c *column, k string) string {
	kind := c.kind
	typ := strings.TrimSuffix(kind.typ, "[]")
	switch kind.class {
	case ClassText:
		return f.d.Made(f.srv, ClassText, typ, f.text(c, k), 0)
	case ClassLabel:
		return f.label(kind, typ, k)
	}
	if kind.lo != 0 {
		k = "(" + k + " + " + constant(kind.lo) + ")"
	}
	return f.d.Made(f.srv, kind.class, typ, k, kind.width)
}

func constant(n int64) string {
	if n < 0 {
		return "(" + strconv.FormatInt(n, 10) + ")"
	}
	return strconv.FormatInt(n, 10)
}

// text is a scrambled number in hexadecimal with a tail, so that values lie in
// no order and have a usual length.
func (f *filler) text(c *column, k string) string {
	if c.templated {
		return f.d.Concat(quoted(c.before), f.d.Made(f.srv, ClassDigits, "", k, 0), quoted(c.behind))
	}
	width := c.kind.width
	if width == 0 {
		return "''"
	}
	digits := min(width, 8)
	k = fmt.Sprintf("((%s) * %d %% %d)", k, scrambler, pow(16, digits))
	hex := f.d.Made(f.srv, ClassHex, "", k, digits)
	if width <= digits {
		return hex
	}
	return f.d.Concat(hex, quoted(tail(width-digits)))
}

// scrambler is odd, so that it mixes up the numbers below a power of two.
const scrambler = 2_654_435_761

func tail(length int) string {
	const words = "-lorem-ipsum-dolor-sit-amet"
	return strings.Repeat(words, length/len(words)+1)[:length]
}

// quoted writes a constant that has no backslash.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// mostLabels is how many different labels are used.
const mostLabels = 500

func (f *filler) label(kind kind, typ, k string) string {
	labels := kind.labels
	if len(labels) == 1 {
		return f.d.Made(f.srv, ClassLabel, typ, f.literal(labels[0]), 0)
	}
	var b strings.Builder
	b.WriteString("CASE " + k)
	for i, l := range labels[:min(len(labels), mostLabels)] {
		fmt.Fprintf(&b, " WHEN %d THEN %s", i, f.literal(l))
	}
	b.WriteString(" END")
	return f.d.Made(f.srv, ClassLabel, typ, b.String(), 0)
}

// literal writes a label as a constant.
func (f *filler) literal(s string) string {
	if strings.Contains(s, `\`) && f.srv.Lexer.Mode == sqltext.MySQL && !f.srv.Lexer.NoBackslashEscapes {
		s = strings.ReplaceAll(s, `\`, `\\`)
	}
	return quoted(s)
}

// primes multiply row numbers, each of another column, so that columns do not
// depend on each other.
func primes() []uint64 {
	return []uint64{2654435761, 2246822519, 3266489917, 668265263, 374761393, 1597334677, 3812015801, 2891336453, 1181783497, 1640531527}
}

// scattered returns an integer expression below count that looks random, for
// the salt-th use in a table.
func (f *filler) scattered(salt int, count int64) string {
	if count <= 1 {
		return "0"
	}
	all := primes()
	a := all[(uint64(salt)+f.o.Seed)%uint64(len(all))]
	b := (f.o.Seed*40_503 + uint64(salt)*7_919_117) % 4_294_967_291
	mixed := fmt.Sprintf("((%s * %d + %d) %% 4294967291)", rowNumber, a, b)
	if count > 60_000_000 {
		return fmt.Sprintf("(%s %% %d)", mixed, count)
	}
	return fmt.Sprintf("(%s %% %d)", f.d.Made(f.srv, ClassQuotient, "", mixed, 64), count)
}
