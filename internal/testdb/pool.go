package testdb

import (
	"database/sql"
	"github.com/lockstepdb/lockstep/internal/testdb/servers"
	"testing"
)

// Pool opens one more pool of connections to the database, as another process
// would have. It is closed when the test ends.
func (d *Database) Pool(t testing.TB) *sql.DB {
	t.Helper()
	db, err := openURL(d.Kind, d.URL)
	if err != nil {
		t.Fatalf("testdb: open %s: %v", d.Kind.Name, err)
	}
	t.Cleanup(func() { _ = db.Close() }) // a test may have closed it before
	return db
}

// Connect opens a pool for the URL of a Database in another process. kind is
// its Kind.Name.
func Connect(kind, url string) (*sql.DB, error) { return openURL(kindNamed(kind), url) }

// DialectOf returns the dialect of the kind called name, "" if there is none.
func DialectOf(name string) string { return kindNamed(name).Dialect }

func kindNamed(name string) Kind {
	for _, k := range servers.Kinds() {
		if k.Name == name {
			return k
		}
	}
	return Kind{}
}
