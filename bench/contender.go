package main

import (
	"context"
	"database/sql"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb/servers"
)

// task is one thing that contenders are timed at.
type task func(ctx context.Context, t target) error

// contender is a runner, or a floor. A task it does not have is nil.
type contender struct {
	name   string
	kinds  func(k servers.Kind) bool // nil: all
	apply  task                      // brings an empty database to the whole history
	fill   task                      // the same without being timed, where that can be had sooner; nil: apply
	noop   task                      // the same when nothing is left to do
	status task                      // lists what is applied
}

func (c contender) runsOn(k servers.Kind) bool { return c.kinds == nil || c.kinds(k) }

func onPostgres(k servers.Kind) bool { return k.Dialect == servers.Postgres }

// lockstepName is whom the others are compared with.
const lockstepName = "lockstep"

// contenders lists who runs, floors last.
func contenders() []contender {
	return []contender{
		{name: lockstepName, apply: lockstepUp, noop: lockstepUp, status: lockstepStatus},
		{name: "goose, no lock", apply: gooseUp, noop: gooseUp, status: gooseStatus},
		{name: "goose, SessionLocker", kinds: onPostgres, apply: gooseLockedUp, noop: gooseLockedUp},
		{name: "golang-migrate", apply: migrateUp, fill: migrateForce, noop: migrateUp, status: migrateVersion},
		{name: "tern", kinds: onPostgres, apply: ternUp, noop: ternUp, status: ternStatus},
		{name: "floor: client shell", apply: shellApply},
		{name: "floor: one connection", apply: floorEach},
		{name: "floor: one message each", kinds: onPostgres, apply: floorMessage},
		{name: "floor: connect and ping", noop: floorPing},
	}
}

// withLockstep loads the history and binds it to the target, as a program that
// embeds lockstep does.
func withLockstep(t target, f func(m *lockstep.Migrator) error) error {
	set, err := lockstep.Load(lockstep.Dir(t.history.pairs))
	if err != nil {
		return err
	}
	return t.use(func(db *sql.DB) error {
		m, err := lockstep.New(db, t.dialect(), set, lockstep.Options{})
		if err != nil {
			return err
		}
		return f(m)
	})
}

func lockstepUp(ctx context.Context, t target) error {
	return withLockstep(t, func(m *lockstep.Migrator) error {
		_, err := m.Up(ctx)
		return err
	})
}

func lockstepStatus(ctx context.Context, t target) error {
	return withLockstep(t, func(m *lockstep.Migrator) error {
		s, err := m.Status(ctx)
		if err == nil && s.Applied != len(t.history.ups) {
			return errIncomplete
		}
		return err
	})
}
