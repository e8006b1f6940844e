package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/internal/testdb"
)

// TestQuickstart runs the example as its README says: up, all the way down,
// and up again to the same schema and rows.
func TestQuickstart(t *testing.T) {
	example, err := filepath.Abs("../../examples/quickstart")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(example)); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	db := testdb.New(t, testdb.KindNamed(t, testdb.SQLite))
	run := func(args string) {
		t.Helper()
		if code, _, said := call(t, strings.Fields(args), []string{"LOCKSTEP_DB=" + db.URL}); code != 0 {
			t.Fatalf("lockstep %s: exit code %d\n%s", args, code, said)
		}
	}
	run("validate --files")
	run("plan --sql")
	run("up")
	run("status --check")
	run("validate")
	first := db.Schema(t, "lockstep_ledger")
	run("down --to 0")
	run("up")
	run("redo 3")
	if again := db.Schema(t, "lockstep_ledger"); again != first {
		t.Errorf("the schema after down and up differs:\n%s\nbefore:\n%s", again, first)
	}
	run("history --verify")
}
