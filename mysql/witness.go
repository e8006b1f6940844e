package mysql

import (
	"context"
	"database/sql"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// Witness returns a fingerprint of the definitions of everything that st names:
// SHOW CREATE of tables, views, routines, triggers, events and databases, the
// grants of accounts. What the server changes by itself (the next
// AUTO_INCREMENT value, the time of creation) is left out, so that the
// fingerprint is the same on a replica that was promoted meanwhile. For
// statements that do not name what they change (CALL, EXECUTE, compound
// statements) it covers the definitions in the whole database.
//
// DROP of several things counts as done when none of them is left: MariaDB may
// have dropped only the first when the server died. Run again it then fails on
// the missing ones, unless it says IF EXISTS, and drops the others.
//
// A few statements change no definition. TRUNCATE is told by whether there are
// rows; if there are, it runs again. EXCHANGE PARTITION, and a RENAME that only
// swaps tables of equal definition, are told by the first row. ALTER TABLE with
// FORCE, ENGINE, ORDER BY or AUTO_INCREMENT = n, TRUNCATE PARTITION, and a
// column that is dropped and added again in the same place cannot be told: they
// run again, which the first three do not mind. Nothing is told ("") of
// tablespaces, resource groups, spatial reference systems, and of accounts that
// the user may not see.
func (dialect) Witness(ctx context.Context, q lockstep.Querier, srv lockstep.Server, st sqltext.Statement) (string, error) {
	o := newObserver(ctx, q, srv)
	text := lexerAt(srv, st)
	first := read(st.Text, text, 2)
	switch {
	case isDefinition(first.at(0).word):
		o.deed(readDeed(read(st.Text, text, 0)))
	case first.is("GRANT"), first.is("REVOKE"):
		o.grantees(read(st.Text, text, 0))
	case first.is("INSTALL"), first.is("UNINSTALL"):
		o.plugins()
	case isOpaque(first):
		o.database()
	}
	return o.fingerprint()
}

func isDefinition(word string) bool {
	switch word {
	case "CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE":
		return true
	}
	return false
}

// isOpaque tells the statements that may change anything without naming it.
func isOpaque(r *reader) bool {
	switch r.at(0).word {
	case "CALL", "EXECUTE", "IF", "CASE", "LOOP", "WHILE", "REPEAT", "FOR":
		return true
	}
	return r.is("BEGIN", "NOT") || r.is("SET", "STATEMENT")
}

// Prepare has nothing to clear: an ALTER TABLE that ended half-way leaves
// nothing that a second one would meet, also when the server died (tried with
// kill -9 on MySQL 9.7, MariaDB 10.11 and 11.8).
func (dialect) Prepare(context.Context, *sql.Conn, lockstep.Server, sqltext.Statement) (note string, err error) {
	return "", nil
}

// deed looks at what CREATE, ALTER, DROP, RENAME or TRUNCATE name.
func (o *observer) deed(d *deed) {
	names := append(append([]string{}, d.names...), d.becomes...)
	switch {
	case d.temporary && d.object == "TABLE":
		return
	case d.object == "INDEX":
		o.object("TABLE", d.on)
		return
	case d.verb == "DROP":
		o.anyLeft(d.object, d.names)
		return
	}
	for _, name := range names {
		o.object(d.object, name)
	}
	switch {
	case d.verb == "TRUNCATE":
		o.hasRows(d.names[0])
	case d.verb == "RENAME" && isSwap(d.names, d.becomes):
		for _, name := range d.names {
			o.firstRow(name)
		}
	case d.verb == "ALTER":
		o.exchange(d)
	}
}

// isSwap tells a RENAME after which there are the same names as before.
func isSwap(from, to []string) bool {
	net := map[string]int{}
	for _, name := range from {
		net[foldName(name)]++
	}
	for _, name := range to {
		net[foldName(name)]--
	}
	for _, n := range net {
		if n != 0 {
			return false
		}
	}
	return len(from) > 0
}

// exchange looks into the table that a partition is exchanged with.
func (o *observer) exchange(d *deed) {
	r := d.rest
	if r.find("EXCHANGE", "PARTITION") && r.find("WITH", "TABLE") {
		o.firstRow(r.name())
	}
}

// grantees looks at the accounts of a GRANT or REVOKE.
func (o *observer) grantees(r *reader) {
	before := "TO"
	if r.is("REVOKE") {
		before = "FROM"
	}
	if !r.find(before) {
		return
	}
	for _, account := range r.accounts() {
		o.object("USER", account)
	}
}
