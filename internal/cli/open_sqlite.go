package cli

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
)

// openSQLite opens a database file. A command that only reads never creates
// one: a wrong path would look like an empty database.
func openSQLite(d config.Database, how access) (*sql.DB, error) {
	if err := knownParams(d); err != nil {
		return nil, err
	}
	if mode := d.Param("mode"); mode == "ro" || mode == "rw" {
		how = changes // a file that is missing stays missing
	}
	if !d.InMemory() {
		if err := checkFile(d.Path, how); err != nil {
			return nil, err
		}
	}
	db, err := sql.Open("sqlite", sqliteDSN(d, how))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", d, err)
	}
	if d.InMemory() { // every connection would have a database of its own
		db.SetMaxOpenConns(1)
	}
	return db, nil
}

// memory is the path of a database that lives in memory.
const memory = ":memory:"

// isMissing reports whether a database is a file that up would create.
func isMissing(d config.Database) bool {
	if d.Scheme != config.SQLite || d.InMemory() || d.Param("mode") == "ro" || d.Param("mode") == "rw" {
		return false
	}
	_, err := os.Stat(d.Path)
	return errors.Is(err, fs.ErrNotExist) && checkFile(d.Path, creates) == nil
}

func checkFile(path string, how access) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return lockstep.WithHint(fmt.Errorf("%s is a folder, not a database file", path), "name the file in it: sqlite:"+filepath.Join(path, "app.db"))
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return lockstep.WithHint(fmt.Errorf("open database: %w", err), "check the path and the permissions of its folders")
	case how != creates:
		return lockstep.WithHint(fmt.Errorf("the database file %s does not exist", path), "lockstep up creates it; or check the path")
	}
	if dir := filepath.Dir(path); dir != "." {
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return lockstep.WithHint(fmt.Errorf("the folder %s of the database file does not exist", dir), "make it: mkdir -p "+dir)
		}
	}
	return nil
}

// sqliteDSN writes the URI for the driver. Settings that belong to the
// application (foreign_keys, journal_mode) stay as SQLite has them, unless the
// URL asks for others.
func sqliteDSN(d config.Database, how access) string {
	var params []string
	for _, p := range d.Params {
		params = append(params, p.Key+"="+strings.ReplaceAll(url.QueryEscape(p.Value), "+", "%20"))
	}
	if d.Param("mode") == "" && !d.InMemory() {
		mode := "mode=rw"
		if how == creates {
			mode = "mode=rwc"
		}
		params = append(params, mode)
	}
	if !waits(d) {
		params = append(params, "_pragma=busy_timeout(5000)")
	}
	path := strings.NewReplacer("%", "%25", "?", "%3F", "#", "%23").Replace(d.Path)
	if strings.HasPrefix(path, "/") {
		path = "//" + path
	}
	return "file:" + path + "?" + strings.Join(params, "&")
}

// waits reports whether the URL says how long to wait for a lock.
func waits(d config.Database) bool {
	return slices.ContainsFunc(d.Params, func(p config.Param) bool {
		return p.Key == "_busy_timeout" || p.Key == "_timeout" ||
			p.Key == "_pragma" && strings.HasPrefix(strings.ToLower(p.Value), "busy_timeout")
	})
}

// knownParams refuses parameters that SQLite and its driver would ignore.
func knownParams(d config.Database) error {
	known := []string{
		"mode", "cache", "immutable", "vfs", "psow", "nolock", "modeof",
		"_pragma", "_txlock", "_busy_timeout", "_timeout", "_foreign_keys", "_fk", "_journal_mode", "_journal",
		"_synchronous", "_sync", "_auto_vacuum", "_vacuum", "_query_only", "_dqs", "_defensive",
	}
	for _, p := range d.Params {
		if slices.Contains(known, p.Key) {
			continue
		}
		e := &config.URLError{Msg: fmt.Sprintf("SQLite knows no parameter %q", p.Key), Way: "a setting is written as ?_pragma=foreign_keys(1); a ? in the file's name as %3F"}
		if near := lockstep.Nearest(p.Key, known); near != "" {
			e.Way = fmt.Sprintf("did you mean %q?", near)
		}
		return e
	}
	return nil
}
