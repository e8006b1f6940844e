package synth

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// filler is the work of one Fill.
type filler struct {
	q       lockstep.Querier
	d       Dialect
	srv     lockstep.Server
	s       *schema.Schema
	o       Options
	tables  map[schema.ID]*table
	order   []*table
	done    []Table
	spaces  map[string]*space // of keys that are referred to, by table and columns
	scratch []string          // temporary tables
}

// run fills the tables: those whose parents are full, then those that can leave
// a reference open, then those that refer to each other.
func (f *filler) run(ctx context.Context) error {
	f.spaces = map[string]*space{}
	defer f.clean(ctx)
	for {
		t := f.next()
		if t == nil {
			break
		}
		if err := f.fill(ctx, t); err != nil {
			return err
		}
	}
	return f.ring(ctx)
}

// next returns a table whose references can be satisfied, nil if there is none.
func (f *filler) next() *table {
	var open *table
	for _, t := range f.order {
		if t.done {
			continue
		}
		ready, nullable := true, true
		for _, fk := range t.foreigns {
			if f.isFull(t, fk) {
				continue
			}
			ready = false
			nullable = nullable && t.nullable(fk)
		}
		if ready {
			return t
		}
		if nullable && open == nil {
			open = t
		}
	}
	if open != nil {
		for _, fk := range open.foreigns {
			fk.off = !f.isFull(open, fk)
		}
	}
	return open
}

// isFull reports whether what a foreign key refers to has its rows.
func (f *filler) isFull(t *table, fk *foreign) bool {
	if fk.parent == t.id || fk.off {
		return true
	}
	for _, o := range f.order {
		if !o.done && (o.id == fk.parent || f.within(o.fact, fk.parent)) {
			return false
		}
	}
	return true
}

// within reports whether a table is a partition of another.
func (f *filler) within(fact schema.Fact, root schema.ID) bool {
	for range deepest {
		parent := tableID(schema.SplitNames(fact.Attr(attrPartitionOf)))
		if parent.Name == "" {
			return false
		}
		if parent == root {
			return true
		}
		fact, _ = f.s.Fact(parent)
	}
	return false
}

// ring fills tables that refer to each other and cannot leave that open.
func (f *filler) ring(ctx context.Context) error {
	var left []*table
	for _, t := range f.order {
		if !t.done {
			left = append(left, t)
		}
	}
	if len(left) == 0 {
		return nil
	}
	if err := f.foresee(ctx, left); err != nil {
		return err
	}
	before, after := f.d.Unchecked()
	for _, statement := range before {
		if _, err := f.q.ExecContext(ctx, statement); err != nil {
			return f.broken(ctx, err)
		}
	}
	var failed error
	for _, t := range left {
		if failed = f.fill(ctx, t); failed != nil {
			break
		}
	}
	for _, statement := range after {
		if _, err := f.q.ExecContext(context.WithoutCancel(ctx), statement); err != nil && failed == nil {
			f.spoil(left, f.why(err))
			_, _ = f.q.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") // where a transaction is still open; elsewhere it does nothing
		}
	}
	return failed
}

// foresee takes it that tables without rows will get theirs: their keys are
// counted before they are there.
func (f *filler) foresee(ctx context.Context, left []*table) error {
	for _, t := range left {
		if err := f.measure(ctx, t); err != nil {
			return err
		}
		for _, k := range t.keys {
			if len(k.columns) != 1 || t.have > 0 || t.want <= 0 {
				continue
			}
			if c := t.column(k.columns[0]); c.kind.class == ClassInteger && !c.linked {
				f.spaces[spaceName(t.id, k.columns)] = &space{lo: c.kind.lo, count: min(t.want, c.kind.hi-c.kind.lo+1), dense: true}
			}
		}
	}
	return nil
}

// spoil says of tables that what was put in did not last.
func (f *filler) spoil(tables []*table, reason string) {
	for i := range f.done {
		for _, t := range tables {
			if f.done[i].ID == t.id {
				f.done[i].Rows, f.done[i].Added, f.done[i].Reason = t.have-f.done[i].Added, 0, reason
			}
		}
	}
}

