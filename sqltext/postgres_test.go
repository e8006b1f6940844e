package sqltext_test

import (
	"testing"

	"github.com/lockstepdb/lockstep/sqltext"
)

func TestSplitPostgres(t *testing.T) {
	runSplit(t, pg, postgresCases)
	runSplit(t, pg, atomicCases)
}

var postgresCases = []splitCase{
	{"escape string", `SELECT E'a\';', e'\\';SELECT 2`, []string{`SELECT E'a\';', e'\\'`, "SELECT 2"}},
	{"backslash in a plain string", `SELECT '\';SELECT 2`, []string{`SELECT '\'`, "SELECT 2"}},
	{"word that ends in e", `SELECT date'\';SELECT 2`, []string{`SELECT date'\'`, "SELECT 2"}},
	{"escape string, doubled quote", `SELECT E'''\';';SELECT 2`, []string{`SELECT E'''\';'`, "SELECT 2"}},
	{"escape string of two lines", "SELECT E'a'\n  'b\\';';SELECT 2", []string{"SELECT E'a'\n  'b\\';'", "SELECT 2"}},
	{"escape string continued after a comment", "SELECT E'a' -- it's\n'b\\';';SELECT 2", []string{"SELECT E'a' -- it's\n'b\\';'", "SELECT 2"}},
	{"escape string not continued on its line", `SELECT E'a' '\';SELECT 2`, []string{`SELECT E'a' '\'`, "SELECT 2"}},
	{"Unicode string", `SELECT U&'\0061;''';SELECT u&"a;""b";`, []string{`SELECT U&'\0061;'''`, `SELECT u&"a;""b"`}},
	{"Unicode string with UESCAPE", `SELECT U&'!;\' UESCAPE '!';SELECT 2`, []string{`SELECT U&'!;\' UESCAPE '!'`, "SELECT 2"}},
	{"bit strings", `SELECT B'01', X'1f', N'x;\';SELECT 2`, []string{`SELECT B'01', X'1f', N'x;\'`, "SELECT 2"}},
	{"dollar quotes", "SELECT $$a;'b$$;SELECT 2", []string{"SELECT $$a;'b$$", "SELECT 2"}},
	{"dollar quotes with tags", "SELECT $a$ $b$ ; $$ $a$;SELECT 2", []string{"SELECT $a$ $b$ ; $$ $a$", "SELECT 2"}},
	{"dollar quotes with a tag not ASCII", "SELECT $ż1$;$ż1$;SELECT 2", []string{"SELECT $ż1$;$ż1$", "SELECT 2"}},
	{"dollar quotes nested", "DO $o$ BEGIN EXECUTE $i$SELECT ';'$i$; END $o$;SELECT 2", []string{"DO $o$ BEGIN EXECUTE $i$SELECT ';'$i$; END $o$", "SELECT 2"}},
	{"dollar quotes closed by the end of another tag", "SELECT $a$ $b$a$;SELECT 2", []string{"SELECT $a$ $b$a$", "SELECT 2"}},
	{"dollar signs in a name", "SELECT a$b$c;SELECT $b$;$b$", []string{"SELECT a$b$c", "SELECT $b$;$b$"}},
	{"dollar quotes behind a number", "SELECT 1$$;$$;SELECT 2", []string{"SELECT 1$$;$$", "SELECT 2"}},
	{"parameters", "SELECT $1, $2;SELECT $1$2;", []string{"SELECT $1, $2", "SELECT $1$2"}},
	{"dollar alone", "SELECT $ ;SELECT $a;", []string{"SELECT $", "SELECT $a"}},
	{"nested comments", "/* /* ; */ ; */SELECT 1/*/*/;*/*/;SELECT 2", []string{"SELECT 1", "SELECT 2"}},
	{"stars in a comment", "/***/SELECT 1;/* **/SELECT 2;/**//***/", []string{"SELECT 1", "SELECT 2"}},
	{"operators that hold a comment", "SELECT 1 *-- ;\n2;SELECT 1+/*;*/2;", []string{"SELECT 1 *-- ;\n2", "SELECT 1+/*;*/2"}},
	{"operators", "SELECT a @> b, c->>'x', d::int, e #>> '{a}', f ?| g, @ -5, x =>1, -- ;\n1!=-1;SELECT 2", []string{"SELECT a @> b, c->>'x', d::int, e #>> '{a}', f ?| g, @ -5, x =>1, -- ;\n1!=-1", "SELECT 2"}},
	{"comment ends at CR", "SELECT 1 -- x\r;SELECT 2", []string{"SELECT 1", "SELECT 2"}},
	{"rule", "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b);SELECT 2", []string{"CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b)", "SELECT 2"}},
	{"one parenthesis too many", "SELECT 1);SELECT 2;", []string{"SELECT 1)", "SELECT 2"}},
	{"one parenthesis too few", "SELECT (1;SELECT 2;", []string{"SELECT (1;SELECT 2;"}},
	{"array slice", "SELECT a[1:2], b[:x], c::text;SELECT 2", []string{"SELECT a[1:2], b[:x], c::text", "SELECT 2"}},
	{"psql variable", `SELECT :'a;', :"b;";SELECT 2`, []string{`SELECT :'a;', :"b;"`, "SELECT 2"}},
	{"alter function", "ALTER FUNCTION f() RESET ALL;SELECT 2", []string{"ALTER FUNCTION f() RESET ALL", "SELECT 2"}},
	{"hint before the statement", "-- x\n/*+ SeqScan(a) */\nSELECT 1;", []string{"/*+ SeqScan(a) */\nSELECT 1"}},
	{"hint before a comment", "/*+ x */ -- y\nSELECT 1;", []string{"SELECT 1"}},
	{"hint and nothing", "/*+ x */ ;", nil},
	{"standard_conforming_strings off", "SET standard_conforming_strings = off;\nSELECT '\\';';SET standard_conforming_strings TO 'on';\nSELECT '\\';", []string{"SET standard_conforming_strings = off", "SELECT '\\';'", "SET standard_conforming_strings TO 'on'", "SELECT '\\'"}},
	{"standard_conforming_strings reset", "SET SESSION standard_conforming_strings TO 0;\nSELECT '\\';';RESET standard_conforming_strings;\nSELECT '\\';", []string{"SET SESSION standard_conforming_strings TO 0", "SELECT '\\';'", "RESET standard_conforming_strings", "SELECT '\\'"}},
}

