package schema

import "strings"

// Change is one thing that can happen to a schema. It is a closed set: the types
// in this file. Changes are values; each holds what is needed to undo it.
type Change interface {
	// Subject is the object that changes, by its name before the change; for
	// what is created, by its name after it.
	Subject() ID
	// Inverse is the change that undoes this one.
	Inverse() Change
	// String says what happens, for people.
	String() string
	change()
}

type (
	// CreateTable makes a table with the parts that its statement can hold;
	// which those are is the dialect's to say.
	CreateTable struct {
		Table Fact
		Parts []Fact
	}
	// DropTable removes a table with everything that belongs to it. What it
	// holds is lost.
	DropTable struct {
		Table Fact
		Parts []Fact
	}
	// AlterTable changes attributes of a table itself.
	AlterTable struct{ Before, After Fact }
	// RenameTable gives a table another name or namespace.
	RenameTable struct{ From, To ID }
	// RebuildTable makes a table anew and copies its rows, where a server
	// cannot change it in place. Before and After hold the table's fact, then
	// those of all parts.
	RebuildTable struct{ Before, After []Fact }

	// AddColumn adds a column at the end, or behind another one.
	AddColumn struct {
		Column Fact
		After  string // column it stands behind, where the server can say so; "" = at the end
	}
	// DropColumn removes a column. What it holds is lost.
	DropColumn struct {
		Column Fact
		After  string // column it stood behind; see AddColumn
	}
	// AlterColumn changes a column: type, default, nullability …
	AlterColumn struct{ Before, After Fact }
	// RenameColumn gives a column another name.
	RenameColumn struct{ From, To ID }
	// ReorderColumns changes the order of a table's columns.
	ReorderColumns struct{ Before, After Fact }

	// AddConstraint adds a constraint, which existing rows must satisfy.
	AddConstraint struct{ Constraint Fact }
	// DropConstraint removes a constraint.
	DropConstraint struct{ Constraint Fact }
	// AlterConstraint changes what can be changed of a constraint in place:
	// validates it, makes it deferrable, changes its comment.
	AlterConstraint struct{ Before, After Fact }
	// RenameConstraint gives a constraint another name.
	RenameConstraint struct{ From, To ID }

	// AddIndex builds an index.
	AddIndex struct{ Index Fact }
	// DropIndex removes an index.
	DropIndex struct{ Index Fact }
	// AlterIndex changes what can be changed of an index in place.
	AlterIndex struct{ Before, After Fact }
	// RenameIndex gives an index another name.
	RenameIndex struct{ From, To ID }

	// CreateObject makes an object of another kind: view, routine, type …
	CreateObject struct{ Object Fact }
	// DropObject removes one.
	DropObject struct{ Object Fact }
	// AlterObject changes one in place.
	AlterObject struct{ Before, After Fact }
	// RenameObject gives one another name.
	RenameObject struct{ From, To ID }
)

// Create returns the change that makes an object. A table comes without parts.
func Create(f Fact) Change {
	switch f.ID.Kind {
	case KindTable:
		return CreateTable{Table: f}
	case KindColumn:
		return AddColumn{Column: f}
	case KindConstraint:
		return AddConstraint{f}
	case KindIndex:
		return AddIndex{f}
	}
	return CreateObject{f}
}

// Drop returns the change that removes an object.
func Drop(f Fact) Change { return Create(f).Inverse() }

// Alter returns the change of an object in place. The two facts have one ID.
func Alter(before, after Fact) Change {
	switch after.ID.Kind {
	case KindTable:
		return AlterTable{before, after}
	case KindColumn:
		return AlterColumn{before, after}
	case KindColumnOrder:
		return ReorderColumns{before, after}
	case KindConstraint:
		return AlterConstraint{before, after}
	case KindIndex:
		return AlterIndex{before, after}
	}
	return AlterObject{before, after}
}

// Rename returns the change of an object's name.
func Rename(from, to ID) Change {
	switch to.Kind {
	case KindTable:
		return RenameTable{from, to}
	case KindColumn:
		return RenameColumn{from, to}
	case KindConstraint:
		return RenameConstraint{from, to}
	case KindIndex:
		return RenameIndex{from, to}
	}
	return RenameObject{from, to}
}

// Inverse returns the changes that undo a list of changes, last first.
func Inverse(changes []Change) []Change {
	undo := make([]Change, 0, len(changes))
	for i := len(changes) - 1; i >= 0; i-- {
		undo = append(undo, changes[i].Inverse())
	}
	return undo
}

// LosesData reports whether a change throws away what rows hold: a dropped
// table or column. Whether an altered type loses something depends on the rows
// and the server, and is not told here.
func LosesData(c Change) bool {
	switch c := c.(type) {
	case DropTable, DropColumn:
		return true
	case DropObject:
		return c.Object.ID.Kind == KindMaterializedView || c.Object.ID.Kind == KindSequence
	case RebuildTable:
		return len(lostColumns(c)) > 0
	}
	return false
}

// lostColumns are the columns that a rebuilt table has no more.
func lostColumns(c RebuildTable) []ID {
	kept := map[ID]bool{}
	for _, f := range c.After {
		kept[f.ID] = true
	}
	var lost []ID
	for _, f := range c.Before {
		if f.ID.Kind == KindColumn && !kept[f.ID] {
			lost = append(lost, f.ID)
		}
	}
	return lost
}

// describeAlter names the attributes that change.
func describeAlter(before, after Fact) string {
	var parts []string
	for _, name := range before.Differing(after) {
		parts = append(parts, name+describeValues(before.Attr(name), after.Attr(name)))
	}
	return "change " + after.ID.String() + ": " + strings.Join(parts, ", ")
}

// describeValues shows short values; long ones (definitions) are in the facts.
func describeValues(before, after string) string {
	const most = 60
	show := func(s string) string {
		if s == "" {
			return "(none)"
		}
		return s
	}
	if len(before) > most || len(after) > most || strings.ContainsRune(before+after, '\n') {
		return ""
	}
	return " " + show(before) + " → " + show(after)
}
