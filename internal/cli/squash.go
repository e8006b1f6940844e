package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/internal/view"
)

const squashHelp = `Replace the migrations up to and including a version by one file, a baseline,
that makes the same schema and the same rows.

Databases that have them all record the baseline with their next up, without
running anything. New databases begin with it. A database that has only some of
them is refused until it is brought to that version with the old files.

The migrations run in a scratch database, which is made on the server of --db and
dropped again (for SQLite in a temporary folder); --scratch names another place.
What they made is written down, and that is run in a second one: schema and rows
must come out the same, also once the later and the repeatable migrations ran.
Only then is the file written, and only then are the old ones removed. The
database of --db is not changed.`

const squashExample = `  lockstep squash --to 20260101120000 --dry-run
  lockstep squash --to 20260101120000
  lockstep squash --to 20260101120000 --archive old/migrations`

type squashOptions struct {
	to, name, scratch, archive string
	noData, dryRun             bool
}

// maxSquashRows is how many rows a baseline may hold.
const maxSquashRows = 10_000

// squashAnswer is what squash prints with --json.
type squashAnswer struct {
	File        string           `json:"file"`
	Version     lockstep.Version `json:"version"`
	Name        string           `json:"name"`
	Replaces    []string         `json:"replaces"`
	Statements  int              `json:"statements"`
	Rows        int              `json:"rows"`
	Fingerprint string           `json:"fingerprint,omitempty"` // of the schema that it makes
	DryRun      bool             `json:"dryRun,omitempty"`
	Removed     []string         `json:"removed"`
	Archived    []rename         `json:"archived,omitempty"`
	Notes       []string         `json:"notes,omitempty"`
}

func newSquash(a *app) *cobra.Command {
	var o squashOptions
	cmd := &cobra.Command{
		Use: "squash", GroupID: groupWrite, Short: "Replace old migrations by one that makes the same", Long: squashHelp, Example: squashExample, Args: atMost(0),
		RunE: a.with(noArguments(func(ctx context.Context, s *config.Settings) error { return a.runSquash(ctx, s, o) })),
	}
	f := cmd.Flags()
	f.StringVar(&o.to, "to", "", "the last `VERSION` that is replaced")
	f.StringVar(&o.name, "name", "baseline", "`NAME` of the baseline")
	f.BoolVar(&o.dryRun, "dry-run", false, "try it all, write and remove nothing")
	f.BoolVar(&o.noData, "no-data", false, "leave out the rows that the migrations insert")
	f.StringVar(&o.archive, "archive", "", "move the old files to `DIR` instead of deleting them")
	f.StringVar(&o.scratch, "scratch", "", "database `URL` of a server, or of an empty database, to try things in")
	_ = cmd.RegisterFlagCompletionFunc("to", a.completeVersions) // the flag exists
	return cmd
}

// squashing is one squash.
type squashing struct {
	*trial
	o      squashOptions
	old    []*lockstep.Migration // what is replaced
	later  []*lockstep.Migration // the rest, repeatables included
	left   []*lockstep.Migration // files of an earlier squash that was interrupted
	list   []lockstep.Replaced
	path   string
	notes  []string
	answer squashAnswer
}

func (a *app) runSquash(ctx context.Context, s *config.Settings, o squashOptions) error {
	if o.to == "" {
		return &usageError{"lockstep squash needs the last version to replace", "lockstep squash --to VERSION; lockstep status lists them"}
	}
	set, err := load(s.Dirs)
	if err != nil {
		return err
	}
	q := &squashing{trial: &trial{app: a, settings: s}, o: o, left: set.Replaced()}
	if err := q.choose(set); err != nil {
		return err
	}
	if q.isDone() {
		return q.finishOld()
	}
	if err := q.checkFiles(); err != nil {
		return err
	}
	if err := a.refuseGo(ctx, s, q); err != nil {
		return err
	}
	if q.place, err = a.scratchPlace(ctx, s, o.scratch); err != nil {
		return err
	}
	defer q.place.close()
	if err := q.place.check(set, o.scratch != ""); err != nil {
		return err
	}
	if q.dialect, err = schemaDialectOf(q.place.at.Scheme); err != nil {
		return err
	}
	if err := q.listOld(); err != nil {
		return err
	}
	text, err := q.make(ctx)
	if err != nil {
		return err
	}
	if !o.dryRun {
		if err := q.write(text); err != nil {
			return err
		}
	}
	return q.tell()
}

