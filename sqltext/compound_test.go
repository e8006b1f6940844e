package sqltext_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/lockstepdb/lockstep/sqltext"
)

// compounds are statements with semicolons inside. They are valid on MySQL and
// on MariaDB and need nothing but the table x (a int, b int, c text).
var compounds = map[string]string{
	"simple body":      "CREATE PROCEDURE p() SELECT 1",
	"empty block":      "CREATE PROCEDURE p() BEGIN END",
	"block":            "CREATE PROCEDURE p()\nBEGIN\n  SELECT 1;\n  SELECT 2;\nEND",
	"nested blocks":    "CREATE PROCEDURE p() BEGIN BEGIN SELECT 1; BEGIN END; END; BEGIN SELECT 2; END; END",
	"labels":           "CREATE PROCEDURE p() outer_1: BEGIN `in ner`: BEGIN LEAVE `in ner`; END `in ner`; l2:LOOP LEAVE l2; END LOOP l2; END outer_1",
	"comments":         "CREATE PROCEDURE p() BEGIN -- END;\n # it's; END\n SELECT 1; /* END; */ END",
	"strings":          "CREATE PROCEDURE p() BEGIN SELECT 'END;', \"it's; END\", '\\'; END;'; END",
	"if":               "CREATE PROCEDURE p(n INT) BEGIN IF n = 1 THEN SELECT 1; ELSEIF n = 2 THEN SELECT 2; SELECT 3; ELSE SELECT 4; END IF; END",
	"if as the body":   "CREATE PROCEDURE p(n INT) IF n = 1 THEN SELECT 1; ELSE SELECT 2; END IF",
	"if with if()":     "CREATE PROCEDURE p(n INT) BEGIN IF IF(n = 1, 2, 3) = 2 THEN SELECT IF(n, 1, 2); END IF; END",
	"if not exists":    "CREATE PROCEDURE IF NOT EXISTS p() BEGIN DROP TABLE IF EXISTS y; CREATE TABLE IF NOT EXISTS y (a INT); END",
	"if with case":     "CREATE PROCEDURE p(n INT) BEGIN IF CASE n WHEN 1 THEN CASE WHEN n THEN 1 END ELSE 0 END = 1 THEN SELECT 1; END IF; END",
	"if with a query":  "CREATE PROCEDURE p() BEGIN IF (SELECT COUNT(*) FROM x WHERE a = 1) > 0 AND EXISTS (SELECT 1) THEN SELECT 1; END IF; END",
	"loop":             "CREATE PROCEDURE p() BEGIN l: LOOP SET @i = @i + 1; IF @i < 10 THEN ITERATE l; END IF; LEAVE l; END LOOP l; END",
	"while":            "CREATE PROCEDURE p(n INT) BEGIN WHILE n > 0 DO SET n = n - 1; END WHILE; END",
	"while with case":  "CREATE PROCEDURE p(n INT) WHILE CASE WHEN n > 0 THEN 1 ELSE 0 END DO SET n = n - 1; END WHILE",
	"repeat":           "CREATE PROCEDURE p(n INT) BEGIN REPEAT SET n = n - 1; SELECT REPEAT('a', n); UNTIL n < 0 END REPEAT; END",
	"repeat with case": "CREATE PROCEDURE p(n INT) REPEAT SET n = n - 1; UNTIL CASE WHEN n > 1 THEN 0 ELSE 1 END END REPEAT",
	"case statement":   "CREATE PROCEDURE p(n INT) BEGIN CASE n WHEN 1 THEN SELECT 1; SELECT 2; WHEN 2 THEN BEGIN END; ELSE SELECT 3; END CASE; END",
	"searched case":    "CREATE PROCEDURE p(n INT) BEGIN CASE WHEN n = 1 THEN SELECT 1; WHEN n = CASE WHEN n THEN 2 END THEN SELECT 2; END CASE; SELECT 4; END",
	"case of a case":   "CREATE PROCEDURE p(n INT) CASE CASE n WHEN 1 THEN 2 END WHEN 2 THEN SELECT 1; ELSE BEGIN END; END CASE",
	"case expressions": "CREATE PROCEDURE p(n INT) BEGIN SET n = CASE WHEN n THEN 1 ELSE 2 END; SELECT CASE n WHEN 1 THEN 2 END AS `end`, CASE WHEN 1 THEN 2 END; END",
	"handlers": "CREATE PROCEDURE p() BEGIN DECLARE a, b INT DEFAULT CASE WHEN 1 THEN 2 END; DECLARE c CONDITION FOR SQLSTATE '42S02'; " +
		"DECLARE k CURSOR FOR SELECT a FROM x; DECLARE CONTINUE HANDLER FOR NOT FOUND SET a = 1; " +
		"DECLARE EXIT HANDLER FOR SQLEXCEPTION, 1051, SQLSTATE VALUE '42S01', c BEGIN ROLLBACK; RESIGNAL; END; " +
		"DECLARE CONTINUE HANDLER FOR SQLWARNING IF a THEN SET b = 1; END IF; OPEN k; CLOSE k; END",
	"transaction":         "CREATE PROCEDURE p() BEGIN START TRANSACTION; INSERT INTO x (a) VALUES (1); COMMIT; END",
	"begin and end names": "CREATE PROCEDURE p() BEGIN DECLARE begin INT; DECLARE end INT; SET begin = 1, end = begin; SELECT begin, end, x.end FROM (SELECT 1 AS end) AS x; END",
	"traits":              "CREATE DEFINER = CURRENT_USER() PROCEDURE p(IN a SET('x', 'y'), OUT b DECIMAL(10,2), INOUT c TEXT) COMMENT 'it''s; BEGIN' LANGUAGE SQL NOT DETERMINISTIC MODIFIES SQL DATA SQL SECURITY INVOKER BEGIN SELECT 1; END",
	"function":            "CREATE FUNCTION f(n INT) RETURNS INT DETERMINISTIC BEGIN DECLARE r INT; SET r = n; RETURN r; END",
	"function, one line":  "CREATE FUNCTION f(n INT) RETURNS INT DETERMINISTIC RETURN CASE WHEN n THEN IF(n, 1, 2) ELSE 3 END",
	"function of a set":   "CREATE FUNCTION f() RETURNS SET('a', 'b') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NO SQL BEGIN RETURN 'a'; END",
	"function, if body":   "CREATE FUNCTION f(n INT) RETURNS VARCHAR(10) CHARSET utf8mb4 DETERMINISTIC IF n THEN RETURN 'a'; ELSE RETURN 'b'; END IF",
	"trigger":             "CREATE TRIGGER g BEFORE INSERT ON x FOR EACH ROW BEGIN SET NEW.a = 1; SET NEW.b = CASE WHEN NEW.a THEN 2 ELSE 3 END; END",
	"trigger, one line":   "CREATE TRIGGER g AFTER UPDATE ON x FOR EACH ROW SET @a = IF(NEW.a, 1, 2)",
	"trigger, if body":    "CREATE TRIGGER IF NOT EXISTS g BEFORE UPDATE ON x FOR EACH ROW IF NEW.a > 1 THEN SET NEW.b = 1; SET NEW.a = 2; END IF",
	"event":               "CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS CURRENT_TIMESTAMP + INTERVAL 1 HOUR ON COMPLETION PRESERVE DISABLE COMMENT 'do;' DO BEGIN DELETE FROM x; DELETE FROM x; END",
	"event, one line":     "CREATE EVENT IF NOT EXISTS e ON SCHEDULE AT CURRENT_TIMESTAMP + INTERVAL 1 YEAR DO DELETE FROM x WHERE a = IF(1, 2, 3)",
	"executable comments": "/*!50003 CREATE*/ /*!50020 DEFINER=CURRENT_USER*/ /*!50003 PROCEDURE p() BEGIN IF 1 THEN SELECT 1; END IF; END */",
	"half executable":     "CREATE PROCEDURE p() BEGIN /*!40101 SELECT 1; */ SELECT 2; END",
}

