package synth_test

import (
	"testing"

	"github.com/lockstepdb/lockstep/internal/testdb"
)

// types are a table or more with all kinds of columns, by dialect.
func types(k testdb.Kind) string {
	switch {
	case k.Dialect == testdb.Postgres:
		return postgresTypes
	case k.Dialect == testdb.SQLite:
		return sqliteTypes
	case k.Name[:5] == "maria":
		return mysqlTypes + mariaTypes
	}
	return mysqlTypes + mysqlOnly
}

const postgresTypes = `
CREATE SCHEMA "Odd Names";
CREATE TYPE "Odd Names"."Mood" AS ENUM ('sad', 'it''s', 'a, b');
CREATE DOMAIN positive AS integer NOT NULL CHECK (VALUE > 0 AND VALUE < 5000);
CREATE DOMAIN email AS varchar(50) CHECK (VALUE ~ '^[^@]+@[a-z.]+$');
CREATE TABLE "Odd Names"."All ""Types""" (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, s serial UNIQUE, mood "Odd Names"."Mood" NOT NULL, p positive, e email UNIQUE, ch char(2) NOT NULL,
  vc varchar(3) NOT NULL, t text NOT NULL, "Select" name, si smallint NOT NULL, n numeric NOT NULL, n2 numeric(3,3) NOT NULL, n3 numeric(20,10), r real NOT NULL, dp double precision NOT NULL,
  m money NOT NULL, b boolean NOT NULL, by bytea NOT NULL, d date NOT NULL UNIQUE, ts timestamp(3) NOT NULL, tz timestamptz NOT NULL, ti time NOT NULL, ttz timetz NOT NULL, iv interval NOT NULL,
  u uuid NOT NULL UNIQUE, j json NOT NULL, jb jsonb NOT NULL, i inet NOT NULL, c cidr NOT NULL, ma macaddr NOT NULL, ma8 macaddr8, bi bit(5) NOT NULL, vb varbit(7) NOT NULL, po point NOT NULL,
  ra int4range NOT NULL, dr daterange NOT NULL, tr tstzrange NOT NULL, x xml NOT NULL, ts1 tsvector NOT NULL, ta text[] NOT NULL, ia integer[] NOT NULL, ma1 "Odd Names"."Mood"[],
  g integer GENERATED ALWAYS AS (si + 1) STORED NOT NULL, box box, CHECK (g > 2), EXCLUDE USING gist (ra WITH &&));
CREATE UNIQUE INDEX ON "Odd Names"."All ""Types""" (lower(t)) WHERE si > 0;
CREATE TABLE events (id bigint NOT NULL, at date NOT NULL, kind text NOT NULL, PRIMARY KEY (id, at, kind)) PARTITION BY RANGE (at);
CREATE TABLE events1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE events2 PARTITION OF events FOR VALUES FROM ('2024-02-01') TO ('2024-03-01') PARTITION BY LIST (kind);
CREATE TABLE events2a PARTITION OF events2 FOR VALUES IN ('a', 'b');
CREATE TABLE events2b PARTITION OF events2 DEFAULT;
CREATE TABLE hashed (id bigint PRIMARY KEY, event bigint, at date, kind text, FOREIGN KEY (event, at, kind) REFERENCES events (id, at, kind)) PARTITION BY HASH (id);
CREATE TABLE hashed1 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE hashed2 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);`

const mysqlTypes = `
CREATE TABLE ` + "`all``types`" + ` (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, mood ENUM('sad','it''s','a,b') NOT NULL, se SET('x','y') NOT NULL, ch CHAR(2) NOT NULL, vc VARCHAR(3) NOT NULL,
  t TEXT NOT NULL, tt TINYTEXT NOT NULL, si SMALLINT NOT NULL, mi MEDIUMINT UNSIGNED NOT NULL, ti TINYINT NOT NULL, b BOOLEAN NOT NULL, n DECIMAL NOT NULL, n2 DECIMAL(3,3) NOT NULL,
  n3 DECIMAL(20,10), f FLOAT NOT NULL, dp DOUBLE NOT NULL, d DATE NOT NULL UNIQUE, dt DATETIME(3) NOT NULL, ts TIMESTAMP NOT NULL, tim TIME NOT NULL, y YEAR NOT NULL,
  bi BIT(5) NOT NULL, by1 BINARY(4) NOT NULL, vb VARBINARY(9) NOT NULL, bl BLOB NOT NULL, j JSON NOT NULL, p POINT NOT NULL, ge GEOMETRY NOT NULL,
  g INT GENERATED ALWAYS AS (si + 1) STORED, g2 INT GENERATED ALWAYS AS (si + 2) VIRTUAL, UNIQUE (vc, ti), CHECK (g > 2), CHECK (si <> 5));
CREATE TABLE ranged (id INT NOT NULL, at DATE NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (YEAR(at)) (PARTITION p0 VALUES LESS THAN (2020), PARTITION p1 VALUES LESS THAN (2022));
CREATE TABLE listed (id INT NOT NULL, region INT NOT NULL, PRIMARY KEY (id, region)) PARTITION BY LIST (region) (PARTITION p0 VALUES IN (1, 2), PARTITION p1 VALUES IN (3));
CREATE TABLE columned (id INT NOT NULL, at DATE NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE COLUMNS (at) (PARTITION p0 VALUES LESS THAN ('2020-01-01'), PARTITION p1 VALUES LESS THAN ('2022-01-01'));
CREATE TABLE hashed (id INT NOT NULL PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 4;`

const mysqlOnly = "CREATE UNIQUE INDEX tt ON `all``types` ((LOWER(tt)));"

const mariaTypes = `
CREATE TABLE maria (id INT PRIMARY KEY, u UUID NOT NULL UNIQUE, i INET6 NOT NULL, n INT NOT NULL CHECK (n > 5)) WITH SYSTEM VERSIONING;`

const sqliteTypes = `
CREATE TABLE "all ""types""" (id INTEGER PRIMARY KEY AUTOINCREMENT, t TEXT NOT NULL, r REAL NOT NULL, b BLOB NOT NULL, n NUMERIC NOT NULL, x NOT NULL, d DATE NOT NULL UNIQUE,
  dt DATETIME NOT NULL CHECK (dt > '2020-01-01'), vc VARCHAR(3) NOT NULL, bo BOOLEAN NOT NULL, u UUID UNIQUE, j JSON NOT NULL CHECK (json_valid(j)), g INT GENERATED ALWAYS AS (id + 1), CHECK (g > 2));
CREATE UNIQUE INDEX lower_t ON "all ""types""" (lower(t)) WHERE r > 0;
CREATE TABLE strict (id INT PRIMARY KEY, t TEXT NOT NULL, r REAL NOT NULL, b BLOB NOT NULL, a ANY NOT NULL) STRICT;
CREATE TABLE flat (a TEXT NOT NULL, b INT NOT NULL, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE VIRTUAL TABLE search USING fts5(t);`

func TestTypes(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		s := open(t, db, types(db.Kind))
		for name, one := range s.fill(t, 1500) {
			if one.Rows != one.Wanted || one.Reason != "" {
				t.Errorf("%s: got %d rows, want %d: %s", name, one.Rows, one.Wanted, one.Reason)
			}
		}
		if again := s.fill(t, 3000); len(again) == 0 {
			t.Error("nothing was filled again")
		} else {
			for name, one := range again {
				if one.Rows != one.Wanted || one.Reason != "" {
					t.Errorf("again %s: got %d rows, want %d: %s", name, one.Rows, one.Wanted, one.Reason)
				}
			}
		}
	})
}
