package mysql

import (
	"testing"
	"time"

	"github.com/lockstepdb/lockstep/dialecttest"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

// witnessed are statements whose effect must show, each in a database of its
// own. The suite also changes other things and looks again.
func witnessed(s site) []dialecttest.Witnessed {
	const (
		t1 = "CREATE TABLE t (a INT PRIMARY KEY AUTO_INCREMENT, b INT, c VARCHAR(20))"
		t2 = "CREATE TABLE u (a INT PRIMARY KEY, b INT)"
		tp = "CREATE TABLE t (a INT PRIMARY KEY, b INT) PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (10), PARTITION q VALUES LESS THAN (20))"
		vi = "CREATE VIEW v AS SELECT 1 AS a"
		pr = "CREATE PROCEDURE p() SELECT 1"
		fu = "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1"
		ev = "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1"
		tr = "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1"
	)
	fk := []string{t1, t2, "ALTER TABLE t ADD KEY (b), ADD CONSTRAINT f FOREIGN KEY (b) REFERENCES u (a)"}
	var all []dialecttest.Witnessed
	add := func(sql string, setup ...string) {
		all = append(all, dialecttest.Witnessed{SQL: sql, Setup: setup, Unrelated: unrelated()})
	}
	add("CREATE TABLE t (a INT)")
	add("CREATE TABLE IF NOT EXISTS `t` (a INT)")
	add("CREATE TABLE t AS SELECT 1 AS a")
	add("CREATE TABLE t LIKE u", t2)
	add("DROP TABLE t", t1)
	add("DROP TABLE IF EXISTS t, u", t1, t2)
	add("ALTER TABLE t ADD COLUMN d INT", t1)
	add("ALTER TABLE t DROP COLUMN b", t1)
	add("ALTER TABLE t MODIFY b BIGINT", t1)
	add("ALTER TABLE t CHANGE b bb INT", t1)
	add("ALTER TABLE t RENAME COLUMN b TO bb", t1)
	add("ALTER TABLE t ALTER COLUMN b SET DEFAULT 5", t1)
	add("ALTER TABLE t ADD INDEX i (b)", t1)
	add("ALTER TABLE t RENAME INDEX i TO j", t1, "CREATE INDEX i ON t (b)")
	add("ALTER TABLE t DROP INDEX i", t1, "CREATE INDEX i ON t (b)")
	add("ALTER TABLE t ADD UNIQUE (b)", t1)
	add("ALTER TABLE t ADD FULLTEXT (c)", t1)
	add("ALTER TABLE t ADD CONSTRAINT x CHECK (b > 0)", t1)
	add("ALTER TABLE t DROP CONSTRAINT x", t1, "ALTER TABLE t ADD CONSTRAINT x CHECK (b > 0)")
	add("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (b) REFERENCES u (a)", t1, t2)
	add("ALTER TABLE t DROP FOREIGN KEY f", fk...)
	add("ALTER TABLE t COMMENT 'x'", t1)
	add("ALTER TABLE t CONVERT TO CHARACTER SET ascii", t1)
	add("ALTER TABLE t ROW_FORMAT = COMPRESSED", t1)
	add("ALTER TABLE t ENGINE = MyISAM", t1)
	add("ALTER TABLE t RENAME TO w", t1)
	add("ALTER TABLE u DROP PRIMARY KEY", t2)
	add("ALTER TABLE u PARTITION BY HASH (a) PARTITIONS 4", t2)
	add("ALTER TABLE t DROP PARTITION q", tp)
	add("ALTER TABLE t ADD PARTITION (PARTITION r VALUES LESS THAN (30))", tp)
	add("ALTER TABLE t REMOVE PARTITIONING", tp)
	add("ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u", tp, t2, "INSERT INTO u VALUES (1, 1)")
	add("CREATE INDEX i ON t (b)", t1)
	add("DROP INDEX i ON t", t1, "CREATE INDEX i ON t (b)")
	add("RENAME TABLE t TO w", t1)
	add("RENAME TABLE t TO w, u TO t", t1, t2)
	add("RENAME TABLE u TO w, x TO u, w TO x", t2, "CREATE TABLE x LIKE u", "INSERT INTO x VALUES (1, 1)")
	add("TRUNCATE TABLE u", t2, "INSERT INTO u VALUES (1, 1)")
	add("CREATE VIEW v AS SELECT 1 AS a")
	add("CREATE OR REPLACE VIEW v AS SELECT 2 AS a", vi)
	add("ALTER VIEW v AS SELECT 2 AS a", vi)
	add("DROP VIEW v", vi)
	add("DROP VIEW v", t2, "CREATE VIEW v AS SELECT a FROM u", "DROP TABLE u")
	add("CREATE PROCEDURE p() BEGIN SELECT 1; END")
	add("ALTER PROCEDURE p COMMENT 'x'", pr)
	add("DROP PROCEDURE p", pr)
	add("CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1")
	add("DROP FUNCTION IF EXISTS f", fu)
	add("CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1", t1)
	add("DROP TRIGGER g", t1, tr)
	add("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1")
	add("ALTER EVENT e COMMENT 'x'", ev)
	add("ALTER EVENT e RENAME TO h", ev)
	add("DROP EVENT e", ev)
	add("ALTER DATABASE CHARACTER SET ascii")
	add("CREATE DATABASE "+s.Name+"x", "DROP DATABASE IF EXISTS "+s.Name+"x")
	add("ALTER DATABASE "+s.Name+"x CHARACTER SET ascii", "CREATE DATABASE IF NOT EXISTS "+s.Name+"x CHARACTER SET utf8mb4")
	add("DROP DATABASE "+s.Name+"x", "CREATE DATABASE IF NOT EXISTS "+s.Name+"x")
	add("CREATE USER '"+s.Name+"w'@'localhost' IDENTIFIED BY 'a,b'", "DROP USER IF EXISTS "+s.Name+"w@localhost")
	add("ALTER USER "+s.Name+"w@localhost IDENTIFIED BY 'z'", "CREATE USER IF NOT EXISTS "+s.Name+"w@localhost")
	add("GRANT SELECT, INSERT (a) ON t TO "+s.Name+"w@localhost", t1, "CREATE USER IF NOT EXISTS "+s.Name+"w@localhost")
	add("REVOKE ALL PRIVILEGES, GRANT OPTION FROM "+s.Name+"w@localhost", "CREATE USER IF NOT EXISTS "+s.Name+"w@localhost",
		"GRANT SELECT ON *.* TO "+s.Name+"w@localhost")
	add("RENAME USER "+s.Name+"w@localhost TO "+s.Name+"y@localhost",
		"CREATE USER IF NOT EXISTS "+s.Name+"w@localhost", "DROP USER IF EXISTS "+s.Name+"y@localhost")
	add("DROP USER "+s.Name+"w@localhost, "+s.Name+"y@localhost",
		"CREATE USER IF NOT EXISTS "+s.Name+"w@localhost, "+s.Name+"y@localhost")
	add("CREATE ROLE "+s.Name+"o", "DROP ROLE IF EXISTS "+s.Name+"o")
	add("DROP ROLE "+s.Name+"o", "CREATE ROLE IF NOT EXISTS "+s.Name+"o")
	add("CREATE SERVER " + s.Name + "s FOREIGN DATA WRAPPER mysql OPTIONS (USER 'x', HOST 'h', DATABASE 'd')")
	add("DROP SERVER " + s.Name + "s")
	all = append(all, dialecttest.Witnessed{SQL: "CALL add_column()", Setup: []string{t1, "CREATE PROCEDURE add_column() ALTER TABLE t ADD d INT"}})
	if s.isMariaDB() {
		add("CREATE SEQUENCE q")
		add("ALTER SEQUENCE q INCREMENT BY 2", "CREATE SEQUENCE q")
		add("DROP SEQUENCE q", "CREATE SEQUENCE q")
		add("ALTER TABLE t ADD SYSTEM VERSIONING", t1)
		add("CREATE OR REPLACE TABLE t (z INT)", t1)
		all = append(all, dialecttest.Witnessed{SQL: "EXECUTE IMMEDIATE 'ALTER TABLE t ADD d INT'", Setup: []string{t1}},
			dialecttest.Witnessed{SQL: "BEGIN NOT ATOMIC ALTER TABLE t ADD d INT; END", Setup: []string{t1}},
			dialecttest.Witnessed{SQL: "SET STATEMENT max_statement_time = 60 FOR ALTER TABLE t ADD d INT", Setup: []string{t1}})
	}
	return all
}

// unrelated are changes that must not show in the witness of any statement
// above that names what it changes.
func unrelated() []string {
	return []string{
		"CREATE TABLE IF NOT EXISTS elsewhere (a INT PRIMARY KEY AUTO_INCREMENT)",
		"INSERT INTO elsewhere VALUES (), ()",
		"CREATE PROCEDURE elsewhere() SELECT 1",
		"DROP PROCEDURE elsewhere",
	}
}

// untold are statements whose effect cannot be told, and need not be.
func untold() []string {
	return []string{
		"INSERT INTO t VALUES (1)", "UPDATE t SET a = 1", "SELECT 1", "SET @a = 1", "FLUSH STATUS", "ANALYZE TABLE t",
		"CREATE TEMPORARY TABLE x (a INT)", "DROP TEMPORARY TABLE x", "LOCK TABLES t WRITE", "BEGIN",
		"CREATE RESOURCE GROUP g TYPE = USER",
	}
}

// fingerprint takes a witness that must not fail.
func (s site) fingerprint(t *testing.T, sql string) string {
	t.Helper()
	db := s.pool(t)
	srv := probe(t, db)
	w, err := dialect{}.Witness(t.Context(), db, srv, statement(t, srv, sql))
	if err != nil {
		t.Fatalf("Witness of %s: %v", sql, err)
	}
	return w
}

// TestWitnessOfHalfADrop: MariaDB may drop the first of two tables and die. That
// is not done yet.
func TestWitnessOfHalfADrop(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		const drop = "DROP TABLE t, u"
		s.Exec(t, "CREATE TABLE t (a INT)")
		s.Exec(t, "CREATE TABLE u (a INT)")
		before := s.fingerprint(t, drop)
		s.Exec(t, "DROP TABLE t")
		if half := s.fingerprint(t, drop); half != before {
			t.Error("half of the tables counts as all of them")
		}
		s.Exec(t, "DROP TABLE u")
		if after := s.fingerprint(t, drop); after == before {
			t.Error("the drop of both does not show")
		}
	})
}

