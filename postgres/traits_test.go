package postgres

import (
	"slices"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

// loneCases are statements with our answer to whether they need to run alone.
// The server's answer must be the same but where cautious says why ours is on
// the safe side. since is the first version that knows the statement.
var loneCases = []struct {
	sql      string
	alone    bool
	cautious bool
	since    int
}{
	{sql: `CREATE INDEX CONCURRENTLY i ON t (a)`, alone: true},
	{sql: `create unique /* x */ index concurrently if not exists "I i" on only "s t".t using btree (a)`, alone: true},
	{sql: `CREATE INDEX concurrently_made ON t (a)`},
	{sql: `CREATE INDEX "concurrently" ON t (a)`},
	{sql: `CREATE UNIQUE INDEX ON t (a)`},
	{sql: `DROP INDEX CONCURRENTLY ti`, alone: true},
	{sql: `DROP INDEX ti`},
	{sql: `REINDEX TABLE t`, alone: true, cautious: true},
	{sql: `REINDEX INDEX ti`, alone: true, cautious: true},
	{sql: `REINDEX TABLE parted`, alone: true},
	{sql: `REINDEX INDEX partedi`, alone: true},
	{sql: `REINDEX TABLE CONCURRENTLY t`, alone: true},
	{sql: `REINDEX (CONCURRENTLY) TABLE t`, alone: true},
	{sql: `REINDEX (CONCURRENTLY true, VERBOSE) INDEX ti`, alone: true},
	{sql: `REINDEX SCHEMA public`, alone: true},
	{sql: `REINDEX DATABASE postgres`, alone: true},
	{sql: `REINDEX SYSTEM postgres`, alone: true},
	{sql: `VACUUM`, alone: true},
	{sql: `VACUUM (FULL, ANALYZE) t`, alone: true},
	{sql: `VACUUM FULL t`, alone: true},
	{sql: `ANALYZE t`},
	{sql: `CREATE DATABASE nine`, alone: true},
	{sql: `DROP DATABASE IF EXISTS nine`, alone: true},
	{sql: `ALTER DATABASE postgres SET TABLESPACE pg_default`, alone: true},
	{sql: `ALTER DATABASE postgres CONNECTION LIMIT 200`},
	{sql: `CREATE TABLESPACE nine LOCATION '/nowhere'`, alone: true},
	{sql: `DROP TABLESPACE nine`, alone: true},
	{sql: `ALTER SYSTEM SET work_mem = '4MB'`, alone: true},
	{sql: `ALTER TABLE parted DETACH PARTITION part1 CONCURRENTLY`, alone: true},
	{sql: `ALTER TABLE IF EXISTS ONLY public.parted /* x */ DETACH PARTITION "part1" CONCURRENTLY`, alone: true},
	{sql: `ALTER TABLE parted DETACH PARTITION part1`},
	{sql: `ALTER TABLE parted DETACH PARTITION part1 FINALIZE`},
	{sql: `CLUSTER`, alone: true},
	{sql: `CLUSTER VERBOSE`, alone: true},
	{sql: `CLUSTER t USING ti`},
	{sql: `CREATE SUBSCRIPTION n CONNECTION 'dbname=x' PUBLICATION p`, alone: true},
	{sql: `CREATE SUBSCRIPTION n CONNECTION 'dbname=x' PUBLICATION p WITH (enabled = false, create_slot = true)`, alone: true},
	{sql: `CREATE SUBSCRIPTION n CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false)`},
	{sql: `ALTER SUBSCRIPTION sub REFRESH PUBLICATION`, alone: true},
	{sql: `ALTER SUBSCRIPTION sub SET PUBLICATION p2`, alone: true},
	{sql: `ALTER SUBSCRIPTION sub ADD PUBLICATION p2 WITH (refresh = false)`},
	{sql: `ALTER SUBSCRIPTION sub SET (failover = true)`, alone: true, since: 17, cautious: true},
	{sql: `ALTER SUBSCRIPTION sub SET (synchronous_commit = off)`},
	{sql: `DROP SUBSCRIPTION sub`, alone: true},
	{sql: `COMMIT PREPARED 'x'`, alone: true},
	{sql: `ROLLBACK PREPARED 'x'`, alone: true},
	{sql: `ALTER TYPE mood ADD VALUE 'great'`, alone: true, cautious: true},
	{sql: `ALTER TYPE public."mood" ADD VALUE IF NOT EXISTS 'great' BEFORE 'bad'`, alone: true, cautious: true},
	{sql: `ALTER TYPE mood RENAME VALUE 'bad' TO 'worse'`},
	{sql: `DISCARD ALL`, alone: true},
	{sql: `DISCARD TEMP`},
	{sql: `DO $$ BEGIN UPDATE t SET a = 1; COMMIT; END $$`, alone: true},
	{sql: `DO LANGUAGE plpgsql 'BEGIN rollback and chain; END'`, alone: true},
	{sql: `DO $$ BEGIN PERFORM 'commit;'; END $$`},
	{sql: `DO $$ DECLARE commit int; BEGIN commit := 1; END $$`},
	{sql: `REFRESH MATERIALIZED VIEW CONCURRENTLY mv`},
	{sql: `CREATE TABLE nine (a int)`},
	{sql: `DROP TABLE t CASCADE`},
	{sql: `CHECKPOINT`},
	{sql: `TRUNCATE t`},
	{sql: `CREATE EXTENSION IF NOT EXISTS plpgsql`},
	{sql: `LISTEN x`},
	{sql: `CREATE ROLE lockstep_nobody`},
	{sql: `SELECT 'CREATE INDEX CONCURRENTLY'`},
}

const loneFixture = `
CREATE SCHEMA "s t"; CREATE TABLE "s t".t (a int);
CREATE TABLE t (a int); CREATE INDEX ti ON t (a);
CREATE TABLE parted (a int) PARTITION BY RANGE (a); CREATE INDEX partedi ON parted (a);
CREATE TABLE part1 PARTITION OF parted FOR VALUES FROM (0) TO (10);
CREATE TYPE mood AS ENUM ('bad', 'good');
CREATE MATERIALIZED VIEW mv AS SELECT a FROM t; CREATE UNIQUE INDEX ON mv (a);
CREATE SUBSCRIPTION sub CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false, slot_name = NONE);
ALTER SUBSCRIPTION sub SET (slot_name = 'lockstep'); ALTER SUBSCRIPTION sub ENABLE`

// dropFixture lets the database be dropped.
const dropFixture = `ALTER SUBSCRIPTION sub DISABLE; ALTER SUBSCRIPTION sub SET (slot_name = NONE); DROP SUBSCRIPTION sub`

func TestServerRefusesInTransactionWhatRunsAlone(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		conn := session(t, "pgx", db.URL)
		run(t, conn, loneFixture)
		defer run(t, conn, dropFixture)
		major := probe(t, conn).Number / 10000
		for _, c := range loneCases {
			if major < c.since {
				continue
			}
			run(t, conn, "BEGIN")
			_, err := conn.ExecContext(t.Context(), c.sql)
			run(t, conn, "ROLLBACK")
			refused := err != nil && (strings.Contains(err.Error(), "(SQLSTATE 25001)") || strings.Contains(err.Error(), "(SQLSTATE 2D000)"))
			if refused != c.alone && !(c.alone && c.cautious) {
				t.Errorf("server refuses: %v, want %v: %s\n%v", refused, c.alone, c.sql, err)
			}
		}
	})
}

