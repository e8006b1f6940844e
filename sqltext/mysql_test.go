package sqltext_test

import (
	"testing"

	"github.com/lockstepdb/lockstep/sqltext"
)

// mysqlCases hold on MySQL and on MariaDB.
var mysqlCases = []splitCase{
	{"backslash escapes", `SELECT 'a\';', "b\";", '\\';SELECT 2`, []string{`SELECT 'a\';', "b\";", '\\'`, "SELECT 2"}},
	{"doubled quotes", `SELECT 'a'';', "b"";";SELECT 2`, []string{`SELECT 'a'';', "b"";"`, "SELECT 2"}},
	{"names in backticks", "SELECT `a;``\\`;SELECT 2", []string{"SELECT `a;``\\`", "SELECT 2"}},
	{"prefixed strings", `SELECT N'\';', x'00', B'1', _utf8mb4'\';';SELECT 2`, []string{`SELECT N'\';', x'00', B'1', _utf8mb4'\';'`, "SELECT 2"}},
	{"hash comments", "# a;\nSELECT 1 # b;\n;SELECT 2#c", []string{"SELECT 1", "SELECT 2"}},
	{"dashes before space only", "SELECT 5--1;SELECT 5 --\t;\n;SELECT 5---1;SELECT 2--", []string{"SELECT 5--1", "SELECT 5", "SELECT 5---1", "SELECT 2"}},
	{"dashes before a line break", "SELECT 5 --\n;SELECT 2", []string{"SELECT 5", "SELECT 2"}},
	{"dashes that start a statement", "--one;\n----- two;\nSELECT 1;\n--three", []string{"SELECT 1"}},
	{"comment goes past CR", "SELECT 1 -- x\r;\n;SELECT 2", []string{"SELECT 1", "SELECT 2"}},
	{"comments do not nest", "SELECT 1 /* /* */;SELECT 2", []string{"SELECT 1", "SELECT 2"}},
	{"hint", "SELECT /*+ SET_VAR(sql_mode='a;') */ 1;SELECT 2", []string{"SELECT /*+ SET_VAR(sql_mode='a;') */ 1", "SELECT 2"}},
	{"executable comments", "/*!40101 SET NAMES utf8 */;\n/*! SELECT 1 */;/*!999999\\- enable the sandbox mode */ \nSELECT 2;", []string{"/*!40101 SET NAMES utf8 */", "/*! SELECT 1 */", "SELECT 2"}},
	{"executable comment that starts a statement", "/*!40000 CREATE TABLE */ t (a int);", []string{"/*!40000 CREATE TABLE */ t (a int)"}},
	{"executable comment that ends a statement", "CREATE TABLE t (a int) /*!40101 COMMENT='*/;' */;SELECT 2", []string{"CREATE TABLE t (a int) /*!40101 COMMENT='*/;' */", "SELECT 2"}},
	{"comment in an executable comment", "/*!40101 SELECT /* ; */ 1 */;SELECT 2", []string{"/*!40101 SELECT /* ; */ 1 */", "SELECT 2"}},
	{"semicolon in an executable comment", "/*! SELECT 1; */;SELECT 2", []string{"/*! SELECT 1; */", "SELECT 2"}},
	{"a version nobody has", "/*!99999 it's ; /* nested */ */;SELECT 2", []string{"SELECT 2"}},
	{"user variables", "SET @a := 1, @'b;' = 2, @`c;` = 3, @@session.sort_buffer_size = 4;SELECT @a;", []string{"SET @a := 1, @'b;' = 2, @`c;` = 3, @@session.sort_buffer_size = 4", "SELECT @a"}},
	{"accounts", "CREATE USER 'a'@'%', b@localhost, `c`@10.0.0.1;SELECT 2", []string{"CREATE USER 'a'@'%', b@localhost, `c`@10.0.0.1", "SELECT 2"}},
	{"old null", `INSERT INTO t VALUES (\N);SELECT 2`, []string{`INSERT INTO t VALUES (\N)`, "SELECT 2"}},
	{"names with digits and dollars", "SELECT 1a, t.2b, $c, d$e FROM 3e;SELECT 2", []string{"SELECT 1a, t.2b, $c, d$e FROM 3e", "SELECT 2"}},
	{"numbers", "SELECT 1, 1.5, .5, 1e5, 1e-5, 0x1F, 0b01;SELECT 2", []string{"SELECT 1, 1.5, .5, 1e5, 1e-5, 0x1F, 0b01", "SELECT 2"}},
	{"json operators", "SELECT a->'$.b', a->>'$.c';SELECT 2", []string{"SELECT a->'$.b', a->>'$.c'", "SELECT 2"}},
	{"if and repeat as functions", "SELECT IF(1, 2, 3), REPEAT('a', 3), REPLACE('a', 'b', 'c');SELECT 2", []string{"SELECT IF(1, 2, 3), REPEAT('a', 3), REPLACE('a', 'b', 'c')", "SELECT 2"}},
	{"transactions", "START TRANSACTION;BEGIN;COMMIT;BEGIN WORK;ROLLBACK;XA BEGIN 'x';XA END 'x';", []string{"START TRANSACTION", "BEGIN", "COMMIT", "BEGIN WORK", "ROLLBACK", "XA BEGIN 'x'", "XA END 'x'"}},
	{"use", "USE a;\nuse b\nSELECT 1;use c", []string{"USE a", "use b", "SELECT 1", "use c"}},
	{"use with a comment", "USE a -- b;\n;SELECT 1;USE `d`\r\nSELECT 2;", []string{"USE a", "SELECT 1", "USE `d`", "SELECT 2"}},
	{"dollar signs in names", "SELECT a$$, 1$$, t.$$;SELECT $b, $", []string{"SELECT a$$, 1$$, t.$$", "SELECT $b, $"}},
	{"prepared text", "PREPARE s FROM 'SELECT 1; SELECT 2';EXECUTE s;", []string{"PREPARE s FROM 'SELECT 1; SELECT 2'", "EXECUTE s"}},
}

