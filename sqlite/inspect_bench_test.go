package sqlite_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
)

// BenchmarkInspect reads generated schemas: tables of 12 columns with 4 indexes,
// a foreign key, a unique key and a check each, a view and a trigger.
func BenchmarkInspect(b *testing.B) {
	for _, tables := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(tables), func(b *testing.B) {
			db := generated(b, tables)
			b.ReportAllocs()
			for b.Loop() {
				s := inspect(b, db)
				if got := len(s.Facts()); got < 20*tables || s.Fingerprint() == "" || len(s.Unknown()) > 0 {
					b.Fatalf("%d facts, unknown %v", got, s.Unknown())
				}
			}
		})
	}
}

// generated makes one table by its statements, and the others by copying their
// rows of the schema's table: SQLite reads all of that for each CREATE, and would
// need a quarter of an hour for 10,000 tables. They share their empty pages.
func generated(b *testing.B, tables int) *sql.DB {
	b.Helper()
	path := filepath.Join(b.TempDir(), "generated.db")
	db, err := sql.Open(modernc, path)
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	mustExec(b, db, `CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE t_0_ (id INTEGER PRIMARY KEY, parent_id INT REFERENCES parent (id) ON DELETE CASCADE, name TEXT NOT NULL COLLATE NOCASE,
  email VARCHAR(100) NOT NULL DEFAULT '', amount DECIMAL(10,2) DEFAULT 0, state TEXT NOT NULL CHECK (state IN ('new','done')), created TEXT DEFAULT CURRENT_TIMESTAMP,
  a INT, b INT, c REAL, total REAL AS (amount * 1.19) STORED, note TEXT, UNIQUE (email, name));
CREATE INDEX a_0_ ON t_0_ (a, b DESC); CREATE INDEX p_0_ ON t_0_ (parent_id); CREATE INDEX n_0_ ON t_0_ (lower(name)) WHERE state = 'new'; CREATE INDEX c_0_ ON t_0_ (created);
CREATE VIEW v_0_ AS SELECT t.id, t.name, p.name AS parent FROM t_0_ t LEFT JOIN parent p ON p.id = t.parent_id WHERE t.state = 'new';
CREATE TRIGGER g_0_ AFTER UPDATE OF name ON t_0_ WHEN NEW.name <> OLD.name BEGIN UPDATE parent SET name = 'of ' || NEW.name WHERE id = NEW.parent_id; END;
PRAGMA writable_schema = ON;`, fmt.Sprintf(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql)
SELECT type, replace(name, '_0_', i), replace(tbl_name, '_0_', i), rootpage, replace(sql, '_0_', i)
FROM n, (SELECT * FROM sqlite_master WHERE name LIKE '%%\_0\_%%' ESCAPE '\')`, tables-1))
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	db, err = sql.Open(modernc, path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	return db
}
