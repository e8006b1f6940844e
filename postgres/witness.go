package postgres

import (
	"context"
	"fmt"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// Witness returns a short text about the object that st makes, drops or
// changes, as it is now. It covers the statements that cannot share a
// transaction with their ledger entry, but for those that may simply run again
// (REINDEX, VACUUM, ALTER SYSTEM …) and for blocks that commit in between:
// there it is "". After a crash call Prepare first: it finishes a DETACH
// PARTITION CONCURRENTLY that was begun, and then the witness has changed.
func (dialect) Witness(ctx context.Context, q lockstep.Querier, srv lockstep.Server, st sqltext.Statement) (string, error) {
	o := lexerAt(srv, st)
	query := witnessQuery(readLone(st.Text, scan(st.Text, o, 0), o))
	if query == "" {
		return "", nil
	}
	var found string
	if err := q.QueryRowContext(ctx, query).Scan(&found); err != nil {
		return "", fmt.Errorf("read witness: %w", err)
	}
	return found, nil
}

// witnessQuery returns the query of one text, "" if nothing can be told.
// Checked on PostgreSQL 14.
func witnessQuery(l lone) string {
	name := nameLiteral(fold(l.name))
	switch l.kind {
	case createIndex:
		return indexWitness(l)
	case dropIndex:
		return "SELECT COALESCE('index ' || CAST(" + relation(l.name) + " AS oid), 'absent')"
	case detachPartition:
		return oneOf("FROM pg_catalog.pg_inherits WHERE inhrelid = "+relation(l.name)+" AND inhparent = "+relation(l.table), "'attached'")
	case createDatabase, dropDatabase:
		return oneOf("FROM pg_catalog.pg_database WHERE datname = "+name, "'database ' || oid")
	case createTablespace, dropTablespace:
		return oneOf("FROM pg_catalog.pg_tablespace WHERE spcname = "+name, "'tablespace ' || oid")
	case createSubscription, dropSubscription:
		return oneOf("FROM "+subscription(name), "'subscription ' || s.oid")
	case alterSubscription:
		return oneOf("FROM "+subscription(name), "'publications ' || pg_catalog.array_to_string(s.subpublications, ',')")
	case finishPrepared:
		return oneOf("FROM pg_catalog.pg_prepared_xacts WHERE gid = "+literal(l.value), "'prepared ' || prepared")
	case addEnumValue:
		return oneOf("FROM pg_catalog.pg_enum WHERE enumtypid = pg_catalog.to_regtype("+literal(l.name)+
			") AND enumlabel = "+nameLiteral(l.value), "'value'")
	}
	return ""
}

// oneOf selects text from the one row that from finds, else "absent".
func oneOf(from, text string) string {
	return "SELECT COALESCE((SELECT " + text + " " + from + "), 'absent')"
}

// relation is the oid of a table or index as written in a script, NULL if
// there is none.
func relation(name string) string {
	return "pg_catalog.to_regclass(" + literal(name) + ")"
}

func subscription(name string) string {
	return "pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid" +
		" WHERE d.datname = pg_catalog.current_database() AND s.subname = " + name
}

// indexWitness tells of valid indexes only: an invalid one is what a build
// that did not succeed leaves behind. Without a name in the statement the
// witness is all indexes of the table.
func indexWitness(l lone) string {
	const valid = `
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
WHERE i.indisvalid AND i.indisready AND i.indrelid = `
	if l.name == "" {
		return "SELECT COALESCE('indexes ' || pg_catalog.string_agg(CAST(x.oid AS text), ',' ORDER BY x.oid), 'absent')" +
			valid + relation(l.table)
	}
	return oneOf(valid+relation(l.table)+" AND x.relnamespace = t.relnamespace AND x.relname = "+nameLiteral(fold(l.name)),
		"'index ' || x.oid")
}
