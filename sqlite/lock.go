package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/lockstepdb/lockstep"
)

// Lock returns the lock of the database file: an open write transaction on a
// small database of its own beside it, "app.db-lockstep_ledger.lock". SQLite
// lets one connection write to a file at a time and the operating system lets
// go of it when that connection's process ends, however it ends. So the lock
// dies with its holder at once, without timeouts, clocks or process ids that
// are reused or mean another process in another container, and between all
// that SQLite itself works between: processes, containers that share a
// volume, and network file systems as far as their own locks go. (It does not
// work between two names of one file, hard links; nor does SQLite's journal.)
//
// It cannot be a transaction on the database itself, where the run's own
// writes need to be, and it is not a row there, which would outlive its
// writer: whether that one still lives cannot be told across containers, and
// every look at it makes SQLite parse the whole schema again after each
// migration (1.5 ms with 1000 tables).
//
// The file stays when the run is over. It is empty but for the name of the
// last holder; deleting it while a run goes on lets a second one in, which
// Verify notices.
//
// A database without a file is seen by one process and, as it must be used,
// by one connection: there is nobody to exclude, and the lock is held as soon
// as it is tried. The lock takes no connection from db, which may have only
// one, but opens its own with db's driver.
func (dialect) Lock(db *sql.DB, srv lockstep.Server, req lockstep.LockRequest) lockstep.RunLock {
	if _, err := os.Stat(srv.Database); srv.SingleConnection || errors.Is(err, fs.ErrNotExist) {
		return &soleLock{req: req} // a path that is no file: a database of a VFS in memory
	}
	return &fileLock{
		database: srv.Database,
		path:     srv.Database + "-" + url.PathEscape(req.Name) + ".lock",
		driver:   db.Driver(),
		req:      req,
		token:    rand.Text(),
	}
}

// fileLock is the lock of a database file.
type fileLock struct {
	database string // its path
	path     string // of the lock's own file
	driver   driver.Driver
	req      lockstep.LockRequest
	token    string

	pool *sql.DB // of one connection
	conn *sql.Conn
	held fs.FileInfo // the file that is locked; nil while the lock is not held
}

// publishTries bounds how often a runner that lost the file between writing
// its name and locking it tries again at once.
const publishTries = 3

// Try takes the lock in two transactions: the first writes who we are, for
// others to read, and its commit lets go of the file; the second finds that
// name still there and stays open.
func (l *fileLock) Try(ctx context.Context) (bool, error) {
	if l.held != nil {
		return true, nil
	}
	err := l.open(ctx)
	for range publishTries {
		if err != nil || l.held != nil {
			break
		}
		err = l.enter(ctx)
	}
	if err != nil && !isBusy(err) {
		return false, errors.Join(fmt.Errorf("take lock %s: %w", l.path, err), l.Release(ctx))
	}
	return l.held != nil, nil
}

// enter begins a transaction. It keeps it open if our name is written, and
// otherwise writes it and commits.
func (l *fileLock) enter(ctx context.Context) error {
	if _, err := l.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := l.holdOrPublish(ctx)
	if err != nil {
		l.held = nil
		return errors.Join(err, rollbackOpen(context.WithoutCancel(ctx), l.conn))
	}
	return nil
}

func (l *fileLock) holdOrPublish(ctx context.Context) error {
	token, err := l.writtenToken(ctx)
	if err != nil {
		return err
	}
	if token == l.token {
		l.held, err = os.Stat(l.path)
		return err
	}
	h := l.req.Holder
	if h.Since.IsZero() {
		h.Since = time.Now()
	}
	_, err = l.conn.ExecContext(ctx, "REPLACE INTO holder (id, token, host, pid, session, since) VALUES (1, ?, ?, ?, ?, ?)",
		l.token, h.Host, h.PID, h.Session, h.Since.UTC().Format(time.RFC3339Nano))
	if err != nil {
		return err
	}
	return l.commit(ctx)
}

// commit waits for those who read the holder's name at this moment.
func (l *fileLock) commit(ctx context.Context) error {
	if _, err := l.conn.ExecContext(ctx, busyTimeout(50*time.Millisecond)); err != nil {
		return err
	}
	_, err := l.conn.ExecContext(ctx, "COMMIT")
	_, again := l.conn.ExecContext(ctx, noWait)
	return errors.Join(err, again)
}

const noWait = "PRAGMA busy_timeout = 0"

// writtenToken returns whose name is in the file, "" if nobody's.
func (l *fileLock) writtenToken(ctx context.Context) (string, error) {
	return queryText(ctx, l.conn, "SELECT coalesce((SELECT token FROM holder), '')")
}

// open opens the lock's file, and makes it if it is missing.
func (l *fileLock) open(ctx context.Context) error {
	if l.conn != nil {
		return nil
	}
	_, missing := os.Stat(l.path)
	pool := sql.OpenDB(connector{l.driver, l.path})
	conn, err := pool.Conn(ctx)
	if err == nil {
		err = execAll(ctx, conn, []string{
			noWait,
			"CREATE TABLE IF NOT EXISTS holder (id INTEGER PRIMARY KEY, token TEXT, host TEXT, pid INTEGER, session TEXT, since TEXT)",
		})
	}
	if err != nil {
		return errors.Join(l.reason(err), pool.Close())
	}
	if errors.Is(missing, fs.ErrNotExist) {
		l.giveToAll()
	}
	l.pool, l.conn = pool, conn
	return nil
}

