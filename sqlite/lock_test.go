package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqlite"
)

// processes and rounds are how often the lock is fought for in countUp.
const (
	processes = 20
	rounds    = 3
)

func testLock(t *testing.T, driver string) {
	t.Run("killed", func(t *testing.T) { lockKilled(t, driver) })
	t.Run("processes", func(t *testing.T) { lockProcesses(t, driver) })
	t.Run("one connection", func(t *testing.T) { lockOneConnection(t, driver) })
	t.Run("in the way of nothing", func(t *testing.T) { lockInTheWayOfNothing(t, driver) })
	t.Run("database in use", func(t *testing.T) { lockDatabaseInUse(t, driver) })
	t.Run("folder", func(t *testing.T) { lockFolder(t, driver) })
}

func newLock(t *testing.T, driver, path string) lockstep.RunLock {
	t.Helper()
	db := open(t, driver, path)
	lock := sqlite.Dialect().Lock(db, probe(t, db), lockstep.LockRequest{Name: "lockstep_ledger"})
	t.Cleanup(func() {
		if err := lock.Release(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return lock
}

// child starts the test binary as another process.
func child(t *testing.T, role, driver, path string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"="+role, driverVariable+"="+driver, pathVariable+"="+path)
	cmd.Stderr = os.Stderr
	return cmd
}

// lockKilled: kill -9 of the holder frees the lock at once.
func lockKilled(t *testing.T, driver string) {
	path := filepath.Join(t.TempDir(), "app.db")
	cmd := child(t, "hold", driver, path)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "held\n" {
		t.Fatalf("child said %q (%v)", line, err)
	}
	lock := newLock(t, driver, path)
	if held, err := lock.Try(t.Context()); held || err != nil {
		t.Fatalf("Try while another process holds the lock = %t, %v", held, err)
	}
	h, err := lock.Holder(t.Context())
	if err != nil || h.Host != "child" || h.PID != cmd.Process.Pid {
		t.Errorf("Holder = %v, %v; want the child %d", h, err, cmd.Process.Pid)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // says that it was killed
	start := time.Now()
	if held, err := lock.Try(t.Context()); !held || err != nil {
		t.Fatalf("first Try after the holder was killed = %t, %v", held, err)
	}
	t.Logf("taken over in %v", time.Since(start))
}

// lockProcesses: many processes that start at once on a database that does not
// exist yet take turns.
func lockProcesses(t *testing.T, driver string) {
	path := filepath.Join(t.TempDir(), "app.db")
	start := time.Now()
	var wg sync.WaitGroup
	for range processes {
		cmd := child(t, "count", driver, path)
		wg.Go(func() {
			if err := cmd.Run(); err != nil {
				t.Errorf("child: %v", err)
			}
		})
	}
	wg.Wait()
	t.Logf("%d processes, %d turns in %v", processes, processes*rounds, time.Since(start))
	const query = "SELECT count(*) || ' of ' || count(DISTINCT n) FROM counter"
	if got := text(t, open(t, driver, path), query); got != "60 of 60" {
		t.Errorf("counted %s, want 60 of 60", got)
	}
}

// lockOneConnection: a pool that may open one connection, which the run needs,
// is enough.
func lockOneConnection(t *testing.T, driver string) {
	db := open(t, driver, filepath.Join(t.TempDir(), "app.db"))
	db.SetMaxOpenConns(1)
	srv := probe(t, db)
	work, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer work.Close()
	lock := sqlite.Dialect().Lock(db, srv, lockstep.LockRequest{Name: "lockstep_ledger"})
	if held, err := lock.Try(t.Context()); !held || err != nil {
		t.Fatalf("Try = %t, %v", held, err)
	}
	if err := errors.Join(lock.Verify(t.Context()), lock.Release(t.Context())); err != nil {
		t.Error(err)
	}
}

// lockInTheWayOfNothing: a migration may do with the database what needs it
// alone, while the lock is held and others wait for it.
func lockInTheWayOfNothing(t *testing.T, driver string) {
	path := filepath.Join(t.TempDir(), "app.db")
	lock, other := newLock(t, driver, path), newLock(t, driver, path)
	if held, err := lock.Try(t.Context()); !held || err != nil {
		t.Fatalf("Try = %t, %v", held, err)
	}
	if held, err := other.Try(t.Context()); held || err != nil {
		t.Fatalf("second Try = %t, %v", held, err)
	}
	db := open(t, driver, path)
	db.SetMaxOpenConns(1)
	mustExec(t, db, "CREATE TABLE t (id)", "INSERT INTO t VALUES (1)")
	for _, statement := range []string{
		"PRAGMA journal_mode = WAL", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)", "BEGIN EXCLUSIVE", "COMMIT", "PRAGMA journal_mode = DELETE",
	} {
		mustExec(t, db, statement)
		if err := lock.Verify(t.Context()); err != nil {
			t.Errorf("Verify after %s: %v", statement, err)
		}
	}
	if mode := text(t, db, "PRAGMA journal_mode"); mode != "delete" {
		t.Errorf("journal_mode = %s, want delete", mode)
	}
}

// lockDatabaseInUse: the lock can be taken, verified and asked about while the
// database is locked as strongly as can be, by the run itself or by others.
func lockDatabaseInUse(t *testing.T, driver string) {
	path := filepath.Join(t.TempDir(), "app.db")
	lock, other := newLock(t, driver, path), newLock(t, driver, path)
	mustExec(t, open(t, driver, path), "BEGIN EXCLUSIVE")
	if held, err := lock.Try(t.Context()); !held || err != nil {
		t.Fatalf("Try = %t, %v", held, err)
	}
	if err := lock.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if held, err := other.Try(t.Context()); held || err != nil {
		t.Fatalf("second Try = %t, %v", held, err)
	}
	if h, err := other.Holder(t.Context()); err != nil || time.Since(h.Since).Abs() > time.Minute {
		t.Errorf("Holder = %v, %v", h, err)
	}
}

// lockFolder: a folder that is gone or closed gives an error with the file.
func lockFolder(t *testing.T, driver string) {
	folder := filepath.Join(t.TempDir(), "folder")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "app.db")
	lock := newLock(t, driver, path)
	if err := os.Rename(folder, folder+"2"); err != nil {
		t.Fatal(err)
	}
	held, err := lock.Try(t.Context())
	de := sqlite.Dialect().Classify(err)
	if held || de == nil || de.Class != lockstep.ErrorUnknownTarget || !strings.Contains(err.Error(), "app.db-lockstep_ledger.lock") {
		t.Errorf("Try without the folder = %t, %v (%+v)", held, err, de)
	}
}

// Whoever may write the database may take its lock, whoever made the file.
func TestLockFileMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // has no such modes
	}
	path := filepath.Join(t.TempDir(), "app.db")
	mustExec(t, open(t, modernc, path), "CREATE TABLE t (id)")
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if held, err := newLock(t, modernc, path).Try(t.Context()); !held || err != nil {
		t.Fatalf("Try = %t, %v", held, err)
	}
	info, err := os.Stat(path + "-lockstep_ledger.lock")
	if err != nil || info.Mode().Perm() != 0o666 {
		t.Errorf("mode of the lock's file = %v (%v), want that of the database", info.Mode(), err)
	}
}

// The name of a ledger may hold anything; it becomes part of a file's name.
func TestLockFileName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	db := open(t, modernc, path)
	lock := sqlite.Dialect().Lock(db, probe(t, db), lockstep.LockRequest{Name: "../x/ä b"})
	if held, err := lock.Try(t.Context()); !held || err != nil {
		t.Fatalf("Try = %t, %v", held, err)
	}
	if _, err := os.Stat(path + "-..%2Fx%2F%C3%A4%20b.lock"); err != nil {
		t.Error(err)
	}
	if err := lock.Release(t.Context()); err != nil {
		t.Error(err)
	}
}
