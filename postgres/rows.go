package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// Numbers returns a query of the integers from first to last, as column n.
func (dialect) Numbers(_ lockstep.Server, first, last int64) string {
	return fmt.Sprintf("SELECT n FROM generate_series(CAST(%d AS bigint), CAST(%d AS bigint)) AS s(n)", first, last)
}

// Made returns the expression of a value. The classes are those of package
// synth.
func (dialect) Made(_ lockstep.Server, class, typ, k string, width int) string {
	if v := madeText(class, k, width); v != "" {
		return v
	}
	return "CAST(" + madeValue(class, typ, k, width) + " AS " + typ + ")"
}

// madeText makes what is not cast to a column's type.
func madeText(class, k string, width int) string {
	switch class {
	case "hex":
		return fmt.Sprintf("lpad(to_hex(%s), %d, '0')", k, width)
	case "digits":
		return "CAST(" + k + " AS text)"
	case "quotient":
		return fmt.Sprintf("(%s / %d)", k, width)
	}
	return ""
}

func madeValue(class, typ, k string, width int) string {
	switch class {
	case "decimal":
		return fmt.Sprintf("CAST(%s AS numeric) * %s", k, fraction(width))
	case "float":
		return "CAST(" + k + " AS double precision) / 1024"
	case "boolean":
		return "(" + k + " = 1)"
	case "date":
		return "DATE '1970-01-01' + CAST(" + k + " AS integer)"
	case "datetime":
		if strings.HasSuffix(typ, "with time zone") {
			return "to_timestamp(" + k + ")"
		}
		return "TIMESTAMP '1970-01-01 00:00:00' + " + k + " * INTERVAL '1 second'"
	case "time":
		return "TIME '00:00:00' + " + k + " * INTERVAL '1 second'"
	case "interval":
		return k + " * INTERVAL '1 second'"
	case "money":
		return "CAST(" + k + " AS numeric) / 100"
	case "bytes":
		return fmt.Sprintf("decode(lpad(to_hex(%s), %d, '0'), 'hex')", k, 2*width)
	case "uuid":
		return "'00000000-0000-4000-8000-0000' || lpad(to_hex(" + k + "), 8, '0')"
	}
	return madeRare(class, typ, k, width)
}

func madeRare(class, typ, k string, width int) string {
	switch class {
	case "json":
		return "'{\"n\": ' || " + k + " || ', \"tags\": [\"a\", \"b\"]}'"
	case "inet":
		return fmt.Sprintf("'10.' || (%[1]s / 65536 %% 256) || '.' || (%[1]s / 256 %% 256) || '.' || (%[1]s %% 256)", k)
	case "mac":
		return "lpad(to_hex(" + k + "), " + map[bool]string{true: "16", false: "12"}[typ == "macaddr8"] + ", '0')"
	case "bits":
		return fmt.Sprintf("CAST(CAST(%s AS bigint) AS bit(%d))", k, width)
	case "geometry":
		return "point(" + k + " % 360 - 180, " + k + " / 360 % 180 - 90)"
	case "range":
		return madeRange(typ, k)
	case "xml":
		return "'<n>' || " + k + " || '</n>'"
	case "search":
		return "'word' || " + k
	case "array":
		return "ARRAY[" + k + "]"
	}
	return k
}

// madeRange makes ranges that do not overlap.
func madeRange(typ, k string) string {
	switch typ {
	case "daterange":
		return fmt.Sprintf("daterange(DATE '2015-01-01' + CAST(%[1]s AS integer), DATE '2015-01-02' + CAST(%[1]s AS integer))", k)
	case "tsrange", "tstzrange":
		zone := map[string]string{"tsrange": "TIMESTAMP", "tstzrange": "TIMESTAMPTZ"}[typ]
		return fmt.Sprintf("%[1]s(%[2]s '2015-01-01 00:00:00' + %[3]s * INTERVAL '1 hour', %[2]s '2015-01-01 01:00:00' + %[3]s * INTERVAL '1 hour')", typ, zone, k)
	}
	element := map[string]string{"int4range": "integer", "int8range": "bigint", "numrange": "numeric"}[typ]
	return fmt.Sprintf("%s(CAST(10 * %s AS %s), CAST(10 * %s + 9 AS %s))", typ, k, element, k, element)
}

// fraction is 10 to the power of -n.
func fraction(n int) string {
	if n == 0 {
		return "1"
	}
	return "0." + strings.Repeat("0", n-1) + "1"
}

// Concat puts texts together.
func (dialect) Concat(parts ...string) string { return "(" + strings.Join(parts, " || ") + ")" }

// InsertRows returns the statement that inserts what a query returns.
func (dialect) InsertRows(table string, columns []string, query string, skip bool) string {
	statement := "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") OVERRIDING SYSTEM VALUE " + query
	if skip {
		statement += " ON CONFLICT DO NOTHING"
	}
	return statement
}

// Partition returns what rows of a partition must satisfy. Partitioned and
// foreign tables have no rows of their own. Checked on PostgreSQL 15.
func (d dialect) Partition(ctx context.Context, q lockstep.Querier, _ *schema.Schema, table schema.Fact) (condition string, skip bool, err error) {
	if table.Form() != "" {
		return "", true, nil
	}
	if table.Attr(attrPartitionOf) == "" {
		return "", false, nil
	}
	name := d.Quote(table.ID.Schema) + "." + d.Quote(table.ID.Name)
	err = q.QueryRowContext(ctx, "SELECT COALESCE(pg_get_partition_constraintdef(CAST($1 AS regclass)), '')", name).Scan(&condition)
	if err != nil {
		return "", false, fmt.Errorf("read the bounds of %s: %w", table.ID, err)
	}
	return condition, false, nil
}

// Filled returns the statements that set the sequences of a table behind its
// rows, and gather statistics.
func (d dialect) Filled(s *schema.Schema, table schema.Fact) []string {
	name := d.Quote(table.ID.Schema) + "." + d.Quote(table.ID.Name)
	var statements []string
	for _, c := range s.Columns(table.ID) {
		if c.Attr(schema.AttrIdentity) == "" && !strings.HasPrefix(c.Attr(schema.AttrDefault), "nextval(") {
			continue
		}
		column := d.Quote(c.ID.Name)
		statements = append(statements, fmt.Sprintf("SELECT setval(q.s, q.m) FROM (SELECT pg_get_serial_sequence(%s, %s) AS s, max(%s) AS m FROM %s) q WHERE q.s IS NOT NULL AND q.m > 0",
			literal(name), literal(c.ID.Name), column, name))
	}
	return append(statements, "ANALYZE "+name)
}

// Unchecked defers what can be deferred.
func (dialect) Unchecked() (before, after []string) {
	return []string{"BEGIN", "SET CONSTRAINTS ALL DEFERRED"}, []string{"COMMIT"}
}

// Digest returns an aggregate that is another one when a value of the column
// is, whatever the order of rows.
func (dialect) Digest(column string) string {
	return "COALESCE(sum(hashtextextended(CAST(" + column + " AS text), 0)), 0)"
}
