// Package diff derives the changes that turn one schema into another, in an
// order in which they can be made.
//
// It is pure: what only a kind of database can know is asked of a [Dialect].
// It writes no SQL; dialects render changes. It never guesses: what looks like a
// renamed object is offered as a hint, and counts as one only when the caller
// says so.
package diff

import "github.com/lockstepdb/lockstep/schema"

// Dialect answers what only a kind of database can know. The dialects of this
// module satisfy it.
type Dialect interface {
	// InCreate reports whether CREATE TABLE itself makes the part.
	InCreate(table, part schema.Fact) bool
	// CanAlter reports whether before can be changed into after in place.
	// Otherwise it is dropped and made anew.
	CanAlter(before, after schema.Fact) bool
	// Disturbs reports whether what needs the object (a view on a column) must
	// be dropped while before is changed into after.
	Disturbs(before, after schema.Fact) bool
	// MustRebuild reports whether these changes of one table and its parts can
	// only be made by making the table anew.
	MustRebuild(table schema.Fact, changes []schema.Change) bool
}
