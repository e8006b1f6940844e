package lockstep_test

import (
	"context"
	"database/sql"
	"os"
	"testing"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/calm"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

// concurrently is a history with an index that is built without blocking, in
// the middle.
func concurrently() *lockstep.Set {
	set, err := lockstep.Load(files(
		"1_create_t.sql", "CREATE TABLE t (id bigint PRIMARY KEY, n int);\nINSERT INTO t SELECT g, g % 1000 FROM generate_series(1, 20000) g;",
		"2_index_t.sql", "CREATE INDEX CONCURRENTLY t_n ON t (n);",
		"3_add_c.sql", "SET search_path = pg_catalog;\nCREATE TABLE public.c (id int);",
		"4_fill_c.sql", "INSERT INTO c VALUES (1);",
	))
	if err != nil {
		panic(err)
	}
	return set
}

// runTogether lets n runners start at once and returns how many steps they did.
func runTogether(t *testing.T, n int, pool func() *lockstep.Migrator) int {
	t.Helper()
	type outcome struct {
		steps int
		err   error
	}
	outcomes := make(chan outcome, n)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for range n {
		m := pool()
		go func() {
			r, err := m.Up(ctx)
			outcomes <- outcome{len(r.Done), err}
		}()
	}
	steps := 0
	for range n {
		o := <-outcomes
		if o.err != nil {
			t.Errorf("a runner: %v", o.err)
		}
		steps += o.steps
	}
	return steps
}

func checkConcurrently(t *testing.T, db *testdb.Database) {
	t.Helper()
	if n := count(t, db, "SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass AND indisvalid"); n != 2 {
		t.Errorf("t has %d valid indexes, want 2", n)
	}
	if n := count(t, db, "SELECT count(*) FROM pg_index WHERE NOT indisvalid"); n != 0 {
		t.Errorf("%d indexes are invalid", n)
	}
	if n := count(t, db, "SELECT count(*) FROM c"); n != 1 {
		t.Errorf("c has %d rows", n)
	}
	if n := count(t, db, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"); n != 0 {
		t.Errorf("%d advisory locks were left", n)
	}
}

func TestConcurrentIndexWhileOthersWait(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		set := concurrently()
		steps := runTogether(t, 8, func() *lockstep.Migrator {
			m, err := lockstep.New(db.Pool(t), dialectOf(t, db), set, lockstep.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return m
		})
		if steps != 4 {
			t.Errorf("%d steps were done by all together", steps)
		}
		checkConcurrently(t, db)
	})
}

func TestThroughPgBouncer(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		url := testdb.PgBouncer(t, db)
		set := concurrently()
		steps := runTogether(t, 4, func() *lockstep.Migrator {
			pool, err := testdb.Connect(db.Kind.Name, url+"&default_query_exec_mode=simple_protocol")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = pool.Close() })
			m, err := lockstep.New(pool, dialectOf(t, db), set, lockstep.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return m
		})
		if steps != 4 {
			t.Errorf("%d steps were done by all together", steps)
		}
		checkConcurrently(t, db)
	})
}

func TestInvalidIndexIsBuiltAgain(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		db.Exec(t, "CREATE TABLE t (id int, n int)")
		db.Exec(t, "INSERT INTO t VALUES (1, 1), (2, 1)")
		fsys := files("1_index_t.sql", "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_n ON t (n);")
		m := newMigrator(t, db, mustLoad(t, fsys), lockstep.Options{})
		for i := range 2 {
			if _, err := m.Up(t.Context()); err == nil {
				t.Fatalf("up %d: a unique index over duplicates was built", i)
			}
		}
		db.Exec(t, "DELETE FROM t WHERE id = 2")
		mustUp(t, m)
		if n := count(t, db, "SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass AND indisvalid"); n != 1 {
			t.Errorf("t has %d valid indexes", n)
		}
	})
}

