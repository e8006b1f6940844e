package lockstep_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

// smallHistory is n migrations of a table and an index each.
func smallHistory(n int) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := range n {
		fsys[fmt.Sprintf("%05d_create_t%d.up.sql", i+1, i)] = text(fmt.Sprintf("CREATE TABLE t%d (id INTEGER PRIMARY KEY, n VARCHAR(50));\nCREATE INDEX t%d_n ON t%d (n);\n", i, i, i))
		fsys[fmt.Sprintf("%05d_create_t%d.down.sql", i+1, i)] = text(fmt.Sprintf("DROP TABLE t%d;\n", i))
	}
	return fsys
}

// BenchmarkApply500 applies 500 small migrations to an empty database.
func BenchmarkApply500(b *testing.B) {
	set, err := lockstep.Load(smallHistory(500))
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{"postgres18", "mysql97", "mariadb1011", "sqlite"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				db := testdb.New(b, testdb.KindNamed(b, name))
				m, err := lockstep.New(db.Open(b), dialectNamed(db.Kind.Dialect), set, lockstep.Options{})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := m.Up(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
