//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/lockstepdb/lockstep/internal/testdb/servers"
)

// asCommand makes the test binary behave as the command itself.
const asCommand = "LOCKSTEP_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) == "1" {
		os.Exit(run(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// command runs the command with a cache that needs no installing.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cache := os.Getenv(servers.CacheVariable)
	if cache == "" {
		if os.Getenv("LOCKSTEP_TEST_REQUIRE") == "1" {
			t.Fatalf("%s is not set", servers.CacheVariable)
		}
		t.Skip("the servers are not installed; `make test` does it")
	}
	cmd := exec.Command(os.Args[0], append([]string{"-cache", cache}, args...)...)
	cmd.Env = append(os.Environ(), asCommand+"=1", "TMPDIR="+sharedTempDir(t))
	return cmd
}

// sharedTempDir is a directory that the servers' user can enter, unlike
// t.TempDir.
func sharedTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "servers-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func code(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit == nil {
		return 0
	}
	return exit.ExitCode()
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		args []string
		want int
		says string
	}{
		{"the command's code", []string{"-kinds", "sqlite", "--", "sh", "-c", "exit 7"}, 7, ""},
		{"success", []string{"-kinds", "sqlite", "--", "true"}, 0, ""},
		{"no such command", []string{"-kinds", "sqlite", "--", "no-such-command"}, 127, "no-such-command"},
		{"unknown kind", []string{"-kinds", "oracle"}, 2, "postgres18"},
		{"unknown flag", []string{"-nonsense"}, 2, "nonsense"},
		{"help", []string{"-help"}, 0, "-kinds"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			out, err := command(t, test.args...).CombinedOutput()
			if got := code(t, err); got != test.want || !strings.Contains(string(out), test.says) {
				t.Errorf("exit code %d, want %d; output:\n%s", got, test.want, out)
			}
		})
	}
}

func TestServersRunWhileTheCommandDoes(t *testing.T) {
	t.Parallel()
	cmd := command(t, "-kinds", "postgres15", "--", "sh", "-c", `
		"$LOCKSTEP_TEST_CACHE"/prefix/postgres15-*/bin/psql -X -At "$LOCKSTEP_TEST_POSTGRES15" -c 'SHOW max_connections'
		ls -d "$LOCKSTEP_TEST_RUN"`)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	lines := strings.Fields(string(out))
	if err != nil || len(lines) != 2 || lines[0] != "300" {
		t.Fatalf("the command printed %q (%v):\n%s", lines, err, stderr.String())
	}
	if _, err := os.Stat(lines[1]); !os.IsNotExist(err) {
		t.Errorf("the run's directory outlives the run: %v", err)
	}
}

// A signal reaches the command, which decides what to do; then everything is
// cleaned up.
func TestSignalIsPassedOn(t *testing.T) {
	t.Parallel()
	cmd := command(t, "-kinds", "sqlite", "--", "sh", "-c", `trap 'exit 5' TERM; echo "$LOCKSTEP_TEST_RUN"; while :; do sleep 0.05; done`)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dir, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := code(t, cmd.Wait()); got != 5 {
		t.Errorf("exit code %d, want the command's own 5", got)
	}
	if _, err := os.Stat(strings.TrimSpace(dir)); !os.IsNotExist(err) {
		t.Errorf("the run's directory outlives the run: %v", err)
	}
}

// Without a command the variables are written, and an interrupt ends it well.
func TestVariablesAreShownUntilInterrupted(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "env")
	if err := syscall.Mkfifo(file, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := command(t, "-kinds", "sqlite", "-env", file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file) // returns when the command has written all of it
	if err != nil || !strings.Contains(string(text), "export "+servers.CacheVariable+"='") {
		t.Errorf("variables: %q, %v", text, err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if got := code(t, cmd.Wait()); got != 0 {
		t.Errorf("exit code %d, want 0", got)
	}
}