func TestSplitMySQL(t *testing.T) {
	for name, o := range map[string]sqltext.Options{"mysql": my, "mariadb": maria} {
		t.Run(name, func(t *testing.T) {
			runSplit(t, o, mysqlCases)
			runSplit(t, o, delimiterCases)
			runSplit(t, o, sqlModeCases)
		})
	}
	runSplit(t, my, []splitCase{
		{"MariaDB's comments", "/*M! SELECT 1 */;/*M!100100 it's; */;SELECT 2", []string{"SELECT 2"}},
		{"comments for MySQL 5.7", "/*!50701 SELECT 1 */;SELECT 2", []string{"/*!50701 SELECT 1 */", "SELECT 2"}},
		{"routine in another language", "CREATE FUNCTION f() RETURNS INT LANGUAGE JAVASCRIPT AS $js$ let a = '; $$'; return 1; $js$;SELECT 2", []string{"CREATE FUNCTION f() RETURNS INT LANGUAGE JAVASCRIPT AS $js$ let a = '; $$'; return 1; $js$", "SELECT 2"}},
		{"dollar quotes", "SELECT $$;$$;SELECT $a$ ; $b$ $a$, $1$;$1$;", []string{"SELECT $$;$$", "SELECT $a$ ; $b$ $a$, $1$;$1$"}},
		{"library", "CREATE LIBRARY IF NOT EXISTS l LANGUAGE JAVASCRIPT AS $$ export function f() { return 1; } $$;SELECT 2", []string{"CREATE LIBRARY IF NOT EXISTS l LANGUAGE JAVASCRIPT AS $$ export function f() { return 1; } $$", "SELECT 2"}},
	})
	runSplit(t, maria, []splitCase{
		{"MariaDB's comments", "/*M! SELECT 1 */;/*M!100100 SELECT '*/;' */;SELECT 2", []string{"/*M! SELECT 1 */", "/*M!100100 SELECT '*/;' */", "SELECT 2"}},
		{"comments for MySQL 5.7", "/*!50701 it's; */;/*!99998 it's; */;/*!50700 it's */SELECT 2", []string{"SELECT 2"}},
		{"dollar quotes are names", "SELECT $$;$$;SELECT $a$", []string{"SELECT $$", "$$", "SELECT $a$"}},
		{"comments for MySQL 5.6", "/*!50699 SELECT 1 */;SELECT 2", []string{"/*!50699 SELECT 1 */", "SELECT 2"}},
	})
	old := my
	old.Version = 80036
	runSplit(t, old, []splitCase{
		{"comments for a later server", "/*!90000 it's; */;SELECT 2", []string{"SELECT 2"}},
		{"comments for this server", "/*!80036 SELECT 1 */;/*!080036 SELECT 2 */", []string{"/*!80036 SELECT 1 */", "/*!080036 SELECT 2 */"}},
	})
}

