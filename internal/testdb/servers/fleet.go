package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// The variables beside those of the kinds that tell tests where things are.
const (
	// CacheVariable names the cache directory: programs and templates.
	CacheVariable = "LOCKSTEP_TEST_CACHE"
	// RunVariable names the directory of this run, where tests put servers of
	// their own; whatever is left in it is ended with the run.
	RunVariable = "LOCKSTEP_TEST_RUN"
)

// runPattern is the name of run directories below the temporary directory.
const runPattern = "lockstep-servers-"

// memoryDisk is the system's file system in memory. PostgreSQL creates a
// database there in 6 ms instead of 55 on a disk, and there is one for each test.
const memoryDisk = "/dev/shm"

// roomInMemory is the free space that makes memoryDisk usable; containers have
// very little of it unless told otherwise.
const roomInMemory = 6 << 30

// runBase is where the directories of runs are: TMPDIR if that is set, in
// memory if there is much room, else in the system's temporary directory.
func runBase() string {
	if os.Getenv("TMPDIR") == "" && freeSpace(memoryDisk) >= roomInMemory {
		return memoryDisk
	}
	return os.TempDir()
}

// Fleet is a set of running servers, one of each kind.
type Fleet struct {
	dir     string
	cache   Cache
	unlock  func()
	mu      sync.Mutex // guards running while servers start side by side
	running []*Server
}

// StartFleet starts a server of each kind, all at once, and returns when every
// one answers; the kinds must be installed. If one cannot start, the others are
// stopped and the error has the end of its log. Runs that were killed before
// they could clean up are cleaned up first.
func (c Cache) StartFleet(ctx context.Context, kinds []Kind) (*Fleet, error) {
	base := runBase()
	sweep(base)
	dir, err := os.MkdirTemp(base, runPattern)
	if err != nil {
		return nil, fmt.Errorf("make run directory: %w", err)
	}
	unlock, err := tryLockFile(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("lock run directory: %w", err)
	}
	f := &Fleet{dir: dir, cache: c, unlock: unlock}
	// Servers run as another user and must get through.
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, errors.Join(fmt.Errorf("open run directory: %w", err), f.Stop())
	}
	var starts []func() error
	for _, k := range kinds {
		if k.IsServer() {
			starts = append(starts, func() error { return f.start(ctx, k) })
		}
	}
	if err := inParallel(starts); err != nil {
		return nil, errors.Join(err, f.Stop())
	}
	return f, nil
}

func (f *Fleet) start(ctx context.Context, k Kind) error {
	began := time.Now()
	s, err := f.cache.NewServer(ctx, k, filepath.Join(f.dir, k.Name))
	if err != nil {
		return fmt.Errorf("prepare %s: %w", k.Name, err)
	}
	f.mu.Lock()
	f.running = append(f.running, s)
	f.mu.Unlock()
	if err := s.Start(ctx); err != nil {
		return fmt.Errorf("start %s: %w", k.Name, err)
	}
	f.cache.say("%s is ready on port %d after %.1f s", k.Name, s.Port, time.Since(began).Seconds())
	return nil
}

// Environment returns the variables that tell tests about the fleet, each as
// NAME=VALUE, sorted.
func (f *Fleet) Environment() []string {
	env := []string{CacheVariable + "=" + f.cache.Dir, RunVariable + "=" + f.dir}
	for _, s := range f.running {
		database := ""
		if s.Kind.Dialect == Postgres {
			database = "postgres"
		}
		env = append(env, s.Kind.Variable()+"="+s.URL(database))
	}
	slices.Sort(env)
	return env
}

// Stop ends all servers, and whatever else was started in the run's directory,
// and removes their data. The fleet is of no use afterwards.
func (f *Fleet) Stop() error {
	var stops []func() error
	for _, s := range f.running {
		stops = append(stops, s.Discard)
	}
	err := inParallel(stops)
	endLeftovers(f.dir)
	err = errors.Join(err, os.RemoveAll(f.dir))
	f.unlock()
	return err
}

// sweep removes the runs in tmp whose process is gone: a run holds a lock on a
// file in its directory for as long as it lives.
func sweep(tmp string) {
	runs, err := filepath.Glob(filepath.Join(tmp, runPattern+"*", "lock"))
	if err != nil {
		return
	}
	for _, lock := range runs {
		unlock, err := tryLockFile(lock)
		if err != nil {
			continue // it lives, or belongs to another user
		}
		dir := filepath.Dir(lock)
		endLeftovers(dir)
		_ = os.RemoveAll(dir) // the next sweep tries again
		unlock()
	}
}
