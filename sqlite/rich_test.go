package sqlite_test

import (
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/dialecttest"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/sqlite"
)

func rich(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("testdata/rich.sql")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// testRich makes a rich schema anew from its facts: by the driver and by the
// sqlite3 shell, which also has another version of SQLite.
func testRich(t *testing.T, driver string) {
	original := memory(t, driver, rich(t))
	want := inspect(t, original)
	if len(want.Unknown()) > 0 {
		t.Errorf("unknown: %v", want.Unknown())
	}
	empty, err := schema.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	statements, err := migration(t, empty, want)
	if err != nil {
		t.Fatal(err)
	}
	copied := memory(t, driver, "")
	if err := apply(t, copied, statements); err != nil {
		t.Fatal(err)
	}
	checkSchema(t, copied, want, original, statements)

	folder := t.TempDir()
	one, two := filepath.Join(folder, "one.db"), filepath.Join(folder, "two.db")
	shell(t, one, strings.Join(statements, ";\n")+";\n")
	checkSchema(t, open(t, driver, one), want, original, statements)
	shell(t, two, "PRAGMA user_version = 3;\nPRAGMA application_id = -7;\n"+declared(shell(t, one, ".schema --nosys\n")))
	if found := schema.Compare(inspect(t, open(t, driver, two)), want); len(found) > 0 {
		t.Errorf("what .schema says is not the same:\n%s", dialecttest.Differences(found))
	}
}

// declared leaves out of a .schema the tables that virtual tables make for
// themselves.
func declared(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, `CREATE TABLE IF NOT EXISTS "f_`) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

func shell(t *testing.T, file, script string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sqlite3", "-bail", file)
	cmd.Stdin = strings.NewReader(script)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("sqlite3: %v\n%s", err, out)
	}
	return string(out)
}

// TestRebuildByTheRunner runs a rendered rebuild as a migration, where the
// application has foreign keys on and rows that go with their parent's.
func TestRebuildByTheRunner(t *testing.T) {
	const before = `CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
CREATE INDEX by_name ON parent (name);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INT REFERENCES parent ON DELETE CASCADE);
CREATE VIEW names AS SELECT name FROM parent;
CREATE TRIGGER log AFTER DELETE ON child BEGIN UPDATE parent SET name = 'lonely' WHERE id = OLD.parent_id; END;
CREATE TRIGGER own AFTER INSERT ON parent BEGIN UPDATE parent SET name = upper(name) WHERE id = NEW.id; END;`
	after := strings.Replace(strings.Replace(before, "name TEXT", "name TEXT NOT NULL DEFAULT 'nobody'", 1), "parent_id INT", "parent_id INT NOT NULL", 1)
	from, to := inspect(t, memory(t, modernc, before)), inspect(t, memory(t, modernc, after))
	up, err := migration(t, from, to)
	if err != nil {
		t.Fatal(err)
	}
	down, err := migration(t, to, from)
	if err != nil {
		t.Fatal(err)
	}
	db := open(t, modernc, "file:"+filepath.Join(t.TempDir(), "app.db")+"?_pragma=foreign_keys(1)")
	if _, err := db.ExecContext(t.Context(), before+`
INSERT INTO parent (name) VALUES ('a'), (NULL), ('c'), ('d'); DELETE FROM parent WHERE name = 'D';
INSERT INTO child VALUES (1, 1), (2, 2), (3, 2);`); err != nil {
		t.Fatal(err)
	}
	set, err := lockstep.Load(fstest.MapFS{
		"1_rebuild.up.sql":   {Data: []byte(strings.Join(up, ";\n") + ";\n")},
		"1_rebuild.down.sql": {Data: []byte(strings.Join(down, ";\n") + ";\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	m, err := lockstep.New(db, sqlite.Dialect(), set, lockstep.Options{})
	if err != nil {
		t.Fatal(err)
	}
	result, err := m.Up(t.Context())
	if err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(up, ";\n"))
	}
	if got := result.Done[0].Step.Strategy; got != lockstep.StrategyTransaction {
		t.Errorf("strategy %v, want one transaction", got)
	}
	checkFamily(t, db, to)
	if _, err := m.Down(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(down, ";\n"))
	}
	checkFamily(t, db, from)
}

func checkFamily(t *testing.T, db *sql.DB, want *schema.Schema) {
	t.Helper()
	got := inspect(t, db, "lockstep_ledger")
	if found := schema.Compare(got, want); len(found) > 0 {
		t.Error(dialecttest.Differences(found))
	}
	if got := text(t, db, "SELECT (SELECT group_concat(id || coalesce(name, '')) FROM parent) || '/' || (SELECT count(*) FROM child) || '/' || (SELECT seq FROM sqlite_sequence WHERE name = 'parent')"); got != "1A,2nobody,3C/3/4" && got != "1A,2,3C/3/4" {
		t.Errorf("rows are %s", got)
	}
	if got := text(t, db, "PRAGMA foreign_keys"); got != "1" {
		t.Errorf("foreign_keys = %s behind the migration", got)
	}
}
