package lockstep_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if os.Getenv("LOCKSTEP_CRASH_DIR") != "" {
		os.Exit(crashChild())
	}
	os.Exit(m.Run())
}

// crashChild migrates and kills itself, as kill -9 would, when the event
// LOCKSTEP_CRASH_AT comes.
func crashChild() int {
	at, err := strconv.Atoi(os.Getenv("LOCKSTEP_CRASH_AT"))
	if err != nil {
		return fail(err)
	}
	set, err := lockstep.Load(os.DirFS(os.Getenv("LOCKSTEP_CRASH_DIR")))
	if err != nil {
		return fail(err)
	}
	kind := os.Getenv("LOCKSTEP_CRASH_KIND")
	db, err := testdb.Connect(kind, os.Getenv("LOCKSTEP_CRASH_URL"))
	if err != nil {
		return fail(err)
	}
	n := 0
	sink := lockstep.SinkFunc(func(lockstep.Event) {
		if n++; n == at {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // the signal comes
		}
	})
	m, err := lockstep.New(db, dialectNamed(testdb.DialectOf(kind)), set, lockstep.Options{Sinks: []lockstep.Sink{sink}})
	if err != nil {
		return fail(err)
	}
	_, err = m.Up(context.Background())
	if err != nil {
		return fail(err)
	}
	fmt.Println("events:", n)
	return 0
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "child:", err)
	return 1
}

// crashHistory holds a transactional script, one that runs statement by
// statement, data, and what each server cannot do in a transaction.
func crashHistory(dialect string) fstest.MapFS {
	alone := map[string]string{
		testdb.Postgres: "CREATE INDEX CONCURRENTLY b_n ON b (n);\nINSERT INTO a (id, n) VALUES (2, 'two');\nDROP INDEX CONCURRENTLY b_n;\nCREATE INDEX CONCURRENTLY IF NOT EXISTS b_n2 ON b (n);\n",
		testdb.MySQL:    "CREATE INDEX b_n ON b (n);\nINSERT INTO a (id, n) VALUES (2, 'two');\nALTER TABLE b ADD COLUMN c INTEGER;\nUPDATE a SET n = CONCAT(n, '!') WHERE id = 1;\nDROP INDEX b_n ON b;\n",
		testdb.SQLite:   "PRAGMA foreign_keys = OFF;\nCREATE INDEX b_n ON b (n);\nVACUUM;\nINSERT INTO a (id, n) VALUES (2, 'two');\n",
	}[dialect]
	return files(
		"1_create_a.up.sql", "CREATE TABLE a (id INTEGER PRIMARY KEY, n VARCHAR(20));\nINSERT INTO a (id, n) VALUES (1, 'one');\n",
		"2_create_b.up.sql", "CREATE TABLE b (id INTEGER PRIMARY KEY, n VARCHAR(20));\n",
		"3_change_alone.up.sql", alone,
		"4_fill_a.up.sql", "INSERT INTO a (id, n) VALUES (3, 'three');\nUPDATE a SET n = 'x' WHERE id = 3;\n",
	)
}

// onDisk writes a source to a folder for another process.
func onDisk(t *testing.T, fsys fs.FS) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, fsys); err != nil {
		t.Fatal(err)
	}
	return dir
}

// child prepares a process that migrates db and dies at an event; 0 = never.
func child(t *testing.T, db *testdb.Database, dir string, at int) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(),
		"LOCKSTEP_CRASH_DIR="+dir, "LOCKSTEP_CRASH_AT="+strconv.Itoa(at),
		"LOCKSTEP_CRASH_KIND="+db.Kind.Name, "LOCKSTEP_CRASH_URL="+db.URL)
	cmd.Stderr = os.Stderr
	return cmd
}

func TestKilledAtEveryEvent(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		fsys := crashHistory(db.Kind.Dialect)
		dir := onDisk(t, fsys)
		out, err := child(t, db, dir, 0).Output()
		if err != nil {
			t.Fatalf("undisturbed run: %v", err)
		}
		var events int
		if _, err := fmt.Sscanf(string(out), "events: %d", &events); err != nil {
			t.Fatalf("undisturbed run printed %q", out)
		}
		want := db.Describe(t, "lockstep_ledger", "lockstep_ledger_lock")
		for at := 1; at <= events; at++ {
			survives(t, db.Kind, dir, fsys, at, want)
		}
	})
}

func survives(t *testing.T, kind testdb.Kind, dir string, fsys fstest.MapFS, at int, want string) {
	t.Helper()
	db := testdb.New(t, kind)
	if err := child(t, db, dir, at).Run(); err == nil {
		t.Errorf("event %d: the child was not killed", at)
		return
	}
	goesOn(t, db, fsys, fmt.Sprintf("killed at event %d", at), want)
}

// goesOn runs up after a crash and compares with an undisturbed run.
func goesOn(t *testing.T, db *testdb.Database, fsys fstest.MapFS, what, want string) {
	t.Helper()
	var log []string
	sink := lockstep.SinkFunc(func(e lockstep.Event) { log = append(log, fmt.Sprintf("%T %+v", e, e)) })
	m := newMigrator(t, db, mustLoad(t, fsys), lockstep.Options{Sinks: []lockstep.Sink{sink}})
	if _, err := m.Up(t.Context()); err != nil {
		t.Errorf("%s: up after it: %v", what, err)
		return
	}
	if got := db.Describe(t, "lockstep_ledger", "lockstep_ledger_lock"); got != want {
		t.Errorf("%s: got\n%s\nwant\n%s\nevents of the second run: %v", what, got, want, log)
	}
	if _, err := m.VerifyChain(t.Context()); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

func TestKilledAtAnyTime(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		fsys := crashHistory(db.Kind.Dialect)
		dir := onDisk(t, fsys)
		start := time.Now()
		if err := child(t, db, dir, 0).Run(); err != nil {
			t.Fatalf("undisturbed run: %v", err)
		}
		whole := time.Since(start)
		want := db.Describe(t, "lockstep_ledger", "lockstep_ledger_lock")
		const kills = 12
		for i := range kills {
			delay := whole * time.Duration(i+1) / (kills + 1)
			next := testdb.New(t, db.Kind)
			cmd := child(t, next, dir, 0)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			kill := time.AfterFunc(delay, func() { _ = cmd.Process.Kill() })
			_ = cmd.Wait() // killed, or done before
			kill.Stop()
			goesOn(t, next, fsys, "killed after "+delay.String(), want)
		}
	})
}
