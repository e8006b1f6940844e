package sqltext_test

import "testing"

func TestSplitSQLite(t *testing.T) {
	runSplit(t, lite, sqliteCases)
	runSplit(t, lite, triggerCases)
}

var sqliteCases = []splitCase{
	{"names in brackets", "SELECT [a;'b];SELECT 2", []string{"SELECT [a;'b]", "SELECT 2"}},
	{"names in backticks", "SELECT `a;``b`;SELECT 2", []string{"SELECT `a;``b`", "SELECT 2"}},
	{"no backslash escapes", `SELECT '\';SELECT 2`, []string{`SELECT '\'`, "SELECT 2"}},
	{"blob", "SELECT x'00', X'';SELECT 2", []string{"SELECT x'00', X''", "SELECT 2"}},
	{"comments do not nest", "SELECT 1 /* /* */;SELECT 2", []string{"SELECT 1", "SELECT 2"}},
	{"comment open at the end", "SELECT 1; /* done;", []string{"SELECT 1"}},
	{"statement before an open comment", "SELECT 1 /* done;", []string{"SELECT 1"}},
	{"comment up to LF", "SELECT 1 -- x\r;\n;SELECT 2", []string{"SELECT 1", "SELECT 2"}},
	{"parameters", "SELECT ?, ?1, :a, @b, $c, $d::e(;), #f;SELECT 2", []string{"SELECT ?, ?1, :a, @b, $c, $d::e(;), #f", "SELECT 2"}},
	{"json operators", "SELECT a -> '$.b', c ->> 1, -- x\n-1;SELECT 2", []string{"SELECT a -> '$.b', c ->> 1, -- x\n-1", "SELECT 2"}},
	{"parentheses do not hold a semicolon", "SELECT (1;SELECT 2", []string{"SELECT (1", "SELECT 2"}},
	{"end is commit", "BEGIN;SELECT 1;END;SELECT 2", []string{"BEGIN", "SELECT 1", "END", "SELECT 2"}},
	{"hash lines of the shell", "# one;\nSELECT 1;\n# two\n", []string{"SELECT 1"}},
	{"byte order mark in the middle", "SELECT 1;\n\ufeffSELECT 2", []string{"SELECT 1", "SELECT 2"}},
	{"hint is a comment", "/*+ x */ SELECT 1;", []string{"SELECT 1"}},
}

const triggerHead = "CREATE TRIGGER t AFTER UPDATE OF a ON x "

func trigger(name, s string) splitCase {
	return splitCase{name, s + ";\nSELECT 2;", []string{s, "SELECT 2"}}
}

var triggerCases = []splitCase{
	trigger("one statement", triggerHead+"BEGIN DELETE FROM y; END"),
	trigger("two statements", triggerHead+"FOR EACH ROW WHEN new.a > 1 BEGIN\n DELETE FROM y;\n INSERT INTO y VALUES (';');\nEND"),
	trigger("temporary", "create temp trigger if not exists t instead of insert on v begin select 1; end"),
	trigger("temporary in full", "CREATE TEMPORARY TRIGGER t BEFORE DELETE ON x BEGIN SELECT RAISE(ABORT, 'no;'); END"),
	trigger("case", triggerHead+"BEGIN SELECT CASE WHEN new.a THEN CASE 1 WHEN 1 THEN 2 END END; UPDATE y SET a = (CASE WHEN 1 THEN 2 END); END"),
	trigger("case in the condition", triggerHead+"WHEN CASE WHEN new.a THEN 1 ELSE 0 END BEGIN SELECT 1; END"),
	trigger("comments", triggerHead+"BEGIN -- it's; END;\n SELECT 1; /* END; */ END"),
	trigger("names like keywords", triggerHead+`BEGIN SELECT "end", [end], 1 AS begin; END`),
	trigger("explained", "EXPLAIN QUERY PLAN "+triggerHead+"BEGIN SELECT 1; END"),
	{"dropped", "DROP TRIGGER t;SELECT 2;", []string{"DROP TRIGGER t", "SELECT 2"}},
	{"without body", "CREATE TRIGGER t;SELECT 2;", []string{"CREATE TRIGGER t", "SELECT 2"}},
	{"table called trigger", "CREATE TABLE trigger (begin, end);SELECT 2;", []string{"CREATE TABLE trigger (begin, end)", "SELECT 2"}},
	{"no last semicolon", triggerHead + "BEGIN SELECT 1; END", []string{triggerHead + "BEGIN SELECT 1; END"}},
	{"two", triggerHead + "BEGIN SELECT 1; END;" + triggerHead + "BEGIN SELECT 2; END;", []string{triggerHead + "BEGIN SELECT 1; END", triggerHead + "BEGIN SELECT 2; END"}},
}

func TestSQLiteFaults(t *testing.T) {
	runFaults(t, lite, []faultCase{
		{"brackets", "SELECT 1;\nSELECT [a", "line 2, column 8: unclosed quoted identifier", ""},
		{"backticks", "SELECT `a``", "line 1, column 8: unclosed quoted identifier", ""},
		{"blob", "SELECT x'0", "line 1, column 8: unclosed blob", ""},
		{"trigger", "SELECT 1;\nCREATE TRIGGER t AFTER INSERT ON x\nBEGIN\n SELECT 1;\n", "line 3, column 1: BEGIN of a trigger without END", "END;"},
		{"trigger with a last CASE", "CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT CASE WHEN 1 THEN 2 END; SELECT 1;", "line 1, column 36: BEGIN of a trigger without END", "END;"},
		{"read", "SELECT 1;\n.read other.sql\n", "line 2, column 1: sqlite3 command .read", "migration of its own"},
		{"import", ".import x.csv t\n", "line 1, column 1: sqlite3 command .import", "INSERT"},
		{"mode", "  .mode box", "line 1, column 3: sqlite3 command .mode", "only the sqlite3 shell"},
		{"open", ".open x.db", "line 1, column 1: sqlite3 command .open", "one database"},
	})
}
