package rehearse_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/rehearse"
	"github.com/lockstepdb/lockstep/sqlite"
)

// stage is where tests rehearse: it makes SQLite files and counts them.
type stage struct {
	t              *testing.T
	dialect        rehearse.Dialect
	opened, closed int
}

func newStage(t *testing.T) *stage {
	d, ok := sqlite.Dialect().(rehearse.Dialect)
	if !ok {
		t.Fatal("the dialect cannot read schemas")
	}
	s := &stage{t: t, dialect: d}
	t.Cleanup(func() {
		if s.opened != s.closed {
			t.Errorf("%d databases were made, and %d removed", s.opened, s.closed)
		}
	})
	return s
}

func (s *stage) open(context.Context) (*rehearse.Scratch, error) {
	s.opened++
	db, err := sql.Open("sqlite", filepath.Join(s.t.TempDir(), "scratch.db"))
	return &rehearse.Scratch{DB: db, Remove: func() error { s.closed++; return db.Close() }}, err
}

// load makes a set of files, given as name, text, name, text …
func load(t *testing.T, files ...string) *lockstep.Set {
	t.Helper()
	dir := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		dir[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	set, err := lockstep.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func astray(t *testing.T) *lockstep.Set {
	return load(t,
		"01_a.up.sql", "CREATE TABLE a (id INTEGER PRIMARY KEY);", "01_a.down.sql", "DROP TABLE a;",
		"02_b.up.sql", "CREATE TABLE b (id INTEGER PRIMARY KEY); CREATE INDEX a_id ON a (id);", "02_b.down.sql", "DROP TABLE b;",
		"03_c.sql", "CREATE TABLE c (id INTEGER PRIMARY KEY);",
		"04_d.up.sql", "ALTER TABLE a ADD COLUMN n INT;", "04_d.down.sql", "ALTER TABLE a DROP COLUMN m;",
		"05_e.up.sql", "ALTER TABLE a ADD COLUMN o INT;", "05_e.down.sql", "-- nothing\n",
		"06_f.up.sql", "ALTER TABLE a ADD COLUMN p INT;", "06_f.down.sql", "ALTER TABLE a DROP COLUMN p;",
		"repeatable/v.sql", "DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT * FROM a;",
	)
}

func verdicts(r *rehearse.Report) map[string]string {
	all := map[string]string{}
	for _, one := range r.Results {
		all[one.ID()] = strings.TrimSuffix(string(one.Verdict)+" "+string(one.FailedAt), " ")
	}
	return all
}

func TestVerdicts(t *testing.T) {
	s := newStage(t)
	var events []string
	r, err := rehearse.Run(t.Context(), s.dialect, astray(t), s.open, rehearse.Options{Watch: func(e rehearse.Event) {
		events = append(events, e.Migration+" "+string(e.Stage))
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"01_a": "identical", "02_b": "differs again", "03_c": "irreversible", "04_d": "failed down", "05_e": "irreversible", "06_f": "identical", "v": "applied"}
	if diff := cmp.Diff(want, verdicts(r)); diff != "" {
		t.Error(diff)
	}
	if s.opened != 4 { // one, another after each that led astray, and one to see whether that was for the rows
		t.Errorf("%d databases were made, want 4", s.opened)
	}
	if i := slices.Index(events, "02_b fresh"); i < 0 || events[i-1] != "02_b again" || events[i+1] != "02_b done" {
		t.Errorf("events are %q", events)
	}
	if len(r.Astray()) != 2 || r.Failure() != nil || !strings.HasPrefix(r.Fingerprint, "facts1:") || r.Applied != 0 || len(r.Left) != 0 {
		t.Errorf("report is %+v", r)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}

// TestFingerprintIsThatOfPlainUps compares the end of a rehearsal, with all its
// ways astray, with running the same set.
func TestFingerprintIsThatOfPlainUps(t *testing.T) {
	s := newStage(t)
	long, err := rehearse.Run(t.Context(), s.dialect, astray(t), s.open, rehearse.Options{})
	if err != nil {
		t.Fatal(err)
	}
	short, err := rehearse.Run(t.Context(), s.dialect, astray(t), s.open, rehearse.Options{Which: func(*lockstep.Migration) bool { return false }})
	if err != nil {
		t.Fatal(err)
	}
	if long.Fingerprint != short.Fingerprint || short.Applied != 6 || len(short.Results) != 1 {
		t.Errorf("rehearsed %s, applied %s (%+v)", long.Fingerprint, short.Fingerprint, short)
	}
}

func TestAFailedUpEndsIt(t *testing.T) {
	set := load(t, "01_a.sql", "CREATE TABLE a (id INTEGER PRIMARY KEY);", "02_b.sql", "nonsense;", "03_c.sql", "CREATE TABLE c (id INT);", "repeatable/v.sql", "SELECT 1;")
	for name, which := range map[string]func(*lockstep.Migration) bool{"rehearsed": nil, "applied": func(*lockstep.Migration) bool { return false }} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			r, err := rehearse.Run(t.Context(), s.dialect, set, s.open, rehearse.Options{Which: which})
			var statement *lockstep.StatementError
			if err != nil || r.Failure() == nil || r.Failure().ID() != "02_b" || !errors.As(r.Failure().Err, &statement) {
				t.Fatalf("%v, report %+v", err, r)
			}
			if diff := cmp.Diff([]string{"03_c"}, r.Left); diff != "" || r.Fingerprint != "" {
				t.Errorf("%s, fingerprint %q", diff, r.Fingerprint)
			}
		})
	}
}

func TestStopped(t *testing.T) {
	for _, at := range []rehearse.Stage{rehearse.StageUp, rehearse.StageDown, rehearse.StageAgain, rehearse.StageFresh} {
		s := newStage(t)
		ctx, cancel := context.WithCancel(t.Context())
		_, err := rehearse.Run(ctx, s.dialect, astray(t), s.open, rehearse.Options{Watch: func(e rehearse.Event) {
			if e.Stage == at {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("stopped at %s: %v", at, err)
		}
		cancel()
	}
}

func TestNoDatabase(t *testing.T) {
	s := newStage(t)
	broken := errors.New("no room")
	_, err := rehearse.Run(t.Context(), s.dialect, astray(t), func(context.Context) (*rehearse.Scratch, error) { return nil, broken }, rehearse.Options{})
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	r, err := rehearse.Run(t.Context(), s.dialect, load(t, "repeatable/v.sql", "CREATE VIEW v AS SELECT 1;"), s.open, rehearse.Options{})
	if err != nil || len(r.Results) != 1 || r.Results[0].Verdict != rehearse.Applied {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestGoMigrations(t *testing.T) {
	s := newStage(t)
	run := func(query string) func(context.Context, *sql.Tx) error {
		return func(ctx context.Context, tx *sql.Tx) error { _, err := tx.ExecContext(ctx, query); return err }
	}
	set, err := load(t, "01_a.sql", "CREATE TABLE a (id INTEGER PRIMARY KEY);").With(
		lockstep.GoMigration{Version: "02", Name: "right", UpTx: run("ALTER TABLE a ADD COLUMN n INT"), DownTx: run("ALTER TABLE a DROP COLUMN n")},
		lockstep.GoMigration{Version: "03", Name: "wrong", UpTx: run("CREATE INDEX IF NOT EXISTS i ON a (n)"), DownTx: run("DELETE FROM a")},
		lockstep.GoMigration{Version: "04", Name: "one_way", UpTx: run("ALTER TABLE a ADD COLUMN o INT")},
	)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rehearse.Run(t.Context(), s.dialect, set, s.open, rehearse.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"01_a": "irreversible", "02_right": "identical", "03_wrong": "differs", "04_one_way": "irreversible"}
	if diff := cmp.Diff(want, verdicts(r)); diff != "" {
		t.Error(diff)
	}
	if lost := r.Results[2].Lost; len(lost) != 1 || lost[0].String() != "the down loses rows of table a: 0 of 3 are left" {
		t.Errorf("lost %v", lost)
	}
}

func TestLook(t *testing.T) {
	s := newStage(t)
	set := astray(t)
	around, err := rehearse.Look(t.Context(), s.dialect, set, set.Migrations()[1], s.open, rehearse.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if before, after := len(around.Before.Facts()), len(around.After.Facts()); before == 0 || after <= before {
		t.Errorf("%d facts, then %d", before, after)
	}
	if _, err := rehearse.Look(t.Context(), s.dialect, set, set.Repeatables()[0], s.open, rehearse.Options{}); err == nil {
		t.Error("looked around a repeatable migration")
	}
}
