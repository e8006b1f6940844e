package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/sqltext"
)

// site is one empty database, with the way its sessions are opened.
type site struct {
	*testdb.Database
	parseTime bool
}

// onServers runs a test on every MySQL and MariaDB, with both ways in which the
// driver can read times.
func onServers(t *testing.T, test func(t *testing.T, s site)) {
	t.Helper()
	testdb.RunOn(t, testdb.MySQL, func(t *testing.T, db *testdb.Database) {
		t.Run("text", func(t *testing.T) { test(t, site{db, false}) })
		t.Run("parseTime", func(t *testing.T) { test(t, site{testdb.New(t, db.Kind), true}) })
	})
}

// onEach runs a test on every MySQL and MariaDB, once.
func onEach(t *testing.T, test func(t *testing.T, s site)) {
	t.Helper()
	testdb.RunOn(t, testdb.MySQL, func(t *testing.T, db *testdb.Database) { test(t, site{db, true}) })
}

// config is the driver's configuration for the database.
func (s site) config(t testing.TB) *driver.Config {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := driver.NewConfig()
	c.User, c.Net, c.Addr, c.DBName = u.User.Username(), "tcp", u.Host, strings.TrimPrefix(u.Path, "/")
	c.Passwd, _ = u.User.Password()
	c.ParseTime, c.Logger = s.parseTime, driver.Logger(&driver.NopLogger{})
	c.ConnectionAttributes = "program_name:lockstep-test"
	return c
}

// pool opens a pool of its own, which is closed when the test ends.
func (s site) pool(t testing.TB, change ...func(*driver.Config)) *sql.DB {
	t.Helper()
	c := s.config(t)
	for _, f := range change {
		f(c)
	}
	connector, err := driver.NewConnector(c)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() }) // may be closed before
	return db
}

// session opens a connection of its own.
func (s site) session(t *testing.T) *sql.Conn {
	t.Helper()
	return session(t, s.pool(t))
}

func session(t *testing.T, db *sql.DB) *sql.Conn {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (s site) isMariaDB() bool { return s.Kind.Flavor == "mariadb" }

func run(t *testing.T, q lockstep.Querier, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := q.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%v\n%s", err, statement)
		}
	}
}

// value returns the one value of a query as text.
func value(t *testing.T, q lockstep.Querier, query string) string {
	t.Helper()
	var v sql.NullString
	if err := q.QueryRowContext(t.Context(), query).Scan(&v); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	if !v.Valid {
		return "NULL"
	}
	return v.String
}

func probe(t *testing.T, q lockstep.Querier) lockstep.Server {
	t.Helper()
	srv, err := Dialect().Probe(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return srv
}

// statement reads a text that is one statement.
func statement(t *testing.T, srv lockstep.Server, text string) sqltext.Statement {
	t.Helper()
	list, err := sqltext.Split(text, srv.Lexer)
	if err != nil || len(list) != 1 {
		t.Fatalf("%q is %d statements, want 1 (%v)", text, len(list), err)
	}
	return list[0]
}

// patience is how long a test waits for what comes in milliseconds on a machine
// that does nothing else.
const patience = 2 * time.Minute

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// background runs f in a goroutine and returns a function that waits for its
// end and returns its error.
func background(t *testing.T, f func(ctx context.Context) error) (wait func() error) {
	t.Helper()
	done := make(chan error, 1)
	ctx := t.Context()
	go func() { done <- f(ctx) }()
	return func() error { return <-done }
}

// user makes a user with the given grants, in which %s stands for its name,
// and opens a pool.
func (s site) user(t *testing.T, grants ...string) *sql.DB {
	t.Helper()
	admin := s.pool(t)
	name := s.Name + strconv.Itoa(rand.IntN(1000))
	t.Cleanup(func() {
		if _, err := admin.ExecContext(context.WithoutCancel(t.Context()), "DROP USER "+name); err != nil {
			t.Error(err)
		}
	})
	run(t, admin, "CREATE USER "+name+" IDENTIFIED BY 'secret'")
	for _, grant := range grants {
		run(t, admin, fmt.Sprintf(grant, name))
	}
	return s.pool(t, func(c *driver.Config) { c.User, c.Passwd = name, "secret" })
}
