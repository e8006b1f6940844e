package lockstep_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

// squashedUsers is the history of users with its first two migrations in a
// baseline, and one more behind it.
func squashedUsers(t *testing.T, db *testdb.Database) (before, after fstest.MapFS) {
	t.Helper()
	before = users()
	reader, ok := dialectOf(t, db).(lockstep.ScriptReader)
	if !ok {
		t.Fatal("the dialect reads no scripts")
	}
	var head strings.Builder
	for _, m := range mustLoad(t, before).Migrations()[:2] {
		list, err := lockstep.Replacement(m, reader)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			fmt.Fprintf(&head, "-- lockstep:replaces %s\n", r)
		}
	}
	after = users()
	for name := range after {
		if name < "20260103" {
			delete(after, name)
		}
	}
	add := func(name, text string) { after[name] = &fstest.MapFile{Data: []byte(text)} }
	add("20260102120000_baseline.sql", head.String()+"CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, email VARCHAR(80));\nCREATE INDEX users_name ON users (name);\n")
	add("20260104120000_create_orders.up.sql", "CREATE TABLE orders (id INTEGER PRIMARY KEY);\n")
	add("20260104120000_create_orders.down.sql", "DROP TABLE orders;\n")
	return before, after
}

const baselineID = "20260102120000_baseline"

func TestBaselineOnDatabasesOfEveryAge(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		before, after := squashedUsers(t, db)
		for name, test := range map[string]func(*testing.T, *testdb.Database, fstest.MapFS, fstest.MapFS){
			"past": pastBaseline, "fresh": freshBaseline, "halfway": halfwayBaseline, "edited": editedBaseline, "saved": savedBaseline,
		} {
			t.Run(name, func(t *testing.T) { test(t, testdb.New(t, db.Kind), before, after) })
		}
	})
}

func pastBaseline(t *testing.T, db *testdb.Database, before, after fstest.MapFS) {
	mustUp(t, newMigrator(t, db, mustLoad(t, before), lockstep.Options{}))
	m := newMigrator(t, db, mustLoad(t, after), lockstep.Options{Context: map[string]string{"commit": "abc"}})
	if n, err := m.Pending(t.Context()); n != 1 || err != nil {
		t.Errorf("Pending = %d, %v; a baseline that is to be recorded is not pending", n, err)
	}
	if d, err := m.Verify(t.Context()); len(d) > 0 || err != nil {
		t.Errorf("Verify = %+v, %v", d, err)
	}
	r := mustUp(t, m)
	if len(r.Done) != 2 || r.Done[0].Step.ID() != baselineID || r.Done[0].Step.Strategy != lockstep.StrategyRecord {
		t.Fatalf("up did %+v", r.Done)
	}
	settled(t, db, m)
	e := entryOf(t, m, baselineID)
	if e.Event != lockstep.EntryBaselined || e.Reason != "replaces 2 migrations that are applied" || e.Context["commit"] != "abc" || e.Checksum == "" {
		t.Errorf("the entry is %+v", e)
	}
	if r, err := m.Run(t.Context(), lockstep.Target{Direction: lockstep.Down, Steps: 2}); err != nil || len(r.Done) != 2 {
		t.Fatalf("down 2: %+v, %v", r.Done, err)
	}
	refusesDown(t, m)
	mustUp(t, m)
	settled(t, db, m)

	old := newMigrator(t, db, mustLoad(t, before), lockstep.Options{})
	if r := mustUp(t, old); len(r.Done) != 0 {
		t.Errorf("a program with the files from before the squash did %+v", r.Done)
	}
	s, err := old.Status(t.Context())
	if err != nil || s.Pending != 0 || s.Faults != 0 || s.Ahead != 2 || s.Rows[0].State != lockstep.StateBaselined || s.Rows[0].Note != "replaced by "+baselineID {
		t.Errorf("its Status = %+v, %v", s, err)
	}
	if d, err := old.Verify(t.Context()); len(d) > 0 || err != nil {
		t.Errorf("its Verify = %+v, %v", d, err)
	}
}

