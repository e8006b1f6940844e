package mysql

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

func TestIdent(t *testing.T) {
	for name, want := range map[string]string{
		"users": "users", "Users2": "Users2", "_x": "_x", "order": "`order`", "Rank": "`Rank`", "1a": "`1a`", "a b": "`a b`", "a`b": "`a``b`",
		"é": "`é`", "a-b": "`a-b`", "$a": "`$a`", "count": "`count`", "": "``", "name": "name", "status": "status", "a.b": "`a.b`",
	} {
		if got := ident(name); got != want {
			t.Errorf("ident(%q) = %s, want %s", name, got, want)
		}
	}
}

// TestReservedWords asks the servers about each word they know: what ident
// leaves plain they must take where Render writes names.
func TestReservedWords(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		conn := session(t, s.pool(t))
		rows, err := conn.QueryContext(t.Context(), "SELECT word FROM information_schema.keywords")
		if err != nil {
			t.Fatal(err)
		}
		_, list, err := scanTexts(rows)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			word := strings.ToLower(r[0])
			if !isPlain(word) || ident(word) != word {
				continue
			}
			for _, form := range []string{
				"CREATE TABLE %[1]s (%[1]s int, x int, INDEX %[1]s (%[1]s), CONSTRAINT %[1]s CHECK (x > 0), CONSTRAINT %[1]s FOREIGN KEY (%[1]s) REFERENCES %[1]s (%[1]s))",
				"ALTER TABLE %[1]s ADD COLUMN %[1]s int AFTER %[1]s, DROP COLUMN %[1]s, DROP INDEX %[1]s, RENAME COLUMN %[1]s TO x",
				"CREATE VIEW %[1]s AS SELECT 1", "DROP TABLE %[1]s",
			} {
				prepare := "PREPARE s FROM " + stringLiteral(fmt.Sprintf(form, word))
				if _, err := conn.ExecContext(t.Context(), prepare); isSyntaxError(err) {
					t.Errorf("%s is reserved: %v", word, err)
				}
			}
		}
	})
}

// understood makes facts of a definition as if a server had shown it.
func understood(t *testing.T, srv lockstep.Server, o object) *inspection {
	t.Helper()
	s := &inspection{
		ctx: context.Background(), srv: srv, lexer: (dialect{}).Lexer(), definer: "`me`@`%`",
		collation: map[string]string{}, defaults: map[string]string{}, indexes: map[schema.ID][]schema.Fact{},
		starts: map[string]bool{}, positions: map[string]int{},
	}
	if err := s.understand(&o); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestUnknown reads definitions of a server newer than this code: nothing may
// get lost, and what is not known is reported.
func TestUnknown(t *testing.T) {
	s := understood(t, lockstep.Server{Flavor: flavorMySQL}, object{kind: "TABLE", name: "t", text: "CREATE TABLE `t` (\n" +
		"  `a` int NOT NULL MASKED WITH 'x',\n  KEY `k` (`a`) SOMETIMES,\n  ASSERTION `b` (`a` > 0),\n" +
		"  CONSTRAINT `c` CHECK (`a` > 1) DEFERRED\n) ENGINE=InnoDB FANCY=3"})
	var reported []string
	for _, u := range s.unknown {
		reported = append(reported, u.String())
	}
	all, err := schema.New(s.facts)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := all.Lines()
	if err != nil {
		t.Fatal(err)
	}
	for what, in := range map[string]string{
		"MASKED": "column attribute MASKED", "SOMETIMES": "index option SOMETIMES", "ASSERTION": "part of a table ASSERTION",
		"DEFERRED": "part of a constraint DEFERRED", "fancy": "table option FANCY",
	} {
		if !strings.Contains(strings.Join(reported, "\n"), in) {
			t.Errorf("%q is not among what is reported: %q", in, reported)
		}
		if !strings.Contains(strings.Join(lines, "\n"), what) {
			t.Errorf("%q is in no fact:\n%s", what, strings.Join(lines, "\n"))
		}
	}
}

// TestCatalogSentinel takes a column off the list.
func TestCatalogSentinel(t *testing.T) {
	known := knownColumns("tables: a b\ncolumns: c\n  d\n")
	if !known["tables"]["b"] || !known["columns"]["d"] || known["tables"]["c"] {
		t.Errorf("read %v", known)
	}
	onEach(t, func(t *testing.T, s site) {
		conn := session(t, s.pool(t))
		in, err := newInspection(t.Context(), conn, probe(t, conn), schema.Scope{})
		if err != nil {
			t.Fatal(err)
		}
		defer in.close()
		if err := in.compareCatalog(knownColumns(strings.Replace(catalogColumns(in.srv.Flavor), " engine ", " ", 1))); err != nil {
			t.Fatal(err)
		}
		if len(in.unknown) != 1 || in.unknown[0].Name != "information_schema.tables.engine" {
			t.Errorf("unknown %v, want the engine of tables", in.unknown)
		}
	})
}

func TestTerminate(t *testing.T) {
	for _, c := range []struct{ statement, want string }{
		{"CREATE TABLE t (a int)", "CREATE TABLE t (a int);"},
		{"CREATE TABLE t (a int) COMMENT 'a; b'", "CREATE TABLE t (a int) COMMENT 'a; b';"},
		{`CREATE FUNCTION f () RETURNS int BEGIN DO 'a\'; RETURN 1; END`, "DELIMITER //\n" + `CREATE FUNCTION f () RETURNS int BEGIN DO 'a\'; RETURN 1; END` + "//\nDELIMITER ;"},
		{"CREATE VIEW v AS SELECT 1 -- one", "CREATE VIEW v AS SELECT 1 -- one\n;"},
		{"CREATE PROCEDURE p () BEGIN DO 1; END", "DELIMITER //\nCREATE PROCEDURE p () BEGIN DO 1; END//\nDELIMITER ;"},
		{"CREATE PROCEDURE p () BEGIN SET @a = 4 // 2; END", "DELIMITER //$\nCREATE PROCEDURE p () BEGIN SET @a = 4 // 2; END//$\nDELIMITER ;"},
		{"CREATE PROCEDURE p () BEGIN DO 1; END /* x */", "DELIMITER //$\nCREATE PROCEDURE p () BEGIN DO 1; END /* x *///$\nDELIMITER ;"},
		{"CREATE PROCEDURE p () BEGIN DO 1; END # end", "DELIMITER //\nCREATE PROCEDURE p () BEGIN DO 1; END # end\n//\nDELIMITER ;"},
	} {
		if got := (dialect{}).Terminate(c.statement); got != c.want {
			t.Errorf("got\n%s\nwant\n%s", got, c.want)
		}
	}
}