// measure counts what a table has.
func (f *filler) measure(ctx context.Context, t *table) error {
	if err := f.q.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+f.name(t.id)).Scan(&t.have); err != nil {
		t.reason = "count its rows: " + f.why(err)
		return f.broken(ctx, err)
	}
	t.first = t.have
	return nil
}

// fill fills one table.
func (f *filler) fill(ctx context.Context, t *table) error {
	t.done = true
	if t.want <= 0 {
		return nil
	}
	started := time.Now()
	if err := f.measure(ctx, t); err != nil {
		return err
	}
	had, wanted := t.have, t.want
	if t.reason == "" && t.have < t.want {
		if err := f.add(ctx, t); err != nil {
			return err
		}
		for _, statement := range f.d.Filled(f.s, t.fact) {
			if _, err := f.q.ExecContext(ctx, statement); err != nil && t.reason == "" && t.have < wanted {
				t.reason = f.why(err)
			}
		}
	}
	one := Table{ID: t.id, Wanted: wanted, Rows: t.have, Added: t.have - had, Duration: time.Since(started), Reason: t.reason}
	if root := f.root(t.fact); root != t.id {
		one.Of = &root
	}
	f.done = append(f.done, one)
	return ctx.Err()
}

func (f *filler) add(ctx context.Context, t *table) error {
	for _, step := range []func(context.Context, *table) error{f.settle, f.start, f.assign, f.sample, f.insert} {
		if err := step(ctx, t); err != nil || t.reason != "" && t.want <= t.have || t.hopeless() {
			return err
		}
	}
	return nil
}

// hopeless reports whether nothing can be inserted.
func (t *table) hopeless() bool { return t.want == 0 }

// giveUp leaves a table as it is.
func (t *table) giveUp(format string, args ...any) {
	t.reason, t.want = fmt.Sprintf(format, args...), 0
}

// why is an error's text for people, without the data in it.
func (f *filler) why(err error) string {
	if c := f.d.Classify(err); c != nil {
		return c.Error()
	}
	return err.Error()
}

// broken returns the error if it is about the connection, and nil if it is
// about what was asked.
func (f *filler) broken(ctx context.Context, err error) error {
	c := f.d.Classify(err)
	if ctx.Err() != nil || c == nil || c.Class == lockstep.ErrorConnection {
		return fmt.Errorf("fill tables: %w", err)
	}
	return nil
}

// start finds the number of the first row, behind what integer keys have.
func (f *filler) start(ctx context.Context, t *table) error {
	for _, k := range t.keys {
		if len(k.columns) != 1 {
			continue
		}
		c := t.column(k.columns[0])
		if c.kind.class != ClassInteger || c.linked || c.kind.array || t.have == 0 {
			continue
		}
		var most sql.NullInt64
		if err := f.q.QueryRowContext(ctx, "SELECT MAX("+f.d.Quote(c.name)+") FROM "+f.name(t.id)).Scan(&most); err != nil {
			if err := f.broken(ctx, err); err != nil {
				return err
			}
			continue
		}
		if n := most.Int64 - c.kind.lo + 1; most.Valid && n > t.first && n < c.kind.hi/2 {
			t.first = n
		}
	}
	return nil
}

// clean drops the temporary tables.
func (f *filler) clean(ctx context.Context) {
	for _, name := range f.scratch {
		_, _ = f.q.ExecContext(context.WithoutCancel(ctx), "DROP TABLE IF EXISTS "+name) // it ends with the session
	}
}

// aboutColumn writes a domain's check, which is about VALUE, for a column.
func aboutColumn(text, column string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		if text[i] == '\'' || text[i] == '"' {
			end := strings.IndexByte(text[i+1:], text[i])
			if end < 0 {
				break
			}
			b.WriteString(text[i : i+end+2])
			i += end + 2
			continue
		}
		if strings.HasPrefix(text[i:], "VALUE") && (i == 0 || !isWord(text[i-1])) && (i+5 == len(text) || !isWord(text[i+5])) {
			b.WriteString(column)
			i += len("VALUE")
			continue
		}
		b.WriteByte(text[i])
		i++
	}
	return b.String()
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
