package mysql

import (
	"reflect"
	"slices"
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/dialecttest"
	"github.com/lockstepdb/lockstep/sqltext"
)

// ddl are the traits of most statements here.
func ddl(targets ...string) lockstep.Traits {
	return lockstep.Traits{ImplicitCommit: true, Targets: targets}
}

// upkeep are the traits of statements that commit and may be repeated.
func upkeep() lockstep.Traits { return lockstep.Traits{ImplicitCommit: true, Repeatable: true} }

// settingTraits are those of a statement that sets something in the session.
func settingTraits() lockstep.Traits { return lockstep.Traits{Session: true, Dirty: true} }

// sample is a statement that the suite runs in a transaction, after setup.
func sample(sql string, want lockstep.Traits, setup ...string) dialecttest.Statement {
	if setup == nil {
		setup = []string{}
	}
	return dialecttest.Statement{SQL: sql, Want: want, Setup: setup}
}

// onlyRead is a statement whose traits are compared but which is not run.
func onlyRead(sql string, want lockstep.Traits) dialecttest.Statement {
	return dialecttest.Statement{SQL: sql, Want: want}
}

// statements are what the suite compares with the server: every statement that
// the manuals of MySQL 9 and MariaDB 11.8 list as committing by itself, and
// many that do not.
func statements(s site) []dialecttest.Statement {
	const t1, t2 = "CREATE TABLE t (a INT PRIMARY KEY, b INT)", "CREATE TABLE u (a INT PRIMARY KEY, b INT)"
	const isam = "CREATE TABLE m (a INT, KEY (a)) ENGINE=MyISAM"
	name := s.Name // unique on the server, for things that belong to no database
	all := []dialecttest.Statement{
		sample("CREATE TABLE t (a INT)", ddl()),
		sample("CREATE TABLE IF NOT EXISTS t (a INT)", ddl()),
		sample("CREATE TABLE c (a INT REFERENCES t (a), FOREIGN KEY (a) REFERENCES `u` (a))", ddl("`u`", "t"), t1, t2),
		sample("CREATE TABLE t AS SELECT 1 AS a", ddl()),
		sample("CREATE TABLE u LIKE t", ddl(), t1),
		sample("ALTER TABLE t ADD c INT", ddl("t"), t1),
		sample("/*!50003 ALTER TABLE t ADD c INT */", ddl("t"), t1),
		onlyRead("ALTER /* a comment */ TABLE `d` . `t` -- another\n ADD c INT", ddl("`d`.`t`")),
		sample("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (b) REFERENCES u (a)", ddl("t", "u"), t1, t2),
		sample("ALTER TABLE t RENAME TO v", ddl("t"), t1),
		sample("ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u", ddl("t", "u"),
			"CREATE TABLE t (a INT PRIMARY KEY) PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (10))", "CREATE TABLE u (a INT PRIMARY KEY)"),
		sample("CREATE INDEX i ON t (b)", ddl("t"), t1),
		sample("CREATE UNIQUE INDEX i USING BTREE ON t (b)", ddl("t"), t1),
		sample("DROP INDEX i ON t", ddl("t"), t1, "CREATE INDEX i ON t (b)"),
		sample("RENAME TABLE t TO v, u TO t", ddl("t", "u"), t1, t2),
		sample("TRUNCATE TABLE t", ddl("t"), t1),
		sample("TRUNCATE t", ddl("t"), t1),
		sample("DROP TABLE t", ddl("t"), t1),
		sample("DROP TABLE IF EXISTS t, `u`", ddl("`u`", "t"), t1, t2),
		sample("CREATE VIEW v AS SELECT 1 AS a", ddl()),
		sample("CREATE OR REPLACE ALGORITHM = MERGE DEFINER = CURRENT_USER SQL SECURITY INVOKER VIEW v AS SELECT a FROM t", ddl(), t1),
		sample("ALTER VIEW v AS SELECT 2 AS a", ddl(), "CREATE VIEW v AS SELECT 1 AS a"),
		sample("DROP VIEW v", ddl(), "CREATE VIEW v AS SELECT 1 AS a"),
		sample("CREATE PROCEDURE p() SELECT 1", ddl()),
		sample("CREATE DEFINER=`root`@`%` PROCEDURE p() BEGIN SET @a = 1; SELECT 1; END", ddl()),
		sample("ALTER PROCEDURE p COMMENT 'x'", ddl(), "CREATE PROCEDURE p() SELECT 1"),
		sample("DROP PROCEDURE p", ddl(), "CREATE PROCEDURE p() SELECT 1"),
		sample("CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1", ddl()),
		sample("DROP FUNCTION IF EXISTS f", ddl(), "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1"),
		sample("CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1", ddl("t"), t1),
		sample("DROP TRIGGER g", ddl(), t1, "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1"),
		sample("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1", ddl()),
		sample("ALTER EVENT e DISABLE", ddl(), "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1"),
		sample("DROP EVENT e", ddl(), "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1"),
		sample("ALTER DATABASE CHARACTER SET latin1", ddl()),
		onlyRead("CREATE DATABASE d", ddl()),
		onlyRead("DROP SCHEMA d", ddl()),
		sample("CREATE USER "+name+"@localhost IDENTIFIED BY 'x'", ddl(), "DROP USER IF EXISTS "+name+"@localhost"),
		sample("ALTER USER "+name+"@localhost IDENTIFIED BY 'y'", ddl(), "CREATE USER IF NOT EXISTS "+name+"@localhost"),
		sample("GRANT SELECT ON *.* TO "+name+"@localhost", upkeep(), "CREATE USER IF NOT EXISTS "+name+"@localhost"),
		sample("REVOKE SELECT ON *.* FROM "+name+"@localhost", ddl(), "CREATE USER IF NOT EXISTS "+name+"@localhost"),
		sample("RENAME USER "+name+"@localhost TO "+name+"b@localhost", ddl(),
			"CREATE USER IF NOT EXISTS "+name+"@localhost", "DROP USER IF EXISTS "+name+"b@localhost"),
		sample("DROP USER "+name+"b@localhost", ddl(), "CREATE USER IF NOT EXISTS "+name+"b@localhost"),
		sample("CREATE ROLE "+name+"r", ddl()),
		sample("DROP ROLE "+name+"r", ddl()),
		sample("CREATE SERVER "+name+" FOREIGN DATA WRAPPER mysql OPTIONS (USER 'x', HOST 'h', DATABASE 'd')", ddl()),
		sample("ALTER SERVER "+name+" OPTIONS (USER 'y')", ddl()),
		sample("DROP SERVER "+name, ddl()),
		sample("ANALYZE TABLE t", upkeep(), t1),
		sample("ANALYZE LOCAL TABLE t", upkeep(), t1),
		sample("OPTIMIZE TABLE t", upkeep(), t1),
		sample("CHECK TABLE t", upkeep(), t1),
		sample("REPAIR TABLE m", upkeep(), isam),
		sample("FLUSH TABLES t", lockstep.Traits{ImplicitCommit: true, Repeatable: true, Dirty: true}, t1),
		sample("FLUSH LOCAL STATUS", lockstep.Traits{ImplicitCommit: true, Repeatable: true, Dirty: true}),
		onlyRead("LOAD INDEX INTO CACHE m", upkeep()), // MySQL only commits
		onlyRead("CACHE INDEX m IN hot", upkeep()),
		onlyRead("INSTALL PLUGIN x SONAME 'x.so'", ddl()),
		onlyRead("LOCK TABLES t AS a READ, u LOW_PRIORITY WRITE", lockstep.Traits{
			NoTransaction: "x", ImplicitCommit: true, Session: true, Dirty: true, Repeatable: true, Targets: []string{"u"},
		}),
		onlyRead("UNLOCK TABLES", lockstep.Traits{NoTransaction: "x", ImplicitCommit: true, Session: true, Dirty: true, Repeatable: true}),

		// No commit.
		sample("INSERT INTO t VALUES (1, 2)", lockstep.Traits{}, t1),
		sample("INSERT INTO t VALUES (1, @a)", lockstep.Traits{Dirty: true}, t1),
		sample("REPLACE INTO t (a) SELECT 1 WHERE 'a@b.c' <> ''", lockstep.Traits{}, t1),
		sample("UPDATE t SET b = (@n := 1)", lockstep.Traits{Dirty: true}, t1),
		sample("DELETE FROM t", lockstep.Traits{}, t1),
		sample("CREATE TEMPORARY TABLE x (a INT)", lockstep.Traits{Dirty: true}),
		sample("DROP TEMPORARY TABLE x", lockstep.Traits{Dirty: true}, "CREATE TEMPORARY TABLE x (a INT)"),
		sample("ALTER TABLE x ADD b INT", ddl("x"), "CREATE TEMPORARY TABLE x (a INT)"),
		sample("SELECT 1", lockstep.Traits{Dirty: true}),
		sample("SELECT 1 INTO @a", settingTraits()),
		sample("SELECT count(*) INTO @a FROM t", settingTraits(), t1),
		sample("(SELECT 1)", lockstep.Traits{Dirty: true}),
		sample("WITH q AS (SELECT 1) SELECT * FROM q", lockstep.Traits{Dirty: true}),
		sample("DO 1", lockstep.Traits{Dirty: true}),
		sample("SHOW TABLES", lockstep.Traits{Repeatable: true}),
		sample("CHECKSUM TABLE t", lockstep.Traits{Repeatable: true}, t1),
		onlyRead("USE `d`", settingTraits()),
		sample("PREPARE s FROM 'SELECT 1'", settingTraits()),
		sample("DEALLOCATE PREPARE s", settingTraits(), "PREPARE s FROM 'SELECT 1'"),
		sample("DROP PREPARE s", settingTraits(), "PREPARE s FROM 'SELECT 1'"),
		sample("HANDLER t OPEN", lockstep.Traits{Dirty: true}, t1),
		onlyRead("BEGIN", lockstep.Traits{Tx: lockstep.TxBegin}),
		onlyRead("START TRANSACTION READ ONLY", lockstep.Traits{Tx: lockstep.TxBegin}),
		onlyRead("COMMIT AND NO CHAIN", lockstep.Traits{Tx: lockstep.TxCommit}),
		onlyRead("ROLLBACK WORK", lockstep.Traits{Tx: lockstep.TxRollback}),
		onlyRead("SAVEPOINT a", lockstep.Traits{Tx: lockstep.TxOther}),
		onlyRead("ROLLBACK WORK TO SAVEPOINT a", lockstep.Traits{Tx: lockstep.TxOther}),
		onlyRead("ROLLBACK TO a", lockstep.Traits{Tx: lockstep.TxOther}),
		onlyRead("RELEASE SAVEPOINT a", lockstep.Traits{Tx: lockstep.TxOther}),
		sample("XA START 'x'", lockstep.Traits{NoTransaction: "x", Dirty: true}),

		// Of these it cannot be known.
		onlyRead("CALL p()", lockstep.Traits{ImplicitCommit: true, Dirty: true}),
		sample("EXECUTE s", lockstep.Traits{ImplicitCommit: true, Dirty: true}, t1, "PREPARE s FROM 'ALTER TABLE t ADD c INT'"),
	}
	all = append(all, settings()...)
	if s.isMariaDB() {
		return append(all, statementsOfMariaDB()...)
	}
	return append(all, statementsOfMySQL(name)...)
}

