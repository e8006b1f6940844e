package mysql

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/dialecttest"
	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/schema"
)

// inspect reads the database behind q.
func inspect(t testing.TB, d *testdb.Database) *schema.Schema {
	t.Helper()
	db := d.Open(t)
	srv, err := Dialect().Probe(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	s, err := (dialect{}).Inspect(t.Context(), db, srv, schema.Scope{})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range s.Unknown() {
		t.Errorf("unknown: %s", u)
	}
	return s
}

// bench is some databases of one kind that tests use one after the other:
// making one anew on an open connection costs far less than testdb.New.
type bench struct {
	kind testdb.Kind
	free chan *testdb.Database
}

func newBench(t testing.TB, k testdb.Kind) bench {
	t.Helper()
	const size = 4
	b := bench{k, make(chan *testdb.Database, size)}
	for range size {
		b.free <- testdb.New(t, k)
	}
	return b
}

// empty takes a database, empties it and gives it back when the test ends.
func (b bench) empty(t testing.TB) *testdb.Database {
	t.Helper()
	d := <-b.free
	t.Cleanup(func() { b.free <- d })
	renew(t, d)
	return d
}

// renew makes the database anew. Its pool has one connection, which stays in it.
func renew(t testing.TB, d *testdb.Database) {
	t.Helper()
	d.Open(t).SetMaxOpenConns(1)
	d.Exec(t, fmt.Sprintf("SET sql_mode = DEFAULT; DROP DATABASE %[1]s; CREATE DATABASE %[1]s; USE %[1]s", d.Name))
}

// notSeen are the probes whose difference cannot be seen.
func notSeen(k testdb.Kind, name string) bool {
	switch name {
	case "table.auto_increment": // the counter is data
		return true
	case "index.key_block_size": // InnoDB forgets it
		return k.Flavor == "mysql"
	}
	return false
}

// refused are the probes of one product that a server does not take. The tests
// see to it that it refuses them.
func refused(k testdb.Kind, name string) bool {
	switch name {
	case "column.engine_attribute": // InnoDB has no use for it
		return true
	case "index.multivalued", "index.functional", "index.fulltext_parser", "table.compression", "check.not_enforced":
		return k.Flavor == "mariadb"
	}
	return false
}

// oneWay are the probes whose change a server refuses to make in place, because
// it would lose rows.
func oneWay(k testdb.Kind, name string) bool {
	return majorOf(k) == 10 && name == "mariadb.table.versioning_columns" // the history would go
}

// probesFor returns the probes of a kind of server.
func probesFor(t testing.TB, k testdb.Kind) []dialecttest.Probe {
	t.Helper()
	probes := dialecttest.LoadProbes(t, "../testdata/probes/mysql.jsonl")
	if k.Flavor == "mysql" {
		return probes
	}
	for i, p := range probes {
		probes[i].Old, probes[i].New = inMariaDB(k, p.Old), inMariaDB(k, p.New)
	}
	probes = append(probes, dialecttest.LoadProbes(t, "../testdata/probes/mariadb.jsonl")...)
	return slices.DeleteFunc(probes, func(p dialecttest.Probe) bool { return p.MinVersion > majorOf(k) })
}

func majorOf(k testdb.Kind) int {
	if strings.HasPrefix(k.Name, "mariadb10") {
		return 10
	}
	return 11
}

// inMariaDB writes a script for MariaDB, where it has other words for the same
// and 10.11 another character set by default.
func inMariaDB(k testdb.Kind, script string) string {
	charset, collation := "utf8mb4", "utf8mb4_uca1400_ai_ci"
	if majorOf(k) == 10 {
		charset, collation = "latin1", "latin1_swedish_ci"
	}
	return strings.NewReplacer(
		"NOT NULL SRID 0)", "NOT NULL)",
		"NOT NULL SRID 4326", "REF_SYSTEM_ID=4326 NOT NULL",
		"utf8mb4_0900_ai_ci", collation,
		"CHARACTER SET utf8mb4", "CHARACTER SET "+charset,
		"CHARSET=utf8mb4", "CHARSET="+charset,
		"latin1", "latin2",
		"ALTER COLUMN b SET INVISIBLE", "MODIFY b int INVISIBLE",
		"ALTER INDEX i INVISIBLE", "ALTER INDEX i IGNORED",
		"DROP CHECK", "DROP CONSTRAINT",
	).Replace(script)
}

func TestProbes(t *testing.T) {
	for _, k := range testdb.Kinds() {
		if k.Dialect != testdb.MySQL {
			continue
		}
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, k)
			for _, p := range probesFor(t, k) {
				t.Run(p.Name, func(t *testing.T) {
					t.Parallel()
					checkProbe(t, b, p)
				})
			}
		})
	}
}

func checkProbe(t *testing.T, b bench, p dialecttest.Probe) {
	t.Helper()
	d := b.empty(t)
	if refused(b.kind, p.Name) {
		if _, err := d.Open(t).ExecContext(t.Context(), p.New); err == nil {
			t.Error("the server takes this now: take it off the list")
		}
		return
	}
	if notSeen(b.kind, p.Name) {
		p.Equal = true
	}
	dialecttest.CheckProbe(t, p, func(t testing.TB, script string) *schema.Schema {
		renew(t, d)
		if script != "" {
			d.Exec(t, script)
		}
		return inspect(t, d)
	})
	if !p.Equal && !oneWay(b.kind, p.Name) {
		checkTurns(t, d, p)
	}
}