func TestSessionsAreClean(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		leak := map[string]string{
			testdb.Postgres: "CREATE SCHEMA other;\nSET search_path = other;\nCREATE TEMPORARY TABLE a (id int);\nSET ROLE pg_monitor;\nRESET ROLE;\nSET statement_timeout = '1h';",
			testdb.MySQL:    "SET @x = 1;\nSET SESSION sql_mode = 'ANSI_QUOTES';\nCREATE TEMPORARY TABLE a (id int);",
			testdb.SQLite:   "CREATE TEMPORARY TABLE a (id int);",
		}[db.Kind.Dialect]
		m := newMigrator(t, db, mustLoad(t, files("1_leak.sql", leak, "2_create_a.sql", "CREATE TABLE a (id INTEGER, n VARCHAR(10) DEFAULT 'x');\nINSERT INTO a (id) VALUES (1);")), lockstep.Options{})
		mustUp(t, m)
		pool := db.Pool(t)
		var n int
		if err := pool.QueryRow("SELECT count(*) FROM a WHERE n = 'x'").Scan(&n); err != nil || n != 1 {
			t.Errorf("table a of the second migration: %d rows, %v", n, err)
		}
	})
}

// TestHandover lets a run wait for another one: it is told for whom, and ends
// well. That it ends at once is a matter of time, and beside it stands a run
// that finds nothing to do and waits for nobody.
func TestHandover(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		calm.Judge(t, 100*time.Millisecond, func() calm.Round {
			return handOver(t, testdb.New(t, db.Kind))
		})
	})
}

func handOver(t *testing.T, db *testdb.Database) calm.Round {
	t.Helper()
	inside, waiting := make(chan struct{}), make(chan lockstep.Holder, 100)
	set, err := mustLoad(t, users()).With(lockstep.GoMigration{
		Version: "20260104120000", Name: "wait_for_the_other",
		UpDB: func(context.Context, *sql.Conn) error {
			close(inside)
			checkHolder(t, <-waiting)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	sink := lockstep.SinkFunc(func(e lockstep.Event) {
		if w, ok := e.(lockstep.LockWaiting); ok {
			waiting <- w.Holder
		}
	})
	run := func(o lockstep.Options, ended chan<- time.Time) {
		m, err := lockstep.New(db.Pool(t), dialectOf(t, db), set, o)
		if err != nil {
			t.Error(err)
		} else if _, err := m.Up(context.Background()); err != nil {
			t.Error(err)
		}
		ended <- time.Now()
	}
	first, second, third := make(chan time.Time, 1), make(chan time.Time, 1), make(chan time.Time, 1)
	go run(lockstep.Options{}, first)
	select {
	case <-inside:
	case <-first:
		t.Fatal("the first run ended before the other one began")
	}
	go run(lockstep.Options{Sinks: []lockstep.Sink{sink}}, second)
	winner, waiter := <-first, <-second
	start := time.Now()
	run(lockstep.Options{}, third)
	return calm.Round{Took: waiter.Sub(winner), Control: (<-third).Sub(start)}
}

func checkHolder(t *testing.T, h lockstep.Holder) {
	t.Helper()
	host, err := os.Hostname()
	if err != nil {
		t.Error(err)
	}
	if h.PID != os.Getpid() || h.Host != host || h.Since.IsZero() || time.Since(h.Since) > time.Hour {
		t.Errorf("holder %+v does not say who it is", h)
	}
}

func TestScriptsMayTakeOnARole(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		role := "owner_of_" + db.Name
		db.Exec(t, "CREATE ROLE "+role)
		t.Cleanup(func() { db.Pool(t).Exec("DROP OWNED BY " + role + "; DROP ROLE " + role) }) //nolint:errcheck // it goes with the server at last
		db.Exec(t, "GRANT ALL ON SCHEMA public TO "+role)
		set := mustLoad(t, files(
			"1_together.sql", "SET ROLE "+role+";\nSET search_path = pg_catalog;\nCREATE TABLE public.a (id int);",
			"2_each.sql", "-- lockstep:transaction off\nSET ROLE "+role+";\nSET search_path = pg_catalog;\nCREATE TABLE public.b (id int);\nCREATE INDEX CONCURRENTLY ON public.b (id);",
			"3_plain.sql", "CREATE TABLE c (id int);",
		))
		mustUp(t, newMigrator(t, db, set, lockstep.Options{}))
		owned := "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relowner = '" + role + "'::regrole"
		if n := count(t, db, owned); n != 2 {
			t.Errorf("the role owns %d tables, want 2", n)
		}
		db.Exec(t, "REASSIGN OWNED BY "+role+" TO CURRENT_USER")
	})
}
