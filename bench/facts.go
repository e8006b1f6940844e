package main

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/lockstepdb/lockstep/internal/testdb/servers"
)

// facts says on what the figures were measured.
func facts(ctx context.Context, kinds []servers.Kind) ([]string, error) {
	list := []string{
		fmt.Sprintf("%d cores (%s), %s, %s/%s; durability off, data in memory where there is room", runtime.NumCPU(), cpu(), runtime.Version(), runtime.GOOS, runtime.GOARCH),
		"linked in: " + strings.Join(modules("pressly/goose", "golang-migrate/migrate", "jackc/tern", "jackc/pgx", "go-sql-driver/mysql", "modernc.org/sqlite"), ", "),
	}
	for _, k := range kinds {
		v, err := serverVersion(ctx, k)
		if err != nil {
			return nil, fmt.Errorf("ask %s for its version: %w", k.Name, err)
		}
		list = append(list, k.Name+": "+v)
	}
	return list, nil
}

func serverVersion(ctx context.Context, k servers.Kind) (version string, err error) {
	t := target{kind: k, url: os.Getenv(k.Variable())}
	query := "SELECT version()"
	switch k.Dialect {
	case servers.Postgres:
		query = "SHOW server_version"
	case servers.SQLite:
		t.url, query = "sqlite::memory:", "SELECT sqlite_version()"
	}
	err = t.use(func(db *sql.DB) error { return db.QueryRowContext(ctx, query).Scan(&version) })
	return version, err
}

// cpu returns the processor's model, where the system tells it.
func cpu() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer func() { _ = f.Close() }() // only read
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// modules returns the versions of the modules whose path contains a name.
func modules(names ...string) []string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	var found []string
	for _, name := range names {
		for _, m := range info.Deps {
			if strings.Contains(m.Path, name) {
				found = append(found, strings.TrimPrefix(m.Path, "github.com/")+" "+m.Version)
				break
			}
		}
	}
	return found
}