// choose divides the migrations into those that are replaced and the others.
func (q *squashing) choose(set *lockstep.Set) error {
	all := set.Migrations()
	to, names := lockstep.Version(q.o.to), make([]string, 0, len(all))
	i := slices.IndexFunc(all, func(m *lockstep.Migration) bool { return m.Version.Compare(to) > 0 })
	if i < 0 {
		i = len(all)
	}
	if i == 0 || all[i-1].Version.Compare(to) != 0 {
		for _, m := range all {
			names = append(names, string(m.Version))
		}
		hint := "lockstep status lists the versions"
		if near := lockstep.Nearest(q.o.to, names); near != "" {
			hint = fmt.Sprintf("did you mean %s? %s", near, hint)
		}
		return lockstep.WithHint(fmt.Errorf("no migration has version %s", q.o.to), hint)
	}
	q.old, q.later = all[:i], slices.Concat(all[i:], set.Repeatables())
	return nil
}

// listOld makes the list of what is replaced.
func (q *squashing) listOld() error {
	reader, ok := q.dialect.(lockstep.ScriptReader)
	if !ok {
		return fmt.Errorf("dialect %s cannot read scripts", q.dialect.Name())
	}
	for _, m := range q.old {
		list, err := lockstep.Replacement(m, reader)
		if err != nil {
			return err
		}
		q.list = append(q.list, list...)
	}
	return nil
}

// isDone reports whether there is nothing to squash.
func (q *squashing) isDone() bool { return len(q.old) == 1 && len(q.old[0].Replaces) > 0 }

// finishOld removes what a squash left that was interrupted.
func (q *squashing) finishOld() error {
	m := q.old[0]
	q.path = m.Up.Path
	q.answer = squashAnswer{File: q.path, Version: m.Version, Name: m.Name, Replaces: []string{}, DryRun: q.o.dryRun, Removed: []string{}}
	for _, r := range m.Replaces {
		if r.Via == "" {
			q.answer.Replaces = append(q.answer.Replaces, r.ID())
		}
	}
	if len(q.left) == 0 {
		if q.app.flags.json {
			return q.app.printJSON(q.answer)
		}
		return q.app.answer("Nothing to do: %s is a baseline already.\n", q.path)
	}
	files, err := q.filesOf(q.left)
	if err != nil {
		return err
	}
	if err := q.clear(files); err != nil {
		return err
	}
	return q.tell()
}

// refuseGo refuses to replace migrations written in Go, which this command
// cannot run: the ledger of --db may know of some.
func (a *app) refuseGo(ctx context.Context, s *config.Settings, q *squashing) error {
	if !s.HasDatabase() || isMissing(s.Database) {
		return nil
	}
	defer func() { a.database = "" }() // what fails later fails elsewhere
	last := q.old[len(q.old)-1]
	err := a.look(s, func(m *session) error {
		for e, err := range m.History(ctx) {
			if err != nil {
				return err
			}
			if e.Kind == lockstep.KindGo && e.Version.Compare(last.Version) <= 0 {
				return lockstep.WithHint(fmt.Errorf("%s is a migration in Go, which only its own program can run", e.ID()),
					"squash up to the version before it, or write its change as SQL first")
			}
		}
		return nil
	})
	var database *lockstep.DatabaseError
	if q.o.scratch != "" && errors.As(err, &database) {
		a.note("nobody looked whether the ledger knows of migrations in Go: " + err.Error())
		return nil
	}
	return err
}

// tell tells what was done.
func (q *squashing) tell() error {
	for _, n := range q.notes {
		q.app.note(n)
	}
	q.answer.Notes = q.notes
	if q.app.flags.json {
		return q.app.printJSON(q.answer)
	}
	var b strings.Builder
	an := &q.answer
	wrote, removed := "Wrote", "Removed"
	if an.DryRun {
		wrote, removed = "Would write", "Would remove"
	}
	if an.Statements > 0 {
		fmt.Fprintf(&b, "%s %s: %s with %s, in place of %s.\n", wrote, an.File,
			view.Count(an.Statements, "statement"), view.Count(an.Rows, "row"), view.Count(len(an.Replaces), "migration"))
		rows := " and the same rows"
		if q.o.noData {
			rows = ", rows aside"
		}
		_, sum, _ := strings.Cut(an.Fingerprint, ":")
		fmt.Fprintf(&b, "Tried: it makes the same schema%s (fingerprint %.12s).\n", rows, sum)
	}
	if len(an.Removed) > 0 {
		fmt.Fprintf(&b, "%s %s:\n  %s\n", removed, view.Count(len(an.Removed), "file"), strings.Join(an.Removed, "\n  "))
	}
	for _, r := range an.Archived {
		fmt.Fprintf(&b, "%s -> %s\n", r.From, r.To)
	}
	return q.app.answer("%s", b.String())
}
