// Package testdb gives tests real databases: a fresh, empty one for each test,
// on every kind of server that lockstep supports, and the servers' own tools to
// compare with.
//
// SQLite always works. The servers are started by the command in cmd/servers,
// which `make test` runs and which tells about them in environment variables.
// Without them a test that needs a server is skipped, unless
// LOCKSTEP_TEST_REQUIRE=1 says that this is a failure. There is no imitation of
// a database in this package, and nothing outside tests may import it.
package testdb

import (
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/lockstepdb/lockstep/internal/testdb/servers"
)

// The families of databases, as Kind.Dialect names them.
const (
	Postgres = servers.Postgres
	MySQL    = servers.MySQL
	SQLite   = servers.SQLite
)

// Kind is one kind of database: a product in a version. Kinds are values and
// may be compared.
type Kind = servers.Kind

// Kinds returns the kinds that a test should pass on: all that every run has,
// and those of the larger run (PostgreSQL 14, 16, 17) whose servers run now.
func Kinds() []Kind {
	var kinds []Kind
	for _, k := range servers.Kinds() {
		if !k.Extra || os.Getenv(k.Variable()) != "" {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// KindNamed returns the kind called name, such as "postgres18", "mysql97",
// "mariadb118" or "sqlite". An unknown name fails the test.
func KindNamed(t testing.TB, name string) Kind {
	t.Helper()
	k, ok := servers.Named(name)
	if !ok {
		t.Fatalf("testdb: no kind of database is called %q", name)
	}
	return k
}

// RunOnAll runs test once for each of Kinds, as a parallel subtest named after
// the kind, with an empty database of its own.
func RunOnAll(t *testing.T, test func(t *testing.T, db *Database)) {
	t.Helper()
	run(t, Kinds(), test)
}

// RunOn is RunOnAll for the kinds of one dialect: Postgres, MySQL (which
// includes MariaDB) or SQLite.
func RunOn(t *testing.T, dialect string, test func(t *testing.T, db *Database)) {
	t.Helper()
	var kinds []Kind
	for _, k := range Kinds() {
		if k.Dialect == dialect {
			kinds = append(kinds, k)
		}
	}
	run(t, kinds, test)
}

func run(t *testing.T, kinds []Kind, test func(t *testing.T, db *Database)) {
	t.Helper()
	for _, k := range kinds {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			test(t, New(t, k))
		})
	}
}

// Database is one empty database that belongs to one test. It is removed when
// the test ends, together with the sessions that the test left open.
type Database struct {
	// URL is its address in the form that lockstep takes.
	URL string
	// Kind is what it runs on.
	Kind Kind
	// Name is its name on the server; for SQLite the path of its file.
	Name string

	open func() (*sql.DB, error)
}

// New creates an empty database of the kind. It is safe to call from parallel
// tests and from many processes. If no server of the kind runs, the test is
// skipped or fails, as the package comment says.
func New(t testing.TB, k Kind) *Database {
	t.Helper()
	if k.Dialect == SQLite {
		path := filepath.Join(t.TempDir(), "test.db")
		return attach(t, k, "sqlite:"+path, path)
	}
	return create(t, k, serverURL(t, k))
}

// create makes a database on the server whose address is server.
func create(t testing.TB, k Kind, server string) *Database {
	t.Helper()
	name := uniqueName()
	if err := createDatabase(k, server, name); err != nil {
		t.Fatalf("testdb: create a database on %s: %v", k.Name, err)
	}
	t.Cleanup(func() {
		if err := dropDatabase(k, server, name); err != nil {
			t.Errorf("testdb: drop database %s on %s: %v", name, k.Name, err)
		}
	})
	return attach(t, k, withDatabase(t, server, name), name)
}

func attach(t testing.TB, k Kind, address, name string) *Database {
	d := &Database{URL: address, Kind: k, Name: name}
	d.open = sync.OnceValues(func() (*sql.DB, error) {
		db, err := openURL(k, address)
		if err == nil {
			t.Cleanup(func() {
				if err := db.Close(); err != nil {
					t.Errorf("testdb: close the pool of %s: %v", k.Name, err)
				}
			})
		}
		return db, err
	})
	return d
}

// Open returns a pool of connections to the database, the same one each time.
// It is closed when the test ends. On MySQL and MariaDB one Exec may hold many
// statements.
func (d *Database) Open(t testing.TB) *sql.DB {
	t.Helper()
	db, err := d.open()
	if err != nil {
		t.Fatalf("testdb: open %s: %v", d.Kind.Name, err)
	}
	return db
}

// Exec runs SQL text on the database, or fails the test.
func (d *Database) Exec(t testing.TB, query string, args ...any) {
	t.Helper()
	if _, err := d.Open(t).ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("testdb: run on %s: %v\n%s", d.Kind.Name, err, query)
	}
}

// serverURL returns the address of the running server of the kind.
func serverURL(t testing.TB, k Kind) string {
	t.Helper()
	return required(t, k.Variable(), k.Name)
}

// required returns the variable's value. Without one the test is skipped, or
// fails where a skip would hide that nothing was tested.
func required(t testing.TB, variable, what string) string {
	t.Helper()
	value := os.Getenv(variable)
	if value != "" {
		return value
	}
	if os.Getenv("LOCKSTEP_TEST_REQUIRE") == "1" {
		t.Fatalf("testdb: %s is required but %s is not set", what, variable)
	}
	t.Skipf("testdb: %s is not running; `make test` starts it", what)
	return ""
}

// uniqueName returns a database name that no other test has.
func uniqueName() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails, says its documentation
	return "ls_" + hex.EncodeToString(b)
}

// withDatabase returns the server's address with another database in it.
func withDatabase(t testing.TB, server, name string) string {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("testdb: parse server address %q: %v", server, err)
	}
	u.Path = "/" + name
	return u.String()
}
