package cli_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/internal/testdb"
)

// account makes a user that may do little, and returns the database's URL for
// it. Servers of tests ask PostgreSQL users for no password.
func account(t *testing.T, db *testdb.Database) string {
	t.Helper()
	name := "u" + strings.TrimPrefix(db.Name, "ls_")
	u, err := url.Parse(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	if db.Kind.Dialect == testdb.Postgres {
		db.Exec(t, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
		db.Exec(t, "CREATE ROLE "+name+" LOGIN")
		afterwards(t, db, "DROP OWNED BY "+name, "DROP ROLE "+name)
	} else {
		db.Exec(t, "CREATE USER "+name+"@'%' IDENTIFIED BY '"+secret+"'")
		db.Exec(t, "GRANT SELECT ON "+db.Name+".* TO "+name+"@'%'")
		afterwards(t, db, "DROP USER "+name+"@'%'")
	}
	u.User = url.UserPassword(name, secret)
	return u.String()
}

// afterwards runs statements when the test is over.
func afterwards(t *testing.T, db *testdb.Database, statements ...string) {
	t.Helper()
	pool := db.Open(t)
	t.Cleanup(func() {
		for _, s := range statements {
			if _, err := pool.ExecContext(context.Background(), s); err != nil {
				t.Errorf("%s: %v", s, err)
			}
		}
	})
}

// serverCall runs the command and holds what is true of every failure.
func serverCall(t *testing.T, args []string, address string, want ...string) {
	t.Helper()
	code, out, said := call(t, args, []string{"LOCKSTEP_DB=" + address})
	if code != 1 || !strings.Contains(said, "hint: ") {
		t.Errorf("exit code %d, want 1 and a hint\n%s", code, said)
	}
	for _, w := range want {
		if !strings.Contains(said, w) {
			t.Errorf("standard error lacks %q:\n%s", w, said)
		}
	}
	if strings.Contains(out+said, secret) {
		t.Errorf("the password is shown:\n%s\n%s", out, said)
	}
}

func migrationsIn(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	writeFile(t, up1, "CREATE TABLE users (id INTEGER);")
}

func TestNoRightToCreateTheLedger(t *testing.T) {
	for _, kind := range servers() {
		t.Run(kind.Name, func(t *testing.T) {
			db := testdb.New(t, kind)
			address := account(t, db)
			migrationsIn(t)
			serverCall(t, []string{"up"}, address, "lockstep_ledger", "GRANT ", "let an administrator run")
			// To look needs no more than the right to look.
			if code, _, said := call(t, []string{"status"}, []string{"LOCKSTEP_DB=" + address}); code != 0 {
				t.Errorf("status: exit code %d\n%s", code, said)
			}
		})
	}
}

func servers() []testdb.Kind {
	var all []testdb.Kind
	for _, k := range testdb.Kinds() {
		if k.IsServer() {
			all = append(all, k)
		}
	}
	return all
}

func TestWrongAccount(t *testing.T) {
	for _, kind := range servers() {
		t.Run(kind.Name, func(t *testing.T) {
			db := testdb.New(t, kind)
			address := account(t, db)
			migrationsIn(t)
			if kind.Dialect == testdb.MySQL {
				wrong := strings.Replace(address, secret, secret+"x", 1)
				serverCall(t, []string{"up"}, wrong, "Access denied", "check user and password")
			}
			unknown := strings.Replace(address, "://u", "://nobody_u", 1)
			serverCall(t, []string{"up"}, unknown, "nobody_u", "check user and password")
			serverCall(t, []string{"wait"}, unknown, "nobody_u", "check user and password")
		})
	}
}

func TestUnknownDatabase(t *testing.T) {
	for _, kind := range servers() {
		t.Run(kind.Name, func(t *testing.T) {
			db := testdb.New(t, kind)
			migrationsIn(t)
			address := strings.Replace(db.URL, db.Name, "no_such_database", 1)
			serverCall(t, []string{"up"}, address, "no_such_database", "check host, port and database name")
			serverCall(t, []string{"status"}, address, "no_such_database")
			if kind.Dialect == testdb.MySQL {
				none := strings.Replace(db.URL, db.Name, "", 1)
				serverCall(t, []string{"up"}, none, "No database selected", "name a database in the URL, behind host and port")
			}
		})
	}
}

func TestReadOnlyDatabase(t *testing.T) {
	for _, kind := range testdb.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			db := testdb.New(t, kind)
			db.Exec(t, "CREATE TABLE keep_me (id INTEGER)")
			migrationsIn(t)
			parameter := map[string]string{
				testdb.SQLite: "?mode=ro", testdb.Postgres: "&default_transaction_read_only=on", testdb.MySQL: "?tx_read_only=1",
			}[kind.Dialect]
			if kind.Flavor == "mysql" {
				parameter = "?transaction_read_only=1"
			}
			said := "cannot be written"
			if kind.Dialect == testdb.SQLite {
				said = "must not be opened with mode=ro"
			}
			serverCall(t, []string{"up"}, db.URL+parameter, said)
			if code, _, said := call(t, []string{"status"}, []string{"LOCKSTEP_DB=" + db.URL + parameter}); code != 0 {
				t.Errorf("status: exit code %d\n%s", code, said)
			}
		})
	}
}
