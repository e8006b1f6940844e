//go:build linux

package servers

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// leftover makes a run directory as a killed run leaves it, with a process that
// is still running, and returns both.
func leftover(t *testing.T, tmp string) (dir string, process *exec.Cmd) {
	t.Helper()
	dir = filepath.Join(tmp, runPattern+"1")
	server := filepath.Join(dir, "postgres")
	if err := os.MkdirAll(server, 0o755); err != nil {
		t.Fatal(err)
	}
	pid := filepath.Join(server, pidFile)
	write(t, pid, "") // tail wants a file when it starts
	process = exec.Command("tail", "-f", pid)
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = process.Process.Kill() })
	write(t, pid, strconv.Itoa(process.Process.Pid))
	write(t, filepath.Join(dir, "lock"), "")
	return dir, process
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestSweepEndsWhatAKilledRunLeft(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	dir, process := leftover(t, tmp)
	sweep(tmp)
	if err := process.Wait(); err == nil {
		t.Error("the left-over process ended by itself, want: killed")
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the run's directory is still there: %v", err)
	}
}

func TestSweepSparesARunThatLives(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	dir, process := leftover(t, tmp)
	unlock, err := tryLockFile(filepath.Join(dir, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	sweep(tmp)
	if _, err := os.Stat(dir); err != nil {
		t.Errorf("the run's directory: %v", err)
	}
	if !alive(process.Process.Pid) {
		t.Error("a living run's process was killed")
	}
}

// A pid may belong to another program by now.
func TestSweepSparesOtherPrograms(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	dir, _ := leftover(t, tmp)
	other := exec.Command("tail", "-f", "/dev/null")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = other.Process.Kill()
		_ = other.Wait()
	})
	write(t, filepath.Join(dir, "postgres", pidFile), strconv.Itoa(other.Process.Pid))
	sweep(tmp)
	if !alive(other.Process.Pid) {
		t.Error("another program was killed")
	}
}
