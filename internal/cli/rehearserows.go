package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lockstepdb/lockstep/rehearse"
	"github.com/lockstepdb/lockstep/schema"
)

// mostRows is how many rows a table can be filled with.
const mostRows = 10_000_000

// sizes are what --rows says.
type sizes struct {
	given  bool
	all    int64            // for tables that are not named
	tables map[string]int64 // by name, or by schema and name
}

// parseSizes reads 1000, 1m or users=1m,orders=5m.
func parseSizes(text string) (sizes, error) {
	s := sizes{given: text != "", tables: map[string]int64{}}
	if text == "" {
		return s, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		name, number, named := strings.Cut(strings.TrimSpace(part), "=")
		if !named {
			number = name
		}
		n, err := parseRows(number)
		switch {
		case err != nil:
			return s, err
		case named:
			s.tables[strings.ToLower(name)] = n
		default:
			s.all = n
		}
	}
	return s, nil
}

func parseRows(text string) (int64, error) {
	digits := strings.ToLower(strings.ReplaceAll(text, "_", ""))
	unit := int64(1)
	if rest, ok := strings.CutSuffix(digits, "k"); ok {
		digits, unit = rest, 1000
	} else if rest, ok := strings.CutSuffix(digits, "m"); ok {
		digits, unit = rest, 1_000_000
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > mostRows/unit {
		return 0, &usageError{
			fmt.Sprintf("--rows: %q is no number of rows from 0 to 10 million", text),
			"--rows 1m fills all tables, --rows 1000,users=1m,orders=500k says it for some",
		}
	}
	return n * unit, nil
}

// of tells how many rows a table gets; nil if --rows was not given.
func (s sizes) of() func(schema.ID) int64 {
	if !s.given {
		return nil
	}
	return func(id schema.ID) int64 {
		for _, name := range namesOf(id) {
			if n, ok := s.tables[name]; ok {
				return n
			}
		}
		return s.all
	}
}

func namesOf(id schema.ID) []string {
	return []string{strings.ToLower(id.Schema + "." + id.Name), strings.ToLower(id.Name)}
}

// missed returns the names for which there was no table, sorted.
func (s sizes) missed(r *rehearse.Rows) []string {
	var names []string
	for name, n := range s.tables {
		found := n == 0
		if r != nil {
			found = found || slices.ContainsFunc(r.Tables, func(t rehearse.Filled) bool {
				return slices.Contains(namesOf(t.ID), name) || t.Of != nil && slices.Contains(namesOf(*t.Of), name)
			})
		}
		if !found {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