// settings are the forms of SET.
func settings() []dialecttest.Statement {
	fixed := lockstep.Traits{NoTransaction: "x", Session: true, Dirty: true}
	return []dialecttest.Statement{
		sample("SET @a = 1, @b := (SELECT COALESCE(1, 2))", settingTraits()),
		sample("SET NAMES latin1", settingTraits()),
		sample("SET SESSION sql_mode = 'ANSI', foreign_key_checks = 0", settingTraits()),
		sample("/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */", settingTraits()),
		sample("SET ROLE NONE", settingTraits()),
		sample("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", settingTraits()),
		onlyRead("SET TRANSACTION READ WRITE", fixed), // only MySQL refuses it
		sample("SET sql_log_bin = 0", fixed),
		sample("SET @a = 1, SESSION binlog_format = 'ROW'", fixed),
		sample("SET @@session.binlog_direct_non_transactional_updates = 1", fixed),
		sample("SET GLOBAL general_log = 0", lockstep.Traits{Session: true, Dirty: true, Repeatable: true}),
		sample("SET @@global.general_log = 0", lockstep.Traits{Session: true, Dirty: true, Repeatable: true}),
		sample("SET autocommit = 1", settingTraits()),
		sample("SET @a = @@autocommit, SESSION autocommit = 0, @b = 1", settingTraits()),
		onlyRead("SET @OLD_AUTOCOMMIT=@@AUTOCOMMIT, @@AUTOCOMMIT=0", lockstep.Traits{Tx: lockstep.TxBegin}),
		onlyRead("SET autocommit = 0", lockstep.Traits{Tx: lockstep.TxBegin}),
		onlyRead("SET @@SESSION.AUTOCOMMIT = OFF", lockstep.Traits{Tx: lockstep.TxBegin}),
		onlyRead("SET PASSWORD = 'x'", upkeep()),
	}
}

