package postgres

import (
	"strings"

	"github.com/lockstepdb/lockstep/sqltext"
)

// loneKind is the kind of a statement that PostgreSQL refuses in a transaction
// block, or that belongs in none. The zero loneKind is every other statement.
type loneKind uint8

const (
	createIndex     loneKind = iota + 1 // concurrently
	dropIndex                           // concurrently
	detachPartition                     // concurrently
	reindex
	vacuum
	clusterAll
	createDatabase
	dropDatabase
	moveDatabase
	createTablespace
	dropTablespace
	alterSystem
	createSubscription
	alterSubscription
	dropSubscription
	finishPrepared
	addEnumValue
	discardAll
	committingBlock
)

// lone is a statement that runs alone, with what the other roles need of it.
// Names are as written.
type lone struct {
	kind         loneKind
	name         string // of the object
	table        string // createIndex: the table, detachPartition: the parent
	value        string // addEnumValue: the label; reindex: INDEX, TABLE, SCHEMA …; finishPrepared: the transaction's name
	definition   string // createIndex: everything behind the table's name
	unique       bool   // createIndex
	concurrently bool
	full         bool // vacuum
}

// reason says why the statement cannot share a transaction. It stands in plans.
func (l lone) reason() string {
	const refused = " cannot run inside a transaction block"
	switch l.kind {
	case createIndex:
		return "CREATE INDEX CONCURRENTLY" + refused
	case dropIndex:
		return "DROP INDEX CONCURRENTLY" + refused
	case detachPartition:
		return "ALTER TABLE … DETACH PARTITION … CONCURRENTLY" + refused
	case reindex:
		return l.reindexReason()
	case vacuum:
		return "VACUUM" + refused
	case clusterAll:
		return "CLUSTER of all tables" + refused
	case createDatabase:
		return "CREATE DATABASE" + refused
	case dropDatabase:
		return "DROP DATABASE" + refused
	case moveDatabase:
		return "ALTER DATABASE … SET TABLESPACE" + refused
	case createTablespace:
		return "CREATE TABLESPACE" + refused
	case dropTablespace:
		return "DROP TABLESPACE" + refused
	case alterSystem:
		return "ALTER SYSTEM" + refused
	case createSubscription:
		return "CREATE SUBSCRIPTION, which creates a replication slot," + refused
	case alterSubscription:
		return "ALTER SUBSCRIPTION, when it talks to the publisher," + refused
	case dropSubscription:
		return "DROP SUBSCRIPTION, which drops a replication slot," + refused
	case finishPrepared:
		return "COMMIT PREPARED and ROLLBACK PREPARED" + refused
	case addEnumValue:
		return "a value added to an enum cannot be used in the transaction that adds it"
	case discardAll:
		return "DISCARD ALL" + refused
	case committingBlock:
		return "a DO block that commits or rolls back" + refused
	}
	return ""
}

func (l lone) reindexReason() string {
	switch {
	case l.concurrently:
		return "REINDEX CONCURRENTLY cannot run inside a transaction block"
	case l.value == "TABLE" || l.value == "INDEX":
		return "REINDEX of a partitioned table or index cannot run inside a transaction block"
	default:
		return "REINDEX " + l.value + " cannot run inside a transaction block"
	}
}

// readLone tells whether the statement runs alone. Checked against the answers
// of PostgreSQL 14, 15 and 18.
func readLone(text string, words []word, o sqltext.Options) lone {
	r := &reader{words: words}
	switch {
	case r.accept("CREATE"):
		return readCreate(text, r)
	case r.accept("DROP"):
		return readDrop(r)
	case r.accept("ALTER"):
		return readAlter(r)
	case r.accept("REINDEX"):
		return readReindex(r)
	case r.accept("VACUUM"):
		return readVacuum(r)
	case r.accept("CLUSTER"):
		return readCluster(r)
	case r.accept("COMMIT", "PREPARED"), r.accept("ROLLBACK", "PREPARED"):
		gid, _ := stringValue(r.peek(0).raw)
		return lone{kind: finishPrepared, value: gid}
	case r.accept("DISCARD", "ALL"):
		return lone{kind: discardAll}
	case r.accept("DO"):
		return readDo(r, o)
	}
	return lone{}
}

func readCreate(text string, r *reader) lone {
	unique := r.accept("UNIQUE")
	switch {
	case r.accept("INDEX", "CONCURRENTLY"):
		l := lone{kind: createIndex, unique: unique, concurrently: true}
		r.ifExists()
		if !r.is("ON") {
			l.name = r.ident()
		}
		r.accept("ON")
		l.table = r.relation()
		l.definition = text[r.words[r.at-1].end:]
		return l
	case r.accept("DATABASE"):
		return lone{kind: createDatabase, name: r.ident()}
	case r.accept("TABLESPACE"):
		return lone{kind: createTablespace, name: r.ident()}
	case r.accept("SUBSCRIPTION"):
		return readCreateSubscription(r)
	}
	return lone{}
}

