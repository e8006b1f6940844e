package mysql

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/dialecttest"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

func TestConformance(t *testing.T) {
	onServers(t, func(t *testing.T, s site) {
		t.Cleanup(func() { dropAccounts(t, s) })
		dialecttest.Run(t, dialecttest.Config{
			Dialect:  Dialect(),
			LockWait: time.Second,
			Database: func(t *testing.T) func() *sql.DB {
				own := site{testdb.New(t, s.Kind), s.parseTime}
				return func() *sql.DB { return own.pool(t) }
			},
			BreakLock: func(t *testing.T, db *sql.DB, _ string, holder lockstep.Holder) {
				run(t, db, "KILL "+holder.Session)
			},
			Statements: statements(s),
			Leftovers:  leftovers(),
			Witnessed:  witnessed(s),
			Untold:     untold(),
		})
	})
}

func leftovers() []dialecttest.Leftover {
	return []dialecttest.Leftover{
		{Do: []string{"SET @a = 1"}, Look: "SELECT @a"},
		{Do: []string{"SET sql_mode = 'ANSI'"}, Look: "SELECT @@sql_mode"},
		{Do: []string{"SET NAMES latin1"}, Look: "SELECT @@character_set_client"},
		{Do: []string{"SET foreign_key_checks = 0"}, Look: "SELECT @@foreign_key_checks"},
		{Do: []string{"CREATE TEMPORARY TABLE x (a INT)"}, Look: "SELECT count(*) FROM x"},
		{Do: []string{"USE information_schema"}, Look: "SELECT DATABASE()"},
		{Do: []string{"PREPARE s FROM 'SELECT 1'"}, Look: "EXECUTE s"},
	}
}

// dropAccounts removes what statements makes outside of databases.
func dropAccounts(t *testing.T, s site) {
	db := s.pool(t)
	ctx := context.WithoutCancel(t.Context())
	for _, suffix := range []string{"@localhost", "b@localhost", "d", "w@localhost", "y@localhost"} {
		if _, err := db.ExecContext(ctx, "DROP USER IF EXISTS "+s.Name+suffix); err != nil {
			t.Error(err)
		}
	}
	for _, drop := range []string{"ROLE IF EXISTS " + s.Name + "r", "ROLE IF EXISTS " + s.Name + "o", "DATABASE IF EXISTS " + s.Name + "x"} {
		if _, err := db.ExecContext(ctx, "DROP "+drop); err != nil {
			t.Error(err)
		}
	}
}