// giveToAll lets everybody use the file who may use the database, also when a
// different user made it first, as SQLite does with its journals. It goes by
// the path: a file that is opened and closed here would lose SQLite's locks.
// What is not allowed is left; then the file is for this user alone.
func (l *fileLock) giveToAll() {
	info, err := os.Stat(l.database)
	if err != nil {
		return
	}
	_ = os.Chmod(l.path, info.Mode().Perm())
	owner := reflect.Indirect(reflect.ValueOf(info.Sys())) // *syscall.Stat_t where there are owners
	if owner.Kind() != reflect.Struct {
		return
	}
	if uid, gid := owner.FieldByName("Uid"), owner.FieldByName("Gid"); uid.CanUint() && gid.CanUint() {
		_ = os.Chown(l.path, int(uid.Uint()), int(gid.Uint()))
	}
}

// reason finds out why the lock's file cannot be opened, where SQLite says only
// that it cannot: next to a database that may be read but not written.
func (l *fileLock) reason(err error) error {
	if found, ok := findCode(err); !ok || found.code&0xff != codeCantOpen {
		return err
	}
	f, reason := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE, 0o600)
	if reason == nil {
		return errors.Join(err, f.Close())
	}
	if !errors.Is(reason, fs.ErrPermission) && !errors.Is(reason, syscall.EROFS) {
		return errors.Join(err, reason)
	}
	return &lockstep.DatabaseError{
		Class: lockstep.ErrorReadOnly, Code: strconv.Itoa(codeCantOpen),
		Message: reason.Error(), Advice: adviceFor(codeReadOnly), Err: errors.Join(err, reason),
	}
}

// Holder returns whose name is in the file if the file is locked, and nobody
// if it is not or there is none.
func (l *fileLock) Holder(ctx context.Context) (lockstep.Holder, error) {
	if _, err := os.Stat(l.path); errors.Is(err, fs.ErrNotExist) {
		return lockstep.Holder{}, nil
	}
	h, err := l.holder(ctx)
	if err != nil && !isBusy(err) {
		return lockstep.Holder{}, fmt.Errorf("read holder of lock %s: %w", l.path, err)
	}
	return h, nil
}

func (l *fileLock) holder(ctx context.Context) (lockstep.Holder, error) {
	if err := l.open(ctx); err != nil {
		return lockstep.Holder{}, err
	}
	if l.held == nil {
		_, err := l.conn.ExecContext(ctx, "BEGIN IMMEDIATE")
		if err == nil { // nobody has it
			return lockstep.Holder{}, rollbackOpen(ctx, l.conn)
		}
		if !isBusy(err) {
			return lockstep.Holder{}, err
		}
	}
	return l.writtenHolder(ctx)
}

func (l *fileLock) writtenHolder(ctx context.Context) (lockstep.Holder, error) {
	var h lockstep.Holder
	var since string
	err := l.conn.QueryRowContext(ctx, "SELECT host, pid, session, since FROM holder").Scan(&h.Host, &h.PID, &h.Session, &since)
	if err != nil {
		return lockstep.Holder{}, err
	}
	h.Since, err = time.Parse(time.RFC3339Nano, since)
	return h, err
}

// Verify looks whether the transaction is still open on the file that has the
// lock's name. It does not touch the database that is being changed, and may
// be called within the run's transaction.
func (l *fileLock) Verify(ctx context.Context) error {
	if l.held == nil {
		return fmt.Errorf("%w: it is not held", lockstep.ErrLockLost)
	}
	now, err := os.Stat(l.path)
	if err != nil || !os.SameFile(now, l.held) {
		return fmt.Errorf("%w: the file %s was removed or replaced", lockstep.ErrLockLost, l.path)
	}
	token, err := l.writtenToken(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", lockstep.ErrLockLost, err)
	}
	if token != l.token {
		return fmt.Errorf("%w: another run wrote its name into %s", lockstep.ErrLockLost, l.path)
	}
	return nil
}

// Release closes the lock's connection, which ends its transaction.
func (l *fileLock) Release(context.Context) error {
	if l.pool == nil {
		return nil
	}
	pool, conn := l.pool, l.conn
	l.pool, l.conn, l.held = nil, nil, nil
	if err := errors.Join(conn.Close(), pool.Close()); err != nil {
		return fmt.Errorf("release lock %s: %w", l.path, err)
	}
	return nil
}

// connector opens a file with a driver that is known only as a value.
type connector struct {
	driver driver.Driver
	path   string
}

// Connect opens the file. Drivers take a question mark in a plain path for the
// beginning of their options.
func (c connector) Connect(context.Context) (driver.Conn, error) {
	name := c.path
	if strings.Contains(name, "?") {
		name = (&url.URL{Scheme: "file", Path: name}).String()
	}
	return c.driver.Open(name)
}

// Driver returns the driver.
func (c connector) Driver() driver.Driver { return c.driver }

// soleLock is the lock of a database that nobody else can see.
type soleLock struct {
	req  lockstep.LockRequest
	held bool
}

// Try takes it.
func (l *soleLock) Try(context.Context) (bool, error) {
	l.held = true
	return true, nil
}

// Holder returns the one who tried.
func (l *soleLock) Holder(context.Context) (lockstep.Holder, error) {
	if !l.held {
		return lockstep.Holder{}, nil
	}
	return l.req.Holder, nil
}

// Verify finds that it is held if it was taken.
func (l *soleLock) Verify(context.Context) error {
	if !l.held {
		return fmt.Errorf("%w: it is not held", lockstep.ErrLockLost)
	}
	return nil
}

// Release gives it back.
func (l *soleLock) Release(context.Context) error {
	l.held = false
	return nil
}