// readCreateSubscription: it is the creation of the slot that needs to be
// alone.
func readCreateSubscription(r *reader) lone {
	l := lone{kind: createSubscription, name: r.ident()}
	if !r.find("WITH") {
		return l
	}
	for _, o := range r.options() {
		if (o.name == "CONNECT" || o.name == "CREATE_SLOT") && !o.on() {
			return lone{}
		}
	}
	return l
}

func readDrop(r *reader) lone {
	var kind loneKind
	switch {
	case r.accept("INDEX", "CONCURRENTLY"):
		kind = dropIndex
	case r.accept("DATABASE"):
		kind = dropDatabase
	case r.accept("TABLESPACE"):
		kind = dropTablespace
	case r.accept("SUBSCRIPTION"):
		kind = dropSubscription
	default:
		return lone{}
	}
	r.ifExists()
	return lone{kind: kind, name: r.name(), concurrently: kind == dropIndex}
}

func readAlter(r *reader) lone {
	switch {
	case r.accept("SYSTEM"):
		return lone{kind: alterSystem}
	case r.accept("DATABASE"):
		if name := r.ident(); r.is("SET", "TABLESPACE") {
			return lone{kind: moveDatabase, name: name}
		}
	case r.accept("TYPE"):
		return readAddValue(r)
	case r.accept("TABLE"):
		return readDetach(r)
	case r.accept("SUBSCRIPTION"):
		return readAlterSubscription(r)
	}
	return lone{}
}

// readAddValue: the server allows it in a transaction, but not the use of the
// value, and one statement does not tell what the others of its file use.
func readAddValue(r *reader) lone {
	name := r.name()
	if !r.accept("ADD", "VALUE") {
		return lone{}
	}
	r.ifExists()
	label, _ := stringValue(r.peek(0).raw)
	return lone{kind: addEnumValue, name: name, value: label}
}

func readDetach(r *reader) lone {
	r.ifExists()
	parent := r.relation()
	if !r.accept("DETACH", "PARTITION") {
		return lone{}
	}
	part := r.name()
	if !r.accept("CONCURRENTLY") {
		return lone{}
	}
	return lone{kind: detachPartition, name: part, table: parent, concurrently: true}
}

func readAlterSubscription(r *reader) lone {
	l := lone{kind: alterSubscription, name: r.ident()}
	switch {
	case r.accept("REFRESH"):
		l.value = "REFRESH"
		return l
	case r.accept("SET", "PUBLICATION"), r.accept("ADD", "PUBLICATION"), r.accept("DROP", "PUBLICATION"):
		if r.find("WITH") {
			for _, o := range r.options() {
				if o.name == "REFRESH" && !o.on() {
					return lone{}
				}
			}
		}
		return l
	case r.accept("SET"):
		for _, o := range r.options() {
			if o.name == "FAILOVER" || o.name == "TWO_PHASE" {
				return l
			}
		}
	}
	return lone{}
}

func readReindex(r *reader) lone {
	l := lone{kind: reindex}
	for _, o := range r.options() {
		l.concurrently = l.concurrently || o.name == "CONCURRENTLY" && o.on()
	}
	l.value = r.peek(0).key
	r.at++
	l.concurrently = r.accept("CONCURRENTLY") || l.concurrently
	l.name = r.name()
	return l
}

func readVacuum(r *reader) lone {
	l := lone{kind: vacuum, full: r.is("FULL")}
	for _, o := range r.options() {
		l.full = l.full || o.name == "FULL" && o.on()
	}
	return l
}

func readCluster(r *reader) lone {
	r.accept("VERBOSE")
	r.options()
	if r.done() {
		return lone{kind: clusterAll}
	}
	return lone{}
}

// readDo looks for transaction control in the block's body: a procedure that
// commits in between cannot run in a transaction of others.
func readDo(r *reader, o sqltext.Options) lone {
	for ; !r.done(); r.at++ {
		body, ok := stringValue(r.peek(0).raw)
		if r.peek(0).kind != sqltext.String || !ok || !mentions(body, "commit", "rollback") {
			continue
		}
		inner := &reader{words: scan(body, o, 0)}
		for ; !inner.done(); inner.at++ {
			if inner.endsTransaction() {
				return lone{kind: committingBlock}
			}
		}
	}
	return lone{}
}

// endsTransaction tells that COMMIT or ROLLBACK is next, as a statement of
// PL/pgSQL.
func (r *reader) endsTransaction() bool {
	if !r.is("COMMIT") && !r.is("ROLLBACK") {
		return false
	}
	next := r.peek(1)
	return next.kind == sqltext.Semicolon || next.key == "AND"
}

// mentions tells whether text holds one of the lower-case words in any case.
// It is linear and copies nothing, for statements may be large.
func mentions(text string, wanted ...string) bool {
	for _, w := range wanted {
		lower, upper := w[0], w[0]-'a'+'A'
		for i := 0; i+len(w) <= len(text); i++ {
			if c := text[i]; (c == lower || c == upper) && strings.EqualFold(text[i:i+len(w)], w) {
				return true
			}
		}
	}
	return false
}