func TestTraitsNoTransaction(t *testing.T) {
	for _, c := range loneCases {
		reason := traits(t, c.sql).NoTransaction
		if (reason != "") != c.alone {
			t.Errorf("NoTransaction %q, want one: %v: %s", reason, c.alone, c.sql)
		}
	}
	if got := traits(t, `COMMIT PREPARED 'x'`).Tx; got != lockstep.TxNone {
		t.Errorf("COMMIT PREPARED is transaction control %d", got)
	}
}

func TestTraitsTransactionControl(t *testing.T) {
	for text, want := range map[string]lockstep.TxControl{
		"BEGIN": lockstep.TxBegin, "begin isolation level serializable": lockstep.TxBegin, "START TRANSACTION": lockstep.TxBegin,
		"COMMIT": lockstep.TxCommit, "END WORK": lockstep.TxCommit, "COMMIT AND CHAIN": lockstep.TxCommit,
		"PREPARE TRANSACTION 'x'": lockstep.TxCommit,
		"ROLLBACK":                lockstep.TxRollback, "/* x */ abort": lockstep.TxRollback, "ROLLBACK WORK": lockstep.TxRollback,
		"ROLLBACK TO a": lockstep.TxOther, "ROLLBACK WORK TO SAVEPOINT a": lockstep.TxOther,
		"ROLLBACK TRANSACTION TO a": lockstep.TxOther, "SAVEPOINT a": lockstep.TxOther, "RELEASE a": lockstep.TxOther,
		"PREPARE p AS SELECT 1": lockstep.TxNone, "SELECT 1": lockstep.TxNone,
	} {
		if got := traits(t, text).Tx; got != want {
			t.Errorf("Tx = %d, want %d: %s", got, want, text)
		}
	}
}

