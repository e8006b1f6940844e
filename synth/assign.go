package synth

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// unit is what gets its values by one number: a column, or the columns of a
// foreign key.
type unit struct {
	column *column
	fk     *foreign
	space  *space
	count  int64
	number string // the expression of its number
}

// assignment is how the rows of a table are made.
type assignment struct {
	f     *filler
	t     *table
	units []*unit
	joins []string
	salt  int
	loose bool // keys may turn out to be there already
}

// assign finds an expression for each column.
func (f *filler) assign(ctx context.Context, t *table) error {
	a := &assignment{f: f, t: t}
	if err := a.foreign(ctx); err != nil {
		return f.failed(ctx, t, err)
	}
	a.free()
	if t.hopeless() {
		return nil
	}
	for _, k := range t.keys {
		a.key(k)
	}
	a.rest()
	if err := a.late(ctx); err != nil {
		return f.failed(ctx, t, err)
	}
	t.plan = a
	if !slices.ContainsFunc(t.columns, func(c *column) bool { return c.expr != "" }) {
		t.giveUp("no column takes a value")
	}
	return nil
}

// failed tells why a table cannot be filled, or returns what is wrong with the
// connection.
func (f *filler) failed(ctx context.Context, t *table, err error) error {
	t.giveUp("%s", f.why(err))
	return f.broken(ctx, err)
}

// foreign makes the units of foreign keys that depend on no other.
func (a *assignment) foreign(ctx context.Context) error {
	taken := map[string]bool{}
	for _, fk := range a.t.foreigns {
		if fk.parent == a.t.id || fk.off || slices.ContainsFunc(fk.columns, func(c string) bool { return taken[c] }) {
			continue
		}
		s, err := a.f.spaceOf(ctx, a.t, fk, a.isUnique(fk))
		if err != nil {
			return err
		}
		if s.count == 0 {
			if !a.t.nullable(fk) {
				a.t.giveUp("foreign key %s: %s has no rows", fk.name, fk.parent)
				return nil
			}
			fk.off = true
			continue
		}
		for _, name := range fk.columns {
			taken[name] = true
		}
		a.units = append(a.units, &unit{fk: fk, space: s, count: s.count})
	}
	for _, fk := range a.t.foreigns {
		if fk.off {
			a.leaveOpen(fk, taken)
		}
	}
	return nil
}

// leaveOpen gives NULL to a foreign key.
func (a *assignment) leaveOpen(fk *foreign, taken map[string]bool) {
	for _, name := range fk.columns {
		if c := a.t.column(name); c != nil && c.null && !taken[name] {
			c.fixed, c.expr = true, ""
			c.empty = true
		}
	}
}

// isUnique reports whether a unique key has no columns but those of the
// foreign key.
func (a *assignment) isUnique(fk *foreign) bool {
	return slices.ContainsFunc(a.t.keys, func(k *key) bool {
		return !slices.ContainsFunc(k.columns, func(c string) bool { return !slices.Contains(fk.columns, c) })
	})
}

// free makes the units of the other columns.
func (a *assignment) free() {
	for _, c := range a.t.columns {
		switch {
		case c.generated != "" || c.fixed || c.empty:
			continue
		case c.linked && a.isLinked(c):
			continue
		case c.kind.class == "" && (c.null || c.defaulted):
			continue
		case c.kind.class == "":
			a.t.giveUp("column %s: values of type %s cannot be made up", c.name, c.kind.typ)
			return
		}
		a.units = append(a.units, &unit{column: c, count: c.count()})
	}
}

// isLinked reports whether a foreign key that is not left open needs a column.
func (a *assignment) isLinked(c *column) bool {
	return slices.ContainsFunc(a.t.foreigns, func(fk *foreign) bool { return !fk.off && slices.Contains(fk.columns, c.name) })
}

func (u *unit) has(name string) bool {
	if u.fk != nil {
		return slices.Contains(u.fk.columns, name)
	}
	return u.column.name == name
}

// key makes a key different in every row: by one column that has enough
// values, or by several that go through all their combinations.
func (a *assignment) key(k *key) {
	var parts []*unit
	for _, name := range k.columns {
		c := a.t.column(name)
		if c.empty || c.generated != "" {
			if c.generated != "" {
				a.loose = true
			}
			continue
		}
		if c.carrier {
			return
		}
		for _, u := range a.units {
			if u.has(name) && !slices.Contains(parts, u) {
				parts = append(parts, u)
			}
		}
	}
	end := a.t.first + a.t.want
	for _, u := range parts {
		if u.number == "" && u.column != nil && u.count >= end {
			u.number = rowNumber
			u.column.carrier = true
			return
		}
	}
	a.combine(k, parts, end)
}

func (a *assignment) combine(k *key, parts []*unit, end int64) {
	if len(parts) == 0 || slices.ContainsFunc(parts, func(u *unit) bool { return u.number != "" }) {
		a.loose = true
		return
	}
	slices.SortStableFunc(parts, func(x, y *unit) int { return int(min(1, max(-1, y.count-x.count))) })
	done := int64(1)
	for _, u := range parts {
		n := rowNumber
		if done > 1 {
			n = a.f.d.Made(a.f.srv, ClassQuotient, "", rowNumber, int(done))
		}
		u.number = fmt.Sprintf("(%s %% %d)", n, u.count)
		if done < end {
			done *= u.count
		}
	}
	if done < end {
		a.limit(k, done)
	}
	if len(parts) == 1 && done >= end && parts[0].column != nil {
		parts[0].column.carrier = true
	}
}