// mariaCompounds are valid on MariaDB only.
var mariaCompounds = map[string]string{
	"anonymous":         "BEGIN NOT ATOMIC DECLARE n INT DEFAULT 1; IF n THEN SELECT 1; END IF; END",
	"anonymous, nested": "begin not atomic begin select 1; end; for i in 1..2 do select i; end for; end",
	"if at the top":     "IF 1 THEN SELECT 1; ELSE SELECT 2; END IF",
	"case at the top":   "CASE 1 WHEN 1 THEN SELECT 1; ELSE SELECT 2; END CASE",
	"while at the top":  "WHILE 0 DO SELECT 1; END WHILE",
	"repeat at the top": "REPEAT SELECT 1; UNTIL 1 END REPEAT",
	"for at the top":    "FOR r IN (SELECT 1 AS a) DO SELECT r.a; SELECT 2; END FOR",
	"or replace":        "CREATE OR REPLACE DEFINER=`root`@localhost PROCEDURE p() BEGIN FOR i IN REVERSE 1..3 DO SELECT i; END FOR; END",
	"aggregate": "CREATE AGGREGATE FUNCTION f(n INT) RETURNS INT DETERMINISTIC BEGIN DECLARE r INT DEFAULT 0; DECLARE CONTINUE HANDLER FOR NOT FOUND RETURN r; " +
		"LOOP FETCH GROUP NEXT ROW; SET r = r + n; END LOOP; END",
	"follows":      "CREATE OR REPLACE TRIGGER g BEFORE INSERT ON x FOR EACH ROW FOLLOWS h BEGIN SET NEW.a = 1; SET NEW.b = 2; END",
	"package":      "CREATE PACKAGE k PROCEDURE p(); FUNCTION f(n INT) RETURNS INT; END",
	"package body": "CREATE OR REPLACE PACKAGE BODY k DECLARE v INT DEFAULT 1; PROCEDURE p() BEGIN IF v THEN SELECT 1; END IF; END; FUNCTION f(n INT) RETURNS INT RETURN CASE WHEN n THEN v END; SET v = 2; END",
}

