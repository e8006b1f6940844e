package synth_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/synth"
)

func checkedTypes() map[string]string {
	return map[string]string{"i": "INTEGER", "n": "DECIMAL(8,2)", "f": "REAL", "t": "VARCHAR(12)", "d": "DATE", "s": "DATETIME", "c": "TIME"}
}

// grammar makes random conditions.
type grammar struct{ *rand.Rand }

func (g grammar) one(of ...string) string { return of[g.IntN(len(of))] }

func (g grammar) number() string {
	return g.one("0", "1", "-1", "5", "-3", "7.5", "0.25", "100", "99999", "-2.75", "1e2", "+4", "- 8")
}

func (g grammar) text() string {
	return g.one("''", "'a'", "'it''s'", "'new'", "'OLD'", "'x y'", "'00000000'", "'12'", "'a '")
}

func (g grammar) moment() string {
	return g.one("'2020-01-01'", "'1999-12-31'", "'2030-06-30'", "'2021-05-05 10:00:00'", "'2021-05-05T10:00'", "'10:30:00'", "'nonsense'", "'2020-1-1'")
}

// operand returns a column and a maker of constants that fit it, mostly.
func (g grammar) operand() (string, func() string) {
	column := g.one("i", "n", "f", "t", "d", "s", "c", "(i)", "\"n\"", "length(t)", "length(i)", "lower(t)", "abs(i)", "i + 1")
	if g.IntN(12) == 0 {
		return column, func() string { return g.one(g.number(), g.text(), g.moment(), "NULL", "i", "n") }
	}
	switch strings.Trim(column, "(\")") {
	case "t", "lower(t":
		return column, g.text
	case "d", "s", "c":
		return column, g.moment
	}
	return column, g.number
}

func (g grammar) condition(depth int) string {
	if depth > 0 && g.IntN(3) > 0 {
		switch g.IntN(4) {
		case 0:
			return "NOT (" + g.condition(depth-1) + ")"
		case 1:
			return g.condition(depth-1) + " AND " + g.condition(depth-1)
		}
		return "(" + g.condition(depth-1) + " OR " + g.condition(depth-1) + ")"
	}
	column, value := g.operand()
	switch g.IntN(6) {
	case 0:
		return fmt.Sprintf("%s %s (%s, %s, %s)", column, g.one("IN", "NOT IN"), value(), value(), value())
	case 1:
		return fmt.Sprintf("%s %s %s AND %s", column, g.one("BETWEEN", "NOT BETWEEN"), value(), value())
	case 2:
		return column + " " + g.one("IS NULL", "IS NOT NULL", "NOTNULL")
	case 3:
		return fmt.Sprintf("%s %s %s", value(), g.one("=", "<", ">=", "<>"), column)
	}
	return fmt.Sprintf("%s %s %s", column, g.one("=", "==", "<>", "!=", "<", "<=", ">", ">="), value())
}

// misread are conditions that were once read wrongly.
func misread() []string {
	return []string{"f IN (1e2, -2.75) AND NOT (100 = f)", "length(t) < 0 OR i > 3"}
}

// TestCheckReaderNeverTakesWhatIsRejected compares the reader with SQLite.
func TestCheckReaderNeverTakesWhatIsRejected(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	g := grammar{rand.New(rand.NewPCG(seed, 1))} //nolint:gosec // the same rows again for the same seed
	s := open(t, testdb.New(t, testdb.KindNamed(t, "sqlite")), "PRAGMA synchronous = OFF")
	types := checkedTypes()
	names := slices.Sorted(maps.Keys(types))
	read := 0
	for n := range 1500 {
		check := g.condition(3)
		if known := misread(); n < len(known) {
			check = known[n]
		}
		rows := synth.Accepted(s.d, s.srv, types, check, g.Int64N)
		if len(rows) == 0 {
			continue
		}
		read++
		var columns []string
		for _, n := range names {
			columns = append(columns, n+" "+types[n])
		}
		exec := func(statement string) error {
			_, err := s.conn.ExecContext(t.Context(), statement)
			return err
		}
		if err := exec("CREATE TEMP TABLE x (" + strings.Join(columns, ", ") + ", CHECK (" + check + "))"); err != nil {
			t.Fatalf("%s: %v", check, err)
		}
		for _, row := range rows {
			var values []string
			for _, n := range names {
				values = append(values, row[n])
			}
			if err := exec("INSERT INTO x (" + strings.Join(names, ", ") + ") SELECT " + strings.Join(values, ", ")); err != nil {
				t.Errorf("CHECK (%s) rejects %v: %v", check, row, err)
			}
		}
		if err := exec("DROP TABLE x"); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d understood", read)
	if read < 300 {
		t.Errorf("only %d of 1500 conditions were understood", read)
	}
}
