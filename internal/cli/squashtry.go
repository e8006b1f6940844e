package cli

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/codegen"
	"github.com/lockstepdb/lockstep/internal/view"
	"github.com/lockstepdb/lockstep/schema"
)

// contentReader is a dialect that reads rows as SQL. All dialects of this
// module do.
type contentReader interface {
	Content(ctx context.Context, q lockstep.Querier, srv lockstep.Server, except []string, limit int) (*schema.Content, error)
}

// outliner is a dialect that tells what the server itself prints of its objects:
// a second look at a schema, by other means than Inspect. All dialects of this
// module are.
type outliner interface {
	Outline(ctx context.Context, q lockstep.Querier, except []string) ([]string, error)
}

// made is what migrations made of an empty database.
type made struct {
	schema  *schema.Schema
	outline []string
	content *schema.Content
}

// make writes the baseline and proves it.
func (q *squashing) make(ctx context.Context) (text string, err error) {
	var want, end *made
	var set *lockstep.Set
	err = q.in(ctx, func(db *sql.DB) error {
		if want, err = q.grow(ctx, db, q.old); err != nil {
			return err
		}
		if text, err = q.compose(want); err != nil {
			return err
		}
		if set, err = q.load(text); err != nil {
			return err
		}
		end, err = q.adopt(ctx, db, set)
		return err
	})
	if err != nil {
		return "", err
	}
	err = q.in(ctx, func(db *sql.DB) error {
		is, err := q.grow(ctx, db, set.Migrations()[:1])
		if err != nil {
			return lockstep.WithHint(fmt.Errorf("try the baseline: %w", err), "nothing was written; this cannot be put into a baseline: squash fewer migrations, or leave the rows out (--no-data)")
		}
		if err := q.same(want, is, "the baseline"); err != nil || len(q.later) == 0 {
			return err
		}
		if is, err = q.grow(ctx, db, slices.Concat(set.Migrations(), set.Repeatables())); err != nil {
			return fmt.Errorf("try what comes after the baseline: %w", err)
		}
		return q.same(end, is, "the baseline, with the migrations after it,")
	})
	return text, err
}

// grow runs migrations and reads what there is then.
func (q *squashing) grow(ctx context.Context, db *sql.DB, migrations []*lockstep.Migration) (*made, error) {
	set, err := lockstep.NewSet(migrations...)
	if err != nil {
		return nil, err
	}
	m, err := q.migrator(db, set)
	if err != nil {
		return nil, err
	}
	if _, err := m.Up(ctx); err != nil {
		return nil, inTrial(err)
	}
	return q.read(ctx, db)
}

func (q *squashing) read(ctx context.Context, db *sql.DB) (*made, error) {
	s, err := q.inspect(ctx, db)
	if err != nil {
		return nil, err
	}
	out := &made{schema: s, content: &schema.Content{}}
	tables := q.dialect.Ledger(lockstep.LedgerTable{Name: trialLedger}).Tables
	if second, ok := q.dialect.(outliner); ok {
		if out.outline, err = second.Outline(ctx, db, tables); err != nil {
			return nil, err
		}
	}
	reader, ok := q.dialect.(contentReader)
	if q.o.noData || !ok {
		return out, nil
	}
	out.content, err = reader.Content(ctx, db, q.srv, tables, maxSquashRows)
	return out, err
}

// adopt lets a database that has the old migrations go on with the new set: it
// must record the baseline and run nothing for it.
func (q *squashing) adopt(ctx context.Context, db *sql.DB, set *lockstep.Set) (*made, error) {
	m, err := q.migrator(db, set)
	if err != nil {
		return nil, err
	}
	r, err := m.Up(ctx)
	if err != nil {
		return nil, fmt.Errorf("try what comes after the baseline: %w", inTrial(err))
	}
	if len(r.Done) == 0 || r.Done[0].Step.Strategy != lockstep.StrategyRecord {
		return nil, fmt.Errorf("%w: a database that has the old migrations does not take the baseline as applied", errUnproven)
	}
	return q.read(ctx, db)
}