func statementsOfMySQL(name string) []dialecttest.Statement {
	fixed := lockstep.Traits{NoTransaction: "x", Session: true, Dirty: true}
	return []dialecttest.Statement{
		sample("SET TRANSACTION READ WRITE", fixed),
		sample("SET gtid_next = 'AUTOMATIC'", fixed),
		sample("SET @@GLOBAL.GTID_PURGED = ''", lockstep.Traits{NoTransaction: "x", Session: true, Dirty: true, Repeatable: true}),
		sample("SET pseudo_replica_mode = 1", fixed),
		sample("SET DEFAULT ROLE NONE TO "+name+"d", upkeep(), "CREATE USER IF NOT EXISTS "+name+"d"),
		sample("SET PASSWORD FOR "+name+"d = 'z'", upkeep(), "CREATE USER IF NOT EXISTS "+name+"d"),
		sample("CREATE TABLESPACE "+name+" ADD DATAFILE '"+name+".ibd'", ddl()),
		sample("ALTER TABLESPACE "+name+" RENAME TO "+name+"b", ddl()),
		sample("DROP TABLESPACE "+name+"b", ddl()),
		sample("CREATE RESOURCE GROUP "+name+" TYPE=USER", ddl()),
		sample("DROP RESOURCE GROUP "+name, ddl()),
		sample("ALTER INSTANCE RELOAD TLS", ddl()),
		sample("LOAD INDEX INTO CACHE m", upkeep(), "CREATE TABLE m (a INT, KEY (a)) ENGINE=MyISAM"),
		onlyRead("INSTALL COMPONENT 'file://component_query_attributes'", ddl()),
		onlyRead("CREATE SPATIAL REFERENCE SYSTEM 1 NAME 'x' DEFINITION 'y'", ddl()),
		onlyRead("START REPLICA", lockstep.Traits{NoTransaction: "x", ImplicitCommit: true, Dirty: true}),
		onlyRead("IMPORT TABLE FROM 'x.sdi'", ddl()),
	}
}

