package postgres_test

import (
	"database/sql"
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/dialecttest"
	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/postgres"
)

// TestConforms runs the suite that all dialects pass.
func TestConforms(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		for _, driver := range []string{"pgx", "postgres"} {
			t.Run(driver, func(t *testing.T) { dialecttest.Run(t, config(db.Kind, driver)) })
		}
	})
}

func config(kind testdb.Kind, driver string) dialecttest.Config {
	return dialecttest.Config{
		Dialect: postgres.Dialect(),
		Database: func(t *testing.T) func() *sql.DB {
			db := testdb.New(t, kind)
			return func() *sql.DB {
				pool, err := sql.Open(driver, db.URL)
				if err != nil {
					t.Fatal(err)
				}
				return pool
			}
		},
		BreakLock: func(t *testing.T, db *sql.DB, _ string, holder lockstep.Holder) {
			if _, err := db.ExecContext(t.Context(), "SELECT pg_terminate_backend("+holder.Session+")"); err != nil {
				t.Fatal(err)
			}
		},
		Statements: statements(),
		Leftovers: []dialecttest.Leftover{
			{Do: []string{"SET search_path = pg_catalog"}, Look: "SHOW search_path"},
			{Do: []string{"SET statement_timeout = 12345"}, Look: "SHOW statement_timeout"},
			{Do: []string{"SET ROLE pg_monitor"}, Look: "SELECT CURRENT_USER"},
			{Do: []string{"SET SESSION AUTHORIZATION pg_monitor"}, Look: "SELECT SESSION_USER"},
			{Do: []string{"CREATE TEMP TABLE left_over (id int)"}, Look: "SELECT count(*) FROM pg_temp.left_over"},
			{Do: []string{"SELECT pg_advisory_lock(1)"}, Look: "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"},
			{Do: []string{"LISTEN left_over"}, Look: "SELECT pg_listening_channels()"},
			{Do: []string{"PREPARE left_over AS SELECT 1"}, Look: "SELECT count(*) FROM pg_prepared_statements WHERE name = 'left_over'"},
		},
		Witnessed: []dialecttest.Witnessed{
			{
				Setup:     []string{"CREATE TABLE t (a int, b int)", "CREATE INDEX t_b ON t (b)", "CREATE TABLE u (a int)"},
				SQL:       "CREATE INDEX CONCURRENTLY t_a ON t (a)",
				Unrelated: []string{"CREATE INDEX u_a ON u (a)", "CREATE INDEX t_ab ON t (a, b)", "INSERT INTO t VALUES (1, 2)"},
			},
			{
				Setup:     []string{"CREATE TABLE t (a int)", "CREATE INDEX t_a ON t (a)", "CREATE INDEX t_a2 ON t (a)"},
				SQL:       "DROP INDEX CONCURRENTLY t_a",
				Unrelated: []string{"DROP INDEX t_a2"},
			},
			{
				Setup:     []string{"CREATE TYPE mood AS ENUM ('bad')", "CREATE TYPE weather AS ENUM ('bad')"},
				SQL:       "ALTER TYPE mood ADD VALUE 'good'",
				Unrelated: []string{"ALTER TYPE weather ADD VALUE 'good'", "ALTER TYPE mood ADD VALUE 'middling'"},
			},
			{
				Setup:     []string{"CREATE TABLE p (a int) PARTITION BY LIST (a)", "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)"},
				SQL:       "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY",
				Unrelated: []string{"CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2)"},
			},
		},
		Untold: []string{"VACUUM", "CREATE TABLE x (id int)", "DO $$ BEGIN COMMIT; END $$"},
	}
}

// statements are examples of each trait; the tables of this package's own
// tests go further.
func statements() []dialecttest.Statement {
	table := []string{"CREATE TABLE t (a int)", "CREATE INDEX i ON t (a)"}
	const no = "refused"
	return []dialecttest.Statement{
		{SQL: "CREATE TABLE x (a int)", Setup: []string{}},
		{SQL: "ALTER TABLE t ADD b int", Setup: table, Want: lockstep.Traits{Targets: []string{"t"}}},
		{SQL: "INSERT INTO t VALUES (1)", Setup: table},
		{SQL: "SELECT 1", Setup: []string{}, Want: lockstep.Traits{Dirty: true}},
		{SQL: "SET search_path = pg_catalog", Setup: []string{}, Want: lockstep.Traits{Dirty: true, Session: true}},
		{SQL: "CREATE TEMP TABLE x (a int)", Setup: []string{}, Want: lockstep.Traits{Dirty: true}},
		{SQL: "CREATE INDEX CONCURRENTLY j ON t (a)", Setup: table, Want: lockstep.Traits{NoTransaction: no, LongWait: true}},
		{SQL: "DROP INDEX CONCURRENTLY i", Setup: table, Want: lockstep.Traits{NoTransaction: no, LongWait: true}},
		{SQL: "REINDEX TABLE CONCURRENTLY t", Setup: table, Want: lockstep.Traits{NoTransaction: no, LongWait: true, Repeatable: true}},
		{SQL: "VACUUM t", Setup: table, Want: lockstep.Traits{NoTransaction: no, LongWait: true, Repeatable: true}},
		{SQL: "VACUUM FULL t", Setup: table, Want: lockstep.Traits{NoTransaction: no, Repeatable: true, Targets: []string{"t"}}},
		{SQL: "ANALYZE t", Setup: table, Want: lockstep.Traits{LongWait: true, Repeatable: true}},
		{SQL: "DROP DATABASE IF EXISTS no_such_database", Setup: []string{}, Want: lockstep.Traits{NoTransaction: no}},
		{SQL: "BEGIN", Want: lockstep.Traits{Tx: lockstep.TxBegin}},
		{SQL: "COMMIT", Want: lockstep.Traits{Tx: lockstep.TxCommit}},
		{SQL: "ROLLBACK", Want: lockstep.Traits{Tx: lockstep.TxRollback}},
		{SQL: "SAVEPOINT a", Want: lockstep.Traits{Tx: lockstep.TxOther}},
	}
}
