package testdb_test

import (
	"database/sql"
	"testing"

	"github.com/lockstepdb/lockstep/internal/testdb"
)

// Two statements of one client land in two sessions only under transaction
// pooling: while another client's transaction holds the first session.
func TestPgBouncerPoolsTransactions(t *testing.T) {
	t.Parallel()
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		pool, err := sql.Open("pgx", testdb.PgBouncer(t, db)+"&default_query_exec_mode=simple_protocol")
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		ctx := t.Context()
		client, err := pool.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		var before, after int
		if err := client.QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&before); err != nil {
			t.Fatal(err)
		}
		other, err := pool.BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Rollback()
		if _, err := other.Exec("SELECT 1"); err != nil {
			t.Fatal(err)
		}
		if err := client.QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&after); err != nil {
			t.Fatal(err)
		}
		if before == after {
			t.Errorf("session %d served both statements; the pool is not one of transactions", before)
		}
	})
}

func TestPrivateSurvivesRestarts(t *testing.T) {
	t.Parallel()
	for _, k := range testdb.Kinds() {
		if !k.IsServer() {
			continue
		}
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			server := testdb.Private(t, k)
			db := server.New(t)
			db.Exec(t, "CREATE TABLE kept (id INTEGER)")
			ends := []struct {
				name string
				end  func(testing.TB)
			}{{"stop", server.Stop}, {"kill", server.Kill}}
			for i, e := range ends {
				db.Exec(t, "INSERT INTO kept VALUES (1)")
				e.end(t)
				if err := db.Open(t).PingContext(t.Context()); err == nil {
					t.Errorf("the server answers after %s", e.name)
				}
				server.Start(t)
				var rows int
				if err := db.Open(t).QueryRowContext(t.Context(), "SELECT count(*) FROM kept").Scan(&rows); err != nil {
					t.Fatalf("read after %s and start: %v", e.name, err)
				}
				if want := i + 1; rows != want {
					t.Errorf("after %s: %d rows, want %d", e.name, rows, want)
				}
			}
		})
	}
}
