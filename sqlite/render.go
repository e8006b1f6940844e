package sqlite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// Render returns the statements that make a change, for SQLite 3.35 and newer.
// It refuses what SQLite has no statement for; MustRebuild tells those changes
// of tables. The statements of a rebuilt table begin with a PRAGMA that must
// stand before the transaction, see Arrange.
func (dialect) Render(_ lockstep.Server, c schema.Change) ([]string, error) {
	statements, err := render(c)
	if err != nil {
		return nil, fmt.Errorf("render change %q: %w", c, err)
	}
	return statements, nil
}

// Arrange returns the statements of several changes as those of one script:
// settings that do nothing within a transaction come first, and once. The runner
// runs them before it begins the transaction, and checks the foreign keys at its
// end.
func (dialect) Arrange(statements []string) []string {
	if !slices.Contains(statements, foreignKeysOff) {
		return statements
	}
	rest := slices.DeleteFunc(slices.Clone(statements), func(s string) bool { return s == foreignKeysOff })
	return append([]string{foreignKeysOff}, rest...)
}

func render(c schema.Change) ([]string, error) {
	switch c := c.(type) {
	case schema.CreateTable:
		return createWhole(c.Table, c.Parts)
	case schema.DropTable:
		return dropTable(c.Table), nil
	case schema.RebuildTable:
		return rebuildTable(c.Before, c.After)
	case schema.AddColumn:
		return []string{"ALTER TABLE " + ident(c.Column.ID.Table) + " ADD COLUMN " + columnText(c.Column, nil)}, nil
	case schema.DropColumn:
		return []string{"ALTER TABLE " + ident(c.Column.ID.Table) + " DROP COLUMN " + ident(c.Column.ID.Name)}, nil
	case schema.AddIndex:
		return createObject(c.Index)
	case schema.DropIndex:
		return dropObject(c.Index.ID)
	case schema.AlterIndex:
		return replaceObject(c.Before, c.After)
	case schema.CreateObject:
		return createObject(c.Object)
	case schema.DropObject:
		return dropObject(c.Object.ID)
	case schema.AlterObject:
		return replaceObject(c.Before, c.After)
	}
	return renderRename(c)
}

// dropTable keeps the rows that refer to the table's: with foreign keys switched
// on SQLite deletes its rows first, and by cascade theirs.
func dropTable(table schema.Fact) []string {
	drop := "DROP TABLE " + ident(table.ID.Name)
	if table.Form() == formVirtual {
		return []string{drop}
	}
	return []string{foreignKeysOff, drop}
}

// createWhole makes a table, and what else is among its parts when the change
// undoes that of a table with indexes and triggers.
func createWhole(table schema.Fact, parts []schema.Fact) ([]string, error) {
	create, err := createTable(table, parts, table.ID.Name)
	if err != nil {
		return nil, err
	}
	others, err := createOthers(sortParts(table, parts))
	return append([]string{create}, others...), err
}

func createOthers(p tableParts) ([]string, error) {
	var statements []string
	for _, f := range p.others {
		more, err := createObject(f)
		if err != nil {
			return nil, err
		}
		statements = append(statements, more...)
	}
	return statements, nil
}

func renderRename(c schema.Change) ([]string, error) {
	switch c := c.(type) {
	case schema.RenameTable:
		return renameTable(c.From.Name, c.To.Name), nil
	case schema.RenameColumn:
		return []string{"ALTER TABLE " + ident(c.To.Table) + " RENAME COLUMN " + ident(c.From.Name) + " TO " + ident(c.To.Name)}, nil
	case schema.RenameIndex, schema.RenameObject:
		return nil, fmt.Errorf("SQLite cannot rename a %s: it has to be dropped and made anew", c.Subject().Kind)
	}
	return nil, fmt.Errorf("SQLite cannot change this of a table: it has to be rebuilt")
}

// renameTable takes two steps where only the case of letters changes: SQLite
// finds that the name is taken.
func renameTable(from, to string) []string {
	if lower(from) == lower(to) {
		between := temporaryName(to)
		return append(renameTable(from, between), renameTable(between, to)...)
	}
	return []string{"ALTER TABLE " + ident(from) + " RENAME TO " + ident(to)}
}

