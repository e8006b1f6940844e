package mysql

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/sqltext"
)

// Render returns the statements that make one change, in order, without
// semicolons at their ends. Bodies of routines, triggers and events may hold
// semicolons: see Terminate. A list without statements means that there is
// nothing to do.
//
// Names of the current database's objects are not qualified; a definer, sql_mode
// or character set is written where it is not the one that the facts leave out
// (see Inspect).
func (dialect) Render(srv lockstep.Server, c schema.Change) ([]string, error) {
	w := writer{srv}
	statements, err := w.change(c)
	if err != nil {
		return nil, fmt.Errorf("render %q: %w", c, err)
	}
	return statements, nil
}

// Terminate ends a statement so that the mysql and mariadb shells and lockstep
// read it from a script: with DELIMITER lines around one that holds semicolons.
func (dialect) Terminate(statement string) string {
	end, inside := ";", holds(statement, sqltext.Semicolon)
	if inside {
		end = "//"
		for strings.Index(statement+end, end) < len(statement) {
			end += "$"
		}
	}
	text := statement + end
	if last := statement[strings.LastIndexByte(statement, '\n')+1:]; holds(last, sqltext.LineComment) {
		text = statement + "\n" + end
	}
	if inside {
		return "DELIMITER " + end + "\n" + text + "\nDELIMITER ;"
	}
	return text
}

// ShellNote tells what a person must know who gives statements to a shell of
// the server, "" for nothing.
func (dialect) ShellNote(statements []string) string {
	if slices.ContainsFunc(statements, func(s string) bool { return holds(s, sqltext.LineComment, sqltext.BlockComment) }) {
		return "The mysql and mariadb shells keep the comments in bodies with --comments only."
	}
	return ""
}

// holds reports whether a statement has a token of one of the kinds, in one of
// the ways in which strings are read: the sql_mode of a body may differ.
func holds(statement string, kinds ...sqltext.Kind) bool {
	plain := dialect{}.Lexer()
	plain.NoBackslashEscapes = true
	for _, o := range []sqltext.Options{dialect{}.Lexer(), plain} {
		for t := range sqltext.Tokens(statement, o) {
			if slices.Contains(kinds, t.Kind) {
				return true
			}
		}
	}
	return false
}

// writer writes SQL for one server.
type writer struct{ srv lockstep.Server }

func (w writer) maria() bool { return w.srv.Flavor == flavorMariaDB }

// errNoRender says that a change cannot be made by SQL here.
func errNoRender(what string) error {
	return fmt.Errorf("%s cannot be written as SQL for this server", what)
}

func (w writer) change(c schema.Change) ([]string, error) {
	switch c := c.(type) {
	case schema.CreateTable:
		return w.createTable(c.Table, c.Parts), nil
	case schema.DropTable:
		return []string{"DROP TABLE " + objectName(c.Table.ID)}, nil
	case schema.AlterTable:
		return w.alterTable(c.Before, c.After), nil
	case schema.RenameTable:
		return []string{"RENAME TABLE " + objectName(c.From) + " TO " + objectName(c.To)}, nil
	case schema.RebuildTable:
		return w.rebuild(c), nil
	case schema.ReorderColumns:
		return nil, errNoRender("an order of columns without the columns")
	case schema.CreateObject:
		return w.createObject(c.Object)
	case schema.DropObject:
		return w.dropObject(c.Object)
	case schema.AlterObject:
		return w.alterObject(c.Before, c.After)
	case schema.RenameObject:
		return w.renameObject(c.From, c.To)
	}
	return w.partChange(c)
}

// partChange writes a change of a part of a table: one ALTER TABLE.
func (w writer) partChange(c schema.Change) ([]string, error) {
	alter := func(clauses ...string) []string { return alter(c.Subject(), clauses) }
	switch c := c.(type) {
	case schema.AddColumn:
		place := ""
		if c.After != "" {
			place = " AFTER " + ident(c.After)
		}
		return append(alter("ADD COLUMN "+w.column(c.Column)+place), w.afterColumn(c.Column)...), nil
	case schema.DropColumn:
		return alter("DROP COLUMN " + ident(c.Column.ID.Name)), nil
	case schema.AlterColumn:
		return append(alter("MODIFY COLUMN "+w.column(c.After)), w.afterColumn(c.After)...), nil
	case schema.RenameColumn:
		return alter("RENAME COLUMN " + ident(c.From.Name) + " TO " + ident(c.To.Name)), nil
	case schema.AddConstraint:
		return alter("ADD " + w.constraint(c.Constraint)), nil
	case schema.DropConstraint:
		return alter(w.dropConstraint(c.Constraint)), nil
	case schema.AlterConstraint:
		return alter(w.alterConstraint(c.Before, c.After)...), nil
	case schema.AddIndex:
		return alter("ADD " + w.index(c.Index)), nil
	case schema.DropIndex:
		return alter("DROP INDEX " + ident(c.Index.ID.Name)), nil
	case schema.AlterIndex:
		return alter(w.alterIndex(c.Before, c.After)...), nil
	case schema.RenameIndex:
		return alter("RENAME INDEX " + ident(c.From.Name) + " TO " + ident(c.To.Name)), nil
	}
	return nil, errNoRender("this change")
}

// alter writes one ALTER TABLE for a part's table.
func alter(part schema.ID, clauses []string) []string {
	return []string{"ALTER TABLE " + tableOf(part) + " " + strings.Join(clauses, ", ")}
}

// words joins what is not empty with spaces.
func words(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

// with writes a word and a value, "" without a value.
func with(word, value string) string {
	if value == "" {
		return ""
	}
	return word + value
}

// when writes a word where a flag is set.
func when(set bool, word string) string {
	if set {
		return word
	}
	return ""
}

// text writes a string constant, "" for none.
func text(word, value string) string {
	if value == "" {
		return ""
	}
	return word + stringLiteral(value)
}
