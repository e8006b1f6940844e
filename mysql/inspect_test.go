package mysql

import (
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

// scratch runs a script in a database of its own and reads what it made.
func scratch(t testing.TB, k testdb.Kind, script string) (*testdb.Database, *schema.Schema) {
	t.Helper()
	d := testdb.New(t, k)
	if script != "" {
		d.Exec(t, script)
	}
	return d, inspect(t, d)
}

// notSeen are the probes whose difference cannot be seen.
func notSeen(name string) bool {
	switch name {
	case "table.auto_increment", // the counter is data
		"index.key_block_size": // InnoDB forgets it
		return true
	}
	return false
}

// refused are the probes of one product that a server does not take.
func refused(k testdb.Kind, name string) bool {
	if k.Flavor == "mysql" {
		return name == "column.engine_attribute" // InnoDB does not take it since 8.4
	}
	return false
}

// probesFor returns the probes of a kind of server.
func probesFor(t testing.TB, k testdb.Kind) []dialecttest.Probe {
	t.Helper()
	probes := dialecttest.LoadProbes(t, "../testdata/probes/mysql.jsonl")
	return probes
}

func TestProbes(t *testing.T) {
	for _, k := range testdb.Kinds() {
		if k.Dialect != testdb.MySQL {
			continue
		}
		for _, p := range probesFor(t, k) {
			t.Run(k.Name+"/"+p.Name, func(t *testing.T) {
				t.Parallel()
				checkProbe(t, k, p)
			})
		}
	}
}

func checkProbe(t *testing.T, k testdb.Kind, p dialecttest.Probe) {
	t.Helper()
	if refused(k, p.Name) {
		if _, err := testdb.New(t, k).Open(t).ExecContext(t.Context(), p.New); err == nil {
			t.Error("the server takes this now: take it off the list")
		}
		return
	}
	if notSeen(p.Name) {
		p.Equal = true
	}
	dialecttest.CheckProbe(t, p, func(t testing.TB, script string) *schema.Schema {
		_, s := scratch(t, k, script)
		return s
	})
}
