package cli_test

import (
	"os"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/internal/testdb"
)

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func edit(name, before, after string) func(*testing.T, *testdb.Database) {
	return func(t *testing.T, _ *testdb.Database) {
		t.Helper()
		b, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(b), before) {
			t.Fatalf("%s does not hold %q (%v)", name, before, err)
		}
		writeFile(t, name, strings.ReplaceAll(string(b), before, after))
	}
}
