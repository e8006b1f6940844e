package rehearse

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// Around is what the schema is before and after one migration.
type Around struct {
	Server        lockstep.Server
	Before, After *schema.Schema
}

// Look applies what comes before a migration of the set, and then its up, in a
// database that open makes, and reads the schema before and after. The error of
// a migration that fails is the library's.
func Look(ctx context.Context, d Dialect, set *lockstep.Set, m *lockstep.Migration, open func(context.Context) (*Scratch, error), o Options) (around *Around, err error) {
	r := &rehearsal{dialect: d, set: set, open: open, o: o.withDefaults(), report: &Report{}}
	place := slices.Index(set.Migrations(), m)
	if place < 0 {
		return nil, fmt.Errorf("look around %s: it is not a versioned migration of the set", m.ID())
	}
	if r.versioned, err = lockstep.NewSet(set.Migrations()...); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.remove()) }()
	if err := r.begin(ctx); err != nil {
		return nil, err
	}
	around = &Around{Server: r.server}
	if place > 0 {
		if _, err := r.up(ctx, r.migrator, place); err != nil {
			return nil, err
		}
	}
	if around.Before, err = r.inspect(ctx); err != nil {
		return nil, err
	}
	if _, err := r.up(ctx, r.migrator, 1); err != nil {
		return nil, err
	}
	r.now = nil
	around.After, err = r.inspect(ctx)
	return around, err
}

func idsOf(migrations []*lockstep.Migration) []string {
	var ids []string
	for _, m := range migrations {
		ids = append(ids, m.ID())
	}
	return ids
}

// isEnd reports whether an error is about the rehearsal and not about a
// migration: it was stopped, or the connection broke.
func isEnd(ctx context.Context, err error) bool {
	if err == nil {
		return false
	}
	var database *lockstep.DatabaseError
	return ctx.Err() != nil || errors.As(err, &database) && database.Class == lockstep.ErrorConnection
}
