package testdb

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/lockstepdb/lockstep/internal/testdb/servers"
)

// Pool opens one more pool of connections to the database, as another process
// would have. It is closed when the test ends; the test may close it before.
func (d *Database) Pool(t testing.TB) *sql.DB {
	t.Helper()
	db, err := openURL(d.Kind, d.URL)
	if err != nil {
		t.Fatalf("testdb: open %s: %v", d.Kind.Name, err)
	}
	t.Cleanup(func() { _ = db.Close() }) // closing twice is harmless
	return db
}

// Connect opens a pool for the URL of a Database that another process created,
// for programs that a test starts. kind is its Kind.Name.
func Connect(kind, url string) (*sql.DB, error) {
	k, ok := servers.Named(kind)
	if !ok {
		return nil, fmt.Errorf("no kind of database is called %q", kind)
	}
	return openURL(k, url)
}

// DialectOf returns the dialect of the kind called name, "" if there is none.
func DialectOf(name string) string {
	k, _ := servers.Named(name)
	return k.Dialect
}
