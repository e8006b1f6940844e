package postgres

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// assembly turns rows into facts, with names in the place of ids.
type assembly struct {
	scope schema.Scope
	owner string // role that owns the database

	namespaces map[oid]string
	relations  map[oid]schema.ID
	columns    map[column]string
	order      map[oid][]column // columns of a relation, in any order
	parents    map[oid][]parent
	drafts     []*draft
	at         map[address]*draft
	aliases    map[address]link
	known      map[string]map[string]bool
	unknown    []schema.Unknown
	subscribed bool // there are subscriptions
}

type column struct {
	relation oid
	number   int
}

// parent is a table that another one inherits from.
type parent struct {
	place int
	names string // schema and table
}

// link leads from an id to the object that it is a part of. text says what
// the part is, for people; "" if it is the object itself.
type link struct {
	to   address
	text string
}

// draft is a fact that is being made.
type draft struct {
	id    schema.ID
	attrs []string // names and values
	needs []schema.ID
	parts []string // comments on parts
	owns  []string // sequences of a column
}

func newAssembly(scope schema.Scope) *assembly {
	return &assembly{
		scope: scope, namespaces: map[oid]string{}, relations: map[oid]schema.ID{}, columns: map[column]string{}, order: map[oid][]column{},
		parents: map[oid][]parent{}, at: map[address]*draft{}, aliases: map[address]link{}, known: knownColumns(),
	}
}

// add uses all rows of all blocks, in the order of the blocks.
func (a *assembly) add(blocks []block, rows [][]row) {
	for i := range blocks {
		for _, r := range rows[i] {
			if take := blocks[i].take; take != nil {
				take(a, &blocks[i], r)
			} else {
				a.fact(&blocks[i], r)
			}
		}
	}
}

// fact makes a draft of a row; nil if what it is a part of is left out.
func (a *assembly) fact(b *block, r row) *draft {
	id := schema.ID{Kind: b.kind, Name: r.name}
	switch {
	case b.relation != "":
		whole, ok := a.relations[r.relation]
		if !ok {
			return nil
		}
		id = whole.In(b.kind, r.name)
	case r.schema != 0:
		id.Schema = a.namespaces[r.schema]
	}
	d := &draft{id: id, attrs: make([]string, 0, 8)}
	a.fill(d, b, r)
	a.drafts = append(a.drafts, d)
	a.at[address{b.class, r.oid, r.column}] = d
	if id.Kind.IsRelation() {
		a.relations[r.oid] = id
	}
	return d
}

// fill sets the attributes that a row has.
func (a *assembly) fill(d *draft, b *block, r row) {
	for i, f := range b.fields {
		value := r.values[i]
		if value != "" && f.decode != nil {
			value = f.decode(a, r, value)
		}
		if value != "" && f.name != "" {
			d.set(f.name, value)
		}
	}
}

func (d *draft) set(name, value string) { d.attrs = append(d.attrs, name, value) }

func (d *draft) attr(name string) string {
	for i := 0; i < len(d.attrs); i += 2 {
		if d.attrs[i] == name {
			return d.attrs[i+1]
		}
	}
	return ""
}

// alias notes that a row's object is, or is a part of, another one.
func (a *assembly) alias(r row, class oid) {
	if r.oid != 0 {
		a.aliases[address{r.relation, r.oid, r.column}] = link{address{class, toOID(r.values[1]), toInt(r.values[2])}, r.values[3]}
	}
}

// find returns the draft that an id stands for, nil if it is not read, and
// what part of it the id is.
func (a *assembly) find(at address) (d *draft, part string) {
	const farthest = 5 // array of a multirange of a range of a domain's … row type
	for range farthest {
		if d := a.at[at]; d != nil {
			return d, part
		}
		l, ok := a.aliases[at]
		switch {
		case ok:
			at, part = l.to, cmp.Or(part, l.text)
		case at.column != 0:
			at.column = 0
		default:
			return nil, ""
		}
	}
	return nil, ""
}

