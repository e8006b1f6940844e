package postgres

import (
	"strings"
	"testing"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

const windowFixture = `
CREATE TABLE "T t" (a int); CREATE INDEX ti ON "T t" (a); CREATE VIEW v AS SELECT 1 AS one; CREATE SEQUENCE q;
CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1) PARTITION BY LIST (a);
CREATE TABLE p11 PARTITION OF p1 FOR VALUES IN (1); CREATE TABLE other (a int)`

func blockers(t *testing.T, q lockstep.Querier, age time.Duration, targets ...string) []lockstep.Blocker {
	t.Helper()
	found, err := dialect{}.Blockers(t.Context(), q, lockstep.Server{User: "me"}, targets, age)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// blocked waits until there are so many blockers.
func blocked(t *testing.T, q lockstep.Querier, n int, targets ...string) []lockstep.Blocker {
	t.Helper()
	var found []lockstep.Blocker
	eventually(t, "the blockers are seen", func() bool {
		found = blockers(t, q, 20*time.Millisecond, targets...)
		return len(found) == n
	})
	return found
}

func TestBlockers(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		own := testdb.New(t, db.Kind)
		q := pool(t, driver, own.URL)
		run(t, q, windowFixture)
		reader := session(t, driver, own.URL+"&application_name=report")
		pid := value(t, reader, "SELECT pg_backend_pid()")
		for _, c := range []struct{ holds, target string }{
			{`SELECT 'secret', 4711 FROM "T t"`, `"T t"`},
			{`SELECT a FROM "T t"`, `public.ti`},
			{`INSERT INTO p VALUES (1)`, `p`},
			{`SELECT * FROM p11`, `p`},
			{`SELECT one FROM v`, `v`},
			{`SELECT nextval('q')`, `q`},
		} {
			run(t, reader, "BEGIN")
			run(t, reader, c.holds)
			if got := blockers(t, q, time.Hour, c.target); got != nil {
				t.Errorf("young, yet found: %v", got)
			}
			b := blocked(t, q, 1, "nowhere", "other", c.target)[0]
			if b.Session != pid || b.User != "postgres" || b.Application != "report" || b.Table != c.target || b.State != "idle in transaction" ||
				b.Age < 20*time.Millisecond || b.Age > time.Minute || time.Since(b.QueryStart).Abs() > time.Hour {
				t.Errorf("%s: %+v", c.holds, b)
			}
			if strings.Contains(b.Query, "secret") || strings.Contains(b.Query, "4711") || !strings.HasPrefix(b.Query, c.holds[:6]) {
				t.Errorf("query %q", b.Query)
			}
			if got := blockers(t, q, 0, "other"); got != nil {
				t.Errorf("another table: %v", got)
			}
			run(t, reader, "COMMIT")
			if got := blockers(t, q, 0, c.target); got != nil {
				t.Errorf("%s: after the end: %v", c.holds, got)
			}
		}
	})
}

func TestBlockersInTheQueueAndBuilding(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		run(t, db.Open(t), windowFixture)
		for _, waits := range []string{`CREATE INDEX CONCURRENTLY i ON "T t" (a)`, `LOCK TABLE "T t" IN SHARE MODE; SELECT 1`} {
			writer, waiter := session(t, "pgx", db.URL), session(t, "pgx", db.URL)
			run(t, writer, `BEGIN; INSERT INTO "T t" VALUES (1)`)
			ended := make(chan error)
			go func() {
				_, err := waiter.ExecContext(t.Context(), waits)
				ended <- err
			}()
			blocked(t, db.Open(t), 2, `"T t"`)
			if got := blockers(t, writer, 0, `"T t"`); len(got) != 1 || got[0].State != "active" {
				t.Errorf("seen by the writer: %v", got)
			}
			run(t, writer, "COMMIT")
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
}

func TestBlockersHidden(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		run(t, db.Open(t), windowFixture)
		role := otherRole(t, db)
		user := session(t, "pgx", asUser(db.URL, role))
		if got := blockers(t, user, 0, "p"); got != nil {
			t.Errorf("clear, yet found: %v", got)
		}
		reader := session(t, "pgx", db.URL)
		run(t, reader, "BEGIN; SELECT * FROM p")
		_, err := dialect{}.Blockers(t.Context(), user, lockstep.Server{User: role}, []string{"p"}, 0)
		if want := `GRANT pg_read_all_stats TO "` + role + `"`; err == nil || !strings.HasSuffix(lockstep.HintOf(err), want) {
			t.Errorf("%v, hint %q", err, lockstep.HintOf(err))
		}
		run(t, db.Open(t), `GRANT pg_read_all_stats TO "`+role+`"`)
		blocked(t, user, 1, "p")
	})
}

func TestBlockersPreparedTransactions(t *testing.T) {
	for _, name := range []string{"postgres15", "postgres18"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := testdb.Private(t, testdb.KindNamed(t, name))
			run(t, server.New(t).Open(t), "ALTER SYSTEM SET max_prepared_transactions = 5")
			server.Stop(t)
			server.Start(t)
			db := server.New(t)
			run(t, db.Open(t), windowFixture)
			conn := session(t, "pgx", db.URL)
			run(t, conn, `BEGIN; LOCK TABLE p IN ACCESS SHARE MODE; PREPARE TRANSACTION 'left behind'`)
			b := blocked(t, db.Open(t), 1, "p")[0]
			if b.Session != "left behind" || b.User != "postgres" || b.State != "prepared transaction" || b.Table != "p" || b.Age <= 0 {
				t.Errorf("%+v", b)
			}
			const commit = `COMMIT PREPARED 'left behind'`
			before := witnessOf(t, conn, commit)
			run(t, conn, commit)
			if after := witnessOf(t, conn, commit); after == before || after != "absent" {
				t.Errorf("witness %q, then %q", before, after)
			}
		})
	}
}

func TestBlockersOfNothing(t *testing.T) {
	if got, err := (dialect{}).Blockers(t.Context(), nil, lockstep.Server{}, nil, 0); got != nil || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestRedact(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{"SELECT  'it''s' ,\n 12.5e3, -7, a1 FROM \"T 1\" -- x = 'y'\n WHERE b = $1", `SELECT ? , ?, -?, a1 FROM "T 1" WHERE b = $1`},
		{"/* user 4711 */ UPDATE t SET a = E'x\\'y', b = $$secret$$, c = U&'\\0061', d = B'01', e = x'1F'", "UPDATE t SET a = ?, b = ?, c = ?, d = ?, e = ?"},
		{"INSERT INTO t VALUES ('cut off", "INSERT INTO t VALUES (?"},
		{"INSERT INTO t VALUES ($tag$cut off", "INSERT INTO t VALUES (?"},
		{`SELECT 'a\', 'secret', ''`, "SELECT ? …"},
		{`SELECT 'a\' || secret || '', 1`, "SELECT ? …"},
		{"COPY t FROM stdin;\n1\tsecret\n", "COPY t FROM stdin;"},
		{"autovacuum: VACUUM public.t", "autovacuum: VACUUM public.t"},
		{"", ""},
	} {
		if got := redact(c.query); got != c.want {
			t.Errorf("%q, want %q: %q", got, c.want, c.query)
		}
	}
	if got := redact("SELECT " + strings.Repeat("é", 1000)); len(got) > maxQuery+10 || !strings.HasSuffix(got, "é …") {
		t.Errorf("%d bytes", len(got))
	}
}
