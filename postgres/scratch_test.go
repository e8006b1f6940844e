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
		if got, err := (dialect{}).Scratches(t.Context(), model, name); err != nil || got != nil {
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
