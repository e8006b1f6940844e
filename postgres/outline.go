package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/lockstepdb/lockstep"
)

// outlineQuery asks the server to print columns, constraints, indexes, views,
// routines and triggers. Constraints NOT NULL are told with the columns: their
// names mean nothing. Checked on 14.
const outlineQuery = `WITH r AS (SELECT c.oid, n.nspname, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')
SELECT format('column %I.%I.%I %s %s %s %s %s', r.nspname, r.relname, a.attname,
  row_number() OVER (PARTITION BY r.oid ORDER BY a.attnum), format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
  (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d WHERE d.adrelid = r.oid AND d.adnum = a.attnum)), r.relname
FROM r JOIN pg_attribute a ON a.attrelid = r.oid WHERE a.attnum > 0 AND NOT a.attisdropped AND r.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
UNION ALL SELECT format('constraint %I.%I.%I %s', r.nspname, r.relname, k.conname, pg_get_constraintdef(k.oid)), r.relname
FROM r JOIN pg_constraint k ON k.conrelid = r.oid WHERE k.contype <> 'n'
UNION ALL SELECT format('index %I.%I %s', r.nspname, r.relname, pg_get_indexdef(i.indexrelid)), r.relname
FROM r JOIN pg_index i ON i.indrelid = r.oid
UNION ALL SELECT format('view %I.%I %s', r.nspname, r.relname, pg_get_viewdef(r.oid)), r.relname FROM r WHERE r.relkind IN ('v', 'm')
UNION ALL SELECT format('trigger %I.%I %s', r.nspname, r.relname, pg_get_triggerdef(g.oid)), r.relname
FROM r JOIN pg_trigger g ON g.tgrelid = r.oid WHERE NOT g.tgisinternal
UNION ALL SELECT format('routine %s', pg_get_functiondef(p.oid)), '' FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND p.prokind IN ('f', 'p')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY 1`

// Outline returns what the server prints of its objects, one text each, in a
// fixed order: a second look beside Inspect, by the server's own functions.
func (d dialect) Outline(ctx context.Context, q lockstep.Querier, except []string) (lines []string, err error) {
	err = d.inSnapshot(ctx, q, func(q lockstep.Querier) error {
		rows, err := q.QueryContext(ctx, outlineQuery)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // read to the end, or given up
		for rows.Next() {
			var line, table string
			if err := rows.Scan(&line, &table); err != nil {
				return err
			}
			if !slices.Contains(except, table) {
				lines = append(lines, line)
			}
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("outline schema: %w", err)
	}
	slices.Sort(lines)
	return lines, nil
}
