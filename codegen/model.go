package codegen

import (
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// model is a schema arranged as the documents show it.
type model struct {
	relations []*relation // tables and views in the order of the facts
	others    []schema.Fact
	schemas   []string // of the relations, sorted
	at        map[place]*relation
	types     map[string][]schema.ID // the schema's own types by their name
}

// place is where a relation is found by those who refer to it.
type place struct{ schema, name string }

// relation is a table or view with its parts.
type relation struct {
	schema.Fact
	label       string // its name, with its namespace where the schema has several
	columns     []*column
	constraints []schema.Fact
	indexes     []schema.Fact
	parts       []schema.Fact // triggers, rules, policies …
	out, in     []*link       // foreign keys from and to it
	whole       *relation     // the partitioned table it is a part of, nil if it is none
	partitions  []*relation   // in the order of the schema
}

// column is one column with what follows from the table's constraints.
type column struct {
	schema.Fact
	nullable bool
	primary  bool
	foreign  bool
	unique   bool // alone, by a constraint or index
}

// link is a foreign key.
type link struct {
	schema.Fact
	from     *relation
	to       *relation // nil if the table is not part of the schema
	target   schema.ID // of the table
	columns  []string
	toCols   []string
	one      bool // at most one row refers to each row
	optional bool // a row need not refer to any
}

func newModel(s *schema.Schema) *model {
	m := &model{at: map[place]*relation{}, types: map[string][]schema.ID{}}
	var current *relation
	for _, f := range s.Facts() {
		switch {
		case f.ID.Kind.IsRelation():
			current = m.add(s, f)
		case current != nil && f.ID.Table == current.ID.Name && f.ID.Schema == current.ID.Schema:
			current.addPart(f)
		default:
			m.others = append(m.others, f)
			if f.ID.Kind == schema.KindType {
				m.types[f.ID.Name] = append(m.types[f.ID.Name], f.ID)
			}
		}
	}
	for _, r := range m.relations {
		r.label = m.name(r.ID)
		r.markColumns()
	}
	m.partition()
	m.link()
	return m
}

func (m *model) add(s *schema.Schema, f schema.Fact) *relation {
	r := &relation{Fact: f}
	for _, c := range s.Columns(f.ID) {
		r.columns = append(r.columns, &column{Fact: c})
	}
	m.relations = append(m.relations, r)
	m.at[place{f.ID.Schema, f.ID.Name}] = r
	if n := len(m.schemas); n == 0 || m.schemas[n-1] != f.ID.Schema {
		m.schemas = append(m.schemas, f.ID.Schema)
	}
	return r
}

func (r *relation) addPart(f schema.Fact) {
	switch f.ID.Kind {
	case schema.KindColumn, schema.KindColumnOrder:
	case schema.KindConstraint:
		r.constraints = append(r.constraints, f)
	case schema.KindIndex:
		r.indexes = append(r.indexes, f)
	default:
		r.parts = append(r.parts, f)
	}
}

// name is how an object is called in a document: with its namespace only
// where the schema has more than one.
func (m *model) name(id schema.ID) string {
	if id.Schema == "" || len(m.schemas) == 1 && m.schemas[0] == id.Schema {
		return id.Name
	}
	return id.Schema + "." + id.Name
}

// ownType finds the type of the schema that a column's type names. from is the
// namespace that wins if several have a type of that name.
func (m *model) ownType(from, typ string) (schema.ID, bool) {
	space, name := splitQualified(typ)
	for _, prefer := range []string{space, from} {
		for _, id := range m.types[name] {
			if id.Schema == prefer {
				return id, true
			}
		}
	}
	if space == "" && len(m.types[name]) > 0 {
		return m.types[name][0], true
	}
	return schema.ID{}, false
}

// other returns the fact about an object that is no relation and no part.
func (m *model) other(id schema.ID) (schema.Fact, bool) {
	i, found := slices.BinarySearchFunc(m.others, id, func(f schema.Fact, id schema.ID) int { return f.ID.Compare(id) })
	if !found {
		return schema.Fact{}, false
	}
	return m.others[i], true
}

// column returns the column of that name, nil if there is none.
func (r *relation) column(name string) *column {
	for _, c := range r.columns {
		if c.ID.Name == name {
			return c
		}
	}
	return nil
}

// isTable tells tables from views.
func (r *relation) isTable() bool { return r.ID.Kind == schema.KindTable }

// primaryKey returns the columns of the primary key, nil if there is none.
func (r *relation) primaryKey() []string {
	for _, c := range r.constraints {
		if c.Form() == schema.PrimaryKey {
			return names(c)
		}
	}
	return nil
}

func names(f schema.Fact) []string { return schema.SplitNames(f.Attr(schema.AttrColumns)) }

func (r *relation) markColumns() {
	key := r.primaryKey()
	for _, c := range r.columns {
		c.nullable = !c.Is(schema.AttrNotNull)
	}
	for _, name := range key {
		if c := r.column(name); c != nil {
			c.primary = true
			c.nullable = c.nullable && !isRowID(c, key)
		}
	}
	for _, f := range r.constraints {
		if f.Form() == schema.ForeignKey {
			r.markForeign(f)
		}
	}
	for _, key := range r.uniqueKeys() {
		if len(key) == 1 && r.column(key[0]) != nil {
			r.column(key[0]).unique = true
		}
	}
}

// isRowID recognises SQLite's name for the row number, which is never null
// although nothing says so.
func isRowID(c *column, key []string) bool {
	return len(key) == 1 && strings.EqualFold(c.Attr(schema.AttrType), "integer")
}

func (r *relation) markForeign(f schema.Fact) {
	for _, name := range names(f) {
		if c := r.column(name); c != nil {
			c.foreign = true
		}
	}
}

// uniqueKeys returns the lists of columns that no two rows share: of
// constraints, and of whole unique indexes.
func (r *relation) uniqueKeys() [][]string {
	var keys [][]string
	for _, f := range r.constraints {
		if f.Form() == schema.PrimaryKey || f.Form() == schema.Unique {
			keys = append(keys, names(f))
		}
	}
	for _, f := range r.indexes {
		if f.Is(schema.AttrUnique) && !isPartial(f) {
			keys = append(keys, names(f))
		}
	}
	return keys
}

// isPartial reports whether an index covers only the rows of a condition.
func isPartial(index schema.Fact) bool {
	return strings.Contains(strings.ToUpper(index.Attr(schema.AttrDefinition)), " WHERE ") || index.Attr("where") != "" || index.Attr("predicate") != ""
}

// attrPartitionOf is of PostgreSQL's facts: JoinNames of schema and table.
const attrPartitionOf = "partition of"

// partition finds the tables that partitions are part of. What holds for the
// whole is not told of each part.
func (m *model) partition() {
	for _, r := range m.relations {
		if names := schema.SplitNames(r.Attr(attrPartitionOf)); len(names) == 2 {
			r.whole = m.at[place{names[0], names[1]}]
		}
		if r.whole != nil {
			r.whole.partitions = append(r.whole.partitions, r)
		}
	}
}

// inDiagrams tells tables that stand for themselves from views and partitions.
func (r *relation) inDiagrams() bool { return r.isTable() && r.whole == nil }

// link finds both ends of each foreign key.
func (m *model) link() {
	for _, r := range m.relations {
		for _, f := range r.constraints {
			if f.Form() != schema.ForeignKey {
				continue
			}
			l := m.newLink(r, f)
			r.out = append(r.out, l)
			if l.to != nil && r.whole == nil {
				l.to.in = append(l.to.in, l)
			}
		}
	}
}

func (m *model) newLink(r *relation, f schema.Fact) *link {
	l := &link{Fact: f, from: r, columns: names(f), toCols: schema.SplitNames(f.Attr(schema.AttrRefColumns))}
	l.target = schema.ID{Kind: schema.KindTable, Schema: r.ID.Schema}
	switch to := schema.SplitNames(f.Attr(schema.AttrReferences)); len(to) {
	case 1:
		l.target.Name = to[0]
	case 2:
		l.target.Schema, l.target.Name = to[0], to[1]
	}
	l.to = m.at[place{l.target.Schema, l.target.Name}]
	if len(l.toCols) == 0 && l.to != nil {
		l.toCols = l.to.primaryKey()
	}
	for _, key := range r.uniqueKeys() {
		l.one = l.one || len(key) > 0 && within(key, l.columns)
	}
	for _, name := range l.columns {
		c := r.column(name)
		l.optional = l.optional || c != nil && c.nullable
	}
	return l
}

// within reports whether all of a are in b.
func within(a, b []string) bool {
	in := map[string]bool{}
	for _, s := range b {
		in[s] = true
	}
	for _, s := range a {
		if !in[s] {
			return false
		}
	}
	return true
}

// action returns what a foreign key does on "delete" or "update", in lower
// case, "" for nothing: from the attribute of that name, or the definition.
func (l *link) action(event string) string {
	if a := l.Attr("on " + event); a != "" {
		return strings.ToLower(a)
	}
	_, rest, found := strings.Cut(strings.ToUpper(l.Attr(schema.AttrDefinition)), "ON "+strings.ToUpper(event)+" ")
	if !found {
		return ""
	}
	for _, a := range []string{"CASCADE", "RESTRICT", "SET NULL", "SET DEFAULT", "NO ACTION"} {
		if strings.HasPrefix(rest, a) {
			return strings.ToLower(a)
		}
	}
	return ""
}

// oneLine makes a text fit into a line: whatever breaks or moves lines, or is
// a control character, becomes a space.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r <= 0x9f || r == 0x2028 || r == 0x2029 || r == 0xfeff {
			return ' '
		}
		return r
	}, s)
}

// flow makes a paragraph of a text, for where it is prose and not a name.
func flow(s string) string { return strings.Join(strings.Fields(oneLine(s)), " ") }
