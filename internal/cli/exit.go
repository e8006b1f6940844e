package cli

import (
	"errors"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
)

// The exit codes. exitHelp explains them.
const (
	exitDone        = 0
	exitError       = 1
	exitUsage       = 2
	exitPending     = 3
	exitRefused     = 4
	exitLocked      = 5
	exitHistory     = 6
	exitPartly      = 7
	exitInterrupted = 130
)

const exitHelp = `Exit codes:

    0  done
    1  error: it could not be done
    2  usage: wrong command, option, argument, database URL or configuration file
    3  work is pending (status --check, wait --applied)
    4  refused by policy (lockstep.toml [policy])
    5  another run holds the lock and did not end in time
    6  history differs: a changed or missing file, out of order, a broken ledger;
       rehearse: a down does not lead back
    7  partly applied; the next up goes on from there
  130  interrupted by a signal; the next up goes on if anything is left
`

// errPending is the answer of --check when something is pending.
var errPending = errors.New("work is pending")

// exitCode returns the exit code for an error; it is the one table.
func exitCode(err error) int {
	var partial *lockstep.PartialError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, ErrInterrupted):
		return exitInterrupted
	case isUsage(err):
		return exitUsage
	case errors.Is(err, errPending):
		return exitPending
	case errors.Is(err, lockstep.ErrRefused):
		return exitRefused
	case errors.Is(err, lockstep.ErrLocked):
		return exitLocked
	case errors.As(err, &partial) && (partial.Resumable || len(partial.Done) > 0):
		return exitPartly
	case errors.Is(err, lockstep.ErrHistory), errors.Is(err, errAstray):
		return exitHistory
	}
	return exitError
}

// isUsage reports whether a command was called or configured wrongly.
func isUsage(err error) bool {
	var usage *usageError
	var url *config.URLError
	var file *config.FileError
	return errors.As(err, &usage) || errors.As(err, &url) || errors.As(err, &file)
}

// kind names the sort of an error for --json.
func kind(err error) string {
	var (
		files     *lockstep.FilesError
		oneWay    *lockstep.IrreversibleError
		partial   *lockstep.PartialError
		statement *lockstep.StatementError
		database  *lockstep.DatabaseError
	)
	switch exitCode(err) {
	case exitUsage:
		return "usage"
	case exitPending:
		return "pending"
	case exitRefused:
		return "refused"
	case exitLocked:
		return "locked"
	case exitHistory:
		return "history"
	case exitPartly:
		return "partial"
	case exitInterrupted:
		return "interrupted"
	}
	switch {
	case errors.As(err, &files):
		return "files"
	case errors.As(err, &oneWay):
		return "irreversible"
	case errors.Is(err, lockstep.ErrPlanStale):
		return "stale"
	case errors.Is(err, errTimeout):
		return "timeout"
	case errors.As(err, &statement), errors.As(err, &partial):
		return "statement"
	case errors.As(err, &database):
		return "database"
	}
	return "error"
}

// usageError is a command that was called wrongly.
type usageError struct{ msg, hint string }

// Error returns what is wrong.
func (e *usageError) Error() string { return e.msg }

// Hint returns how to call it.
func (e *usageError) Hint() string { return e.hint }
