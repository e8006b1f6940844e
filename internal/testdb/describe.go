package testdb

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Describe returns a text of everything in the database: the definition of each
// object as the database itself tells it (pg_dump, SHOW CREATE, sqlite_schema),
// then the rows of each table, all in a fixed order. Two databases with equal
// texts have the same schema and the same data, whatever their names. Positions
// of sequences and AUTO_INCREMENT are left out, since a rolled back statement
// moves them. The tables named in except, and what belongs to them, are left
// out as well.
func (d *Database) Describe(t testing.TB, except ...string) string {
	t.Helper()
	s := d.Schema(t, except...)
	var b strings.Builder
	b.WriteString(s)
	for _, table := range d.tables(t, except) {
		for _, row := range d.rows(t, table) {
			fmt.Fprintf(&b, "%s: %s\n", table.name, row)
		}
	}
	return b.String()
}

// Schema is the part of Describe without the rows.
func (d *Database) Schema(t testing.TB, except ...string) string {
	t.Helper()
	switch d.Kind.Dialect {
	case Postgres:
		return d.postgresSchema(t, except)
	case MySQL:
		return d.mysqlSchema(t, except)
	default:
		return d.sqliteSchema(t, except)
	}
}

// table is a table with rows of its own.
type table struct {
	name string
	all  string // the query of its rows
}

// tableQuery lists the tables of a database: name and query of the rows.
func tableQuery(k Kind) string {
	switch k.Dialect {
	case Postgres:
		return `SELECT c.relname, format('SELECT t::text FROM ONLY %I.%I t', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
ORDER BY n.nspname, c.relname`
	case MySQL:
		return "SELECT table_name, CONCAT('SELECT * FROM `', REPLACE(table_name, '`', '``'), '`') FROM information_schema.tables " +
			"WHERE table_schema = DATABASE() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY table_name"
	default:
		return `SELECT name, 'SELECT * FROM "' || replace(name, '"', '""') || '"' FROM sqlite_schema
WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`
	}
}

func (d *Database) tables(t testing.TB, except []string) []table {
	t.Helper()
	var list []table
	for _, r := range d.query(t, tableQuery(d.Kind)) {
		if name := r[0]; !slices.Contains(except, name) {
			list = append(list, table{name: name, all: r[1]})
		}
	}
	return list
}

// rows returns the rows of a table as text, sorted.
func (d *Database) rows(t testing.TB, of table) []string {
	t.Helper()
	var list []string
	for _, r := range d.query(t, of.all) {
		list = append(list, strings.Join(r, " | "))
	}
	slices.Sort(list)
	return list
}

// query returns the result of a query as text, NULL as \N.
func (d *Database) query(t testing.TB, query string) [][]string {
	t.Helper()
	_, list := d.queryColumns(t, query)
	return list
}

// queryColumns is query with the names of the columns.
func (d *Database) queryColumns(t testing.TB, query string) (columns []string, list [][]string) {
	t.Helper()
	rows, err := d.Open(t).QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("testdb: describe %s: %v\n%s", d.Kind.Name, err, query)
	}
	defer rows.Close() // read to the end below, where errors are seen
	if columns, err = rows.Columns(); err != nil {
		t.Fatalf("testdb: describe %s: %v", d.Kind.Name, err)
	}
	for rows.Next() {
		values := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatalf("testdb: describe %s: %v", d.Kind.Name, err)
		}
		list = append(list, texts(values))
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("testdb: describe %s: %v", d.Kind.Name, err)
	}
	return columns, list
}

func texts(values []sql.NullString) []string {
	row := make([]string, len(values))
	for i, v := range values {
		row[i] = `\N`
		if v.Valid {
			row[i] = v.String
		}
	}
	return row
}
