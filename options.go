package lockstep

import (
	"cmp"
	"context"
	"os"
	"os/user"
	"runtime/debug"
	"time"

	"github.com/lockstepdb/lockstep/sqltext"
)

// Options tunes a Migrator. The zero value is the production setting.
type Options struct {
	// Ledger names the ledger table. Default lockstep_ledger in the session's
	// current schema or database.
	Ledger LedgerTable

	// LockWait is how long a run waits for another run to end. Default 10m;
	// negative: do not wait.
	LockWait time.Duration

	// ShortLockTimeout is how long a statement may queue for a strong lock
	// while others queue behind it. Default 50ms.
	ShortLockTimeout time.Duration

	// LockBudget is how long a statement keeps trying with short waits before
	// it takes LockTimeout. Default 30s; negative: LockTimeout at once.
	LockBudget time.Duration

	// LockTimeout is the lock timeout once the budget is used up, unless a
	// file says otherwise (-- lockstep:lock_timeout). Default 3s.
	LockTimeout time.Duration

	// StatementTimeout limits one statement, unless a file says otherwise.
	// Default 0: no limit.
	StatementTimeout time.Duration

	// Retries is how often work is tried again after the budget, when nothing
	// was done: lock timeouts, deadlocks, lost connections. Default 10;
	// negative: never.
	Retries int

	// SkipSchema leaves the schema out of the ledger: it is not read before
	// and after a run, and drift cannot be told. Default false.
	SkipSchema bool

	// Vars are the values of ${NAME} in files that name them
	// (-- lockstep:vars NAME). They never reach the ledger or an event, and values of three characters
	// or more are taken out of errors.
	Vars map[string]string

	// Actor is who runs this, for the ledger. Default the operating system's user.
	Actor string

	// Context is stored with each entry: deployment id, git commit … Default none.
	Context map[string]string

	// Tool is the program's name and version, for the ledger. Default
	// "lockstep <module version>".
	Tool string

	// Sinks receive every event as it happens, in order, from one goroutine.
	// Default none.
	Sinks []Sink

	// Observe is called in the run's own session right before and right after
	// each statement, inside of its transaction if it has one; statements then
	// travel one by one. An error ends the step as that of a statement would.
	// Default nobody observes.
	Observe func(ctx context.Context, q Querier, at StatementPoint) error

	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// StatementPoint is a place in a run where it can be observed.
type StatementPoint struct {
	Step     Step
	Number   int           // of the statement in its script, from 1
	Pos      sqltext.Pos   // where it begins in the file
	Summary  string        // its first words, as written
	Written  string        // all of it, as written: without the values of variables
	After    bool          // it has run
	Duration time.Duration // how long it took, if After
}

const (
	defaultLockWait    = 10 * time.Minute
	defaultShortLock   = 50 * time.Millisecond
	defaultLockBudget  = 30 * time.Second
	defaultLockTimeout = 3 * time.Second
	defaultRetries     = 10
	defaultLedgerName  = "lockstep_ledger"
)

// withDefaults fills in what was left zero.
func (o Options) withDefaults() Options {
	o.Ledger.Name = cmp.Or(o.Ledger.Name, defaultLedgerName)
	o.LockWait = cmp.Or(o.LockWait, defaultLockWait)
	o.ShortLockTimeout = cmp.Or(o.ShortLockTimeout, defaultShortLock)
	o.LockBudget = cmp.Or(o.LockBudget, defaultLockBudget)
	o.LockTimeout = cmp.Or(o.LockTimeout, defaultLockTimeout)
	o.Retries = cmp.Or(o.Retries, defaultRetries)
	if o.Actor == "" {
		o.Actor = currentUser()
	}
	if o.Tool == "" {
		o.Tool = "lockstep " + moduleVersion()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func currentUser() string {
	if name := os.Getenv("USER"); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

// moduleVersion is the version of this module in the running program.
func moduleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(devel)"
	}
	for _, dep := range info.Deps {
		if dep.Path == "github.com/lockstepdb/lockstep" {
			return dep.Version
		}
	}
	return cmp.Or(info.Main.Version, "(devel)")
}

func hostname() string {
	h, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return h
}
