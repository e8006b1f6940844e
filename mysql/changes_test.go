package mysql

import (
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/dialecttest"
	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/schema/diff"
)

// pairs are schemas between which servers refuse the steps that come to mind
// first.
func pairs() []dialecttest.Probe {
	return []dialecttest.Probe{
		{Name: "auto_increment moves to another column", Old: "CREATE TABLE t (a int AUTO_INCREMENT PRIMARY KEY, b int NOT NULL);", New: "CREATE TABLE t (a int NOT NULL, b int AUTO_INCREMENT, PRIMARY KEY (b));"},
		{Name: "a column that counts comes", Old: "CREATE TABLE t (b int);", New: "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, b int);"},
		{Name: "a column that counts gets an index instead", Old: "CREATE TABLE t (a int AUTO_INCREMENT PRIMARY KEY);", New: "CREATE TABLE t (a int AUTO_INCREMENT, KEY a (a));"},
		{Name: "primary key grows", Old: "CREATE TABLE t (a int NOT NULL, b int, PRIMARY KEY (a));", New: "CREATE TABLE t (a int NOT NULL, b int NOT NULL, c int NOT NULL, PRIMARY KEY (c, a));"},
		{Name: "all columns change", Old: "CREATE TABLE t (a int);", New: "CREATE TABLE t (b varchar(9));"},
		{Name: "the only column becomes a generated one", Old: "CREATE TABLE t (a int);", New: "CREATE TABLE t (a int AS (1 + 1) VIRTUAL);"},
		{Name: "columns move", Old: "CREATE TABLE t (a int, b int, c int, d int, e int);", New: "CREATE TABLE t (e int, x int, b int, a int, c bigint, y int);"},
		{Name: "first column comes", Old: "CREATE TABLE t (a int, b int);", New: "CREATE TABLE t (z int, a int, b int);"},
		{Name: "indexes in another order", Old: "CREATE TABLE t (a int, b int, c int, KEY x (a), KEY y (b), KEY z (c), UNIQUE u (a), UNIQUE w (b));", New: "CREATE TABLE t (a int, b int, c int, KEY z (c), KEY y (b) COMMENT 'c', KEY x (a), UNIQUE w (b), UNIQUE u (a));"},
		{Name: "an index in the middle changes", Old: "CREATE TABLE t (a int, b int, KEY x (a), KEY y (b), KEY z (a, b));", New: "CREATE TABLE t (a int, b int, KEY x (a), KEY y (b, a), KEY z (a, b));"},
		{Name: "index comes in front", Old: "CREATE TABLE t (a int, b int, KEY y (b));", New: "CREATE TABLE t (a int, b int, KEY x (a), KEY y (b));"},
		{Name: "type of referenced column", Old: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int, KEY p (p), CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id));", New: "CREATE TABLE p (id bigint PRIMARY KEY); CREATE TABLE c (p bigint, KEY p (p), CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id));"},
		{Name: "key that is referred to", Old: "CREATE TABLE p (id int PRIMARY KEY, u int, UNIQUE u (u)); CREATE TABLE c (p int, KEY p (p), CONSTRAINT f FOREIGN KEY (p) REFERENCES p (u));", New: "CREATE TABLE p (id int PRIMARY KEY, u int, v int, UNIQUE u (u, v), UNIQUE w (u)); CREATE TABLE c (p int, q int, KEY p (p, q), CONSTRAINT f FOREIGN KEY (p) REFERENCES p (u));"},
		{Name: "foreign keys in a circle", Old: "", New: "CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int, KEY a (a), CONSTRAINT to_a FOREIGN KEY (a) REFERENCES a (id)); ALTER TABLE a ADD KEY b (b), ADD CONSTRAINT to_b FOREIGN KEY (b) REFERENCES b (id);"},
		{Name: "character set of a table", Old: "CREATE TABLE t (a varchar(9), b text, c varchar(9) COLLATE utf8mb4_bin, d int, KEY a (a)) CHARSET utf8mb4 COLLATE utf8mb4_unicode_ci;", New: "CREATE TABLE t (a varchar(9), b text, c varchar(9) COLLATE utf8mb4_bin, d int, e text, KEY a (a)) CHARSET latin2;"},
		{Name: "character set with a foreign key", Old: "CREATE TABLE p (id varchar(9) PRIMARY KEY) CHARSET utf8mb4; CREATE TABLE c (p varchar(9), KEY p (p), CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id)) CHARSET utf8mb4;", New: "CREATE TABLE p (id varchar(9) PRIMARY KEY) CHARSET latin2; CREATE TABLE c (p varchar(9), KEY p (p), CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id)) CHARSET latin2;"},
		{Name: "partitions by another column", Old: "CREATE TABLE t (a int NOT NULL, b int NOT NULL, PRIMARY KEY (a)) PARTITION BY HASH (a) PARTITIONS 2;", New: "CREATE TABLE t (a int NOT NULL, b int NOT NULL, PRIMARY KEY (b)) PARTITION BY HASH (b) PARTITIONS 3;"},
		{Name: "partition goes", Old: "CREATE TABLE t (a int) PARTITION BY LIST (a) (PARTITION x VALUES IN (1), PARTITION y VALUES IN (2), PARTITION z VALUES IN (3));", New: "CREATE TABLE t (a int) PARTITION BY LIST (a) (PARTITION x VALUES IN (1), PARTITION z VALUES IN (3, 4));"},
		{Name: "subpartitions", Old: "", New: "CREATE TABLE t (a int, b int) PARTITION BY RANGE (a) SUBPARTITION BY HASH (b) SUBPARTITIONS 2 (PARTITION x VALUES LESS THAN (10), PARTITION y VALUES LESS THAN MAXVALUE);"},
		{Name: "generated column and what it needs", Old: "CREATE TABLE t (a int, b int);", New: "CREATE TABLE t (a int, c int, b int AS (c + 1) STORED, KEY b (b));"},
		{Name: "views on views change", Old: "CREATE TABLE t (a int, b int); CREATE VIEW z AS SELECT a, b FROM t; CREATE VIEW a AS SELECT a, b FROM z;", New: "CREATE TABLE t (a int, c int); CREATE VIEW z AS SELECT a, c FROM t; CREATE VIEW a AS SELECT c FROM z;"},
		{Name: "a key that is referred to counts", Old: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int, KEY p (p), CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id));", New: "CREATE TABLE p (id int AUTO_INCREMENT PRIMARY KEY); CREATE TABLE c (p int, KEY p (p), CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id));"},
		{Name: "names of a view's columns", Old: "CREATE TABLE t (a int, b int); CREATE VIEW v (x, `y z`) AS SELECT a, b FROM t;", New: "CREATE TABLE t (a int, b int); CREATE VIEW v (x, z) AS SELECT a, b FROM t;"},
		{Name: "columns whose names look like expressions", Old: "", New: "CREATE TABLE t (`(a)` int, `(b)c` int, PRIMARY KEY (`(b)c`), KEY i (`(a)`), KEY j (`(b)c`));"},
		{Name: "a view becomes a table", Old: "CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t;", New: "CREATE TABLE t (a int); CREATE TABLE v (a int);"},
		{Name: "function and procedure of one name", Old: "CREATE FUNCTION f () RETURNS int DETERMINISTIC RETURN 1;", New: "CREATE PROCEDURE f () SET @a = 1;"},
		{Name: "function and procedure together", Old: "", New: "CREATE FUNCTION f () RETURNS int DETERMINISTIC RETURN 1; CREATE PROCEDURE f () SET @a = 1;"},
		{Name: "a trigger comes between", Old: "CREATE TABLE t (a int); CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1; CREATE TRIGGER z BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 3;", New: "CREATE TABLE t (a int); CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1; CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 2; CREATE TRIGGER z BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 3;"},
		{Name: "engine with options", Old: "CREATE TABLE t (a int, KEY a (a)) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;", New: "CREATE TABLE t (a int, KEY a (a)) ENGINE=MyISAM MAX_ROWS=1000 CHECKSUM=1 PACK_KEYS=1 COMMENT='c';"},
		{Name: "no default", Old: "CREATE TABLE t (a int, b int NOT NULL DEFAULT 5);", New: "CREATE TABLE t (a int, b int NOT NULL DEFAULT 5); ALTER TABLE t ALTER b DROP DEFAULT, ALTER a DROP DEFAULT;"},
		{Name: "session of a routine", Old: "CREATE PROCEDURE p () SET @a = 'x';", New: "SET NAMES latin1; SET sql_mode = ''; CREATE PROCEDURE p () SET @a = 'x'; SET NAMES utf8mb4; SET sql_mode = DEFAULT;"},
		{Name: "time zone of an event", Old: "", New: "SET time_zone = '+02:00'; CREATE EVENT e ON SCHEDULE EVERY 1 HOUR STARTS '2035-01-01 00:00:00' DISABLE DO SELECT 1; SET time_zone = DEFAULT;"},
	}
}

