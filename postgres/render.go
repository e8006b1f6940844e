package postgres

import (
	"fmt"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// Render returns the statements that make a change, in order and without
// semicolons: in the plain form, which may run in a transaction (the exceptions
// are those of the server: tablespaces of indexes, subscriptions). Names are
// qualified and quoted only where they must be. No statement at all means that
// the change comes by itself with another one, such as an index of a partition
// with that of the partitioned table. The error names what cannot be changed in
// place (see CanAlter) or at all.
func (dialect) Render(srv lockstep.Server, c schema.Change) ([]string, error) {
	return render(srv, c, false)
}

// RenderOnline is Render in the form that blocks readers and writers for
// moments only: indexes are built and dropped CONCURRENTLY, which cannot be in a
// transaction, and foreign keys and checks are added NOT VALID, then validated.
// Where the server has no such form (partitioned tables) it is Render's.
func (dialect) RenderOnline(srv lockstep.Server, c schema.Change) ([]string, error) {
	return render(srv, c, true)
}

func render(srv lockstep.Server, c schema.Change, online bool) ([]string, error) {
	r := &renderer{srv: srv, online: online}
	r.change(c)
	if r.err != nil {
		return nil, fmt.Errorf("render %q: %w", c.String(), r.err)
	}
	return r.out, nil
}

// renderer collects the statements of one change.
type renderer struct {
	srv    lockstep.Server
	online bool
	out    []string
	err    error // the first one
}

// add appends a statement made of parts, of which empty ones are left out.
func (r *renderer) add(parts ...string) {
	var b strings.Builder
	for _, p := range parts {
		if p == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(p)
	}
	r.out = append(r.out, b.String())
}

// fail remembers why the change cannot be made.
func (r *renderer) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// cannot fails for attributes that no statement changes.
func (r *renderer) cannot(f schema.Fact, attr string) {
	r.fail("%s cannot change in place: %s", f.ID.Kind, attr)
}

func (r *renderer) change(c schema.Change) {
	switch c := c.(type) {
	case schema.CreateTable:
		r.createTable(c.Table, c.Parts)
	case schema.DropTable:
		r.dropTable(c.Table)
	case schema.AlterTable:
		r.alterTable(c.Before, c.After)
	case schema.RebuildTable:
		r.rebuild(c)
	case schema.AddColumn:
		r.addColumn(c.Column)
	case schema.DropColumn:
		r.dropColumn(c.Column)
	case schema.AlterColumn:
		r.alterColumn(c.Before, c.After)
	case schema.ReorderColumns:
		r.fail("columns cannot change their order in place")
	case schema.AddConstraint:
		r.addConstraint(c.Constraint)
	case schema.DropConstraint:
		r.dropConstraint(c.Constraint)
	case schema.AlterConstraint:
		r.alterConstraint(c.Before, c.After)
	case schema.AddIndex:
		r.addIndex(c.Index)
	case schema.DropIndex:
		r.dropIndex(c.Index)
	case schema.AlterIndex:
		r.alterIndex(c.Before, c.After)
	case schema.CreateObject:
		r.createObject(c.Object)
	case schema.DropObject:
		r.dropObject(c.Object)
	case schema.AlterObject:
		r.alterObject(c.Before, c.After)
	default:
		r.rename(c)
	}
}

// rename renders what only gives another name or namespace.
func (r *renderer) rename(c schema.Change) {
	switch c := c.(type) {
	case schema.RenameTable:
		r.renameObject(c.From, c.To)
	case schema.RenameObject:
		r.renameObject(c.From, c.To)
	case schema.RenameIndex:
		r.add("ALTER INDEX", dotted(c.From.Schema, c.From.Name), "RENAME TO", ident(c.To.Name))
	case schema.RenameColumn:
		r.add("ALTER TABLE", tableOf(c.From), "RENAME COLUMN", ident(c.From.Name), "TO", ident(c.To.Name))
	case schema.RenameConstraint:
		r.add("ALTER TABLE", tableOf(c.From), "RENAME CONSTRAINT", ident(c.From.Name), "TO", ident(c.To.Name))
	default:
		r.fail("%T is not known", c)
	}
}

// renameObject moves first, so that the new name is free of the old namespace.
func (r *renderer) renameObject(from, to schema.ID) {
	word, ok := kindWord(schema.Fact{ID: from})
	if !ok {
		r.fail("%s cannot be renamed", from.Kind)
		return
	}
	if from.Kind.IsPart() {
		r.add("ALTER", word, ident(from.Name), "ON", tableOf(from), "RENAME TO", ident(to.Name))
		return
	}
	if from.Schema != to.Schema {
		r.add("ALTER", word, target(schema.Fact{ID: from}), "SET SCHEMA", ident(to.Schema))
		from.Schema = to.Schema
	}
	if name := baseName(to); name != baseName(from) {
		r.add("ALTER", word, target(schema.Fact{ID: from}), "RENAME TO", ident(name))
	}
}
