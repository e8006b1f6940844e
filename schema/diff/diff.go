// Package diff derives the changes that turn one schema into another, in an
// order in which they can be made.
//
// It is pure: what only a kind of database can know is asked of a [Dialect].
// It writes no SQL; dialects render changes. It never guesses: what looks like a
// renamed object is offered as a [Hint], and counts as one only when the caller
// says so in [Options.Renames].
//
// # What is changed
//
// Renames are applied to the facts of the source first, with everything that
// follows them: parts of a renamed table, lists of columns, references, needs.
// Then the facts are compared. What differs is altered where the dialect can do
// that, and otherwise dropped and made anew; a table that cannot be altered is
// rebuilt with its rows. What needs something that is taken away (a view a
// column, a foreign key the key it refers to) and is still wanted is dropped
// before and made again after, and nothing else is.
//
// # In which order
//
// Renames come first. All else is one graph: a thing is made after what it needs
// in the target, dropped after what needed it in the source has gone or changed,
// and altered in between. Where the graph leaves a choice, what holds no data
// (constraints, indexes, views …) is dropped first, then things are made and
// altered from schemas to triggers, and what holds data, with the types and
// schemas below it, is dropped last. Tables are made with the parts that their
// statement can hold; foreign keys and whatever else cannot be part of it follow
// when all tables exist. The parts of a dropped table go with it; indexes and
// constraints on a dropped column are dropped before it by changes of their own,
// although most servers would take them along, because a reviewer should see
// them go and the way back has to make them again.
//
// # The way back
//
// Diff with the schemas swapped and the renames turned round ([Inverse]) is the
// down of a diff. schema.Inverse of the changes is too, and undoes the very
// steps; but Diff asks the dialect whether each step back can be made in place,
// which that of a step forward does not tell. Neither brings back data:
// [Result.Losses] says what is lost.
package diff

import (
	"github.com/lockstepdb/lockstep/schema"
)

// Dialect answers what only a kind of database can know. The dialects of this
// module satisfy it. The answers must depend on the arguments only.
type Dialect interface {
	// InCreate reports whether CREATE TABLE itself makes the part. Asked for a
	// column of a view, it tells whether nothing (default, comment, grants) is
	// left to be set when the view is there.
	InCreate(table, part schema.Fact) bool
	// CanAlter reports whether before can be changed into after in place.
	// Otherwise it is dropped and made anew. Asked for the order of columns
	// (schema.KindColumnOrder), it tells whether the server can place columns.
	CanAlter(before, after schema.Fact) bool
	// Disturbs reports whether what needs the object (a view on a column) must
	// be dropped while before is changed into after.
	Disturbs(before, after schema.Fact) bool
	// MustRebuild reports whether these changes of one table and its parts can
	// only be made by making the table anew. Where a server keeps an order of
	// indexes (schema.IndexOrder), the one before and the one wanted are among
	// the changes, equal or not, if Options.StrictOrder is set.
	MustRebuild(table schema.Fact, changes []schema.Change) bool
}

// Disturber is an optional ability of a Dialect: it says of each object that
// needs another one whether it must be dropped while the other one changes.
// Without it, where Disturbs says so, everything must but constraints, indexes
// and statistics, which servers adapt themselves.
type Disturber interface {
	// Disturbed is asked only where Disturbs reports true.
	Disturbed(before, after, needing schema.Fact) bool
}

// Rename says that an object of the source is one of the target. Both IDs are
// complete: those of a column name its table as it is called in their schema.
type Rename struct{ From, To schema.ID }

// Options say how schemas are compared. The zero value is the safe one.
type Options struct {
	// Renames are the objects that have another name in the target: schemas,
	// tables, columns, indexes, constraints, objects. Default none: another name
	// is another object.
	Renames []Rename
	// StrictOrder changes the order of columns where it differs, which most
	// servers can only do by rebuilding the table. Default no: it is told in
	// Result.OrderOnly.
	StrictOrder bool
	// Together puts what belongs to a new table or view directly behind it, as
	// far as it needs nothing that comes later, and routines before tables, for
	// the sake of triggers. Such an order is for reading a whole schema. Default
	// no: the changes of one kind stand together.
	Together bool
}

// Result is what turns one schema into another.
type Result struct {
	// Changes in the order in which they can be made; nil if there are none.
	Changes []schema.Change
	// Hints are objects that may have been renamed, the likeliest first; nil if
	// there are none. Nothing was done about them.
	Hints []Hint
	// OrderOnly are the tables whose columns stand in another order than in the
	// target after all changes, because Options.StrictOrder is not set. Before is
	// the order they will have.
	OrderOnly []schema.Difference
	// Losses are those of the changes that throw away what rows hold. Whether a
	// changed type loses something, only a dialect can tell.
	Losses []schema.Change
	// Cycles are objects that need each other in a way that no order satisfies;
	// their changes stand in the order of the kinds and may fail. Nil as a rule.
	Cycles [][]schema.ID
}

// Diff returns the changes that turn one schema into another. The same schemas
// give the same changes. The error joins a *RenameError for each rename that
// cannot be.
func Diff(from, to *schema.Schema, d Dialect, o Options) (*Result, error) {
	source, renames, err := rename(from, to, d, o.Renames)
	if err != nil {
		return nil, err
	}
	p := newPlan(source, to, d, o)
	found := schema.Compare(source, to)
	p.classify(found)
	w := p.arrange()
	r := &Result{Changes: w.changes(renames), Cycles: w.cycles, Hints: hints(source, to, found)}
	r.OrderOnly = w.orderOnly
	for _, c := range r.Changes {
		if schema.LosesData(c) {
			r.Losses = append(r.Losses, c)
		}
	}
	return r, nil
}

// Inverse turns renames round, for the way back.
func Inverse(renames []Rename) []Rename {
	back := make([]Rename, 0, len(renames))
	for _, r := range renames {
		back = append(back, Rename{r.To, r.From})
	}
	return back
}
