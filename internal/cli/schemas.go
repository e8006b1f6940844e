package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/codegen"
	"github.com/lockstepdb/lockstep/drift"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/schema/diff"
)

// schemaDialect is a dialect that knows schemas; all dialects of this module do.
type schemaDialect interface {
	lockstep.Dialect
	lockstep.ScriptReader
	drift.Dialect
	// Initial returns the facts of a new database on the server of s.
	Initial(s *schema.Schema) []schema.Fact
	// Render returns the SQL of a change.
	Render(srv lockstep.Server, c schema.Change) ([]string, error)
}

func schemaDialectOf(scheme string) (schemaDialect, error) {
	d, ok := dialectOf(scheme).(schemaDialect)
	if !ok {
		return nil, fmt.Errorf("lockstep cannot read the schema of %s", scheme)
	}
	return d, nil
}

// look opens a database for commands that need its schema and ledger, and no
// migrations.
func (a *app) look(s *config.Settings, do func(*session) error) error {
	bare := *s
	bare.Dirs = nil
	return a.use(&bare, reads, do)
}

// inspect reads the schema of an open database, without lockstep's own tables.
func (m *session) inspect(ctx context.Context, d schemaDialect) (*schema.Schema, lockstep.Server, error) {
	srv, err := m.Server(ctx)
	if err != nil {
		return nil, srv, err
	}
	s, err := d.Inspect(ctx, m.db, srv, schema.Scope{Except: m.Tables()})
	if err != nil {
		return nil, srv, fmt.Errorf("read schema of %s: %w", m.database, err)
	}
	return s, srv, nil
}

// ignorable are the words of --ignore and of drift.ignore.
func ignorable() []string { return []string{"order", "owner", "grants", "comments"} }

// ignoring reads a list of words that say what does not count.
func ignoring(words []string) (schema.Ignore, error) {
	var i schema.Ignore
	for _, w := range words {
		switch w {
		case "order":
			i.Kinds = append(i.Kinds, schema.KindColumnOrder)
		case "owner":
			i.Attrs = append(i.Attrs, schema.AttrOwner)
		case "grants":
			i.Attrs = append(i.Attrs, schema.AttrGrants)
		case "comments":
			i.Attrs = append(i.Attrs, schema.AttrComment)
		default:
			e := &usageError{fmt.Sprintf("%q is nothing that can be ignored", w), "it is one of order, owner, grants, comments"}
			if near := lockstep.Nearest(w, ignorable()); near != "" {
				e.hint = fmt.Sprintf("did you mean %q?", near)
			}
			return i, e
		}
	}
	return i, nil
}

// render returns the SQL of changes, one list a change, and what must stand in
// front of all of it in one script.
func render(d schemaDialect, srv lockstep.Server, changes []schema.Change) (head []string, parts [][]string, err error) {
	for _, c := range changes {
		statements, err := d.Render(srv, c)
		if err != nil {
			return nil, nil, err
		}
		parts = append(parts, statements)
	}
	return arrange(d, parts)
}

// arrange takes out of the SQL of changes what must stand in front of all of
// it in one script.
func arrange(d schemaDialect, parts [][]string) (head []string, rest [][]string, err error) {
	arranger, ok := d.(interface {
		Arrange(statements []string) []string
	})
	if !ok {
		return nil, parts, nil
	}
	all := slices.Concat(parts...)
	script := arranger.Arrange(all)
	for n := 0; n <= len(script); n++ { // what moved to the front is not in its place any more
		if slices.Equal(without(all, script[:n]), script[n:]) {
			head = script[:n]
			break
		}
	}
	for i := range parts {
		parts[i] = without(parts[i], head)
	}
	return head, parts, nil
}

func without(statements, gone []string) []string {
	return slices.DeleteFunc(slices.Clone(statements), func(s string) bool { return slices.Contains(gone, s) })
}

// renderAll returns the SQL of changes in the order in which a script runs it.
func renderAll(d schemaDialect, srv lockstep.Server, changes []schema.Change) ([]string, error) {
	head, parts, err := render(d, srv, changes)
	return append(head, slices.Concat(parts...)...), err
}

// terminator ends statements as the scripts of a dialect need it: with more
// than a semicolon where its shells would take one inside of a body for the end.
func terminator(d schemaDialect) func(statement string) string {
	if t, ok := d.(interface{ Terminate(statement string) string }); ok {
		return t.Terminate
	}
	return codegen.Terminate
}

// shellNote tells what a person must know who gives statements to the
// database's own shell, "" for nothing.
func shellNote(d schemaDialect, statements []string) string {
	if n, ok := d.(interface {
		ShellNote(statements []string) string
	}); ok {
		return n.ShellNote(statements)
	}
	return ""
}

// terminated returns statements with their ends.
func terminated(d schemaDialect, statements []string) []string {
	end := terminator(d)
	out := make([]string, len(statements))
	for i, s := range statements {
		out[i] = end(strings.TrimRight(s, " \t\r\n"))
	}
	return out
}

// leading returns the SQL that leads from one schema to another: to another order
// of columns or indexes only if nothing else differs, because that costs much;
// none where no SQL does it.
func leading(d schemaDialect, srv lockstep.Server, from, to *schema.Schema) ([]string, error) {
	result, err := diff.Diff(from, to, d, diff.Options{})
	if err != nil || len(result.Changes) > 0 {
		return rendered(d, srv, result, err)
	}
	if result, err = diff.Diff(from, to, d, diff.Options{StrictOrder: true}); err != nil {
		return nil, err
	}
	statements, err := renderAll(d, srv, result.Changes)
	if err != nil {
		return nil, nil //nolint:nilerr // this server has no such statement
	}
	return statements, nil
}

func rendered(d schemaDialect, srv lockstep.Server, result *diff.Result, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	return renderAll(d, srv, result.Changes)
}

// objectDifference is a difference as --json prints it.
type objectDifference struct {
	Object     string          `json:"object"` // for people
	Kind       schema.Kind     `json:"kind"`
	Schema     string          `json:"schema,omitempty"`
	Table      string          `json:"table,omitempty"`
	Name       string          `json:"name,omitempty"`
	Change     string          `json:"change"` // added, removed, changed
	Attributes []attrDiff      `json:"attributes,omitempty"`
	Accepted   *acceptedAnswer `json:"accepted,omitempty"`
}

type attrDiff struct {
	Name   string `json:"name"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// acceptedAnswer says who accepted a difference, and why.
type acceptedAnswer struct {
	By      string `json:"by"`
	Reason  string `json:"reason"`
	At      string `json:"at"`
	Expires string `json:"expires,omitempty"`
}

func objectDifferences(all []schema.Difference) []objectDifference {
	out := make([]objectDifference, 0, len(all))
	for _, d := range all {
		out = append(out, objectDifferenceOf(d))
	}
	return out
}

func objectDifferenceOf(d schema.Difference) objectDifference {
	o := objectDifference{Object: d.ID.String(), Kind: d.ID.Kind, Schema: d.ID.Schema, Table: d.ID.Table, Name: d.ID.Name, Change: "changed"}
	var before, after schema.Fact
	switch {
	case d.Before == nil:
		o.Change, after = "added", *d.After
	case d.After == nil:
		o.Change, before = "removed", *d.Before
	default:
		before, after = *d.Before, *d.After
	}
	for _, name := range before.Differing(after) {
		o.Attributes = append(o.Attributes, attrDiff{name, before.Attr(name), after.Attr(name)})
	}
	return o
}
