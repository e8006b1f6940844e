package sqlite_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/dialecttest"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/sqltext"
)

// FuzzInspect: what SQLite accepts in a CREATE TABLE is read, with the columns
// that SQLite sees, and the facts make the same table again.
func FuzzInspect(f *testing.F) {
	for _, body := range []string{
		"a", "a INT, b TEXT", "a INTEGER PRIMARY KEY AUTOINCREMENT", "a, CHECK(a > 'x')", "a CONSTRAINT c NOT NULL ON CONFLICT FAIL DEFAULT 'x''y' COLLATE nocase",
		"a REFERENCES t(a) ON DELETE SET NULL MATCH FULL NOT DEFERRABLE INITIALLY DEFERRED", "a, b, UNIQUE(a COLLATE rtrim DESC, b) ON CONFLICT IGNORE CHECK(a) CHECK(b)",
		"a generated always as (b||1) stored, b", "[a b] \"x y\" (1, -2), `c` 'd'", "a DEFAULT - 1, b DEFAULT +x'00', c DEFAULT foo, d DEFAULT \"bar\"", "key, \"order\", left, replace INT",
		"a CONSTRAINT x, b CONSTRAINT y CONSTRAINT z UNIQUE", "a INT NULL ON CONFLICT ABORT, b DEFERRABLE", "a CHECK(a in (select 1))", "a AS (case when 1 then b end) , b",
		"a, b AS (cast(a as varchar(10))), PRIMARY KEY(a collate nocase desc)", "a PRIMARY KEY) WITHOUT ROWID, STRICT --(", "a DEFAULT (-1 + +2), b CHECK(b IS NOT NULL AND -b<>- -1)",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		script := "CREATE TABLE t(" + body + ")"
		if all, err := sqltext.Split(script, sqltext.Options{Mode: sqltext.SQLite}); err != nil || len(all) != 1 || strings.Contains(script, "\x00") {
			return
		}
		db := memory(t, modernc, "")
		if _, err := db.ExecContext(t.Context(), script); err != nil {
			return
		}
		if len(table(t, db, "SELECT 1 FROM sqlite_master WHERE name = 't'")) == 0 {
			return // a comment that hides all
		}
		s := inspect(t, db)
		if len(s.Unknown()) > 0 {
			t.Fatalf("%s is not read: %v", script, s.Unknown())
		}
		remake(t, s, script)
	})
}

// remake makes a schema anew from its facts.
func remake(t *testing.T, s *schema.Schema, of string) {
	t.Helper()
	empty, err := schema.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	statements, err := migration(t, empty, s)
	if err != nil {
		t.Fatal(err)
	}
	again := memory(t, modernc, "")
	if err := apply(t, again, statements); err != nil {
		t.Fatalf("%s: %v", of, err)
	}
	if found := schema.Compare(s, inspect(t, again)); len(found) > 0 {
		t.Fatalf("%s is made again as\n%s\nwhich differs:\n%s", of, strings.Join(statements, ";\n"), dialecttest.Differences(found))
	}
}

// uglyNames go wrong when they are pasted into SQL, or read carelessly.
func uglyNames() []string {
	return []string{
		"select", "Mixed Case", `double"quote`, `""`, "back`tick", "``", "single'quote", `back\slash`, "semi;colon", "-- comment", "/* comment", "a,b",
		"dot.dot", "(paren", "paren)", "[brackets]", "größe 表", "1digit", "tab\tinside", "line\nbreak", " space ", "rowid", "new", "old", "excluded", "main", "temp", "end", "begin",
		"true", "null", "current_time", "generated", "always", "stored", "strict", "key", "constraint", "as", "cast", "if", "replace", "é", "x'", "$a", ":a", "?1", "main.t",
		"lockstep_new_t", strings.Repeat("long ", 40),
	}
}

func TestUglyNames(t *testing.T) {
	var script strings.Builder
	for i, n := range uglyNames() {
		q, next := quoted(n), quoted(uglyNames()[(i+1)%len(uglyNames())])
		fmt.Fprintf(&script, `CREATE TABLE %[1]s (%[1]s INT CONSTRAINT %[1]s CHECK (%[1]s <> 0) DEFAULT 'x', %[2]s TEXT AS (%[1]s + 1) COLLATE NOCASE, UNIQUE (%[2]s, %[1]s), FOREIGN KEY (%[1]s) REFERENCES %[1]s (%[1]s));
CREATE INDEX %[3]s ON %[1]s (%[1]s DESC, (%[2]s || 'x')) WHERE %[1]s > 0;
CREATE VIEW %[4]s (%[2]s) AS SELECT %[1]s AS %[2]s FROM %[1]s AS %[2]s WHERE %[2]s.%[1]s > 0;
CREATE TRIGGER %[5]s AFTER UPDATE OF %[1]s ON %[1]s WHEN NEW.%[1]s > 0 BEGIN UPDATE %[1]s SET %[1]s = OLD.%[2]s WHERE %[1]s = 1; END;
`, q, next, quoted("i "+n), quoted("v "+n), quoted("g "+n))
	}
	db := memory(t, modernc, script.String())
	s := inspect(t, db)
	if len(s.Unknown()) > 0 {
		t.Errorf("unknown: %v", s.Unknown())
	}
	if got, want := len(s.OfKind(schema.KindTable)), len(uglyNames()); got != want {
		t.Errorf("%d tables, want %d", got, want)
	}
	remake(t, s, "the schema of ugly names")
}

