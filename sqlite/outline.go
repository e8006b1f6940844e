package sqlite

import (
	"context"
	"fmt"

	"github.com/lockstepdb/lockstep"
)

// outlineQuery asks SQLite's own reading of all statements for columns, foreign
// keys and indexes, and keeps the numbers that come of the order in which
// things were made out of it, and what may be written in more than one way: a
// key that may be NULL but never is, quotes of a default, the key that a
// reference means by itself. Checked on 3.40.
const outlineQuery = `WITH t AS (SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND rootpage > 0)
SELECT 'column ' || t.name || '.' || x.name || ' ' || x.cid || ' ' || x.type || ' ' || (x."notnull" OR x.pk > 0) || ' ' || (x.dflt_value IS NOT NULL) || ' ' || x.pk || ' ' || x.hidden AS line, t.name
FROM t, pragma_table_xinfo(t.name) x
UNION ALL SELECT 'reference ' || t.name || '.' || f."from" || ' ' || f."table" || ' ' || f.seq || ' ' || f.on_update || ' ' || f.on_delete, t.name
FROM t, pragma_foreign_key_list(t.name) f
UNION ALL SELECT 'index ' || t.name || '.' || CASE i.origin WHEN 'c' THEN i.name ELSE '' END || ' ' || i."unique" || ' ' || i.origin || ' ' || i.partial || ' ' ||
  (SELECT group_concat(c.seqno || ':' || coalesce(c.name, '()') || ':' || c."desc" || ':' || lower(c.coll) || ':' || c.key, ',') FROM pragma_index_xinfo(i.name) c), t.name
FROM t, pragma_index_list(t.name) i
UNION ALL SELECT type || ' ' || name || ' on ' || tbl_name, tbl_name FROM main.sqlite_master WHERE type IN ('view', 'trigger')
ORDER BY 1`

// Outline returns what SQLite tells of its objects by PRAGMAs, one line each, in
// a fixed order: a second look beside Inspect, which reads the statements.
func (dialect) Outline(ctx context.Context, q lockstep.Querier, except []string) ([]string, error) {
	lines, err := linesExcept(ctx, q, outlineQuery, except)
	if err != nil {
		return nil, fmt.Errorf("outline schema: %w", err)
	}
	return lines, nil
}

// linesExcept returns the first column of a query's rows whose second names none
// of the tables.
func linesExcept(ctx context.Context, q lockstep.Querier, query string, except []string) ([]string, error) {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // read to the end, or given up
	left := map[string]bool{}
	for _, name := range except {
		left[name] = true
	}
	var all []string
	for rows.Next() {
		var line, table string
		if err := rows.Scan(&line, &table); err != nil {
			return nil, err
		}
		if !left[table] {
			all = append(all, line)
		}
	}
	return all, rows.Err()
}