var delimiterCases = []splitCase{
	{"slashes", "DELIMITER //\nSELECT 1 //\nDELIMITER ;\nSELECT 2;", []string{"SELECT 1", "SELECT 2"}},
	{"lower case and space", "  delimiter   ??  \r\nSELECT 1??\r\ndelimiter ;\r\nSELECT 2;", []string{"SELECT 1", "SELECT 2"}},
	{"dollars", "DELIMITER $$\nSELECT a$$\nSELECT b $$\nDELIMITER ;\nSELECT 3;", []string{"SELECT a", "SELECT b", "SELECT 3"}},
	{"two semicolons", "DELIMITER ;;\nSELECT 1;;\nDELIMITER ;\nSELECT 2;", []string{"SELECT 1", "SELECT 2"}},
	{"in strings and comments", "DELIMITER //\nSELECT '//', `//` -- //\n /* // */ # //\n//\n", []string{"SELECT '//', `//`"}},
	{"word", "DELIMITER go\nSELECT 1 go\nSELECT 2\ngo", []string{"SELECT 1", "SELECT 2"}},
	{"pipe in an operator", "DELIMITER |\nSELECT 1|\nSELECT 2|", []string{"SELECT 1", "SELECT 2"}},
	{"in quotes", "DELIMITER '//'\nSELECT 1//\n", []string{"SELECT 1"}},
	{"to the end of the line", "DELIMITER ;//\nSELECT 1;//\nSELECT 2;//", []string{"SELECT 1", "SELECT 2"}},
	{"empty statements", "DELIMITER //\n// //\nSELECT 1//\n//", []string{"SELECT 1"}},
	{"in the middle of a line", "DELIMITER $$\nSELECT 1 $$ DELIMITER ;\nSELECT 2;", []string{"SELECT 1", "SELECT 2"}},
	{"never used", "DELIMITER //\nSELECT 1", []string{"SELECT 1"}},
	{"same in an executable comment", "DELIMITER ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN SET @a = 1; END */;;\nDELIMITER ;\n", []string{"/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN SET @a = 1; END */"}},
	{
		"statements between delimiters", "DELIMITER //\nDROP PROCEDURE IF EXISTS p;\nCREATE PROCEDURE p() BEGIN SELECT 1; END;\n//\nDELIMITER ;\n",
		[]string{"DROP PROCEDURE IF EXISTS p", "CREATE PROCEDURE p() BEGIN SELECT 1; END"},
	},
	{"a column called delimiter", "SELECT\ndelimiter FROM t;SELECT 2", []string{"SELECT\ndelimiter FROM t", "SELECT 2"}},
}

var sqlModeCases = []splitCase{
	{"ansi quotes", `SET sql_mode = 'ANSI_QUOTES'; SELECT "a\"; SELECT 'b\';'`, []string{`SET sql_mode = 'ANSI_QUOTES'`, `SELECT "a\"`, `SELECT 'b\';'`}},
	{"no backslash escapes", `SET SESSION sql_mode = "STRICT_ALL_TABLES,no_backslash_escapes"; SELECT 'a\', "b\"; SELECT 2`, []string{`SET SESSION sql_mode = "STRICT_ALL_TABLES,no_backslash_escapes"`, `SELECT 'a\', "b\"`, "SELECT 2"}},
	{"back by literal", `SET @@sql_mode := 'NO_BACKSLASH_ESCAPES'; SELECT '\'; SET @@SESSION.sql_mode = ''; SELECT '\';'`, []string{`SET @@sql_mode := 'NO_BACKSLASH_ESCAPES'`, `SELECT '\'`, `SET @@SESSION.sql_mode = ''`, `SELECT '\';'`}},
	{"as a dump does it", `/*!50003 SET @saved = @@sql_mode */ ; /*!50003 SET sql_mode = 'ANSI' */ ; SELECT "\"; /*!50003 SET sql_mode = @saved */ ; SELECT "\";"`, []string{"/*!50003 SET @saved = @@sql_mode */", "/*!50003 SET sql_mode = 'ANSI' */", `SELECT "\"`, "/*!50003 SET sql_mode = @saved */", `SELECT "\";"`}},
	{"one of several", `SET @a = 1, sql_mode = 'NO_BACKSLASH_ESCAPES', @b = 'x'; SELECT '\'; SET NAMES utf8; SELECT '\'`, []string{`SET @a = 1, sql_mode = 'NO_BACKSLASH_ESCAPES', @b = 'x'`, `SELECT '\'`, "SET NAMES utf8", `SELECT '\'`}},
	{"added", `SET sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES'); SELECT '\'; SET sql_mode = REPLACE(@@sql_mode, 'NO_BACKSLASH_ESCAPES', ''); SELECT '\';'`, []string{`SET sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')`, `SELECT '\'`, `SET sql_mode = REPLACE(@@sql_mode, 'NO_BACKSLASH_ESCAPES', '')`, `SELECT '\';'`}},
	{"not this session's", `SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES'; SET @@global.sql_mode = 'NO_BACKSLASH_ESCAPES'; SELECT '\';'`, []string{`SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES'`, `SET @@global.sql_mode = 'NO_BACKSLASH_ESCAPES'`, `SELECT '\';'`}},
	{"not set but read", `SET @m = @@sql_mode, @s = 'NO_BACKSLASH_ESCAPES'; SELECT '\';'`, []string{`SET @m = @@sql_mode, @s = 'NO_BACKSLASH_ESCAPES'`, `SELECT '\';'`}},
}

