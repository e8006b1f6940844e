package lockstep_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

// TestObserveSeesEachStatement looks from inside of the session: what a
// statement did is seen, also before its transaction commits.
func TestObserveSeesEachStatement(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		set, err := lockstep.Load(fstest.MapFS{"1_a.sql": {Data: []byte("CREATE TABLE a (id INTEGER);\nINSERT INTO a VALUES (1);\n  INSERT INTO a VALUES (2);")}})
		if err != nil {
			t.Fatal(err)
		}
		var seen []string
		m := newMigrator(t, db, set, lockstep.Options{Observe: func(ctx context.Context, q lockstep.Querier, at lockstep.StatementPoint) error {
			n := -1 // there is no table yet
			if at.Number > 1 || at.After {
				if err := q.QueryRowContext(ctx, "SELECT COUNT(*) FROM a").Scan(&n); err != nil {
					return err
				}
			}
			seen = append(seen, fmt.Sprintf("%d:%d %t %d", at.Pos.Line, at.Pos.Column, at.After, n))
			return nil
		}})
		if _, err := m.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := []string{"1:1 false -1", "1:1 true 0", "2:1 false 0", "2:1 true 1", "3:3 false 1", "3:3 true 2"}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAnErrorOfTheObserverEndsTheStep(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		set, err := lockstep.Load(fstest.MapFS{"1_a.sql": {Data: []byte("CREATE TABLE a (id INTEGER);")}, "2_b.sql": {Data: []byte("CREATE TABLE b (id INTEGER);")}})
		if err != nil {
			t.Fatal(err)
		}
		enough := errors.New("enough")
		m := newMigrator(t, db, set, lockstep.Options{Observe: func(_ context.Context, _ lockstep.Querier, at lockstep.StatementPoint) error {
			if at.Step.Version == "2" {
				return enough
			}
			return nil
		}})
		r, err := m.Up(t.Context())
		if !errors.Is(err, enough) || len(r.Done) != 1 {
			t.Errorf("%v, done %v", err, r.Done)
		}
	})
}
