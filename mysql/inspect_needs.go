package mysql

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/sqltext"
)

// resolve completes facts with what only all of them together tell: what an
// object needs, and the order of triggers.
func (s *inspection) resolve() {
	s.orderTriggers()
	known := make(map[schema.ID]bool, len(s.facts))
	for _, f := range s.facts {
		known[f.ID] = true
	}
	for i := range s.facts {
		f := &s.facts[i]
		f.Needs = append(f.Needs, s.needs(*f)...)
		f.Needs = slices.DeleteFunc(f.Needs, func(id schema.ID) bool { return !known[id] || id == f.ID })
		slices.SortFunc(f.Needs, schema.ID.Compare)
		f.Needs = slices.Compact(f.Needs)
	}
}

// needs returns what a part of a table needs beside its table.
func (s *inspection) needs(f schema.Fact) []schema.ID {
	table := schema.ID{Kind: schema.KindTable, Schema: f.ID.Schema, Name: f.ID.Table}
	switch {
	case f.ID.Kind == schema.KindTrigger && f.Is(AttrFollows):
		return []schema.ID{table.In(schema.KindTrigger, f.Attr(AttrFollows))}
	case f.Form() == schema.ForeignKey:
		return s.foreignKeyNeeds(table, f)
	case f.ID.Kind == schema.KindIndex || f.ID.Kind == schema.KindConstraint:
		return s.columnsOf(table, f)
	case f.ID.Kind == schema.KindColumn:
		return s.columnNeeds(table, f)
	}
	return nil
}

// columnsOf names the columns of a key or check.
func (s *inspection) columnsOf(table schema.ID, f schema.Fact) []schema.ID {
	var needs []schema.ID
	for _, name := range schema.SplitNames(f.Attr(schema.AttrColumns)) {
		if column, ok := keyColumn(name); ok {
			needs = append(needs, table.In(schema.KindColumn, column))
			continue
		}
		needs = append(needs, s.columnsIn(table, name)...)
	}
	if f.Form() == schema.Check {
		needs = append(needs, s.columnsIn(table, f.Attr(schema.AttrDefinition))...)
	}
	return needs
}

// columnNeeds names the columns of a generated column, and the sequences and
// columns of a default.
func (s *inspection) columnNeeds(table schema.ID, f schema.Fact) []schema.ID {
	var needs []schema.ID
	for _, name := range []string{schema.AttrGenerated, AttrCheck, schema.AttrDefault} {
		text := f.Attr(name)
		if strings.ContainsRune(text, '`') {
			needs = append(needs, s.columnsIn(table, text)...)
		}
		if strings.HasPrefix(text, "nextval(") || strings.HasPrefix(text, "lastval(") {
			for _, id := range s.columnsIn(table, text) {
				needs = append(needs, schema.ID{Kind: schema.KindSequence, Schema: table.Schema, Name: id.Name})
			}
		}
	}
	return needs
}

// columnsIn names the quoted identifiers of an expression as columns of the
// table; those that are none are left out later.
func (s *inspection) columnsIn(table schema.ID, expression string) []schema.ID {
	var ids []schema.ID
	for t := range sqltext.Tokens(expression, s.lexer) {
		if t.Kind == sqltext.QuotedIdent {
			ids = append(ids, table.In(schema.KindColumn, unquote(expression[t.Start:t.End])))
		}
	}
	return ids
}

// foreignKeyNeeds names the columns of a foreign key, the table it refers to
// with the columns and key there, and the index on its own side.
func (s *inspection) foreignKeyNeeds(table schema.ID, f schema.Fact) []schema.ID {
	target := schema.ID{Kind: schema.KindTable}
	switch names := schema.SplitNames(f.Attr(schema.AttrReferences)); len(names) {
	case 1:
		target.Name = names[0]
	case 2:
		target.Schema, target.Name = names[0], names[1]
	}
	columns, referenced := schema.SplitNames(f.Attr(schema.AttrColumns)), schema.SplitNames(f.Attr(schema.AttrRefColumns))
	needs := []schema.ID{target}
	for _, name := range columns {
		needs = append(needs, table.In(schema.KindColumn, name))
	}
	for _, name := range referenced {
		needs = append(needs, target.In(schema.KindColumn, name))
	}
	return append(needs, append(s.keyOn(table, columns), s.keyOn(target, referenced)...)...)
}

// keyOn returns the key that begins with the columns: the primary key if it
// does, else the first unique one, else the first.
func (s *inspection) keyOn(table schema.ID, columns []string) []schema.ID {
	var best *schema.Fact
	for i, f := range s.indexes[table] {
		if names := schema.SplitNames(f.Attr(schema.AttrColumns)); len(names) < len(columns) || !slices.Equal(names[:len(columns)], columns) {
			continue
		}
		if best == nil || keyRank(f) < keyRank(*best) {
			best = &s.indexes[table][i]
		}
	}
	if best == nil {
		return nil
	}
	return []schema.ID{best.ID}
}

func keyRank(f schema.Fact) int {
	switch {
	case f.Form() == schema.PrimaryKey:
		return 0
	case f.Is(schema.AttrUnique):
		return 1
	}
	return 2
}