func TestTraitsDirtyAndSession(t *testing.T) {
	for _, c := range []struct {
		sql            string
		dirty, session bool
	}{
		{"CREATE TABLE t (a int)", false, false},
		{"CREATE TEMP TABLE t (a int)", true, false},
		{"create local temporary table t (a int)", true, false},
		{"CREATE OR REPLACE TEMP VIEW v AS SELECT 1", true, false},
		{"CREATE TABLE pg_temp.t (a int)", true, false},
		{"CREATE TABLE temp (a int)", false, false},
		{"INSERT INTO t VALUES (1)", false, false},
		{"INSERT INTO t SELECT Set_Config('a.b', 'c', false)", true, false},
		{"UPDATE t SET a = pg_try_advisory_lock(1)", true, false},
		{"ALTER ROLE r SET search_path = x", false, false},
		{"SET search_path = x", true, true},
		{"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", true, true},
		{"SET LOCAL search_path = x", false, false},
		{"SET TRANSACTION READ ONLY", false, false},
		{"SET CONSTRAINTS ALL DEFERRED", false, false},
		{"RESET ALL", true, true},
		{"SET ROLE r", true, true},
		{"SELECT pg_catalog.set_config('search_path', '', false)", true, true},
		{"SELECT set_config('search_path', '', true)", true, false},
		{"SELECT set_config('search_path', '', false), 1", true, false},
		{"SELECT 1", true, false},
		{"DO $$ BEGIN END $$", true, false},
		{"CALL p()", true, false},
		{"PREPARE p AS SELECT 1", true, true},
		{"LISTEN x", true, true},
		{"WITH x AS (SELECT 1) SELECT * FROM x", true, false},
		{"COMMENT ON TABLE t IS 'x'", false, false},
	} {
		got := traits(t, c.sql)
		if got.Dirty != c.dirty || got.Session != c.session {
			t.Errorf("dirty %v, session %v; want %v, %v: %s", got.Dirty, got.Session, c.dirty, c.session, c.sql)
		}
	}
}

func TestTraitsRepeatableAndLongWait(t *testing.T) {
	for _, c := range []struct {
		sql              string
		repeatable, long bool
	}{
		{"VACUUM t", true, true},
		{"VACUUM FULL t", true, false},
		{"VACUUM (FULL true) t", true, false},
		{"ANALYZE", true, true},
		{"REINDEX TABLE t", true, false},
		{"REINDEX TABLE CONCURRENTLY t", true, true},
		{"REFRESH MATERIALIZED VIEW m", true, false},
		{"ALTER SYSTEM SET work_mem = '4MB'", true, false},
		{"CREATE INDEX CONCURRENTLY ON t (a)", false, true},
		{"DROP INDEX CONCURRENTLY i", false, true},
		{"ALTER TABLE p DETACH PARTITION q CONCURRENTLY", false, true},
		{"CREATE DATABASE d", false, false},
		{"ALTER TABLE t ADD b int", false, false},
	} {
		got := traits(t, c.sql)
		if got.Repeatable != c.repeatable || got.LongWait != c.long {
			t.Errorf("repeatable %v, long wait %v; want %v, %v: %s", got.Repeatable, got.LongWait, c.repeatable, c.long, c.sql)
		}
	}
}

