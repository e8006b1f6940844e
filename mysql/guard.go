package mysql

import (
	"fmt"
	"strings"
	"time"

	"github.com/lockstepdb/lockstep"
)

// Guard returns one SET for all timeouts. They belong to the session: these
// servers know none that end with a transaction, so both scopes give the same.
//
// No limit, for locks, is the server's own: these waits cannot be endless.
//
// A wait for a lock is limited in whole seconds, one at least: for tables by
// lock_wait_timeout, for rows by innodb_lock_wait_timeout. ExecShort is for
// shorter waits for tables. A statement's run is limited on MariaDB for all
// statements, in microseconds (max_statement_time); on MySQL for SELECT only,
// in milliseconds (max_execution_time): no MySQL server limits the run of other
// statements.
func (dialect) Guard(srv lockstep.Server, t lockstep.Timeouts, _ lockstep.Scope) []string {
	var set []string
	switch {
	case t.Lock > 0:
		seconds := wholeSeconds(t.Lock)
		set = append(set, fmt.Sprintf("SESSION lock_wait_timeout = %d", seconds), fmt.Sprintf("SESSION innodb_lock_wait_timeout = %d", seconds))
	case t.Lock < 0:
		set = append(set, "SESSION lock_wait_timeout = DEFAULT", "SESSION innodb_lock_wait_timeout = DEFAULT")
	}
	if t.Statement != 0 {
		set = append(set, "SESSION "+statementTimeout(srv, t.Statement))
	}
	if set == nil {
		return nil
	}
	return []string{"SET " + strings.Join(set, ", ")}
}

func statementTimeout(srv lockstep.Server, d time.Duration) string {
	if d < 0 && srv.Flavor == flavorMariaDB {
		return "max_statement_time = 0"
	}
	if d < 0 {
		return "max_execution_time = 0"
	}
	if srv.Flavor == flavorMariaDB {
		return fmt.Sprintf("max_statement_time = %.6f", max(d, time.Microsecond).Seconds())
	}
	return fmt.Sprintf("max_execution_time = %d", max(d.Milliseconds(), 1))
}

// wholeSeconds rounds up: a shorter timeout than asked for would give up
// early, and 0 means no wait at all to MariaDB. The limit is the smallest
// maximum of the two variables.
func wholeSeconds(d time.Duration) int64 {
	const most = 31536000
	return min(int64((d+time.Second-1)/time.Second), most)
}
