package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/lockstepdb/lockstep"
)

// commonFlags are understood by every command.
type commonFlags struct {
	db           string
	passwordFile string
	dirs         []string
	config       string
	env          string
	ledger       string
	vars         []string
	timeout      time.Duration
	json         bool
	quiet        bool
	noColor      bool
}

const rootHelp = `lockstep changes live databases in step with the code that uses them.

Migrations are plain SQL files in a folder; what happened to a database stands
in its ledger table. A run takes a lock, records what it does, keeps lock waits
short, and goes on by itself after a crash.

The database is named by --db, or by LOCKSTEP_DB, DATABASE_URL or lockstep.toml:

  sqlite:app.db
  postgres://user:password@host:5432/database
  mysql://user:password@host:3306/database    (mariadb:// for MariaDB)`

const rootExample = `  lockstep init                       make a migrations folder and lockstep.toml
  lockstep new create users           write the first migration
  lockstep plan                       see what would run
  lockstep up                         run it
  lockstep status                     see where the database stands`

// The groups in which the help lists commands.
const (
	groupWrite  = "write"
	groupLook   = "look"
	groupChange = "change"
	groupTend   = "tend"
)

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use: "lockstep", Short: "Change live databases in step with the code that uses them",
		Long: rootHelp, Example: rootExample,
		SilenceErrors: true, SilenceUsage: true,
		Args: cobra.ArbitraryArgs, RunE: runRoot,
	}
	root.AddGroup(
		&cobra.Group{ID: groupWrite, Title: "Write migrations:"},
		&cobra.Group{ID: groupChange, Title: "Change the database:"},
		&cobra.Group{ID: groupLook, Title: "Look:"},
		&cobra.Group{ID: groupTend, Title: "Tend:"},
	)
	root.AddCommand(
		newInit(a), newNew(a), newDiff(a), newRehearse(a), newSquash(a),
		newUp(a), newDown(a), newRedo(a),
		newPlan(a), newStatus(a), newHistory(a), newValidate(a), newDrift(a), newCompare(a), newSchema(a),
		newBaseline(a), newRepair(a), newWait(a),
		newVersion(a), newExitCodes(),
	)
	a.addCommonFlags(root.PersistentFlags())
	root.SetOut(a.std.Out) // help holds no secrets, and its examples look like some
	root.SetErr(a.err)
	root.SetFlagErrorFunc(flagError)
	_ = root.RegisterFlagCompletionFunc("env", a.completeEnvs) // the flag exists
	return root
}

func (a *app) addCommonFlags(f *pflag.FlagSet) {
	f.StringVar(&a.flags.db, "db", "", "database `URL` (LOCKSTEP_DB, DATABASE_URL)")
	f.StringVar(&a.flags.passwordFile, "db-password-file", "", "`FILE` that holds the password (LOCKSTEP_DB_PASSWORD_FILE)")
	f.StringArrayVar(&a.flags.dirs, "dir", nil, "`DIR` with migrations; may be repeated (default migrations)")
	f.StringVar(&a.flags.config, "config", "", "configuration `FILE` (default lockstep.toml if it exists)")
	f.StringVar(&a.flags.env, "env", "", "environment `NAME` of the configuration file (LOCKSTEP_ENV)")
	f.StringVar(&a.flags.ledger, "ledger", "", "`NAME` of the ledger table, or schema.name (default lockstep_ledger)")
	f.StringArrayVar(&a.flags.vars, "var", nil, "`NAME=VALUE` for ${NAME} in files that name it; may be repeated")
	f.DurationVar(&a.flags.timeout, "timeout", 0, "end the command after `TIME`, such as 30s or 5m")
	f.BoolVar(&a.flags.json, "json", false, "print one JSON document on standard output")
	f.BoolVarP(&a.flags.quiet, "quiet", "q", false, "print errors only")
	f.BoolVar(&a.flags.noColor, "no-color", false, "print without colours (NO_COLOR)")
}

// runRoot answers a call without a known command.
func runRoot(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(append(names, c.Name()), c.Aliases...)
		}
	}
	e := &usageError{fmt.Sprintf("unknown command %q", args[0]), "lockstep --help lists the commands"}
	if near := lockstep.Nearest(args[0], names); near != "" {
		e.hint = fmt.Sprintf("did you mean lockstep %s?", near)
	}
	return e
}

// flagError explains an option that could not be read.
func flagError(cmd *cobra.Command, err error) error {
	e := &usageError{err.Error(), cmd.CommandPath() + " --help lists the options"}
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return e
	}
	name := unknown.GetSpecifiedName()
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	switch near := lockstep.Nearest(name, names); {
	case unknown.GetSpecifiedShortnames() != "" && strings.Trim(name, "0123456789") == "":
		e.msg, e.hint = fmt.Sprintf("unknown option -%s", name), "a number of migrations is written without a minus: "+cmd.CommandPath()+" "+name
	case unknown.GetSpecifiedShortnames() != "":
		e.msg = fmt.Sprintf("unknown option -%s", name)
	case near != "":
		e.msg, e.hint = fmt.Sprintf("unknown option --%s", name), fmt.Sprintf("did you mean --%s?", near)
	default:
		e.msg = fmt.Sprintf("unknown option --%s", name)
	}
	return e
}

// atMost accepts up to n arguments.
func atMost(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) <= n {
			return nil
		}
		takes := "takes no arguments"
		if n > 0 {
			takes = "takes one argument at most"
		}
		return &usageError{fmt.Sprintf("%s %s", cmd.CommandPath(), takes), "usage: " + cmd.UseLine()}
	}
}

// number reads the argument N of up, down and redo; 0 when there is none.
func number(cmd string, args []string) (int, error) {
	if len(args) == 0 {
		return 0, nil
	}
	n, err := strconv.Atoi(args[0])
	switch {
	case err != nil || len(args[0]) > 9:
		e := &usageError{fmt.Sprintf("%q is not a number of migrations", args[0]), fmt.Sprintf("lockstep %s 2 means two migrations", cmd)}
		if args[0] != "" && args[0][0] >= '0' && args[0][0] <= '9' && cmd != "redo" {
			e.hint = fmt.Sprintf("a version is given by --to: lockstep %s --to %s", cmd, args[0])
		}
		return 0, e
	case n < 1:
		return 0, &usageError{fmt.Sprintf("%d is not a number of migrations", n), fmt.Sprintf("lockstep %s 1 means one migration", cmd)}
	}
	return n, nil
}

func newExitCodes() *cobra.Command {
	return &cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Long: strings.TrimSpace(exitHelp)}
}

// varsOf reads --var NAME=VALUE. An error does not quote the value.
func varsOf(list []string) (map[string]string, error) {
	vars := map[string]string{}
	for i, one := range list {
		name, value, ok := strings.Cut(one, "=")
		if !ok || name == "" {
			return nil, &usageError{fmt.Sprintf("--var number %d is not of the form NAME=VALUE", i+1), "write --var REGION=eu"}
		}
		vars[name] = value
	}
	return vars, nil
}

// exclusive refuses pairs of options that contradict each other.
func exclusive(pairs ...[]string) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		for _, pair := range pairs {
			if cmd.Flags().Changed(pair[0]) && cmd.Flags().Changed(pair[1]) {
				return &usageError{fmt.Sprintf("--%s and --%s exclude each other", pair[0], pair[1]), "give one of them"}
			}
		}
		return nil
	}
}
