package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/internal/view"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/schema/diff"
)

const diffHelp = `Write the next migration: the changes that lead from what the migrations of the
folder make to the schema that you want.

--to says what you want: a file of SQL that makes the whole schema (schema.sql),
the URL of a database that has it, or a folder with other migrations. --from
names another beginning, in the same ways.

Migrations and SQL files run in scratch databases, which are made on the server
of --db and dropped again (for SQLite in a temporary folder); --scratch names
another place. Up and down are tried there: the up must give exactly the schema
that is wanted, the down exactly the one before. Without --name the up is
printed and nothing is written.

--online writes, for tables that exist, indexes CONCURRENTLY and constraints NOT
VALID before they are validated (PostgreSQL); such a file runs statement by
statement.

What was renamed looks like one thing dropped and another made. Where the
evidence speaks for a new name it is said, and --rename old=new (a table, or
table.column) makes it one; nothing is guessed.`

const diffExample = `  lockstep diff --to schema.sql
  lockstep diff --to schema.sql --name "add orders"
  lockstep diff --to postgres://localhost/shop_dev --name add_orders --rename users.name=users.full_name`

type diffOptions struct {
	from, to, name, scratch string
	renames                 []string
	ignore                  []string
	strictOrder, online     bool
}

// diffAnswer is what diff prints with --json.
type diffAnswer struct {
	Equal   bool             `json:"equal"`
	Changes []string         `json:"changes"` // for people
	Up      []string         `json:"up"`      // SQL
	Down    []string         `json:"down"`    // SQL
	Losses  []string         `json:"losses,omitempty"`
	Hints   []hintAnswer     `json:"renameHints,omitempty"`
	Files   []string         `json:"files,omitempty"`
	Version lockstep.Version `json:"version,omitempty"`
}

type hintAnswer struct {
	From string `json:"from"`
	To   string `json:"to"`
	Why  string `json:"why"`
}

func newDiff(a *app) *cobra.Command {
	var o diffOptions
	cmd := &cobra.Command{
		Use: "diff", GroupID: groupWrite, Short: "Write the migration that leads to a schema", Long: diffHelp, Example: diffExample, Args: atMost(0),
		RunE: a.with(noArguments(func(ctx context.Context, s *config.Settings) error { return a.runDiff(ctx, s, o) })),
	}
	f := cmd.Flags()
	f.StringVar(&o.to, "to", "", "what is wanted: `FILE`.sql, a database URL or a folder of migrations")
	f.StringVar(&o.from, "from", "", "what is there, in the same ways (default the folder of migrations)")
	f.StringVar(&o.name, "name", "", "write the migration under `NAME`, which begins with a verb")
	f.StringArrayVar(&o.renames, "rename", nil, "`OLD=NEW`: a table, or table.column, that has another name; may be repeated")
	f.StringVar(&o.scratch, "scratch", "", "database `URL` of a server, or of an empty database, to try things in")
	f.StringSliceVar(&o.ignore, "ignore", nil, "what does not count: `WORDS` of order, owner, grants, comments")
	f.BoolVar(&o.strictOrder, "strict-order", false, "change the order of columns and indexes too")
	f.BoolVar(&o.online, "online", false, "write the form that keeps nobody waiting, where the server has one")
	return cmd
}

func (a *app) runDiff(ctx context.Context, s *config.Settings, o diffOptions) error {
	if o.to == "" {
		return &usageError{"lockstep diff needs to know what is wanted", "lockstep diff --to schema.sql"}
	}
	if o.name != "" {
		if err := checkName(normalName(strings.Fields(o.name))); err != nil {
			return err
		}
	}
	ignore, err := ignoring(o.ignore)
	if err != nil {
		return err
	}
	place, err := a.scratchPlace(ctx, s, o.scratch)
	if err != nil {
		return err
	}
	defer place.close()
	t := &trial{app: a, settings: s, place: place}
	from, err := t.state(ctx, orDefault(o.from, strings.Join(s.Dirs, listSeparator)))
	if err != nil {
		return err
	}
	to, err := t.state(ctx, o.to)
	if err != nil {
		return err
	}
	c := change{
		name: o.name, dialect: t.dialect, srv: t.srv,
		from: from.schema.Without(ignore), to: to.schema.Without(ignore), ignored: ignore, strictOrder: o.strictOrder, online: o.online,
	}
	if c.renames, err = renamesOf(o.renames, c.from, c.to); err != nil {
		return err
	}
	return a.finishDiff(ctx, t, from, c)
}

// finishDiff computes the migration, proves it, and prints or writes it.
func (a *app) finishDiff(ctx context.Context, t *trial, from *state, c change) error {
	result, err := diff.Diff(c.from, c.to, c.dialect, diff.Options{Renames: c.renames, StrictOrder: c.strictOrder})
	if err != nil {
		return err
	}
	a.tellDiff(c, result)
	if len(result.Changes) == 0 {
		if a.flags.json {
			return a.printJSON(diffAnswer{Equal: true, Changes: []string{}, Up: []string{}, Down: []string{}})
		}
		return a.answer("Nothing to do: the migrations make this schema already.\n")
	}
	up, down, err := c.scripts()
	if err != nil {
		return err
	}
	if err := t.prove(ctx, from, c, up, down); err != nil {
		return err
	}
	if c.name == "" {
		return a.printDiff(result, c, up, newAnswer{})
	}
	files, err := a.writeChange(ctx, t.settings, c)
	if err != nil {
		return err
	}
	if !a.flags.json {
		return a.answerNew(files)
	}
	return a.printDiff(result, c, up, files)
}