// load reads the baseline as a file, and makes the set that will be.
func (q *squashing) load(text string) (*lockstep.Set, error) {
	dir, err := os.MkdirTemp("", scratchPrefix)
	if err != nil {
		return nil, fmt.Errorf("make a folder for the baseline: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left is swept by the system
	if err := os.WriteFile(filepath.Join(dir, filepath.Base(q.path)), []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("write the baseline: %w", err)
	}
	set, err := lockstep.Load(lockstep.Dir(dir))
	if err != nil {
		return nil, err
	}
	m := *set.Migrations()[0]
	m.Up = lockstep.NewScript(q.path, text, m.Up.Directives)
	return lockstep.NewSet(slices.Concat([]*lockstep.Migration{&m}, q.later)...)
}

// same compares what there is with what there should be.
func (q *squashing) same(want, is *made, what string) error {
	if d := schema.Compare(want.schema, is.schema); len(d) > 0 {
		return q.app.unproven(what, d)
	}
	if err := q.sameLines(want.outline, is.outline, what, "other objects, as the server prints them", "nothing was written; squash fewer migrations"); err != nil {
		return err
	}
	return q.sameLines(want.content.Lines(), is.content.Lines(), what, "other rows", "nothing was written; leave the rows out: --no-data, or squash fewer migrations")
}

// sameLines shows the difference of two lists, and makes an error of it.
func (q *squashing) sameLines(want, is []string, what, leaves, hint string) error {
	if slices.Equal(want, is) {
		return nil
	}
	if !q.app.flags.quiet {
		err := view.Diff(q.app.err, q.app.errStyle(), "after the migrations", "after "+strings.TrimSuffix(what, ","), strings.Join(want, "\n"), strings.Join(is, "\n"))
		if err != nil {
			return err
		}
	}
	return lockstep.WithHint(fmt.Errorf("%w: %s leaves %s", errUnproven, what, leaves), hint)
}

// compose writes the baseline.
func (q *squashing) compose(m *made) (string, error) {
	if m.content.More {
		return "", lockstep.WithHint(fmt.Errorf("the migrations leave more than %d rows, which is too much for a baseline", maxSquashRows),
			"leave the rows out, and load them in another way: --no-data")
	}
	objects, err := creating(q.dialect, q.srv, m.schema)
	if err != nil {
		return "", err
	}
	objects = withRows(m, objects)
	last := q.old[len(q.old)-1]
	q.answer = squashAnswer{
		File: q.path, Version: last.Version, Name: q.o.name, Rows: m.content.Rows, Fingerprint: m.schema.Fingerprint(),
		DryRun: q.o.dryRun, Replaces: []string{}, Removed: q.answer.Removed, Archived: q.answer.Archived,
	}
	for _, o := range objects {
		q.answer.Statements += len(o.Statements)
	}
	if q.answer.Statements == 0 {
		objects = append(objects, codegen.Object{Title: "nothing", Statements: []string{"SELECT 1"}})
		q.answer.Statements++
	}
	for _, one := range q.old {
		q.answer.Replaces = append(q.answer.Replaces, one.ID())
	}
	q.remark(m)
	var b strings.Builder
	err = codegen.SQL(&b, objects, codegen.SQLOptions{Head: q.head(), Dialect: q.srv.Dialect, Fingerprint: m.schema.Fingerprint(), Terminate: terminator(q.dialect)})
	return b.String(), err
}

func (q *squashing) head() string {
	var b strings.Builder
	first, last := q.old[0], q.old[len(q.old)-1]
	fmt.Fprintf(&b, "-- Baseline: what %s make, %s to %s. Written by lockstep squash.\n", view.Count(len(q.old), "migration"), first.ID(), last.ID())
	b.WriteString("-- A database that has them all counts it as applied; a new one begins with it.\n--\n")
	for _, r := range q.list {
		fmt.Fprintf(&b, "-- lockstep:replaces %s\n", r)
	}
	b.WriteString("--\n")
	return b.String()
}

// remark notes what a person should know of the baseline.
func (q *squashing) remark(m *made) {
	if q.o.noData {
		q.notes = append(q.notes, "rows that the migrations insert are not in the baseline")
	}
	for _, l := range m.content.Left {
		q.notes = append(q.notes, l+" are not in the baseline")
	}
	for _, u := range m.schema.Unknown() {
		q.notes = append(q.notes, "not compared, and not in the baseline: "+strings.TrimSpace(u.What+" "+u.Name))
	}
	var vars []string
	for _, one := range q.old {
		for _, v := range one.Up.Directives.Vars {
			if !slices.Contains(vars, v) {
				vars = append(vars, v)
			}
		}
	}
	if len(vars) > 0 {
		q.notes = append(q.notes, "the baseline holds the values that these variables have now: "+strings.Join(vars, ", "))
	}
}

// withRows puts rows behind the tables, and in front of what would act on them,
// or wants them to be complete: triggers, rules, constraints between tables.
func withRows(m *made, objects []codegen.Object) []codegen.Object {
	c := m.content
	if c.Rows == 0 && len(c.After) == 0 {
		return objects
	}
	behind := map[schema.ID]bool{}
	var first, last []codegen.Object
	for _, o := range objects {
		if staysBehind(m.schema, o.ID, behind) {
			behind[o.ID] = true
			last = append(last, o)
		} else {
			first = append(first, o)
		}
	}
	if len(c.Before) > 0 {
		first = append(first, codegen.Object{Title: "rows", Statements: c.Before})
	}
	for _, t := range c.Tables {
		first = append(first, codegen.Object{Title: "rows of " + t.Table.String(), Statements: inserts(t)})
	}
	if len(c.After) > 0 {
		first = append(first, codegen.Object{Title: "where numbers go on, and what is computed of rows", Statements: c.After})
	}
	return append(first, last...)
}

// staysBehind reports whether an object comes after the rows.
func staysBehind(s *schema.Schema, id schema.ID, behind map[schema.ID]bool) bool {
	switch id.Kind {
	case schema.KindTrigger, schema.KindRule, schema.KindPolicy, schema.KindConstraint, schema.KindEventTrigger, schema.KindEvent, schema.KindPublication:
		return true
	}
	f, _ := s.Fact(id)
	return slices.ContainsFunc(f.Needs, func(need schema.ID) bool { return behind[need] })
}

// rowsOfInsert is how many rows one INSERT holds.
const rowsOfInsert = 100

func inserts(t schema.TableRows) []string {
	var all []string
	for part := range slices.Chunk(t.Rows, rowsOfInsert) {
		all = append(all, t.Insert+" VALUES\n  "+strings.Join(part, ",\n  "))
	}
	return all
}
