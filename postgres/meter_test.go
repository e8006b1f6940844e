package postgres

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

// TestMeasureSeesLocksAndRewrites compares with what the manual says of the
// statements: the mode of their locks, and whether they rewrite.
func TestMeasureSeesLocksAndRewrites(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		run(t, db.Open(t), `CREATE TABLE a (id int PRIMARY KEY, n int, d text); CREATE TABLE b (id int, a int); INSERT INTO a SELECT g, g FROM generate_series(1, 1000) g`)
		for text, want := range map[string]string{
			"ALTER TABLE a ADD COLUMN x int DEFAULT 1":                 "public.a AccessExclusiveLock",
			"ALTER TABLE a ALTER COLUMN n TYPE bigint":                 "public.a AccessExclusiveLock; rewrites public.a",
			"ALTER TABLE b ADD FOREIGN KEY (a) REFERENCES a":           "public.a ShareRowExclusiveLock, public.b ShareRowExclusiveLock",
			"CREATE INDEX ON a (n)":                                    "public.a ShareLock",
			"UPDATE a SET n = 2":                                       "public.a RowExclusiveLock",
			"SELECT * FROM a":                                          "public.a AccessShareLock",
			"LOCK TABLE a IN ROW SHARE MODE; LOCK a IN EXCLUSIVE MODE": "public.a ExclusiveLock",
			"DROP TABLE b":                                             "public.b AccessExclusiveLock",
		} {
			conn := session(t, "pgx", db.URL)
			run(t, conn, "BEGIN")
			before := measure(t, conn)
			run(t, conn, text)
			if got := change(before, measure(t, conn)); got != want {
				t.Errorf("%s: %s, want %s", text, got, want)
			}
			run(t, conn, "ROLLBACK")
		}
	})
}

func measure(t *testing.T, q lockstep.Querier) lockstep.Reading {
	t.Helper()
	r, err := (dialect{}).Measure(t.Context(), q, lockstep.Server{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// change tells the locks on tables, the rewrites of tables, and whether much
// was written to the log, which other tests write too.
func change(before, after lockstep.Reading) string {
	var locks, rewrites []string
	for id, b := range before.Relations {
		a := after.Relations[id]
		if isTable := b.Name == "public.a" || b.Name == "public.b"; !isTable {
			continue
		}
		if a.Lock != b.Lock {
			locks = append(locks, b.Name+" "+a.Lock)
		}
		if a.Storage != "" && a.Storage != b.Storage {
			rewrites = append(rewrites, "; rewrites "+b.Name)
		}
	}
	slices.Sort(locks)
	return strings.Join(locks, ", ") + strings.Join(rewrites, "")
}

func TestMeasureCountsTheLog(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		conn := session(t, "pgx", db.URL)
		run(t, conn, "CREATE TABLE a (n text)")
		before := measure(t, conn)
		run(t, conn, "INSERT INTO a SELECT repeat('x', 1000) FROM generate_series(1, 1000)")
		if n := measure(t, conn).Written - before.Written; n < 1_000_000 {
			t.Errorf("a million bytes took %d bytes of log", n)
		}
		names := slices.Collect(maps.Keys(before.Relations))
		if len(names) != 1 {
			t.Error(cmp.Diff([]string{"one relation"}, names))
		}
	})
}
