//go:build cgo

package sqlite_test

import (
	"path/filepath"
	"testing"

	_ "github.com/mattn/go-sqlite3"

	"github.com/lockstepdb/lockstep/dialecttest"
	"github.com/lockstepdb/lockstep/schema"
)

const mattn = "sqlite3"

func TestMattn(t *testing.T) { testDriver(t, mattn) }

// TestMissingModule: the tables that belong to a virtual table are known as such
// by a connection that lacks its module too.
func TestMissingModule(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fts.db")
	db := open(t, mattn, path)
	mustExec(t, db, "CREATE VIRTUAL TABLE f USING fts4(a, b)", "CREATE TABLE f_own (a)", "CREATE TABLE f_content2 (a)")
	with, without := inspect(t, db), inspect(t, open(t, modernc, path))
	if found := schema.Compare(with, without); len(found) > 0 {
		t.Error(dialecttest.Differences(found))
	}
	if got := len(without.OfKind(schema.KindTable)); got != 3 {
		t.Errorf("%d tables, want 3", got)
	}
}
