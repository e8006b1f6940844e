package synth

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// space is what a foreign key can refer to: keys numbered from 0.
type space struct {
	count int64
	dense bool   // integers without gaps, from lo on
	lo    int64  // the first
	table string // else: temporary table with columns m, k1, k2 …
}

// someKeys is how many keys foreign keys spread over where the keys are not
// integers without gaps.
const someKeys = 100_000

func spaceName(id schema.ID, columns []string) string {
	return id.String() + " " + schema.JoinNames(columns...)
}

// spaceOf numbers the keys that a foreign key can refer to.
func (f *filler) spaceOf(ctx context.Context, t *table, fk *foreign, all bool) (*space, error) {
	name := spaceName(fk.parent, fk.refs)
	if all {
		name += " all"
	}
	if s, ok := f.spaces[spaceName(fk.parent, fk.refs)]; ok && s.dense {
		return s, nil
	}
	s, err := f.dense(ctx, fk)
	if err != nil || s == nil {
		s, err = f.numbered(ctx, t, fk, all)
	}
	if err != nil {
		return nil, err
	}
	if s.dense {
		f.spaces[name] = s
	}
	return s, nil
}

// dense returns the space of an integer key without gaps, nil if it is none.
func (f *filler) dense(ctx context.Context, fk *foreign) (*space, error) {
	fact, ok := f.s.Fact(fk.parent.In(schema.KindColumn, fk.refs[0]))
	if !ok || len(fk.refs) != 1 || kindOf(f.s, fact.Attr(schema.AttrType)).class != ClassInteger {
		return nil, nil
	}
	var lo, hi sql.NullInt64
	s := &space{dense: true}
	q := f.d.Quote(fk.refs[0])
	err := f.q.QueryRowContext(ctx, "SELECT MIN("+q+"), MAX("+q+"), COUNT("+q+") FROM "+f.name(fk.parent)).Scan(&lo, &hi, &s.count)
	if err != nil || s.count > 0 && hi.Int64-lo.Int64+1 != s.count {
		return nil, err
	}
	s.lo = lo.Int64
	return s, nil
}

// numbered puts keys into a temporary table, with numbers.
func (f *filler) numbered(ctx context.Context, t *table, fk *foreign, all bool) (*space, error) {
	var keys, present []string
	for i, r := range fk.refs {
		q := f.d.Quote(r)
		keys = append(keys, fmt.Sprintf("%s AS k%d", q, i+1))
		present = append(present, q+" IS NOT NULL")
	}
	limit := int64(someKeys)
	if all {
		limit = t.first + t.want
	}
	name := fmt.Sprintf("lockstep_keys_%d", len(f.scratch)+1)
	s := &space{table: name}
	if err := f.makeKeys(ctx, name, fmt.Sprintf("SELECT ROW_NUMBER() OVER (ORDER BY %s) - 1 AS m, %s FROM (SELECT DISTINCT %s FROM %s WHERE %s LIMIT %d) p",
		orderOf(len(keys)), keysOnly(len(keys)), strings.Join(keys, ", "), f.name(fk.parent), strings.Join(present, " AND "), limit), "m"); err != nil {
		return nil, err
	}
	return s, f.q.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+name).Scan(&s.count)
}

func keysOnly(n int) string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("p.k%d", i+1))
	}
	return strings.Join(names, ", ")
}

func orderOf(n int) string { return keysOnly(n) }

// makeKeys makes a temporary table of a query, with an index.
func (f *filler) makeKeys(ctx context.Context, name, query, index string) error {
	f.scratch = append(f.scratch, name)
	for _, statement := range []string{
		"CREATE TEMPORARY TABLE " + name + " AS " + query,
		"CREATE INDEX " + name + "_i ON " + name + " (" + index + ")",
	} {
		if _, err := f.q.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// matching numbers the keys within those that have some columns in common with
// what other foreign keys chose: shared are their places.
func (f *filler) matching(ctx context.Context, fk *foreign, shared []int) (keys, counts string, err error) {
	var columns, present, same, shareds []string
	for i, r := range fk.refs {
		q := f.d.Quote(r)
		columns = append(columns, fmt.Sprintf("%s AS k%d", q, i+1))
		present = append(present, q+" IS NOT NULL")
	}
	for _, i := range shared {
		same = append(same, fmt.Sprintf("p.k%d", i+1))
		shareds = append(shareds, fmt.Sprintf("k%d", i+1))
	}
	keys, counts = fmt.Sprintf("lockstep_keys_%d", len(f.scratch)+1), fmt.Sprintf("lockstep_keys_%d", len(f.scratch)+2)
	query := fmt.Sprintf("SELECT ROW_NUMBER() OVER (PARTITION BY %s ORDER BY %s) - 1 AS m, %s FROM (SELECT DISTINCT %s FROM %s WHERE %s) p",
		strings.Join(same, ", "), orderOf(len(fk.refs)), keysOnly(len(fk.refs)), strings.Join(columns, ", "), f.name(fk.parent), strings.Join(present, " AND "))
	if err := f.makeKeys(ctx, keys, query, strings.Join(shareds, ", ")+", m"); err != nil {
		return "", "", err
	}
	list := strings.Join(shareds, ", ")
	err = f.makeKeys(ctx, counts, "SELECT "+list+", COUNT(*) AS c FROM "+keys+" GROUP BY "+list, list)
	return keys, counts, err
}
