package schema

import "slices"

// Kind is a kind of object or sub-object.
type Kind string

// The kinds. Those of a table (IsPart) have their table's name in [ID.Table].
const (
	KindDatabase         Kind = "database" // settings of the database itself; its name is ""
	KindSchema           Kind = "schema"   // namespace
	KindExtension        Kind = "extension"
	KindCollation        Kind = "collation"
	KindType             Kind = "type" // enum, domain, composite (its columns are in the definition), range: AttrForm tells
	KindSequence         Kind = "sequence"
	KindTable            Kind = "table"      // also partitioned, foreign and virtual ones: AttrForm tells
	KindColumn           Kind = "column"     // part of a table or view
	KindColumnOrder      Kind = "order"      // the order of a table's columns; its name is ""
	KindConstraint       Kind = "constraint" // primary key, unique, foreign key, check, exclude, not null: AttrForm tells
	KindIndex            Kind = "index"      // an index that is not a constraint's
	KindStatistics       Kind = "statistics" // extended statistics
	KindView             Kind = "view"
	KindMaterializedView Kind = "matview"
	KindRoutine          Kind = "routine" // function, procedure, aggregate: AttrForm tells; the name holds the argument types where they identify it
	KindTrigger          Kind = "trigger" // part of a table or view
	KindRule             Kind = "rule"    // part of a table or view
	KindPolicy           Kind = "policy"  // row security; part of a table
	KindEventTrigger     Kind = "event trigger"
	KindEvent            Kind = "event" // scheduled
	KindPublication      Kind = "publication"
	KindServer           Kind = "server" // of foreign data, and its wrapper: AttrForm tells
	KindDefaultACL       Kind = "default privileges"
	KindObject           Kind = "object" // whatever is not modelled in detail: AttrForm names its kind, AttrDefinition holds what the server tells
)

// kinds lists all kinds in the order in which facts are sorted: what others
// need comes first.
func kinds() []Kind {
	return []Kind{
		KindDatabase, KindSchema, KindExtension, KindCollation, KindType, KindServer, KindSequence, KindTable, KindColumnOrder, KindColumn,
		KindConstraint, KindIndex, KindStatistics, KindRoutine, KindView, KindMaterializedView, KindTrigger, KindRule, KindPolicy,
		KindEventTrigger, KindEvent, KindPublication, KindDefaultACL, KindObject,
	}
}

// rank is a kind's place in kinds; unknown kinds come last.
func (k Kind) rank() int {
	if i := slices.Index(kinds(), k); i >= 0 {
		return i
	}
	return len(kinds())
}

// IsPart reports whether objects of the kind belong to a table, view or type
// and are named within it.
func (k Kind) IsPart() bool {
	switch k {
	case KindColumn, KindColumnOrder, KindConstraint, KindIndex, KindTrigger, KindRule, KindPolicy:
		return true
	}
	return false
}

// IsRelation reports whether the kind has columns and can have parts.
func (k Kind) IsRelation() bool {
	return k == KindTable || k == KindView || k == KindMaterializedView
}
