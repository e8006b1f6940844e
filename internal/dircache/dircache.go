// Package dircache remembers the digest of a migrations folder, so that a
// command that has nothing to do need not read ten thousand files to know it.
//
// A folder is known again when every SQL file in it has the name, size, inode
// and times of modification and change it had. It is a cache only: without it
// everything works the same, slower, and what it says is never written
// anywhere else.
package dircache

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Known is what is remembered of a set of folders.
type Known struct {
	Digest     string `json:"digest"`     // of the set loaded from them
	Migrations int    `json:"migrations"` // how many it has
	Stamp      string `json:"stamp"`      // of the folders' files
}

// settled is how old a file must be before its times tell it from a later
// edit: coarse file systems count in seconds.
const settled = 2 * time.Second

// Cache is a folder that holds what is remembered.
type Cache struct {
	dir string
	now func() time.Time
}

// User returns the cache of the current user. ok is false when there is no
// place for one.
func User() (Cache, bool) {
	base, err := os.UserCacheDir()
	if err != nil {
		return Cache{}, false
	}
	return Cache{dir: filepath.Join(base, "lockstep", "folders"), now: time.Now}, true
}

// Has reports whether something is remembered of the folders, which may be out
// of date.
func (c Cache) Has(dirs []string) bool {
	_, err := os.Stat(c.file(dirs))
	return err == nil
}

// Lookup returns what is known of the folders. ok is false when nothing is, or
// a file changed since.
func (c Cache) Lookup(dirs []string) (k Known, ok bool) {
	b, err := os.ReadFile(c.file(dirs))
	if err != nil || json.Unmarshal(b, &k) != nil {
		return Known{}, false
	}
	s, _, err := stampOf(dirs)
	return k, err == nil && s == k.Stamp
}

// Stamp takes the state of the folders before they are loaded, for Store.
func Stamp(dirs []string) (stamp string, newest time.Time, err error) { return stampOf(dirs) }

// Store remembers the digest of a set that was loaded from the folders after
// the stamp was taken. Files that were just edited are not remembered.
func (c Cache) Store(dirs []string, stamp string, newest time.Time, digest string, migrations int) error {
	if c.now().Sub(newest) < settled {
		return nil
	}
	b, err := json.Marshal(Known{Digest: digest, Migrations: migrations, Stamp: stamp})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return err
	}
	return writeWhole(c.file(dirs), b)
}

// writeWhole writes a file so that readers see the old or the new one.
func writeWhole(path string, b []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(b)
	err = errors.Join(err, tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name()) // the error above is what counts
	}
	return err
}

// file names the cache file of a list of folders.
func (c Cache) file(dirs []string) string {
	h := sha256.New()
	for _, d := range dirs {
		if abs, err := filepath.Abs(d); err == nil {
			d = abs
		}
		h.Write([]byte(d + "\x00"))
	}
	return filepath.Join(c.dir, hex.EncodeToString(h.Sum(nil)[:16])+".json")
}

// stampOf sums up the SQL files below the folders: independent of their order.
func stampOf(dirs []string) (string, time.Time, error) {
	var total sum
	for i, d := range dirs {
		if err := total.folder(d, i); err != nil {
			return "", time.Time{}, err
		}
	}
	return hex.EncodeToString(total.bytes[:]), total.newest, nil
}

type sum struct {
	bytes  [sha256.Size]byte
	newest time.Time
}

func (s *sum) add(o sum) {
	for i := range s.bytes {
		s.bytes[i] ^= o.bytes[i]
	}
	if o.newest.After(s.newest) {
		s.newest = o.newest
	}
}

// folder adds the files of a folder and of those below it.
func (s *sum) folder(dir string, source int) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	entries, err := f.ReadDir(-1)
	if err == nil {
		err = s.files(f, source, entries)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			if err := s.folder(filepath.Join(dir, e.Name()), source); err != nil {
				return err
			}
		}
	}
	return nil
}

// files adds the entries that are no folders, by as many goroutines as there
// are processors.
func (s *sum) files(dir *os.File, source int, entries []fs.DirEntry) error {
	workers := runtime.GOMAXPROCS(0)
	sums, errs := make([]sum, workers), make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(entries) && errs[w] == nil; i += workers {
				errs[w] = sums[w].file(dir, source, entries[i])
			}
		})
	}
	wg.Wait()
	for _, o := range sums {
		s.add(o)
	}
	return errors.Join(errs...)
}

// file adds one file. What is not SQL does not matter to the set, nor does
// what a down says: the set's digest is over the ups.
func (s *sum) file(dir *os.File, source int, e fs.DirEntry) error {
	name := e.Name()
	if e.IsDir() || len(name) < 4 || !strings.EqualFold(name[len(name)-4:], ".sql") {
		return nil
	}
	buf := make([]byte, 0, 512)
	buf = append(append(append(buf, dir.Name()...), 0), name...)
	buf = binary.BigEndian.AppendUint64(append(buf, 0), uint64(source)) //nolint:gosec // an index
	if !isDown(name) {
		if e.Type()&fs.ModeSymlink != 0 {
			return errors.New("a link: its file is not watched")
		}
		var changed time.Time
		var err error
		if buf, changed, err = appendState(buf, dir, e); err != nil {
			return err
		}
		if changed.After(s.newest) {
			s.newest = changed
		}
	}
	one := sha256.Sum256(buf)
	for i := range s.bytes {
		s.bytes[i] ^= one[i]
	}
	return nil
}

func isDown(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".down.sql") || name == "down.sql"
}