func statementsOfMariaDB() []dialecttest.Statement {
	fixed := lockstep.Traits{NoTransaction: "x", Session: true, Dirty: true}
	opaque := lockstep.Traits{ImplicitCommit: true, Dirty: true}
	const t1 = "CREATE TABLE t (a INT PRIMARY KEY, b INT)"
	return []dialecttest.Statement{
		sample("SET gtid_domain_id = 1", fixed),
		sample("SET skip_replication = 1", fixed),
		sample("CREATE SEQUENCE s", ddl()),
		sample("ALTER SEQUENCE s INCREMENT BY 2", ddl(), "CREATE SEQUENCE s"),
		sample("DROP SEQUENCE s", ddl(), "CREATE SEQUENCE s"),
		sample("SELECT NEXTVAL(s)", lockstep.Traits{Dirty: true}, "CREATE SEQUENCE s"),
		sample("CREATE OR REPLACE TABLE t (a INT)", ddl(), t1),
		sample("CREATE OR REPLACE TEMPORARY TABLE x AS SELECT 1", lockstep.Traits{Dirty: true}),
		sample("ALTER ONLINE TABLE IF EXISTS t NOWAIT ADD c INT", ddl("t"), t1),
		sample("ALTER TABLE t WAIT 5 ADD c INT", ddl("t"), t1),
		sample("DROP TABLE IF EXISTS t WAIT 5", ddl("t"), t1),
		sample("TRUNCATE TABLE t NOWAIT", ddl("t"), t1),
		sample("RENAME TABLE IF EXISTS t WAIT 2 TO v", ddl("t"), t1),
		sample("CREATE INDEX IF NOT EXISTS i ON t (b) WAIT 5", ddl("t"), t1),
		sample("DROP INDEX IF EXISTS i ON t", ddl("t"), t1),
		sample("SET STATEMENT max_statement_time = 10 FOR ALTER TABLE t ADD c INT",
			ddl("t"), t1),
		sample("SET STATEMENT max_statement_time = 10 FOR INSERT INTO t VALUES (1, 1)", lockstep.Traits{Dirty: true}, t1),
		sample("EXECUTE IMMEDIATE 'ALTER TABLE t ADD c INT'", opaque, t1),
		sample("BEGIN NOT ATOMIC ALTER TABLE t ADD c INT; END", opaque, t1),
		sample("IF 1 = 1 THEN ALTER TABLE t ADD c INT; END IF", opaque, t1),
		onlyRead("LOOP SELECT 1; END LOOP", opaque),
		sample("ANALYZE UPDATE t SET b = 1", lockstep.Traits{Dirty: true}, t1),
	}
}