func TestSplitCompound(t *testing.T) {
	for name, script := range compounds {
		t.Run(name, func(t *testing.T) {
			for _, o := range []sqltext.Options{my, maria} {
				checkCompound(t, script, o)
			}
		})
	}
	for name, script := range mariaCompounds {
		t.Run(name, func(t *testing.T) { checkCompound(t, script, maria) })
	}
}

// checkCompound checks that the statement is one, alone and between others,
// without a delimiter, with one, and with other line breaks.
func checkCompound(t *testing.T, s string, o sqltext.Options) {
	t.Helper()
	bodies := []string{s}
	if !strings.Contains(s, "-- ") {
		bodies = append(bodies, strings.NewReplacer(" ", "\r\n\t", ";", "\n;").Replace(s))
	}
	for _, body := range bodies {
		around := []string{"SELECT 1", body, "SELECT 2"}
		for script, want := range map[string][]string{
			body:                                  {body},
			body + ";":                            {body},
			body + "\n-- x\n;\n":                  {body},
			"SELECT 1;" + body + ";SELECT 2":      around,
			"SELECT 1;;" + body + ";;\nSELECT 2;": around,
			"SELECT 1;DELIMITER //\n" + body + "//\nDELIMITER ;\nSELECT 2;":          around,
			"SELECT 1;DELIMITER $$\n" + body + ";$$\nSELECT 2$$":                     around,
			"DELIMITER ;;\nSELECT 1;;" + body + " ;;\nSELECT 2;;":                    around,
			"DELIMITER end_of\nSELECT 1; " + body + ";\nSELECT 2; end_of\n -- done;": around,
		} {
			checkLaws(t, script, o)
			equal(t, script, texts(t, script, o), want)
		}
	}
}