func freshBaseline(t *testing.T, db *testdb.Database, before, after fstest.MapFS) {
	m := newMigrator(t, db, mustLoad(t, after), lockstep.Options{})
	if r := mustUp(t, m); len(r.Done) != 3 || r.Done[0].Step.Strategy == lockstep.StrategyRecord {
		t.Fatalf("up did %+v", r.Done)
	}
	settled(t, db, m)
	if r := mustUp(t, newMigrator(t, db, mustLoad(t, before), lockstep.Options{})); len(r.Done) != 0 {
		t.Errorf("a program with the files from before the squash did %+v", r.Done)
	}
	if _, err := m.Run(t.Context(), lockstep.Target{Direction: lockstep.Down, Steps: 2}); err != nil {
		t.Fatal(err)
	}
	refusesDown(t, m)
}

func halfwayBaseline(t *testing.T, db *testdb.Database, before, after fstest.MapFS) {
	old := newMigrator(t, db, mustLoad(t, before), lockstep.Options{})
	if _, err := old.Run(t.Context(), lockstep.Target{Steps: 1}); err != nil {
		t.Fatal(err)
	}
	m := newMigrator(t, db, mustLoad(t, after), lockstep.Options{})
	_, err := m.Up(t.Context())
	var he *lockstep.HistoryError
	if !errors.As(err, &he) || he.Differences[0].Kind != lockstep.DiffBehind {
		t.Fatalf("Up = %v", err)
	}
	for _, want := range []string{"replaces 2 migrations, of which this database has 1", "it stands at 20260101120000_create_users", "up --to 20260102120000"} {
		if text := err.Error() + lockstep.HintOf(err); !strings.Contains(text, want) {
			t.Errorf("%q does not tell %q", text, want)
		}
	}
	s, err := m.Status(t.Context())
	if err != nil || s.Rows[0].State != lockstep.StateApplied || s.Rows[1].State != lockstep.StateBehind || s.Faults != 1 {
		t.Errorf("Status = %+v, %v", s, err)
	}
	if _, err := old.Run(t.Context(), lockstep.Target{To: "20260102120000"}); err != nil {
		t.Fatal(err)
	}
	mustUp(t, m)
	settled(t, db, m)
}

// editedBaseline has a replaced migration that was applied with another text.
func editedBaseline(t *testing.T, db *testdb.Database, before, after fstest.MapFS) {
	const name = "20260102120000_add_email.up.sql"
	before = maps.Clone(before)
	was := before[name].Data
	before[name] = &fstest.MapFile{Data: []byte("-- by hand\n" + string(was))}
	mustUp(t, newMigrator(t, db, mustLoad(t, before), lockstep.Options{}))
	mustUp(t, newMigrator(t, db, mustLoad(t, after), lockstep.Options{})) // a comment is no other text
	settled(t, db, newMigrator(t, db, mustLoad(t, after), lockstep.Options{}))

	other := testdb.New(t, db.Kind)
	before[name] = &fstest.MapFile{Data: []byte(strings.Replace(string(was), "80", "81", 1))}
	mustUp(t, newMigrator(t, other, mustLoad(t, before), lockstep.Options{}))
	m := newMigrator(t, other, mustLoad(t, after), lockstep.Options{})
	_, err := m.Up(t.Context())
	if !errors.Is(err, lockstep.ErrHistory) || !strings.Contains(err.Error(), "20260102120000_add_email, which this database applied with another content") {
		t.Fatalf("Up = %v", err)
	}
	if _, err := m.Repair(t.Context(), lockstep.RepairRequest{Accept: []string{"all"}, Reason: "widened by hand"}); err != nil {
		t.Fatal(err)
	}
	mustUp(t, m)
	settled(t, other, m)
}

