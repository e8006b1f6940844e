package postgres

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

const scratchName = "lockstep_scratch_20260101000000_"

func TestScratchIsLikeItsModel(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		name := scratchName + db.Name
		run(t, db.Open(t), "CREATE DATABASE like_"+db.Name+" TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
		t.Cleanup(func() {
			if _, err := db.Open(t).ExecContext(context.Background(), "DROP DATABASE like_"+db.Name+" WITH (FORCE)"); err != nil {
				t.Error(err)
			}
		})
		run(t, db.Open(t), "ALTER DATABASE like_"+db.Name+` SET search_path = "$user", public, "a b"`)
		model := session(t, "pgx", strings.Replace(db.URL, db.Name, "like_"+db.Name, 1))
		srv := probe(t, model)
		if err := (dialect{}).CreateScratch(t.Context(), model, srv, name); err != nil {
			t.Fatal(err)
		}
		if got, err := (dialect{}).Scratches(t.Context(), model, scratchName); err != nil || !slices.Contains(got, name) {
			t.Errorf("the scratch databases are %q, %v", got, err)
		}
		made := session(t, "pgx", strings.Replace(db.URL, db.Name, name, 1))
		for query, want := range map[string]string{
			"SHOW server_encoding": "LATIN1",
			"SHOW search_path":     `"$user", public, "a b"`,
			"SELECT datcollate || datctype FROM pg_database WHERE datname = current_database()": "CC",
		} {
			if got := value(t, made, query); got != want {
				t.Errorf("%s: %q, want %q", query, got, want)
			}
		}
		for range 2 { // the second time there is none, and it was in use the first time
			if err := (dialect{}).DropScratch(t.Context(), model, srv, name); err != nil {
				t.Error(err)
			}
		}
		if got, err := (dialect{}).Scratches(t.Context(), model, name); err != nil || len(got) != 0 {
			t.Errorf("after the end there are %q, %v", got, err)
		}
	})
}

func TestScratchNamesTheGrant(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		role := otherRole(t, db)
		conn := session(t, "pgx", db.URL)
		run(t, conn, "SET ROLE "+role)
		err := (dialect{}).CreateScratch(t.Context(), conn, probe(t, conn), scratchName+db.Name)
		if want := `ALTER ROLE "` + role + `" CREATEDB`; !strings.Contains(lockstep.HintOf(err), want) {
			t.Errorf("%v, hint %q, want %s", err, lockstep.HintOf(err), want)
		}
	})
}

func TestEscapes(t *testing.T) {
	for text, want := range map[string]bool{
		"CREATE ROLE app":                        true,
		"alter user app password 'x'":            true,
		"DROP DATABASE shop":                     true,
		"COMMENT ON DATABASE shop IS 'x'":        true,
		"COMMENT ON TABLE role IS 'x'":           false,
		"ALTER SYSTEM SET work_mem = '1GB'":      true,
		"GRANT admins TO app":                    true,
		"GRANT SELECT ON users TO app":           false,
		"CREATE TABLE role (id int)":             false,
		"CREATE USER MAPPING FOR app SERVER far": false,
	} {
		if got := (dialect{}).Escapes(lockstep.Server{}, statement(t, text)); (got != "") != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}

func TestClearingEmptiesTheDatabase(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		conn := session(t, "pgx", db.URL)
		clearing := func() []string {
			statements, err := (dialect{}).Clearing(t.Context(), conn, probe(t, conn))
			if err != nil {
				t.Fatal(err)
			}
			return statements
		}
		if got := clearing(); got != nil {
			t.Fatalf("an empty database holds %q", got)
		}
		run(t, conn, `CREATE SCHEMA "other one"; CREATE TABLE "other one".t (id serial);
			CREATE TYPE mood AS ENUM ('a'); CREATE DOMAIN few AS int; CREATE TYPE pair AS (a int, b mood); CREATE TYPE span AS RANGE (subtype = int);
			CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, m mood, f few) PARTITION BY RANGE (id);
			CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (9);
			CREATE VIEW v AS SELECT * FROM t; CREATE MATERIALIZED VIEW mv AS SELECT * FROM v; CREATE SEQUENCE s;
			CREATE FUNCTION f(pair) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1';
			CREATE AGGREGATE agg (int) (SFUNC = int4pl, STYPE = int);
			CREATE COLLATION c (locale = 'C'); CREATE PUBLICATION pub; CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w`)
		run(t, conn, strings.Join(clearing(), ";"))
		if got := clearing(); got != nil {
			t.Errorf("there is still %q", got)
		}
	})
}
