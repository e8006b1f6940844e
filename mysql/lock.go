package mysql

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/lockstepdb/lockstep"
)

// Lock returns the run's lock for the ledger that req.Name names: a table, or
// schema.table where it is not in the session's database.
//
// On ordinary servers it is a user-level lock (GET_LOCK) on a connection of its
// own; it ends with that connection. Where such locks are local to one node of
// several that can write (Galera, group replication with many primaries) it is
// a lease: a row in the table <ledger>_lock that is renewed while it is held
// and may be taken over when it was not renewed for half a minute. Which one it
// is, Try finds out. The same row tells who holds the lock in both cases; it is
// written after the fact on ordinary servers, and a user who may not write it
// has the lock nevertheless.
//
// A statement that goes on in the server after its client died keeps the lock
// taken: Try does not report it as held while another session still runs a
// statement that ExecShort sent to the same database. It sees sessions of other
// users only with the PROCESS privilege.
func (dialect) Lock(db *sql.DB, srv lockstep.Server, req lockstep.LockRequest) lockstep.RunLock {
	return newRunLock(db, srv, req)
}

// The lease is taken over when it was not renewed for leaseTTL. It is renewed
// six times as often.
const leaseTTL = 30 * time.Second

// runLock is the run's lock. The fields below conn are those of a held lock.
type runLock struct {
	db     *sql.DB
	srv    lockstep.Server
	name   string // of the user-level lock, and of the row
	table  string // of the row, quoted
	holder lockstep.Holder
	ttl    time.Duration

	local   bool // a user-level lock holds on this server only: the lease is the lock
	conn    *sql.Conn
	session int64 // of conn
	held    bool
	orphan  *lockstep.Holder // who kept the last Try from success
	lease   *lease
	seen    sighting // of another's lease that has run out
}

func newRunLock(db *sql.DB, srv lockstep.Server, req lockstep.LockRequest) *runLock {
	schema, ledger := srv.Schema, req.Name
	if i := strings.LastIndexByte(ledger, '.'); i >= 0 {
		schema, ledger = ledger[:i], ledger[i+1:]
	}
	return &runLock{
		db: db, srv: srv, holder: req.Holder, ttl: leaseTTL,
		name:  "lockstep:" + shortHash(schema, ledger),
		table: qualified(schema, lockTableName(ledger)),
	}
}

// shortHash makes a name of bounded length of names of any length. Case is
// folded: where the server does not tell App from app, neither may a lock.
func shortHash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.Join(parts, "\x00"))))
	return hex.EncodeToString(sum[:16])
}

// lockTableName is the table beside the ledger that tells who holds the lock.
func lockTableName(ledger string) string {
	const longest, suffix = 64, "_lock" // characters
	if r := []rune(ledger); len(r) > longest-len(suffix) {
		ledger = string(r[:longest-len(suffix)])
	}
	return ledger + suffix
}

// Try takes the lock if it is free, or tells that it is held already. It never
// waits for another holder.
func (l *runLock) Try(ctx context.Context) (held bool, err error) {
	if l.held {
		if l.check(ctx) == nil {
			return true, nil
		}
		_ = l.Release(ctx) // it was lost; never fails
	}
	if err := l.open(ctx); err != nil {
		return false, err
	}
	if l.local {
		held, err = l.tryLease(ctx)
	} else {
		held, err = l.trySession(ctx)
	}
	if err != nil && isConnectionLoss(err) {
		l.drop()
	}
	l.held = held
	return held, err
}

func isConnectionLoss(err error) bool {
	e := dialect{}.Classify(err)
	return e != nil && e.Class == lockstep.ErrorConnection
}

