package mysql

import (
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep"
)

// ledgerComment stands at the table for those who meet it.
const ledgerComment = "History of this database's migrations, kept by lockstep. Rows are hash-chained and never changed: do not edit by hand."

// Ledger returns the SQL of the ledger table. The table is transactional and
// compares text byte for byte, whatever the database's defaults are.
func (dialect) Ledger(t lockstep.LedgerTable) lockstep.LedgerSQL {
	table := qualified(t.Schema, t.Name)
	all := lockstep.LedgerColumns()
	short := slices.DeleteFunc(slices.Clone(all), isScript)
	return lockstep.LedgerSQL{
		Create:  []string{createTable(table, ledgerColumnDefs(all), ledgerComment)},
		Insert:  insertLedger(table, all),
		Head:    selectLedger(table, short, "") + " DESC LIMIT 1",
		Entries: selectLedger(table, short, ""),
		Full:    selectLedger(table, all, ""),
		Schemas: selectLedger(table, all, aboutSchema),
		Regain:  "UNLOCK TABLES",
		Tables:  []string{t.Name, lockTableName(t.Name)},
		Grant:   grantLedger(t),
	}
}

func qualified(schema, name string) string {
	if schema == "" {
		return quote(name)
	}
	return quote(schema) + "." + quote(name)
}

// createTable makes one of lockstep's own tables.
func createTable(table string, columns []string, comment string) string {
	return "CREATE TABLE IF NOT EXISTS " + table + " (\n  " + strings.Join(columns, ",\n  ") +
		"\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT=" + commentLiteral(comment)
}

// commentLiteral is a comment of this package, which has no backslash, as a
// string constant. COMMENT takes no introducer.
func commentLiteral(comment string) string {
	return "'" + strings.ReplaceAll(comment, "'", "''") + "'"
}

// ledgerColumnDefs defines the columns. The primary key on seq is the fence
// between runs: two of them can never both write the same next entry.
func ledgerColumnDefs(columns []string) []string {
	defs := make([]string, len(columns))
	for i, c := range columns {
		defs[i] = quote(c) + " " + columnType(c)
	}
	return defs
}

func columnType(column string) string {
	switch column {
	case "seq":
		return "BIGINT NOT NULL PRIMARY KEY"
	case "statement", "statements", "pid", "duration_us":
		return "BIGINT NOT NULL DEFAULT 0"
	case "up_text", "down_text":
		return "LONGBLOB NULL"
	case "context", "reason":
		return "MEDIUMTEXT NOT NULL" // TEXT has no default that all versions take
	case "version", "name", "actor", "host", "tool":
		return "VARCHAR(512) NOT NULL DEFAULT ''"
	default:
		return "VARCHAR(128) NOT NULL DEFAULT ''"
	}
}

func isScript(column string) bool { return column == "up_text" || column == "down_text" }

func quoteAll(idents []string) string {
	quoted := make([]string, len(idents))
	for i, ident := range idents {
		quoted[i] = quote(ident)
	}
	return strings.Join(quoted, ", ")
}

// aboutSchema picks the entries about the schema.
const aboutSchema = " WHERE event IN ('schema', 'accepted')"

func selectLedger(table string, columns []string, where string) string {
	return "SELECT " + quoteAll(columns) + " FROM " + table + where + " ORDER BY " + quote("seq")
}

func insertLedger(table string, columns []string) string {
	values := make([]string, len(columns))
	for i, c := range columns {
		values[i] = "?"
		if strings.HasPrefix(columnType(c), "VARCHAR") || strings.HasPrefix(columnType(c), "MEDIUMTEXT") {
			// The bytes as they were sent, also where the script said SET NAMES latin1.
			values[i] = "CONVERT(CAST(? AS BINARY) USING utf8mb4)"
		}
	}
	return "INSERT INTO " + table + " (" + quoteAll(columns) + ") VALUES (" + strings.Join(values, ", ") + ")"
}

// grantLedger tells an administrator what the run's user lacks, for the ledger
// and for the table beside it that tells who holds the lock; the user's name is
// theirs to fill in.
func grantLedger(t lockstep.LedgerTable) string {
	return "GRANT CREATE, SELECT, INSERT ON " + qualified(t.Schema, t.Name) + " TO <user>; " +
		"GRANT CREATE, SELECT, INSERT, UPDATE ON " + qualified(t.Schema, lockTableName(t.Name)) + " TO <user>"
}
