package sqltext_test

import (
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/sqltext"
)

// single runs one statement in a way in which the server refuses two: on
// PostgreSQL by the extended protocol, on MySQL without multi-statements. The
// driver of SQLite has no such way.
func single(t *testing.T, db *testdb.Database) func(sqltext.Statement) error {
	t.Helper()
	if db.Kind.Dialect == testdb.Postgres {
		return singlePostgres(t, db)
	}
	pool := db.Open(t)
	if db.Kind.Dialect == testdb.MySQL {
		pool = singleMySQL(t, db)
	}
	conn, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return func(s sqltext.Statement) error {
		_, err := conn.ExecContext(t.Context(), s.Text)
		return err
	}
}

func singleMySQL(t *testing.T, db *testdb.Database) *sql.DB {
	t.Helper()
	u, err := url.Parse(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.DBName = u.User.Username(), "tcp", u.Host, db.Name
	pool, err := sql.Open("mysql", c.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return pool
}

func singlePostgres(t *testing.T, db *testdb.Database) func(sqltext.Statement) error {
	t.Helper()
	conn, err := db.Open(t).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return func(s sqltext.Statement) error {
		return conn.Raw(func(driver any) error {
			c, ok := driver.(*stdlib.Conn)
			if !ok {
				return fmt.Errorf("driver's connection is a %T", driver)
			}
			pg := c.Conn().PgConn()
			if s.CopyIn {
				_, err := pg.CopyFrom(t.Context(), strings.NewReader(s.Data), s.Text)
				return err
			}
			return pg.ExecParams(t.Context(), s.Text, nil, nil, nil, nil).Read().Err
		})
	}
}

// runSingly splits a script and runs its statements one by one.
func runSingly(t *testing.T, db *testdb.Database, script string) {
	t.Helper()
	run := single(t, db)
	for s, err := range sqltext.Statements(script, optionsOf(db.Kind)) {
		if err == nil {
			err = run(s)
		}
		if err != nil {
			t.Errorf("line %d of the script: %v\n%s", s.Pos.Line, err, s.Text)
		}
	}
}

// TestServersTakeCompounds has the server itself say that each compound
// statement, cut out of a script without DELIMITER, is one and complete.
func TestServersTakeCompounds(t *testing.T) {
	testdb.RunOn(t, testdb.MySQL, func(t *testing.T, db *testdb.Database) {
		db.Exec(t, "CREATE TABLE x (a INT, b INT, c TEXT)")
		list := maps.Clone(compounds)
		if db.Kind.Flavor == "mariadb" {
			db.Exec(t, "CREATE TRIGGER h BEFORE INSERT ON x FOR EACH ROW SET NEW.c = 'h'")
			maps.Copy(list, mariaCompounds)
		}
		run := single(t, db)
		for _, name := range slices.Sorted(maps.Keys(list)) {
			if strings.HasPrefix(name, "package") && db.Kind.Name == "mariadb1011" {
				continue // packages without Oracle's sql_mode came with 11.4
			}
			dropCompounds(t, db)
			if name == "package body" {
				db.Exec(t, mariaCompounds["package"])
			}
			for s, err := range sqltext.Statements("DO 1;"+list[name]+"; DO 2;", optionsOf(db.Kind)) {
				if err == nil {
					err = run(s)
				}
				if err != nil {
					t.Errorf("%s: %v\n%s", name, err, s.Text)
				}
			}
		}
	})
}

// TestServersTakeComments has the servers say how far a comment goes.
func TestServersTakeComments(t *testing.T) {
	for flavor, list := range map[string][]string{
		"": {
			"/*!40101 SELECT /* ; */ 1 */", "/*!40101 SELECT '*/;' */", "/*! SELECT 1; */", "SELECT /*! /*!50000 1, */ 2",
			"SELECT 1 /*!50000 , 2 -- */\n */", "SELECT 1 /*!99999 it's ; /* nested */ */ + 2", "SELECT 1 /*!50003,2 */",
			"SELECT 1 -- x\r, 2 ;\n + 3", "SELECT 5--1 -- ;\n", "SELECT 1 --\x01 ;\n + 2", "SELECT @`b;`, @'c;', @\"d;\"",
			"SELECT 1a, `b;``\\` FROM (SELECT 1 AS 1a, 2 AS `b;``\\`) t", "SELECT 1 /* /* */ + 2 # ;\n + 3",
		},
		"mysql":   {"SELECT 1 /*M!100100 it's */ + 2"},
		"mariadb": {"SELECT 1 /*!50701 it's */ + 2", "SELECT 1 /*M!100100 + ';*/' */", `SELECT \N`},
	} {
		testdb.RunOn(t, testdb.MySQL, func(t *testing.T, db *testdb.Database) {
			if flavor == "" || flavor == db.Kind.Flavor {
				runSingly(t, db, strings.Join(list, ";\n")+";")
				equal(t, "statements", texts(t, strings.Join(list, ";\n"), optionsOf(db.Kind)), trimmed(list))
			}
		})
	}
}

// trimmed cuts the comment off that ends a statement.
func trimmed(list []string) []string {
	list = slices.Clone(list)
	for i, s := range list {
		list[i], _, _ = strings.Cut(s, " -- ;\n")
	}
	return list
}

// TestServersTakeRandomCompounds does the same for compound statements made
// at random.
func TestServersTakeRandomCompounds(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	testdb.RunOn(t, testdb.MySQL, func(t *testing.T, db *testdb.Database) {
		db.Exec(t, "CREATE TABLE x (a INT, b INT, c TEXT)")
		r := rand.New(rand.NewPCG(seed, 1))
		var script strings.Builder
		for range 50 {
			script.WriteString(randomRoutine(r.IntN) + ";\nDROP PROCEDURE p;\n")
		}
		runSingly(t, db, script.String())
	})
}

func dropCompounds(t *testing.T, db *testdb.Database) {
	t.Helper()
	for _, object := range []string{"PROCEDURE p", "FUNCTION f", "TRIGGER g", "EVENT e", "PACKAGE k"} {
		kind, name, _ := strings.Cut(object, " ")
		if kind != "PACKAGE" || db.Kind.Name == "mariadb118" {
			db.Exec(t, fmt.Sprintf("DROP %s IF EXISTS %s", kind, name))
		}
	}
}

// TestNastyScripts runs a script in the shell in one database, and its
// statements one by one in another: both must hold the same in the end.
func TestNastyScripts(t *testing.T) {
	for dialect, script := range map[string]string{
		testdb.Postgres: nastyPostgres, testdb.MySQL: nastyMySQL, testdb.SQLite: nastySQLite,
	} {
		testdb.RunOn(t, dialect, func(t *testing.T, db *testdb.Database) {
			other := testdb.New(t, db.Kind)
			var args []string
			if db.Kind.Flavor == "mariadb" {
				args = append(args, "--comments") // MySQL's shell keeps them without being told
			}
			if out, err := other.Shell(t, script, args...); err != nil {
				t.Fatalf("shell: %v\n%s", err, out)
			}
			checkLaws(t, script, optionsOf(db.Kind))
			runSingly(t, db, script)
			if got, want := db.Describe(t), other.Describe(t); got != want {
				t.Errorf("after single statements:\n%s\nafter the shell:\n%s", got, want)
			}
		})
	}
}

// TestServerContinuesEscapeStrings has the server say what psql cannot: that
// a backslash stays an escape in the lines that continue an escape string.
func TestServerContinuesEscapeStrings(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		runSingly(t, db, "CREATE TABLE t (a text);\nINSERT INTO t VALUES (E'a' -- it's\n\t'b\\';'\n'\\'c');\nINSERT INTO t VALUES ('d')")
		if got, want := rows(t, db, "SELECT string_agg(a, '|') FROM t"), "ab';'c|d"; got != want {
			t.Errorf("rows: got %q, want %q", got, want)
		}
	})
}