func takeSchema(a *assembly, b *block, r row) {
	a.namespaces[r.oid] = r.name
	if r.values[0] == "" {
		a.fact(b, r)
	}
}

func takeColumn(a *assembly, b *block, r row) {
	if kind := r.values[len(r.values)-1]; kind != "" {
		a.unknown = append(a.unknown, schema.Unknown{What: "kind of object", Name: kind, Count: 1})
	}
	if a.fact(b, r) != nil {
		c := column{r.relation, r.column}
		a.columns[c] = r.name
		a.order[r.relation] = append(a.order[r.relation], c)
	}
}

func takeIdentity(a *assembly, b *block, r row) {
	if d := a.at[address{classClass, r.relation, r.column}]; d != nil {
		a.fill(d, b, r)
	}
}

func takeParent(a *assembly, b *block, r row) {
	d := a.at[address{classClass, r.oid, 0}]
	if d == nil {
		return
	}
	names := decodeNames(a, r, r.values[0])
	if r.values[2] != "" {
		d.set(attrDetachPending, schema.Yes)
	}
	if r.values[3] != "" {
		d.set(attrPartitionOf, names)
	} else {
		a.parents[r.oid] = append(a.parents[r.oid], parent{toInt(r.values[1]), names})
	}
	d.needTable(names)
}

// needTable notes the need of a table by its schema and name.
func (d *draft) needTable(names string) {
	if n := schema.SplitNames(names); len(n) == 2 {
		d.need(schema.ID{Kind: schema.KindTable, Schema: n[0], Name: n[1]})
	}
}

// needKey notes the need of a key's columns; expressions stand in parentheses.
func (d *draft) needKey() {
	if d.id.Kind != schema.KindConstraint && d.id.Kind != schema.KindIndex {
		return
	}
	for _, name := range schema.SplitNames(d.attr(schema.AttrColumns)) {
		if !strings.HasPrefix(name, "(") || !strings.HasSuffix(name, ")") {
			d.needs = append(d.needs, schema.ID{Kind: schema.KindColumn, Schema: d.id.Schema, Table: d.id.Table, Name: name})
		}
	}
}

func (d *draft) need(id schema.ID) {
	own := d.id.Schema == id.Schema && id.Kind.IsRelation() && (d.id.Table == id.Name || d.id.Name == id.Name && d.id.Kind == id.Kind)
	if !own && id != d.id {
		d.needs = append(d.needs, id)
	}
}

// takeSequence leaves out the sequences of tables that are left out. A column
// tells what it owns as well, since the sequence is made before the column.
func takeSequence(a *assembly, b *block, r row) {
	d := a.fact(b, r)
	if names := schema.SplitNames(d.attr(attrOwnedBy)); len(names) == 3 && a.scope.Leaves(names[1]) {
		a.drafts = a.drafts[:len(a.drafts)-1]
		delete(a.at, address{b.class, r.oid, 0})
		return
	}
	n := len(r.values)
	if owner := a.at[address{classClass, toOID(r.values[n-2]), toInt(r.values[n-1])}]; owner != nil {
		owner.owns = append(owner.owns, schema.JoinNames(d.id.Schema, d.id.Name))
		owner.need(d.id)
	}
}

func takeSubscription(a *assembly, b *block, r row) {
	a.fact(b, r)
	a.subscribed = true
}

func takeComment(a *assembly, _ *block, r row) {
	d, part := a.find(address{r.relation, r.oid, r.column})
	switch {
	case d == nil, d.id.Kind == schema.KindExtension, d.id == schema.ID{Kind: schema.KindSchema, Name: publicSchemaName} && r.values[0] == publicSchemaComment:
	case part == "":
		d.set(schema.AttrComment, r.values[0])
	default:
		d.parts = append(d.parts, part+": "+r.values[0])
	}
}

