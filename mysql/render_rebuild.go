package mysql

import (
	"slices"
	"strconv"

	"github.com/lockstepdb/lockstep/schema"
)

// remake makes one table of another with one ALTER TABLE, so that rows are
// copied at most once and the server sees no state between. Foreign keys and
// triggers, which cannot be changed in it, go before and come after.
type remake struct {
	w               writer
	before, after   []schema.Fact
	was, will       map[schema.ID]schema.Fact
	table, oldTable schema.Fact
	statements      []string
	clauses         []string
	renames         []string // of indexes
}

func (w writer) rebuild(c schema.RebuildTable) []string {
	r := &remake{
		w: w, before: c.Before[1:], after: c.After[1:], oldTable: c.Before[0], table: c.After[0],
		was: map[schema.ID]schema.Fact{}, will: map[schema.ID]schema.Fact{},
	}
	for _, f := range r.before {
		r.was[f.ID] = f
	}
	for _, f := range r.after {
		r.will[f.ID] = f
	}
	r.detach()
	r.dropParts()
	r.columns()
	r.addParts()
	r.clauses = append(r.clauses, w.periodClauses(r.oldTable, r.table)...)
	r.clauses = append(r.clauses, w.optionClauses(r.oldTable, r.table)...)
	partitions, alone := repartition(r.oldTable, r.table)
	if alone {
		r.run(r.clauses, "")
		r.clauses = nil
	}
	r.run(r.clauses, partitions)
	r.run(r.renames, "")
	for _, f := range inOrder(r.after) {
		if r.differs(f) {
			r.statements = append(r.statements, w.afterColumn(f)...)
		}
	}
	r.attach()
	return r.statements
}

// run writes one ALTER TABLE.
func (r *remake) run(clauses []string, end string) {
	for _, statement := range alterWith(r.table.ID.In(schema.KindColumn, ""), clauses, end) {
		if r.oldTable.Is(AttrSystemVersioning) && r.table.Is(AttrSystemVersioning) {
			statement = "SET STATEMENT system_versioning_alter_history = KEEP FOR " + statement
		}
		r.statements = append(r.statements, statement)
	}
}

// rekeys reports whether all keys must be made anew: MariaDB's keep the block
// size of a table that has another one now.
func (r *remake) rekeys() bool {
	return r.w.maria() && r.oldTable.Attr(keyBlockSize) != r.table.Attr(keyBlockSize)
}

// remakes reports whether a constraint that CREATE TABLE makes is made anew.
func (r *remake) remakes(f schema.Fact, same bool) bool {
	return f.ID.Kind == schema.KindConstraint && f.Form() != schema.ForeignKey && (!same || f.Form() == schema.PrimaryKey && r.rekeys())
}

// differs reports whether a part of the new table is not in the old one as it is.
func (r *remake) differs(f schema.Fact) bool {
	was, ok := r.was[f.ID]
	return !ok || !was.Equal(f)
}

// stays reports whether a part of the old table is in the new one as it is.
func (r *remake) stays(f schema.Fact) bool {
	will, ok := r.will[f.ID]
	return ok && will.Equal(f)
}

// disturbed reports whether a foreign key that stays must go while its columns
// change.
func (r *remake) disturbed(f schema.Fact) bool {
	if f.Form() != schema.ForeignKey {
		return false
	}
	return slices.ContainsFunc(schema.SplitNames(f.Attr(schema.AttrColumns)), func(name string) bool {
		id := r.table.ID.In(schema.KindColumn, name)
		return r.changes(r.was[id], r.will[id])
	})
}

// changes reports whether a column's values change their form. One without a
// collation of its own changes with the table.
func (r *remake) changes(was, will schema.Fact) bool {
	return was.Attr(schema.AttrType) != will.Attr(schema.AttrType) ||
		orElse(was.Attr(schema.AttrCollation), r.oldTable.Attr(schema.AttrCollation)) !=
			orElse(will.Attr(schema.AttrCollation), r.table.Attr(schema.AttrCollation))
}

// detach drops foreign keys and triggers that go or change.
func (r *remake) detach() {
	for _, f := range slices.Backward(r.before) {
		switch {
		case f.ID.Kind == schema.KindTrigger && !r.stays(f):
			r.statements = append(r.statements, "DROP TRIGGER "+objectName(schema.ID{Schema: f.ID.Schema, Name: f.ID.Name}))
		case f.Form() == schema.ForeignKey && (!r.stays(f) || r.disturbed(f)):
			r.statements = append(r.statements, alter(f.ID, []string{r.w.dropConstraint(f)})...)
		}
	}
}

// attach makes those that come, and those that came back.
func (r *remake) attach() {
	for _, f := range r.after {
		if f.Form() == schema.ForeignKey && (r.differs(f) || r.disturbed(f)) {
			r.statements = append(r.statements, alter(f.ID, []string{"ADD " + r.w.constraint(f)})...)
		}
	}
	triggers := slices.DeleteFunc(slices.Clone(r.after), func(f schema.Fact) bool { return f.ID.Kind != schema.KindTrigger || !r.differs(f) })
	for len(triggers) > 0 {
		i := max(0, slices.IndexFunc(triggers, func(f schema.Fact) bool { return !follows(f, triggers) }))
		r.statements = append(r.statements, r.w.createTrigger(triggers[i])...)
		triggers = slices.Delete(triggers, i, i+1)
	}
}

