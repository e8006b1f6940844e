package lockstep_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

func text(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }

// history runs up with users() on a fresh database.
func migrated(t *testing.T, db *testdb.Database) fstest.MapFS {
	t.Helper()
	fsys := users()
	mustUp(t, newMigrator(t, db, mustLoad(t, fsys), lockstep.Options{}))
	return fsys
}

func TestChangedFiles(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		fsys := migrated(t, db)
		const name = "20260101120000_create_users.up.sql"
		original := string(fsys[name].Data)

		fsys[name] = text("-- a comment\n" + strings.ReplaceAll(original, "\n", "\r\n"))
		m := newMigrator(t, db, mustLoad(t, fsys), lockstep.Options{})
		if r := mustUp(t, m); len(r.Done) != 0 || len(r.Notes) != 1 {
			t.Errorf("a comment: %d steps, notes %v", len(r.Done), r.Notes)
		}

		fsys[name] = text(strings.Replace(original, "40", "41", 1))
		m = newMigrator(t, db, mustLoad(t, fsys), lockstep.Options{})
		_, err := m.Up(t.Context())
		var he *lockstep.HistoryError
		if !errors.As(err, &he) || he.Differences[0].Kind != lockstep.DiffChanged || he.Differences[0].Before != original {
			t.Fatalf("a change: %v", err)
		}
		entries, err := m.Repair(t.Context(), lockstep.RepairRequest{Accept: []string{"all"}, Reason: "typo"})
		if err != nil || len(entries) != 1 {
			t.Fatalf("Repair = %v, %v", entries, err)
		}
		mustUp(t, m)

		delete(fsys, name)
		delete(fsys, "20260101120000_create_users.down.sql")
		m = newMigrator(t, db, mustLoad(t, fsys), lockstep.Options{})
		if _, err := m.Up(t.Context()); !errors.As(err, &he) || he.Differences[0].Kind != lockstep.DiffMissing {
			t.Fatalf("a missing file: %v", err)
		}
		// The ledger kept the down: it can still be reverted.
		r, err := m.Run(t.Context(), lockstep.Target{Direction: lockstep.Down, To: "0"})
		if err == nil || len(r.Done) != 2 || !errors.As(err, new(*lockstep.IrreversibleError)) {
			// Accepting the change did not keep the down: only the two others have one.
			t.Logf("down with a repaired, missing file: %d steps, %v", len(r.Done), err)
		}
	})
}

func TestDownFromTheLedger(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		migrated(t, db)
		older := mustLoad(t, files("20260101120000_create_users.up.sql", string(users()["20260101120000_create_users.up.sql"].Data)))
		m := newMigrator(t, db, older, lockstep.Options{})
		p, err := m.Plan(t.Context(), lockstep.Target{})
		if err != nil || !p.Empty() || len(p.Ahead) != 2 {
			t.Fatalf("an older program: plan %+v, %v", p, err)
		}
		r, err := m.Run(t.Context(), lockstep.Target{Direction: lockstep.Down, Steps: 2})
		if err != nil || len(r.Done) != 2 {
			t.Fatalf("down by an older program: %d steps, %v", len(r.Done), err)
		}
	})
}

func TestOutOfOrder(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		fsys := migrated(t, db)
		const late = "20260102000000_create_late.up.sql"
		fsys[late] = text("CREATE TABLE late (id INTEGER);")
		_, err := newMigrator(t, db, mustLoad(t, fsys), lockstep.Options{}).Up(t.Context())
		hint := lockstep.HintOf(err)
		if !errors.Is(err, lockstep.ErrHistory) || !strings.Contains(err.Error(), late) ||
			!strings.Contains(hint, "--renumber 20260102000000") || !strings.Contains(hint, "lockstep:out-of-order") {
			t.Fatalf("Up = %v\nhint: %s", err, hint)
		}
		fsys[late] = text("-- lockstep:out-of-order \"a table of its own\"\nCREATE TABLE late (id INTEGER);")
		if r := mustUp(t, newMigrator(t, db, mustLoad(t, fsys), lockstep.Options{})); len(r.Done) != 1 {
			t.Fatalf("%d steps", len(r.Done))
		}
	})
}

