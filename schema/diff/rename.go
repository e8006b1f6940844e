package diff

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// RenameError says why an object cannot be another one renamed.
type RenameError struct {
	Rename  Rename
	Why     string
	Nearest schema.ID // the object that was perhaps meant; zero if none is near
}

// Error names both objects, the reason, and what may have been meant.
func (e *RenameError) Error() string {
	text := fmt.Sprintf("rename %s to %s: %s", e.Rename.From, e.Rename.To, e.Why)
	if e.Nearest != (schema.ID{}) {
		text += "; did you mean " + e.Nearest.String() + "?"
	}
	return text
}

// rename applies renames to the facts of a schema. It returns the renames in the
// order in which they are made, each from the name that the object has by then.
func rename(from, to *schema.Schema, d Dialect, wanted []Rename) (*schema.Schema, []Rename, error) {
	if len(wanted) == 0 {
		return from, nil, nil
	}
	n := newNames(wanted)
	n.follower, _ = d.(Follower)
	n.anonymous, _ = d.(Anonymous)
	if err := n.check(from, to, wanted); err != nil {
		return nil, nil, err
	}
	facts := make([]schema.Fact, 0, len(from.Facts()))
	taken := map[schema.ID]bool{}
	for _, f := range from.Facts() {
		f = n.fact(f)
		if will, ok := to.Fact(f.ID); ok {
			f = n.follow(f, will)
		} else {
			f = n.adopt(f, from, to, taken)
		}
		facts = append(facts, f)
	}
	source, err := schema.New(facts, from.Unknown()...)
	if err != nil {
		return nil, nil, fmt.Errorf("rename objects: %w", err)
	}
	return source, n.steps(wanted), nil
}

// names maps the old names of objects to their new ones.
type names struct {
	exact    map[schema.ID]schema.ID
	tables   map[schema.ID]schema.ID // without kinds: relations and types, which have parts
	schemas  map[string]string
	words    map[[2]string]bool // old and new names, as they stand in definitions
	follower Follower           // nil if the dialect does not say

	anonymous Anonymous // nil if all objects have names
}

func newNames(renames []Rename) *names {
	n := &names{map[schema.ID]schema.ID{}, map[schema.ID]schema.ID{}, map[string]string{}, map[[2]string]bool{}, nil, nil}
	for _, r := range renames {
		n.exact[r.From] = r.To
		n.words[[2]string{r.From.Name, r.To.Name}] = true
		n.words[[2]string{r.From.Schema, r.To.Schema}] = true
		switch {
		case r.From.Kind == schema.KindSchema:
			n.schemas[r.From.Name] = r.To.Name
		case hasParts(r.From):
			n.tables[schema.ID{Schema: r.From.Schema, Name: r.From.Name}] = schema.ID{Schema: r.To.Schema, Name: r.To.Name}
		}
	}
	return n
}

// id is what an object is called after all renames.
func (n *names) id(id schema.ID) schema.ID {
	if to, ok := n.exact[id]; ok {
		return to
	}
	return n.within(id)
}

// within is what an object is called after the renames of what it stands in.
func (n *names) within(id schema.ID) schema.ID {
	if id.Table != "" {
		if table, ok := n.tables[schema.ID{Schema: id.Schema, Name: id.Table}]; ok {
			id.Schema, id.Table = table.Schema, table.Name
			return id
		}
	}
	if to, ok := n.schemas[id.Schema]; ok && id.Schema != "" {
		id.Schema = to
	}
	return id
}

// table is what a relation of any kind is called after all renames.
func (n *names) table(schemaName, name string) schema.ID {
	if to, ok := n.tables[schema.ID{Schema: schemaName, Name: name}]; ok {
		return to
	}
	return n.within(schema.ID{Schema: schemaName, Name: name})
}

// fact renames what a fact says in lists of names.
func (n *names) fact(f schema.Fact) schema.Fact {
	out := f
	switch f.ID.Kind {
	case schema.KindConstraint, schema.KindIndex, schema.KindColumnOrder, schema.KindStatistics:
		if f.ID.Kind == schema.KindColumnOrder && f.ID.Name == schema.IndexOrder {
			out = n.indexes(out, schema.ID{Schema: f.ID.Schema, Name: f.ID.Table})
			break
		}
		out = n.columns(out, schema.AttrColumns, schema.ID{Schema: f.ID.Schema, Name: f.ID.Table})
	}
	if target, ok := referenced(f); ok {
		out = n.columns(out, schema.AttrRefColumns, target)
		table := n.table(target.Schema, target.Name)
		path := []string{table.Name}
		if len(schema.SplitNames(f.Attr(schema.AttrReferences))) == 2 {
			path = []string{table.Schema, table.Name}
		}
		out = out.With(schema.AttrReferences, schema.JoinNames(path...))
	}
	out.ID = n.id(f.ID)
	out.Needs = nil
	for _, id := range f.Needs {
		out.Needs = append(out.Needs, n.id(id))
	}
	slices.SortFunc(out.Needs, schema.ID.Compare)
	return out
}

