package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/codegen"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/internal/view"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/schema/diff"
)

const schemaHelp = `Print the schema of the database as code or as a document:

  sql      statements that make it anew, in a fixed order
  json     tables, columns, constraints, indexes and all other objects
  mermaid  a diagram for Markdown
  dbml     for tools that read DBML
  html     a page to browse, with a diagram; needs no network
  go       a struct for each table and view

The same schema gives the same text, byte for byte. --out FILE keeps it in a
file, for instance in the repository, where a pull request shows what a
migration makes of the schema; --check compares the file with the database and
exits with 6 if it is not up to date.`

const schemaExample = `  lockstep schema
  lockstep schema --out schema.sql
  lockstep schema --out schema.sql --check
  lockstep schema --format html --out schema.html
  lockstep schema --format go --package model --out model/tables.go`

type schemaOptions struct {
	format, out, pkg, title string
	check                   bool
	ignore                  []string
}

// formats are those of lockstep schema; the first is the default.
func formats() []string { return []string{"sql", "json", "mermaid", "dbml", "html", "go"} }

func newSchema(a *app) *cobra.Command {
	var o schemaOptions
	cmd := &cobra.Command{
		Use: "schema", Aliases: []string{"dump"}, GroupID: groupLook, Short: "Print the schema as code or as a document", Long: schemaHelp,
		Example: schemaExample, Args: atMost(0),
		RunE: a.with(noArguments(func(ctx context.Context, s *config.Settings) error { return a.runSchema(ctx, s, o) })),
	}
	f := cmd.Flags()
	f.StringVar(&o.format, "format", "", "`FORMAT`: sql, json, mermaid, dbml, html or go (default by the ending of --out, else sql)")
	f.StringVar(&o.out, "out", "", "write it to `FILE`")
	f.BoolVar(&o.check, "check", false, "compare FILE with the database instead of writing it")
	f.StringVar(&o.pkg, "package", "", "with --format go: `NAME` of the package (default the folder's)")
	f.StringVar(&o.title, "title", "", "with --format html: `TEXT` of the title (default the database)")
	f.StringSliceVar(&o.ignore, "ignore", nil, "leave out: `WORDS` of order, owner, grants, comments")
	return cmd
}

func (a *app) runSchema(ctx context.Context, s *config.Settings, o schemaOptions) error {
	if err := o.complete(a.flags.json); err != nil {
		return err
	}
	ignore, err := ignoring(o.ignore)
	if err != nil {
		return err
	}
	d, err := schemaDialectOf(s.Database.Scheme)
	if err != nil {
		return err
	}
	return a.look(s, func(m *session) error {
		found, srv, err := m.inspect(ctx, d)
		if err != nil {
			return err
		}
		if note := view.SchemaUnknown(a.errStyle(), found.Unknown()); note != "" {
			a.tell("%s\n", note)
		}
		var text bytes.Buffer
		if err := printSchema(&text, d, srv, found.Without(ignore), o); err != nil {
			return err
		}
		return a.deliver(o, text.Bytes())
	})
}

// complete fills in what other options say, and refuses what makes no sense.
func (o *schemaOptions) complete(json bool) error {
	if o.check && o.out == "" {
		return &usageError{"--check needs the file to compare with", "lockstep schema --out schema.sql --check"}
	}
	ending := strings.TrimPrefix(filepath.Ext(o.out), ".")
	switch {
	case o.format == "" && json:
		o.format = "json"
	case o.format == "" && ending == "mmd":
		o.format = "mermaid"
	case o.format == "" && contains(formats(), ending):
		o.format = ending
	case o.format == "":
		o.format = formats()[0]
	case !contains(formats(), o.format):
		e := &usageError{fmt.Sprintf("unknown format %q", o.format), "it is one of " + strings.Join(formats(), ", ")}
		if near := lockstep.Nearest(o.format, formats()); near != "" {
			e.hint = fmt.Sprintf("did you mean %q?", near)
		}
		return e
	}
	if o.pkg == "" {
		o.pkg = packageOf(o.out)
	}
	return nil
}

// packageOf names the package after the folder of a file.
func packageOf(path string) string {
	if dir, err := filepath.Abs(filepath.Dir(path)); err == nil && path != "" {
		name := strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' {
				return r
			}
			return -1
		}, strings.ToLower(filepath.Base(dir)))
		if name != "" && (name[0] < '0' || name[0] > '9') {
			return name
		}
	}
	return "schema"
}

func printSchema(w io.Writer, d schemaDialect, srv lockstep.Server, s *schema.Schema, o schemaOptions) error {
	switch o.format {
	case "json":
		return codegen.JSON(w, s)
	case "mermaid":
		return codegen.Mermaid(w, s)
	case "dbml":
		return codegen.DBML(w, s)
	case "html":
		return codegen.HTML(w, s, codegen.HTMLOptions{Title: orDefault(o.title, filepath.Base(srv.Database))})
	case "go":
		return codegen.Go(w, s, codegen.GoOptions{Package: o.pkg, Dialect: srv.Dialect})
	}
	return printSQL(w, d, srv, s)
}

// printSQL prints the changes that make the schema in an empty database.
func printSQL(w io.Writer, d schemaDialect, srv lockstep.Server, s *schema.Schema) error {
	objects, err := creating(d, srv, s)
	if err != nil {
		return err
	}
	var all []string
	for _, o := range objects {
		all = append(all, o.Statements...)
	}
	return codegen.SQL(w, objects, codegen.SQLOptions{Note: shellNote(d, all), Dialect: srv.Dialect, Fingerprint: s.Fingerprint(), Terminate: terminator(d)})
}

// creating returns the SQL that makes a schema where there is nothing but what
// a new database has by itself.
func creating(d schemaDialect, srv lockstep.Server, s *schema.Schema) ([]codegen.Object, error) {
	nothing, err := schema.New(d.Initial(s))
	if err != nil {
		return nil, err
	}
	result, err := diff.Diff(nothing, s, d, diff.Options{Together: true})
	if err != nil {
		return nil, err
	}
	head, parts, err := render(d, srv, result.Changes)
	if err != nil {
		return nil, err
	}
	objects := []codegen.Object{{Statements: head}} // of no object: without a section
	for i, statements := range parts {
		objects = append(objects, codegen.Object{ID: result.Changes[i].Subject(), Statements: statements})
	}
	return objects, nil
}

// errOutdated is the answer of --check when a file is not what it should be.
var errOutdated = fmt.Errorf("%w: the file is not up to date", lockstep.ErrHistory)

// deliver prints the text, writes it to the file, or compares it with that.
func (a *app) deliver(o schemaOptions, text []byte) error {
	if o.out == "" {
		return a.printf("%s", text)
	}
	before, err := os.ReadFile(o.out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read %s: %w", o.out, err)
	}
	same := err == nil && bytes.Equal(before, text)
	switch {
	case o.check && same:
		return a.answer("%s is up to date.\n", o.out)
	case o.check:
		if !a.flags.quiet {
			if err := view.Diff(a.out, a.outStyle(), o.out, "the database", string(before), string(text)); err != nil {
				return err
			}
			a.report(o.out+" is not up to date", "lockstep schema --out "+o.out+" writes it")
		}
		return &saidError{errOutdated}
	case same:
		return a.answer("%s is up to date already.\n", o.out)
	}
	if err := os.WriteFile(o.out, text, 0o644); err != nil {
		return lockstep.WithHint(fmt.Errorf("write schema: %w", err), "name a file in a folder that exists and may be written")
	}
	return a.answer("Wrote %s.\n", o.out)
}
