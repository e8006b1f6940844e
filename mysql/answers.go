package mysql

import (
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// InCreate reports whether CREATE TABLE itself makes the part: columns, the
// primary key, indexes and checks. Foreign keys come when all tables exist.
func (dialect) InCreate(_, part schema.Fact) bool {
	switch part.ID.Kind {
	case schema.KindColumn, schema.KindColumnOrder, schema.KindIndex:
		return true
	case schema.KindConstraint:
		return part.Form() != schema.ForeignKey
	}
	return false
}

// CanAlter reports whether before can be changed into after in place.
func (dialect) CanAlter(before, after schema.Fact) bool {
	changed := before.Differing(after)
	switch after.ID.Kind {
	case schema.KindColumn:
		return canModify(before, after)
	case schema.KindConstraint:
		return after.Form() == schema.PrimaryKey && before.Form() == schema.PrimaryKey ||
			after.Form() == schema.Check && slices.Equal(changed, []string{AttrNotEnforced})
	case schema.KindIndex:
		return !slices.ContainsFunc(changed, ofIndexItself)
	case schema.KindRoutine:
		return canAlterRoutine(after, changed)
	case schema.KindSequence:
		return !slices.Contains(changed, schema.AttrType) && !slices.Contains(changed, AttrEngine)
	case schema.KindTrigger, schema.KindEvent, schema.KindObject:
		return false
	}
	return true
}

// canAlterRoutine reports whether ALTER FUNCTION does it: no server takes a
// comment away with it.
func canAlterRoutine(after schema.Fact, changed []string) bool {
	for _, name := range changed {
		if name != AttrSecurity && (name != schema.AttrComment || !after.Is(schema.AttrComment)) {
			return false
		}
	}
	return true
}

// ofIndexItself tells the attributes on which what needs an index may rely, or
// whose change alone a server does not see: the index is dropped and made anew
// if they differ.
func ofIndexItself(name string) bool {
	switch name {
	case schema.AttrColumns, AttrPrefixes, schema.AttrUnique, schema.AttrForm, AttrParser, AttrWithoutOverlaps:
		return true
	}
	return false
}

// canModify reports whether a server takes MODIFY COLUMN: a generated column
// stays stored or virtual, and a virtual one stays generated.
func canModify(before, after schema.Fact) bool {
	was, will := before.Is(schema.AttrGenerated), after.Is(schema.AttrGenerated)
	switch {
	case before.Attr(AttrRow) != after.Attr(AttrRow):
		return false
	case was && will:
		return before.Is(schema.AttrStored) == after.Is(schema.AttrStored)
	case was:
		return before.Is(schema.AttrStored)
	case will:
		return after.Is(schema.AttrStored)
	}
	return true
}

// Disturbs reports whether something that needs the object may have to go while
// it changes: a foreign key while a column of it, or the primary key it refers
// to, changes.
func (dialect) Disturbs(before, after schema.Fact) bool {
	switch after.ID.Kind {
	case schema.KindColumn:
		return before.Attr(schema.AttrType) != after.Attr(schema.AttrType) || before.Attr(schema.AttrIdentity) != after.Attr(schema.AttrIdentity) ||
			before.Attr(schema.AttrCollation) != after.Attr(schema.AttrCollation)
	case schema.KindTable:
		return before.Attr(schema.AttrCollation) != after.Attr(schema.AttrCollation) || before.Attr(AttrEngine) != after.Attr(AttrEngine)
	case schema.KindConstraint:
		return after.Form() == schema.PrimaryKey && before.Attr(schema.AttrColumns) != after.Attr(schema.AttrColumns)
	}
	return false
}

// Disturbed reports whether what needs the changing object must go: of all that
// does, only foreign keys must.
func (dialect) Disturbed(_, _, needing schema.Fact) bool {
	return needing.Form() == schema.ForeignKey
}

// MustRebuild reports whether these changes of one table must be one ALTER
// TABLE, which Render writes for a schema.RebuildTable: because the server
// refuses the state between (a column that counts without a key, a table
// without columns, partitions by what is in no key), because one of them
// changes columns that are not among the changes (the table's collation), or
// because an order cannot be reached otherwise.
func (dialect) MustRebuild(table schema.Fact, changes []schema.Change) bool {
	s := survey(changes)
	if s.table.Before.ID == (schema.ID{}) {
		s.table = schema.AlterTable{Before: table, After: table}
	}
	s.always = s.always || s.columns > 0 && s.table.Before.Is(AttrSystemVersioning)
	return s.always || s.counts && s.keys > 0 || s.primary && (s.keys > 1 || s.nullable) || s.partitions && s.keys > 0 || s.again() || s.outOfOrder()
}

// tally is what a list of changes of one table has in it.
type tally struct {
	always        bool // one that needs a rebuild by itself
	counts        bool // a column that counts comes, goes or changes
	primary       bool // the primary key
	nullable      bool // whether a column may be NULL
	keys          int  // changes of indexes and the primary key
	partitions    bool
	columns       int      // changes of columns
	added, gone   []string // columns
	table         schema.AlterTable
	dropped, made []schema.Fact         // indexes
	indexes       schema.ReorderColumns // their order
}

func survey(changes []schema.Change) tally {
	var s tally
	for _, c := range changes {
		if c.Subject().Kind == schema.KindColumn {
			s.columns++
		}
		switch c := c.(type) {
		case schema.AlterTable:
			s.alterTable(c)
		case schema.ReorderColumns:
			if c.After.ID.Name == schema.IndexOrder {
				s.indexes = c
				continue
			}
			s.always = s.always || !c.Before.Equal(c.After)
		case schema.AddColumn:
			s.added = append(s.added, c.Column.ID.Name)
			s.column(c.Column)
		case schema.DropColumn:
			s.gone = append(s.gone, c.Column.ID.Name)
			s.column(c.Column)
		case schema.AlterColumn:
			s.counts = s.counts || c.Before.Attr(schema.AttrIdentity) != c.After.Attr(schema.AttrIdentity)
			s.nullable = s.nullable || c.Before.Is(schema.AttrNotNull) != c.After.Is(schema.AttrNotNull)
		default:
			s.key(c)
		}
	}
	return s
}

func (s *tally) alterTable(c schema.AlterTable) {
	s.table = c
	for _, name := range c.Before.Differing(c.After) {
		switch name {
		case schema.AttrCollation, AttrSystemVersioning, AttrPeriods, keyBlockSize:
			s.always = true
		case AttrPartitionBy, AttrPartitions:
			s.partitions = true
		}
	}
}

func (s *tally) column(f schema.Fact) {
	s.counts = s.counts || f.Is(schema.AttrIdentity)
	s.always = s.always || f.Is(AttrRow)
}

// key counts a change of an index or of the primary key.
func (s *tally) key(c schema.Change) {
	switch c := c.(type) {
	case schema.AddIndex:
		s.made = append(s.made, c.Index)
	case schema.DropIndex:
		s.dropped = append(s.dropped, c.Index)
	case schema.AlterIndex:
		if slices.Equal(c.Before.Differing(c.After), []string{AttrInvisible}) {
			return
		}
		s.dropped, s.made = append(s.dropped, c.Before), append(s.made, c.After)
	case schema.AddConstraint:
		s.primaryKey(c.Constraint)
	case schema.DropConstraint:
		s.primaryKey(c.Constraint)
	case schema.AlterConstraint:
		s.primaryKey(c.After)
	}
	s.keys = len(s.made) + len(s.dropped)
	if s.primary {
		s.keys++
	}
}

func (s *tally) primaryKey(f schema.Fact) { s.primary = s.primary || f.Form() == schema.PrimaryKey }

// again reports whether a column goes and comes: it may be the only one.
func (s *tally) again() bool {
	return slices.ContainsFunc(s.added, func(name string) bool { return slices.Contains(s.gone, name) })
}

// outOfOrder reports whether indexes made one after the other would not stand
// in the order they shall have.
func (s *tally) outOfOrder() bool {
	return slices.ContainsFunc(indexClasses(), func(class string) bool {
		want := namesOf(class, s.indexes.After)
		return len(want) > 0 && !slices.Equal(s.predict(class, want), want)
	})
}

// predict is the order of a group's indexes when all changes are made in turn:
// those that stay, then those that are made.
func (s *tally) predict(class string, want []string) []string {
	is := func(list []schema.Fact, name string) bool {
		return slices.ContainsFunc(list, func(f schema.Fact) bool { return f.ID.Name == name && indexClass(f) == class })
	}
	order := slices.DeleteFunc(namesOf(class, s.indexes.Before), func(name string) bool {
		return is(s.dropped, name) || is(s.made, name) || !slices.Contains(want, name)
	})
	for _, f := range s.made {
		if indexClass(f) == class {
			order = append(order, f.ID.Name)
		}
	}
	return order
}

// FillsIn reports whether rows that are there get the empty value of its type in
// a new column that is not null and has no default. In the default sql_mode of
// MySQL there is none of a date and of a geometry.
func (dialect) FillsIn(srv lockstep.Server, column schema.Fact) bool {
	kind, _, _ := strings.Cut(column.Attr(schema.AttrType), "(")
	switch kind {
	case "date", "datetime", "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
		"geometrycollection", "geomcollection":
		return srv.Flavor == flavorMariaDB
	}
	return true
}
