package lockstep_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

func TestScriptsWithoutStatements(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		for _, empty := range []string{";", "/* x */ -- y\n;;", "-- nothing"} {
			set, err := lockstep.Load(files("1_a.sql", empty))
			if err == nil {
				_, err = newMigrator(t, db, set, lockstep.Options{}).Up(t.Context())
			}
			var fe *lockstep.FilesError
			if !errors.As(err, &fe) || fe.Faults[0].Hint == "" {
				t.Errorf("up of %q: %v", empty, err)
			}
		}
		m := newMigrator(t, db, mustLoad(t, files("1_a.up.sql", "CREATE TABLE a (id INTEGER)", "1_a.down.sql", ";\n-- nothing")), lockstep.Options{})
		mustUp(t, m)
		if _, err := m.Down(t.Context()); !errors.As(err, new(*lockstep.IrreversibleError)) {
			t.Errorf("a down without a statement: %v", err)
		}
	})
}

func TestDryRunOfASavedPlan(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		m := newMigrator(t, db, mustLoad(t, users()), lockstep.Options{})
		p, err := m.Plan(t.Context(), lockstep.Target{})
		if err != nil {
			t.Fatal(err)
		}
		saved, _ := json.Marshal(p)
		if p, err = lockstep.ParsePlan(saved); err != nil {
			t.Fatal(err)
		}
		if _, err := m.DryRun(t.Context(), p); err != nil {
			t.Error(err)
		}
	})
}

func TestVariablesCannotLeaveTheirPlace(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		db.Exec(t, "CREATE TABLE v (id INTEGER, a VARCHAR(100), b INTEGER)")
		for i, value := range []string{`\' , 1) -- `, `'`, `\`, `"`, "a\nb", `\\'`, "${X}", `'); DROP TABLE v; --`} {
			name := func(s string) string { return strings.Repeat("1", i+1) + s }
			m := newMigrator(t, db, mustLoad(t, files(name("_fill_v.sql"), "-- lockstep:vars X\nINSERT INTO v VALUES (1, '${X}', /* ${X} */ 2) -- ${X}\n;")),
				lockstep.Options{Vars: map[string]string{"X": value}, Ledger: lockstep.LedgerTable{Name: "ledger" + name("")}})
			mustUp(t, m)
			var got string
			var b int
			if err := db.Open(t).QueryRow("SELECT a, b FROM v").Scan(&got, &b); err != nil || got != value || b != 2 {
				t.Errorf("value %q came in as %q, %d, %v", value, got, b, err)
			}
			db.Exec(t, "DELETE FROM v")
			m = newMigrator(t, db, mustLoad(t, files("1_fill_v.sql", "-- lockstep:vars X\nINSERT INTO v VALUES (${X}, 'a', 1)")),
				lockstep.Options{Vars: map[string]string{"X": value}, Ledger: lockstep.LedgerTable{Name: "bare" + name("")}})
			if _, err := m.Up(t.Context()); err == nil {
				t.Errorf("value %q may stand outside of quotes", value)
			}
		}
	})
}

func TestMissingVariableStopsBeforeAnything(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		fsys := users()
		fsys["20260104120000_last.sql"] = text("-- lockstep:vars NOWHERE\nINSERT INTO users (id, name) VALUES (5, '${NOWHERE}')")
		r, err := newMigrator(t, db, mustLoad(t, fsys), lockstep.Options{}).Up(t.Context())
		var fe *lockstep.FilesError
		if !errors.As(err, &fe) || len(r.Done) != 0 {
			t.Errorf("Up did %d steps, %v", len(r.Done), err)
		}
	})
}

func TestWaitingForALockEndsWithTheContext(t *testing.T) {
	for _, dialect := range []string{testdb.Postgres, testdb.MySQL} {
		testdb.RunOn(t, dialect, func(t *testing.T, db *testdb.Database) {
			db.Exec(t, "CREATE TABLE t (id INTEGER PRIMARY KEY)")
			tx, err := db.Pool(t).Begin()
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			var n int
			if err := tx.QueryRow("SELECT count(*) FROM t").Scan(&n); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			start := time.Now()
			m := newMigrator(t, db, mustLoad(t, files("1_add.sql", "ALTER TABLE t ADD COLUMN c INTEGER")), lockstep.Options{LockBudget: time.Hour})
			if _, err := m.Up(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Up = %v", err)
			}
			if took := time.Since(start); took > patience {
				t.Errorf("Up returned after %s", took)
			}
		})
	}
}

func TestTransactionKeepsItsOptions(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		set := mustLoad(t, files(
			"1_whole.sql", "BEGIN ISOLATION LEVEL SERIALIZABLE;\nCREATE TABLE a AS SELECT current_setting('transaction_isolation') AS level;\nCOMMIT;",
			"2_parts.sql", "BEGIN;\nINSERT INTO a SELECT 'x';\nCOMMIT;\nBEGIN ISOLATION LEVEL REPEATABLE READ;\nINSERT INTO a SELECT current_setting('transaction_isolation');\nCOMMIT;",
		))
		mustUp(t, newMigrator(t, db, set, lockstep.Options{}))
		if n := count(t, db, "SELECT count(*) FROM a WHERE level IN ('serializable', 'repeatable read')"); n != 2 {
			t.Errorf("%d transactions had their own isolation level, want 2", n)
		}
		for _, end := range []string{"PREPARE TRANSACTION 'x'", "COMMIT AND CHAIN"} {
			_, err := newMigrator(t, db, mustLoad(t, files("1_x.sql", "BEGIN;\nINSERT INTO a SELECT 'x';\n"+end+";")), lockstep.Options{Ledger: lockstep.LedgerTable{Name: "other"}}).Up(t.Context())
			if !errors.As(err, new(*lockstep.FilesError)) {
				t.Errorf("a transaction that ends with %s: %v", end, err)
			}
		}
	})
}

