package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/internal/view"
	"github.com/lockstepdb/lockstep/rehearse"
)

const rehearseHelp = `Try migrations in a database that is made for it and dropped afterwards: each
one up, down and up again. After each script the schema is read and compared, so
that a down that forgets an index, a default, a comment or a label of an enum is
named with what differs.

The database is made on the server of --db, like the one that --db names; its
user needs the right to make databases. --scratch URL names another server
(postgres://user@host/, mysql://user@host/) or an empty database, which is
emptied again. For SQLite it is a temporary file. --db itself is not touched.

--rows N fills the tables with N made-up rows each before a migration runs, and
tells what statements take for a million rows. --rows 1000,users=1m,orders=5m
says it for some tables.

Exit code 1: an up failed. 6: a down does not lead back.`

const rehearseExample = `  lockstep rehearse
  lockstep rehearse --pending
  lockstep rehearse --from 20260101120000 --out rehearsal.json
  lockstep rehearse --pending --rows 1m
  lockstep rehearse --scratch postgres://postgres@localhost/`

type rehearseOptions struct {
	from, scratch, out   string
	pending, requireDown bool
	rows                 string
	seed                 uint64
}

func newRehearse(a *app) *cobra.Command {
	var o rehearseOptions
	cmd := &cobra.Command{
		Use: "rehearse", GroupID: groupWrite, Short: "Try migrations up, down and up in a scratch database",
		Long: rehearseHelp, Example: rehearseExample, Args: atMost(0),
		RunE: a.with(func(ctx context.Context, s *config.Settings, _ []string) error {
			return a.runRehearse(ctx, s, o)
		}),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "rehearse from `VERSION` on; what is before it is only applied")
	f.BoolVar(&o.pending, "pending", false, "rehearse what is not applied to --db; the rest is only applied")
	f.StringVar(&o.scratch, "scratch", "", "server, or empty database, to do it on (`URL`)")
	f.StringVar(&o.out, "out", "", "save the report, as --json prints it, to `FILE`")
	f.StringVar(&o.rows, "rows", "", "fill tables with made-up rows before each migration: `N` for all, TABLE=N for one; 1m is a million")
	f.Uint64Var(&o.seed, "seed", 1, "with --rows: `NUMBER` that decides about the values")
	f.BoolVar(&o.requireDown, "require-down", false, "a migration without a down counts as one that does not lead back")
	cmd.PreRunE = exclusive([]string{"from", "pending"})
	_ = cmd.RegisterFlagCompletionFunc("from", a.completeVersions) // the flag exists
	return cmd
}

// errAstray is the answer when a down does not lead back, errFailed when an up
// failed.
var (
	errAstray       = errors.New("a down does not lead back")
	errNotRehearsed = errors.New("a migration failed in the rehearsal")
)

// rehearsal is what rehearse prints with --json.
type rehearsal struct {
	Database string `json:"database,omitempty"` // that of --db, which was not touched
	*rehearse.Report
}

func (a *app) runRehearse(ctx context.Context, s *config.Settings, o rehearseOptions) error {
	set, err := load(s.Dirs)
	if err != nil {
		return err
	}
	sizes, err := parseSizes(o.rows)
	if err != nil {
		return err
	}
	which, err := a.whichToRehearse(ctx, s, set, o)
	if err != nil {
		return err
	}
	place, err := a.scratchPlace(ctx, s, o.scratch)
	if err != nil {
		return err
	}
	defer place.close()
	if err := place.check(set, o.scratch != ""); err != nil {
		return err
	}
	report, err := a.rehearse(ctx, s, set, place, rehearse.Options{Which: which, Rows: sizes.of(), Seed: o.seed})
	if err != nil {
		return err
	}
	for _, name := range sizes.missed(report.Rows) {
		a.note("--rows: there was no table called " + name)
	}
	return a.answerRehearsal(s, set, report, o)
}

// rehearse rehearses a set in databases made at a place.
func (a *app) rehearse(ctx context.Context, s *config.Settings, set *lockstep.Set, place *scratchPlace, o rehearse.Options) (*rehearse.Report, error) {
	dialect, ok := place.dialect.(rehearse.Dialect)
	if !ok {
		return nil, fmt.Errorf("rehearse: the schema of %s cannot be read", place.dialect.Name())
	}
	o.Run = a.scratchOptions(s)
	if !a.flags.quiet {
		live := view.NewRehearsing(a.err, a.errStyle())
		defer live.Stop()
		o.Watch = live.Watch
	}
	return rehearse.Run(ctx, dialect, set, place.open, o)
}

// scratchOptions are those of runs in a scratch database: their ledger is in it,
// never in another schema or database.
func (*app) scratchOptions(s *config.Settings) lockstep.Options {
	o := s.Options()
	o.Tool, o.Ledger.Schema = toolName(), ""
	return o
}

