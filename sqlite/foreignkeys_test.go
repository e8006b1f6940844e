package sqlite_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqlite"
	"github.com/lockstepdb/lockstep/sqltext"
)

// rebuild is the usual way to change a table that SQLite cannot alter.
var rebuild = []string{
	"CREATE TABLE new_parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT '')",
	"INSERT INTO new_parent (id) SELECT id FROM parent",
	"DROP TABLE parent",
	"ALTER TABLE new_parent RENAME TO parent",
}

// family makes a child whose rows go with their parent's.
var family = []string{
	"PRAGMA foreign_keys = ON",
	"CREATE TABLE parent (id INTEGER PRIMARY KEY)", "INSERT INTO parent VALUES (1), (2)",
	"CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id REFERENCES parent ON DELETE CASCADE)", "INSERT INTO child VALUES (1, 1), (2, 2), (3, 2)",
}

func testForeignKeys(t *testing.T, driver string) {
	off, err := sqltext.Split("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;", sqltext.Options{Mode: sqltext.SQLite})
	if err != nil {
		t.Fatal(err)
	}
	checker, ok := sqlite.Dialect().(lockstep.CommitChecker)
	if !ok {
		t.Fatal("no CommitChecker")
	}
	for _, test := range []struct {
		name     string
		outside  []string // before BEGIN
		inside   []string
		settings []sqltext.Statement
		children string
		wrong    string // in what CheckCommit says; "" for no error
	}{
		{"switched off inside", nil, append([]string{"PRAGMA foreign_keys = OFF"}, rebuild...), nil, "0", ""}, // why it must not be there
		{"switched off outside", []string{off[1].Text}, rebuild, off, "3", ""},
		{"rows lost", []string{off[1].Text}, append([]string{"DELETE FROM parent WHERE id = 2"}, rebuild...), off, "3", "2 rows of child without their row of parent"},
		{"lost before", []string{off[1].Text, "DELETE FROM parent WHERE id = 2"}, rebuild, off, "3", ""},
		{"checked by SQLite", nil, []string{"DELETE FROM child WHERE id = 3"}, nil, "2", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := conn(t, open(t, driver, filepath.Join(t.TempDir(), "app.db")))
			mustExec(t, c, family...)
			mustExec(t, c, test.outside...)
			mustExec(t, c, "BEGIN IMMEDIATE")
			check, err := checker.CheckCommit(t.Context(), c, test.settings)
			if err != nil {
				t.Fatal(err)
			}
			mustExec(t, c, test.inside...)
			if check != nil {
				err = check(t.Context())
			}
			if (err == nil) != (test.wrong == "") || err != nil && !strings.Contains(err.Error(), test.wrong) {
				t.Errorf("CheckCommit = %v, want %q", err, test.wrong)
			}
			mustExec(t, c, "COMMIT")
			if n := text(t, c, "SELECT count(*) FROM child"); n != test.children {
				t.Errorf("%s children are left, want %s", n, test.children)
			}
		})
	}
}
