package testdb_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/lockstepdb/lockstep/internal/testdb"
)

// sample is a schema with rows that each dialect understands.
const sample = `
CREATE TABLE parent (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(20));
CREATE TABLE child (id INTEGER NOT NULL PRIMARY KEY, parent_id INTEGER REFERENCES parent (id));
CREATE INDEX child_parent ON child (parent_id);
CREATE VIEW names AS SELECT name FROM parent;
INSERT INTO parent VALUES (2, 'two'), (1, NULL);
`

func TestNewIsEmptyAndWritable(t *testing.T) {
	t.Parallel()
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		empty := db.Describe(t)
		if strings.Contains(empty, "CREATE TABLE") {
			t.Errorf("a new database is not empty:\n%s", empty)
		}
		db.Exec(t, "CREATE TABLE t (id INTEGER)")
		if full := db.Describe(t); full == empty {
			t.Errorf("Describe does not show the new table:\n%s", full)
		}
	})
}

func TestDescribeComparesDatabases(t *testing.T) {
	t.Parallel()
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		other := testdb.New(t, db.Kind)
		for _, d := range []*testdb.Database{db, other} {
			if out, err := d.Shell(t, sample); err != nil {
				t.Fatalf("script in the native client: %v\n%s", err, out)
			}
		}
		got, want := db.Describe(t), other.Describe(t)
		if got != want {
			t.Fatalf("the same script made two descriptions:\n%s\nand\n%s", got, want)
		}
		for _, part := range []string{"child_parent", "names", "parent: 2", `\N`} {
			if part == `\N` && db.Kind.Dialect == testdb.Postgres {
				part = "(1,)"
			}
			if !strings.Contains(strings.ReplaceAll(got, "(2,", "2"), part) {
				t.Errorf("Describe does not show %q:\n%s", part, got)
			}
		}
		other.Exec(t, "UPDATE parent SET name = 'three' WHERE id = 2")
		if other.Describe(t) == got {
			t.Error("Describe does not show a changed row")
		}
		if other.Describe(t, "parent") != db.Describe(t, "parent") {
			t.Error("Describe shows the rows of a table that was to be left out")
		}
	})
}

func TestShellReportsFailure(t *testing.T) {
	t.Parallel()
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		out, err := db.Shell(t, "CREATE TABLE a (id INTEGER);\nSELECT * FROM missing;\nCREATE TABLE b (id INTEGER);\n")
		if err == nil || !strings.Contains(out, "missing") {
			t.Errorf("Shell = %q, %v; want an error about the missing table", out, err)
		}
		if s := db.Schema(t); !strings.Contains(s, "TABLE") || strings.Contains(s, " b ") {
			t.Errorf("the client did not stop at the first error:\n%s", s)
		}
	})
}

func TestManyDatabasesAtOnce(t *testing.T) {
	t.Parallel()
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		var all sync.WaitGroup
		seen := make([]string, 8)
		for i := range seen {
			all.Go(func() {
				d := testdb.New(t, db.Kind)
				d.Exec(t, "CREATE TABLE same_name (id INTEGER)")
				seen[i] = d.URL
			})
		}
		all.Wait()
		unique := map[string]bool{}
		for _, u := range seen {
			unique[u] = true
		}
		if len(unique) != len(seen) {
			t.Errorf("addresses are not unique: %q", seen)
		}
	})
}

// A test that fails or forgets may leave a transaction open; dropping its
// database must not hang.
func TestLeftoverSessionsAreEnded(t *testing.T) {
	t.Parallel()
	for _, k := range testdb.Kinds() {
		if !k.IsServer() {
			continue
		}
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			pool := testdb.New(t, k)
			t.Run("leave a session", func(t *testing.T) {
				db := testdb.New(t, k)
				db.Exec(t, "CREATE TABLE held (id INTEGER)")
				// A session of another database that holds a lock in this one; only
				// MySQL has such a thing. On PostgreSQL it is a session like any other.
				from := db
				table := "held"
				if k.Dialect == testdb.MySQL {
					from, table = pool, db.Name+".held"
				}
				tx, err := from.Open(t).BeginTx(context.WithoutCancel(t.Context()), nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := tx.Exec("INSERT INTO " + table + " VALUES (1)"); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// The packages come from suites that move on.
func TestServersAreWhatTheirNamesSay(t *testing.T) {
	t.Parallel()
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		if !db.Kind.IsServer() {
			return
		}
		query := "SELECT version()"
		if db.Kind.Dialect == testdb.Postgres {
			query = "SHOW server_version"
		}
		var got string
		if err := db.Open(t).QueryRowContext(t.Context(), query).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(got, db.Kind.Version+".") {
			t.Errorf("%s runs version %s", db.Kind.Name, got)
		}
		if isMariaDB := strings.Contains(got, "MariaDB"); isMariaDB != (db.Kind.Flavor == "mariadb") {
			t.Errorf("%s of flavor %s says %s", db.Kind.Name, db.Kind.Flavor, got)
		}
	})
}

// What the tests of locks read on MySQL and MariaDB.
func TestMetadataLocksAreVisible(t *testing.T) {
	t.Parallel()
	testdb.RunOn(t, testdb.MySQL, func(t *testing.T, db *testdb.Database) {
		db.Exec(t, "CREATE TABLE held (id INTEGER)")
		tx, err := db.Open(t).BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		if _, err := tx.Exec("INSERT INTO held VALUES (1)"); err != nil {
			t.Fatal(err)
		}
		var locks int
		row := db.Open(t).QueryRowContext(t.Context(),
			"SELECT count(*) FROM performance_schema.metadata_locks WHERE object_schema = ? AND object_name = 'held'", db.Name)
		if err := row.Scan(&locks); err != nil || locks == 0 {
			t.Errorf("metadata_locks shows %d locks (%v), want the open transaction's", locks, err)
		}
	})
}
