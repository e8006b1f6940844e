package sqlite_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqlite"
)

// The test binary plays another process when it is started with these.
const (
	roleVariable   = "LOCKSTEP_SQLITE_TEST_ROLE" // hold or count
	driverVariable = "LOCKSTEP_SQLITE_TEST_DRIVER"
	pathVariable   = "LOCKSTEP_SQLITE_TEST_PATH"
)

func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := playRole(context.Background(), role); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func playRole(ctx context.Context, role string) error {
	db, err := sql.Open(os.Getenv(driverVariable), os.Getenv(pathVariable))
	if err != nil {
		return err
	}
	defer db.Close()
	srv, err := sqlite.Dialect().Probe(ctx, db)
	if err != nil {
		return err
	}
	lock := sqlite.Dialect().Lock(db, srv, lockstep.LockRequest{
		Name: "lockstep_ledger", Holder: lockstep.Holder{Host: "child", PID: os.Getpid(), Since: time.Now()},
	})
	if role == "hold" {
		return holdUntilEOF(ctx, lock)
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	// Others that start look at the database for a moment.
	for _, guard := range sqlite.Dialect().Guard(srv, lockstep.Timeouts{Lock: time.Minute}, lockstep.ScopeSession) {
		if _, err := conn.ExecContext(ctx, guard); err != nil {
			return err
		}
	}
	return countUp(ctx, conn, lock)
}

// holdUntilEOF says that it has the lock, and keeps it while its parent lives.
func holdUntilEOF(ctx context.Context, lock lockstep.RunLock) error {
	if err := acquire(ctx, lock); err != nil {
		return err
	}
	fmt.Println("held")
	_, err := bufio.NewReader(os.Stdin).ReadString('\n')
	return err
}

// countUp adds to a number in a way that loses counts without exclusion.
func countUp(ctx context.Context, q lockstep.Querier, lock lockstep.RunLock) error {
	for range rounds {
		if err := acquire(ctx, lock); err != nil {
			return err
		}
		if _, err := q.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS counter (n INTEGER)"); err != nil {
			return err
		}
		var n int
		if err := q.QueryRowContext(ctx, "SELECT count(*) FROM counter").Scan(&n); err != nil {
			return err
		}
		if _, err := q.ExecContext(ctx, "INSERT INTO counter VALUES (?)", n); err != nil {
			return err
		}
		if err := lock.Verify(ctx); err != nil {
			return err
		}
		if err := lock.Release(ctx); err != nil {
			return err
		}
	}
	return nil
}

// acquire polls as a runner does.
func acquire(ctx context.Context, lock lockstep.RunLock) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		held, err := lock.Try(ctx)
		if held || err != nil {
			return err
		}
		<-tick.C
	}
}
