package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// contentQuery selects the columns of tables in order, those that are computed
// left out, each with its place in the primary key, the kind of its table, and
// whether that has rowids. Checked on 3.40.
const contentQuery = `SELECT t.name, t.type, t.wr, x.name, x.pk, x.hidden FROM pragma_table_list t, pragma_table_xinfo(t.name, 'main') x
WHERE t.schema = 'main' AND t.type IN ('table', 'virtual') AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY t.name, x.cid`

// contentTable is a table whose rows are read.
type contentTable struct {
	name         string
	virtual      bool
	withoutRowid bool
	columns      []string
	primary      []string // columns, by place
}

// Content reads up to limit rows of all tables but those in except. The rows of
// virtual tables stay where they are.
func (d dialect) Content(ctx context.Context, q lockstep.Querier, _ lockstep.Server, except []string, limit int) (*schema.Content, error) {
	c := &schema.Content{}
	tables, err := contentTables(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("read tables: %w", err)
	}
	for _, t := range tables {
		if slices.Contains(except, t.name) {
			continue
		}
		rows, err := texts(ctx, q, t.query(d, limit-c.Rows+1))
		if err != nil {
			return nil, fmt.Errorf("read rows of %s: %w", t.name, err)
		}
		if t.virtual && len(rows) > 0 {
			c.Left = append(c.Left, "the rows of the virtual table "+t.name)
			continue
		}
		c.Add(schema.TableRows{Table: schema.ID{Kind: schema.KindTable, Name: t.name}, Insert: "INSERT INTO " + d.Quote(t.name) + " (" + d.list(t.columns) + ")", Rows: rows})
		if c.More = c.Rows > limit; c.More {
			return c, nil
		}
	}
	if c.Rows > 0 {
		c.Before = []string{"PRAGMA defer_foreign_keys = ON"} // rows come before those that they name
	}
	return c, d.positions(ctx, q, except, c)
}

func contentTables(ctx context.Context, q lockstep.Querier) ([]*contentTable, error) {
	rows, err := q.QueryContext(ctx, contentQuery)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // read to the end, or given up
	var all []*contentTable
	for rows.Next() {
		var table, kind, column string
		var without, pk, hidden int
		if err := rows.Scan(&table, &kind, &without, &column, &pk, &hidden); err != nil {
			return nil, err
		}
		if len(all) == 0 || all[len(all)-1].name != table {
			all = append(all, &contentTable{name: table, virtual: kind == "virtual", withoutRowid: without != 0})
		}
		all[len(all)-1].add(column, pk, hidden)
	}
	return all, rows.Err()
}

func (t *contentTable) add(column string, pk, hidden int) {
	if pk > 0 {
		t.primary = append(t.primary, make([]string, max(pk-len(t.primary), 0))...)
		t.primary[pk-1] = column
	}
	if hidden == 0 { // else it is computed, or a virtual table's own
		t.columns = append(t.columns, column)
	}
}

// query selects the rows as lists of literals.
func (t *contentTable) query(d dialect, limit int) string {
	order := "rowid"
	if len(t.primary) > 0 {
		order = d.list(t.primary)
	}
	if t.virtual {
		return "SELECT '' FROM " + d.Quote(t.name) + " LIMIT 1"
	}
	parts := make([]string, 0, len(t.columns))
	for _, c := range t.columns {
		c = d.Quote(c) // quote() ends a text at a NUL
		parts = append(parts, "CASE WHEN typeof("+c+") = 'text' AND instr("+c+", char(0)) > 0 THEN 'CAST(x''' || hex("+c+") || ''' AS TEXT)' ELSE quote("+c+") END")
	}
	return "SELECT '(' || " + strings.Join(parts, " || ', ' || ") + " || ')' FROM main." + d.Quote(t.name) + " ORDER BY " + order + fmt.Sprintf(" LIMIT %d", limit)
}

func (d dialect) list(names []string) string {
	quoted := make([]string, 0, len(names))
	for _, n := range names {
		quoted = append(quoted, d.Quote(n))
	}
	return strings.Join(quoted, ", ")
}

// positions adds where AUTOINCREMENT goes on, where the rows alone do not say it.
func (d dialect) positions(ctx context.Context, q lockstep.Querier, except []string, c *schema.Content) error {
	has, err := texts(ctx, q, "SELECT name FROM main.sqlite_master WHERE name = 'sqlite_sequence'")
	if err != nil || len(has) == 0 {
		return err
	}
	names, err := texts(ctx, q, "SELECT name FROM main.sqlite_sequence ORDER BY name")
	if err != nil {
		return fmt.Errorf("read positions: %w", err)
	}
	for _, name := range names {
		if slices.Contains(except, name) {
			continue
		}
		positions, err := texts(ctx, q, "SELECT seq FROM main.sqlite_sequence WHERE name = "+quoteText(name)+
			" AND seq <> (SELECT coalesce(max(rowid), -1) FROM main."+d.Quote(name)+")")
		if err != nil {
			return fmt.Errorf("read position of %s: %w", name, err)
		}
		for _, seq := range positions {
			c.After = append(c.After,
				"DELETE FROM sqlite_sequence WHERE name = "+quoteText(name),
				"INSERT INTO sqlite_sequence (name, seq) VALUES ("+quoteText(name)+", "+seq+")")
		}
	}
	return nil
}

// quoteText returns a string constant.
func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// texts returns the first column of a query.
func texts(ctx context.Context, q lockstep.Querier, query string) ([]string, error) {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // read to the end, or given up
	var all []string
	for rows.Next() {
		var s sql.NullString
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s.String)
	}
	return all, rows.Err()
}
