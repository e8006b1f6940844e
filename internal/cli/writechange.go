package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/schema/diff"
)

// change is a migration to be written: the way from one schema to another.
type change struct {
	name        string // as a person gave it
	dialect     schemaDialect
	srv         lockstep.Server
	from, to    *schema.Schema
	renames     []diff.Rename
	ignored     schema.Ignore // what was left out of both
	strictOrder bool
}

// ignore is what does not count when the change is proved: what was left out of
// the schemas, and the order of columns unless it was asked for.
func (c change) ignore() schema.Ignore {
	i := c.ignored
	if !c.strictOrder {
		i.Kinds = append(slices.Clone(i.Kinds), schema.KindColumnOrder)
	}
	return i
}

// writeChange writes a migration that leads from one schema to another, and
// back.
func (a *app) writeChange(ctx context.Context, s *config.Settings, c change) (newAnswer, error) {
	name := normalName(strings.Fields(c.name))
	if err := checkName(name); err != nil {
		return newAnswer{}, err
	}
	up, down, err := c.scripts()
	if err != nil {
		return newAnswer{}, err
	}
	title := strings.ReplaceAll(name, "_", " ")
	return a.writeFiles(ctx, s, name, false, []newFile{
		{".up.sql", "-- " + title + "\n" + up}, {".down.sql", "-- undo: " + title + "\n" + down},
	})
}

// scripts returns the texts of the way there and of the way back.
func (c change) scripts() (up, down string, err error) {
	if up, err = c.script(c.from, c.to, c.renames); err != nil {
		return "", "", err
	}
	down, err = c.script(c.to, c.from, diff.Inverse(c.renames))
	return up, down, err
}

// script writes the SQL of the way from one schema to another, each change
// that loses data with a comment that says so.
func (c change) script(from, to *schema.Schema, renames []diff.Rename) (string, error) {
	changes, err := c.changes(from, to, renames)
	if err != nil {
		return "", err
	}
	head, parts, err := render(c.dialect, c.srv, changes)
	if err != nil {
		return "", err
	}
	return scriptText(head, changes, parts, terminator(c.dialect)), nil
}

// statements returns the SQL of the way from one schema to another.
func (c change) statements(from, to *schema.Schema, renames []diff.Rename) ([]string, error) {
	changes, err := c.changes(from, to, renames)
	if err != nil {
		return nil, err
	}
	return renderAll(c.dialect, c.srv, changes)
}

func (c change) changes(from, to *schema.Schema, renames []diff.Rename) ([]schema.Change, error) {
	result, err := diff.Diff(from, to, c.dialect, diff.Options{Renames: renames, StrictOrder: c.strictOrder})
	if err != nil {
		return nil, err
	}
	return result.Changes, nil
}

// scriptText writes changes with their statements as a file that people read.
func scriptText(head []string, changes []schema.Change, parts [][]string, end func(string) string) string {
	var b strings.Builder
	for _, statement := range head {
		b.WriteString("\n" + end(statement) + "\n")
	}
	for i, statements := range parts {
		if len(statements) == 0 {
			continue
		}
		b.WriteByte('\n')
		if schema.LosesData(changes[i]) {
			b.WriteString("-- This loses data: " + strings.ReplaceAll(changes[i].String(), "\n", " ") + "\n")
		}
		for _, statement := range statements {
			b.WriteString(end(statement) + "\n")
		}
	}
	return b.String()
}
