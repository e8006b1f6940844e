package sqlite

import (
	"context"
	"fmt"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// Numbers returns a query of the integers from first to last, as column n.
func (dialect) Numbers(_ lockstep.Server, first, last int64) string {
	return fmt.Sprintf("WITH RECURSIVE s(n) AS (SELECT %d UNION ALL SELECT n + 1 FROM s WHERE n < %d) SELECT n FROM s", first, last)
}

// Made returns the expression of a value. The classes are those of package
// synth.
func (dialect) Made(_ lockstep.Server, class, _, k string, width int) string {
	switch class {
	case "hex":
		return fmt.Sprintf("printf('%%0%dx', %s)", width, k)
	case "digits":
		return "CAST(" + k + " AS TEXT)"
	case "quotient":
		return fmt.Sprintf("(%s / %d)", k, width)
	case "decimal":
		if width == 0 {
			return k
		}
		return fmt.Sprintf("(%s / 1%s.0)", k, strings.Repeat("0", width))
	case "float":
		return "(" + k + " / 1024.0)"
	case "money":
		return "(" + k + " / 100.0)"
	case "date":
		return "date((" + k + ") * 86400, 'unixepoch')"
	case "datetime":
		return "datetime(" + k + ", 'unixepoch')"
	case "time":
		return "time(" + k + ", 'unixepoch')"
	}
	return madeRare(class, k, width)
}

func madeRare(class, k string, width int) string {
	switch class {
	case "bytes":
		return fmt.Sprintf("CAST(substr(printf('%%016x', %s), -%d) AS BLOB)", k, width)
	case "uuid":
		return "printf('00000000-0000-4000-8000-0000%08x', " + k + ")"
	case "json":
		return "('{\"n\": ' || " + k + " || ', \"tags\": [\"a\", \"b\"]}')"
	case "inet":
		return fmt.Sprintf("printf('10.%%d.%%d.%%d', %[1]s / 65536 %% 256, %[1]s / 256 %% 256, %[1]s %% 256)", k)
	case "mac":
		return "printf('%012x', " + k + ")"
	case "geometry", "range", "xml", "search":
		return "('" + class + " ' || " + k + ")"
	}
	return k
}

// Concat puts texts together.
func (dialect) Concat(parts ...string) string { return "(" + strings.Join(parts, " || ") + ")" }

// InsertRows returns the statement that inserts what a query returns.
func (dialect) InsertRows(table string, columns []string, query string, skip bool) string {
	statement := "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") " + query
	if skip {
		statement += " ON CONFLICT DO NOTHING"
	}
	return statement
}

// Partition tells that virtual tables are left alone.
func (dialect) Partition(_ context.Context, _ lockstep.Querier, _ *schema.Schema, table schema.Fact) (condition string, skip bool, err error) {
	return "", table.Form() != "", nil
}

// Filled returns the statement that gathers statistics.
func (d dialect) Filled(_ *schema.Schema, table schema.Fact) []string {
	return []string{"ANALYZE " + d.Quote(table.ID.Name)}
}

// Unchecked defers foreign keys to the end of a transaction.
func (dialect) Unchecked() (before, after []string) {
	return []string{"BEGIN IMMEDIATE", "PRAGMA defer_foreign_keys = ON"}, []string{"COMMIT"}
}

// Digest returns an aggregate that is another one when a value of the column
// is, whatever the order of rows, as far as that can be told by the first
// characters, the length, and the sum of numbers.
func (dialect) Digest(column string) string {
	parts := []string{"TOTAL(" + column + ")", "TOTAL(LENGTH(CAST(" + column + " AS BLOB)))"}
	for i := 1; i <= 12; i++ {
		parts = append(parts, fmt.Sprintf("TOTAL(unicode(substr(%s, %d, 1)) * (length(%s) %% 97 + %d))", column, i, column, i))
	}
	return strings.Join(parts, " || ' ' || ")
}
