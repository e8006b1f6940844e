//go:build unix

package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// serverUser is who the servers run as when this process is root: PostgreSQL
// and PgBouncer refuse to be root.
const serverUser = "nobody"

// unprivileged makes cmd run in a process group of its own, so that Ctrl-C at
// the terminal does not stop a server under a running test, and as serverUser
// if this process is root.
func unprivileged(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	uid, gid, err := serverIDs()
	if err != nil || uid < 0 {
		return err
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return nil
}

// serverIDs returns the ids of serverUser, or -1 if servers run as this user.
func serverIDs() (uid, gid int, err error) {
	if os.Getuid() != 0 {
		return -1, -1, nil
	}
	u, err := user.Lookup(serverUser)
	if err != nil {
		return -1, -1, fmt.Errorf("look up user: %w", err)
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	return uid, gid, errors.Join(err1, err2)
}

// makeServerDir makes a directory that the server's user owns.
func makeServerDir(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	uid, gid, err := serverIDs()
	if err != nil || uid < 0 {
		return err
	}
	if err := os.Chown(dir, uid, gid); err != nil {
		return fmt.Errorf("hand over directory: %w", err)
	}
	return nil
}

// lockFile takes an exclusive lock on the file, waiting for other processes; if
// it has to wait, it calls busy once. The lock ends with unlock or with the
// process.
func lockFile(ctx context.Context, path string, busy func()) (unlock func(), err error) {
	for first := true; ; first = false {
		unlock, err := tryLockFile(path)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return unlock, err
		}
		if first {
			busy()
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// tryLockFile is lockFile without waiting: EWOULDBLOCK if another has it.
func tryLockFile(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open lock file: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil // closing is what unlocks; there is nothing to do about a failure
}

// freeSpace returns the bytes free in the file system of dir, 0 if unknown.
func freeSpace(dir string) uint64 {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0
	}
	return uint64(s.Bavail) * uint64(s.Bsize) //nolint:unconvert // the types differ between systems
}

// sessionsOf returns the processes that the server process has started. They
// outlive its death for a moment.
func sessionsOf(pid int) []int {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return nil
	}
	var children []int
	for _, f := range strings.Fields(string(data)) {
		if child, err := strconv.Atoi(f); err == nil {
			children = append(children, child)
		}
	}
	return children
}

// killAll kills the processes and returns when all are gone.
func killAll(pids []int) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended meanwhile
	}
	deadline := time.Now().Add(stopTimeout)
	for _, pid := range pids {
		for alive(pid) && time.Now().Before(deadline) {
			time.Sleep(time.Millisecond)
		}
	}
}

// alive reports whether the process runs; one that waits for its parent to take
// note of its end does not.
func alive(pid int) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(data), ") ")
	return !strings.HasPrefix(state, "Z")
}
