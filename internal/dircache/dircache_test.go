package dircache

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestKnownUntilAFileChanges(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, dir string){
		"edit":   func(t *testing.T, dir string) { t.Helper(); write(t, filepath.Join(dir, "1_a.up.sql"), "SELECT 2") },
		"add":    func(t *testing.T, dir string) { t.Helper(); write(t, filepath.Join(dir, "2_b.sql"), "SELECT 1") },
		"remove": func(t *testing.T, dir string) { t.Helper(); remove(t, filepath.Join(dir, "1_a.up.sql")) },
		"lose its down": func(t *testing.T, dir string) {
			t.Helper()
			remove(t, filepath.Join(dir, "1_a.down.sql"))
		},
		"edit below": func(t *testing.T, dir string) {
			t.Helper()
			write(t, filepath.Join(dir, "repeatable", "v.sql"), "SELECT 2")
		},
		"edit and set the time back": func(t *testing.T, dir string) {
			t.Helper()
			path := filepath.Join(dir, "1_a.up.sql")
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			write(t, path, "SELECT 3")
			if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, c := folder(t)
			if _, ok := c.Lookup([]string{dir}); ok {
				t.Fatal("known before it was stored")
			}
			stamp, newest, err := Stamp([]string{dir})
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Store([]string{dir}, stamp, newest, "digest", 7); err != nil {
				t.Fatal(err)
			}
			if k, ok := c.Lookup([]string{dir}); !ok || k.Digest != "digest" || k.Migrations != 7 {
				t.Fatalf("Lookup = %+v, %v", k, ok)
			}
			change(t, dir)
			if _, ok := c.Lookup([]string{dir}); ok {
				t.Error("still known")
			}
		})
	}
}

func TestFreshFilesAreNotRemembered(t *testing.T) {
	dir, c := folder(t)
	c.now = time.Now
	stamp, newest, err := Stamp([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Store([]string{dir}, stamp, newest, "digest", 1); err != nil {
		t.Fatal(err)
	}
	if _, ok := c.Lookup([]string{dir}); ok {
		t.Error("files that were just written are remembered")
	}
}

// folder is a migrations folder and a cache whose clock runs an hour ahead.
func folder(t *testing.T) (string, Cache) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "repeatable"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"1_a.up.sql", "1_a.down.sql", "repeatable/v.sql"} {
		write(t, filepath.Join(dir, name), "SELECT 1")
	}
	return dir, Cache{dir: t.TempDir(), now: func() time.Time { return time.Now().Add(time.Hour) }}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkStamp10000(b *testing.B) {
	dir := b.TempDir()
	for i := range 10_000 {
		for _, side := range []string{"up", "down"} {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d_create_t%d.%s.sql", i, i, side)), nil, 0o600); err != nil {
				b.Fatal(err)
			}
		}
	}
	for b.Loop() {
		if _, _, err := Stamp([]string{dir}); err != nil {
			b.Fatal(err)
		}
	}
}
