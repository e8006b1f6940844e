package lockstep_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/calm"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

// files makes a source from name, text pairs.
func files(pairs ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		fsys[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return fsys
}

func mustLoad(t *testing.T, fsys fstest.MapFS) *lockstep.Set {
	t.Helper()
	set, err := lockstep.Load(fsys)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return set
}

func newMigrator(t *testing.T, db *testdb.Database, set *lockstep.Set, o lockstep.Options) *lockstep.Migrator {
	t.Helper()
	m, err := lockstep.New(db.Open(t), dialectOf(t, db), set, o)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return m
}

func mustUp(t *testing.T, m *lockstep.Migrator) *lockstep.Result {
	t.Helper()
	r, err := m.Up(t.Context())
	if err != nil {
		t.Fatalf("Up: %v\nhint: %s", err, lockstep.HintOf(err))
	}
	return r
}

func count(t *testing.T, db *testdb.Database, query string) int {
	t.Helper()
	var n int
	if err := db.Open(t).QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// await waits until a condition holds.
func await(tb testing.TB, what string, holds func() bool) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			tb.Fatalf("waited in vain until %s", what)
		}
	}
}

// patience is how long a test waits for what comes in milliseconds on a machine
// that does nothing else.
const patience = 2 * time.Minute

// users is a small portable history.
func users() fstest.MapFS {
	return files(
		"20260101120000_create_users.up.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL);\nCREATE INDEX users_name ON users (name);\n",
		"20260101120000_create_users.down.sql", "DROP TABLE users;\n",
		"20260102120000_add_email.up.sql", "ALTER TABLE users ADD COLUMN email VARCHAR(80);\n",
		"20260102120000_add_email.down.sql", "ALTER TABLE users DROP COLUMN email;\n",
		"20260103120000_fill_users.up.sql", "INSERT INTO users (id, name) VALUES (1, 'a;b');\nINSERT INTO users (id, name) VALUES (2, 'c');\n",
		"20260103120000_fill_users.down.sql", "DELETE FROM users;\n",
	)
}

func TestUpDownUp(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		m := newMigrator(t, db, mustLoad(t, users()), lockstep.Options{})
		if r := mustUp(t, m); len(r.Done) != 3 {
			t.Fatalf("first up did %d steps, want 3", len(r.Done))
		}
		if n := count(t, db, "SELECT count(*) FROM users"); n != 2 {
			t.Fatalf("users has %d rows, want 2", n)
		}
		if r := mustUp(t, m); len(r.Done) != 0 {
			t.Fatalf("second up did %d steps, want 0", len(r.Done))
		}
		r, err := m.Run(t.Context(), lockstep.Target{Direction: lockstep.Down, To: "20260101120000"})
		if err != nil || len(r.Done) != 2 {
			t.Fatalf("down to the first: %d steps, %v", len(r.Done), err)
		}
		if r := mustUp(t, m); len(r.Done) != 2 {
			t.Fatalf("up after down did %d steps, want 2", len(r.Done))
		}
		if n, err := m.VerifyChain(t.Context()); err != nil || n < 7 {
			t.Fatalf("VerifyChain = %d, %v", n, err)
		}
		s, err := m.Status(t.Context())
		if err != nil || s.Applied != 3 || s.Pending != 0 {
			t.Fatalf("Status = %+v, %v", s, err)
		}
	})
}

func TestFailingStatementIsPlaced(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		fsys := files("1_create_a.up.sql", "CREATE TABLE a (id INTEGER PRIMARY KEY);\n\n-- é\nCREATE TABLE a (id INTEGER);\n")
		_, err := newMigrator(t, db, mustLoad(t, fsys), lockstep.Options{}).Up(t.Context())
		var se *lockstep.StatementError
		if !errors.As(err, &se) {
			t.Fatalf("Up = %v, want a StatementError", err)
		}
		if se.Number != 2 || se.Pos.Line != 4 || !strings.Contains(se.Excerpt, "CREATE TABLE a (id INTEGER)") {
			t.Errorf("placed at statement %d, line %d:\n%s", se.Number, se.Pos.Line, se.Excerpt)
		}
		var pe *lockstep.PartialError
		if !errors.As(err, &pe) {
			t.Fatalf("Up = %T, want a PartialError", err)
		}
		fsys["1_create_a.up.sql"].Data = []byte("CREATE TABLE a (id INTEGER PRIMARY KEY);\n\nCREATE TABLE b (id INTEGER);\n")
		mustUp(t, newMigrator(t, db, mustLoad(t, fsys), lockstep.Options{}))
		count(t, db, "SELECT count(*) FROM a, b")
	})
}

// TestManyRunnersAtOnce starts 20 runners on an empty database. Each migration
// runs once, and nobody fails. That nobody waits long after the last one that
// did something is a matter of time, and beside it 20 runners start at once that
// find nothing to do.
func TestManyRunnersAtOnce(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		calm.Judge(t, 100*time.Millisecond, func() calm.Round {
			own := testdb.New(t, db.Kind)
			late := startTogether(t, own, 20, 3)
			start := time.Now()
			startTogether(t, own, 20, 0)
			return calm.Round{Took: late, Control: time.Since(start)}
		})
	})
}

// startTogether lets n runners start at once and returns how long after the
// last one that did something the last one ended.
func startTogether(t *testing.T, db *testdb.Database, n, want int) time.Duration {
	t.Helper()
	type outcome struct {
		steps int
		err   error
		at    time.Time
	}
	outcomes, set := make(chan outcome, n), mustLoad(t, users())
	for range n {
		pool := db.Pool(t)
		defer pool.Close() // once more when the test ends
		go func() {
			m, err := lockstep.New(pool, dialectOf(t, db), set, lockstep.Options{})
			if err != nil {
				outcomes <- outcome{err: err}
				return
			}
			r, err := m.Up(context.Background())
			outcomes <- outcome{len(r.Done), err, time.Now()}
		}()
	}
	steps, worked, last := 0, time.Time{}, time.Time{}
	for range n {
		o := <-outcomes
		if o.err != nil {
			t.Errorf("a runner: %v", o.err)
		}
		if steps += o.steps; o.steps > 0 {
			worked = o.at
		}
		last = o.at
	}
	if steps != want {
		t.Errorf("%d steps were run by all together, want %d", steps, want)
	}
	return last.Sub(worked)
}