// randomRoutine returns a procedure of nested blocks. Choices are drawn from
// pick, which returns a number below n.
func randomRoutine(pick func(n int) int) string {
	g := routineMaker{pick: pick}
	return "CREATE PROCEDURE p(n INT) " + g.statement(4)
}

type routineMaker struct {
	pick   func(n int) int
	labels int
}

func (g *routineMaker) oneOf(list ...string) string { return list[g.pick(len(list))] }

func (g *routineMaker) expr() string {
	return g.oneOf("n", "n > 2", "CASE WHEN n THEN 1 ELSE 0 END", "IF(n, 1, 0) = 1", "EXISTS (SELECT 1 FROM x WHERE c = 'THEN')",
		"(SELECT CASE n WHEN 1 THEN CASE WHEN n THEN 2 END END)", "(SELECT x.end + t.begin FROM x, t) = @do", "n /* THEN DO END */ = 1")
}

func (g *routineMaker) statements(depth int) string {
	all := ""
	for range 1 + g.pick(3) {
		all += g.oneOf("", "", " ", "\n", " /* END; */ ", " -- END;\n", " # it's\n") + g.statement(depth) + g.oneOf(";", " ;", "\n;\n") + " "
	}
	return all
}

func (g *routineMaker) statement(depth int) string {
	if depth == 0 || g.pick(4) == 0 {
		return g.oneOf("SELECT CASE WHEN n THEN 1 ELSE 2 END AS `end`, IF(1, 2, 3)", "SET @a = CASE @a WHEN 1 THEN (CASE WHEN 2 THEN 3 END) ELSE 4 END",
			"INSERT INTO x (c) VALUES (REPEAT('END;', 3))", "UPDATE x SET a = IF(a, 1, 2), b = CASE WHEN a THEN 1 END WHERE c = 'x'", "SET n = n - 1",
			"IF n THEN SET n = 1; END IF", "BEGIN END", "DROP TABLE IF EXISTS y")
	}
	inner := func() string { return g.statements(depth - 1) }
	switch g.pick(7) {
	case 0:
		return g.oneOf("IF ", "if ") + g.expr() + " THEN " + inner() + g.oneOf("", "ELSEIF "+g.expr()+" THEN "+inner()) + g.oneOf("", "ELSE "+inner()) + g.oneOf("END IF", "end if")
	case 1:
		return "CASE " + g.oneOf("", g.expr()+" ") + "WHEN " + g.expr() + " THEN " + inner() + "WHEN 2 THEN " + inner() + "ELSE " + inner() + "END CASE"
	case 2:
		return "WHILE " + g.expr() + " DO " + inner() + "END WHILE"
	case 3:
		return "REPEAT " + inner() + "UNTIL " + g.expr() + " END REPEAT"
	case 4:
		g.labels++
		label := "l" + strings.Repeat("x", g.labels)
		return label + g.oneOf(":", ": ", " : ") + "LOOP " + inner() + "LEAVE " + label + "; END LOOP" + g.oneOf("", " "+label)
	case 5:
		return "BEGIN DECLARE v INT DEFAULT CASE WHEN 1 THEN 2 END; DECLARE CONTINUE HANDLER FOR NOT FOUND, SQLSTATE '23000' " + g.statement(depth-1) + "; " + inner() + "END"
	}
	return g.oneOf("BEGIN ", "begin\n") + inner() + g.oneOf("END", "end")
}

func TestRandomCompounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") }
		want := []string{"SELECT 1", randomRoutine(pick), "BEGIN", randomRoutine(pick), "SELECT 2"}
		list, err := sqltext.Split(strings.Join(want, ";\n"), my)
		if err != nil || len(list) != len(want) {
			t.Fatalf("%d statements, %v:\n%s", len(list), err, strings.Join(want, ";\n"))
		}
		for i := range list {
			if list[i].Text != want[i] {
				t.Fatalf("got\n%s\nwant\n%s", list[i].Text, want[i])
			}
		}
	})
}
