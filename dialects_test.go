package lockstep_test

import (
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/mysql"
	"github.com/lockstepdb/lockstep/postgres"
	"github.com/lockstepdb/lockstep/sqlite"
)

func dialectOf(t *testing.T, db *testdb.Database) lockstep.Dialect {
	t.Helper()
	return dialectNamed(db.Kind.Dialect)
}

func dialectNamed(name string) lockstep.Dialect {
	switch name {
	case testdb.MySQL:
		return mysql.Dialect()
	case testdb.Postgres:
		return postgres.Dialect()
	default:
		return sqlite.Dialect()
	}
}
