package diff_test

import (
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/lockstepdb/lockstep/schema"
)

// answers is a kind of database that does not exist: what it can do follows
// from a number.
type answers struct {
	seed   uint64
	places bool // columns can be placed
	inline bool // CREATE TABLE takes all parts but triggers, with foreign keys to tables that are not there yet; other changes rebuild
}

// chance is true in one of n cases; the same for the same question.
func (a answers) chance(n uint64, question string, facts ...schema.Fact) bool {
	h := fnv.New64a()
	fmt.Fprintln(h, a.seed, question)
	for _, f := range facts {
		fmt.Fprintln(h, f.ID, f.Attrs)
	}
	return h.Sum64()%n == 0
}

func (a answers) InCreate(_, part schema.Fact) bool {
	switch {
	case part.ID.Kind == schema.KindTrigger:
		return false
	case part.Form() == schema.ForeignKey:
		return a.inline
	}
	return a.inline || !a.chance(3, "in create", schema.NewFact(schema.ID{Kind: part.ID.Kind}))
}

func (a answers) CanAlter(before, after schema.Fact) bool {
	if after.ID.Kind == schema.KindColumnOrder {
		return a.places
	}
	if before.Attr(schema.AttrColumns) != after.Attr(schema.AttrColumns) || before.Form() != after.Form() {
		return false
	}
	if after.ID.Kind == schema.KindTable || after.ID.Kind == schema.KindColumn {
		return !a.chance(8, "alter", before, after)
	}
	return !a.chance(2, "alter", before, after)
}

func (a answers) Disturbs(before, after schema.Fact) bool {
	return a.chance(3, "disturb", before, after)
}

func (a answers) MustRebuild(table schema.Fact, changes []schema.Change) bool {
	return a.inline && slices.ContainsFunc(changes, func(c schema.Change) bool {
		k := c.Subject().Kind
		return k == schema.KindConstraint || k != schema.KindTrigger && a.chance(4, "rebuild"+c.String())
	})
}

// database is a model of one: it makes changes, and refuses those that come in
// the wrong order.
type database struct {
	answers
	facts map[schema.ID]schema.Fact

	renames bool // something has been renamed
}

func newDatabase(s *schema.Schema, a answers) *database {
	db := &database{answers: a, facts: map[schema.ID]schema.Fact{}}
	for _, f := range s.Facts() {
		db.facts[f.ID] = f
	}
	return db
}

func (db *database) schema() *schema.Schema {
	var facts []schema.Fact
	for _, f := range db.facts {
		facts = append(facts, f)
	}
	s, err := schema.New(facts)
	if err != nil {
		panic(err)
	}
	return s
}

func (db *database) apply(c schema.Change) error {
	switch c := c.(type) {
	case schema.CreateTable:
		return db.createTable(c)
	case schema.DropTable:
		return db.remove(append([]schema.Fact{c.Table}, c.Parts...), true)
	case schema.AddColumn:
		return db.addColumn(c)
	case schema.DropColumn:
		return db.dropColumn(c)
	case schema.ReorderColumns:
		return db.reorder(c)
	case schema.RebuildTable:
		return db.rebuild(c)
	case schema.AddConstraint:
		return db.add(c.Constraint)
	case schema.DropConstraint:
		return db.remove([]schema.Fact{c.Constraint}, false)
	case schema.AddIndex:
		return db.add(c.Index)
	case schema.DropIndex:
		return db.remove([]schema.Fact{c.Index}, false)
	case schema.CreateObject:
		return db.createObject(c.Object)
	case schema.DropObject:
		return db.dropObject(c.Object)
	case schema.AlterTable:
		return db.alter(c.Before, c.After)
	case schema.AlterColumn:
		return db.alter(c.Before, c.After)
	case schema.AlterConstraint:
		return db.alter(c.Before, c.After)
	case schema.AlterIndex:
		return db.alter(c.Before, c.After)
	case schema.AlterObject:
		return db.alter(c.Before, c.After)
	case schema.RenameTable:
		return db.rename(c.From, c.To)
	case schema.RenameColumn:
		return db.rename(c.From, c.To)
	case schema.RenameIndex:
		return db.rename(c.From, c.To)
	case schema.RenameConstraint:
		return db.rename(c.From, c.To)
	case schema.RenameObject:
		return db.rename(c.From, c.To)
	}
	return fmt.Errorf("unknown change %T", c)
}

