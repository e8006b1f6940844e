package synth

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// rows returns the query of rows first to last, without a condition, and the
// names of its columns.
func (f *filler) rows(t *table, first, last int64) (query string, columns []string) {
	var values []string
	for _, c := range t.columns {
		if c.expr != "" && !c.empty {
			columns = append(columns, f.d.Quote(c.name))
			values = append(values, c.expr+" AS "+f.d.Quote(c.name))
		}
	}
	query = "SELECT " + strings.Join(values, ", ") + ", g.n AS lockstep_row FROM (" + f.d.Numbers(f.srv, first, last) + ") g"
	for _, join := range t.plan.joins {
		query += " " + join
	}
	return query, columns
}

// open are the checks that values may not satisfy.
func (t *table) open() []*check {
	return slices.DeleteFunc(slices.Clone(t.checks), func(c *check) bool { return c.met })
}

// complete adds what checks mention and the query does not have: columns that
// are NULL, and generated ones.
func (f *filler) complete(t *table, query string) string {
	var missing, generated []string
	for _, c := range t.open() {
		for _, column := range t.mentions(c.text, f.srv.Lexer) {
			q := f.d.Quote(column.name)
			switch {
			case column.generated != "":
				generated = append(generated, "("+column.generated+") AS "+q)
			case column.expr == "" || column.empty:
				missing = append(missing, "NULL AS "+q)
			}
		}
	}
	for i, list := range [][]string{missing, generated} {
		if len(list) > 0 {
			slices.Sort(list)
			query = fmt.Sprintf("SELECT x%d.*, %s FROM (%s) x%d", i, strings.Join(slices.Compact(list), ", "), query, i)
		}
	}
	return query
}

// batch returns the statement that inserts rows first to last.
func (f *filler) batch(t *table, first, last int64, skip bool) string {
	query, columns := f.rows(t, first, last)
	query = "SELECT " + strings.Join(columns, ", ") + " FROM (" + f.complete(t, query) + ") r"
	var conditions []string
	for _, c := range t.open() {
		conditions = append(conditions, "("+c.text+") IS NOT FALSE")
	}
	if skip && len(conditions) == 0 {
		conditions = []string{"1 = 1"} // SQLite needs a WHERE before ON CONFLICT
	}
	if len(conditions) > 0 {
		query += " WHERE " + strings.Join(conditions, " AND ")
	}
	query += fmt.Sprintf(" ORDER BY r.lockstep_row LIMIT %d", t.want-t.have)
	return f.d.InsertRows(f.name(t.id), columns, query, skip)
}

// mostMisses is after how many batches without a row filling ends.
const mostMisses = 3

// insert adds rows until there are enough.
func (f *filler) insert(ctx context.Context, t *table) error {
	skip, n, misses := t.plan.loose, t.first, 0
	ratio := t.passing()
	limit := t.first + 50*t.want + f.o.Batch
	first := "" // what went wrong first
	for t.have < t.want && misses < mostMisses && n < limit {
		size := min(f.o.Batch, int64(float64(t.want-t.have)/ratio)+1)
		if ratio == 1 {
			size = min(f.o.Batch, t.want-t.have)
		}
		result, err := f.q.ExecContext(ctx, f.batch(t, n, n+size-1, skip))
		if err != nil {
			if err := f.broken(ctx, err); err != nil {
				return err
			}
			if skip {
				t.reason = cmp.Or(first, f.why(err))
				return nil
			}
			skip, first = true, f.why(err) // it may be about keys that are there already
			continue
		}
		added, err := result.RowsAffected()
		if err != nil {
			return fmt.Errorf("fill tables: %w", err)
		}
		n += size
		t.have += added
		misses++
		if added > 0 {
			misses = 0
		}
		f.o.Watch(t.id, t.have, t.want)
	}
	if t.have < t.want && t.reason == "" {
		t.reason = "no more rows were found that fit" + t.hindrances()
	}
	return nil
}

// hindrances names what rows have to satisfy that they may not.
func (t *table) hindrances() string {
	var names []string
	for _, c := range t.open() {
		names = append(names, c.name)
	}
	if len(names) == 0 {
		for _, k := range t.keys {
			names = append(names, "unique "+k.name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return ": " + strings.Join(names, ", ")
}
