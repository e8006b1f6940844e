package mysql

import (
	"context"
	"fmt"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// Numbers returns a query of the integers from first to last, as column n. It
// counts by digits: recursion is limited by a setting, and MariaDB 11.8 loses a
// row of its sequence tables where ORDER BY an expression meets LIMIT.
func (dialect) Numbers(_ lockstep.Server, first, last int64) string {
	const digit = "(SELECT 0 d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)"
	sum, from := fmt.Sprint(first), ""
	for i, unit := 0, int64(1); unit <= last-first; i, unit = i+1, unit*10 {
		sum += fmt.Sprintf(" + d%d.d * %d", i, unit)
		from += fmt.Sprintf(", %s d%d", digit, i)
	}
	if from == "" {
		return fmt.Sprintf("SELECT %d AS n", first)
	}
	return fmt.Sprintf("SELECT CAST(%s AS SIGNED) AS n FROM %s WHERE %s <= %d", sum, from[2:], sum, last)
}

// Made returns the expression of a value. The classes are those of package
// synth.
func (dialect) Made(_ lockstep.Server, class, typ, k string, width int) string {
	switch class {
	case "hex":
		return fmt.Sprintf("LPAD(LOWER(HEX(%s)), %d, '0')", k, width)
	case "digits":
		return "CAST(" + k + " AS CHAR)"
	case "quotient":
		return fmt.Sprintf("(%s DIV %d)", k, width)
	case "decimal":
		if width == 0 {
			return k
		}
		return fmt.Sprintf("(%s * 0.%s1)", k, strings.Repeat("0", width-1))
	case "float":
		return "(" + k + " / 1024e0)"
	case "date":
		return "DATE_ADD(DATE '1970-01-01', INTERVAL " + k + " DAY)"
	case "datetime":
		if strings.HasPrefix(strings.ToLower(typ), "timestamp") {
			return "FROM_UNIXTIME(" + k + ")" // exists also where clocks are put forward
		}
		return "DATE_ADD(TIMESTAMP '1970-01-01 00:00:00', INTERVAL " + k + " SECOND)"
	case "time":
		return "SEC_TO_TIME(" + k + ")"
	}
	return madeRare(class, typ, k, width)
}

func madeRare(class, typ, k string, width int) string {
	switch class {
	case "bytes":
		return fmt.Sprintf("UNHEX(LPAD(HEX(%s), %d, '0'))", k, 2*width)
	case "uuid":
		return "CONCAT('00000000-0000-4000-8000-0000', LPAD(LOWER(HEX(" + k + ")), 8, '0'))"
	case "json":
		return "CONCAT('{\"n\": ', " + k + ", ', \"tags\": [\"a\", \"b\"]}')"
	case "inet":
		address := fmt.Sprintf("INET_NTOA(167772160 + %s)", k)
		if strings.EqualFold(typ, "inet6") {
			return "CONCAT('::', " + address + ")"
		}
		return address
	case "geometry":
		return fmt.Sprintf("ST_GeomFromText(CONCAT('POINT(', %[1]s %% 180 - 90, ' ', %[1]s DIV 180 %% 90, ')'))", k)
	case "money":
		return "(" + k + " * 0.01)"
	}
	return k
}

// Concat puts texts together.
func (dialect) Concat(parts ...string) string { return "CONCAT(" + strings.Join(parts, ", ") + ")" }

// InsertRows returns the statement that inserts what a query returns. IGNORE
// would also bend values that do not fit; rows that are there already are left
// as they are by an update that changes nothing.
func (dialect) InsertRows(table string, columns []string, query string, skip bool) string {
	statement := "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") " + query
	if skip {
		statement += " ON DUPLICATE KEY UPDATE " + table + "." + columns[0] + " = " + table + "." + columns[0]
	}
	return statement
}

// Partition returns what rows must satisfy so that a table has a partition for
// them.
func (dialect) Partition(_ context.Context, _ lockstep.Querier, _ *schema.Schema, table schema.Fact) (condition string, skip bool, err error) {
	if table.Form() != "" {
		return "", true, nil
	}
	return partitionCondition(table.Attr(AttrPartitionBy), table.Attr(AttrPartitions)), false, nil
}

// partitionCondition says by what RANGE and LIST are limited; "" for others.
func partitionCondition(by, partitions string) string {
	kind, expr, ok := strings.Cut(by, "(")
	if !ok {
		return ""
	}
	expr = strings.TrimSuffix(expr, ")")
	lines := strings.Split(partitions, "\n")
	switch kind = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kind), "COLUMNS")); kind {
	case "RANGE":
		last := bounds(lines[len(lines)-1], "LESS THAN")
		if last == "" || strings.HasPrefix(last, "MAXVALUE") {
			return ""
		}
		return firstOf(expr) + " < " + firstOf(last)
	case "LIST":
		var values []string
		for _, line := range lines {
			values = append(values, bounds(line, "VALUES IN"))
		}
		return "(" + expr + ") IN (" + strings.Join(values, ", ") + ")"
	}
	return ""
}

// firstOf is the first of several columns or bounds.
func firstOf(list string) string {
	first := list
	if i := strings.IndexByte(list, ','); i >= 0 && strings.Count(list[:i], "(") == strings.Count(list[:i], ")") {
		first = list[:i]
	}
	return first
}

// bounds returns what stands in parentheses behind some words.
func bounds(definition, words string) string {
	_, rest, ok := strings.Cut(definition, words)
	if !ok {
		return ""
	}
	rest = strings.TrimSpace(rest)
	depth := 0
	for i := range len(rest) {
		switch rest[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return strings.TrimPrefix(rest[:i], "(")
			}
		}
		if depth == 0 {
			end := strings.IndexByte(rest, ' ')
			if end < 0 {
				end = len(rest)
			}
			return rest[:end]
		}
	}
	return ""
}

// Filled returns the statement that gathers statistics.
func (d dialect) Filled(_ *schema.Schema, table schema.Fact) []string {
	return []string{"ANALYZE TABLE " + tableName(table.ID)}
}

func tableName(id schema.ID) string {
	if id.Schema == "" {
		return quote(id.Name)
	}
	return quote(id.Schema) + "." + quote(id.Name)
}

// Unchecked turns foreign keys off and on again.
func (dialect) Unchecked() (before, after []string) {
	return []string{"SET SESSION foreign_key_checks = 0"}, []string{"SET SESSION foreign_key_checks = 1"}
}

// Digest returns an aggregate that is another one when a value of the column
// is, whatever the order of rows.
func (dialect) Digest(column string) string {
	return "CONCAT(COALESCE(SUM(CRC32(" + column + ")), 0), ' ', COALESCE(BIT_XOR(CRC32(CONCAT('x', " + column + "))), 0))"
}
