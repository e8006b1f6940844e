package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/dialecttest"
	"github.com/lockstepdb/lockstep/sqlite"
)

// TestRoundTrips goes from random schemas to others and back.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	dialecttest.RunRoundTrips(t, dialecttest.RoundTrips{
		Dialect: sqlite.Dialect(),
		Grammar: grammar(),
		Database: func(t *testing.T) dialecttest.Observed {
			db := memory(t, modernc, "")
			return dialecttest.Observed{DB: db, Schema: func(t testing.TB) []string { return watch(t, db) }}
		},
		Apply: func(ctx context.Context, db *sql.DB, statements []string) error {
			at := 0
			for at < len(statements) && strings.HasPrefix(statements[at], "PRAGMA foreign_keys") {
				at++
			}
			for _, s := range slices.Concat([]string{"PRAGMA foreign_keys = ON"}, statements[:at], []string{"BEGIN IMMEDIATE"}, statements[at:], []string{"COMMIT"}) {
				if _, err := db.ExecContext(ctx, s); err != nil {
					_, _ = db.ExecContext(ctx, "ROLLBACK") // there may be nothing to roll back
					return fmt.Errorf("%w\nof %s", err, s)
				}
			}
			return nil
		},
	})
}

// watch is observe by names, whatever place they have, with the number of checks
// and the beginning of what is not a table.
func watch(t testing.TB, db *sql.DB) []string {
	t.Helper()
	var all []string
	for _, query := range []string{
		`SELECT 'table', name, type, ncol, wr, strict FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`,
		`SELECT 'column', m.name, x.name, upper(replace(x.type, ' ', '')), x."notnull" OR x.pk AND (m.wr OR x.type = 'INTEGER'), x.pk, x.hidden, replace(x.dflt_value, '"', '''')
FROM pragma_table_list m, pragma_table_xinfo(m.name) x WHERE m.schema = 'main' AND m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\'`,
		`SELECT 'key', m.name, iif(l.origin = 'c', l.name, ''), l."unique", l.origin, l.partial, group_concat(coalesce(x.name, x.cid = -2) || ' ' || x."desc" || ' ' || upper(x.coll) || ' ' || x."key")
FROM pragma_table_list m, pragma_index_list(m.name) l, pragma_index_xinfo(l.name) x WHERE m.schema = 'main' AND (l.origin <> 'pk' OR NOT m.wr) AND (x."key" OR NOT m.wr) GROUP BY m.name, l.name`,
		`SELECT 'foreign key', m.name, lower(l."table"), l.seq, l."from", coalesce(l."to", (SELECT x.name FROM pragma_table_xinfo(l."table") x WHERE x.pk = l.seq + 1)), l.on_update, l.on_delete
FROM pragma_table_list m, pragma_foreign_key_list(m.name) l WHERE m.schema = 'main'`,
		`SELECT type, name, lower(tbl_name) FROM sqlite_master WHERE type IN ('view', 'trigger')`,
		`SELECT 'checks', name, (length(sql) - length(replace(sql, 'CHECK (', ''))) / 7, sql LIKE '%AUTOINCREMENT%' FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`,
	} {
		for _, r := range table(t, db, query) {
			all = append(all, strings.Join(r, "|"))
		}
	}
	return all
}

