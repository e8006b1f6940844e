package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Cache is the directory that keeps unpacked servers and their empty, already
// initialised data directories. It is safe for use by several processes.
type Cache struct {
	// Dir is the cache's directory.
	Dir string
	// Log is told one line for each slow step; nil means silence.
	Log func(line string)
}

// DefaultCacheDir returns the directory used when none is named: below
// XDG_CACHE_HOME, or the user's own cache. For root without XDG_CACHE_HOME it
// is below /var/cache, because the servers run as another user then, who cannot
// enter root's home.
func DefaultCacheDir() (string, error) {
	if os.Getuid() == 0 && os.Getenv("XDG_CACHE_HOME") == "" {
		return "/var/cache/lockstep-servers", nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find cache directory: %w", err)
	}
	return filepath.Join(dir, "lockstep-servers"), nil
}

// Install makes sure that everything the kinds need is in the cache: programs,
// clients and data directories. It does nothing when all is there. Concurrent
// installs into one cache wait for each other.
func (c Cache) Install(ctx context.Context, kinds []Kind) error {
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return fmt.Errorf("make cache: %w", err)
	}
	unlock, err := lockFile(ctx, filepath.Join(c.Dir, "lock"), func() { c.say("another process installs; waiting for it") })
	if err != nil {
		return fmt.Errorf("lock cache: %w", err)
	}
	defer unlock()
	if err := c.installPrefixes(ctx, needed(kinds)); err != nil {
		return err
	}
	return c.makeTemplates(ctx, kinds)
}

// installPrefixes installs what is missing, the suites side by side, the trees
// of one suite one after the other.
func (c Cache) installPrefixes(ctx context.Context, list []prefix) error {
	bySuite := map[string][]prefix{}
	for _, p := range list {
		if _, err := os.Stat(c.prefixDir(p.name)); err != nil {
			bySuite[p.suite] = append(bySuite[p.suite], p)
		}
	}
	if len(bySuite) > 0 {
		if err := c.ensureSystem(ctx, bySuite); err != nil {
			return err
		}
	}
	var suites []func() error
	for suite, missing := range bySuite {
		suites = append(suites, func() error { return c.installSuite(ctx, suite, missing) })
	}
	return inParallel(suites)
}

func (c Cache) installSuite(ctx context.Context, suite string, list []prefix) error {
	if suite != "" {
		a, err := c.newApt(suite)
		if err != nil {
			return err
		}
		c.say("read the package lists of Debian %s", suite)
		if _, err := a.run(ctx, "update"); err != nil {
			return fmt.Errorf("read package lists of %s: %w", suite, err)
		}
		defer func() { _ = os.RemoveAll(filepath.Join(a.dir, "archives")) }() // only disk space; made again when needed
	}
	for _, p := range list {
		started := time.Now()
		if err := c.install(ctx, p); err != nil {
			return fmt.Errorf("install %s: %w", p.name, err)
		}
		c.say("installed %s in %.1f s", p.name, time.Since(started).Seconds())
	}
	return nil
}

// ensureSystem installs the few things that cannot be unpacked beside the
// system: the time zones that PostgreSQL reads, and npm where a kind needs it.
func (c Cache) ensureSystem(ctx context.Context, bySuite map[string][]prefix) error {
	var missing []string
	if _, err := os.Stat("/usr/share/zoneinfo/Europe/Berlin"); err != nil {
		missing = append(missing, "tzdata")
	}
	if len(bySuite[""]) > 0 && !hasProgram("npm") {
		missing = append(missing, "npm")
	}
	if len(missing) == 0 {
		return nil
	}
	c.say("apt-get install %v", missing)
	return SystemInstall(ctx, missing...)
}

// SystemInstall installs Debian packages into the system with apt-get. It
// needs root and says what to install by hand otherwise.
func SystemInstall(ctx context.Context, packages ...string) error {
	if os.Getuid() != 0 {
		return fmt.Errorf("not root: install %v first (apt-get install)", packages)
	}
	// The lock of apt is waited for, since unattended upgrades hold it at times.
	args := append([]string{"-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=5", "install", "-y", "--no-install-recommends"}, packages...)
	if _, err := output(ctx, "", "apt-get", args...); err == nil {
		return nil
	}
	// The lists may be missing or old.
	if _, err := output(ctx, "", "apt-get", "-o", "Acquire::Retries=5", "update"); err != nil {
		return err
	}
	_, err := output(ctx, "", "apt-get", args...)
	return err
}

func (c Cache) say(format string, args ...any) {
	if c.Log != nil {
		c.Log(fmt.Sprintf(format, args...))
	}
}

// inParallel runs the functions side by side and joins their errors.
func inParallel(list []func() error) error {
	errs := make([]error, len(list))
	var all sync.WaitGroup
	for i, f := range list {
		all.Go(func() { errs[i] = f() })
	}
	all.Wait()
	return errors.Join(errs...)
}