// TestKeywords: a keyword can be any name, bare or not.
func TestKeywords(t *testing.T) {
	db := memory(t, modernc, "")
	for _, bare := range []bool{false, true} {
		for _, word := range keywords() {
			q := quoted(word)
			if bare {
				q = word
			}
			script := fmt.Sprintf("CREATE TABLE t (%[1]s INT CHECK (%[1]s > 0), b AS (%[1]s + 1)); CREATE INDEX i ON t (%[1]s); CREATE VIEW v AS SELECT %[1]s, t.%[1]s FROM t WHERE %[1]s IN (1) ORDER BY %[1]s", q)
			if _, err := db.ExecContext(t.Context(), script); err == nil {
				s := inspect(t, db)
				if len(s.Unknown()) > 0 {
					t.Errorf("%s: unknown %v", script, s.Unknown())
				}
				remake(t, s, script)
			} else if !bare {
				t.Errorf("%s: %v", script, err)
			}
			mustExec(t, db, "DROP VIEW IF EXISTS v", "DROP TABLE IF EXISTS t")
		}
	}
}

func keywords() []string {
	return strings.Fields(`ABORT ACTION ADD AFTER ALL ALTER ALWAYS ANALYZE AND AS ASC ATTACH AUTOINCREMENT BEFORE BEGIN BETWEEN BY CASCADE CASE CAST CHECK
COLLATE COLUMN COMMIT CONFLICT CONSTRAINT CREATE CROSS CURRENT CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DATABASE DEFAULT DEFERRABLE DEFERRED
DELETE DESC DETACH DISTINCT DO DROP EACH ELSE END ESCAPE EXCEPT EXCLUDE EXCLUSIVE EXISTS EXPLAIN FAIL FILTER FIRST FOLLOWING FOR FOREIGN FROM FULL
GENERATED GLOB GROUP GROUPS HAVING IF IGNORE IMMEDIATE IN INDEX INDEXED INITIALLY INNER INSERT INSTEAD INTERSECT INTO IS ISNULL JOIN KEY LAST LEFT
LIKE LIMIT MATCH MATERIALIZED NATURAL NO NOT NOTHING NOTNULL NULL NULLS OF OFFSET ON OR ORDER OTHERS OUTER OVER PARTITION PLAN PRAGMA PRECEDING
PRIMARY QUERY RAISE RANGE RECURSIVE REFERENCES REGEXP REINDEX RELEASE RENAME REPLACE RESTRICT RETURNING RIGHT ROLLBACK ROW ROWS SAVEPOINT SELECT
SET TABLE TEMP TEMPORARY THEN TIES TO TRANSACTION TRIGGER UNBOUNDED UNION UNIQUE UPDATE USING VACUUM VALUES VIEW VIRTUAL WHEN WHERE WINDOW WITH
WITHIN WITHOUT TRUE FALSE ROWID STORED STRICT`)
}

func TestEmptyDatabase(t *testing.T) {
	s := inspect(t, memory(t, modernc, ""))
	if got := len(s.Facts()); got != 1 || len(s.Unknown()) > 0 {
		t.Errorf("facts %v, unknown %v; want the database alone", s.Facts(), s.Unknown())
	}
}

// TestInspectOddities: what is broken, unknown or not part of the schema does not
// keep the rest from being read.
func TestInspectOddities(t *testing.T) {
	db := memory(t, modernc, "")
	mustExec(t, db, `CREATE TABLE t (a); CREATE VIEW broken AS SELECT absent FROM nowhere; CREATE TABLE lockstep_ledger (a UNIQUE); CREATE INDEX l ON lockstep_ledger (a);
CREATE TEMP TABLE t (b, c); ANALYZE; CREATE TABLE odd (a);
PRAGMA writable_schema = ON;
INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) VALUES ('table', 'missing', 'missing', 0, 'CREATE VIRTUAL TABLE missing USING absent(a, b)');
INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) VALUES ('thing', 'x', 't', 0, 'CREATE THING x');
UPDATE sqlite_master SET sql = 'CREATE TABLE odd (a INT GENERATED SOMEHOW, "b c" ??)' WHERE name = 'odd';`)
	s := inspect(t, db, "lockstep_ledger")
	var got []string
	for _, f := range s.Facts() {
		got = append(got, strings.TrimSpace(f.ID.String()+" "+f.Attr(schema.AttrDefinition)))
	}
	want := []string{
		"database", "view broken SELECT absent FROM nowhere", "table missing USING absent(a, b)", `table odd (a INT GENERATED SOMEHOW, "b c" ? ?)`, "table t", "column order of t", "column t.a",
		"object x CREATE THING x",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(s.Unknown()) != 2 {
		t.Errorf("unknown: %v", s.Unknown())
	}
}
