package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"

	"github.com/lockstepdb/lockstep"
)

// inspectSettings make a server print the same text whatever the session, its
// role and its database are set to. With this search path it prints every name
// with its schema, but for its own, and no temporary object hides a catalog.
// Compiling the one big query would cost more than it saves.
const inspectSettings = "SET LOCAL search_path TO pg_catalog, pg_temp; SET LOCAL jit TO off; SET LOCAL quote_all_identifiers TO off; " +
	"SET LOCAL standard_conforming_strings TO on; SET LOCAL bytea_output TO hex; SET LOCAL extra_float_digits TO 1; " +
	"SET LOCAL DateStyle TO ISO, YMD; SET LOCAL IntervalStyle TO postgres; SET LOCAL TimeZone TO 'UTC'; SET LOCAL lc_monetary TO 'C'"

const (
	beginInspect = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; " + inspectSettings
	endInspect   = "ROLLBACK"
	// A savepoint undoes the settings in a transaction that is not ours, and
	// keeps it alive where a query fails.
	savepoint     = "SAVEPOINT lockstep_inspect"
	endSavepoint  = "ROLLBACK TO SAVEPOINT lockstep_inspect; RELEASE SAVEPOINT lockstep_inspect"
	noTransaction = "25P01" // no_active_sql_transaction
)

// inSnapshot calls read with one session that is in a transaction and prints
// names in full. What q is decides whose transaction: a pool gives a connection
// for a snapshot of its own, a session that is in a transaction stays in it.
func (d dialect) inSnapshot(ctx context.Context, q lockstep.Querier, read func(lockstep.Querier) error) error {
	pool, ok := q.(interface {
		Conn(ctx context.Context) (*sql.Conn, error)
	})
	if !ok {
		return d.inSession(ctx, q, read)
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close() }() // gives it back; nothing can be lost
	if err = within(ctx, conn, beginInspect, endInspect, read); err != nil {
		// What state a failure left is not known.
		_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // says only that the connection is gone
	}
	return err
}

// inSession tries whether the session is in a transaction by what only works there.
func (d dialect) inSession(ctx context.Context, q lockstep.Querier, read func(lockstep.Querier) error) error {
	_, err := q.ExecContext(ctx, savepoint)
	if err == nil {
		return within(ctx, q, inspectSettings, endSavepoint, read)
	}
	if e := d.Classify(err); e == nil || e.Code != noTransaction {
		return fmt.Errorf("begin: %w", err)
	}
	return within(ctx, q, beginInspect, endInspect, read)
}

func within(ctx context.Context, q lockstep.Querier, begin, end string, read func(lockstep.Querier) error) (err error) {
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
		defer cancel()
		if _, e := q.ExecContext(ctx, end); e != nil && err == nil {
			err = fmt.Errorf("end: %w", e)
		}
	}()
	if _, err = q.ExecContext(ctx, begin); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	return read(q)
}
