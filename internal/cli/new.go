package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/rehearse"
)

const newHelp = `Write the files of a new migration: VERSION_NAME.up.sql and VERSION_NAME.down.sql.

The version is the time in UTC, always behind the last migration of the folder,
and never one that another file has, also when two people or processes ask at
once. The name says what the migration does and begins with a verb; words may
be given apart.

--renumber VERSION gives a migration that is not applied yet a new version at
the end and renames its files. It is the way on when a branch was merged and its
migration is older than what is applied already.

--down FILE writes the .down.sql for an up that was written by hand: it runs the
migrations in a scratch database (see lockstep rehearse), compares the schema
before and after the up, and writes what leads back. Data that is lost is named
in the file. Then it rehearses the migration: up, down and up again.`

const newExample = `  lockstep new create users
  lockstep new add email to users
  lockstep new drop_sessions --no-down
  lockstep new backfill users email --data
  lockstep new active_users --repeatable
  lockstep new --renumber 20260101120000
  lockstep new --down migrations/20260101120000_create_users.up.sql`

type newOptions struct {
	noDown, sequential, data, repeatable bool
	renumber, down, scratch              string
}

func newNew(a *app) *cobra.Command {
	var o newOptions
	cmd := &cobra.Command{
		Use: "new NAME", Aliases: []string{"add", "create"}, GroupID: groupWrite,
		Short: "Write the files of a new migration", Long: newHelp, Example: newExample,
		RunE: a.with(func(ctx context.Context, s *config.Settings, args []string) error {
			return a.runNew(ctx, s, o, args)
		}),
	}
	f := cmd.Flags()
	f.BoolVar(&o.noDown, "no-down", false, "write one .sql file: the migration has no way back")
	f.BoolVar(&o.sequential, "sequential", false, "number it after the last one instead of by the time")
	f.BoolVar(&o.data, "data", false, "it changes rows, not the schema")
	f.BoolVar(&o.repeatable, "repeatable", false, "write repeatable/NAME.sql, which runs whenever its text changes")
	f.StringVar(&o.renumber, "renumber", "", "give the pending migration `VERSION` a new version at the end")
	f.StringVar(&o.down, "down", "", "write the down that belongs to the up in `FILE`")
	f.StringVar(&o.scratch, "scratch", "", "with --down: server, or empty database, to try it on (`URL`)")
	cmd.PreRunE = exclusive([]string{"down", "renumber"}, []string{"down", "no-down"}, []string{"repeatable", "no-down"}, []string{"repeatable", "sequential"}, []string{"repeatable", "data"})
	_ = cmd.RegisterFlagCompletionFunc("renumber", a.completeVersions) // the flag exists
	return cmd
}

// newAnswer is what new prints with --json.
type newAnswer struct {
	Version lockstep.Version `json:"version,omitempty"`
	Name    string           `json:"name"`
	Files   []string         `json:"files"`
	Renamed []rename         `json:"renamed,omitempty"`
	Losses  []string         `json:"losses,omitempty"`  // of a down that was written: data that does not come back
	Verdict rehearse.Verdict `json:"verdict,omitempty"` // of its rehearsal
}

func (a *app) runNew(ctx context.Context, s *config.Settings, o newOptions, args []string) error {
	switch {
	case o.renumber != "" && (len(args) > 0 || o.noDown || o.data || o.repeatable):
		return &usageError{"--renumber takes a version and nothing else", "lockstep new --renumber " + o.renumber}
	case o.renumber != "":
		return a.runRenumber(ctx, s, o)
	case o.down != "" && (len(args) > 0 || o.data || o.repeatable || o.sequential):
		return &usageError{"--down takes a file and nothing else", "lockstep new --down " + o.down}
	case o.down != "":
		return a.runNewDown(ctx, s, o)
	case len(args) == 0:
		return &usageError{"lockstep new takes a name", "start with a verb: lockstep new create users"}
	}
	name := normalName(args)
	if o.repeatable {
		return a.newRepeatable(s, name)
	}
	if err := checkName(name); err != nil {
		return err
	}
	answer, err := a.writeFiles(ctx, s, name, o.sequential, templates(name, o))
	if err != nil {
		return err
	}
	return a.answerNew(answer)
}

// writeFiles writes the files of a migration under a version of its own.
func (a *app) writeFiles(ctx context.Context, s *config.Settings, name string, sequential bool, files []newFile) (newAnswer, error) {
	version, note, release, err := numbering{s.Dirs, sequential, time.Now}.claim(ctx)
	if err != nil {
		return newAnswer{}, err
	}
	defer release()
	if note != "" {
		a.note(note)
	}
	answer := newAnswer{Version: version, Name: name}
	for _, f := range files {
		path := filepath.Join(s.Dirs[0], string(version)+"_"+name+f.suffix)
		if err := create(path, f.text); err != nil {
			return answer, err
		}
		answer.Files = append(answer.Files, path)
	}
	return answer, nil
}

func (a *app) answerNew(answer newAnswer) error {
	if a.flags.json {
		return a.printJSON(answer)
	}
	return a.answer("%s\n", strings.Join(answer.Files, "\n"))
}

// newRepeatable writes repeatable/NAME.sql. Its name is that of an object, so
// it needs no verb.
func (a *app) newRepeatable(s *config.Settings, name string) error {
	if name == "" {
		return nameError("the name has no letter or digit", "active_users --repeatable")
	}
	dir := filepath.Join(s.Dirs[0], "repeatable")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	path := filepath.Join(dir, name+".sql")
	if err := create(path, repeatableTemplate); err != nil {
		return err
	}
	return a.answerNew(newAnswer{Name: name, Files: []string{path}})
}

func create(path, text string) error {
	made, err := writeNew(path, text)
	if err == nil && !made {
		err = lockstep.WithHint(fmt.Errorf("%s exists already", path), "edit that file, or choose another name")
	}
	return err
}

type newFile struct{ suffix, text string }

func templates(name string, o newOptions) []newFile {
	head := fmt.Sprintf("-- %s\n", strings.ReplaceAll(name, "_", " "))
	if o.data {
		head += "-- lockstep:kind data\n"
	}
	up := head + upTemplate
	if o.noDown {
		return []newFile{{".sql", up + "-- It has no way back.\n"}}
	}
	return []newFile{{".up.sql", up}, {".down.sql", fmt.Sprintf(downTemplate, strings.ReplaceAll(name, "_", " "))}}
}

const upTemplate = `--
-- Plain SQL, as many statements as the change needs. It runs in one transaction
-- together with its record wherever the database can do that.
`

const downTemplate = `-- undo: %s
--
-- Undoes what the .up.sql does. If there is no honest way back, delete this
-- file: then lockstep says so instead of pretending.
`

const repeatableTemplate = `-- Runs whenever this text changes, after all versioned migrations: for views,
-- functions and the like. Write it so that it can run again:
-- CREATE OR REPLACE, or DROP … IF EXISTS before CREATE.
`
