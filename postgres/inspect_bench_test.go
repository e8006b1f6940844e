package postgres

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/schema"
)

// manyTables makes n tables of 12 columns with 4 indexes and a foreign key
// each, a view for every fifth and a function for every tenth.
const manyTables = `DO $do$
DECLARE i int;
BEGIN
  FOR i IN 1..%d LOOP
    EXECUTE format('CREATE TABLE t%%s (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, parent int, a text NOT NULL, b varchar(40) DEFAULT ''x'',
      c numeric(10,2), d timestamptz DEFAULT now(), e bool, f jsonb, g int CHECK (g > 0), h date, j uuid, k bigint)', i);
    EXECUTE format('CREATE INDEX ON t%%s (a); CREATE INDEX ON t%%s (lower(b)) WHERE c > 0; CREATE UNIQUE INDEX ON t%%s (k, j DESC)', i, i, i);
    EXECUTE format('ALTER TABLE t%%s ADD FOREIGN KEY (parent) REFERENCES t%%s (id)', i, greatest(i - 1, 1));
    IF i %% 5 = 0 THEN EXECUTE format('CREATE VIEW v%%s AS SELECT t.id, t.a, p.b FROM t%%s t JOIN t%%s p ON p.id = t.parent WHERE t.e', i, i, i - 1); END IF;
    IF i %% 10 = 0 THEN EXECUTE format('CREATE FUNCTION f%%s(x int) RETURNS int LANGUAGE sql AS $$ SELECT x + %%s $$', i, i); END IF;
    IF i %% 50 = 0 THEN COMMIT; END IF;
  END LOOP;
END $do$`

// BenchmarkInspect reads and fingerprints a schema of 1,000 tables, and compares
// with pg_dump -s of the same.
func BenchmarkInspect(b *testing.B) {
	for _, kind := range testdb.Kinds() {
		if kind.Dialect != testdb.Postgres {
			continue
		}
		b.Run(kind.Name, func(b *testing.B) {
			db := testdb.New(b, kind)
			db.Exec(b, fmt.Sprintf(manyTables, 1000))
			db.Exec(b, "VACUUM ANALYZE")
			srv, err := Dialect().Probe(b.Context(), db.Open(b))
			if err != nil {
				b.Fatal(err)
			}
			var facts int
			for b.Loop() {
				s, err := dialect{}.Inspect(context.Background(), db.Open(b), srv, schema.Scope{})
				if err != nil {
					b.Fatal(err)
				}
				facts = len(s.Facts())
				_ = s.Fingerprint()
			}
			perOp := b.Elapsed() / time.Duration(b.N)
			b.ReportMetric(float64(facts), "facts")
			b.ReportMetric(float64(dumpTime(b, db))/float64(perOp), "pg_dumps")
		})
	}
}

// dumpTime is the shortest of some runs of pg_dump -s.
func dumpTime(b *testing.B, db *testdb.Database) time.Duration {
	shortest := time.Hour
	for range 3 {
		start := time.Now()
		db.Schema(b)
		shortest = min(shortest, time.Since(start))
	}
	return shortest
}
