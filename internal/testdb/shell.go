package testdb

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"testing"
)

// Shell runs a script in the database's own command line client (psql, mysql,
// mariadb or sqlite3), which reads it from its standard input and stops at the
// first error. It returns what the client printed, standard output and error
// together, and an error if the client says that the script failed. Further
// arguments of the client come before the script.
func (d *Database) Shell(t testing.TB, script string, args ...string) (string, error) {
	t.Helper()
	return pipe(t.Context(), script, d.client(t), append(d.clientArgs(), args...)...)
}

// client returns the path of the client program.
func (d *Database) client(t testing.TB) string {
	t.Helper()
	return cache(t).Client(d.Kind, map[string]string{
		"postgres": "psql", "mysql": "mysql", "mariadb": "mariadb", "sqlite": "sqlite3",
	}[d.Kind.Flavor])
}

func (d *Database) clientArgs() []string {
	switch d.Kind.Dialect {
	case Postgres:
		return []string{"-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", d.URL, "-f", "-"}
	case MySQL:
		u, err := url.Parse(d.URL)
		if err != nil {
			return nil // New made the address; the client will complain
		}
		return []string{
			"--no-defaults", "--default-character-set=utf8mb4", "--protocol=tcp", "--user=" + u.User.Username(),
			"--host=" + u.Hostname(), "--port=" + u.Port(), "--database=" + d.Name,
		}
	default:
		return []string{"-batch", "-bail", d.Name}
	}
}

// pipe runs a program on the input and returns all its output.
func pipe(ctx context.Context, input, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = []string{"LC_ALL=C.UTF-8", "TZ=UTC", "HOME=/nonexistent", "PATH=/usr/bin:/bin"}
	var out bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &out
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("run client: %w: %s", err, strings.TrimSpace(out.String()))
	}
	return out.String(), nil
}