func createObject(f schema.Fact) ([]string, error) {
	switch f.ID.Kind {
	case schema.KindDatabase:
		return alterDatabase(schema.Fact{ID: f.ID}, f)
	case schema.KindIndex:
		return []string{createIndex(f)}, nil
	case schema.KindView:
		return []string{createView(f)}, nil
	case schema.KindTrigger:
		return []string{createTrigger(f)}, nil
	}
	return nil, fmt.Errorf("it is not known how to make a %s", f.ID.Kind)
}

func dropObject(id schema.ID) ([]string, error) {
	switch id.Kind {
	case schema.KindDatabase:
		return alterDatabase(schema.Fact{ID: id, Attrs: nil}, schema.Fact{ID: id})
	case schema.KindIndex:
		return []string{"DROP INDEX " + ident(id.Name)}, nil
	case schema.KindView:
		return []string{"DROP VIEW " + ident(id.Name)}, nil
	case schema.KindTrigger:
		return []string{"DROP TRIGGER " + ident(id.Name)}, nil
	}
	return nil, fmt.Errorf("it is not known how to drop a %s", id.Kind)
}

func replaceObject(before, after schema.Fact) ([]string, error) {
	if after.ID.Kind == schema.KindDatabase {
		return alterDatabase(before, after)
	}
	drop, err := dropObject(before.ID)
	if err != nil {
		return nil, err
	}
	create, err := createObject(after)
	return append(drop, create...), err
}

// alterDatabase sets the numbers that programs keep in the file. Its encoding
// is fixed by its first table.
func alterDatabase(before, after schema.Fact) ([]string, error) {
	var statements []string
	for _, name := range before.Differing(after) {
		value := after.Attr(name)
		switch name {
		case attrUserVersion, attrApplicationID:
			if value == "" {
				value = "0"
			}
			statements = append(statements, "PRAGMA "+name+" = "+value)
		default:
			return nil, fmt.Errorf("SQLite cannot change the %s of a database", name)
		}
	}
	return statements, nil
}

func createIndex(f schema.Fact) string {
	head := "CREATE INDEX "
	if f.Is(schema.AttrUnique) {
		head = "CREATE UNIQUE INDEX "
	}
	if f.Form() == formUnread {
		return head + ident(f.ID.Name) + " " + f.Attr(schema.AttrDefinition)
	}
	text := head + ident(f.ID.Name) + " ON " + ident(f.ID.Table) + " (" + termsText(f) + ")"
	if where := f.Attr(attrPredicate); where != "" {
		text += " WHERE " + where
	}
	return text
}

// termsText returns the columns of a key or index.
func termsText(f schema.Fact) string {
	if definition := f.Attr(schema.AttrDefinition); definition != "" {
		return definition
	}
	return idents(schema.SplitNames(f.Attr(schema.AttrColumns)))
}

func idents(names []string) string {
	quoted := make([]string, 0, len(names))
	for _, name := range names {
		quoted = append(quoted, ident(name))
	}
	return strings.Join(quoted, ", ")
}

func createView(f schema.Fact) string {
	text := "CREATE VIEW " + ident(f.ID.Name)
	if f.Form() == formUnread {
		return text + " " + f.Attr(schema.AttrDefinition)
	}
	if columns := schema.SplitNames(f.Attr(schema.AttrColumns)); len(columns) > 0 {
		text += " (" + idents(columns) + ")"
	}
	return text + " AS\n" + layOut(f.Attr(schema.AttrDefinition))
}

// layOut begins a line with each clause of a query, but not of those within.
func layOut(query string) string {
	var b strings.Builder
	depth, written := 0, 0
	for i, t := range tokens(query) {
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		case i > 0 && depth == 0 && t.isOneOf("FROM", "WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "UNION", "EXCEPT", "INTERSECT"):
			b.WriteString(strings.TrimSuffix(query[written:t.start], " ") + "\n")
			written = t.start
		}
	}
	return b.String() + query[written:]
}

func createTrigger(f schema.Fact) string {
	text := "CREATE TRIGGER " + ident(f.ID.Name) + " "
	if f.Form() == formUnread {
		return text + f.Attr(schema.AttrDefinition)
	}
	text += f.Attr(attrTiming) + " " + f.Attr(attrEvent)
	if columns := schema.SplitNames(f.Attr(schema.AttrColumns)); len(columns) > 0 {
		text += " OF " + idents(columns)
	}
	text += " ON " + ident(f.ID.Table)
	if when := f.Attr(attrWhen); when != "" {
		text += "\nWHEN " + when
	}
	return text + "\nBEGIN\n  " + f.Attr(schema.AttrDefinition) + "\nEND"
}