// columns renames the columns of a table in an attribute.
func (n *names) columns(f schema.Fact, attr string, table schema.ID) schema.Fact {
	return n.list(f, attr, func(name string) schema.ID { return table.In(schema.KindColumn, name) })
}

// indexes renames the indexes of a table in their order.
func (n *names) indexes(f schema.Fact, table schema.ID) schema.Fact {
	return n.list(f, schema.AttrColumns, func(name string) schema.ID { return table.In(schema.KindIndex, name) })
}

func (n *names) list(f schema.Fact, attr string, called func(name string) schema.ID) schema.Fact {
	list := schema.SplitNames(f.Attr(attr))
	changed := false
	for i, name := range list {
		to := n.id(called(name)).Name
		changed = changed || to != name
		list[i] = to
	}
	if !changed {
		return f
	}
	return f.With(attr, schema.JoinNames(list...))
}

// steps are the renames in their order: what holds others first.
func (n *names) steps(renames []Rename) []Rename {
	kinds := order(false)
	sorted := slices.Clone(renames)
	slices.SortFunc(sorted, func(a, b Rename) int {
		return cmp.Or(cmp.Compare(slices.Index(kinds, a.From.Kind), slices.Index(kinds, b.From.Kind)), a.From.Compare(b.From))
	})
	var steps []Rename
	for _, r := range sorted {
		if from := n.within(r.From); from != r.To {
			steps = append(steps, Rename{from, r.To})
		}
	}
	return steps
}

// check reports all renames that cannot be.
func (n *names) check(from, to *schema.Schema, renames []Rename) error {
	var faults []error
	targets := map[schema.ID]bool{}
	sources := map[schema.ID]bool{}
	for _, r := range renames {
		why, near := n.fault(from, to, r)
		switch {
		case why != "":
		case sources[r.From]:
			why = "it is renamed twice"
		case targets[r.To]:
			why = "another object is renamed to that too"
		}
		if why != "" {
			faults = append(faults, &RenameError{r, why, near})
		}
		sources[r.From], targets[r.To] = true, true
	}
	return errors.Join(faults...)
}

// fault tells what is wrong with a rename, "" if nothing.
func (n *names) fault(from, to *schema.Schema, r Rename) (why string, near schema.ID) {
	has := func(s *schema.Schema, id schema.ID) bool { _, ok := s.Fact(id); return ok }
	switch {
	case r.From.Kind != r.To.Kind || r.From.Kind == schema.KindColumnOrder || r.From.Kind == schema.KindDatabase:
		return "it cannot become that", near
	case !has(from, r.From):
		return "the source has no " + r.From.String(), nearest(r.From, from, to)
	case has(to, r.From):
		return "the target still has " + r.From.String(), near
	case !has(to, r.To):
		return "the target has no " + r.To.String(), nearest(r.To, to, from)
	case has(from, r.To):
		return "the source has " + r.To.String() + " already", near
	}
	if taken, ok := n.taken(from, r.To); ok {
		return "the source has " + taken.String() + ", which keeps its name until all renames are made", near
	}
	if in := n.within(r.From); r.From.Table != "" && (in.Schema != r.To.Schema || in.Table != r.To.Table) {
		return "parts stay with what they belong to", near
	}
	return "", near
}

// taken finds an object of another kind that has a relation's new name and is not
// renamed itself.
func (n *names) taken(from *schema.Schema, to schema.ID) (schema.ID, bool) {
	kinds := []schema.Kind{schema.KindTable, schema.KindView, schema.KindMaterializedView, schema.KindSequence}
	if !slices.Contains(kinds, to.Kind) {
		return schema.ID{}, false
	}
	for _, k := range kinds {
		id := schema.ID{Kind: k, Schema: to.Schema, Name: to.Name}
		if _, ok := from.Fact(id); ok && n.id(id) == id {
			return id, true
		}
	}
	return schema.ID{}, false
}

// nearest is the object of the kind whose name is nearest among those that the
// other schema lacks.
func nearest(id schema.ID, s, other *schema.Schema) schema.ID {
	byName := map[string]schema.ID{}
	var all []string
	for _, f := range s.OfKind(id.Kind) {
		if _, both := other.Fact(f.ID); !both {
			byName[f.ID.String()] = f.ID
			all = append(all, f.ID.String())
		}
	}
	return byName[lockstep.Nearest(id.String(), all)]
}
