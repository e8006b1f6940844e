package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/lockstepdb/lockstep"
)

// stampLayout is how versions are written that are points in time.
const stampLayout = "20060102150405"

// claimAge is how old a claim must be to be the leftover of a crash.
const claimAge = time.Hour

// numbering chooses the version of a new migration.
type numbering struct {
	dirs       []string
	sequential bool
	now        func() time.Time
}

// claim reserves a version that no migration has and no other process is about
// to use: a file with the version as its name, made exclusively, after which
// the folders are read again. release removes the reservation.
func (n numbering) claim(ctx context.Context) (version lockstep.Version, note string, release func(), err error) {
	dir := n.dirs[0]
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", "", nil, fmt.Errorf("make folder: %w", err)
	}
	removeOldClaims(dir)
	for try := range maxTries {
		if version, note, err = n.next(try / patience); err != nil {
			return "", "", nil, err
		}
		release, err := reserve(dir, version)
		if errors.Is(err, fs.ErrExist) {
			if !pause(ctx, moment) { // another process is writing its files just now
				return "", "", nil, context.Cause(ctx)
			}
			continue
		}
		if err != nil {
			return "", "", nil, fmt.Errorf("reserve version: %w", err)
		}
		taken, err := n.taken(version)
		if err == nil && !taken {
			return version, note, release, nil
		}
		release()
		if err != nil {
			return "", "", nil, err
		}
	}
	return "", "", nil, lockstep.WithHint(fmt.Errorf("no version is free in %s", dir), "delete what is left of interrupted commands: "+filepath.Join(dir, claimPrefix+"*"))
}

// How reservations of others are waited for: so many moments for each, before
// the next version is tried.
const (
	claimPrefix = ".lockstep-new-"
	moment      = 2 * time.Millisecond
	patience    = 250
	maxTries    = 20 * patience
)

// reserve makes the file that reserves a version. The error is fs.ErrExist if
// it is reserved.
func reserve(dir string, version lockstep.Version) (release func(), err error) {
	path := filepath.Join(dir, claimPrefix+string(version))
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	release = func() { _ = os.Remove(path) } // a leftover only makes later versions skip this one
	if err := f.Close(); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

func removeOldClaims(dir string) {
	claims, _ := filepath.Glob(filepath.Join(dir, claimPrefix+"*")) // the pattern is valid
	for _, c := range claims {
		if info, err := os.Lstat(c); err == nil && time.Since(info.ModTime()) > claimAge {
			_ = os.Remove(c) // if it stays, a version is skipped
		}
	}
}

// taken reports whether a migration has the version.
func (n numbering) taken(v lockstep.Version) (bool, error) {
	versions, err := versionsIn(n.dirs)
	if err != nil {
		return false, err
	}
	for _, w := range versions {
		if v.Compare(w) == 0 {
			return true, nil
		}
	}
	return false, nil
}

// next returns a version behind all that exist, further by try.
func (n numbering) next(try int) (v lockstep.Version, note string, err error) {
	versions, err := versionsIn(n.dirs)
	if err != nil {
		return "", "", err
	}
	var last lockstep.Version
	for _, w := range versions {
		if last == "" || w.Compare(last) > 0 {
			last = w
		}
	}
	if n.sequential {
		v, err = nextNumber(last, try)
		return v, "", err
	}
	now := n.now().UTC()
	v = lockstep.Version(now.Add(time.Duration(try) * time.Second).Format(stampLayout))
	if last == "" || v.Compare(last) > 0 {
		return v, "", nil
	}
	if at, err := time.Parse(stampLayout, string(last)); err == nil {
		v = lockstep.Version(at.Add(time.Duration(try+1) * time.Second).Format(stampLayout))
		if at.Sub(now) > time.Minute {
			note = fmt.Sprintf("the version follows %s, which lies in the future", last)
		}
		return v, note, nil
	}
	v, err = increment(last, try+1)
	return v, fmt.Sprintf("the version follows %s, the last in the folder, which is no point in time", last), err
}

// nextNumber returns the number after last, as wide as last is.
func nextNumber(last lockstep.Version, try int) (lockstep.Version, error) {
	if last == "" {
		return lockstep.Version(fmt.Sprintf("%04d", try+1)), nil
	}
	if len(last) >= len(stampLayout) {
		return "", lockstep.WithHint(fmt.Errorf("the last migration has version %s, which is no number of a sequence", last), "leave out --sequential")
	}
	return increment(last, try+1)
}

// increment adds n to the number at the end of a version and keeps its width.
func increment(v lockstep.Version, n int) (lockstep.Version, error) {
	s := string(v)
	start := strings.LastIndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) + 1
	number, ok := new(big.Int).SetString(s[start:], 10)
	if !ok {
		return "", lockstep.WithHint(fmt.Errorf("the version %s does not end in a number, so none can follow it", v), "write the files by hand")
	}
	digits := number.Add(number, big.NewInt(int64(n))).String()
	zeros := strings.Repeat("0", max(len(s)-start-len(digits), 0))
	return lockstep.Version(s[:start] + zeros + digits), nil
}

// versionsIn lists the versions of the migrations in the folders. Files that
// the library would refuse do not matter here: new must work beside them.
func versionsIn(dirs []string) ([]lockstep.Version, error) {
	var versions []lockstep.Version
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil
			case err != nil || path == dir:
				return err
			case strings.HasPrefix(entry.Name(), "."):
				if entry.IsDir() {
					return fs.SkipDir
				}
				return nil
			}
			if v := versionOf(path, entry.IsDir()); v != "" {
				versions = append(versions, v)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read folder: %w", err)
		}
	}
	return versions, nil
}

// versionOf reads the version a file or a folder of files begins with.
func versionOf(path string, isDir bool) lockstep.Version {
	base := filepath.Base(path)
	if !isDir && !strings.EqualFold(filepath.Ext(base), ".sql") {
		return ""
	}
	base = strings.TrimLeft(base, "Vv")
	end := strings.IndexAny(base, "_ ")
	if end < 0 {
		end = len(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(base, filepath.Ext(base)), ".up"), ".down"))
	}
	v := strings.TrimRight(base[:end], ".-")
	if v == "" || v[0] < '0' || v[0] > '9' {
		return ""
	}
	return lockstep.Version(v)
}