func TestProcedureThatCommits(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		set := mustLoad(t, files(
			"1_create_p.sql", "CREATE TABLE a (id int);\nCREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO a VALUES (1); COMMIT; INSERT INTO a VALUES (2); END $$;",
			"2_call_p.sql", "-- lockstep:transaction off\nCALL p();",
		))
		mustUp(t, newMigrator(t, db, set, lockstep.Options{}))
		if n := count(t, db, "SELECT count(*) FROM a"); n != 2 {
			t.Errorf("a has %d rows, want 2", n)
		}
	})
}

func TestLedgerMadeByAnAdministrator(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		role := "migrates_" + db.Name
		db.Exec(t, "CREATE ROLE "+role+" LOGIN")
		t.Cleanup(func() { db.Pool(t).Exec("DROP OWNED BY " + role + "; DROP ROLE " + role) }) //nolint:errcheck // it goes with the server at last
		mustUp(t, newMigrator(t, db, mustLoad(t, files("1_create_a.sql", "CREATE TABLE a (id int)")), lockstep.Options{}))
		db.Exec(t, "TRUNCATE lockstep_ledger; GRANT SELECT, INSERT ON lockstep_ledger TO "+role+"; GRANT INSERT ON a TO "+role+"; REVOKE CREATE ON SCHEMA public FROM PUBLIC")
		pool, err := testdb.Connect(db.Kind.Name, strings.Replace(db.URL, "postgres@", role+"@", 1))
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		m, err := lockstep.New(pool, dialectOf(t, db), mustLoad(t, files("1_fill_a.sql", "INSERT INTO a VALUES (1)")), lockstep.Options{})
		if err != nil {
			t.Fatal(err)
		}
		mustUp(t, m)
	})
}

func TestUpperCaseSuffixes(t *testing.T) {
	set := mustLoad(t, files("1_a.UP.SQL", "SELECT 1", "1_a.DOWN.SQL", "SELECT 1", "2_b/UP.sql", "SELECT 1"))
	ms := set.Migrations()
	if len(ms) != 2 || ms[0].ID() != "1_a" || ms[0].Down == nil || ms[1].ID() != "2_b" {
		t.Errorf("loaded %d migrations, the first is %+v", len(ms), ms[0])
	}
}

func TestRestOfAHalfAppliedScriptMayBeRewritten(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		const head = "-- lockstep:transaction off\n"
		const done = "CREATE TABLE a (id INTEGER);\nINSERT INTO a VALUES (1);\n"
		up := func(script string) error {
			_, err := newMigrator(t, db, mustLoad(t, files("1_create.sql", script)), lockstep.Options{}).Up(t.Context())
			return err
		}
		if err := up(head + done + "INSERT INTO nowhere VALUES (1);\n"); err == nil {
			t.Fatal("an INSERT into nowhere worked")
		}
		// Without the directive the whole file would fit into one transaction.
		if err := up(done + "INSERT INTO a VALUES (2);\nCREATE TABLE b (id INTEGER);\nINSERT INTO a VALUES (3);\n"); err != nil {
			t.Fatal(err)
		}
		if n := count(t, db, "SELECT count(*) FROM a"); n != 3 {
			t.Errorf("a has %d rows, want 3", n)
		}
	})
}

func TestRepeatablesComeBackAfterADown(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		fsys := users()
		fsys["20260104120000_drop_names.up.sql"] = text("CREATE TABLE other (id INTEGER)")
		fsys["20260104120000_drop_names.down.sql"] = text("DROP VIEW names;\nDROP TABLE other")
		fsys["repeatable/names.sql"] = text("DROP VIEW IF EXISTS names;\nCREATE VIEW names AS SELECT name FROM users")
		m := newMigrator(t, db, mustLoad(t, fsys), lockstep.Options{})
		mustUp(t, m)
		if _, err := m.Down(t.Context()); err != nil {
			t.Fatal(err)
		}
		mustUp(t, m)
		count(t, db, "SELECT count(*) FROM names")
		if r := mustUp(t, m); len(r.Done) != 0 {
			t.Errorf("a third up did %d steps", len(r.Done))
		}
	})
}

func TestWaitForTheServer(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		m := newMigrator(t, db, mustLoad(t, users()), lockstep.Options{})
		if err := m.Wait(t.Context()); err != nil {
			t.Errorf("Wait for a server that answers: %v", err)
		}
		pool := db.Pool(t)
		if err := pool.Close(); err != nil {
			t.Fatal(err)
		}
		m, err := lockstep.New(pool, dialectOf(t, db), mustLoad(t, users()), lockstep.Options{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := m.Wait(ctx); err == nil {
			t.Error("Wait for one that never does returned nil")
		}
	})
}