func TestTraitsTargets(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{`ALTER TABLE t ADD b int`, "t"},
		{`ALTER TABLE IF EXISTS ONLY "S"./* x */"T t" * ADD b int REFERENCES x.y (z), ADD FOREIGN KEY (a) REFERENCES "Q"`, `"S"."T t"|x.y|"Q"`},
		{`ALTER TABLE t VALIDATE CONSTRAINT c`, ""},
		{`ALTER TABLE t VALIDATE CONSTRAINT c, ADD b int`, "t"},
		{`ALTER TABLE p ATTACH PARTITION q FOR VALUES IN (1)`, "p|q"},
		{`ALTER TABLE p DETACH PARTITION q`, "p|q"},
		{`ALTER TABLE p DETACH PARTITION q CONCURRENTLY`, ""},
		{`ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b`, ""},
		{`ALTER FOREIGN TABLE f ADD b int`, "f"},
		{`ALTER INDEX i RENAME TO j`, ""},
		{`ALTER INDEX IF EXISTS s.i SET TABLESPACE x`, "s.i"},
		{`ALTER VIEW v OWNER TO x`, "v"},
		{`ALTER MATERIALIZED VIEW IF EXISTS v RENAME TO w`, "v"},
		{`ALTER SEQUENCE q RESTART`, "q"},
		{`ALTER POLICY p ON t USING (true)`, "t"},
		{`ALTER TYPE t ADD VALUE 'x'`, ""},
		{`DROP TABLE IF EXISTS a, s.b, "C" CASCADE`, `a|s.b|"C"`},
		{`DROP INDEX i, j`, "i|j"},
		{`DROP INDEX CONCURRENTLY i`, ""},
		{`DROP TRIGGER IF EXISTS g ON s.t`, "s.t"},
		{`DROP POLICY p ON t`, "t"},
		{`DROP FUNCTION f`, ""},
		{`TRUNCATE TABLE ONLY a, b *, a`, "a|b"},
		{`CREATE UNIQUE INDEX IF NOT EXISTS i ON ONLY s.t USING gin (a)`, "s.t"},
		{`CREATE INDEX ON t (a)`, "t"},
		{`CREATE INDEX CONCURRENTLY i ON t (a)`, ""},
		{`CREATE OR REPLACE TRIGGER g AFTER UPDATE OF a, b OR DELETE ON s.t EXECUTE FUNCTION f()`, "s.t"},
		{`CREATE CONSTRAINT TRIGGER g AFTER INSERT ON t FROM u FOR EACH ROW EXECUTE FUNCTION f()`, "t|u"},
		{`CREATE POLICY p ON t`, "t"},
		{`CREATE RULE r AS ON INSERT TO s.t DO INSTEAD NOTHING`, "s.t"},
		{`CREATE VIEW v AS SELECT 1`, ""},
		{`CREATE OR REPLACE VIEW v AS SELECT 1`, "v"},
		{`CREATE TABLE n (a int REFERENCES t, b int, FOREIGN KEY (b) REFERENCES s."U" (x))`, `t|s."U"`},
		{`CREATE TABLE IF NOT EXISTS n PARTITION OF p FOR VALUES IN (1)`, "p"},
		{`CREATE TABLE n AS SELECT * FROM t`, ""},
		{`LOCK TABLE a, b`, "a|b"},
		{`LOCK a IN SHARE ROW EXCLUSIVE MODE`, "a"},
		{`LOCK a IN ROW EXCLUSIVE MODE NOWAIT`, ""},
		{`CLUSTER t USING i`, "t"},
		{`CLUSTER VERBOSE i ON t`, "t"},
		{`REINDEX (VERBOSE) TABLE t`, "t"},
		{`REINDEX INDEX CONCURRENTLY i`, ""},
		{`REFRESH MATERIALIZED VIEW m`, "m"},
		{`REFRESH MATERIALIZED VIEW CONCURRENTLY m`, ""},
		{`VACUUM FULL VERBOSE a, b (x, y)`, "a|b"},
		{`VACUUM (FULL) a`, "a"},
		{`VACUUM a`, ""},
		{`COMMENT ON TABLE t IS 'x'`, ""},
		{`INSERT INTO t VALUES (1)`, ""},
		{`GRANT REFERENCES ON t TO x`, ""},
	} {
		got := traits(t, c.sql).Targets
		if !slices.Equal(got, strings.FieldsFunc(c.want, func(r rune) bool { return r == '|' })) {
			t.Errorf("targets %q, want %q: %s", got, c.want, c.sql)
		}
	}
}
