package postgres

import (
	"context"
	"database/sql"
	"slices"
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/schema"
)

const someSchema = `CREATE TABLE t (a int PRIMARY KEY, b varchar(9) CHECK (b IN ('x', 'y')), c text DEFAULT 'z');
CREATE INDEX ON t (lower(c)); CREATE VIEW v AS SELECT a FROM t; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'`

// TestInspectInAnySession reads the same by a pool, by a session in and outside
// of a transaction, and through a pooler, and leaves the session as it was.
func TestInspectInAnySession(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		if driver == "pgx" {
			db.Exec(t, someSchema)
		}
		want := inspect(t, db.Open(t), schema.Scope{}).Fingerprint()
		check := func(t *testing.T, q lockstep.Querier) {
			t.Helper()
			for range 2 {
				if got := inspect(t, q, schema.Scope{}).Fingerprint(); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			}
		}
		t.Run("pool", func(t *testing.T) { check(t, pool(t, driver, db.URL)) })
		t.Run("pooler", func(t *testing.T) { check(t, pool(t, driver, testdb.PgBouncer(t, db))) })
		t.Run("session", func(t *testing.T) {
			conn := session(t, driver, db.URL)
			run(t, conn, "SET search_path = public, pg_temp")
			check(t, conn)
			if got := value(t, conn, "SHOW search_path"); got != "public, pg_temp" {
				t.Errorf("search_path is %s afterwards", got)
			}
		})
		t.Run("session in a transaction", func(t *testing.T) {
			conn := session(t, driver, db.URL)
			run(t, conn, "BEGIN; SET LOCAL search_path = public; CREATE TABLE inside (a int)")
			s := inspect(t, conn, schema.Scope{})
			if _, ok := s.Fact(schema.ID{Kind: schema.KindTable, Schema: "public", Name: "inside"}); !ok {
				t.Error("what the transaction made is not seen")
			}
			if got := value(t, conn, "SHOW search_path"); got != "public" {
				t.Errorf("search_path is %s afterwards", got)
			}
			run(t, conn, "DROP TABLE inside")
			check(t, conn)
			run(t, conn, "COMMIT")
		})
		t.Run("transaction", func(t *testing.T) {
			tx, err := pool(t, driver, db.URL).BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
			if err != nil {
				t.Fatal(err)
			}
			check(t, tx)
			if err := tx.Commit(); err != nil {
				t.Error(err)
			}
		})
	})
}

// TestInspectFails: a transaction that is not ours survives, a pool's connection
// does not come back in one of ours.
func TestInspectFails(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		srv := probe(t, db.Open(t))
		bad := srv
		bad.Number = 990000 // asks for columns that no server has: here, those of 18
		if srv.Number >= 180000 {
			bad.Number = 150000
		}
		conn := session(t, driver, db.URL)
		run(t, conn, "BEGIN; SET LOCAL search_path = public")
		if _, err := (dialect{}).Inspect(t.Context(), conn, bad, schema.Scope{}); err == nil {
			t.Fatal("no error")
		}
		if got := value(t, conn, "SHOW search_path"); got != "public" {
			t.Errorf("search_path is %s afterwards", got)
		}
		run(t, conn, "COMMIT")

		one := pool(t, driver, db.URL)
		one.SetMaxOpenConns(1)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, ctx := range []context.Context{t.Context(), ctx} {
			if _, err := (dialect{}).Inspect(ctx, one, bad, schema.Scope{}); err == nil {
				t.Fatal("no error")
			}
		}
		if got := value(t, one, "SHOW transaction_isolation"); got != "read committed" {
			t.Errorf("the pool's connection is in a transaction: %s", got)
		}
	})
}

// TestInspectWithoutRights reads all that everybody may read, and says what
// was hidden.
func TestInspectWithoutRights(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		db.Exec(t, someSchema)
		db.Exec(t, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
		db.Exec(t, `CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (user 'u', password 'secret')`)
		db.Exec(t, "CREATE SUBSCRIPTION sb CONNECTION 'dbname=x password=secret' PUBLICATION p WITH (connect=false, slot_name=NONE, enabled=false)")
		t.Cleanup(func() { // or the database cannot be dropped
			_, err := db.Open(t).ExecContext(context.Background(), "DROP SUBSCRIPTION sb")
			if err != nil {
				t.Error(err)
			}
		})
		all := inspect(t, db.Open(t), schema.Scope{})
		if u := all.Unknown(); u != nil {
			t.Errorf("the superuser does not know %v", u)
		}
		some := inspect(t, pool(t, "pgx", asUser(db.URL, otherRole(t, db))), schema.Scope{})
		var hidden []string
		for _, u := range some.Unknown() {
			hidden = append(hidden, u.String())
		}
		if want := []string{"hidden pg_subscription.subconninfo", "hidden pg_user_mapping.umoptions (1)"}; !slices.Equal(hidden, want) {
			t.Errorf("got %q, want %q", hidden, want)
		}
		for _, d := range schema.Compare(all, some) {
			if d.Before == nil || d.After == nil || !slices.Contains([]string{"object subscription sb", "user mapping for DATABASE OWNER on s"}, d.ID.String()) {
				t.Errorf("%s differs", d.ID)
			}
		}
	})
}

// TestInspectBesideChanges reads while others create and drop: functions that
// print definitions see a newer state than the snapshot does.
func TestInspectBesideChanges(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		db.Exec(t, someSchema)
		want := inspect(t, db.Open(t), schema.Scope{}).Fingerprint()
		other := session(t, "pgx", db.URL)
		for range 20 {
			done := make(chan error)
			go func() {
				_, err := other.ExecContext(t.Context(), "CREATE TABLE z (a int PRIMARY KEY, b int CHECK (b > 0) DEFAULT 1); CREATE INDEX ON z (b); CREATE VIEW zv AS SELECT a FROM z")
				if err == nil {
					_, err = other.ExecContext(t.Context(), "DROP TABLE z CASCADE")
				}
				done <- err
			}()
			s := inspect(t, db.Open(t), schema.Scope{})
			if n := len(s.OfKind(schema.KindTable)); n != 1 && n != 2 {
				t.Errorf("got %d tables, want 1 or 2", n)
			}
			for _, f := range s.Facts() {
				if f.Attr(schema.AttrDefinition) == "" && (f.ID.Kind == schema.KindIndex || f.ID.Kind == schema.KindView || f.ID.Kind == schema.KindConstraint) {
					t.Errorf("%s has no definition", f.ID)
				}
			}
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		if got := inspect(t, db.Open(t), schema.Scope{}).Fingerprint(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}