func grammar() dialecttest.Grammar {
	return dialecttest.Grammar{
		Keys:       []string{"INTEGER", "INT", "TEXT/COLLATE NOCASE", "INTEGER/NOT NULL", "INTEGER/CHECK (1 > 0)", "{INT|TEXT}/NOT NULL"},
		Options:    "{|||| WITHOUT ROWID}",
		ForeignKey: "{|CONSTRAINT %n }FOREIGN KEY (%c) REFERENCES %u{| (%j)}{|| ON DELETE {CASCADE|SET NULL|NO ACTION}}{|| ON UPDATE {CASCADE|RESTRICT}}{||| DEFERRABLE INITIALLY DEFERRED}",
		InlineKeys: true,
		Begin:      "PRAGMA foreign_keys = OFF",
		Insert:     "INSERT INTO %t (%c) VALUES",
		Columns: []dialecttest.ColumnKind{
			{Name: "number", Type: "{INT|INTEGER|BIGINT|DECIMAL(10, 2)|}", Value: "%i", Default: "{1|2|(1 + 1)|-1|0x10}", More: "{|||| CHECK (%n <> {99|98})| CONSTRAINT positive CHECK (%n > -9)}", Generated: "{GENERATED ALWAYS |}AS (%1 {+|*} {1|2}) {STORED|VIRTUAL|}"},
			{Name: "text", Type: "{TEXT|VARCHAR(20)|CLOB}", Value: "'%i'", Default: "{'x'|'it''s'|''|\"quoted\"|(lower('A'))|CURRENT_TIMESTAMP}", More: "{||| COLLATE {NOCASE|RTRIM|BINARY}}{||| CHECK (length(%n) < {99|98})}", Generated: "AS ({lower|upper|trim}(%1)) {STORED|VIRTUAL}"},
			{Name: "real", Type: "{REAL|DOUBLE|FLOAT}", Value: "%i.5", Default: "{1.5|-2.5|1e3}"},
			{Name: "time", Type: "{DATETIME|DATE|TIMESTAMP}", Value: "'2026-01-0%i'", Default: "{CURRENT_DATE|CURRENT_TIME|(date('now'))}"},
			{Name: "bytes", Type: "BLOB", Value: "x'0%i'", Default: "{x'00'|X'FF'|(zeroblob(3))}"},
			{Name: "flag", Type: "BOOLEAN", Value: "%i = 1", Default: "{TRUE|FALSE|0}"},
		},
		Parts: []dialecttest.ObjectKind{
			{SQL: "CREATE INDEX %n ON %t (%1{|| DESC| COLLATE NOCASE}){||| WHERE %1 IS NOT NULL}", Columns: 1},
			{SQL: "CREATE INDEX %n ON %t (%c)", Columns: -1},
			{SQL: "CREATE INDEX %n ON %t ({lower|upper}(%1), %k)", Columns: 1, Of: "text"},
			{SQL: "CREATE INDEX %n ON %t (%1 {+|-} 1) WHERE %1 {>|<} 5", Columns: 1, Of: "number"},
			{SQL: "CREATE UNIQUE INDEX %n ON %t (%c){| WHERE %1 > 0}", Columns: -1, Of: "number", Unique: true},
			{SQL: "{|CONSTRAINT %n }UNIQUE (%c){|| ON CONFLICT IGNORE}", Columns: -1, Of: "number", Unique: true, Inline: true},
			{SQL: "{|CONSTRAINT %n }UNIQUE (%k, %1{| COLLATE NOCASE})", Columns: 1, Inline: true},
			{SQL: "{|CONSTRAINT %n }CHECK (%1 <> 99 {OR|AND} %2 IS NOT 98)", Columns: 2, Of: "number", Inline: true},
			{SQL: "{|CONSTRAINT %n }CHECK (%1 NOT LIKE 'z%%' {OR 1|AND 2})", Columns: 1, Of: "text", Inline: true},
			{SQL: "CREATE TRIGGER %n {BEFORE|AFTER} {INSERT|DELETE|UPDATE OF %1} ON %t {|WHEN 1 > 2 }BEGIN {SELECT 1;|UPDATE %t SET %1 = %1 WHERE 0; SELECT 2;} END", Columns: 1},
		},
		Others: []dialecttest.ObjectKind{
			{Name: "view", SQL: "CREATE VIEW %n AS SELECT %c FROM %t{| WHERE %1 IS NOT NULL}", Columns: -1, Of: "any"},
			{Name: "view", SQL: "CREATE VIEW %n (one, \"t o\") AS SELECT %1, count(*) FROM %t GROUP BY 1{| HAVING count(*) > 1}", Columns: 1},
			{Name: "chained", SQL: "CREATE VIEW %n AS SELECT *{|, 1 AS extra_column} FROM %h", Base: "view"},
			{Name: "trigger", SQL: "CREATE TRIGGER %n INSTEAD OF {INSERT|DELETE} ON %h BEGIN SELECT {1|2}; END", Base: "view"},
		},
		Names: []string{"a", "users", "order_", "Mixed Case ", `double"quote`, "single'quote", "größe", "日本", "semi;colon", "per%cent", "dot.dot", "a,b", "(paren)", `back\slash`, "[br]", "back`tick"},
		Words: []string{"select", "table", "order", "user", "value", "UPPER", "b", "c", "id", "x", "année", "group", "no space", "end", "column", "rowid"},
	}
}

// Newer versions of SQLite neither add nor drop a column that is called as the
// hidden key.
func TestRoundTripOfHiddenKey(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"rowid", "OID", "_rowid_"} {
		with, without := "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, "+name+" TEXT)", "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT)"
		roundTrip(t, with, without, false)
		roundTrip(t, without, with, false)
	}
}

// A table may be called as a column of another one.
func TestRoundTripOfViewOnNamesake(t *testing.T) {
	t.Parallel()
	const tables = `CREATE TABLE a (b INT, "r s" INT); CREATE TABLE b ("x y" INT);`
	roundTrip(t, tables, tables+`CREATE VIEW v AS SELECT "r s", "x y" FROM a JOIN b ON b = "x y"; CREATE VIEW w AS SELECT "x y" AS b FROM b`, false)
}