func TestMySQLFaults(t *testing.T) {
	for _, o := range []sqltext.Options{my, maria} {
		runFaults(t, o, []faultCase{
			{"string that ends in a backslash", `SELECT 'a\'`, "line 1, column 8: unclosed string", ""},
			{"double quotes", "SELECT 1;\nSELECT \"a'", "line 2, column 8: unclosed string", ""},
			{"backticks", "SELECT `a``;", "line 1, column 8: unclosed quoted identifier", ""},
			{"comment", "SELECT 1; /* a", "line 1, column 11: unclosed comment", ""},
			{"executable comment", "SELECT 1;\n/*!40101 SELECT 2;\n", "line 2, column 1: unclosed executable comment", ""},
			{"executable comment for others", "SELECT 1; /*!99999 a", "line 1, column 11: unclosed comment", ""},
			{"begin", "SELECT 1;\nCREATE PROCEDURE p()\nBEGIN\n SELECT 1;\n", "line 3, column 1: BEGIN without END", "END;"},
			{"if", "CREATE PROCEDURE p()\nBEGIN\n IF a THEN\n SELECT 1;\nEND;\nSELECT 2;", "line 3, column 2: IF without END IF", "END IF;"},
			{"loop closed as a block", "CREATE PROCEDURE p() BEGIN\nl: LOOP\nIF 1 THEN LEAVE l; END IF; END; SELECT 1;", "line 2, column 4: LOOP without END LOOP", "END LOOP;"},
			{"while in its condition", "CREATE PROCEDURE p()\nWHILE 1", "line 2, column 1: WHILE without END WHILE", "END WHILE;"},
			{"package", "CREATE PACKAGE p FUNCTION f() RETURNS INT;", "line 1, column 8: PACKAGE without END", "END;"},
			{"no delimiter", "SELECT 1;\nDELIMITER\nSELECT 2", "line 2, column 1: DELIMITER names no delimiter", "DELIMITER //"},
			{"backslash delimiter", `DELIMITER \\`, "line 1, column 1: DELIMITER with a backslash", "//"},
			{"source", "SELECT 1;\n source x.sql\n", "line 2, column 2: client command source", "migration of its own"},
			{"short source", `\. x.sql`, `line 1, column 1: client command \.`, "migration of its own"},
			{"vertical output", `SELECT 1\G`, `line 1, column 9: client command \G`, "end the statement with ;"},
			{"go", `SELECT 1 \g`, `line 1, column 10: client command \g`, "end the statement with ;"},
			{"short delimiter", `\d //`, `line 1, column 1: client command \d`, "DELIMITER"},
			{"short use", `\u x`, `line 1, column 1: client command \u`, "USE"},
			{"warnings", "warnings;", "line 1, column 1: client command warnings", "only the mysql shell"},
			{"short warnings", `\W`, `line 1, column 1: client command \W`, "only the mysql shell"},
			{"stray backslash", `SELECT \a`, `line 1, column 8: client command \a`, "no SQL"},
			{"backslash at the end", "SELECT 1\\", `line 1, column 9: client command \`, "no SQL"},
			{"connect", "connect x", "line 1, column 1: client command connect", "one database"},
		})
	}
	runFaults(t, maria, []faultCase{
		{"MariaDB's comment", "/*M! SELECT 1", "line 1, column 1: unclosed executable comment", ""},
		{"anonymous block", "SELECT 1;\nBEGIN NOT ATOMIC\nSELECT 1;\n", "line 2, column 1: BEGIN without END", "END;"},
	})
	runFaults(t, my, []faultCase{
		{"dollar quotes", "CREATE FUNCTION f() RETURNS INT LANGUAGE JAVASCRIPT AS $$ x;", "line 1, column 56: unclosed dollar-quoted string $$", ""},
	})
}