// needed lists what must be there for a fact.
func (db *database) needed(f schema.Fact) []schema.ID {
	ids := slices.Clone(f.Needs)
	if f.ID.Table != "" {
		owner := schema.ID{Kind: schema.KindTable, Schema: f.ID.Schema, Name: f.ID.Table}
		if _, ok := db.facts[owner]; !ok {
			owner.Kind = schema.KindView
		}
		ids = append(ids, owner)
	} else if f.ID.Kind != schema.KindSchema {
		ids = append(ids, schema.ID{Kind: schema.KindSchema, Name: f.ID.Schema})
	}
	if f.ID.Kind != schema.KindConstraint && f.ID.Kind != schema.KindIndex {
		return ids
	}
	for _, n := range schema.SplitNames(f.Attr(schema.AttrColumns)) {
		ids = append(ids, schema.ID{Kind: schema.KindColumn, Schema: f.ID.Schema, Table: f.ID.Table, Name: n})
	}
	if ref := schema.SplitNames(f.Attr(schema.AttrReferences)); ref != nil {
		target := schema.ID{Kind: schema.KindTable, Schema: ref[0], Name: ref[1]}
		ids = append(ids, target)
		for _, n := range schema.SplitNames(f.Attr(schema.AttrRefColumns)) {
			ids = append(ids, target.In(schema.KindColumn, n))
		}
	}
	return ids
}

// check reports what is wrong with one fact as things are.
func (db *database) check(f schema.Fact) error {
	if db.inline && f.ID.Kind == schema.KindConstraint {
		return nil // looked at when rows are written
	}
	for _, id := range db.needed(f) {
		if _, ok := db.facts[id]; !ok {
			return fmt.Errorf("%s needs %s", f.ID, id)
		}
	}
	if f.Form() == schema.ForeignKey && !db.hasKey(f) {
		return fmt.Errorf("%s has no key to refer to", f.ID)
	}
	return nil
}

func (db *database) hasKey(fk schema.Fact) bool {
	ref := schema.SplitNames(fk.Attr(schema.AttrReferences))
	for id, f := range db.facts {
		if id.Schema == ref[0] && id.Table == ref[1] && (f.Form() == schema.PrimaryKey || f.Form() == schema.Unique) && f.Attr(schema.AttrColumns) == fk.Attr(schema.AttrRefColumns) {
			return true
		}
	}
	return false
}

func (db *database) checkAll() error {
	for _, f := range db.facts {
		if err := db.check(f); err != nil {
			return err
		}
	}
	return nil
}

// add puts facts in at once.
func (db *database) add(facts ...schema.Fact) error {
	for _, f := range facts {
		if _, ok := db.facts[f.ID]; ok {
			return fmt.Errorf("%s exists", f.ID)
		}
		for id, other := range db.facts {
			if id.Table == "" && f.ID.Table == "" && id.Kind != schema.KindSchema && id.Kind != schema.KindRoutine && f.ID.Kind != schema.KindRoutine && id.Schema == f.ID.Schema && id.Name == f.ID.Name {
				return fmt.Errorf("%s: the name is taken by %s", f.ID, id)
			}
			if f.Form() == schema.PrimaryKey && other.Form() == schema.PrimaryKey && id.Schema == f.ID.Schema && id.Table == f.ID.Table {
				return fmt.Errorf("%s: there is %s", f.ID, id)
			}
		}
		db.facts[f.ID] = f
	}
	for _, f := range facts {
		if err := db.check(f); err != nil {
			return err
		}
	}
	return nil
}

// remove takes facts out at once; all are all facts about a table.
func (db *database) remove(facts []schema.Fact, all bool) error {
	for _, f := range facts {
		if have, ok := db.facts[f.ID]; !ok || !db.same(have, f) {
			return fmt.Errorf("cannot drop %s: there is %v, not %v", f.ID, have, f)
		}
		delete(db.facts, f.ID)
	}
	if all && len(db.parts(facts[0].ID)) > 0 {
		return fmt.Errorf("parts of %s are left: %v", facts[0].ID, db.parts(facts[0].ID))
	}
	return db.checkAll()
}

func (db *database) parts(id schema.ID) []schema.Fact {
	var parts []schema.Fact
	for _, f := range db.facts {
		if f.ID.Schema == id.Schema && f.ID.Table == id.Name {
			parts = append(parts, f)
		}
	}
	return parts
}

func (db *database) createTable(c schema.CreateTable) error {
	for _, f := range c.Parts {
		if k := f.ID.Kind; k != schema.KindColumn && k != schema.KindColumnOrder && !db.InCreate(c.Table, f) {
			return fmt.Errorf("%s cannot be part of CREATE TABLE", f.ID)
		}
	}
	return db.add(append([]schema.Fact{c.Table}, c.Parts...)...)
}

// createObject makes an object; a view with its columns, which are in its
// definition.
func (db *database) createObject(f schema.Fact) error {
	facts := []schema.Fact{f}
	if f.ID.Kind == schema.KindView {
		facts = append(facts, viewColumns(f)...)
	}
	return db.add(facts...)
}

