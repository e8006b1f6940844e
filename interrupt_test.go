package lockstep_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

// cancelAt returns a context and a sink that ends it when an event is seen.
func cancelAt(t *testing.T, isIt func(lockstep.Event) bool) (context.Context, lockstep.Sink) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	return ctx, lockstep.SinkFunc(func(e lockstep.Event) {
		if isIt(e) {
			cancel()
		}
	})
}

func TestInterruptedTransactionIsRolledBack(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		sleeping := files("1_create_a.sql", "CREATE TABLE a (id int);\nSELECT pg_sleep(3600);")
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		sink := lockstep.SinkFunc(func(e lockstep.Event) {
			if _, ok := e.(lockstep.StatementStarted); ok {
				time.AfterFunc(100*time.Millisecond, stop)
			}
		})
		start := time.Now()
		_, err := newMigrator(t, db, mustLoad(t, sleeping), lockstep.Options{Sinks: []lockstep.Sink{sink}}).Up(ctx)
		if !errors.Is(err, context.Canceled) || time.Since(start) > patience {
			t.Fatalf("Up = %v after %s", err, time.Since(start))
		}
		awake := files("1_create_a.sql", "CREATE TABLE a (id int);")
		mustUp(t, newMigrator(t, db, mustLoad(t, awake), lockstep.Options{LockWait: patience}))
	})
}

func TestInterruptedStatementsAreFinished(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		set := mustLoad(t, files("1_create.sql", "-- lockstep:transaction off\nCREATE TABLE a (id INTEGER);\nCREATE TABLE b (id INTEGER);\nCREATE TABLE c (id INTEGER);\n"))
		ctx, sink := cancelAt(t, func(e lockstep.Event) bool {
			s, ok := e.(lockstep.StatementStarted)
			return ok && s.First == 2
		})
		_, err := newMigrator(t, db, set, lockstep.Options{Sinks: []lockstep.Sink{sink}}).Up(ctx)
		var pe *lockstep.PartialError
		if !errors.Is(err, context.Canceled) || !errors.As(err, &pe) || !pe.Resumable {
			t.Fatalf("Up = %v", err)
		}
		if db.Kind.Dialect == testdb.MySQL && pe.Applied != 2 {
			t.Errorf("%d statements were recorded, want the 2 that were begun", pe.Applied)
		}
		mustUp(t, newMigrator(t, db, set, lockstep.Options{}))
		count(t, db, "SELECT count(*) FROM a, b, c")
	})
}
