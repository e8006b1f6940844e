package postgres

import (
	"math"
	"strconv"
	"time"

	"github.com/lockstepdb/lockstep"
)

// workMark is the application_name of sessions that do a run's work. By it the
// next holder of the lock recognises a statement that goes on in the server
// after its client was killed. It is a mark that works through PgBouncer, which
// follows application_name for each of its clients.
const workMark = "lockstep-work"

// Guard returns the statements that set lock_timeout and statement_timeout, in
// milliseconds, and mark the session as one that does a run's work. In
// ScopeTransaction they belong after BEGIN. Nothing to set needs no guard, and
// gives none.
func (dialect) Guard(_ lockstep.Server, t lockstep.Timeouts, scope lockstep.Scope) []string {
	if t == (lockstep.Timeouts{}) {
		return nil
	}
	set := "SET LOCAL "
	if scope == lockstep.ScopeSession {
		set = "SET SESSION "
	}
	guard := []string{set + "application_name = '" + workMark + "'"}
	if t.Lock != 0 {
		guard = append(guard, set+"lock_timeout = "+milliseconds(t.Lock))
	}
	if t.Statement != 0 {
		guard = append(guard, set+"statement_timeout = "+milliseconds(t.Statement))
	}
	return guard
}

// milliseconds renders a duration as a setting, in which 0 means no limit. A
// positive one is never rounded down to that, a negative one stands for it.
func milliseconds(d time.Duration) string {
	if d < 0 {
		return "0"
	}
	return strconv.FormatInt(min(max(d.Milliseconds(), 1), math.MaxInt32), 10)
}
