package servers

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// recipe is part of every name in the cache; it changes whenever an unpacked
// tree or a template made by an older version of this package must not be used.
const recipe = "r1"

// prefix is one unpacked tree of programs in the cache.
type prefix struct {
	name     string
	suite    string   // Debian suite the packages come from; empty: npm
	packages []string // Debian packages, or one npm package with its version
	programs []string // globs below the tree; each match gets a wrapper in bin/
}

// prefixes returns every tree that kinds are made of. The names are those of
// the kinds, and "pgbouncer" and "sqlite" for the tools.
func prefixes() []prefix {
	return []prefix{
		debianPostgres("bookworm", "15"),
		debianPostgres("trixie", "17"),
		debianPostgres("sid", "18"),
		npmPostgres("14", "14.23.0-beta.17"),
		npmPostgres("16", "16.14.0-beta.17"),
		{
			name: "mysql97", suite: "sid",
			packages: []string{"mysql-server-core", "mysql-client-core"},
			programs: []string{"usr/sbin/mysqld", "usr/bin/mysql"},
		},
		debianMariaDB("mariadb1011", "bookworm"),
		debianMariaDB("mariadb118", "trixie"),
		{name: "pgbouncer", suite: "bookworm", packages: []string{"pgbouncer"}, programs: []string{"usr/sbin/pgbouncer"}},
		{name: "sqlite", suite: "sid", packages: []string{"sqlite3"}, programs: []string{"usr/bin/sqlite3"}},
	}
}

func debianPostgres(suite, version string) prefix {
	return prefix{
		name: "postgres" + version, suite: suite,
		packages: []string{"postgresql-" + version, "postgresql-client-" + version},
		programs: []string{"usr/lib/postgresql/*/bin/*"},
	}
}

// npmPostgres is for the versions that no current Debian suite carries. The
// package has the server and no clients; see clientPrefix.
func npmPostgres(version, release string) prefix {
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x64"
	}
	return prefix{
		name:     "postgres" + version,
		packages: []string{"@embedded-postgres/linux-" + arch + "@" + release},
		programs: []string{"native/bin/*"},
	}
}

func debianMariaDB(name, suite string) prefix {
	return prefix{
		name: name, suite: suite,
		packages: []string{"mariadb-server-core", "mariadb-client-core"},
		programs: []string{"usr/sbin/mariadbd", "usr/bin/mariadb"},
	}
}

// needed returns the trees that the kinds need, clients and tools included.
func needed(kinds []Kind) []prefix {
	want := map[string]bool{"sqlite": true}
	for _, k := range kinds {
		if k.IsServer() {
			want[k.Name], want[clientPrefix(k)] = true, true
		}
		if k.Dialect == Postgres {
			want["pgbouncer"] = true
		}
	}
	var list []prefix
	for _, p := range prefixes() {
		if want[p.name] {
			list = append(list, p)
		}
	}
	return list
}

// clientPrefix names the tree whose clients talk to servers of the kind.
// pg_dump of a newer version dumps older servers, never the other way round.
func clientPrefix(k Kind) string {
	if k.Name == "postgres14" || k.Name == "postgres16" {
		return "postgres18"
	}
	return k.Name
}

// prefixDir is where the tree called name stands once it is complete.
func (c Cache) prefixDir(name string) string {
	return filepath.Join(c.Dir, "prefix", name+"-"+recipe)
}

// install unpacks one tree: into a directory of its own first, renamed when it
// is complete, so that an interrupted run leaves nothing that looks finished.
func (c Cache) install(ctx context.Context, p prefix) error {
	final := c.prefixDir(p.name)
	fresh := final + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("clear %s: %w", fresh, err)
	}
	if err := os.MkdirAll(fresh, 0o755); err != nil {
		return fmt.Errorf("make %s: %w", fresh, err)
	}
	fill := c.unpackDebian
	if p.suite == "" {
		fill = unpackNPM
	}
	if err := fill(ctx, p, fresh); err != nil {
		return err
	}
	if err := wrapPrograms(p, fresh, final); err != nil {
		return err
	}
	return os.Rename(fresh, final)
}