func TestTraitsFollowSQLMode(t *testing.T) {
	const text = `ALTER TABLE "a""b" ADD c INT`
	for _, ansi := range []bool{true, false} {
		srv := lockstep.Server{Lexer: sqltext.Options{Mode: sqltext.MySQL, AnsiQuotes: ansi}}
		got := dialect{}.Traits(srv, sqltext.Statement{Text: text}).Targets
		if want := []string{`"a""b"`}; ansi != slices.Equal(got, want) {
			t.Errorf("with AnsiQuotes %t the targets of %s are %q", ansi, text, got)
		}
	}
}

func TestCommandsLeaveAutocommitOut(t *testing.T) {
	for text, want := range map[string][]string{
		"SET autocommit = 1":                                      nil,
		"SET AUTOCOMMIT=@OLD_AUTOCOMMIT":                          nil,
		"SET @a = @@autocommit, autocommit = 0, b = (1, 2)":       {"SET @a = @@autocommit, b = (1, 2)"},
		"SET GLOBAL autocommit = 0":                               {"SET GLOBAL autocommit = 0"},
		"SET GLOBAL a = 1, autocommit = 0":                        {"SET GLOBAL a = 1, autocommit = 0"},
		"SET @@GLOBAL.a = 1, @@session.autocommit = 0":            {"SET @@GLOBAL.a = 1"},
		"/*!40101 SET @b = 'autocommit = 0', AUTOCOMMIT = 0 */":   {"SET @b = 'autocommit = 0'"},
		"SELECT @@autocommit":                                     {"SELECT @@autocommit"},
		"SET @autocommit = 1":                                     {"SET @autocommit = 1"},
		"SET STATEMENT autocommit = 0 FOR SELECT 1":               {"SET STATEMENT autocommit = 0 FOR SELECT 1"},
		"INSERT INTO t VALUES ('SET autocommit = 0, x = 1'), (2)": {"INSERT INTO t VALUES ('SET autocommit = 0, x = 1'), (2)"},
	} {
		var got []string
		for command, err := range (dialect{}).Commands(sqltext.Statement{Text: text}) {
			if err != nil {
				t.Error(err)
			}
			got = append(got, command)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("commands of %s\ngot  %q\nwant %q", text, got, want)
		}
	}
}
