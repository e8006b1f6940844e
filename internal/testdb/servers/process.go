package servers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Limits of what a server may take; far beyond what is ever seen, so that a
// busy machine does not fail a run.
const (
	startTimeout = 90 * time.Second
	stopTimeout  = 60 * time.Second
	pollInterval = 20 * time.Millisecond
)

// pidFile is in the directory of every process that this package starts; the
// clean-up after a killed run finds its left-over processes by it.
const pidFile = "process.pid"

// process is one running server. Its directory holds its log and pid file.
type process struct {
	cmd  *exec.Cmd
	dir  string
	done chan struct{} // closed when the process is gone
}

// startProcess starts the program in the background, as the user that servers
// run as; what it prints goes to the log file in dir.
func startProcess(dir, program string, args ...string) (*process, error) {
	log, err := os.OpenFile(logPath(dir), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	defer func() { _ = log.Close() }() // the process has its own descriptor
	p := &process{cmd: exec.Command(program, args...), dir: dir, done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, log, log
	p.cmd.Env = []string{"HOME=" + dir, "LC_ALL=C", "TZ=UTC", "PATH=/usr/bin:/bin"}
	if err := unprivileged(p.cmd); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", filepath.Base(program), err)
	}
	go func() {
		_ = p.cmd.Wait() // how a throwaway server ends is of no interest; its log has it
		close(p.done)
	}()
	pid := strconv.Itoa(p.cmd.Process.Pid)
	if err := os.WriteFile(filepath.Join(dir, pidFile), []byte(pid), 0o644); err != nil {
		return nil, errors.Join(fmt.Errorf("write pid file: %w", err), p.end(syscall.SIGKILL))
	}
	return p, nil
}

// ready waits until ping succeeds. It fails at once when the process ends.
func (p *process) ready(ctx context.Context, ping func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	for {
		last := ping(ctx)
		if last == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("server ended while starting; the end of its log:\n%s", p.logTail())
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("wait for server: %w; the end of its log:\n%s", last, p.logTail()), p.end(syscall.SIGKILL))
		case <-poll.C:
		}
	}
}

// end sends the signal, waits until the process is gone and kills it if that
// takes too long. A process that is gone already is fine.
func (p *process) end(sig syscall.Signal) error {
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal server: %w", err)
	}
	select {
	case <-p.done:
	case <-time.After(stopTimeout):
		if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("kill server: %w", err)
		}
		<-p.done
	}
	return nil
}

func logPath(dir string) string { return filepath.Join(dir, "server.log") }

func (p *process) logTail() string {
	data, err := os.ReadFile(logPath(p.dir))
	if err != nil {
		return err.Error()
	}
	return tail(string(data), 20)
}

// endLeftovers kills every process whose pid file is below dir: what a killed
// run or a crashed test left running. A pid that now belongs to another program
// is recognised by its command line and left alone.
func endLeftovers(dir string) {
	files, err := filepath.Glob(filepath.Join(dir, "*", pidFile))
	if err != nil {
		return
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
		if err != nil || pid <= 1 {
			continue
		}
		line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
		if err != nil || !bytes.Contains(line, []byte(filepath.Dir(f))) {
			continue
		}
		if p, err := os.FindProcess(pid); err == nil {
			_ = p.Kill() // it may have ended meanwhile
		}
	}
}

// freePort returns a loopback port that nothing listens on. It stays below the
// range from which the system takes ports for outgoing connections, so that it
// is still free when a stopped server starts again.
func freePort() (int, error) {
	for range 200 {
		port := 10000 + rand.IntN(22000)
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			return 0, fmt.Errorf("find free port: %w", err)
		}
		return port, nil
	}
	return 0, errors.New("find free port: none of 200 tried is free")
}

func hasProgram(name string) bool {
	_, err := exec.LookPath(name)
	return err == nil
}