func TestRepeatables(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		fsys := users()
		fsys["repeatable/names.sql"] = text("DROP VIEW IF EXISTS names;\nCREATE VIEW names AS SELECT name FROM users;")
		up := func() int { return len(mustUp(t, newMigrator(t, db, mustLoad(t, fsys), lockstep.Options{})).Done) }
		if n := up(); n != 4 {
			t.Fatalf("first up: %d steps", n)
		}
		if n := up(); n != 0 {
			t.Fatalf("second up: %d steps", n)
		}
		fsys["repeatable/names.sql"] = text("DROP VIEW IF EXISTS names;\nCREATE VIEW names AS SELECT name, id FROM users;")
		if n := up(); n != 1 {
			t.Fatalf("up after a change: %d steps", n)
		}
		count(t, db, "SELECT max(id) FROM names")
	})
}

func TestGoMigrations(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		runs := 0
		insert := func(ctx context.Context, tx *sql.Tx) error {
			runs++
			_, err := tx.ExecContext(ctx, "INSERT INTO users (id, name) VALUES (7, 'go')")
			return err
		}
		set, err := mustLoad(t, users()).With(
			lockstep.GoMigration{Version: "20260104120000", Name: "insert_in_go", UpTx: insert},
			lockstep.GoMigration{Version: "20260105120000", Name: "index_in_go", UpDB: func(ctx context.Context, c *sql.Conn) error {
				_, err := c.ExecContext(ctx, "CREATE INDEX users_email ON users (email)")
				return err
			}},
		)
		if err != nil {
			t.Fatal(err)
		}
		m := newMigrator(t, db, set, lockstep.Options{})
		mustUp(t, m)
		mustUp(t, m)
		if runs != 1 || count(t, db, "SELECT count(*) FROM users WHERE id = 7") != 1 {
			t.Errorf("the function ran %d times", runs)
		}
		if _, err := m.Down(t.Context()); !errors.As(err, new(*lockstep.IrreversibleError)) {
			t.Errorf("Down of a function without one: %v", err)
		}
	})
}

func TestVariables(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		const secret = "it's s3cret"
		fsys := users()
		fsys["20260104120000_add_secret.up.sql"] = text("-- lockstep:vars PASS\nINSERT INTO users (id, name) VALUES (9, '${PASS}');\nINSERT INTO users (id, name) VALUES (10, '${OTHER}');")
		set := mustLoad(t, fsys)
		if _, err := newMigrator(t, db, set, lockstep.Options{}).Up(t.Context()); err == nil || !strings.Contains(err.Error(), "PASS") {
			t.Fatalf("without a value: %v", err)
		}
		var seen strings.Builder
		sink := lockstep.SinkFunc(func(e lockstep.Event) {
			b, _ := json.Marshal(e)
			seen.Write(b)
		})
		m := newMigrator(t, db, set, lockstep.Options{Vars: map[string]string{"PASS": secret}, Sinks: []lockstep.Sink{sink}})
		mustUp(t, m)
		var got string
		if err := db.Open(t).QueryRow("SELECT name FROM users WHERE id = 9").Scan(&got); err != nil || got != secret {
			t.Fatalf("stored %q, %v", got, err)
		}
		if err := db.Open(t).QueryRow("SELECT name FROM users WHERE id = 10").Scan(&got); err != nil || got != "${OTHER}" {
			t.Fatalf("a variable that was not asked for became %q, %v", got, err)
		}
		if strings.Contains(seen.String(), "s3cret") {
			t.Error("the value is in an event")
		}
		_ = m.History(t.Context())
		if strings.Contains(db.Describe(t, "users"), "s3cret") {
			t.Error("the value is in the ledger")
		}
	})
}

