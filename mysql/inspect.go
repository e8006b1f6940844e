package mysql

import (
	"context"
	"fmt"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// Inspect reads what makes up a database: the current one, or those that
// scope.Schemas names. Facts about the current database have no schema in their
// ID, so that two databases on one server have the same facts; facts about
// others have their database's name.
//
// It lists objects with a few queries on information_schema and reads their
// definitions with SHOW CREATE, the only source that tells everything (the
// parser of a FULLTEXT index, the order of indexes, the algorithm of a view are
// in no table), and costs no more than the queries that would tell less. On
// MariaDB, and on MySQL where the connection takes many statements at once, the
// definitions come in batches; else one by one.
//
// What stands in a definition and is not known here is kept as text in
// AttrMore and reported as schema.Unknown. So are columns of the catalog's
// tables that are new.
//
// So is what the server keeps from the user that reads: it lists no triggers or
// events to those who lack the privilege.
//
// How things are modelled:
//   - A unique constraint is an index (KindIndex with AttrUnique): that is what
//     these servers make of it. The primary key is a constraint called PRIMARY.
//   - AttrColumns of a view are the names that its statement gives to columns.
//   - AttrCollation of a column is absent if it is the table's.
//   - A check that MariaDB keeps with a column is AttrCheck of the column.
//   - AUTO_INCREMENT is AttrIdentity; where it counts is data.
//   - A definer is absent if it is the user that reads.
//   - A trigger's place among those of its event is AttrFollows.
//   - A function and a procedure may have one name: the procedure's ID is then
//     "procedure NAME", and AttrName holds the name.
//   - The order of a table's indexes, which matters little, is in attributes of
//     the table, for each of the groups in which the server keeps them.
//   - An event's start is absent if it is the time at which it was made.
//
// Not seen: what the server forgets (KEY_BLOCK_SIZE of an InnoDB index), what
// is data (AUTO_INCREMENT counters, positions of sequences, an event's last
// run), and privileges, which belong to accounts and not to a database.
func (dialect) Inspect(ctx context.Context, q lockstep.Querier, srv lockstep.Server, scope schema.Scope) (*schema.Schema, error) {
	s, err := newInspection(ctx, q, srv, scope)
	if err != nil {
		return nil, fmt.Errorf("inspect schema: %w", err)
	}
	defer s.close()
	for _, step := range []func() error{s.readDatabases, s.list, s.define, s.readSpatial, s.checkCatalog, s.readRights} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("inspect schema: %w", err)
		}
	}
	s.resolve()
	return schema.New(s.facts, s.unknown...)
}

// Attributes of these servers, beside those of package schema.
const (
	AttrEngine           = "engine"            // of a table
	AttrPartitionBy      = "partition by"      // of a table: how it is partitioned
	AttrPartitions       = "partitions"        // of a table: one definition a line
	AttrSystemVersioning = "system versioning" // of a table: a flag; of a column: "with" or "without"
	AttrPeriods          = "periods"           // of a table: one definition a line
	AttrMore             = "more"              // text of a definition that is not known
	AttrOnUpdate         = "on update"         // of a column: expression; of a foreign key: action
	AttrOnDelete         = "on delete"         // of a foreign key: action
	AttrInvisible        = "invisible"         // a flag of a column or index; MariaDB calls such indexes ignored
	AttrSRID             = "srid"              // of a column
	AttrNoDefault        = "no default"        // a flag of a nullable column: rows must give it a value
	AttrRow              = "row"               // of a column: "start" or "end" of the row's period
	AttrCheck            = "check"             // of a column: expression
	AttrCompressed       = "compressed"        // of a column: "yes" or the method
	AttrStorage          = "storage"           // of a column
	AttrColumnFormat     = "column format"     // of a column
	AttrEngineAttribute  = "engine attribute"  // of a column or index
	AttrSecondAttribute  = "secondary engine attribute"
	AttrNotSecondary     = "not secondary" // a flag of a column
	AttrOptions          = "options"       // of a column or index: options of its engine, as written
	AttrMethod           = "method"        // of an index: "BTREE", "HASH"
	AttrPrefixes         = "prefixes"      // of an index: JoinNames of "column(length)"
	AttrDescending       = "descending"    // of an index: JoinNames of its descending columns
	AttrParser           = "parser"        // of a full-text index
	AttrKeyBlockSize     = "key block size"
	AttrWithoutOverlaps  = "without overlaps" // of an index: the period
	AttrNotEnforced      = "not enforced"     // a flag of a check
	AttrMatch            = "match"            // of a foreign key
	AttrAlgorithm        = "algorithm"        // of a view; absent if undefined
	AttrCheckOption      = "check option"     // of a view: "CASCADED", "LOCAL"
	AttrDefiner          = "definer"          // as written; absent if it is the user that reads
	AttrSecurity         = "security"         // "INVOKER"; absent if DEFINER
	AttrSQLMode          = "sql_mode"         // in force when it was made; absent if the product's default
	AttrCharset          = "charset"          // of the session that made it; absent if utf8mb4
	AttrUniqueIndexes    = "unique indexes"   // of the order of indexes: JoinNames of those that the server keeps in front
	AttrFulltextIndexes  = "fulltext indexes" // the same of those that it keeps at the end
	AttrConnCollation    = "connection collation"
	AttrDBCollation      = "database collation" // absent if the database's
	AttrParameters       = "parameters"         // of a routine, as written
	AttrReturns          = "returns"            // of a function
	AttrDataAccess       = "data access"        // of a routine; absent if CONTAINS SQL
	AttrDeterministic    = "deterministic"      // a flag
	AttrLanguage         = "language"           // absent if SQL
	AttrName             = "name"               // of an object whose ID differs from its name
	AttrTiming           = "timing"             // of a trigger: "BEFORE INSERT"
	AttrFollows          = "follows"            // of a trigger: the one before it
	AttrSchedule         = "schedule"           // of an event
	AttrPreserve         = "preserve"           // a flag of an event: kept when it is over
	AttrStatus           = "status"             // of an event; absent if enabled
	AttrTimeZone         = "time zone"          // of an event; absent if SYSTEM
)

// The forms of objects that these servers have, beside those of package schema.
const (
	formFunction  = "function"
	formAggregate = "aggregate"
	formProcedure = "procedure"
	formFulltext  = "fulltext"
	formSpatial   = "spatial"
	formVector    = "vector"
)

// The values of AttrIdentity, AttrRow and AttrSystemVersioning.
const (
	autoIncrement = "auto_increment"
	rowStart      = "start"
	rowEnd        = "end"
	primaryName   = "PRIMARY"
	keyBlockSize  = "key_block_size" // the table's option, as the server calls it
)
