package schema

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
	KindColumnOrder      Kind = "order"      // the order of a table's columns; its name is "". Where a server keeps one of indexes, that is another fact, called IndexOrder
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

// IndexOrder is the name of the fact that tells the order of a table's indexes.
const IndexOrder = "indexes"

// rank orders kinds in the list of facts: what others need comes first, unknown
// kinds last.
func (k Kind) rank() int {
	switch k {
	case KindDatabase:
		return 0
	case KindSchema:
		return 1
	case KindExtension:
		return 2
	case KindCollation:
		return 3
	case KindType:
		return 4
	case KindServer:
		return 5
	case KindSequence:
		return 6
	case KindTable:
		return 7
	case KindColumnOrder:
		return 8
	case KindColumn:
		return 9
	case KindConstraint:
		return 10
	case KindIndex:
		return 11
	case KindStatistics:
		return 12
	case KindRoutine:
		return 13
	case KindView:
		return 14
	case KindMaterializedView:
		return 15
	case KindTrigger:
		return 16
	case KindRule:
		return 17
	case KindPolicy:
		return 18
	case KindEventTrigger:
		return 19
	case KindEvent:
		return 20
	case KindPublication:
		return 21
	case KindDefaultACL:
		return 22
	case KindObject:
		return 23
	}
	return 24
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
