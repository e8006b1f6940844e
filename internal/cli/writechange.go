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
	online      bool // in the form that keeps nobody waiting, where the server has one
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
	parts, apart, err := c.render(from, changes)
	if err != nil {
		return "", err
	}
	head, parts, err := arrange(c.dialect, parts)
	if err != nil {
		return "", err
	}
	text := scriptText(head, changes, parts, terminator(c.dialect))
	if apart {
		text = "-- lockstep:transaction off\n" + text
	}
	return text, nil
}

// render returns the SQL of each change. apart tells that some of it is in a
// form that is of no use in one transaction.
func (c change) render(from *schema.Schema, changes []schema.Change) (parts [][]string, apart bool, err error) {
	for _, one := range changes {
		statements, err := c.dialect.Render(c.srv, one)
		if err != nil {
			return nil, false, err
		}
		online, err := c.renderOnline(from, one)
		if err != nil {
			return nil, false, err
		}
		if online != nil && !slices.Equal(online, statements) {
			statements, apart = online, true
		}
		parts = append(parts, statements)
	}
	return parts, apart, nil
}

// renderOnline returns the SQL of a change in the form that keeps nobody
// waiting, nil where there is none or nobody can wait: the table is new.
func (c change) renderOnline(from *schema.Schema, one schema.Change) ([]string, error) {
	d, ok := c.dialect.(interface {
		RenderOnline(srv lockstep.Server, c schema.Change) ([]string, error)
	})
	id := one.Subject()
	_, exists := from.Fact(schema.ID{Kind: schema.KindTable, Schema: id.Schema, Name: id.Table})
	if !ok || !c.online || !exists {
		return nil, nil
	}
	return d.RenderOnline(c.srv, one)
}

// statements returns the SQL of the way from one schema to another.
func (c change) statements(from, to *schema.Schema, renames []diff.Rename) ([]string, error) {
	changes, err := c.changes(from, to, renames)
	if err != nil {
		return nil, err
	}
	parts, _, err := c.render(from, changes)
	if err != nil {
		return nil, err
	}
	head, parts, err := arrange(c.dialect, parts)
	return append(head, slices.Concat(parts...)...), err
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
