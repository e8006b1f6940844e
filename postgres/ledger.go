package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep"
)

// ledgerComment stands at the table for those who meet it in psql.
const ledgerComment = "History of this database''s migrations, kept by lockstep. Rows are hash-chained and never changed: do not edit by hand."

// regain undoes, for the rest of the transaction, what a script may have set
// that decides who writes the ledger and where it is found. The settings come
// back when the transaction ends, for the script's next statements.
const regain = "SET LOCAL SESSION AUTHORIZATION DEFAULT; SET LOCAL role TO DEFAULT; SET LOCAL search_path TO DEFAULT"

// Ledger returns the SQL of the ledger table. Types and functions are
// qualified, so that it means the same whatever search_path a script has set.
// The table's own name does so only if t names its schema, or behind Regain,
// which takes effect inside a transaction only.
func (d dialect) Ledger(t lockstep.LedgerTable) lockstep.LedgerSQL {
	table := d.Quote(t.Name)
	if t.Schema != "" {
		table = d.Quote(t.Schema) + "." + table
	}
	all := lockstep.LedgerColumns()
	short := slices.DeleteFunc(slices.Clone(all), isScript)
	return lockstep.LedgerSQL{
		Create:  []string{createLedger(table, all), "COMMENT ON TABLE " + table + " IS '" + ledgerComment + "'"},
		Insert:  insertLedger(table, parameters(len(all))),
		Head:    selectLedger(table, short, "") + " DESC LIMIT 1",
		Entries: selectLedger(table, short, ""),
		Full:    selectLedger(table, all, ""),
		Schemas: selectLedger(table, all, aboutSchema),
		Holds:   func(digest string) string { return holds(table, digest) },
		Literal: func(row lockstep.LedgerRow) string { return insertLedger(table, literals(all, row)) },
		Regain:  regain,
		Tables:  []string{t.Name},
		Grant:   d.grantLedger(t.Schema, table),
	}
}

// holds has a row if the newest entry carries the digest, which is hex.
func holds(table, digest string) string {
	return "SELECT 1 FROM (SELECT set_digest FROM " + table + " ORDER BY seq DESC LIMIT 1) AS head WHERE set_digest = '" + digest + "'"
}

// createLedger makes the table. The primary key on seq is the fence between
// runs: two of them can never both write the same next entry.
func createLedger(table string, columns []string) string {
	defs := make([]string, len(columns))
	for i, c := range columns {
		defs[i] = "  " + c + " " + columnType(c)
	}
	return "CREATE TABLE IF NOT EXISTS " + table + " (\n" + strings.Join(defs, ",\n") + "\n)"
}

func columnType(column string) string {
	switch column {
	case "seq":
		return "pg_catalog.int8 PRIMARY KEY"
	case "statement", "statements", "pid", "duration_us":
		return "pg_catalog.int8 NOT NULL DEFAULT 0"
	case "up_text", "down_text":
		return "pg_catalog.bytea"
	default:
		return "pg_catalog.text NOT NULL DEFAULT ''"
	}
}

func isScript(column string) bool { return column == "up_text" || column == "down_text" }

// aboutSchema picks the entries about the schema.
const aboutSchema = " WHERE event IN ('schema', 'accepted')"

func selectLedger(table string, columns []string, where string) string {
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + table + where + " ORDER BY seq"
}

func insertLedger(table string, values []string) string {
	return "INSERT INTO " + table + " (" + strings.Join(lockstep.LedgerColumns(), ", ") + ") VALUES (" + strings.Join(values, ", ") + ")"
}

func parameters(n int) []string {
	p := make([]string, n)
	for i := range p {
		p[i] = fmt.Sprintf("$%d", i+1)
	}
	return p
}

// The server computes the end of a step and what it took. The transaction
// begins when the message with the whole step arrives, so its age is the
// step's duration.
const (
	finishedNow = `pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.clock_timestamp()), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
	durationNow = `CAST(pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) pg_catalog.transaction_timestamp())` +
		` OPERATOR(pg_catalog.*) 1000000 AS pg_catalog.int8)`
)

func literals(columns []string, row lockstep.LedgerRow) []string {
	values := make([]string, len(columns))
	for i, c := range columns {
		switch c {
		case "finished_at":
			values[i] = finishedNow
		case "duration_us":
			values[i] = durationNow
		default:
			values[i] = valueLiteral(row[i])
		}
	}
	return values
}

// grantLedger tells an administrator what the run's user lacks; the user's
// name is theirs to fill in.
func (d dialect) grantLedger(schema, table string) string {
	if schema == "" {
		schema = "public"
	}
	return "GRANT USAGE, CREATE ON SCHEMA " + d.Quote(schema) + " TO <user>; GRANT SELECT, INSERT ON " + table + " TO <user>"
}