func takeLabel(a *assembly, _ *block, r row) {
	d, part := a.find(address{r.relation, r.oid, r.column})
	if d == nil {
		return
	}
	name := "security label " + r.name + " on " + strings.TrimSpace(d.id.String()+" "+part)
	l := &draft{id: schema.ID{Kind: schema.KindObject, Name: name}, needs: []schema.ID{d.id}}
	l.set(schema.AttrForm, "security label")
	l.set(schema.AttrDefinition, r.values[0])
	a.drafts = append(a.drafts, l)
}

// takeDependency notes a need at the grain that the server knows, and that of
// the relation whose column it is.
func takeDependency(a *assembly, _ *block, r row) {
	from, _ := a.find(address{r.relation, r.oid, r.column})
	to, _ := a.find(address{toOID(r.values[0]), toOID(r.values[1]), toInt(r.values[2])})
	if from == nil || to == nil {
		return
	}
	if from.id.Kind.IsRelation() && to.id.Schema == from.id.Schema && to.id.Table == from.id.Name {
		return // a table needs its parts no more than they are parts
	}
	from.need(to.id)
	if to.id.Kind != schema.KindColumn {
		return
	}
	if whole, ok := a.relations[toOID(r.values[1])]; ok {
		from.need(whole)
	}
}

// takeCatalog reports what a catalog has that was never judged.
func takeCatalog(a *assembly, _ *block, r row) {
	known, ok := a.known[r.name]
	if !ok {
		a.unknown = append(a.unknown, schema.Unknown{What: "catalog", Name: r.name})
		return
	}
	for _, c := range elements(r.values[0]) {
		if !known[c] {
			a.unknown = append(a.unknown, schema.Unknown{What: "catalog column", Name: r.name + "." + c})
		}
	}
}

func takeNewKind(a *assembly, _ *block, r row) {
	a.unknown = append(a.unknown, schema.Unknown{What: "kind of object", Name: r.name, Count: toInt(r.values[0])})
}

func takeHidden(a *assembly, _ *block, r row) {
	a.unknown = append(a.unknown, schema.Unknown{What: schema.Hidden, Name: r.name, Count: toInt(r.values[0])})
}

// facts finishes all drafts.
func (a *assembly) facts() []schema.Fact {
	for relation, parents := range a.parents {
		slices.SortFunc(parents, func(x, y parent) int { return x.place - y.place })
		names := make([]string, len(parents))
		for i, p := range parents {
			names[i] = p.names
		}
		a.at[address{classClass, relation, 0}].set(attrInherits, joinLines(names))
	}
	facts := make([]schema.Fact, 0, len(a.drafts)+len(a.order))
	for _, d := range a.drafts {
		facts = append(facts, d.fact())
	}
	for relation, columns := range a.order {
		facts = append(facts, a.orderFact(relation, columns))
	}
	return facts
}

func (d *draft) fact() schema.Fact {
	if len(d.parts) > 0 {
		slices.Sort(d.parts)
		d.set(attrPartComments, joinLines(d.parts))
	}
	slices.Sort(d.owns)
	d.set(attrOwns, joinLines(d.owns))
	d.needTable(d.attr(schema.AttrReferences))
	d.needKey()
	f := schema.NewFact(d.id, d.attrs...)
	slices.SortFunc(d.needs, schema.ID.Compare)
	f.Needs = slices.Compact(d.needs)
	return f
}

func (a *assembly) orderFact(relation oid, columns []column) schema.Fact {
	slices.SortFunc(columns, func(x, y column) int { return x.number - y.number })
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = a.columns[c]
	}
	return schema.NewFact(a.relations[relation].In(schema.KindColumnOrder, ""), schema.AttrColumns, schema.JoinNames(names...))
}

// sortedUnknown is what was not known, in an order of its own.
func (a *assembly) sortedUnknown() []schema.Unknown {
	slices.SortFunc(a.unknown, func(x, y schema.Unknown) int {
		return cmp.Or(cmp.Compare(x.What, y.What), cmp.Compare(x.Name, y.Name), cmp.Compare(strconv.Itoa(x.Count), strconv.Itoa(y.Count)))
	})
	return a.unknown
}
