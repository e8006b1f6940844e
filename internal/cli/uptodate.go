package cli

import (
	"context"
	"database/sql"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/internal/dircache"
	"github.com/lockstepdb/lockstep/internal/view"
)

// worthRemembering is how many migrations a folder must have for its digest to
// be remembered: fewer are read as fast.
const worthRemembering = 500

// upToDate answers "is there anything to do" for a folder that is remembered
// and did not change, with the ledger's newest entry alone: no file is read.
// ok is false when it cannot tell, whatever the reason: then the long way
// does, and meets the same error if there is one. n is the number of migrations.
func (a *app) upToDate(ctx context.Context, s *config.Settings) (n int, ok bool) {
	cache, ok := dircache.User()
	if !ok || !s.HasDatabase() || !cache.Has(s.Dirs) {
		return 0, false
	}
	db, secrets, err := openDB(s.Database, reads)
	if err != nil {
		return 0, false
	}
	defer func() { _ = db.Close() }() // it was only read
	a.hide(s.Redactor(secrets...))
	connected := make(chan struct{})
	go func() {
		defer close(connected)
		connect(ctx, db)
	}()
	known, ok := cache.Lookup(s.Dirs)
	<-connected
	if !ok {
		return 0, false
	}
	done, err := lockstep.UpToDate(ctx, db, dialectOf(s.Database.Scheme), s.Options().Ledger, known.Digest)
	return known.Migrations, done && err == nil
}

// connect opens the pool's first connection. Whoever needs it next meets the
// error, if there is one.
func connect(ctx context.Context, db *sql.DB) {
	if conn, err := db.Conn(ctx); err == nil {
		_ = conn.Close() // it goes back to the pool
	}
}

// loadAndRemember loads the migrations and remembers the digest of large sets.
func loadAndRemember(dirs []string) (*lockstep.Set, error) {
	stamp, newest, stampErr := dircache.Stamp(dirs)
	set, err := load(dirs)
	if err != nil {
		return nil, err
	}
	if cache, ok := dircache.User(); ok && stampErr == nil && set.Len() >= worthRemembering {
		// Without the cache everything works the same.
		_ = cache.Store(dirs, stamp, newest, set.Digest(), len(set.Migrations()))
	}
	return set, nil
}

// nothingToDo is the answer of up when all n migrations are applied.
func (a *app) nothingToDo(n int) error {
	if a.flags.json {
		return a.printJSON(&lockstep.Result{Done: []lockstep.StepResult{}})
	}
	return a.answer("%s\n", view.NothingToDo(&lockstep.Plan{Direction: lockstep.Up, Applied: n}))
}