// TestWitnessIsNotDisturbed: what the server and the application do meanwhile
// does not look like the statement's effect.
func TestWitnessIsNotDisturbed(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		const alter = "ALTER TABLE t ADD b INT"
		s.Exec(t, "CREATE TABLE t (a INT PRIMARY KEY AUTO_INCREMENT)")
		before := s.fingerprint(t, alter)
		for _, change := range []string{
			"INSERT INTO t VALUES (), ()", "ANALYZE TABLE t", "OPTIMIZE TABLE t", "ALTER TABLE t FORCE", "ALTER TABLE t AUTO_INCREMENT = 1000", "TRUNCATE t",
		} {
			s.Exec(t, change)
			if again := s.fingerprint(t, alter); again != before {
				t.Errorf("%s changes the witness of %s", change, alter)
			}
		}
	})
}

// TestWitnessSeesOtherDatabases: names may be qualified.
func TestWitnessSeesOtherDatabases(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		other := testdb.New(t, s.Kind)
		alter := "ALTER TABLE `" + other.Name + "` . /* there */ t ADD b INT"
		other.Exec(t, "CREATE TABLE t (a INT)")
		s.Exec(t, "CREATE TABLE t (a INT, b INT)")
		before := s.fingerprint(t, alter)
		s.Exec(t, alter)
		if s.fingerprint(t, alter) == before {
			t.Errorf("%s does not show", alter)
		}
	})
}

