package schema

import "slices"

// Scope tells an inspector which part of a database is meant. The zero value is
// all of it.
type Scope struct {
	// Schemas limits the inspection to these namespaces and what belongs to
	// none. Default all but the server's own.
	Schemas []string
	// Except names tables, with everything that belongs to them, that are not
	// part of the schema: the ledger and its companions. Default none.
	Except []string
}

// Leaves reports whether the scope leaves out a table.
func (c Scope) Leaves(table string) bool { return slices.Contains(c.Except, table) }

// Ignore tells what does not count in a comparison. The zero value ignores
// nothing.
type Ignore struct {
	Kinds []Kind   // facts of these kinds, such as KindColumnOrder, which means orders of indexes too
	Attrs []string // attributes, such as AttrOwner and AttrGrants
	IDs   []ID     // these objects with their parts
}

// Without returns the schema without what is to be ignored.
func (s *Schema) Without(i Ignore) *Schema {
	if len(i.Kinds)+len(i.Attrs)+len(i.IDs) == 0 {
		return s
	}
	out := &Schema{at: map[ID]int{}, unknown: s.unknown}
	for _, f := range s.facts {
		if i.leaves(f.ID) {
			continue
		}
		out.at[f.ID] = len(out.facts)
		f = f.Without(i.Attrs...)
		if f.ID.Kind == KindTable && slices.Contains(i.Kinds, KindColumnOrder) {
			f = f.WithoutIndexOrders()
		}
		out.facts = append(out.facts, f)
	}
	return out
}

func (i Ignore) leaves(id ID) bool {
	if slices.Contains(i.Kinds, id.Kind) {
		return true
	}
	for _, o := range i.IDs {
		if o == id || o.Kind.IsRelation() && o.Schema == id.Schema && o.Name == id.Table || o.Kind == KindSchema && o.Name == id.Schema {
			return true
		}
	}
	return false
}