func (db *database) dropObject(f schema.Fact) error {
	facts := []schema.Fact{f}
	if f.ID.Kind == schema.KindView {
		facts = append(facts, viewColumns(f)...)
	}
	return db.remove(facts, f.ID.Kind == schema.KindView)
}

// viewColumns are the columns of a view whose definition lists them.
func viewColumns(view schema.Fact) []schema.Fact {
	var facts []schema.Fact
	for _, n := range schema.SplitNames(view.Attr(schema.AttrDefinition)) {
		facts = append(facts, schema.NewFact(view.ID.In(schema.KindColumn, n), schema.AttrType, "text"))
	}
	return append(facts, schema.NewFact(view.ID.In(schema.KindColumnOrder, ""), schema.AttrColumns, view.Attr(schema.AttrDefinition)))
}

func (db *database) order(table schema.ID) []string {
	return schema.SplitNames(db.facts[table.In(schema.KindColumnOrder, "")].Attr(schema.AttrColumns))
}

func (db *database) setOrder(table schema.ID, names []string) {
	id := table.In(schema.KindColumnOrder, "")
	db.facts[id] = schema.NewFact(id, schema.AttrColumns, schema.JoinNames(names...))
}

func (db *database) addColumn(c schema.AddColumn) error {
	table := schema.ID{Kind: schema.KindTable, Schema: c.Column.ID.Schema, Name: c.Column.ID.Table}
	names := db.order(table)
	i := len(names) - 1
	if c.After != "" {
		at := slices.Index(names, c.After)
		if at < 0 {
			return fmt.Errorf("%s shall stand behind %s, which is not there", c.Column.ID, c.After)
		}
		if db.places {
			i = at
		}
	}
	db.setOrder(table, slices.Insert(names, i+1, c.Column.ID.Name))
	return db.add(c.Column)
}

func (db *database) dropColumn(c schema.DropColumn) error {
	table := schema.ID{Kind: schema.KindTable, Schema: c.Column.ID.Schema, Name: c.Column.ID.Table}
	db.setOrder(table, slices.DeleteFunc(db.order(table), func(n string) bool { return n == c.Column.ID.Name }))
	return db.remove([]schema.Fact{c.Column}, false)
}

func (db *database) reorder(c schema.ReorderColumns) error {
	if !db.places {
		return fmt.Errorf("columns cannot be placed")
	}
	if have := db.facts[c.Before.ID]; !have.Equal(c.Before) {
		return fmt.Errorf("the order is %v, not %v", have, c.Before)
	}
	db.facts[c.Before.ID] = c.After
	return nil
}

func (db *database) rebuild(c schema.RebuildTable) error {
	for _, f := range c.Before {
		if have, ok := db.facts[f.ID]; !ok || !db.same(have, f) {
			return fmt.Errorf("rebuild: there is %v, not %v", have, f)
		}
		delete(db.facts, f.ID)
	}
	if left := db.parts(c.Before[0].ID); len(left) > 0 {
		return fmt.Errorf("rebuild forgets %v", left)
	}
	if err := db.add(c.After...); err != nil {
		return err
	}
	return db.checkAll()
}

func (db *database) alter(before, after schema.Fact) error {
	if have, ok := db.facts[before.ID]; !ok || !db.same(have, before) {
		return fmt.Errorf("alter: there is %v, not %v", have, before)
	}
	if before.ID.Kind != schema.KindSchema && !db.CanAlter(before, after) {
		return fmt.Errorf("%s cannot be altered", before.ID)
	}
	if db.Disturbs(before, after) {
		for _, f := range db.facts {
			k := f.ID.Kind
			if slices.Contains(db.needed(f), before.ID) && f.ID.Table != before.ID.Name && k != schema.KindTable && k != schema.KindConstraint && k != schema.KindIndex && before.ID.Kind != schema.KindSchema {
				return fmt.Errorf("%s is in the way of altering %s", f.ID, before.ID)
			}
		}
	}
	if before.ID.Kind == schema.KindView {
		return db.replaceView(before, after)
	}
	db.facts[before.ID] = after
	return db.checkAll()
}

// replaceView is CREATE OR REPLACE VIEW: columns may be added at the end.
func (db *database) replaceView(before, after schema.Fact) error {
	for _, f := range viewColumns(before) {
		delete(db.facts, f.ID)
	}
	db.facts[before.ID] = after
	if err := db.add(viewColumns(after)...); err != nil {
		return err
	}
	old, now := schema.SplitNames(before.Attr(schema.AttrDefinition)), schema.SplitNames(after.Attr(schema.AttrDefinition))
	if len(old) > len(now) || !slices.Equal(old, now[:len(old)]) {
		return fmt.Errorf("%s loses columns", after.ID)
	}
	return db.checkAll()
}
