package main

import (
	"bufio"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/lockstepdb/lockstep/internal/testdb/servers"
)

// The client shell reads a script that was written before the clock started:
// for each migration it begins a transaction, includes the file, writes the
// entry and commits.

// driverScript returns the path of that script.
func (t target) driverScript() string {
	return filepath.Join(filepath.Dir(t.history.pairs), "all-"+t.kind.Name+".sql")
}

// writeDriverScript writes it if it is not there yet.
func writeDriverScript(t target) (err error) {
	if _, err := os.Stat(t.driverScript()); err == nil {
		return nil
	}
	f, err := os.Create(t.driverScript())
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	w := bufio.NewWriter(f)
	fmt.Fprintf(w, "%s;\n", strings.Join(t.ledger().Create, ";\n"))
	for i, path := range t.history.ups {
		fmt.Fprintf(w, "BEGIN;\n%s\n%s;\nCOMMIT;\n", include(t.kind, path), insert(t.kind, t.history.rows[i]))
	}
	return w.Flush()
}

// include is how a client reads another file.
func include(k servers.Kind, path string) string {
	switch k.Dialect {
	case servers.Postgres:
		return `\i ` + path
	case servers.MySQL:
		return "source " + path
	default:
		return ".read " + path
	}
}

// shellApply runs the server's own command line client on that script.
func shellApply(ctx context.Context, t target) error {
	program, args, err := shell(t)
	if err != nil {
		return err
	}
	script, err := os.Open(t.driverScript())
	if err != nil {
		return err
	}
	defer func() { _ = script.Close() }() // only read
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdin = script
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", program, err, out)
	}
	return nil
}

// shell returns the client and its arguments for a target.
func shell(t target) (program string, args []string, err error) {
	dir, err := servers.DefaultCacheDir()
	if err != nil {
		return "", nil, err
	}
	if set := os.Getenv("LOCKSTEP_TEST_CACHE"); set != "" {
		dir = set
	}
	client := func(name string) string { return servers.Cache{Dir: dir}.Client(t.kind, name) }
	switch t.kind.Dialect {
	case servers.Postgres:
		return client("psql"), []string{"-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", t.url, "-f", "-"}, nil
	case servers.MySQL:
		u, err := url.Parse(t.url)
		if err != nil {
			return "", nil, err
		}
		args := []string{
			"--no-defaults", "--protocol=tcp", "--user=" + u.User.Username(), "--host=" + u.Hostname(), "--port=" + u.Port(),
			"--database=" + strings.TrimPrefix(u.Path, "/"),
		}
		if t.kind.Flavor == "mysql" {
			args = append(args, "--commands") // MySQL's client reads "source" from a file only when told so
		}
		return client(t.kind.Flavor), args, nil
	default:
		return client("sqlite3"), []string{"-batch", "-bail", t.path()}, nil
	}
}
