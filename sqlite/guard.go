package sqlite

import (
	"fmt"
	"math"
	"time"

	"github.com/lockstepdb/lockstep"
)

// Guard returns the PRAGMA that sets how long a statement waits for another
// connection's lock. SQLite knows no limit for the run of a statement; that is
// for the caller's context. A busy_timeout holds for the connection until set
// again, also when it was set in a transaction.
//
// BEGIN IMMEDIATE is the statement that waits, so the guard has to be in place
// before it: inside a transaction there is nothing left to set.
//
// A database without a file has one connection and nobody to wait for.
func (dialect) Guard(srv lockstep.Server, t lockstep.Timeouts, scope lockstep.Scope) []string {
	switch {
	case t.Lock == 0 || srv.SingleConnection || scope == lockstep.ScopeTransaction:
		return nil
	case t.Lock < 0: // as long as it can count: 24 days
		return []string{busyTimeout(math.MaxInt32 * time.Millisecond)}
	default:
		return []string{busyTimeout(t.Lock)}
	}
}

// busyTimeout rounds up, as 0 would be no wait at all.
func busyTimeout(d time.Duration) string {
	return fmt.Sprintf("PRAGMA busy_timeout = %d", (d+time.Millisecond-1)/time.Millisecond)
}