const atomicHead = "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql "

func atomic(name, s string) splitCase {
	return splitCase{name, s + ";\nSELECT 2;", []string{s, "SELECT 2"}}
}

var atomicCases = []splitCase{
	atomic("one statement", atomicHead+"BEGIN ATOMIC SELECT 1; END"),
	atomic("two statements", atomicHead+"BEGIN ATOMIC\n SELECT 1;\n SELECT 2;\nEND"),
	atomic("none", atomicHead+"BEGIN ATOMIC END"),
	atomic("lower case and comments", atomicHead+"begin -- x\natomic /* ; end; */ select 1; -- end;\nend"),
	atomic("case", atomicHead+"BEGIN ATOMIC SELECT CASE WHEN 1=1 THEN CASE 1 WHEN 1 THEN 2 END END; SELECT (CASE WHEN true THEN 1 END); END"),
	atomic("end as a name", atomicHead+`BEGIN ATOMIC SELECT 1 AS end, t.end, t.case, "end"; SELECT 2 AS begin; END`),
	atomic("procedure", "CREATE PROCEDURE p(a int) BEGIN ATOMIC INSERT INTO t VALUES (a); DELETE FROM t; END"),
	atomic("rule in parentheses beside it", atomicHead+"BEGIN ATOMIC SELECT (1); SELECT ((2)); END"),
	atomic("return", atomicHead+"RETURN 1"),
	atomic("a body in dollar quotes", atomicHead+"AS $$ BEGIN ATOMIC SELECT 1; $$"),
	atomic("a function called begin", "CREATE FUNCTION begin() RETURNS int AS 'SELECT 1;' LANGUAGE sql"),
	atomic("a column called atomic", "CREATE TABLE begin (atomic int)"),
	atomic("a schema with a function", "CREATE SCHEMA s CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END"),
	{"transaction", "BEGIN; SELECT 1; END;", []string{"BEGIN", "SELECT 1", "END"}},
	{"atomic without create", "BEGIN ATOMIC; SELECT 1; END;", []string{"BEGIN ATOMIC", "SELECT 1", "END"}},
}

