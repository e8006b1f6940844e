package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/lockstepdb/lockstep"
)

// The run's lock is a guard transaction: a connection of its own that stays
// in a transaction which holds an advisory lock. Behind PgBouncer's transaction
// pooling a transaction is the one thing that stays with its server session, so
// the lock holds there too, and it ends with its holder.
//
// The guard must never keep a snapshot, or CREATE INDEX CONCURRENTLY, which
// waits for all older snapshots, would wait for it forever. Hence READ
// COMMITTED, and hence only Exec without arguments on this connection: drivers
// send that by the simple protocol, which drops the statement's portal and with
// it the snapshot. Answers are read from the number of rows.

const (
	// holderMark begins the application_name of the session that holds the lock.
	holderMark = "lockstep "
	// maxApplicationName is how much of application_name the server keeps.
	maxApplicationName = 63
	// cleanupTimeout bounds what is done after the caller's context ended.
	cleanupTimeout = 10 * time.Second
)

// lock is the run's lock on one database.
type lock struct {
	db     *sql.DB
	key    int64
	begin  string // begins the guard transaction and tries the lock
	holder lockstep.Holder
	conn   *sql.Conn
	held   bool
}

// Lock returns the run's lock, not yet held. While it is held it keeps one
// connection of db, so db must allow two.
func (dialect) Lock(db *sql.DB, srv lockstep.Server, req lockstep.LockRequest) lockstep.RunLock {
	key := lockKey(srv.Database, req.Name)
	return &lock{db: db, key: key, begin: beginGuard(srv, key, req.Holder), holder: req.Holder}
}

// lockKey is the advisory lock's number: the same for all runs of one ledger.
// Advisory locks are local to a database; its name is part of the key so that
// a person who finds the number in pg_locks of two databases can tell them apart.
func lockKey(database, ledger string) int64 {
	h := fnv.New64a()
	for _, part := range []string{"lockstep run lock", database, ledger} {
		_, _ = h.Write([]byte(part + "\x00")) // a hash never fails
	}
	return int64(h.Sum64()) //nolint:gosec // the bits are what matters
}

// beginGuard begins the guard transaction and tries the lock; one row comes
// back if it is taken. Timeouts that would end an idle transaction are
// switched off for it. The server asks every half minute whether the client's
// machine is still there, so that the lock of one that vanished ends within a
// minute instead of the system's two hours. Checked on PostgreSQL 14.
func beginGuard(srv lockstep.Server, key int64, h lockstep.Holder) string {
	settings := []string{
		"idle_in_transaction_session_timeout = 0",
		"tcp_keepalives_idle = 30", "tcp_keepalives_interval = 10", "tcp_keepalives_count = 3",
		"lock_timeout = 5000",
		"statement_timeout = 10000",
		"application_name = '" + applicationName(h) + "'",
	}
	if srv.Number >= 170000 {
		settings = append(settings, "transaction_timeout = 0")
	}
	return "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; SET LOCAL " + strings.Join(settings, "; SET LOCAL ") +
		fmt.Sprintf("; SELECT 1 WHERE pg_catalog.pg_try_advisory_xact_lock(%d)", key)
}

// applicationName tells others who holds the lock. The server keeps only so
// much of it; the host gives way.
func applicationName(h lockstep.Holder) string {
	plain := func(r rune) rune {
		if harmless(string(r)) {
			return r
		}
		return '?'
	}
	pid := ":" + strconv.Itoa(h.PID)
	host := strings.Map(plain, h.Host)
	return holderMark + host[:min(len(host), maxApplicationName-len(holderMark)-len(pid))] + pid
}

// Try takes the lock if it is free. A statement of an earlier run that still
// runs in the server, although its client is gone, keeps it from being taken.
// The connection is kept for the next try.
func (l *lock) Try(ctx context.Context) (bool, error) {
	if l.held {
		return true, nil
	}
	if l.db.Stats().MaxOpenConnections == 1 {
		return false, lockstep.WithHint(
			errors.New("take lock: the pool allows a single connection, but the lock needs one of its own"),
			"let the *sql.DB open two connections at least: db.SetMaxOpenConns(2)")
	}
	got, err := l.attempt(ctx)
	if err != nil {
		l.drop()
		return false, fmt.Errorf("take lock: %w", err)
	}
	l.held = got
	return got, nil
}

// attempt begins the guard transaction and leaves it open if the lock was got
// and no orphan is at work.
func (l *lock) attempt(ctx context.Context) (bool, error) {
	got, err := l.beginOn(ctx)
	if err != nil {
		return false, err
	}
	if got > 0 {
		orphans, err := l.count(ctx, orphanQuery)
		if err != nil {
			return false, err
		}
		if orphans == 0 {
			return true, nil
		}
	}
	return false, l.rollback(ctx)
}

// beginOn begins the guard transaction. A connection that died since it was
// last used is replaced: nothing was done on it.
func (l *lock) beginOn(ctx context.Context) (got int64, err error) {
	for range 3 {
		if l.conn == nil {
			if l.conn, err = l.db.Conn(ctx); err != nil {
				return 0, err
			}
		}
		got, err = l.count(ctx, l.begin)
		broken := dialect{}.Classify(err)
		if broken == nil || broken.Class != lockstep.ErrorConnection {
			break
		}
		l.drop()
	}
	return got, err
}

// count runs a query and returns its number of rows. See above why it is not
// Query.
func (l *lock) count(ctx context.Context, query string) (int64, error) {
	r, err := l.conn.ExecContext(ctx, query)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

func (l *lock) rollback(ctx context.Context) error {
	_, err := l.conn.ExecContext(ctx, "ROLLBACK")
	return err
}

// Verify returns nil while the lock is certainly still held. It works on its
// own time: a caller's context that ends must not break the guard's connection.
func (l *lock) Verify(ctx context.Context) error {
	if !l.held {
		return lockstep.ErrLockLost
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("verify lock: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	// A savepoint is refused outside a transaction, and takes no snapshot.
	if _, err := l.conn.ExecContext(ctx, "SAVEPOINT lockstep; RELEASE SAVEPOINT lockstep"); err != nil {
		l.drop()
		return errors.Join(lockstep.ErrLockLost, fmt.Errorf("verify lock: %w", err))
	}
	return nil
}

// Release gives the lock and the connection back, also when ctx has ended.
func (l *lock) Release(ctx context.Context) error {
	if l.conn == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	if l.held {
		if err := l.rollback(ctx); err != nil {
			l.drop() // the server ends the transaction with the session
			return fmt.Errorf("release lock: %w", err)
		}
	}
	conn := l.conn
	l.conn, l.held = nil, false
	if err := conn.Close(); err != nil {
		return fmt.Errorf("release lock: %w", err)
	}
	return nil
}

// drop closes the guard's session instead of giving it back to the pool.
func (l *lock) drop() {
	if l.conn != nil {
		_ = l.conn.Raw(func(any) error { return driver.ErrBadConn }) // how database/sql is told
		_ = l.conn.Close()                                           // nothing is left to close
	}
	l.conn, l.held = nil, false
}