// savedBaseline applies a plan that was saved.
func savedBaseline(t *testing.T, db *testdb.Database, before, after fstest.MapFS) {
	mustUp(t, newMigrator(t, db, mustLoad(t, before), lockstep.Options{}))
	m := newMigrator(t, db, mustLoad(t, after), lockstep.Options{})
	p, err := m.Plan(t.Context(), lockstep.Target{})
	if err != nil {
		t.Fatal(err)
	}
	if d, err := m.DryRun(t.Context(), p); err != nil || len(d.Tried)+len(d.NotTried) != 2 || d.Tried[0].Step.ID() != baselineID {
		t.Errorf("DryRun = %+v, %v", d, err)
	}
	saved, err := lockstep.ParsePlan(mustJSON(t, p))
	if err != nil {
		t.Fatal(err)
	}
	if r, err := m.Apply(t.Context(), saved); err != nil || len(r.Done) != 2 {
		t.Fatalf("Apply = %+v, %v", r, err)
	}
	settled(t, db, m)
}

// settled: nothing is left to do, and the newest entry alone says so.
func settled(t *testing.T, db *testdb.Database, m *lockstep.Migrator) {
	t.Helper()
	ok, err := lockstep.UpToDate(t.Context(), db.Open(t), dialectOf(t, db), lockstep.LedgerTable{}, m.Set().Digest())
	if !ok || err != nil {
		t.Errorf("UpToDate = %v, %v", ok, err)
	}
	s, err := m.Status(t.Context())
	if err != nil || s.Pending != 0 || s.Faults != 0 || s.Ahead != 0 || s.Applied != m.Set().Len() || len(s.Rows) != s.Applied {
		t.Errorf("Status = %+v, %v", s, err)
	}
	if d, err := m.Verify(t.Context()); len(d) > 0 || err != nil {
		t.Errorf("Verify = %+v, %v", d, err)
	}
	if _, err := m.VerifyChain(t.Context()); err != nil {
		t.Error(err)
	}
}

func refusesDown(t *testing.T, m *lockstep.Migrator) {
	t.Helper()
	_, err := m.Down(t.Context())
	var oneWay *lockstep.IrreversibleError
	if !errors.As(err, &oneWay) || !strings.Contains(err.Error(), "it is a baseline that replaces 2 migrations, and there is no way back behind it") {
		t.Errorf("Down = %v", err)
	}
	_, err = m.Run(t.Context(), lockstep.Target{Direction: lockstep.Down, To: "20260101120000"})
	if !errors.As(err, &oneWay) {
		t.Errorf("Down to a version behind the baseline = %v", err)
	}
}

func entryOf(t *testing.T, m *lockstep.Migrator, id string) *lockstep.Entry {
	t.Helper()
	for e, err := range m.History(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if e.ID() == id {
			return e
		}
	}
	t.Fatalf("no entry of %s", id)
	return nil
}

// TestAdoptionIsKilledAtEveryEvent kills a run that records a baseline.
func TestAdoptionIsKilledAtEveryEvent(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		before, after := squashedUsers(t, db)
		delete(after, "20260104120000_create_orders.up.sql")
		delete(after, "20260104120000_create_orders.down.sql")
		dir := onDisk(t, after)
		mustUp(t, newMigrator(t, db, mustLoad(t, before), lockstep.Options{}))
		out, err := child(t, db, dir, 0).Output()
		if err != nil {
			t.Fatalf("undisturbed run: %v", err)
		}
		var events int
		if _, err := fmt.Sscanf(string(out), "events: %d", &events); err != nil {
			t.Fatalf("undisturbed run printed %q", out)
		}
		want := db.Describe(t, "lockstep_ledger", "lockstep_ledger_lock")
		for at := 1; at <= events; at++ {
			next := testdb.New(t, db.Kind)
			mustUp(t, newMigrator(t, next, mustLoad(t, before), lockstep.Options{}))
			if err := child(t, next, dir, at).Run(); err == nil {
				t.Errorf("event %d: the child was not killed", at)
			}
			goesOn(t, next, after, fmt.Sprintf("killed at event %d", at), want)
			settled(t, next, newMigrator(t, next, mustLoad(t, after), lockstep.Options{}))
		}
	})
}