// orderTriggers gives each trigger that is not the first of its event the one
// before it.
func (s *inspection) orderTriggers() {
	last := map[string]string{}
	for _, i := range s.triggersInOrder() {
		f := &s.facts[i]
		event := strings.Join([]string{f.ID.Schema, f.ID.Table, f.Attr(AttrTiming)}, "\x00")
		if before := last[event]; before != "" {
			*f = f.With(AttrFollows, before)
		}
		last[event] = f.ID.Name
	}
}

// triggersInOrder returns the places of the triggers among the facts.
func (s *inspection) triggersInOrder() []int {
	var places []int
	for i := range s.facts {
		if s.facts[i].ID.Kind == schema.KindTrigger {
			places = append(places, i)
		}
	}
	position := func(i int) int {
		id := s.facts[i].ID
		return s.positions[cmp.Or(id.Schema, s.srv.Database)+"\x00"+id.Name]
	}
	slices.SortStableFunc(places, func(a, b int) int { return cmp.Compare(position(a), position(b)) })
	return places
}

// relationsIn names the tables and views that a routine's body names. It does
// not name routines, which the server looks up when they are called, and which
// may call each other.
func (s *inspection) relationsIn(body []token, database string) []schema.ID {
	return slices.DeleteFunc(s.namedIn(body, database), func(id schema.ID) bool { return !id.Kind.IsRelation() })
}

// namedIn names the objects whose names stand where relations and routines do,
// and the columns that stand behind the names of relations or their aliases.
func (s *inspection) namedIn(list []token, database string) []schema.ID {
	var ids []schema.ID
	aliases := map[string]schema.ID{}
	for i, t := range list {
		start := i
		in := database
		if i > 1 && list[i-1].text == "." {
			start, in = i-2, unquote(list[i-2].text)
		}
		if !t.isName() || !isPlace(list, start, i) {
			continue
		}
		found := s.objectsCalled(in, unquote(t.text))
		if len(found) == 0 {
			continue
		}
		ids = append(ids, found...)
		aliases[unquote(t.text)] = found[0]
		if i+1 < len(list) && list[i+1].kind == sqltext.QuotedIdent {
			aliases[unquote(list[i+1].text)] = found[0]
		}
	}
	for i := 2; i < len(list); i++ {
		if of, ok := aliases[unquote(list[i-2].text)]; ok && list[i-1].text == "." && list[i].isName() {
			ids = append(ids, of.In(schema.KindColumn, unquote(list[i].text)))
		}
	}
	return ids
}

// isPlace reports whether the name that goes from token start to end stands
// where a relation does, or a routine, or the sequence of NEXTVAL.
func isPlace(list []token, start, end int) bool {
	next := ""
	if end+1 < len(list) {
		next = list[end+1].text
	}
	if next == "." {
		return false
	}
	before := start - 1
	for before >= 0 && list[before].text == "(" {
		before--
	}
	if before < 0 {
		return next == "("
	}
	switch list[before].word {
	case "FROM", "JOIN", "STRAIGHT_JOIN", "INTO", "UPDATE", "TABLE", "INSERT", "REPLACE", "CALL", "NEXTVAL", "LASTVAL", "FOR":
		return true
	}
	return next == "(" && list[start].word != "AS"
}

// objectsCalled returns the IDs that objects of the name may have; those that
// do not exist are left out later.
func (s *inspection) objectsCalled(database, name string) []schema.ID {
	if !s.names()[database+"\x00"+name] {
		return nil
	}
	var ids []schema.ID
	for _, kind := range []schema.Kind{schema.KindTable, schema.KindView, schema.KindSequence, schema.KindRoutine} {
		ids = append(ids, s.id(kind, database, name))
	}
	return ids
}

// names are the objects that were listed.
func (s *inspection) names() map[string]bool {
	if s.listed == nil {
		s.listed = make(map[string]bool, len(s.objects))
		for _, o := range s.objects {
			s.listed[o.database+"\x00"+o.name] = true
		}
	}
	return s.listed
}

// readSpatial reads the reference systems of columns on MariaDB, which SHOW
// CREATE TABLE does not show. It opens all tables, so that it is done only where
// one has such a column. Checked on MariaDB 10.11.
func (s *inspection) readSpatial() error {
	if s.srv.Flavor != flavorMariaDB || !s.spatial {
		return nil
	}
	list, err := s.rows("SELECT g_table_schema, g_table_name, g_geometry_column, srid FROM information_schema.geometry_columns WHERE " +
		s.in("g_table_schema") + " AND srid <> 0")
	if err != nil {
		return fmt.Errorf("read geometry columns: %w", err)
	}
	systems := map[schema.ID]string{}
	for _, r := range list {
		systems[s.id(schema.KindTable, r[0], r[1]).In(schema.KindColumn, r[2])] = r[3]
	}
	for i, f := range s.facts {
		if srid, ok := systems[f.ID]; ok {
			s.facts[i] = f.With(AttrSRID, srid)
		}
	}
	return nil
}

// isSpatial tells the types that have a reference system.
func isSpatial(kind string) bool {
	switch kind {
	case "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection":
		return true
	}
	return false
}
