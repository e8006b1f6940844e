package diff

import (
	"slices"

	"github.com/lockstepdb/lockstep/schema"
)

// ownerOf is the relation (or type) that a part belongs to.
func ownerOf(s *schema.Schema, part schema.ID) (schema.ID, bool) {
	if part.Table == "" {
		return schema.ID{}, false
	}
	for _, k := range []schema.Kind{schema.KindTable, schema.KindView, schema.KindMaterializedView, schema.KindType} {
		id := schema.ID{Kind: k, Schema: part.Schema, Name: part.Table}
		if _, ok := s.Fact(id); ok {
			return id, true
		}
	}
	return schema.ID{}, false
}

// container is what an object stands in: the relation of a part, the schema of
// others.
func container(s *schema.Schema, id schema.ID) (schema.ID, bool) {
	if id.Table != "" {
		return ownerOf(s, id)
	}
	if id.Schema == "" || id.Kind == schema.KindSchema {
		return schema.ID{}, false
	}
	in := schema.ID{Kind: schema.KindSchema, Name: id.Schema}
	_, ok := s.Fact(in)
	return in, ok
}

// needs are the objects of the schema that a fact needs beyond its container:
// those it tells, and those its attributes name, so that a dialect need not
// repeat them.
func needs(s *schema.Schema, f schema.Fact) []schema.ID {
	var found []schema.ID
	add := func(id schema.ID) {
		if _, ok := s.Fact(id); ok && id != f.ID && !slices.Contains(found, id) {
			found = append(found, id)
		}
	}
	for _, id := range f.Needs {
		add(id)
	}
	if f.ID.Kind != schema.KindConstraint && f.ID.Kind != schema.KindIndex {
		return found
	}
	for _, name := range schema.SplitNames(f.Attr(schema.AttrColumns)) {
		add(schema.ID{Kind: schema.KindColumn, Schema: f.ID.Schema, Table: f.ID.Table, Name: name})
	}
	if target, ok := referenced(f); ok {
		add(target)
		columns := schema.SplitNames(f.Attr(schema.AttrRefColumns))
		for _, name := range columns {
			add(target.In(schema.KindColumn, name))
		}
		if !tellsKey(f, target) {
			add(keyOf(s, target, columns))
		}
	}
	return found
}

// referenced is the table that a foreign key refers to.
func referenced(f schema.Fact) (schema.ID, bool) {
	names := schema.SplitNames(f.Attr(schema.AttrReferences))
	switch len(names) {
	case 1:
		return schema.ID{Kind: schema.KindTable, Schema: f.ID.Schema, Name: names[0]}, true
	case 2:
		return schema.ID{Kind: schema.KindTable, Schema: names[0], Name: names[1]}, true
	}
	return schema.ID{}, false
}

// tellsKey reports whether a foreign key tells itself which key it refers to.
func tellsKey(f schema.Fact, target schema.ID) bool {
	return slices.ContainsFunc(f.Needs, func(id schema.ID) bool {
		return (id.Kind == schema.KindConstraint || id.Kind == schema.KindIndex) && id.Schema == target.Schema && id.Table == target.Name
	})
}

// keyOf is the key of a table over these columns in any order: the primary key,
// or the first unique constraint or index. No columns mean the primary key. The
// zero ID if there is none.
func keyOf(s *schema.Schema, table schema.ID, columns []string) schema.ID {
	wanted := slices.Sorted(slices.Values(columns))
	var found schema.ID
	for _, f := range s.Parts(table) {
		primary := f.Form() == schema.PrimaryKey
		if !primary && (len(columns) == 0 || f.Form() != schema.Unique && !f.Is(schema.AttrUnique)) {
			continue
		}
		over := schema.SplitNames(f.Attr(schema.AttrColumns))
		slices.Sort(over)
		switch {
		case len(columns) > 0 && !slices.Equal(over, wanted):
		case primary:
			return f.ID
		case found == schema.ID{}:
			found = f.ID
		}
	}
	return found
}

// needing maps each object to those that need it.
func needing(s *schema.Schema) map[schema.ID][]schema.ID {
	m := map[schema.ID][]schema.ID{}
	for _, f := range s.Facts() {
		for _, n := range needs(s, f) {
			m[n] = append(m[n], f.ID)
		}
	}
	return m
}