// TestWitnessWithoutRights: what may not be seen is not told, and no error.
func TestWitnessWithoutRights(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		db := s.readOnlyUser(t)
		srv := probe(t, db)
		for _, sql := range []string{"CREATE USER someone", "ALTER TABLE mysql.db ADD x INT"} {
			w, err := dialect{}.Witness(t.Context(), db, srv, statement(t, srv, sql))
			if w != "" || err != nil {
				t.Errorf("Witness of %s = %q, %v; want nothing", sql, w, err)
			}
		}
	})
}

// TestServerDiesInAlter kills the server while it rebuilds a table. Afterwards
// the witness is the same, nothing is in the way, and the statement works.
func TestServerDiesInAlter(t *testing.T) {
	for _, algorithm := range []string{"COPY", "INPLACE"} {
		t.Run(algorithm, func(t *testing.T) {
			onEach(t, func(t *testing.T, s site) {
				testServerDies(t, s.Kind, "ALTER TABLE t FORCE, ADD c INT, ALGORITHM = "+algorithm)
			})
		})
	}
}

func testServerDies(t *testing.T, kind testdb.Kind, alter string) {
	server := testdb.Private(t, kind)
	s := site{server.New(t), false}
	s.Exec(t, "CREATE TABLE t (a INT PRIMARY KEY AUTO_INCREMENT, b VARCHAR(200))")
	s.Exec(t, "INSERT INTO t (b) VALUES (REPEAT('x', 190))")
	for range 16 {
		s.Exec(t, "INSERT INTO t (b) SELECT b FROM t")
	}
	before := s.fingerprint(t, alter)
	conn := s.session(t)
	id := value(t, conn, "SELECT CONNECTION_ID()")
	watcher := s.session(t)
	done := make(chan error, 1)
	go func() { _, err := conn.ExecContext(t.Context(), alter); done <- err }()
	eventually(t, "the table is being rebuilt", func() bool {
		return len(done) > 0 || value(t, watcher, "SELECT count(*) FROM information_schema.PROCESSLIST WHERE ID = "+id+
			" AND (STATE LIKE '%alter%' OR STATE LIKE 'copy%')") == "1"
	})
	server.Kill(t)
	if err := <-done; err == nil {
		t.Log("the statement was faster than the kill")
		return
	}
	server.Start(t)
	if after := s.fingerprint(t, alter); after != before {
		t.Error("the witness changed though the statement did not happen")
	}
	fresh := s.session(t)
	srv := probe(t, fresh)
	if note, err := (dialect{}).Prepare(t.Context(), fresh, srv, statement(t, srv, alter)); note != "" || err != nil {
		t.Errorf("Prepare = %q, %v", note, err)
	}
	start := time.Now()
	run(t, fresh, alter)
	if s.fingerprint(t, alter) == before {
		t.Error("the witness is the same though the statement happened")
	}
	t.Logf("the statement takes %v", time.Since(start))
}
