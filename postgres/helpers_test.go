package postgres

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "github.com/lib/pq"              // the driver "postgres"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/sqltext"
)

// onDrivers runs a test on every PostgreSQL, by way of each driver.
func onDrivers(t *testing.T, test func(t *testing.T, db *testdb.Database, driver string)) {
	t.Helper()
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		for _, driver := range []string{"pgx", "postgres"} {
			t.Run(driver, func(t *testing.T) { test(t, db, driver) })
		}
	})
}

// pool opens a pool of its own that is closed when the test ends.
func pool(t *testing.T, driver, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// session opens a connection of its own that is closed when the test ends.
func session(t *testing.T, driver, url string) *sql.Conn {
	t.Helper()
	conn, err := pool(t, driver, url).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func run(t *testing.T, q lockstep.Querier, query string) {
	t.Helper()
	if _, err := q.ExecContext(t.Context(), query); err != nil {
		t.Fatalf("%v\n%s", err, query)
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

// patience is how long a test waits for what comes in milliseconds on a machine
// that does nothing else.
const patience = 2 * time.Minute

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain: %s", what)
		case <-tick.C:
		}
	}
}

// statement reads the one statement of a script.
func statement(t *testing.T, text string) sqltext.Statement {
	t.Helper()
	all, err := sqltext.Split(text, dialect{}.Lexer())
	if err != nil || len(all) != 1 {
		t.Fatalf("%d statements, %v\n%s", len(all), err, text)
	}
	return all[0]
}

func traits(t *testing.T, text string) lockstep.Traits {
	t.Helper()
	return dialect{}.Traits(lockstep.Server{}, statement(t, text))
}

// otherRole makes a role without privileges that may log in.
func otherRole(t *testing.T, db *testdb.Database) string {
	t.Helper()
	role := "role_" + db.Name
	run(t, db.Open(t), "CREATE ROLE "+role+" LOGIN")
	t.Cleanup(func() {
		_, err := db.Open(t).ExecContext(context.Background(), "DROP OWNED BY "+role+"; DROP ROLE "+role)
		if err != nil {
			t.Errorf("drop role: %v", err)
		}
	})
	return role
}

// asUser returns the address with another user in it.
func asUser(url, user string) string {
	_, rest, _ := strings.Cut(url, "@")
	return "postgres://" + user + "@" + rest
}
