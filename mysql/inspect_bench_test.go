package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/internal/testdb/servers"
	"github.com/lockstepdb/lockstep/schema"
)

// large makes tables of 12 columns, 4 indexes and a foreign key each, and a view
// and a routine for each twenty. The foreign keys make a tree: a chain of a
// thousand is slow to open for InnoDB itself.
func large(b *testing.B, d *testdb.Database, tables int) {
	b.Helper()
	for from := 0; from < tables; from += 100 {
		var script strings.Builder
		for i := from; i < from+100; i++ {
			fmt.Fprintf(&script, `CREATE TABLE t%d (id bigint NOT NULL AUTO_INCREMENT, parent bigint, email varchar(190) NOT NULL, name varchar(80) DEFAULT 'x',
				born date, created timestamp NULL DEFAULT CURRENT_TIMESTAMP, total decimal(10,2) DEFAULT 0, flag tinyint(1), note text, kind enum('a','b'),
				code char(8) NOT NULL, twice decimal(12,2) GENERATED ALWAYS AS (total * 2) STORED,
				PRIMARY KEY (id), UNIQUE KEY email (email), KEY parent (parent), KEY name (name, born), KEY code (code(4)),
				CONSTRAINT fk%d FOREIGN KEY (parent) REFERENCES t%d (id));`, i, i, i/10)
			if i%20 == 0 {
				fmt.Fprintf(&script, "CREATE VIEW v%d AS SELECT id, email FROM t%d; CREATE PROCEDURE p%d (a int) SELECT id FROM t%d WHERE id = a;", i, i, i, i)
			}
		}
		d.Exec(b, script.String())
	}
}

// BenchmarkInspect reads 1,000 tables, over a connection that takes one statement
// at a time and over one that takes many, and tells how many times as long the
// server's own dump takes.
func BenchmarkInspect(b *testing.B) {
	for _, k := range testdb.Kinds() {
		if k.Dialect != testdb.MySQL {
			continue
		}
		b.Run(k.Name, func(b *testing.B) {
			s := site{testdb.New(b, k), false}
			large(b, s.Database, 1000)
			for _, many := range []bool{false, true} {
				b.Run(map[bool]string{false: "each", true: "many"}[many], func(b *testing.B) {
					timeInspect(b, s.pool(b, func(c *driver.Config) { c.MultiStatements = many }), s.Database)
				})
			}
		})
	}
}

func timeInspect(b *testing.B, db *sql.DB, d *testdb.Database) {
	b.Helper()
	srv, err := Dialect().Probe(b.Context(), db)
	if err != nil {
		b.Fatal(err)
	}
	var facts int
	for b.Loop() {
		read, err := dialect{}.Inspect(b.Context(), db, srv, schema.Scope{})
		if err != nil {
			b.Fatal(err)
		}
		_ = read.Fingerprint()
		facts = len(read.Facts())
	}
	b.ReportMetric(float64(facts), "facts")
	if took := dump(b, d); took > 0 {
		b.ReportMetric(took.Seconds()/(b.Elapsed().Seconds()/float64(b.N)), "dump-ratio")
		b.ReportMetric(took.Seconds(), "dump-s")
	}
}

// dump takes the time of mysqldump or mariadb-dump without rows; 0 if the
// program is not there.
func dump(b *testing.B, d *testdb.Database) time.Duration {
	b.Helper()
	program := dumpProgram(b, d.Kind)
	if program == nil {
		return 0
	}
	u, err := url.Parse(d.URL)
	if err != nil {
		b.Fatal(err)
	}
	args := append(slices.Clone(program[1:]), "--no-defaults", "--protocol=tcp", "--user=root", "--host="+u.Hostname(), "--port="+u.Port(),
		"--no-data", "--routines", "--triggers", "--events", "--single-transaction", d.Name)
	start := time.Now()
	if out, err := exec.CommandContext(context.WithoutCancel(b.Context()), program[0], args...).CombinedOutput(); err != nil {
		b.Fatalf("dump: %v\n%s", err, out)
	}
	return time.Since(start)
}

// dumpProgram is the command of the dump program that stands beside the client
// of the test servers, or in the path; nil if there is none.
func dumpProgram(b *testing.B, k testdb.Kind) []string {
	b.Helper()
	if k.Flavor == "mariadb" {
		if path, err := exec.LookPath("mariadb-dump"); err == nil {
			return []string{path}
		}
		return nil
	}
	wrapper, err := os.ReadFile(servers.Cache{Dir: os.Getenv(servers.CacheVariable)}.Client(k, "mysql"))
	if err != nil {
		return nil
	}
	path := filepath.Join(b.TempDir(), "mysqldump")
	script := strings.Replace(string(wrapper), "/usr/bin/mysql'", "/usr/bin/mysqldump'", 1)
	if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
		b.Fatal(err)
	}
	return []string{"/bin/sh", path}
}
