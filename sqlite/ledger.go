package sqlite

import (
	"strings"

	"github.com/lockstepdb/lockstep"
)

// Ledger returns the SQL of the ledger table. A table without a schema is in
// main: a bare name would find a temporary table of that name first. Literal
// is nil, since a round trip costs nothing here and one statement at a time
// keeps error positions exact. Grant is empty: SQLite has no users.
func (dialect) Ledger(t lockstep.LedgerTable) lockstep.LedgerSQL {
	if t.Schema == "" {
		t.Schema = "main"
	}
	table := quote(t.Schema) + "." + quote(t.Name)
	columns := lockstep.LedgerColumns()
	all := strings.Join(columns, ", ")
	small := strings.Join(columns[:len(columns)-2], ", ") // without up_text and down_text
	return lockstep.LedgerSQL{
		Create:  []string{createLedger(table, columns)},
		Insert:  "INSERT INTO " + table + " (" + all + ") VALUES (?" + strings.Repeat(", ?", len(columns)-1) + ")",
		Head:    "SELECT " + small + " FROM " + table + " ORDER BY seq DESC LIMIT 1",
		Entries: "SELECT " + small + " FROM " + table + " ORDER BY seq",
		Full:    "SELECT " + all + " FROM " + table + " ORDER BY seq",
		Tables:  []string{t.Name},
		Schemas: "SELECT " + all + " FROM " + table + " WHERE event IN ('schema', 'accepted') ORDER BY seq",
	}
}

// createLedger carries its warning inside the statement, where SQLite keeps
// it: it has no other comment on a table.
func createLedger(table string, columns []string) string {
	var b strings.Builder
	b.WriteString("CREATE TABLE IF NOT EXISTS " + table + " ( -- the ledger of lockstep: written by it alone, do not edit")
	for i, column := range columns {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n  " + column + " " + columnType(column))
	}
	b.WriteString("\n)")
	return b.String()
}

// columnType avoids type names that drivers turn into time.Time or bool.
func columnType(column string) string {
	switch column {
	case "seq":
		return "INTEGER PRIMARY KEY" // the fence: nobody can write an entry's number again
	case "statement", "statements", "pid", "duration_us":
		return "INTEGER NOT NULL DEFAULT 0"
	case "up_text", "down_text":
		return "BLOB"
	default:
		return "TEXT NOT NULL DEFAULT ''"
	}
}