// unpackNPM fetches the npm package of p and unpacks it, making the links that
// its own install script would make.
func unpackNPM(ctx context.Context, p prefix, dir string) error {
	if _, err := exec.LookPath("npm"); err != nil {
		return fmt.Errorf("%s comes from npm, which is not installed: %w", p.name, err)
	}
	out, err := output(ctx, dir, "npm", "pack", "--silent", p.packages[0])
	if err != nil {
		return err
	}
	tarball := lastField(out)
	if _, err := output(ctx, dir, "tar", "xzf", tarball, "--strip-components=1"); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(dir, tarball)); err != nil {
		return fmt.Errorf("remove tarball: %w", err)
	}
	return linkNPM(dir)
}

func linkNPM(dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, "native", "pg-symlinks.json"))
	if err != nil {
		return fmt.Errorf("read the package's links: %w", err)
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(data, &links); err != nil {
		return fmt.Errorf("read the package's links: %w", err)
	}
	for _, l := range links {
		err := os.Symlink(filepath.Base(l.Source), filepath.Join(dir, l.Target))
		if err != nil && !os.IsExist(err) {
			return fmt.Errorf("link %s: %w", l.Target, err)
		}
	}
	return nil
}

// wrapPrograms writes bin/NAME for every program of the tree: a script that
// runs it with the tree's own libraries, as if it were installed. The scripts
// name the final place of the tree, because that is where they will stand.
func wrapPrograms(p prefix, dir, final string) error {
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
		return fmt.Errorf("make bin: %w", err)
	}
	launch, err := launcher(p, dir, final)
	if err != nil {
		return err
	}
	for _, pattern := range p.programs {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(found) == 0 {
			return fmt.Errorf("%s: no program %s in its packages", p.name, pattern)
		}
		for _, path := range found {
			if err := wrapProgram(launch, path, dir, final); err != nil {
				return err
			}
		}
	}
	return nil
}

func wrapProgram(launch, path, dir, final string) error {
	name := filepath.Base(path)
	wrapper := filepath.Join(dir, "bin", name)
	if name == "postgres" {
		// initdb runs the postgres beside it, so the script takes its place.
		if err := os.Rename(path, path+".real"); err != nil {
			return fmt.Errorf("move postgres: %w", err)
		}
		if err := os.Symlink(strings.Replace(path, dir, final, 1), wrapper); err != nil {
			return fmt.Errorf("link postgres: %w", err)
		}
		wrapper, path = path, path+".real"
	}
	if err := os.Chmod(path, 0o755); err != nil {
		return fmt.Errorf("make %s executable: %w", name, err)
	}
	script := "#!/bin/sh\n" + launch + " " + quote(strings.Replace(path, dir, final, 1)) + " \"$@\"\n"
	if err := os.WriteFile(wrapper, []byte(script), 0o755); err != nil {
		return fmt.Errorf("write wrapper: %w", err)
	}
	return nil
}

// launcher is the beginning of a wrapper's command line.
func launcher(p prefix, dir, final string) (string, error) {
	if p.suite == "" {
		return "LD_LIBRARY_PATH=" + quote(filepath.Join(final, "native", "lib")) + " exec", nil
	}
	var loaders, paths []string
	for _, base := range []string{"usr/lib64", "lib64", "usr/lib", "lib", "usr/lib/*-linux-gnu*", "lib/*-linux-gnu*"} {
		found, err := filepath.Glob(filepath.Join(dir, base))
		if err != nil {
			return "", fmt.Errorf("find libraries: %w", err)
		}
		for _, d := range found {
			l, err := filepath.Glob(filepath.Join(d, "ld-linux*.so.*"))
			if err != nil {
				return "", fmt.Errorf("find the dynamic linker: %w", err)
			}
			loaders = append(loaders, l...)
			paths = append(paths, strings.Replace(d, dir, final, 1))
		}
	}
	for _, l := range loaders {
		// A link may be absolute, and lead out of the tree to the system's own.
		if info, err := os.Lstat(l); err == nil && info.Mode().IsRegular() {
			return "exec " + quote(strings.Replace(l, dir, final, 1)) + " --library-path " + quote(strings.Join(paths, ":")), nil
		}
	}
	return "", fmt.Errorf("%s: no dynamic linker in its packages", p.name)
}

// quote makes s one word for the shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func lastField(s string) string {
	f := strings.Fields(s)
	if len(f) == 0 {
		return ""
	}
	return f[len(f)-1]
}

// Client returns the path of a client program (psql, pg_dump, mysql, mariadb,
// sqlite3) that fits servers of the kind.
func (c Cache) Client(k Kind, name string) string { return c.program(clientPrefix(k), name) }
