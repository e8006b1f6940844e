package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// contentSettings make the server print values in forms that every session
// reads in the same way.
const contentSettings = "SET LOCAL datestyle TO 'ISO, YMD'; SET LOCAL intervalstyle TO postgres; SET LOCAL timezone TO 'UTC'; " +
	"SET LOCAL bytea_output TO hex; SET LOCAL extra_float_digits TO 1; SET LOCAL row_security TO off"

// contentQuery selects the columns of ordinary tables, those that are computed
// left out, each with its type, whether rows may not simply give it a value,
// and its place in the primary key. What belongs to an extension is left to that.
// Checked on 14.
const contentQuery = `SELECT n.nspname, c.relname, a.attname, a.atttypid::int8, a.attidentity = 'a',
  coalesce(array_position(i.indkey::int2[], a.attnum), -1)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
  LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND NOT a.attisdropped AND a.attgenerated = ''
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, 2, a.attnum`

// positionsQuery selects sequences that have given out a number, and where they
// stand. Checked on 14.
const positionsQuery = `SELECT format('SELECT pg_catalog.setval(%L, %s)', format('%I.%I', schemaname, sequencename), last_value)
FROM pg_sequences WHERE last_value IS NOT NULL ORDER BY schemaname, sequencename`

// populatedQuery selects materialized views that hold rows, in the order in
// which they were made. Checked on 14.
const populatedQuery = `SELECT format('REFRESH MATERIALIZED VIEW %s', c.oid::regclass) FROM pg_class c
WHERE c.relkind = 'm' AND c.relispopulated ORDER BY c.oid`

// contentTable is a table whose rows are read.
type contentTable struct {
	schema, name string
	columns      []string
	values       []string // expressions that give literals
	primary      map[int]string
	overriding   bool
}

// Content reads up to limit rows of all tables but those in except, in one
// snapshot.
func (d dialect) Content(ctx context.Context, q lockstep.Querier, _ lockstep.Server, except []string, limit int) (c *schema.Content, err error) {
	err = d.inSnapshot(ctx, q, func(q lockstep.Querier) error {
		if _, err := q.ExecContext(ctx, contentSettings); err != nil {
			return err
		}
		c, err = readContent(ctx, q, except, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read rows: %w", err)
	}
	return c, nil
}

func readContent(ctx context.Context, q lockstep.Querier, except []string, limit int) (*schema.Content, error) {
	c := &schema.Content{}
	tables, err := contentTables(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		if slices.Contains(except, t.name) {
			continue
		}
		rows, err := textsOf(ctx, q, t.query(limit-c.Rows+1))
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", t.schema, t.name, err)
		}
		c.Add(schema.TableRows{Table: schema.ID{Kind: schema.KindTable, Schema: t.schema, Name: t.name}, Insert: t.insert(), Rows: rows})
		if c.More = c.Rows > limit; c.More {
			return c, nil
		}
	}
	queries := []string{positionsQuery}
	if c.Rows > 0 {
		queries = append(queries, populatedQuery)
	}
	for _, query := range queries {
		statements, err := textsOf(ctx, q, query)
		if err != nil {
			return nil, err
		}
		c.After = append(c.After, statements...)
	}
	return c, nil
}

func contentTables(ctx context.Context, q lockstep.Querier) ([]*contentTable, error) {
	rows, err := q.QueryContext(ctx, contentQuery)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // read to the end, or given up
	var all []*contentTable
	for rows.Next() {
		var namespace, table, column string
		var typ int64
		var always bool
		var place int
		if err := rows.Scan(&namespace, &table, &column, &typ, &always, &place); err != nil {
			return nil, err
		}
		if n := len(all); n == 0 || all[n-1].name != table || all[n-1].schema != namespace {
			all = append(all, &contentTable{schema: namespace, name: table, primary: map[int]string{}})
		}
		t := all[len(all)-1]
		t.columns = append(t.columns, dialect{}.Quote(column))
		t.values = append(t.values, literalOf(dialect{}.Quote(column), typ))
		t.overriding = t.overriding || always
		if place >= 0 {
			t.primary[place] = dialect{}.Quote(column)
		}
	}
	return all, rows.Err()
}

// literalOf is an expression that gives a column's value as a literal: numbers
// and truth values as they are, everything else in quotes.
func literalOf(column string, typ int64) string {
	switch typ {
	case 16, 20, 21, 23: // bool, int8, int2, int4
		return "coalesce(" + column + "::text, 'NULL')"
	}
	return "quote_nullable(" + column + "::text)"
}

func (t *contentTable) query(limit int) string {
	order := make([]string, 0, len(t.columns))
	for i := range len(t.columns) {
		if c, ok := t.primary[i]; ok {
			order = append(order, c)
		}
	}
	if len(order) == 0 { // no key: by what is printed
		order = []string{"1"}
	}
	return "SELECT '(' || " + strings.Join(t.values, " || ', ' || ") + " || ')' FROM ONLY " + dialect{}.Quote(t.schema) + "." + dialect{}.Quote(t.name) +
		" ORDER BY " + strings.Join(order, ", ") + fmt.Sprintf(" LIMIT %d", limit)
}

func (t *contentTable) insert() string {
	s := "INSERT INTO " + dialect{}.Quote(t.schema) + "." + dialect{}.Quote(t.name) + " (" + strings.Join(t.columns, ", ") + ")"
	if t.overriding {
		s += " OVERRIDING SYSTEM VALUE"
	}
	return s
}

// textsOf returns the first column of a query.
func textsOf(ctx context.Context, q lockstep.Querier, query string) ([]string, error) {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // read to the end, or given up
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}