// limit leaves the table with as many rows as a key allows.
func (a *assignment) limit(k *key, rows int64) {
	if rows < a.t.want {
		a.t.want = rows
		a.t.reason = fmt.Sprintf("unique %s allows %d", k.name, rows)
	}
	if a.t.first > 0 {
		a.t.first, a.loose = 0, true // what is there is met again
	}
}

// rest gives numbers to what is in no key, and expressions to all columns.
func (a *assignment) rest() {
	for _, u := range a.units {
		a.salt++
		if u.number == "" {
			count := u.count
			if u.column != nil {
				count = min(count, max(u.column.kind.usual, 1))
				if u.column.templated {
					count = manyValues
				}
			}
			u.number = a.f.scattered(a.salt, count)
		}
		if u.fk == nil {
			u.column.expr = a.f.value(u.column, u.number)
			continue
		}
		a.refer(u)
	}
}

// refer gives the columns of a foreign key the values of the key it refers to.
func (a *assignment) refer(u *unit) {
	if u.space.dense {
		c := a.t.column(u.fk.columns[0])
		k := u.number
		if u.space.lo != 0 {
			k = "(" + k + " + " + constant(u.space.lo) + ")"
		}
		c.expr = a.f.d.Made(a.f.srv, ClassInteger, c.kind.typ, k, 0)
		return
	}
	alias := fmt.Sprintf("j%d", len(a.joins)+1)
	a.joins = append(a.joins, fmt.Sprintf("JOIN %s %s ON %s.m = %s", u.space.table, alias, alias, u.number))
	for i, name := range u.fk.columns {
		a.t.column(name).expr = fmt.Sprintf("%s.k%d", alias, i+1)
	}
}

// late gives values to foreign keys that share columns with others, and to
// those that refer to the table itself.
func (a *assignment) late(ctx context.Context) error {
	for _, fk := range a.t.foreigns {
		if fk.off {
			continue
		}
		var shared, open []int
		for i, name := range fk.columns {
			if a.t.column(name).expr != "" {
				shared = append(shared, i)
			} else {
				open = append(open, i)
			}
		}
		switch {
		case len(open) == 0:
		case fk.parent == a.t.id:
			a.itself(fk, open)
		case len(shared) > 0:
			if err := a.match(ctx, fk, shared, open); err != nil {
				return err
			}
		}
	}
	return nil
}

// itself lets rows refer to earlier ones where keys are plain numbers, else to
// themselves.
func (a *assignment) itself(fk *foreign, open []int) {
	ref := a.t.column(fk.refs[0])
	if len(fk.refs) == 1 && ref != nil && ref.carrier && ref.kind.class == ClassInteger && !a.filtered() {
		n := fmt.Sprintf("(%d + %s + %s)", a.t.first, a.f.d.Made(a.f.srv, ClassQuotient, "", fmt.Sprintf("(%s - %d)", rowNumber, a.t.first), 10), constant(ref.kind.lo))
		c := a.t.column(fk.columns[0])
		c.expr = a.f.d.Made(a.f.srv, ClassInteger, c.kind.typ, n, 0)
		return
	}
	for _, i := range open {
		c, ref := a.t.column(fk.columns[i]), a.t.column(fk.refs[i])
		switch {
		case ref != nil && ref.expr != "":
			c.expr = ref.expr
		case c.null:
			c.empty = true
		default:
			a.t.giveUp("foreign key %s: no row can be the first", fk.name)
		}
	}
}

// filtered reports whether some rows are left out since they satisfy no check.
func (a *assignment) filtered() bool {
	return slices.ContainsFunc(a.t.checks, func(c *check) bool { return !c.met }) || a.loose
}

// match lets a foreign key refer to a key that has what other foreign keys chose.
func (a *assignment) match(ctx context.Context, fk *foreign, shared, open []int) error {
	keys, counts, err := a.f.matching(ctx, fk, shared)
	if err != nil {
		return err
	}
	a.salt++
	n := len(a.joins) + 1
	var inCounts, inKeys []string
	for _, i := range shared {
		expr := a.t.column(fk.columns[i]).expr
		inCounts = append(inCounts, fmt.Sprintf("c%d.k%d = %s", n, i+1, expr))
		inKeys = append(inKeys, fmt.Sprintf("j%d.k%d = c%d.k%d", n, i+1, n, i+1))
	}
	how := "JOIN"
	if !slices.ContainsFunc(open, func(i int) bool { return !a.t.column(fk.columns[i]).null }) {
		how = "LEFT JOIN"
	}
	a.joins = append(a.joins,
		fmt.Sprintf("%s %s c%d ON %s", how, counts, n, strings.Join(inCounts, " AND ")),
		fmt.Sprintf("%s %s j%d ON %s AND j%d.m = %s %% c%d.c", how, keys, n, strings.Join(inKeys, " AND "), n, a.f.scattered(a.salt, 1<<30), n))
	for _, i := range open {
		a.t.column(fk.columns[i]).expr = fmt.Sprintf("j%d.k%d", n, i+1)
	}
	return nil
}
