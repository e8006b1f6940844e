package sqlite_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqlite"
)

// testErrors provokes what users meet, and compares class, code and words.
func testErrors(t *testing.T, driver string) {
	for _, test := range []struct {
		name    string
		provoke func(t *testing.T, driver, dir string) error
		class   lockstep.ErrorClass
		code    string // the primary code may come without its extension
		message string
	}{
		{"missing folder", missingFolder, lockstep.ErrorUnknownTarget, "14", "unable to open database file"},
		{"a folder", aFolder, lockstep.ErrorUnknownTarget, "14", "unable to open database file"},
		{"not a database", notADatabase, lockstep.ErrorUnknownTarget, "26", "file is not a database"},
		{"damaged", damaged, lockstep.ErrorOther, "11", "database disk image is malformed"},
		{"mode=ro", readOnly, lockstep.ErrorReadOnly, "8", "attempt to write a readonly database"},
		{"query_only", queryOnly, lockstep.ErrorReadOnly, "8", "attempt to write a readonly database"},
		{"full", full, lockstep.ErrorDiskFull, "13", "database or disk is full"},
		{"busy", busy, lockstep.ErrorLockTimeout, "5", "database is locked"},
		{"snapshot", snapshot, lockstep.ErrorSerialization, "517", "database is locked"},
		{"rowid", statement("INSERT INTO keyed (rowid, a) VALUES (1, 2)"), lockstep.ErrorDuplicateKey, "1555", "UNIQUE constraint failed: keyed.id"},
		{"unique", statement("INSERT INTO keyed (a) VALUES (1)"), lockstep.ErrorDuplicateKey, "2067", "UNIQUE constraint failed: keyed.a"},
		{"check", statement("INSERT INTO keyed (a) VALUES (-1)"), lockstep.ErrorOther, "275", "CHECK constraint failed: a > 0"},
		{"syntax", statement("SELEC 1"), lockstep.ErrorOther, "1", `near "SELEC": syntax error`},
		{"colon", statement(`SELECT * FROM "a: b (1)"`), lockstep.ErrorUndefinedTable, "1", "no such table: a: b (1)"},
		{"raise", statement("INSERT INTO raising VALUES (1)"), lockstep.ErrorOther, "1811", "constraint failed: mine (7)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.provoke(t, driver, t.TempDir())
			de := sqlite.Dialect().Classify(fmt.Errorf("wrapped: %w", err))
			if de == nil {
				t.Fatalf("%v (%T) is not classified", err, err)
			}
			message, _, _ := strings.Cut(de.Message, " file: ") // the system's reason, from mattn/go-sqlite3
			if de.Class != test.class || de.Code != test.code || !strings.HasPrefix(test.message, message) {
				t.Errorf("%v\ngot  class %d, code %s, %q\nwant class %d, code %s, %q", err, de.Class, de.Code, de.Message, test.class, test.code, test.message)
			}
		})
	}
}

func statement(query string) func(*testing.T, string, string) error {
	return func(t *testing.T, driver, dir string) error {
		db := open(t, driver, filepath.Join(dir, "app.db"))
		mustExec(t, db, "CREATE TABLE keyed (id INTEGER PRIMARY KEY, a UNIQUE CHECK (a > 0))", "INSERT INTO keyed VALUES (1, 1)",
			"CREATE TABLE raising (id)",
			"CREATE TRIGGER raises BEFORE INSERT ON raising BEGIN SELECT raise(ABORT, 'constraint failed: mine (7)'); END")
		_, err := db.ExecContext(t.Context(), query)
		return err
	}
}

func missingFolder(t *testing.T, driver, dir string) error {
	_, err := sqlite.Dialect().Probe(t.Context(), open(t, driver, filepath.Join(dir, "no", "app.db")))
	return err
}

func aFolder(t *testing.T, driver, dir string) error {
	_, err := sqlite.Dialect().Probe(t.Context(), open(t, driver, dir))
	return err
}

func notADatabase(t *testing.T, driver, dir string) error {
	path := filepath.Join(dir, "app.db")
	if err := os.WriteFile(path, bytes.Repeat([]byte("no database\n"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := open(t, driver, path).ExecContext(t.Context(), "CREATE TABLE t (id)")
	return err
}

func damaged(t *testing.T, driver, dir string) error {
	path := filepath.Join(dir, "app.db")
	db := open(t, driver, path)
	mustExec(t, db, "CREATE TABLE t (id)", "INSERT INTO t VALUES (1)")
	db.Close()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(bytes.Repeat([]byte{0xff}, 3000), 4096) // the page of t
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = open(t, driver, path).ExecContext(t.Context(), "INSERT INTO t VALUES (2)")
	return err
}

func readOnly(t *testing.T, driver, dir string) error {
	path := filepath.Join(dir, "app.db")
	mustExec(t, open(t, driver, path), "CREATE TABLE t (id)")
	_, err := open(t, driver, "file:"+path+"?mode=ro").ExecContext(t.Context(), "DROP TABLE t")
	return err
}

func queryOnly(t *testing.T, driver, dir string) error {
	db := open(t, driver, filepath.Join(dir, "app.db"))
	db.SetMaxOpenConns(1)
	mustExec(t, db, "PRAGMA query_only = ON")
	if srv := probe(t, db); !srv.ReadOnly {
		t.Error("ReadOnly = false with query_only")
	}
	_, err := db.ExecContext(t.Context(), "CREATE TABLE t (id)")
	return err
}

func full(t *testing.T, driver, dir string) error {
	db := open(t, driver, filepath.Join(dir, "app.db"))
	db.SetMaxOpenConns(1)
	mustExec(t, db, "CREATE TABLE t (id)", "PRAGMA max_page_count = 3")
	_, err := db.ExecContext(t.Context(), "INSERT INTO t VALUES (zeroblob(100000))")
	return err
}

func busy(t *testing.T, driver, dir string) error {
	db := open(t, driver, filepath.Join(dir, "app.db"))
	first, second := conn(t, db), conn(t, db)
	mustExec(t, second, "PRAGMA busy_timeout = 10")
	mustExec(t, first, "BEGIN IMMEDIATE")
	_, err := second.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	return err
}

// snapshot is what BeginTx avoids.
func snapshot(t *testing.T, driver, dir string) error {
	db := open(t, driver, filepath.Join(dir, "app.db"))
	first, second := conn(t, db), conn(t, db)
	mustExec(t, first, "PRAGMA journal_mode = WAL", "CREATE TABLE t (id)")
	mustExec(t, second, "PRAGMA busy_timeout = 10", "BEGIN")
	text(t, second, "SELECT count(*) FROM t")
	mustExec(t, first, "INSERT INTO t VALUES (1)")
	_, err := second.ExecContext(t.Context(), "INSERT INTO t VALUES (2)")
	return err
}

func conn(t *testing.T, db *sql.DB) *sql.Conn {
	t.Helper()
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// Errors of other makers are not taken for SQLite's.
func TestClassifyOthers(t *testing.T) {
	for _, err := range []error{
		&os.PathError{Op: "open", Path: "x", Err: os.ErrNotExist},
		struct{ error }{errors.New("wrapped by value")},
		errors.Join(errors.New("one"), errors.New("two")),
	} {
		if de := sqlite.Dialect().Classify(err); de != nil {
			t.Errorf("Classify(%v) = %+v, want nil", err, de)
		}
	}
	known := &lockstep.DatabaseError{Class: lockstep.ErrorDiskFull}
	if de := sqlite.Dialect().Classify(fmt.Errorf("again: %w", known)); de != known {
		t.Errorf("Classify of what was classified = %+v, want it back", de)
	}
}
