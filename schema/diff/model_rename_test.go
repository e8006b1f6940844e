package diff_test

import (
	"fmt"
	"slices"

	"github.com/lockstepdb/lockstep/schema"
)

// rename gives an object another name, wherever it is mentioned.
func (db *database) rename(from, to schema.ID) error {
	if _, ok := db.facts[from]; !ok {
		return fmt.Errorf("there is no %s", from)
	}
	if _, ok := db.facts[to]; ok {
		return fmt.Errorf("there is %s", to)
	}
	if _, ok := db.facts[schema.ID{Kind: schema.KindSchema, Name: to.Schema}]; !ok && to.Kind != schema.KindSchema {
		return fmt.Errorf("there is no schema for %s", to)
	}
	db.renames = true
	facts := map[schema.ID]schema.Fact{}
	for _, f := range db.facts {
		f = renamedFact(f, from, to)
		switch f.ID.Kind {
		case schema.KindView, schema.KindRoutine, schema.KindTrigger:
		default:
			f = spelled(f)
		}
		facts[f.ID] = f
	}
	db.facts = facts
	return nil
}

// same compares what is there with what a change says is there. The text of a
// definition that the server adapted to new names, and that changes otherwise
// too, is told as it was.
func (db *database) same(have, told schema.Fact) bool {
	if db.renames {
		have, told = have.Without("uses"), told.Without("uses")
	}
	return have.Equal(told)
}

// spelled writes what an object needs into its definition.
func spelled(f schema.Fact) schema.Fact {
	if len(f.Needs) == 0 {
		return f.Without("uses")
	}
	return f.With("uses", fmt.Sprint(f.Needs))
}

func renamedID(id, from, to schema.ID) schema.ID {
	switch {
	case id == from:
		return to
	case from.Kind.IsRelation() && id.Schema == from.Schema && id.Table == from.Name:
		id.Schema, id.Table = to.Schema, to.Name
	case from.Kind == schema.KindSchema && id.Schema == from.Name:
		id.Schema = to.Name
	}
	return id
}

func renamedFact(f schema.Fact, from, to schema.ID) schema.Fact {
	column := func(table schema.ID, attr string) {
		names := schema.SplitNames(f.Attr(attr))
		for i, n := range names {
			names[i] = renamedID(table.In(schema.KindColumn, n), from, to).Name
		}
		f = f.With(attr, schema.JoinNames(names...))
	}
	switch f.ID.Kind {
	case schema.KindConstraint, schema.KindIndex, schema.KindColumnOrder:
		column(schema.ID{Schema: f.ID.Schema, Name: f.ID.Table}, schema.AttrColumns)
	}
	if ref := schema.SplitNames(f.Attr(schema.AttrReferences)); ref != nil {
		column(schema.ID{Schema: ref[0], Name: ref[1]}, schema.AttrRefColumns)
		table := renamedID(schema.ID{Kind: schema.KindTable, Schema: ref[0], Name: ref[1]}, from, to)
		f = f.With(schema.AttrReferences, schema.JoinNames(table.Schema, table.Name))
	}
	needs := make([]schema.ID, len(f.Needs))
	for i, id := range f.Needs {
		needs[i] = renamedID(id, from, to)
	}
	slices.SortFunc(needs, schema.ID.Compare)
	f.ID, f.Needs = renamedID(f.ID, from, to), needs
	if len(needs) == 0 {
		f.Needs = nil
	}
	return f
}
