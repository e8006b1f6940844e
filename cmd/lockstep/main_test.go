package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/lockstepdb/lockstep/internal/testdb"
)

// TestMain lets the test binary be the program itself.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"lockstep": main})
}

// endless is a query that SQLite never finishes.
const endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c;\n"

// patience is how long a test waits for what comes in milliseconds on a machine
// that does nothing else.
const patience = 2 * time.Minute

// process is a running program.
type process struct {
	cmd   *exec.Cmd
	lines chan string // of standard error
	said  strings.Builder
}

// start runs lockstep up with one quick migration and a second one, and returns
// when the first is done.
func start(t *testing.T, address, second string) *process {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"1_create_users.sql": "CREATE TABLE users (id INTEGER);", "2_count_long.sql": second} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	program, err := exec.LookPath("lockstep")
	if err != nil {
		t.Fatal(err)
	}
	p := &process{lines: make(chan string, 100)}
	p.cmd = exec.CommandContext(t.Context(), program, "up", "--db", address, "--dir", dir)
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.read(stderr)
	p.await(t, "✓ 1_create_users")
	return p
}

func (p *process) read(stderr io.Reader) {
	defer close(p.lines)
	for s := bufio.NewScanner(stderr); s.Scan(); {
		p.lines <- s.Text()
	}
}

// await reads standard error up to a line that holds text.
func (p *process) await(t *testing.T, text string) {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case line, ok := <-p.lines:
			p.said.WriteString(line + "\n")
			if strings.Contains(line, text) {
				return
			}
			if !ok {
				t.Fatalf("the program ended without saying %q:\n%s", text, p.said.String())
			}
		case <-deadline:
			t.Fatalf("the program did not say %q:\n%s", text, p.said.String())
		}
	}
}

func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// ends waits for the end and returns the exit code.
func (p *process) ends(t *testing.T) int {
	t.Helper()
	for line := range p.lines {
		p.said.WriteString(line + "\n")
	}
	var exit *exec.ExitError
	if err := p.cmd.Wait(); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return p.cmd.ProcessState.ExitCode()
}

func TestFirstSignalEndsInGoodOrder(t *testing.T) {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(s.String(), func(t *testing.T) {
			p := start(t, "sqlite:"+filepath.Join(t.TempDir(), "app.db"), endless)
			p.signal(t, s)
			p.await(t, "finishing the current statement; press Ctrl-C again to stop at once")
			code := p.ends(t)
			for _, want := range []string{"error: interrupted", "done:        1_create_users", "lockstep up goes on from there"} {
				if !strings.Contains(p.said.String(), want) {
					t.Errorf("lacks %q:\n%s", want, p.said.String())
				}
			}
			if code != 130 {
				t.Errorf("exit code %d, want 130\n%s", code, p.said.String())
			}
		})
	}
}

// TestSecondSignalEndsAtOnce interrupts a statement that cannot share a
// transaction with its record: the first signal lets it run to its end, which
// does not come while another transaction uses the table.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	db := testdb.New(t, testdb.KindNamed(t, "postgres18"))
	db.Exec(t, "CREATE TABLE busy (id INTEGER)")
	tx, err := db.Open(t).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(t.Context(), "INSERT INTO busy VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	p := start(t, db.URL, "CREATE INDEX CONCURRENTLY busy_id ON busy (id);")
	awaitRow(t, db, "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%INDEX CONCURRENTLY%' AND wait_event_type = 'Lock'")
	p.signal(t, os.Interrupt)
	p.await(t, "finishing the current statement")
	later := time.NewTicker(2 * doubled) // what comes sooner is an echo of the first
	defer later.Stop()
	<-later.C
	p.signal(t, os.Interrupt)
	if code := p.ends(t); code != 130 || strings.Contains(p.said.String(), "error:") {
		t.Errorf("exit code %d, want 130 and nothing more said\n%s", code, p.said.String())
	}
}

// awaitRow waits until a query gives a row.
func awaitRow(t *testing.T, db *testdb.Database, query string) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); ; {
		var n int
		err := db.Open(t).QueryRowContext(t.Context(), query).Scan(&n)
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s: %v", query, err)
		}
	}
}