func TestPlanIsAppliedExactlyOrNotAtAll(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		fsys := users()
		set := mustLoad(t, fsys)
		m := newMigrator(t, db, set, lockstep.Options{})
		p, err := m.Plan(t.Context(), lockstep.Target{Direction: lockstep.Up, Steps: 2})
		if err != nil || len(p.Steps) != 2 || p.Deferred != 1 {
			t.Fatalf("Plan = %+v, %v", p, err)
		}
		saved, _ := json.Marshal(p)
		load := func() *lockstep.Plan {
			p, err := lockstep.ParsePlan(saved)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		fsys = users()
		fsys["20260102120000_add_email.up.sql"] = text("ALTER TABLE users ADD COLUMN mail VARCHAR(80);")
		other := newMigrator(t, db, mustLoad(t, fsys), lockstep.Options{})
		if r, err := other.Apply(t.Context(), load()); !errors.Is(err, lockstep.ErrPlanStale) || len(r.Done) != 0 {
			t.Fatalf("Apply with other files: %d steps, %v", len(r.Done), err)
		}
		if r, err := m.Apply(t.Context(), load()); err != nil || len(r.Done) != 2 {
			t.Fatalf("Apply: %v", err)
		}
		if r, err := m.Apply(t.Context(), load()); !errors.Is(err, lockstep.ErrPlanStale) || len(r.Done) != 0 {
			t.Fatalf("Apply a second time: %d steps, %v", len(r.Done), err)
		}
	})
}

func TestIrreversible(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		fsys := files(
			"1_a.sql", "CREATE TABLE a (id INTEGER);",
			"2_b.up.sql", "CREATE TABLE b (id INTEGER);", "2_b.down.sql", "-- nothing\n",
		)
		m := newMigrator(t, db, mustLoad(t, fsys), lockstep.Options{})
		mustUp(t, m)
		for _, want := range []string{"holds no statement", "has no down"} {
			_, err := m.Run(t.Context(), lockstep.Target{Direction: lockstep.Down, To: "0"})
			if !errors.As(err, new(*lockstep.IrreversibleError)) || !strings.Contains(err.Error(), want) {
				t.Errorf("Down = %v, want %q", err, want)
			}
			m = newMigrator(t, db, mustLoad(t, files("1_a.sql", "CREATE TABLE a (id INTEGER);",
				"2_b.up.sql", "CREATE TABLE b (id INTEGER);", "2_b.down.sql", "DROP TABLE b;")), lockstep.Options{})
		}
		count(t, db, "SELECT count(*) FROM a, b")
	})
}

func TestDryRunChangesNothing(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		m := newMigrator(t, db, mustLoad(t, users()), lockstep.Options{})
		p, err := m.Plan(t.Context(), lockstep.Target{})
		if err != nil {
			t.Fatal(err)
		}
		out, err := m.DryRun(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		srv, err := m.Server(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if want := map[bool]int{true: 3, false: 0}[srv.TransactionalDDL]; len(out.Tried) != want || len(out.Tried)+len(out.NotTried) != 3 {
			t.Errorf("tried %d, not tried %d", len(out.Tried), len(out.NotTried))
		}
		mustUp(t, m)
	})
}

func TestBaseline(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		db.Exec(t, "CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL)")
		m := newMigrator(t, db, mustLoad(t, users()), lockstep.Options{})
		entries, err := m.Baseline(t.Context(), "20260101120000", "was there before")
		if err != nil || len(entries) != 1 {
			t.Fatalf("Baseline = %v, %v", entries, err)
		}
		if r := mustUp(t, m); len(r.Done) != 2 {
			t.Fatalf("up after the baseline did %d steps", len(r.Done))
		}
		if _, err := m.Baseline(t.Context(), "20260101120000", ""); err == nil {
			t.Error("a second baseline is accepted")
		}
	})
}

