//go:build unix

package servers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree makes a directory with the files, empty, and the links.
func tree(t *testing.T, files []string, links map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		path := filepath.Join(dir, f)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range links {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Debian 12's own link to the dynamic linker is absolute. Following it would run
// a program with the linker of one release and the libraries of another.
func TestLauncherStaysInTheTree(t *testing.T) {
	t.Parallel()
	dir := tree(t,
		[]string{"lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"},
		map[string]string{"lib64/ld-linux-x86-64.so.2": "/bin/sh"})
	got, err := launcher(prefix{name: "p", suite: "bookworm"}, dir, "/final")
	if want := "exec '/final/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2' "; err != nil || !strings.HasPrefix(got, want) {
		t.Errorf("launcher = %q, %v; want it to begin with %q", got, err, want)
	}
}

func TestLauncherNeedsALinker(t *testing.T) {
	t.Parallel()
	dir := tree(t, []string{"usr/lib/libc.so.6"}, nil)
	if got, err := launcher(prefix{name: "p", suite: "sid"}, dir, "/final"); err == nil {
		t.Errorf("launcher = %q, want an error", got)
	}
}

// initdb runs the postgres beside it, which therefore is the script.
func TestPostgresIsReplacedByItsScript(t *testing.T) {
	t.Parallel()
	dir := tree(t, []string{"usr/lib/ld-linux.so.2", "pg/bin/postgres", "pg/bin/initdb"}, nil)
	if err := wrapPrograms(prefix{name: "p", suite: "sid", programs: []string{"pg/bin/*"}}, dir, dir); err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(filepath.Join(dir, "pg/bin/postgres"))
	if err != nil || !strings.Contains(string(script), filepath.Join(dir, "pg/bin/postgres.real")) {
		t.Errorf("script = %q, %v", script, err)
	}
	for _, name := range []string{"postgres", "initdb"} {
		if info, err := os.Stat(filepath.Join(dir, "bin", name)); err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("bin/%s: %v, %v", name, info, err)
		}
	}
}
