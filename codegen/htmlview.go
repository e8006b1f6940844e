package codegen

import (
	"cmp"
	"fmt"
	"html/template"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

type (
	// tableView is a table or view as the page shows it.
	tableView struct {
		Anchor, Space, Name, Kind, Comment string
		Columns                            []columnView
		In                                 []linkView
		Whole                              *ref
		Partitions                         []ref
		Constraints, Indexes               []partView
		Parts                              []*objectView
		Facts                              []schema.Attr
		Definition                         string
		Diagram                            template.HTML
	}
	columnView struct {
		Name, Type, Default, Comment string
		TypeAnchor                   string
		Marks                        []markView
		Nullable                     bool
		Out                          []linkView
		Facts                        []schema.Attr
	}
	// markView is a short sign with what it means.
	markView struct{ Sign, Meaning string }
	// linkView is one end of a foreign key, told from the other.
	linkView struct {
		Ref     ref
		Columns string
		Notes   string
	}
	partView struct {
		Name, Form, Text, Comment string
		Facts                     []schema.Attr
	}
	// objectView is any other object.
	objectView struct {
		Anchor, Space, Name, Form, Comment string
		Values                             []string
		Facts                              []schema.Attr
		Definition                         string
		Open                               bool // the definition is short
	}
)

// ManyIn reports whether those who refer to the table would hide the rest of it.
func (t *tableView) ManyIn() bool { return len(t.In) > 24 }

// ManyPartitions is ManyIn for partitions.
func (t *tableView) ManyPartitions() bool { return len(t.Partitions) > 24 }

// view makes what the template shows of a model.
type view struct {
	m        *model
	diagrams []drawing
	around   map[*relation]template.HTML
}

func newView(m *model) *view {
	v := &view{m: m, around: map[*relation]template.HTML{}}
	v.draw()
	return v
}

func (v *view) groups() []group {
	tables := group{ID: "tables", One: "table", Heading: "Tables"}
	views := group{ID: "views", One: "view", Heading: "Views"}
	for _, r := range v.m.relations {
		g := &views
		if r.isTable() {
			g = &tables
		}
		g.Tables = append(g.Tables, v.table(r))
	}
	var all []group
	for _, g := range append([]group{tables, views}, v.objects()...) {
		if g.Len() > 0 {
			all = append(all, g)
		}
	}
	return all
}

// headings names the kinds of objects that are no relations, one and several,
// what people look for first.
func headings() []heading {
	return []heading{
		{schema.KindType, "type", "Types"},
		{schema.KindRoutine, "routine", "Routines"},
		{schema.KindSequence, "sequence", "Sequences"},
		{schema.KindEvent, "event", "Events"},
		{schema.KindEventTrigger, "event trigger", "Event triggers"},
		{schema.KindSchema, "schema", "Schemas"},
		{schema.KindExtension, "extension", "Extensions"},
		{schema.KindStatistics, "statistics", "Statistics"},
		{schema.KindCollation, "collation", "Collations"},
		{schema.KindServer, "foreign server", "Foreign servers"},
		{schema.KindPublication, "publication", "Publications"},
		{schema.KindDefaultACL, "default privilege", "Default privileges"},
		{schema.KindDatabase, "database", "Database"},
	}
}

type heading struct {
	kind      schema.Kind
	one, many string
}

// objects groups the objects that are no relations.
func (v *view) objects() []group {
	all := headings()
	groups := make([]group, len(all), len(all)+1)
	other := group{ID: "others", One: "other object", Heading: "Other objects"}
	place := map[schema.Kind]int{}
	for i, h := range all {
		groups[i] = group{ID: "k-" + strings.ReplaceAll(string(h.kind), " ", "-"), One: h.one, Heading: h.many}
		place[h.kind] = i
	}
	for _, f := range v.m.others {
		g := &other
		if i, ok := place[f.ID.Kind]; ok {
			g = &groups[i]
		}
		g.Objects = append(g.Objects, v.object(f))
	}
	return append(groups, other)
}

func (v *view) table(r *relation) *tableView {
	space, name := v.split(r.ID)
	t := &tableView{
		Anchor: anchor(r.ID), Space: space, Name: name, Kind: kindName(r.Fact), Comment: r.Attr(schema.AttrComment),
		Definition: strings.Trim(r.Attr(schema.AttrDefinition), "\n"), Facts: facts(r.Fact, attrPartitionOf), Diagram: v.around[r],
	}
	for _, c := range r.columns {
		t.Columns = append(t.Columns, v.column(r, c))
	}
	for _, l := range r.in {
		t.In = append(t.In, linkView{ref{l.from.label, anchor(l.from.ID)}, strings.Join(l.columns, ", "), l.notes()})
	}
	if r.whole != nil {
		t.Whole = &ref{r.whole.label, anchor(r.whole.ID)}
	}
	for _, p := range r.partitions {
		t.Partitions = append(t.Partitions, ref{p.label, anchor(p.ID)})
	}
	for _, f := range r.constraints {
		t.Constraints = append(t.Constraints, v.constraint(r, f))
	}
	for _, f := range r.indexes {
		t.Indexes = append(t.Indexes, index(f))
	}
	for _, f := range r.parts {
		o := v.object(f)
		o.Space, o.Form = "", strings.TrimSpace(string(f.ID.Kind)+" "+o.Form)
		t.Parts = append(t.Parts, o)
	}
	return t
}

// split returns an object's namespace, if the page has several, and its name.
func (v *view) split(id schema.ID) (space, name string) {
	if v.m.name(id) == id.Name {
		return "", id.Name
	}
	return id.Schema, id.Name
}

func kindName(f schema.Fact) string {
	kind := string(f.ID.Kind)
	if f.ID.Kind == schema.KindMaterializedView {
		kind = "materialized view"
	}
	return strings.TrimSpace(f.Form() + " " + kind)
}

// notes says what follows from a foreign key besides its columns.
func (l *link) notes() string {
	var notes []string
	if l.one {
		notes = append(notes, "at most one")
	}
	if l.optional {
		notes = append(notes, "optional")
	}
	for _, event := range []string{"delete", "update"} {
		if a := l.action(event); a != "" && a != "no action" {
			notes = append(notes, "on "+event+" "+a)
		}
	}
	return strings.Join(notes, ", ")
}

func (v *view) column(r *relation, c *column) columnView {
	w := columnView{
		Name: c.ID.Name, Type: c.Attr(schema.AttrType), Comment: c.Attr(schema.AttrComment), Nullable: c.nullable, Default: defaultOf(c),
		Facts: facts(c.Fact, schema.AttrType, schema.AttrNotNull, schema.AttrDefault, schema.AttrGenerated, schema.AttrStored, schema.AttrIdentity),
	}
	if id, ok := v.m.ownType(c.ID.Schema, strings.TrimRight(w.Type, "[]")); ok {
		w.TypeAnchor = anchor(id)
	}
	if c.primary {
		w.Marks = append(w.Marks, markView{"PK", "primary key"})
	}
	if c.foreign {
		w.Marks = append(w.Marks, markView{"FK", "foreign key"})
	}
	if c.unique && !c.primary {
		w.Marks = append(w.Marks, markView{"UQ", "unique"})
	}
	for _, l := range r.out {
		if len(l.columns) > 0 && l.columns[0] == c.ID.Name {
			w.Out = append(w.Out, v.target(l))
		}
	}
	return w
}

// target shows a foreign key at its first column.
func (v *view) target(l *link) linkView {
	w := linkView{Ref: ref{Label: v.m.name(l.target)}, Columns: strings.Join(l.toCols, ", "), Notes: l.notes()}
	if l.to != nil {
		w.Ref.Anchor = anchor(l.to.ID)
	}
	if len(l.columns) > 1 {
		w.Notes = strings.TrimSuffix("together with "+strings.Join(l.columns[1:], ", ")+", "+w.Notes, ", ")
	}
	return w
}

// defaultOf is what a column holds if nothing is given.
func defaultOf(c *column) string {
	switch {
	case c.Attr(schema.AttrGenerated) != "" && c.Is(schema.AttrStored):
		return "generated, stored: " + c.Attr(schema.AttrGenerated)
	case c.Attr(schema.AttrGenerated) != "":
		return "generated: " + c.Attr(schema.AttrGenerated)
	case c.Attr(schema.AttrIdentity) == "always" || c.Attr(schema.AttrIdentity) == "by default":
		return "identity, " + c.Attr(schema.AttrIdentity)
	case c.Attr(schema.AttrIdentity) != "":
		return c.Attr(schema.AttrIdentity)
	}
	return c.Attr(schema.AttrDefault)
}

// constraint shows the definition that the server tells; what a dialect keeps in
// attributes instead is put together.
func (v *view) constraint(r *relation, f schema.Fact) partView {
	p := partView{
		Name: f.ID.Name, Form: f.Form(), Text: f.Attr(schema.AttrDefinition), Comment: f.Attr(schema.AttrComment),
		Facts: facts(f, schema.AttrColumns, schema.AttrReferences, schema.AttrRefColumns),
	}
	if p.Text != "" {
		return p
	}
	p.Text = "(" + strings.Join(names(f), ", ") + ")"
	for _, l := range r.out {
		if l.ID == f.ID {
			p.Text += " → " + v.m.name(l.target) + " (" + strings.Join(l.toCols, ", ") + ")"
		}
	}
	return p
}

func index(f schema.Fact) partView {
	p := partView{
		Name: f.ID.Name, Form: cmp.Or(f.Form(), "index"), Text: f.Attr(schema.AttrDefinition), Comment: f.Attr(schema.AttrComment),
		Facts: facts(f, schema.AttrColumns, schema.AttrUnique),
	}
	if f.Is(schema.AttrUnique) {
		p.Form = "unique"
	}
	if p.Text == "" {
		p.Text = "(" + strings.Join(names(f), ", ") + ")"
	}
	return p
}

func (v *view) object(f schema.Fact) *objectView {
	const short = 12
	space, name := v.split(f.ID)
	o := &objectView{
		Anchor: anchor(f.ID), Space: space, Name: name, Form: f.Form(), Comment: f.Attr(schema.AttrComment),
		Values: schema.SplitNames(f.Attr(schema.AttrValues)), Facts: facts(f, schema.AttrValues),
		Definition: strings.Trim(f.Attr(schema.AttrDefinition), "\n"),
	}
	if o.Name == "" {
		o.Name = string(f.ID.Kind)
	}
	o.Open = strings.Count(o.Definition, "\n") < short
	return o
}

// facts returns the attributes that are shown by their name.
func facts(f schema.Fact, shown ...string) []schema.Attr {
	return f.Without(append(shown, schema.AttrForm, schema.AttrComment, schema.AttrDefinition)...).Attrs
}

// anchor names an object within the page: its kind and names, with what has a
// meaning in addresses written as code points.
func anchor(id schema.ID) string {
	var b strings.Builder
	for i, s := range []string{string(id.Kind), id.Schema, id.Table, id.Name} {
		if i > 0 {
			b.WriteByte('.')
		}
		for _, r := range s {
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
				b.WriteRune(r)
				continue
			}
			fmt.Fprintf(&b, "~%x~", r)
		}
	}
	return b.String()
}
