package lockstep

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func source(pairs ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		fsys[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return fsys
}

func ids(s *Set) []string {
	var out []string
	for _, m := range s.Migrations() {
		id := m.ID()
		if m.Down != nil {
			id += " <-"
		}
		out = append(out, id)
	}
	for _, m := range s.Repeatables() {
		out = append(out, "R "+m.ID())
	}
	return out
}

func TestLoadFindsEveryForm(t *testing.T) {
	set, err := Load(source(
		"20260102_b.up.sql", "SELECT 1", "20260102_b.down.sql", "SELECT 1",
		"20260101_a.sql", "SELECT 1",
		"sub/dir/20260103_c/up.sql", "SELECT 1", "sub/dir/20260103_c/down.sql", "SELECT 1",
		"20260104_new_name.up.sql", "SELECT 1", "20260104_old_name.down.sql", "SELECT 1",
		"repeatable/views.sql", "SELECT 1",
		"README.md", "not a migration", ".hidden/1_x.sql", "broken", "20260105_x.SQL", "SELECT 1",
		"7_same.sql", "SELECT 1", "7_version.sql", "SELECT 1",
	), source("20251231_other.sql", "SELECT 1"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"7_same", "7_version", "20251231_other", "20260101_a", "20260102_b <-", "20260103_c <-",
		"20260104_new_name <-", "20260105_x", "R views",
	}
	if diff := cmp.Diff(want, ids(set)); diff != "" {
		t.Error(diff)
	}
}

func TestLoadReportsAllFaultsTogether(t *testing.T) {
	_, err := Load(source(
		"1_nul.sql", "SELECT 1;\n\x00",
		"2_latin1.sql", "SELECT 1;\n-- caf\xe9",
		"3_empty.sql", "-- nothing\n/* here\n*/\n",
		"4_orphan.down.sql", "SELECT 1",
		"users.sql", "SELECT 1",
		"5_typo.sql", "-- lockstep:lock_timout 3s\nSELECT 1",
		"6_value.sql", "-- lockstep:lock_timeout soon\nSELECT 1",
		"7_twice.sql", "SELECT 1", "sub/7_twice.up.sql", "SELECT 1",
	))
	var fe *FilesError
	if !errors.As(err, &fe) {
		t.Fatalf("Load = %v", err)
	}
	var got []string
	for _, f := range fe.Faults {
		got = append(got, f.Error()+" | "+f.Hint)
	}
	want := []string{
		"1_nul.sql:2:1: holds a NUL byte",
		"2_latin1.sql:2:7: is not valid UTF-8: byte 0xE9",
		"3_empty.sql: holds no statement",
		"4_orphan.down.sql: is a down without its up",
		`5_typo.sql:1:4: unknown directive "lock_timout" | did you mean "lock_timeout"?`,
		`6_value.sql:1:4: directive "lock_timeout" has the value "soon"`,
		"users.sql: has no version in its name",
	}
	if len(got) != len(want) {
		t.Fatalf("got %d faults:\n%s", len(got), strings.Join(got, "\n"))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("fault %d = %q, want %q", i, got[i], want[i])
		}
	}
	if _, err := Load(source("7_twice.sql", "SELECT 1", "sub/7_twice.up.sql", "SELECT 1")); err == nil || !strings.Contains(err.Error(), "duplicate") {
		t.Errorf("a duplicate gives %v", err)
	}
}

func TestLoadOfTheFileSystem(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("loop.sql", filepath.Join(dir, "loop.sql")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("1_loop.sql", filepath.Join(dir, "1_loop.sql")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(".", filepath.Join(dir, "again")); err != nil {
		t.Fatal(err)
	}
	_, err := Load(Dir(dir))
	var fe *FilesError
	if !errors.As(err, &fe) || len(fe.Faults) != 3 {
		t.Fatalf("Load = %v", err)
	}
	for _, f := range fe.Faults {
		if !strings.HasPrefix(f.File, dir) || f.Hint == "" {
			t.Errorf("%+v names no path from the working directory, or has no hint", f)
		}
	}
	if _, err := Load(Dir(filepath.Join(dir, "missing"))); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing folder gives %v", err)
	}
}

func TestChecksumIgnoresLineEnds(t *testing.T) {
	want := Checksum("SELECT 1;\nSELECT 2;\n")
	for _, text := range []string{"SELECT 1;\r\nSELECT 2;\r\n", "\uFEFFSELECT 1;\nSELECT 2;\n", "SELECT 1;\rSELECT 2;\r"} {
		if got := Checksum(text); got != want {
			t.Errorf("Checksum(%q) = %s", text, got)
		}
	}
	if Checksum("SELECT 1;\nSELECT  2;\n") == want {
		t.Error("a change of layout does not change the checksum")
	}
}

func TestHeadDirectives(t *testing.T) {
	d, faults := headDirectives("f", `
-- A comment.
--lockstep:transaction off
/* and
   a block */
-- lockstep:lock_timeout 1500ms
-- lockstep:statement_timeout 1h
-- lockstep:retries 4
-- lockstep:phase contract
-- lockstep:kind data
-- lockstep:out-of-order "touches nobody else's table"
-- lockstep:vars A, B_2
-- lockstep:allow PG001 "tiny \"table\"" until=2027-01-31
SELECT 1;
-- lockstep:nonsense
`)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	want := Directives{
		Transaction: "off", LockTimeout: 1500 * time.Millisecond, StatementTimeout: time.Hour, Retries: 4,
		Phase: PhaseContract, Kind: KindData, OutOfOrder: "touches nobody else's table", Vars: []string{"A", "B_2"},
		Allow: []Allowance{{Code: "PG001", Reason: `tiny "table"`, Until: "2027-01-31", Line: 13}},
	}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Error(diff)
	}
}