func TestManyRunnersAdoptAtOnce(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		before, after := squashedUsers(t, db)
		mustUp(t, newMigrator(t, db, mustLoad(t, before), lockstep.Options{}))
		var wg sync.WaitGroup
		steps := make([]int, 6)
		for i := range steps {
			pool := db.Pool(t)
			m, err := lockstep.New(pool, dialectOf(t, db), mustLoad(t, after), lockstep.Options{})
			if err != nil {
				t.Fatal(err)
			}
			wg.Go(func() {
				r, err := m.Up(t.Context())
				if err != nil {
					t.Errorf("a runner: %v", err)
				}
				steps[i] = len(r.Done)
			})
		}
		wg.Wait()
		sum := 0
		for _, n := range steps {
			sum += n
		}
		if sum != 2 {
			t.Errorf("all together did %d steps, want 2: %v", sum, steps)
		}
		settled(t, db, newMigrator(t, db, mustLoad(t, after), lockstep.Options{}))
	})
}

func TestBaselineFilesAreChecked(t *testing.T) {
	const sum = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
	for name, test := range map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"no checksum": {files("2_baseline.sql", "-- lockstep:replaces 1_a\nSELECT 1;"), `directive "replaces" has the value "1_a"`},
		"bad tokens":  {files("2_baseline.sql", "-- lockstep:replaces 1_a "+sum+" tokens2:00\nSELECT 1;"), `directive "replaces" has the value`},
		"short":       {files("2_baseline.sql", "-- lockstep:replaces 1_a "+sum[:20]+"\nSELECT 1;"), `directive "replaces" has the value`},
		"no via":      {files("2_baseline.sql", "-- lockstep:replaces 1_a "+sum+" via\nSELECT 1;"), `directive "replaces" has the value`},
		"no version":  {files("2_baseline.sql", "-- lockstep:replaces a "+sum+"\nSELECT 1;"), `directive "replaces" has the value`},
		"later":       {files("2_baseline.sql", "-- lockstep:replaces 3_a "+sum+"\nSELECT 1;"), "replaces 3_a, which comes after it"},
		"itself":      {files("2_baseline.sql", "-- lockstep:replaces 2_baseline "+sum+"\nSELECT 1;"), "replaces itself"},
		"twice":       {files("2_baseline.sql", "-- lockstep:replaces 1_a "+sum+"\n-- lockstep:replaces 1_a "+sum+"\nSELECT 1;"), "replaces 1_a twice"},
		"by two":      {files("2_baseline.sql", "-- lockstep:replaces 1_a "+sum+"\nSELECT 1;", "3_baseline.sql", "-- lockstep:replaces 1_a "+sum+"\nSELECT 1;"), "replaces 1_a, and so does 2_baseline.sql"},
		"a down":      {files("2_baseline.up.sql", "-- lockstep:replaces 1_a "+sum+"\nSELECT 1;", "2_baseline.down.sql", "SELECT 1;"), "is a baseline and has a down"},
		"stray":       {files("2_baseline.sql", "-- lockstep:replaces 1_a "+sum+"\nSELECT 1;", "1_late.sql", "SELECT 1;"), "1_late.sql: comes before the baseline 2_baseline.sql, which does not replace it"},
		"another":     {files("2_baseline.sql", "-- lockstep:replaces 1_a "+sum+"\nSELECT 1;", "1_a.sql", "SELECT 1;"), "is replaced by the baseline 2_baseline.sql, but is not the file that this was made from"},
		"below":       {files("2_baseline.sql", "SELECT 1;\n-- lockstep:replaces 1_a "+sum+"\nSELECT 2;"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := lockstep.Load(test.files)
			if test.want == "" {
				if err != nil || len(set.Migrations()[0].Replaces) > 0 {
					t.Errorf("Load = %v", err)
				}
			} else if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Load = %v, want %q", err, test.want)
			}
		})
	}
	text := "SELECT 1;"
	set := mustLoad(t, files("2_baseline.sql", "-- lockstep:replaces 1_a "+lockstep.Checksum(text)+"\nSELECT 1;", "1_a.sql", text))
	if len(set.Migrations()) != 1 || len(set.Replaced()) != 1 {
		t.Errorf("a replaced file that is still there: %d migrations, %d replaced", len(set.Migrations()), len(set.Replaced()))
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
