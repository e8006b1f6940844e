package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/internal/view"
)

const validateHelp = `Check the migration files, and compare them with the ledger if a database is
named.

Without a database, or with --files, it checks names, encoding, directives and
pairs; with --dialect (or a database URL, which says it) also every statement as
that database reads it. Nothing is sent anywhere.

With a database it also compares each applied file with the text the ledger
kept, and shows what changed. An edit of comments or layout is told apart from a
change of meaning: the first is harmless, the second is an error (exit code 6).`

const validateExample = `  lockstep validate
  lockstep validate --files --dialect postgres
  lockstep validate --db sqlite:app.db`

type validateOptions struct {
	files   bool
	dialect string
}

// validateAnswer is what validate prints with --json.
type validateAnswer struct {
	Valid       bool                  `json:"valid"`
	Migrations  int                   `json:"migrations"`
	Statements  bool                  `json:"statementsChecked"` // the SQL was read, not only the files
	Database    string                `json:"database,omitempty"`
	Differences []lockstep.Difference `json:"differences"`
}

func newValidate(a *app) *cobra.Command {
	var o validateOptions
	cmd := &cobra.Command{
		Use: "validate", GroupID: groupLook, Short: "Check the files, and the ledger against them", Long: validateHelp,
		Example: validateExample, Args: atMost(0),
		RunE: a.with(noArguments(func(ctx context.Context, s *config.Settings) error {
			if o.files || !s.HasDatabase() {
				return a.validateFiles(s, o)
			}
			return a.use(s, reads, func(m *session) error { return a.validateLedger(ctx, s, m) })
		})),
	}
	cmd.Flags().BoolVar(&o.files, "files", false, "check the files only, also when a database is named")
	cmd.Flags().StringVar(&o.dialect, "dialect", "", "read the statements as `NAME` does: postgres, mysql, mariadb or sqlite")
	return cmd
}

// validateFiles checks the files without a database.
func (a *app) validateFiles(s *config.Settings, o validateOptions) error {
	scheme := orDefault(o.dialect, s.Database.Scheme)
	known := []string{config.Postgres, config.MySQL, config.MariaDB, config.SQLite}
	if scheme == "postgresql" {
		scheme = config.Postgres
	}
	if scheme != "" && !contains(known, scheme) {
		e := &usageError{fmt.Sprintf("unknown dialect %q", scheme), "it is one of postgres, mysql, mariadb, sqlite"}
		if near := lockstep.Nearest(scheme, known); near != "" {
			e.hint = fmt.Sprintf("did you mean %q?", near)
		}
		return e
	}
	set, err := load(s.Dirs)
	if err != nil {
		return err
	}
	if scheme != "" {
		if err := checkScripts(set, dialectOf(scheme)); err != nil {
			return err
		}
	} else {
		a.note("the statements were not read, because nobody said for which database: give --dialect or --db")
	}
	a.noteReplaced(set)
	answer := validateAnswer{Valid: true, Migrations: set.Len(), Statements: scheme != "", Differences: []lockstep.Difference{}}
	if a.flags.json {
		return a.printJSON(answer)
	}
	return a.answer("%s well-formed.\n", areAre(set.Len()))
}

// noteReplaced tells of files that a baseline has made superfluous.
func (a *app) noteReplaced(set *lockstep.Set) {
	for _, m := range set.Replaced() {
		a.note(m.Up.Path + " is left out, because a baseline replaces it; delete it, or let lockstep squash do that")
	}
}

func areAre(n int) string {
	if n == 1 {
		return "1 migration is"
	}
	return fmt.Sprintf("%d migrations are", n)
}

func contains(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

// checkScripts reads every script as the dialect does.
func checkScripts(set *lockstep.Set, d lockstep.Dialect) error {
	reader, ok := d.(lockstep.ScriptReader)
	if !ok {
		return fmt.Errorf("dialect %s cannot read scripts", d.Name())
	}
	return set.Check(reader)
}

// validateLedger checks the files and compares them with the ledger.
func (a *app) validateLedger(ctx context.Context, s *config.Settings, m *session) error {
	if err := checkScripts(m.Set(), dialectOf(s.Database.Scheme)); err != nil {
		return err
	}
	a.noteReplaced(m.Set())
	differences, err := m.Verify(ctx)
	if err != nil {
		return err
	}
	serious := seriousDifferences(differences)
	if len(serious) == 0 {
		if err := a.checkPendingPolicy(ctx, s, m); err != nil {
			return err
		}
	}
	switch {
	case a.flags.json:
		if differences == nil {
			differences = []lockstep.Difference{}
		}
		err = a.printJSON(validateAnswer{len(serious) == 0, m.Set().Len(), true, m.database, differences})
	case !a.flags.quiet:
		err = view.Differences(a.out, a.outStyle(), differences)
		if err == nil && len(serious) == 0 {
			err = a.answer("%s well-formed and match the ledger of %s.\n", areAre(m.Set().Len()), m.database)
		}
	}
	if err != nil || len(serious) == 0 {
		return err
	}
	a.report("files and ledger differ in "+places(len(serious)), "lockstep repair lists what can be decided")
	return &saidError{&lockstep.HistoryError{Differences: serious}}
}

func places(n int) string {
	if n == 1 {
		return "one place"
	}
	return fmt.Sprintf("%d places", n)
}

// seriousDifferences leaves out what is harmless.
func seriousDifferences(all []lockstep.Difference) []lockstep.Difference {
	var serious []lockstep.Difference
	for _, d := range all {
		if d.Kind != lockstep.DiffLayout {
			serious = append(serious, d)
		}
	}
	return serious
}

// checkPendingPolicy applies the policy to what is pending.
func (a *app) checkPendingPolicy(ctx context.Context, s *config.Settings, m *session) error {
	if !s.Policy.RequireDown {
		return nil
	}
	plan, err := m.Plan(ctx, lockstep.Target{Direction: lockstep.Up})
	if err != nil {
		return err
	}
	return checkPolicy(s.Policy, m, plan, time.Now())
}