// whichToRehearse tells which migrations are rehearsed.
func (a *app) whichToRehearse(ctx context.Context, s *config.Settings, set *lockstep.Set, o rehearseOptions) (func(*lockstep.Migration) bool, error) {
	switch {
	case o.from != "":
		from, err := findVersion(set, o.from)
		return func(m *lockstep.Migration) bool { return m.Version.Compare(from) >= 0 }, err
	case o.pending:
		applied, err := a.appliedTo(ctx, s)
		return func(m *lockstep.Migration) bool { return !applied[m.ID()] }, err
	}
	return nil, nil
}

// findVersion returns the version of the set that is meant.
func findVersion(set *lockstep.Set, wanted string) (lockstep.Version, error) {
	var versions []string
	for _, m := range set.Migrations() {
		if m.Version.Compare(lockstep.Version(wanted)) == 0 || m.ID() == wanted {
			return m.Version, nil
		}
		versions = append(versions, string(m.Version))
	}
	hint := "lockstep status lists the versions"
	if near := lockstep.Nearest(wanted, versions); near != "" {
		hint = fmt.Sprintf("did you mean %s? %s", near, hint)
	}
	return "", lockstep.WithHint(fmt.Errorf("no migration has version %s", wanted), hint)
}

// appliedTo returns the IDs of what is applied to the database.
func (a *app) appliedTo(ctx context.Context, s *config.Settings) (map[string]bool, error) {
	applied := map[string]bool{}
	err := a.use(s, previews, func(m *session) error {
		status, err := m.Status(ctx)
		if err != nil {
			return err
		}
		for _, row := range status.Rows {
			switch row.State {
			case lockstep.StatePending, lockstep.StateFailed, lockstep.StateUnfinished, lockstep.StateOutOfOrder:
			default:
				applied[id(row.Version, row.Name)] = true
			}
		}
		return nil
	})
	return applied, err
}

func id(v lockstep.Version, name string) string {
	m := lockstep.Migration{Version: v, Name: name}
	return m.ID()
}

// answerRehearsal renders what was found.
func (a *app) answerRehearsal(s *config.Settings, set *lockstep.Set, r *rehearse.Report, o rehearseOptions) error {
	document := rehearsal{Report: r}
	if s.HasDatabase() {
		document.Database = s.Database.String()
	}
	if o.out != "" {
		if err := save(o.out, document); err != nil {
			return err
		}
	}
	var err error
	switch {
	case a.flags.json:
		err = a.printJSON(document)
	case !a.flags.quiet:
		err = view.Rehearsal(a.out, a.outStyle(), r, func(err error) string { return a.describe(err).Message })
	}
	if err != nil {
		return err
	}
	return a.verdict(r, missingDowns(s, set, r, o))
}

// verdict is the error that a report amounts to; its details are told.
func (a *app) verdict(r *rehearse.Report, oneWay []string) error {
	if failed := r.Failure(); failed != nil {
		f := a.describe(failed.Err)
		a.report(failed.ID()+" failed in the rehearsal: "+f.Message, lockstep.HintOf(failed.Err))
		return &saidError{errNotRehearsed}
	}
	astray := r.Astray()
	for _, id := range oneWay {
		a.report(id+" has no way back", "write its .down.sql, or say why there is none in the file: -- lockstep:allow "+allowNoDown+" \"reason\"")
	}
	if len(astray) > 0 {
		a.report(leadsNotBack(len(astray)),
			"complete the .down.sql so that it undoes everything its .up.sql did; lockstep rehearse --from "+string(astray[0].Version)+" tries again")
	}
	if len(astray)+len(oneWay) > 0 {
		return &saidError{errAstray}
	}
	return nil
}

func leadsNotBack(n int) string {
	if n == 1 {
		return "1 down does not lead back"
	}
	return fmt.Sprintf("%d downs do not lead back", n)
}

// missingDowns returns the irreversible migrations that should not be.
func missingDowns(s *config.Settings, set *lockstep.Set, r *rehearse.Report, o rehearseOptions) []string {
	var found []string
	if !o.requireDown && !s.Policy.RequireDown {
		return nil
	}
	for _, one := range r.Results {
		i := slices.IndexFunc(set.Migrations(), func(m *lockstep.Migration) bool { return m.ID() == one.ID() })
		if one.Verdict == rehearse.Irreversible && i >= 0 && !isAllowed(set.Migrations()[i], time.Now()) {
			found = append(found, one.ID())
		}
	}
	return found
}

// save writes a document as JSON to a file.
func save(path string, document any) error {
	b, err := json.MarshalIndent(document, "", "  ")
	if err == nil {
		err = os.WriteFile(path, append(b, '\n'), 0o644)
	}
	if err != nil {
		return lockstep.WithHint(fmt.Errorf("write report: %w", err), "name a file in a folder that exists and may be written")
	}
	return nil
}
