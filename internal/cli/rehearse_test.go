package cli_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/lockstepdb/lockstep/internal/cli"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

// samples are one kind of each dialect that has servers.
func samples() []testdb.Kind {
	var all []testdb.Kind
	seen := map[string]bool{}
	for _, k := range servers() {
		if !seen[k.Dialect] {
			all = append(all, k)
		}
		seen[k.Dialect] = true
	}
	return all
}

// exists reports whether the server of db has a database of that name.
func exists(t *testing.T, db *testdb.Database, name string) bool {
	t.Helper()
	query := "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '" + name + "'"
	if db.Kind.Dialect == testdb.Postgres {
		query = "SELECT COUNT(*) FROM pg_database WHERE datname = '" + name + "'"
	}
	var n int
	if err := db.Open(t).QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n > 0
}

// TestRehearsalWithoutRights finds the grant that is missing, runs it, and
// rehearses.
func TestRehearsalWithoutRights(t *testing.T) {
	for _, kind := range servers() {
		t.Run(kind.Name, func(t *testing.T) {
			db := testdb.New(t, kind)
			address := account(t, db)
			migrationsIn(t)
			code, out, said := call(t, []string{"rehearse"}, []string{"LOCKSTEP_DB=" + address})
			grant := regexp.MustCompile("allow it: (.*)").FindStringSubmatch(said)
			if code != 1 || grant == nil || !strings.Contains(said, "--scratch URL") || strings.Contains(out+said, secret) {
				t.Fatalf("exit code %d\n%s", code, said)
			}
			db.Exec(t, grant[1])
			if db.Kind.Dialect == testdb.MySQL {
				afterwards(t, db, strings.NewReplacer("GRANT", "REVOKE", " TO ", " FROM ").Replace(grant[1]))
			}
			code, out, said = call(t, []string{"rehearse"}, []string{"LOCKSTEP_DB=" + address})
			if code != 0 || !strings.Contains(out, "1 irreversible") {
				t.Errorf("after %s: exit code %d\n%s%s", grant[1], code, out, said)
			}
		})
	}
}

// TestRehearsalInAnEmptyDatabase uses the database that is given, and leaves
// it empty, so that it can be used again.
func TestRehearsalInAnEmptyDatabase(t *testing.T) {
	for _, kind := range testdb.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			scratch := testdb.New(t, kind)
			migrationsIn(t)
			writeFile(t, "migrations/0002_more.up.sql", "CREATE TABLE orders (id INTEGER PRIMARY KEY);")
			writeFile(t, "migrations/0002_more.down.sql", "ALTER TABLE users ADD COLUMN name VARCHAR(9);")
			for range 2 {
				code, out, said := call(t, []string{"rehearse", "--scratch", scratch.URL}, nil)
				if code != 6 || !strings.Contains(out, "does not bring back") && !strings.Contains(out, "leaves") {
					t.Fatalf("exit code %d\n%s%s", code, out, said)
				}
			}
			scratch.Exec(t, "CREATE TABLE mine (id INTEGER)")
			code, _, said := call(t, []string{"rehearse", "--scratch", scratch.URL}, nil)
			if code != 1 || !strings.Contains(said, "is not empty") {
				t.Errorf("exit code %d\n%s", code, said)
			}
			scratch.Exec(t, "DROP TABLE mine") // it is still there
		})
	}
}

// TestRehearsalOnAnotherServer makes its database on a server that is named
// without a database, and needs no other.
func TestRehearsalOnAnotherServer(t *testing.T) {
	for _, kind := range samples() {
		t.Run(kind.Name, func(t *testing.T) {
			u, err := url.Parse(testdb.New(t, kind).URL)
			if err != nil {
				t.Fatal(err)
			}
			u.Path = "/"
			migrationsIn(t)
			writeFile(t, up1, "CREATE TABLE users (id INTEGER); SELECT COUNT(*) FROM users;")
			code, out, said := call(t, []string{"rehearse", "--scratch", u.String()}, nil)
			if code != 0 {
				t.Errorf("exit code %d\n%s%s", code, out, said)
			}
		})
	}
}

// TestFailedRehearsalLeavesNothing lets a migration fail with the name of its
// database in the error.
func TestFailedRehearsalLeavesNothing(t *testing.T) {
	for _, kind := range samples() {
		t.Run(kind.Name, func(t *testing.T) {
			db := testdb.New(t, kind)
			migrationsIn(t)
			writeFile(t, "migrations/0002_fail.sql", map[string]string{
				testdb.Postgres: "SELECT ('in ' || current_database())::int;",
				testdb.MySQL:    "CREATE TABLE copy AS SELECT * FROM nothing;",
			}[kind.Dialect])
			code, _, said := call(t, []string{"rehearse"}, []string{"LOCKSTEP_DB=" + db.URL})
			name := regexp.MustCompile(`lockstep_scratch_\d{14}_[0-9a-f]{8}`).FindString(said)
			if code != 1 || name == "" || exists(t, db, name) {
				t.Errorf("exit code %d, database %q\n%s", code, name, said)
			}
		})
	}
}