// open makes the lock's connection ready, if there is none yet. It is idle
// while a statement runs on another one for hours, so the server must not close
// it; the few statements on it must not wait.
func (l *runLock) open(ctx context.Context) error {
	if l.conn != nil {
		return nil
	}
	conn, err := l.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("open the lock's connection: %w", err)
	}
	l.conn = conn
	if err := l.prepare(ctx); err != nil {
		l.drop()
		return fmt.Errorf("prepare the lock's connection: %w", err)
	}
	return nil
}

// prepareLock sets wait_timeout to the most that all systems take, 24 days.
const prepareLock = "SET SESSION wait_timeout = 2147483, SESSION lock_wait_timeout = 2, SESSION innodb_lock_wait_timeout = 2, SESSION autocommit = 1"

func (l *runLock) prepare(ctx context.Context) error {
	if _, err := l.conn.ExecContext(ctx, prepareLock); err != nil {
		return err
	}
	if err := l.conn.QueryRowContext(ctx, "SELECT CONNECTION_ID()").Scan(&l.session); err != nil {
		return err
	}
	if l.local {
		return nil
	}
	var err error
	l.local, err = manyWriters(ctx, l.conn)
	return err
}

// manyWriters tells whether the server is one of several that can write, so
// that its user-level locks exclude nobody on the others. Servers that know no
// such thing do not have the variables. Checked on MySQL 9.7 and MariaDB 10.11.
func manyWriters(ctx context.Context, q lockstep.Querier) (many bool, err error) {
	const query = `SHOW GLOBAL VARIABLES WHERE Variable_name IN ('wsrep_on', 'group_replication_single_primary_mode')`
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return false, err
		}
		if name == "wsrep_on" {
			many = many || isOn(value)
		} else {
			many = many || !isOn(value)
		}
	}
	return many, rows.Err()
}

// drop closes the lock's connection, and with it ends a user-level lock.
func (l *runLock) drop() {
	if l.conn != nil {
		discard(l.conn)
	}
	l.conn = nil
}

// trySession takes the user-level lock.
func (l *runLock) trySession(ctx context.Context) (held bool, err error) {
	var got sql.NullInt64
	if err := l.conn.QueryRowContext(ctx, "SELECT GET_LOCK('"+l.name+"', 0)").Scan(&got); err != nil {
		return false, fmt.Errorf("take user-level lock: %w", err)
	}
	switch {
	case !got.Valid:
		return false, errors.New("take user-level lock: the server answered NULL (out of memory, or the session was killed)")
	case got.Int64 != 1:
		l.orphan = nil
		return false, nil
	}
	l.orphan, err = findOrphan(ctx, l.conn, tagOf(l.srv.Database))
	if err != nil || l.orphan != nil {
		return false, errors.Join(err, l.unlock(ctx))
	}
	l.announce(ctx)
	return true, nil
}

// unlock gives the user-level lock back.
func (l *runLock) unlock(ctx context.Context) error {
	_, err := l.conn.ExecContext(ctx, "DO RELEASE_LOCK('"+l.name+"')")
	if err != nil {
		l.drop()
		return fmt.Errorf("release user-level lock: %w", err)
	}
	return nil
}

// processlist is the table of sessions. MySQL's information_schema fails to
// show any of them while one runs a statement with a binary literal, such as an
// entry of the ledger (error 3854); its performance_schema does not. Each
// server reads the comment that is meant for it. Checked on MySQL 9.7, which has
// had the table since 8.0.22, and MariaDB 10.11.
const processlist = "/*!80022 performance_schema.processlist *//*M! information_schema.PROCESSLIST */"

// findOrphan looks for a session that still runs a statement with the given
// tag. Checked on MySQL 9.7 and MariaDB 10.11.
func findOrphan(ctx context.Context, q lockstep.Querier, tag string) (*lockstep.Holder, error) {
	query := "SELECT ID, HOST, TIME FROM " + processlist + " WHERE INFO LIKE '" + tag +
		"%' AND ID <> CONNECTION_ID() ORDER BY TIME DESC LIMIT 1"
	var session int64
	var host string
	var seconds float64
	err := q.QueryRowContext(ctx, query).Scan(&session, &host, &seconds)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for statements of a run that died: %w", err)
	}
	return &lockstep.Holder{
		Host: withoutPort(host), Session: strconv.FormatInt(session, 10),
		Since: time.Now().Add(-time.Duration(seconds) * time.Second).UTC().Truncate(time.Second),
	}, nil
}

