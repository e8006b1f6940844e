package mysql

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/lockstepdb/lockstep"
)

// These servers limit waits for locks in whole seconds only, and go on with a
// statement whose client has died. Statements that ExecShort sends therefore
// carry a comment in front, by which another session finds them in the
// processlist: to end their wait in time, and to know that they still run.

// tagOf is how the comment begins on statements that are sent in a session
// whose database was the given one.
func tagOf(database string) string {
	return "/* lockstep:" + shortHash(database)[:16] + " "
}

// How often a statement that waits or might wait is looked at, and the share of
// the time that looking may take where the processlist is long.
const (
	lookInterval = 20 * time.Millisecond
	lookShare    = 20
)

// ExecShort runs query on conn. While it runs, another connection of db looks
// whether it waits for a table (or the schema, or a routine: for a metadata
// lock), and ends it with KILL QUERY once it has waited that long; the error is
// then a LockTimeout. That includes the wait at the end of an online ALTER
// TABLE, which then is rolled back. Waits for rows are left to
// innodb_lock_wait_timeout.
//
// Nothing is ended that does not wait when it is looked at. Between look and
// KILL lies one round trip; a statement that got its lock in just that time is
// ended too, and rolled back as a whole (but for tables of engines without
// transactions). ExecShort returns only when no KILL can hit the next statement.
//
// With wait = 0, or when db has no connection to spare, nobody looks on and the
// server's own timeouts hold.
func (dialect) ExecShort(ctx context.Context, db *sql.DB, conn *sql.Conn, query string, wait time.Duration) error {
	session, tag, err := identify(ctx, conn, query)
	if err != nil {
		return fmt.Errorf("identify session: %w", err)
	}
	if wait <= 0 {
		_, err := conn.ExecContext(ctx, tag+query)
		return err
	}
	w := startWatch(ctx, db, session, tag, wait)
	_, err = conn.ExecContext(ctx, tag+query)
	w.end()
	return w.judge(ctx, conn, err)
}

// identifyQuery asks for the session and for the database that it started in:
// a script may have moved on (see rememberHome). In hex it does not depend on
// the session's character set.
const (
	identifyQuery = "SELECT CONNECTION_ID(), HEX(COALESCE(@lockstep_home, DATABASE(), ''))"
	rememberHome  = "SET @lockstep_home = COALESCE(@lockstep_home, DATABASE())"
)

// identify returns the session's id and the comment for its next statement,
// which no other statement has.
func identify(ctx context.Context, conn *sql.Conn, query string) (session int64, tag string, err error) {
	if read(query, dialect{}.Lexer(), 1).is("USE") {
		if _, err := conn.ExecContext(ctx, rememberHome); err != nil {
			return 0, "", err
		}
	}
	var home string
	if err := conn.QueryRowContext(ctx, identifyQuery).Scan(&session, &home); err != nil {
		return 0, "", err
	}
	database, err := hex.DecodeString(home)
	if err != nil {
		return 0, "", err
	}
	return session, tagOf(string(database)) + rand.Text() + " */ ", nil
}

// watch looks at one statement while it runs.
type watch struct {
	db      *sql.DB
	session int64
	tag     string
	wait    time.Duration
	start   time.Time

	stop context.CancelFunc
	done chan struct{} // closed when the goroutine is gone; what follows may be read then

	state  string        // what the statement waited for when it was ended
	waited time.Duration // for how long
	killed bool          // KILL QUERY was sent
	unsure bool          // and it is not known whether it still comes
}

func startWatch(ctx context.Context, db *sql.DB, session int64, tag string, wait time.Duration) *watch {
	ctx, stop := context.WithCancel(ctx)
	w := &watch{db: db, session: session, tag: tag, wait: wait, start: time.Now(), stop: stop, done: make(chan struct{})}
	go w.run(ctx)
	return w
}

// end makes the watch stop and returns when it has.
func (w *watch) end() {
	w.stop()
	<-w.done
}

// run looks until ctx ends. A connection that cannot be had, or an answer that
// does not come, leaves the statement to the server's own timeouts.
func (w *watch) run(ctx context.Context) {
	defer close(w.done)
	if !pause(ctx, w.wait/2) { // most statements end before anybody needs to look
		return
	}
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }() // back to the pool
	next := w.start.Add(w.wait)
	waiting := w.start // since when it may have waited without a break
	for pause(ctx, time.Until(next)) {
		began := time.Now()
		state, err := w.look(ctx, conn)
		if err != nil {
			return
		}
		now := time.Now()
		switch {
		case state == "":
			waiting = time.Time{}
		case waiting.IsZero():
			waiting = began
		}
		if state != "" && now.Sub(waiting) >= w.wait {
			w.kill(ctx, conn, state, now.Sub(waiting))
			return
		}
		next = now.Add(max(lookInterval, lookShare*now.Sub(began)))
		if state != "" && waiting.Add(w.wait).Before(next) {
			next = waiting.Add(w.wait)
		}
	}
}

// pause waits and tells whether ctx is still alive.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(max(d, 0))
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// impatience bounds a look or a KILL on a server that does not answer.
const impatience = 5 * time.Second

// look returns what the statement waits for, "" if it does not wait. The states
// are those of MySQL 9.7 and MariaDB 10.11; the comment makes sure that behind
// the id is our statement, also where a proxy has ids of its own.
func (w *watch) look(ctx context.Context, conn *sql.Conn) (state string, err error) {
	// Not cut short when the statement ends: that would cost the connection.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), impatience)
	defer cancel()
	query := fmt.Sprintf("SELECT COALESCE(STATE, '') FROM "+processlist+" WHERE ID = %d AND INFO LIKE '%s%%'", w.session, w.tag)
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&state); err != nil {
			return "", err
		}
	}
	if !isLockWait(state) {
		state = ""
	}
	return state, rows.Err()
}

// isLockWait tells the states of a session that queues for a metadata lock, a
// table lock or a global one.
func isLockWait(state string) bool {
	return state == "Waiting for table flush" || strings.HasPrefix(state, "Waiting for ") && strings.HasSuffix(state, " lock")
}

// kill ends the statement.
func (w *watch) kill(ctx context.Context, conn *sql.Conn, state string, waited time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), impatience)
	defer cancel()
	w.killed, w.state, w.waited = true, state, waited
	_, err := conn.ExecContext(ctx, fmt.Sprintf("KILL QUERY %d", w.session))
	const noSuchThread = 1094
	w.unsure = err != nil && numberOf(err) != noSuchThread
}

// judge makes the outcome of the statement, and makes sure that a KILL that
// came too late for it does not hit the next one. MySQL 9.7 and MariaDB 10.11
// and 11.8 forget one that meets an idle session, but not surely one that comes
// between a statement's answer and its end.
func (w *watch) judge(ctx context.Context, conn *sql.Conn, err error) error {
	if !w.killed {
		return err
	}
	if e := (dialect{}).Classify(err); e != nil && e.Class == lockstep.ErrorCanceled {
		err = &waitError{err: err, state: w.state, waited: w.waited}
	} else {
		_, _ = conn.ExecContext(ctx, "DO 0") // takes the blow
	}
	if w.unsure {
		discard(conn) // the KILL may still be on its way
	}
	return err
}