// follows reports whether a trigger follows one of the others.
func follows(f schema.Fact, others []schema.Fact) bool {
	return slices.ContainsFunc(others, func(o schema.Fact) bool { return o.ID.Name == f.Attr(AttrFollows) })
}

// dropParts drops checks, indexes and columns.
func (r *remake) dropParts() {
	kept := r.keptIndexes()
	for _, f := range r.before {
		switch {
		case f.ID.Kind == schema.KindIndex && !kept[f.ID]:
			r.clauses = append(r.clauses, "DROP INDEX "+ident(f.ID.Name))
		case r.remakes(f, r.stays(f)):
			r.clauses = append(r.clauses, r.w.dropConstraint(f))
		}
	}
	for _, f := range r.before {
		if f.ID.Kind == schema.KindColumn && !r.modified(f.ID) {
			r.clauses = append(r.clauses, "DROP COLUMN "+ident(f.ID.Name))
		}
	}
}

// modified reports whether a column is in both tables, and can be changed from
// the one into the other.
func (r *remake) modified(id schema.ID) bool {
	was, before := r.was[id]
	will, after := r.will[id]
	return before && after && canModify(was, will)
}

// addParts makes the primary key, indexes in their order, and checks.
func (r *remake) addParts() {
	for _, f := range r.after {
		if f.Form() == schema.PrimaryKey && r.remakes(f, !r.differs(f)) {
			r.clauses = append(r.clauses, "ADD "+r.w.constraint(f))
		}
	}
	kept := r.keptIndexes()
	for _, f := range indexesInOrder(r.after) {
		if _, was := r.was[f.ID]; was && !kept[f.ID] {
			f = r.moved(f)
		}
		if !kept[f.ID] {
			r.clauses = append(r.clauses, "ADD "+r.w.index(f))
		}
	}
	for _, f := range r.after {
		if f.Form() == schema.Check && r.differs(f) {
			r.clauses = append(r.clauses, "ADD "+r.w.constraint(f))
		}
	}
}

// moved is an index that is made anew under its old name. A server takes DROP
// and ADD of the same index for nothing to do, even if they differ in some
// things, so that it has another name first.
func (r *remake) moved(f schema.Fact) schema.Fact {
	name := f.ID.Name
	f.ID.Name = "lockstep_" + strconv.Itoa(len(r.renames)+1)
	r.renames = append(r.renames, "RENAME INDEX "+ident(f.ID.Name)+" TO "+ident(name))
	return f
}

// keptIndexes are those that need not be made anew: equal ones, as many of each
// group as stand in front in the right order, since new ones come behind them.
func (r *remake) keptIndexes() map[schema.ID]bool {
	kept := map[schema.ID]bool{}
	if r.rekeys() {
		return kept
	}
	for _, class := range indexClasses() {
		was, will := classOf(class, r.before), classOf(class, r.after)
		for _, f := range will {
			i := slices.IndexFunc(was, func(o schema.Fact) bool { return o.ID == f.ID })
			if i < 0 || !was[i].Equal(f) {
				break
			}
			kept[f.ID] = true
			was = was[i+1:]
		}
	}
	return kept
}

func classOf(class string, parts []schema.Fact) []schema.Fact {
	return slices.DeleteFunc(indexesInOrder(parts), func(f schema.Fact) bool { return indexClass(f) != class })
}

// columns adds, changes and moves columns.
func (r *remake) columns() {
	columns := inOrder(r.after)
	still := r.still(columns)
	for i, f := range columns {
		was, old := r.was[f.ID], r.modified(f.ID)
		place := ""
		if old && !still[f.ID] || !old && slices.ContainsFunc(columns[i:], func(c schema.Fact) bool { return still[c.ID] }) {
			place = placeOf(columns, i)
		}
		switch {
		case !old:
			r.clauses = append(r.clauses, words("ADD COLUMN", r.w.column(f), place))
		case place != "" || !was.Equal(f) || r.changes(was, f) || was.Is(schema.AttrCollation) != f.Is(schema.AttrCollation):
			r.clauses = append(r.clauses, words("MODIFY COLUMN", r.w.column(f), place))
		}
	}
}

func placeOf(columns []schema.Fact, i int) string {
	if i == 0 {
		return "FIRST"
	}
	return "AFTER " + ident(columns[i-1].ID.Name)
}

// still are the columns that need not be moved: the longest list that is in the
// same order in both.
func (r *remake) still(columns []schema.Fact) map[schema.ID]bool {
	place := map[schema.ID]int{}
	for i, f := range inOrder(r.before) {
		place[f.ID] = i + 1
	}
	best, from := make([]int, len(columns)), make([]int, len(columns))
	end := -1
	for i, f := range columns {
		if place[f.ID] == 0 || !r.modified(f.ID) {
			continue
		}
		best[i], from[i] = 1, -1
		for j := range i {
			if best[j] > 0 && place[columns[j].ID] < place[f.ID] && best[j]+1 > best[i] {
				best[i], from[i] = best[j]+1, j
			}
		}
		if end < 0 || best[i] > best[end] {
			end = i
		}
	}
	still := map[schema.ID]bool{}
	for ; end >= 0; end = from[end] {
		still[columns[end].ID] = true
	}
	return still
}
