package sqlite

import (
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/sqltext"
)

// index adds an index that is no constraint's.
func (c *catalog) index(o row) bool {
	x, err := parseIndex(o.text)
	if err != nil {
		return false
	}
	t := c.tables[lower(x.table)]
	if t == nil {
		t = &table{name: o.table}
	}
	known := t.names()
	columns, definition := t.keyTerms(x.terms, known)
	id := schema.ID{Kind: schema.KindIndex, Table: c.relation(o.table), Name: o.name}
	c.facts = append(c.facts, schema.NewFact(id, schema.AttrColumns, schema.JoinNames(columns...),
		schema.AttrUnique, schema.Flag(x.unique), schema.AttrDefinition, definition, attrPredicate, normal(x.where, known)))
	return true
}

func (c *catalog) view(o row) bool {
	v := c.views[lower(o.name)]
	if v == nil {
		return false
	}
	known := names{}
	c.addNames(known, v.query)
	f := schema.NewFact(schema.ID{Kind: schema.KindView, Name: o.name},
		schema.AttrColumns, schema.JoinNames(v.columns...), schema.AttrDefinition, normal(c.local(v.query), known))
	f.Needs = c.needs(v.query, o.name)
	c.facts = append(c.facts, f)
	return true
}

func (c *catalog) trigger(o row) bool {
	g, err := parseTrigger(o.text)
	if err != nil {
		return false
	}
	known, table := names{}, c.relation(o.table)
	known.add("NEW", "OLD")
	c.addRelation(known, table)
	c.addNames(known, g.when)
	c.addNames(known, g.body)
	columns := g.columns
	if t := c.tables[lower(table)]; t != nil {
		columns = t.declared(columns)
	}
	f := schema.NewFact(schema.ID{Kind: schema.KindTrigger, Table: table, Name: o.name},
		attrTiming, g.timing, attrEvent, g.event, schema.AttrColumns, schema.JoinNames(columns...),
		attrWhen, normal(c.local(g.when), known), schema.AttrDefinition, strings.TrimSpace(normal(c.local(g.body), known)))
	f.Needs = c.needs(append(slices.Clone(g.when), g.body...), table)
	c.facts = append(c.facts, f)
	return true
}

// declared returns names of columns as the table writes them, sorted: their
// order in UPDATE OF means nothing.
func (t *table) declared(columns []string) []string {
	var list []string
	for _, name := range columns {
		if col := t.find(name); col != nil {
			name = col.name
		}
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// addNames adds the names that a query can mean: those of the tables and views
// it names with their columns, and those it makes itself.
func (c *catalog) addNames(known names, query []token) {
	for i, t := range query {
		if t.isNamed() && t.kind != sqltext.String {
			c.addRelation(known, t.name())
		}
		if own := t.kind == sqltext.Ident && !isKeyword(upper(t.text)) || t.kind == sqltext.QuotedIdent && t.text[0] != '"'; own &&
			(i+1 == len(query) || !query[i+1].is("(")) {
			known.add(t.name())
		}
	}
}

// addRelation adds a table or view with its columns; those of a view are among
// the names of its query.
func (c *catalog) addRelation(known names, name string) {
	declared, ok := c.relations[lower(name)]
	if !ok || known.seen(name) {
		return
	}
	known.add(declared)
	if t := c.tables[lower(name)]; t != nil {
		for _, col := range t.columns {
			known.add(col.name)
		}
		known.add(rowidNames()...)
	}
	if v := c.views[lower(name)]; v != nil {
		known.add(v.columns...)
		c.addNames(known, v.query)
	}
}

// local takes away the main. before tables and views: there they are anyway.
func (c *catalog) local(query []token) []token {
	var left []token
	for i := 0; i < len(query); i++ {
		if i+2 < len(query) && lower(query[i].name()) == "main" && query[i+1].is(".") && c.has(query[i+2]) && (i == 0 || !query[i-1].is(".")) {
			i++
			continue
		}
		left = append(left, query[i])
	}
	return left
}

func (c *catalog) has(t token) bool {
	_, ok := c.relations[lower(t.name())]
	return ok && t.isNamed()
}

// needs returns the tables and views that a query reads or writes, but for one:
// names where the grammar has those of tables. What only looks like one makes
// no difference but in order.
func (c *catalog) needs(query []token, except string) []schema.ID {
	var found []schema.ID
	from, outer := false, []bool(nil)
	for i, t := range query {
		switch {
		case t.is("("):
			outer = append(outer, from)
		case t.is(")") && len(outer) > 0:
			from, outer = outer[len(outer)-1], outer[:len(outer)-1]
		case t.isOneOf("FROM", "JOIN", "INTO", "UPDATE"):
			from = true
		case t.isOneOf("SELECT", "WHERE", "SET", "VALUES", "GROUP", "ORDER", "ON", "USING", "HAVING", "LIMIT", ";"):
			from = false
		case from && c.has(t) && (i+1 == len(query) || !query[i+1].is(".")):
			if name := c.relation(t.name()); name != except {
				found = append(found, c.relationID(name))
			}
		}
	}
	slices.SortFunc(found, schema.ID.Compare)
	return slices.Compact(found)
}

func (c *catalog) relationID(name string) schema.ID {
	if c.views[lower(name)] != nil {
		return schema.ID{Kind: schema.KindView, Name: name}
	}
	return schema.ID{Kind: schema.KindTable, Name: name}
}