func TestPostgresFaults(t *testing.T) {
	runFaults(t, pg, []faultCase{
		{"escape string", "SELECT E'\\';", "line 1, column 8: unclosed string", ""},
		{"escape string that ends in a backslash", `SELECT E'\`, "line 1, column 8: unclosed string", ""},
		{"escape string, in its continuation", "SELECT E'a'\n'b", "line 1, column 8: unclosed string", ""},
		{"quoted name", "SELECT 1;\nSELECT \"a;", "line 2, column 8: unclosed quoted identifier", ""},
		{"Unicode name", `SELECT U&"a`, "line 1, column 8: unclosed quoted identifier", ""},
		{"dollar quotes", "DO $$ BEGIN END;\nSELECT 1;", "line 1, column 4: unclosed dollar-quoted string $$", ""},
		{"dollar quotes with a tag", "\n\tDO $body$ x $Body$;", "line 2, column 5: unclosed dollar-quoted string $body$", ""},
		{"comment", "SELECT 1; /* a\n/* b */\n", "line 1, column 11: unclosed comment", ""},
		{"begin atomic", "SELECT 1;\nCREATE FUNCTION f() RETURNS int\nBEGIN ATOMIC SELECT 1;\n", "line 3, column 1: BEGIN ATOMIC without END", "END;"},
		{"include", "SELECT 1;\n\\i other.sql\n", `line 2, column 1: psql command \i`, "migration of its own"},
		{"connect", "\\connect other\n", `line 1, column 1: psql command \connect`, "one database"},
		{"copy", `\copy t FROM 'x.csv'`, `line 1, column 1: psql command \copy`, "COPY … FROM stdin"},
		{"set", `  \set x 1`, `line 1, column 3: psql command \set`, "write the value"},
		{"gexec", "SELECT 'x'\n\\gexec", `line 2, column 1: psql command \gexec`, "DO block"},
		{"g behind a statement", `SELECT 1 \g`, `line 1, column 10: psql command \g`, "end the statement with ;"},
		{"if", `\if :x`, `line 1, column 1: psql command \if`, "DO block"},
		{"echo", `\echo hello`, `line 1, column 1: psql command \echo`, "RAISE NOTICE"},
		{"timing", `\timing on`, `line 1, column 1: psql command \timing`, "only psql understands"},
		{"restrict in a statement", "SELECT 1\n\\restrict x", `line 2, column 1: psql command \restrict`, "only psql"},
		{"end of data without COPY", "SELECT 1;\n\\.\n", `line 2, column 1: psql command \`, "no SQL"},
		{"text behind COPY", "COPY t FROM stdin; SELECT 1;\n1\n\\.\n", "line 1, column 20: text after COPY … FROM stdin on the same line", "next line"},
	})
}

func TestPostgresClientCommands(t *testing.T) {
	script := "-- dump\n\\restrict abc;'\r\nSELECT 1;\n\\unrestrict abc\n"
	checkLaws(t, script, pg)
	var got []string
	for p, err := range sqltext.Pieces(script, pg) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, p.Text)
		if want := p.Text != "SELECT 1" && p.Text != ""; (p.Kind == sqltext.Client) != want {
			t.Errorf("piece %q is of kind %d", p.Text, p.Kind)
		}
	}
	equal(t, "pieces", got, []string{`\restrict abc;'`, "SELECT 1", `\unrestrict abc`, ""})
}

func TestCopy(t *testing.T) {
	const insert = "INSERT INTO t VALUES ('it''s')"
	for _, c := range []struct {
		name, script     string
		tail, data, end  string
		notIn, noneAfter bool
	}{
		{name: "rows", script: "COPY t FROM stdin;\n1\ta;b\n2\tit's\n\\.\n", tail: ";\n", data: "1\ta;b\n2\tit's\n", end: "\\.\n"},
		{name: "columns and options", script: "copy public.\"T;\" (a, b) from STDIN with (format csv) -- x\n ;  \nit's\n\\.\n", tail: " -- x\n ;  \n", data: "it's\n", end: "\\.\n"},
		{name: "comment behind", script: "COPY t FROM stdin; -- x\n1\n\\.\n", tail: "; -- x\n", data: "1\n", end: "\\.\n"},
		{name: "CR LF", script: "COPY t FROM stdin;\r\n1\r\n\\.\r\n", tail: ";\r\n", data: "1\r\n", end: "\\.\r\n"},
		{name: "no rows", script: "COPY t FROM stdin;\n\\.\n", tail: ";\n", end: "\\.\n"},
		{name: "empty lines", script: "COPY t FROM stdin;\n\n  \n\\.\n", tail: ";\n", data: "\n  \n", end: "\\.\n"},
		{name: "what looks like the end", script: "COPY t FROM stdin;\n\\.x\n \\.\n\\\\.\n\\. \n\\.\n", tail: ";\n", data: "\\.x\n \\.\n\\\\.\n\\. \n", end: "\\.\n"},
		{name: "end without line break", script: "COPY t FROM stdin;\n1\n\\.", tail: ";\n", data: "1\n", end: "\\.", noneAfter: true},
		{name: "end of the script", script: "COPY t FROM stdin;\n1\n2", tail: ";\n", data: "1\n2", noneAfter: true},
		{name: "nothing behind", script: "COPY t FROM stdin;", tail: ";", noneAfter: true},
		{name: "no semicolon", script: "COPY t FROM stdin", noneAfter: true},
		{name: "stdout, which the server takes as well", script: "COPY t FROM stdout;\n1\n\\.\n", tail: ";\n", data: "1\n", end: "\\.\n"},
		{name: "from a file", script: "COPY t FROM '/stdin';\n", tail: ";", notIn: true},
		{name: "to stdout", script: "COPY t TO stdout;\n", tail: ";", notIn: true},
		{name: "a query", script: "COPY (SELECT a FROM stdin) TO stdout;\n", tail: ";", notIn: true},
		{name: "a table called stdin", script: "SELECT * FROM stdin;\n", tail: ";", notIn: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			script := c.script
			if !c.noneAfter {
				script += insert
			}
			checkLaws(t, script, pg)
			list, err := sqltext.Split(script, pg)
			if err != nil || len(list) == 0 {
				t.Fatalf("Split(%q) = %v, %v", script, list, err)
			}
			s := list[0]
			equal(t, "tail, data, end", []string{s.Tail, s.Data, s.DataEnd}, []string{c.tail, c.data, c.end})
			if s.CopyIn == c.notIn {
				t.Errorf("CopyIn is %v", s.CopyIn)
			}
			if !c.noneAfter && (len(list) != 2 || list[1].Text != insert) {
				t.Errorf("after the data: %+v, want %q", list[1:], insert)
			}
		})
	}
}