// withoutPort makes 10.0.0.7 of 10.0.0.7:51234.
func withoutPort(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		return h
	}
	return host
}

// Holder tells who holds the lock now; the zero Holder if nobody does.
func (l *runLock) Holder(ctx context.Context) (lockstep.Holder, error) {
	if l.orphan != nil {
		return *l.orphan, nil
	}
	if l.lease != nil {
		l.lease.mu.Lock()
		defer l.lease.mu.Unlock()
	}
	if err := l.open(ctx); err != nil {
		return lockstep.Holder{}, err
	}
	if l.local {
		s, err := l.observe(ctx)
		return s.holder, err
	}
	return l.sessionHolder(ctx)
}

// lockHolderQuery finds the session that has a user-level lock. Its pid is
// shown by MySQL, for sessions of the same account. Checked on MySQL 9.7 and
// MariaDB 10.11.
const lockHolderQuery = `SELECT u.id, p.HOST, a.ATTR_VALUE
FROM (SELECT IS_USED_LOCK('%s') AS id) u
LEFT JOIN ` + processlist + ` p ON p.ID = u.id
LEFT JOIN performance_schema.session_account_connect_attrs a ON a.PROCESSLIST_ID = u.id AND a.ATTR_NAME = '_pid'`

func (l *runLock) sessionHolder(ctx context.Context) (h lockstep.Holder, err error) {
	var session, host, pid sql.NullString
	err = l.conn.QueryRowContext(ctx, fmt.Sprintf(lockHolderQuery, l.name)).Scan(&session, &host, &pid)
	if err != nil || !session.Valid {
		return h, err
	}
	row, err := l.observe(ctx)
	if err == nil && row.holder.Session == session.String {
		return row.holder, nil
	}
	// The row is missing or of an earlier run: the server's own view is left.
	h = lockstep.Holder{Host: withoutPort(host.String), Session: session.String}
	h.PID, _ = strconv.Atoi(pid.String) // not a number: unknown
	return h, nil
}

// Verify returns nil while the lock is certainly still held, else
// lockstep.ErrLockLost with the reason, or that of ctx.
func (l *runLock) Verify(ctx context.Context) error {
	err := l.check(ctx)
	if err == nil || ctx.Err() != nil {
		return err
	}
	return fmt.Errorf("%w: %w", lockstep.ErrLockLost, err)
}

func (l *runLock) check(ctx context.Context) error {
	switch {
	case !l.held || l.conn == nil && l.lease == nil:
		return errors.New("it is not held")
	case l.lease != nil:
		return l.lease.renew(ctx)
	}
	var ours sql.NullBool
	err := l.conn.QueryRowContext(ctx, "SELECT IS_USED_LOCK('"+l.name+"') = CONNECTION_ID()").Scan(&ours)
	switch {
	case err != nil:
		return fmt.Errorf("ask the lock's connection: %w", err)
	case !ours.Bool:
		return errors.New("its session does not hold it any more")
	}
	return nil
}

// Release gives the lock and its connection back. The connection is closed
// rather than returned to the pool, so nothing of it can stay behind, and
// there is nothing to fail.
func (l *runLock) Release(ctx context.Context) error {
	if l.lease != nil {
		l.lease.end(ctx)
		l.lease = nil
	}
	if l.held && !l.local && l.conn != nil {
		l.withdraw(ctx)
		_ = l.unlock(ctx) // closing the session has the same effect
	}
	l.drop()
	l.held, l.orphan, l.seen = false, nil, sighting{}
	return nil
}
