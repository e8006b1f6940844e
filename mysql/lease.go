package mysql

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/lockstepdb/lockstep"
)

// lease is the lock where user-level locks are local to a node: the row whose
// token is ours. A goroutine renews it until end is called.
type lease struct {
	lock  *runLock
	token string

	mu   sync.Mutex // of lock.conn, and of lost
	lost error      // once somebody else has the row

	stop context.CancelFunc
	done chan struct{} // closed when the goroutine is gone
}

// tryLease takes the row if it is free, or if its holder has not renewed it in
// time. (Tried on three nodes of MariaDB 10.11 with Galera: a holder's ALTER
// TABLE shows in the processlist of every node. A node that lags behind may
// show the row as free; then the server lets the UPDATE wait until the node has
// caught up, and refuses it.)
func (l *runLock) tryLease(ctx context.Context) (held bool, err error) {
	now, err := l.observe(ctx)
	if err != nil {
		return false, err
	}
	if !now.exists {
		if err := l.makeRow(ctx); err != nil {
			return false, err
		}
	}
	l.orphan, err = findOrphan(ctx, l.conn, tagOf(l.srv.Database))
	if err != nil {
		return false, err
	}
	if l.orphan != nil || !l.isFree(now) {
		return false, nil
	}
	return l.takeRow(ctx, now)
}

func (l *runLock) makeRow(ctx context.Context) error {
	write := "INSERT IGNORE INTO " + l.table + " SET `name` = '" + l.name + "'"
	_, err := l.conn.ExecContext(ctx, write)
	if isMissingTable(err) {
		if err = l.createTable(ctx, l.conn); err == nil {
			_, err = l.conn.ExecContext(ctx, write)
		}
	}
	if err != nil && !lostToOther(err) {
		return fmt.Errorf("make the lock's row: %w", err)
	}
	return nil
}

// isFree tells whether the row may be taken. A lease that has run out must have
// been seen unchanged for one more renewal, while none of its holder's
// statements ran: Galera lets nobody write, a holder's renewals included, while
// it changes a table.
func (l *runLock) isFree(now sighting) bool {
	if now.token == "" {
		return true
	}
	if l.orphan != nil || !now.over || l.seen.token != now.token || l.seen.expires != now.expires {
		l.seen = now
	}
	return now.over && time.Since(l.seen.at) >= l.ttl/6
}

// takeRow writes our token over the one that was seen.
func (l *runLock) takeRow(ctx context.Context, seen sighting) (held bool, err error) {
	token := rand.Text()
	take := "UPDATE " + l.table + " SET " + l.values(token, l.expiry()) + l.where() + " AND `token` = '" + seen.token + "'"
	if seen.expires != "" {
		take += " AND `expires` = '" + seen.expires + "'"
	}
	switch n, err := rowsAffected(l.conn.ExecContext(ctx, take)); {
	case n == 1:
		l.keep(ctx, token)
		return true, nil
	case err != nil && !lostToOther(err):
		return false, fmt.Errorf("take the lock's row: %w", err)
	}
	return false, nil
}

func (l *runLock) expiry() string {
	return fmt.Sprintf("UTC_TIMESTAMP(6) + INTERVAL %d MICROSECOND", l.ttl.Microseconds())
}

// lostToOther tells that another session was faster: a deadlock is how Galera
// says so, a lock timeout how InnoDB does.
func lostToOther(err error) bool {
	e := dialect{}.Classify(err)
	return e != nil && e.IsRetryable()
}

func rowsAffected(r sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// keep starts to renew the lease.
func (l *runLock) keep(ctx context.Context, token string) {
	beat, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.lease = &lease{lock: l, token: token, stop: stop, done: make(chan struct{})}
	go l.lease.heartbeat(beat, l.ttl/6)
}

// heartbeat renews the lease until ctx ends. A renewal that fails is tried
// again at the next beat; whether the lease still holds is Verify's question.
func (s *lease) heartbeat(ctx context.Context, every time.Duration) {
	defer close(s.done)
	beat := time.NewTicker(every)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			_ = s.renew(ctx) // Verify asks again, and tells
		}
	}
}

// renew returns nil when the row is certainly ours and was renewed.
func (s *lease) renew(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost != nil {
		return s.lost
	}
	n, err := s.write(ctx, "`expires` = "+s.lock.expiry())
	switch {
	case err != nil:
		return fmt.Errorf("renew its lease: %w", err)
	case n != 1:
		s.lost = errors.New("its lease ran out and another run took it over")
	}
	return s.lost
}

// write updates the row if it is ours. The lease is not bound to a connection:
// one that broke is replaced. A conflict between nodes is tried once more.
func (s *lease) write(ctx context.Context, set string) (n int64, err error) {
	l := s.lock
	query := "UPDATE " + l.table + " SET " + set + l.where() + " AND `token` = '" + s.token + "'"
	for range 2 {
		if err = l.open(ctx); err != nil {
			continue
		}
		if n, err = rowsAffected(l.conn.ExecContext(ctx, query)); err == nil {
			return n, nil
		}
		if e := (dialect{}).Classify(err); e != nil && e.Class == lockstep.ErrorConnection {
			l.drop()
		}
	}
	return 0, err
}

// end stops the goroutine and frees the row.
func (s *lease) end(ctx context.Context) {
	s.stop()
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost == nil {
		_, _ = s.write(ctx, freeValues) // a row that stays runs out
	}
}
