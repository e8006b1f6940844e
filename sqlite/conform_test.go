package sqlite_test

import (
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/dialecttest"
	"github.com/lockstepdb/lockstep/sqlite"
)

// modernc is the driver that lockstep's command uses; mattn_test.go runs the
// same tests with the one that needs cgo.
const modernc = "sqlite"

func TestModernc(t *testing.T) { testDriver(t, modernc) }

// testDriver is every test that a driver can make a difference to.
func testDriver(t *testing.T, driver string) {
	t.Run("file", func(t *testing.T) { conformFile(t, driver, "") })
	t.Run("wal", func(t *testing.T) { conformFile(t, driver, "WAL") })
	t.Run("memory", func(t *testing.T) { conformMemory(t, driver) })
	t.Run("errors", func(t *testing.T) { testErrors(t, driver) })
	t.Run("lock", func(t *testing.T) { testLock(t, driver) })
	t.Run("foreign keys", func(t *testing.T) { testForeignKeys(t, driver) })
	t.Run("session", func(t *testing.T) { testSession(t, driver) })
	t.Run("probes", func(t *testing.T) { testProbes(t, driver) })
	t.Run("rich schema", func(t *testing.T) { testRich(t, driver) })
}

// open opens a pool that is closed with t.
func open(t *testing.T, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func mustExec(t testing.TB, q lockstep.Querier, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := q.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func text(t *testing.T, q lockstep.Querier, query string) string {
	t.Helper()
	var s string
	if err := q.QueryRowContext(t.Context(), query).Scan(&s); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return s
}

func probe(t *testing.T, q lockstep.Querier) lockstep.Server {
	t.Helper()
	srv, err := sqlite.Dialect().Probe(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return srv
}

func conformFile(t *testing.T, driver, journal string) {
	cfg := config()
	cfg.Database = func(t *testing.T) func() *sql.DB {
		path := filepath.Join(t.TempDir(), "a b%20?c#d.db")
		dsn := (&url.URL{Scheme: "file", Path: path}).String()
		if journal != "" {
			db := open(t, driver, dsn)
			mustExec(t, db, "PRAGMA journal_mode = "+journal)
		}
		return func() *sql.DB { return open(t, driver, dsn) }
	}
	cfg.BreakLock = func(t *testing.T, db *sql.DB, name string, _ lockstep.Holder) {
		if err := os.Remove(probe(t, db).Database + "-" + name + ".lock"); err != nil {
			t.Fatal(err)
		}
	}
	dialecttest.Run(t, cfg)
}

func conformMemory(t *testing.T, driver string) {
	cfg := config()
	cfg.Database = func(t *testing.T) func() *sql.DB {
		return func() *sql.DB {
			db := open(t, driver, ":memory:")
			db.SetMaxOpenConns(1)
			return db
		}
	}
	dialecttest.Run(t, cfg)
}

func config() dialecttest.Config {
	return dialecttest.Config{
		Dialect:    sqlite.Dialect(),
		Statements: statements(),
		Leftovers: []dialecttest.Leftover{
			{Do: []string{"PRAGMA foreign_keys = ON"}, Look: "PRAGMA foreign_keys"},
			{Do: []string{"PRAGMA legacy_alter_table = ON"}, Look: "PRAGMA legacy_alter_table"},
			{Do: []string{"PRAGMA trusted_schema = OFF"}, Look: "PRAGMA trusted_schema"},
			{Do: []string{"PRAGMA query_only = ON"}, Look: "PRAGMA query_only"},
			{Do: []string{"CREATE TEMP TABLE mine (id)", "INSERT INTO mine VALUES (1)"}, Look: "SELECT id FROM mine"},
			{Do: []string{"CREATE TEMP VIEW mine AS SELECT 2 AS id"}, Look: "SELECT id FROM mine"},
			{
				Do:   []string{"CREATE TABLE shared (id)", "CREATE TEMP TRIGGER mine AFTER INSERT ON shared BEGIN SELECT 1; END"},
				Look: "SELECT max(name) FROM sqlite_temp_master",
			},
			{Do: []string{"ATTACH ':memory:' AS \"odd \"\"name\"\"\""}, Look: "SELECT group_concat(name) FROM pragma_database_list WHERE name <> 'temp'"},
			{Do: []string{"BEGIN", "CREATE TABLE open_transaction (id)"}, Look: "SELECT count(*) FROM sqlite_master"},
		},
		Witnessed: []dialecttest.Witnessed{
			{SQL: "PRAGMA user_version = 5", Unrelated: []string{"PRAGMA application_id = 6", "CREATE TABLE t (id)"}},
			{SQL: "PRAGMA main.application_id(7)", Unrelated: []string{"PRAGMA user_version = 6"}},
			{SQL: "CREATE TABLE t (id)", Unrelated: []string{"CREATE TABLE other (id)", "CREATE INDEX i ON other (id)"}},
			{SQL: `CREATE TABLE IF NOT EXISTS main."Größe ""x""" (id)`, Unrelated: []string{"CREATE TABLE x (id)"}},
			{Setup: []string{"CREATE TABLE t (id)"}, SQL: "CREATE UNIQUE INDEX [my index] ON t (id)", Unrelated: []string{"ALTER TABLE t ADD COLUMN b"}},
			{Setup: []string{"CREATE TABLE t (id)", "CREATE TABLE other (id)"}, SQL: "ALTER TABLE T ADD COLUMN b INT", Unrelated: []string{"DROP TABLE other"}},
			{Setup: []string{"CREATE TABLE t (id)"}, SQL: "ALTER TABLE main . t RENAME TO u", Unrelated: []string{"CREATE TABLE other (id)"}},
			{Setup: []string{"CREATE TABLE t (id)"}, SQL: "DROP TABLE IF EXISTS `t`", Unrelated: []string{"CREATE TABLE other (id)"}},
			{Setup: []string{"CREATE TABLE t (id)"}, SQL: "CREATE VIEW v AS SELECT * FROM t", Unrelated: []string{"CREATE INDEX i ON t (id)"}},
			{
				Setup: []string{"CREATE TABLE t (id)"}, Unrelated: []string{"CREATE INDEX i ON t (id)"},
				SQL: "CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET id = 1; DELETE FROM t; END",
			},
		},
		Untold: []string{
			"VACUUM", "INSERT INTO t VALUES (1)", "PRAGMA foreign_keys = OFF", "PRAGMA optimize", "PRAGMA user_version",
			"CREATE TEMP TABLE t (id)", "CREATE TABLE temp.t (id)", "ATTACH ':memory:' AS a", "SELECT 1",
		},
	}
}

// statements are traits as they were seen on 3.40, 3.53 and 3.54.
func statements() []dialecttest.Statement {
	type (
		st     = dialecttest.Statement
		traits = lockstep.Traits
	)
	const why = "a reason"
	none, table := []string{}, []string{"CREATE TABLE t (id INTEGER PRIMARY KEY, a)"}
	setting := traits{Dirty: true, Session: true, Repeatable: true}
	outside := traits{NoTransaction: why, Dirty: true, Session: true, Repeatable: true}
	return []st{
		{SQL: "CREATE TABLE n (id)", Setup: none},
		{SQL: "CREATE TABLE \"temp\" (id)", Setup: none},
		{SQL: "CREATE /* x */ TEMP -- y\n TABLE n (id)", Setup: none, Want: traits{Dirty: true}},
		{SQL: "create temporary view if not exists n as select 1", Setup: none, Want: traits{Dirty: true}},
		{SQL: "CREATE TABLE IF NOT EXISTS \"Temp\" . n (id)", Setup: none, Want: traits{Dirty: true}},
		{SQL: "CREATE TRIGGER [temp].n AFTER INSERT ON t BEGIN SELECT 1; END", Setup: table, Want: traits{Dirty: true}},
		{SQL: "CREATE TRIGGER n AFTER INSERT ON t BEGIN SELECT 1; END", Setup: table},
		{SQL: "CREATE UNIQUE INDEX n ON t (a)", Setup: table},
		{SQL: "CREATE VIRTUAL TABLE n USING fts5(a)"},
		{SQL: "ALTER TABLE t ADD COLUMN b", Setup: table},
		{SQL: "DROP TABLE t", Setup: table},
		{SQL: "INSERT OR REPLACE INTO t VALUES (1, 'VACUUM')", Setup: table},
		{SQL: "REPLACE INTO t VALUES (1, 2)", Setup: table},
		{SQL: "UPDATE t SET a = 1", Setup: table},
		{SQL: "DELETE FROM t", Setup: table},
		{SQL: "WITH x AS (SELECT 1) INSERT INTO t SELECT 1, 2 FROM x", Setup: table, Want: traits{Dirty: true}},
		{SQL: "SELECT 1", Setup: none, Want: traits{Dirty: true}},
		{SQL: "VALUES (1)", Setup: none, Want: traits{Dirty: true}},
		{SQL: "ANALYZE", Setup: table, Want: traits{Repeatable: true}},
		{SQL: "REINDEX t", Setup: table, Want: traits{Repeatable: true}},
		{SQL: "EXPLAIN QUERY PLAN VACUUM", Setup: none, Want: traits{Repeatable: true}},
		{SQL: "VACUUM", Setup: none, Want: traits{NoTransaction: why, Repeatable: true}},
		{SQL: "VACUUM main", Setup: none, Want: traits{NoTransaction: why, Repeatable: true}},
		{SQL: "VACUUM INTO 'copy.db'", Setup: none, Want: traits{NoTransaction: why}},
		{SQL: "ATTACH ':memory:' AS a", Setup: none, Want: traits{Dirty: true, Session: true}},
		{
			SQL: "DETACH DATABASE a", Setup: []string{"ATTACH ':memory:' AS a"},
			Want: traits{NoTransaction: why, Dirty: true, Session: true},
		},

		{SQL: "BEGIN", Want: traits{Tx: lockstep.TxBegin}},
		{SQL: "begin immediate transaction", Want: traits{Tx: lockstep.TxBegin}},
		{SQL: "COMMIT TRANSACTION", Want: traits{Tx: lockstep.TxCommit}},
		{SQL: "END", Want: traits{Tx: lockstep.TxCommit}},
		{SQL: "ROLLBACK", Want: traits{Tx: lockstep.TxRollback}},
		{SQL: "ROLLBACK TRANSACTION TO SAVEPOINT s", Want: traits{Tx: lockstep.TxOther}},
		{SQL: "SAVEPOINT s", Want: traits{Tx: lockstep.TxOther}},
		{SQL: "RELEASE s", Want: traits{Tx: lockstep.TxOther}},

		{SQL: "PRAGMA foreign_keys = OFF", Setup: none, Silent: true, Want: outside},
		{SQL: "pragma main.\"foreign_keys\" (0)", Setup: none, Silent: true, Want: outside},
		{SQL: "PRAGMA foreign_keys", Setup: none, Want: traits{Repeatable: true}},
		{SQL: "PRAGMA journal_mode = TRUNCATE", Setup: none, Silent: true, Want: outside},
		{SQL: "PRAGMA synchronous = OFF", Setup: none, Want: outside},
		{SQL: "PRAGMA temp_store = MEMORY", Setup: []string{"CREATE TEMP TABLE x (id)"}, Want: outside},
		{SQL: "PRAGMA wal_checkpoint(TRUNCATE)", Setup: none, Want: traits{NoTransaction: why, Repeatable: true}},
		{SQL: "PRAGMA defer_foreign_keys = ON", Setup: none, Want: setting},
		{SQL: "PRAGMA legacy_alter_table = ON", Setup: none, Want: setting},
		{SQL: "PRAGMA cache_size = -4000", Setup: none, Want: setting},
		{SQL: "PRAGMA a_later_version_knows_this", Setup: none, Want: setting},
		{SQL: "PRAGMA user_version = 7", Setup: none, Want: traits{Repeatable: true}},
		{SQL: "PRAGMA main.application_id = 7", Setup: none, Want: traits{Repeatable: true}},
		{SQL: "PRAGMA optimize", Setup: none, Want: traits{Repeatable: true}},
		{SQL: "PRAGMA foreign_key_check(t)", Setup: table, Want: traits{Repeatable: true}},
		{SQL: "PRAGMA table_info('t')", Setup: table, Want: traits{Repeatable: true}},
	}
}