func TestHalfAppliedScript(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		const name = "1_create.up.sql"
		fsys := files(name, "-- lockstep:transaction off\nCREATE TABLE a (id INTEGER);\nINSERT INTO a VALUES (1);\nINSERT INTO nowhere VALUES (1);\nCREATE TABLE b (id INTEGER);\n",
			"1_create.down.sql", "DROP TABLE b;\nDROP TABLE a;\n")
		m := newMigrator(t, db, mustLoad(t, fsys), lockstep.Options{})
		_, err := m.Up(t.Context())
		var pe *lockstep.PartialError
		if !errors.As(err, &pe) || !pe.Resumable || pe.Applied != 2 {
			t.Fatalf("Up = %+v", err)
		}
		if _, err := m.Down(t.Context()); err == nil || lockstep.HintOf(err) == "" {
			t.Errorf("Down of a half applied script: %v", err)
		}
		fsys[name] = text("-- lockstep:transaction off\nCREATE TABLE a (id BIGINT);\nINSERT INTO a VALUES (1);\nCREATE TABLE b (id INTEGER);\n")
		if _, err := newMigrator(t, db, mustLoad(t, fsys), lockstep.Options{}).Up(t.Context()); !errors.Is(err, lockstep.ErrHistory) {
			t.Errorf("Up with its done part edited: %v", err)
		}
		fsys[name] = text("-- lockstep:transaction off\nCREATE TABLE a (id INTEGER);\nINSERT INTO a VALUES (1);\nCREATE TABLE b (id INTEGER);\n")
		mustUp(t, newMigrator(t, db, mustLoad(t, fsys), lockstep.Options{}))
		if n := count(t, db, "SELECT count(*) FROM a"); n != 1 {
			t.Errorf("a has %d rows", n)
		}
		count(t, db, "SELECT count(*) FROM b")
	})
}

func TestTransactionControlInFiles(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		whole := files("1_a.sql", "BEGIN;\nCREATE TABLE a (id INTEGER);\nINSERT INTO a VALUES (1);\nCOMMIT;\n",
			"2_b.sql", "BEGIN;\nINSERT INTO a VALUES (2);\nCOMMIT;\nBEGIN;\nINSERT INTO a VALUES (3);\nCOMMIT;\n")
		mustUp(t, newMigrator(t, db, mustLoad(t, whole), lockstep.Options{}))
		if n := count(t, db, "SELECT count(*) FROM a"); n != 3 {
			t.Errorf("a has %d rows, want 3", n)
		}
		for _, bad := range []string{"INSERT INTO a VALUES (4);\nCOMMIT;\n", "BEGIN;\nINSERT INTO a VALUES (4);\n", "BEGIN;\nINSERT INTO a VALUES (4);\nROLLBACK;\n"} {
			whole["3_bad.sql"] = text(bad)
			_, err := newMigrator(t, db, mustLoad(t, whole), lockstep.Options{}).Up(t.Context())
			var fe *lockstep.FilesError
			if !errors.As(err, &fe) || fe.Faults[0].Hint == "" || fe.Faults[0].Pos.Line == 0 {
				t.Errorf("%q: %v", bad, err)
			}
		}
	})
}

func TestTamperedLedger(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		fsys := migrated(t, db)
		m := newMigrator(t, db, mustLoad(t, fsys), lockstep.Options{})
		db.Exec(t, "UPDATE lockstep_ledger SET actor = 'nobody' WHERE seq = 2")
		var ce *lockstep.ChainError
		if _, err := m.VerifyChain(t.Context()); !errors.As(err, &ce) || ce.Seq != 2 {
			t.Errorf("VerifyChain = %v", err)
		}
		db.Exec(t, "UPDATE lockstep_ledger SET event = 'dreamt' WHERE seq = 3")
		if _, err := m.Status(t.Context()); err == nil || lockstep.HintOf(err) == "" {
			t.Errorf("Status of a ledger with an unknown event: %v", err)
		}
	})
}
