package mysql

import (
	"slices"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep"
)

const scratchName = "lockstep_scratch_20260101000000_"

func TestScratchIsLikeItsModel(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		model, name := s.session(t), scratchName+s.Name
		run(t, model, "ALTER DATABASE CHARACTER SET latin1 COLLATE latin1_german2_ci")
		srv := probe(t, model)
		if err := (dialect{}).CreateScratch(t.Context(), model, srv, name); err != nil {
			t.Fatal(err)
		}
		if got, err := (dialect{}).Scratches(t.Context(), model, scratchName); err != nil || !slices.Contains(got, name) {
			t.Errorf("the scratch databases are %q, %v", got, err)
		}
		query := "SELECT CONCAT(DEFAULT_CHARACTER_SET_NAME, ' ', DEFAULT_COLLATION_NAME) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '" + name + "'"
		if got := value(t, model, query); got != "latin1 latin1_german2_ci" {
			t.Errorf("it is %s", got)
		}
		for range 2 { // the second time there is none
			if err := (dialect{}).DropScratch(t.Context(), model, srv, name); err != nil {
				t.Error(err)
			}
		}
		if got, err := (dialect{}).Scratches(t.Context(), model, name); err != nil || len(got) != 0 {
			t.Errorf("after the end there are %q, %v", got, err)
		}
	})
}

func TestScratchNamesTheGrant(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		pool := s.user(t, "GRANT SELECT ON `"+s.Name+"`.* TO %s")
		conn := session(t, pool)
		err := (dialect{}).CreateScratch(t.Context(), conn, probe(t, conn), scratchName+s.Name)
		want := "GRANT ALL PRIVILEGES ON `lockstep\\_scratch\\_%`.* TO `"
		if !strings.Contains(lockstep.HintOf(err), want) {
			t.Fatalf("%v, hint %q, want %s", err, lockstep.HintOf(err), want)
		}
		run(t, s.session(t), strings.TrimPrefix(lockstep.HintOf(err), "allow it: "))
		again := session(t, pool)
		if err := (dialect{}).CreateScratch(t.Context(), again, probe(t, again), scratchName+s.Name); err != nil {
			t.Fatalf("after %s: %v", lockstep.HintOf(err), err)
		}
		if err := (dialect{}).DropScratch(t.Context(), again, lockstep.Server{}, scratchName+s.Name); err != nil {
			t.Error(err)
		}
	})
}

func TestEscapes(t *testing.T) {
	srv := lockstep.Server{Database: "shop", Lexer: dialect{}.Lexer()}
	for text, want := range map[string]bool{
		"CREATE USER app":                             true,
		"DROP ROLE app":                               true,
		"CREATE DATABASE other":                       true,
		"ALTER DATABASE CHARACTER SET utf8mb4":        false,
		"ALTER DATABASE shop CHARACTER SET utf8mb4":   true,
		"USE other":                                   true,
		"INSERT INTO `Shop` . users VALUES (1)":       true,
		"CREATE TABLE shop (id int, s int, k int)":    false,
		"SET GLOBAL max_connections = 5":              true,
		"SET @@GLOBAL.max_connections = 5":            true,
		"SET SESSION sql_mode = ''":                   false,
		"GRANT SELECT ON *.* TO app":                  true,
		"GRANT admins TO app":                         true,
		"GRANT SELECT ON users TO app":                false,
		"CREATE TABLE t (id int COMMENT 'shop.user')": false,
	} {
		if got := (dialect{}).Escapes(srv, statement(t, srv, text)); (got != "") != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}

func TestClearingEmptiesTheDatabase(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		conn := s.session(t)
		clearing := func() []string {
			statements, err := (dialect{}).Clearing(t.Context(), conn, probe(t, conn))
			if err != nil {
				t.Fatal(err)
			}
			return statements
		}
		if got := clearing(); got != nil {
			t.Fatalf("an empty database holds %q", got)
		}
		run(t, conn, "CREATE TABLE `a b` (id int PRIMARY KEY)", "CREATE TABLE b (id int, FOREIGN KEY (id) REFERENCES `a b` (id))",
			"CREATE VIEW v AS SELECT * FROM b", "CREATE PROCEDURE p() SELECT 1", "CREATE FUNCTION f() RETURNS int DETERMINISTIC RETURN 1",
			"CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1")
		if s.isMariaDB() {
			run(t, conn, "CREATE SEQUENCE s")
		}
		run(t, conn, clearing()...)
		if got := clearing(); got != nil {
			t.Errorf("there is still %q", got)
		}
	})
}
