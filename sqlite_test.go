package lockstep_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqlite"
)

// openFile opens a database as an application would that sets nothing.
func openFile(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestManyRunnersWithoutBusyTimeout(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.db")
	set := mustLoad(t, users())
	steps := runTogether(t, 20, func() *lockstep.Migrator {
		m, err := lockstep.New(openFile(t, path), sqlite.Dialect(), set, lockstep.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return m
	})
	if steps != 3 {
		t.Errorf("%d steps were done by all together", steps)
	}
}

// TestRunWaitsWhileNothingCanBeRead: a transaction that is too large for the
// cache, or a VACUUM, keeps readers out until it ends. If it is another run's,
// that may be long after the patience of one read.
func TestRunWaitsWhileNothingCanBeRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wait  time.Duration
		fails bool
	}{"waits": {patience, false}, "does not wait": {-1, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "app.db")
			other, err := openFile(t, path).Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			exclude := func(query string) {
				if _, err := other.ExecContext(t.Context(), query); err != nil {
					t.Errorf("%s: %v", query, err)
				}
			}
			exclude("BEGIN EXCLUSIVE")
			sink := lockstep.SinkFunc(func(e lockstep.Event) {
				if _, ok := e.(lockstep.Retrying); ok {
					exclude("COMMIT")
				}
			})
			m, err := lockstep.New(openFile(t, path), sqlite.Dialect(), mustLoad(t, users()), lockstep.Options{LockWait: c.wait, Sinks: []lockstep.Sink{sink}})
			if err != nil {
				t.Fatal(err)
			}
			r, err := m.Up(t.Context())
			if (err != nil) != c.fails || len(r.Done) != map[bool]int{false: 3}[c.fails] {
				t.Errorf("Up did %d steps, %v", len(r.Done), err)
			}
			if hint := lockstep.HintOf(err); c.fails && !strings.Contains(hint, "WAL") {
				t.Errorf("hint %q", hint)
			}
		})
	}
}

func TestTableRebuildKeepsItsChildren(t *testing.T) {
	t.Parallel()
	const before = `CREATE TABLE parent (id INTEGER PRIMARY KEY, n TEXT);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id REFERENCES parent ON DELETE CASCADE);
INSERT INTO parent VALUES (1, 'a'), (2, 'b');
INSERT INTO child VALUES (1, 1), (2, 2);`
	rebuild := `PRAGMA foreign_keys = OFF;
CREATE TABLE parent_new (id INTEGER PRIMARY KEY, n TEXT NOT NULL);
INSERT INTO parent_new SELECT id, n FROM parent WHERE ROWS;
DROP TABLE parent;
ALTER TABLE parent_new RENAME TO parent;
PRAGMA foreign_keys = ON;`
	for _, c := range []struct {
		rows string
		fail bool
	}{{"1=1", false}, {"id = 1", true}} {
		db := openFile(t, filepath.Join(t.TempDir(), "app.db")+"?_pragma=foreign_keys(1)")
		set := mustLoad(t, files("1_create.sql", before, "2_rebuild_parent.sql", strings.Replace(rebuild, "ROWS", c.rows, 1)))
		m, err := lockstep.New(db, sqlite.Dialect(), set, lockstep.Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.Up(t.Context())
		if (err != nil) != c.fail {
			t.Errorf("rebuild with %s: %v", c.rows, err)
		}
		var children int
		if err := db.QueryRow("SELECT count(*) FROM child JOIN parent ON parent.id = parent_id").Scan(&children); err != nil || children != 2 {
			t.Errorf("rebuild with %s: %d children are left, %v", c.rows, children, err)
		}
	}
}

func TestDiskFull(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.db")
	set := mustLoad(t, files("1_create.sql", "CREATE TABLE t (x BLOB);", "2_fill.sql", "INSERT INTO t VALUES (zeroblob(1000000));"))
	m, err := lockstep.New(openFile(t, path+"?_pragma=max_page_count(60)"), sqlite.Dialect(), set, lockstep.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := m.Up(t.Context())
	var de *lockstep.DatabaseError
	if !errors.As(err, &de) || de.Class != lockstep.ErrorDiskFull || len(r.Done) != 1 {
		t.Fatalf("Up on a full disk: %d steps, %v", len(r.Done), err)
	}
	m, err = lockstep.New(openFile(t, path), sqlite.Dialect(), set, lockstep.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r := mustUp(t, m); len(r.Done) != 1 {
		t.Errorf("with room again: %d steps", len(r.Done))
	}
	if _, err := m.VerifyChain(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestInMemory(t *testing.T) {
	t.Parallel()
	db := openFile(t, ":memory:")
	db.SetMaxOpenConns(1)
	m, err := lockstep.New(db, sqlite.Dialect(), mustLoad(t, users()), lockstep.Options{})
	if err != nil {
		t.Fatal(err)
	}
	mustUp(t, m)
	if _, err := m.Down(t.Context()); err != nil {
		t.Error(err)
	}
	mustUp(t, m)
}
