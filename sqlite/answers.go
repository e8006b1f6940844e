package sqlite

import (
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/sqltext"
)

// InCreate reports whether a part stands in CREATE TABLE: columns and all
// constraints, since a constraint cannot be added to a table. A virtual table is
// made by its definition alone.
func (dialect) InCreate(table, part schema.Fact) bool {
	switch part.ID.Kind {
	case schema.KindColumn, schema.KindColumnOrder, schema.KindConstraint:
		return table.Form() == ""
	}
	return false
}

// CanAlter reports whether before can become after without being dropped. What
// belongs to a table changes when the table is rebuilt; an index, a view and a
// trigger are always made anew, and columns cannot be placed.
func (dialect) CanAlter(before, after schema.Fact) bool {
	switch after.ID.Kind {
	case schema.KindTable:
		return before.Form() == "" && after.Form() == ""
	case schema.KindColumn, schema.KindConstraint:
		return true
	case schema.KindDatabase:
		return before.Attr(attrEncoding) == after.Attr(attrEncoding)
	}
	return false
}

// Disturbs reports whether an object is missing while it changes: a view. What
// names a missing view keeps ALTER TABLE from renaming or dropping anything.
func (dialect) Disturbs(_, after schema.Fact) bool { return after.ID.Kind == schema.KindView }

// MustRebuild reports whether ALTER TABLE cannot make these changes: SQLite adds
// some columns at the end, drops those that nothing else names, and renames.
func (dialect) MustRebuild(table schema.Fact, changes []schema.Change) bool {
	return slices.ContainsFunc(changes, func(c schema.Change) bool {
		switch c := c.(type) {
		case schema.AlterTable, schema.AlterColumn, schema.ReorderColumns, schema.RebuildTable,
			schema.AddConstraint, schema.DropConstraint, schema.AlterConstraint, schema.RenameConstraint:
			return true
		case schema.AddColumn:
			return c.After != "" || !canAdd(c.Column) || drops(changes, c.Column.ID) || hidesKey(c.Column)
		case schema.DropColumn:
			return hidesKey(c.Column)
		}
		return false
	})
}

// Follows reports whether SQLite adapts a definition itself to a renamed table
// or column: it does so everywhere, from 3.25 on.
func (dialect) Follows(schema.Fact) bool { return true }

// Anonymous reports whether the ID of a constraint is made of what it says.
func (dialect) Anonymous(f schema.Fact) bool {
	return f.ID.Kind == schema.KindConstraint && f.Attr(attrName) == ""
}

// canAdd reports whether ALTER TABLE ADD COLUMN takes a column when there are
// rows: no stored one, and no default that must be computed. NOT NULL without a
// default it refuses only then, and so would a rebuilt table.
func canAdd(column schema.Fact) bool {
	value := column.Attr(schema.AttrDefault)
	return !column.Is(schema.AttrStored) && (value == "" || isConstant(value) && !isTime(value))
}

// hidesKey reports whether a column is called as the hidden key of a table: newer
// versions of SQLite refuse to add and to drop such a one.
func hidesKey(column schema.Fact) bool {
	return slices.Contains(rowidNames(), lower(column.ID.Name))
}

// drops reports whether a column goes that SQLite takes for the same: only the
// case of its name is another.
func drops(changes []schema.Change, column schema.ID) bool {
	return slices.ContainsFunc(changes, func(c schema.Change) bool {
		d, ok := c.(schema.DropColumn)
		return ok && strings.EqualFold(d.Column.ID.Name, column.Name)
	})
}

// isConstant reports whether a default can stand without parentheses.
func isConstant(value string) bool {
	all := tokens(value)
	if len(all) == 2 && all[0].isOneOf("-", "+") {
		all = all[1:]
	}
	if len(all) != 1 {
		return false
	}
	switch t := all[0]; t.kind {
	case sqltext.Number, sqltext.String:
		return true
	case sqltext.Ident:
		return t.isOneOf("NULL", "TRUE", "FALSE") || isTime(t.text)
	}
	return false
}

func isTime(value string) bool {
	switch upper(value) {
	case "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP":
		return true
	}
	return false
}
