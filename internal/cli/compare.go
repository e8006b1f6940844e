package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/drift"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/internal/view"
	"github.com/lockstepdb/lockstep/schema"
)

const compareHelp = `Say whether two databases have the same schema, and show what differs.

The first URL is what should be, the second what is compared with it; with one
URL, --db is the first. lockstep's own tables do not count, and neither do names
of databases. --sql prints the statements that would make the second like the
first. The exit code is 6 when they differ.

Both databases are of one kind. Across major versions of a server some texts
are printed differently, and are told as differences.`

const compareExample = `  lockstep compare postgres://staging/shop postgres://production/shop
  lockstep compare sqlite:copy.db --db sqlite:app.db --ignore order
  lockstep compare mysql://a/shop mysql://b/shop --sql`

type compareOptions struct {
	ignore []string
	sql    bool
}

// compareAnswer is what compare prints with --json.
type compareAnswer struct {
	Equal        bool               `json:"equal"`
	First        side               `json:"first"`
	Second       side               `json:"second"`
	Differences  []objectDifference `json:"differences"`
	NotCompared  []schema.Unknown   `json:"notCompared,omitempty"`
	ToMakeSecond []string           `json:"sql,omitempty"` // makes the second like the first
}

// side is one of the two databases.
type side struct {
	Database    string `json:"database"`
	Fingerprint string `json:"fingerprint"`
	Objects     int    `json:"objects"`
	schema      *schema.Schema
	srv         lockstep.Server
}

func newCompare(a *app) *cobra.Command {
	var o compareOptions
	cmd := &cobra.Command{
		Use: "compare URL [URL]", GroupID: groupLook, Short: "Say whether two databases have the same schema", Long: compareHelp,
		Example: compareExample,
		RunE: a.with(func(ctx context.Context, s *config.Settings, args []string) error {
			return a.runCompare(ctx, s, o, args)
		}),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().StringSliceVar(&o.ignore, "ignore", nil, "what does not count: `WORDS` of order, owner, grants, comments")
	cmd.Flags().BoolVar(&o.sql, "sql", false, "show the statements that would make the second like the first")
	return cmd
}

func (a *app) runCompare(ctx context.Context, s *config.Settings, o compareOptions, args []string) error {
	ignore, err := ignoring(o.ignore)
	if err != nil {
		return err
	}
	first, second, err := a.compared(s, args)
	if err != nil {
		return err
	}
	d, err := schemaDialectOf(first.Database.Scheme)
	if err != nil {
		return err
	}
	var sides [2]side
	for i, one := range []*config.Settings{first, second} {
		if sides[i], err = a.side(ctx, one, d, ignore); err != nil {
			return err
		}
	}
	alike(d, &sides)
	return a.answerCompare(d, sides, o)
}

// compared returns the settings of the two databases.
func (a *app) compared(s *config.Settings, args []string) (first, second *config.Settings, err error) {
	switch {
	case len(args) == 0 || len(args) > 2:
		return nil, nil, &usageError{"lockstep compare takes two database URLs", "lockstep compare URL URL, or lockstep compare URL with --db"}
	case len(args) == 1 && !s.HasDatabase():
		return nil, nil, &usageError{"there is only one database to compare", "give two URLs, or the first by --db"}
	}
	first = s
	if len(args) == 2 {
		if first, err = a.other(args[0]); err != nil {
			return nil, nil, err
		}
	}
	if second, err = a.other(args[len(args)-1]); err != nil {
		return nil, nil, err
	}
	if family(first.Database.Scheme) != family(second.Database.Scheme) {
		return nil, nil, &usageError{
			fmt.Sprintf("%s and %s cannot be compared: they are different kinds of database", first.Database.Scheme, second.Database.Scheme),
			"give two databases of one kind",
		}
	}
	return first, second, nil
}

// family is the scheme of the dialect.
func family(scheme string) string {
	if scheme == config.MariaDB {
		return config.MySQL
	}
	return scheme
}

// other returns the settings for another database. The secrets of both are
// kept out of what is printed.
func (a *app) other(url string) (*config.Settings, error) {
	flags, err := a.flagValues()
	if err != nil {
		return nil, err
	}
	flags.DB, flags.DBFrom = url, "the argument"
	s, err := config.Resolve(config.Input{Flags: flags, File: a.flags.config, Env: a.flags.env, Environ: a.std.Environ})
	if err != nil {
		return nil, err
	}
	a.hide(s.Redactor())
	return s, nil
}

// side reads one of the databases.
func (a *app) side(ctx context.Context, s *config.Settings, d schemaDialect, ignore schema.Ignore) (out side, err error) {
	err = a.look(s, func(m *session) error {
		found, srv, err := m.inspect(ctx, d)
		if err != nil {
			return err
		}
		found = found.Without(ignore)
		out = side{m.database, found.Fingerprint(), len(found.Facts()), found, srv}
		return nil
	})
	return out, err
}

// alike leaves out of both what depends on the users who read, or was kept from
// one of them.
func alike(d schemaDialect, sides *[2]side) {
	first, second := sides[0].schema, sides[1].schema
	if r, ok := d.(drift.Rereader); ok {
		second = r.Reread(first, second)
		first = r.Reread(second, first)
	}
	for _, unread := range []schema.Ignore{first.Unread(), second.Unread()} {
		first, second = first.Without(unread), second.Without(unread)
	}
	sides[0].schema, sides[1].schema = first, second
}

func (a *app) answerCompare(d schemaDialect, sides [2]side, o compareOptions) error {
	differences := schema.Essential(schema.Compare(sides[0].schema, sides[1].schema))
	var statements []string
	var err error
	if o.sql && len(differences) > 0 {
		if statements, err = leading(d, sides[1].srv, sides[1].schema, sides[0].schema); err != nil {
			return err
		}
	}
	unknown := append(sides[0].schema.Unknown(), sides[1].schema.Unknown()...)
	switch {
	case a.flags.json:
		err = a.printJSON(compareAnswer{len(differences) == 0, sides[0], sides[1], objectDifferences(differences), unknown, statements})
	case !a.flags.quiet:
		err = a.printCompare(d, sides, differences, statements, unknown)
	}
	if err == nil && len(differences) > 0 {
		return &saidError{lockstep.ErrHistory}
	}
	return err
}

func (a *app) printCompare(d schemaDialect, sides [2]side, differences []schema.Difference, statements []string, unknown []schema.Unknown) error {
	if note := view.SchemaUnknown(a.errStyle(), unknown); note != "" {
		a.tell("%s\n", note)
	}
	if one, two := sides[0].srv.Flavor, sides[1].srv.Flavor; len(differences) > 0 && one != two {
		a.note(one + " and " + two + " print many definitions differently; what differs may be only that")
	}
	if len(differences) == 0 {
		return a.printf("Equal: %s in each.\n%s\n", view.Count(sides[0].Objects, "object"), a.outStyle().Dim(sides[0].Fingerprint))
	}
	if err := a.printf("%s from %s to %s:\n\n", view.CountDifferences(differences), sides[0].Database, sides[1].Database); err != nil {
		return err
	}
	if err := view.SchemaDifferences(a.out, a.outStyle(), differences); err != nil || len(statements) == 0 {
		return err
	}
	if err := a.printf("\nTo make %s like %s:\n\n", sides[1].Database, sides[0].Database); err != nil {
		return err
	}
	return view.SchemaSQL(a.out, terminated(d, statements))
}