// TestInterruptedRehearsalLeavesNothing interrupts while a migration runs.
func TestInterruptedRehearsalLeavesNothing(t *testing.T) {
	for _, kind := range samples() {
		if kind.Dialect != testdb.Postgres {
			continue
		}
		t.Run(kind.Name, func(t *testing.T) {
			db := testdb.New(t, kind)
			migrationsIn(t)
			writeFile(t, "migrations/0002_sleep.sql", "SELECT pg_sleep(600) AS "+db.Name+";")
			ctx, cancel := context.WithCancelCause(t.Context())
			var stderr bytes.Buffer
			code := make(chan int)
			go func() {
				code <- cli.Main(ctx, []string{"rehearse"}, cli.Stdio{In: strings.NewReader(""), Out: &stderr, Err: &stderr, Environ: []string{"LOCKSTEP_DB=" + db.URL}})
			}()
			name := sleeper(t, db)
			cancel(cli.ErrInterrupted)
			if got := <-code; got != 130 || exists(t, db, name) {
				t.Errorf("exit code %d, database %q\n%s", got, name, stderr.String())
			}
		})
	}
}

// sleeper waits for the session that sleeps, and returns its database.
func sleeper(t *testing.T, db *testdb.Database) (name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		err := db.Open(t).QueryRowContext(ctx, "SELECT datname FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%pg_sleep(600) AS "+db.Name+"%'").Scan(&name)
		if err == nil {
			return name
		}
		select {
		case <-ctx.Done():
			t.Fatal("the migration does not run")
		case <-tick.C:
		}
	}
}

// TestLeftoversAreDropped drops what a process that was killed left long ago,
// and nothing else.
func TestLeftoversAreDropped(t *testing.T) {
	for _, kind := range samples() {
		t.Run(kind.Name, func(t *testing.T) {
			db := testdb.New(t, kind)
			migrationsIn(t)
			b := make([]byte, 4)
			_, _ = rand.Read(b)
			digits := hex.EncodeToString(b)
			old, young := "lockstep_scratch_20200101000000_"+digits, "lockstep_scratch_"+time.Now().UTC().Format("20060102150405")+"_"+digits
			other := "lockstep_scratch_20200101000000_of_" + digits
			for _, name := range []string{old, young, other} {
				db.Exec(t, "CREATE DATABASE "+name)
			}
			afterwards(t, db, "DROP DATABASE "+young, "DROP DATABASE "+other)
			code, _, said := call(t, []string{"rehearse"}, []string{"LOCKSTEP_DB=" + db.URL})
			if code != 0 || exists(t, db, old) || !exists(t, db, young) || !exists(t, db, other) {
				t.Errorf("exit code %d\n%s", code, said)
			}
		})
	}
}

// TestRehearsalStaysInside refuses what would change more than its database.
func TestRehearsalStaysInside(t *testing.T) {
	for _, kind := range samples() {
		t.Run(kind.Name, func(t *testing.T) {
			db := testdb.New(t, kind)
			migrationsIn(t)
			writeFile(t, "migrations/0002_role.up.sql", "CREATE TABLE x (id int);\nCREATE ROLE app_"+db.Name+";")
			code, _, said := call(t, []string{"rehearse"}, []string{"LOCKSTEP_DB=" + db.URL})
			if code != 1 || !strings.Contains(said, "0002_role.up.sql:2:1: would change more than the scratch database") {
				t.Errorf("exit code %d\n%s", code, said)
			}
		})
	}
}

// TestRehearsalBehindAPooler tells why the database that was made is not there.
func TestRehearsalBehindAPooler(t *testing.T) {
	db := testdb.New(t, testdb.KindNamed(t, "postgres18"))
	migrationsIn(t)
	code, _, said := call(t, []string{"rehearse"}, []string{"LOCKSTEP_DB=" + testdb.PgBouncer(t, db)})
	if code != 1 || !strings.Contains(said, "a pooler knows only databases it was told of") {
		t.Errorf("exit code %d\n%s", code, said)
	}
}

// TestPasswordsOfScratchURLsAreNeverShown looks for them in what is said when
// the server cannot be reached or the URL cannot be read.
func TestPasswordsOfScratchURLsAreNeverShown(t *testing.T) {
	migrationsIn(t)
	for _, address := range []string{
		"postgres://ada:%s@127.0.0.1:1/shop", "postgres://ada:%s@no-such-host.invalid/", "mysql://ada:%s@127.0.0.1:1/", "postgress://ada:%s@h/shop", "mysql://ada:%s@h:x/shop",
	} {
		db := strings.Replace(address, "%s", secret, 1)
		code, out, said := call(t, []string{"rehearse", "--scratch", db}, []string{"LOCKSTEP_DB=sqlite:app.db"})
		if code == 0 || said == "" {
			t.Errorf("%s: exit code %d, says %q", address, code, said)
		}
		notShown(t, secret, db, out+said)
	}
}