func TestChanges(t *testing.T) {
	for _, k := range testdb.Kinds() {
		if k.Dialect != testdb.MySQL {
			continue
		}
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, k)
			for _, p := range pairs() {
				t.Run(p.Name, func(t *testing.T) {
					t.Parallel()
					d := b.empty(t)
					d.Exec(t, p.New)
					checkTurns(t, d, p)
				})
			}
		})
	}
}

// TestRenames keeps rows where things get other names.
func TestRenames(t *testing.T) {
	testdb.RunOn(t, testdb.MySQL, func(t *testing.T, d *testdb.Database) {
		d.Exec(t, "CREATE TABLE a (id int PRIMARY KEY, x int, KEY i (x)); CREATE VIEW v AS SELECT 1 AS one; CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1; INSERT INTO a VALUES (1, 2)")
		from := inspect(t, d)
		other := testdb.New(t, d.Kind)
		other.Exec(t, "CREATE TABLE b (id int PRIMARY KEY, y int, KEY j (y)); CREATE VIEW w AS SELECT 1 AS one; CREATE EVENT f ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1")
		to := inspect(t, other)
		a, b := schema.ID{Kind: schema.KindTable, Name: "a"}, schema.ID{Kind: schema.KindTable, Name: "b"}
		r, err := diff.Diff(from, to, dialect{}, diff.Options{StrictOrder: true, Renames: []diff.Rename{
			{From: a, To: b},
			{From: a.In(schema.KindColumn, "x"), To: b.In(schema.KindColumn, "y")},
			{From: a.In(schema.KindIndex, "i"), To: b.In(schema.KindIndex, "j")},
			{From: schema.ID{Kind: schema.KindView, Name: "v"}, To: schema.ID{Kind: schema.KindView, Name: "w"}},
			{From: schema.ID{Kind: schema.KindEvent, Name: "e"}, To: schema.ID{Kind: schema.KindEvent, Name: "f"}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range statementsOf(t, d, r.Changes) {
			if strings.HasPrefix(s, "DROP") || strings.HasPrefix(s, "CREATE") {
				t.Errorf("%s where a new name would do", s)
			}
			d.Exec(t, s)
		}
		if found := schema.Compare(inspect(t, d), to); len(found) > 0 {
			t.Error(dialecttest.Differences(found))
		}
		if got := value(t, d.Open(t), "SELECT y FROM b"); got != "2" {
			t.Errorf("the row has %s", got)
		}
	})
}

// TestFillsIn adds columns without a value to a table with a row.
func TestFillsIn(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		s.Exec(t, "CREATE TABLE t (id int); INSERT INTO t VALUES (1)")
		for _, kind := range []string{"int", "varchar(9)", "json", "enum('a')", "blob", "decimal(4,2)", "time", "year", "date", "datetime(3)", "timestamp", "point", "geometry"} {
			_, err := s.Open(t).ExecContext(t.Context(), "ALTER TABLE t ADD COLUMN added "+kind+" NOT NULL")
			fills := dialect{}.FillsIn(probe(t, s.Open(t)), schema.NewFact(schema.ID{Kind: schema.KindColumn, Table: "t", Name: "added"}, schema.AttrType, kind))
			if fills && err != nil {
				t.Errorf("%s: %v", kind, err)
			}
			if !fills && err == nil {
				t.Errorf("%s: the server takes it", kind)
			}
			if err == nil {
				s.Exec(t, "ALTER TABLE t DROP COLUMN added")
			}
		}
	})
}