// tellDiff tells what a person should know before the answer.
func (a *app) tellDiff(of change, r *diff.Result) {
	for _, h := range r.Hints {
		a.note(fmt.Sprintf("%s may have become %s (%s); if so: --rename %s", h.From, h.To.Name, h.Why, shellWord(renameWord(h.From)+"="+renameWord(h.To))))
	}
	for _, l := range r.Losses {
		a.note("this loses data: " + l.String())
	}
	for _, c := range r.Changes {
		if add, ok := c.(schema.AddColumn); ok && needsValue(add.Column) {
			a.note(of.withoutValue(add))
		}
	}
	for _, d := range r.OrderOnly {
		a.note(d.ID.String() + " stays as it is; --strict-order changes it")
	}
	for _, c := range r.Cycles {
		a.note(fmt.Sprintf("%d objects need each other in a way that no order satisfies, such as %s", len(c), c[0]))
	}
}

// withoutValue says what becomes of rows that have no value for a new column.
func (c change) withoutValue(add schema.AddColumn) string {
	f, ok := c.dialect.(interface {
		FillsIn(srv lockstep.Server, column schema.Fact) bool
	})
	if ok && f.FillsIn(c.srv, add.Column) {
		return "rows that are there get an empty value (0, '' or the first one): " + add.String() + " is not null and has no default"
	}
	return "this fails where the table has rows: " + add.String() + " is not null and has no default"
}

// needsValue reports whether rows that are there already have no value for a new
// column.
func needsValue(column schema.Fact) bool {
	return column.Is(schema.AttrNotNull) && !column.Is(schema.AttrDefault) && !column.Is(schema.AttrGenerated) && !column.Is(schema.AttrIdentity)
}

func (a *app) printDiff(r *diff.Result, c change, up string, files newAnswer) error {
	if !a.flags.json {
		return a.answer("%s", strings.TrimPrefix(up, "\n"))
	}
	answer := diffAnswer{Changes: []string{}, Files: files.Files, Version: files.Version}
	for _, one := range r.Changes {
		answer.Changes = append(answer.Changes, one.String())
	}
	for _, one := range r.Losses {
		answer.Losses = append(answer.Losses, one.String())
	}
	for _, h := range r.Hints {
		answer.Hints = append(answer.Hints, hintAnswer{h.From.String(), h.To.String(), h.Why})
	}
	var err error
	if answer.Up, err = c.statements(c.from, c.to, c.renames); err == nil {
		answer.Down, err = c.statements(c.to, c.from, diff.Inverse(c.renames))
	}
	if err != nil {
		return err
	}
	return a.printJSON(answer)
}

// renameWord is how --rename calls an object.
func renameWord(id schema.ID) string {
	word := id.Name
	if id.Table != "" {
		word = id.Table + "." + word
	}
	return word
}

// shellWord writes an argument so that a shell reads it as one.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-+=.,:/@%", r)
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// renamesOf finds the objects that --rename means: a table or another object by
// its name, a column, index or constraint behind its table's, either behind its
// schema's.
func renamesOf(words []string, from, to *schema.Schema) ([]diff.Rename, error) {
	var renames []diff.Rename
	for _, w := range words {
		before, after, ok := strings.Cut(w, "=")
		if !ok || before == "" || after == "" {
			return nil, &usageError{fmt.Sprintf("--rename %s is not of the form OLD=NEW", w), "--rename users=accounts, or --rename users.name=users.full_name"}
		}
		old, err := oneCalled(before, from, to)
		if err != nil {
			return nil, err
		}
		renamed, err := oneCalled(after, to, from)
		if err != nil {
			return nil, err
		}
		renames = append(renames, diff.Rename{From: old, To: renamed})
	}
	return renames, nil
}

// oneCalled finds what the name means in s and not in the other schema.
func oneCalled(name string, s, other *schema.Schema) (schema.ID, error) {
	var found []schema.ID
	var names []string
	for _, f := range s.Facts() {
		if f.ID.Kind == schema.KindColumnOrder {
			continue
		}
		if _, both := other.Fact(f.ID); both {
			continue
		}
		word := renameWord(f.ID)
		names = append(names, word)
		if word == name || f.ID.Schema+"."+word == name {
			found = append(found, f.ID)
		}
	}
	if len(found) > 0 {
		return found[0], nil // sorted: a table before its parts, a column before an index
	}
	e := &usageError{fmt.Sprintf("--rename: nothing that is in one schema only is called %q", name), "write table, or table.column; the schema may stand in front"}
	if near := lockstep.Nearest(name, names); near != "" {
		e.hint = fmt.Sprintf("did you mean %q?", near)
	}
	return schema.ID{}, e
}

// errUnproven says that a migration does not do what it should.
var errUnproven = errors.New("the migration does not lead where it should")

// unproven shows what is different from what should be.
func (a *app) unproven(what string, differences []schema.Difference) error {
	if err := view.SchemaDifferences(a.err, a.errStyle(), differences); err != nil {
		return err
	}
	a.tell("\n")
	return lockstep.WithHint(fmt.Errorf("%w: %s leaves %s", errUnproven, what, view.CountDifferences(differences)),
		"nothing was written; write this migration by hand, and rehearse it: lockstep rehearse")
}
