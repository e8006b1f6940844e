package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/lockstepdb/lockstep"
)

// The table beside the ledger has one row for each lock. On ordinary servers it
// only tells who holds the lock; where the lock is a lease it is the lock.

const lockTableComment = "Who holds lockstep's lock on this database's migrations. Do not edit by hand."

func (l *runLock) createTable(ctx context.Context, q lockstep.Querier) error {
	columns := []string{
		"`name` VARCHAR(64) NOT NULL PRIMARY KEY",
		"`token` VARCHAR(64) NOT NULL DEFAULT ''", // of a lease's holder; '' = free
		"`host` VARCHAR(255) NOT NULL DEFAULT ''",
		"`pid` BIGINT NOT NULL DEFAULT 0",
		"`session` VARCHAR(64) NOT NULL DEFAULT ''",
		"`since` DATETIME(6) NULL",
		"`expires` DATETIME(6) NULL", // of a lease, UTC; NULL = the session's end ends it
	}
	_, err := q.ExecContext(ctx, createTable(l.table, columns, lockTableComment))
	return err
}

// values are the row's columns as they are while this lock is held.
func (l *runLock) values(token, expires string) string {
	host := l.holder.Host
	if r := []rune(host); len(r) > 255 {
		host = string(r[:255])
	}
	return fmt.Sprintf("`token` = '%s', `host` = %s, `pid` = %d, `session` = '%d', `since` = UTC_TIMESTAMP(6), `expires` = %s",
		token, literal(host), l.holder.PID, l.session, expires)
}

const freeValues = "`token` = '', `host` = '', `pid` = 0, `session` = '', `since` = NULL, `expires` = NULL"

func (l *runLock) where() string { return " WHERE `name` = '" + l.name + "'" }

// announce tells those who wait who has the lock. That it may fail (no right to
// create the table) harms nobody: then they see what the server shows of the
// session.
func (l *runLock) announce(ctx context.Context) {
	values := l.values("", "NULL")
	write := "INSERT INTO " + l.table + " SET `name` = '" + l.name + "', " + values + " ON DUPLICATE KEY UPDATE " + values
	_, err := l.conn.ExecContext(ctx, write)
	if !isMissingTable(err) {
		return
	}
	if l.createTable(ctx, l.conn) == nil {
		_, _ = l.conn.ExecContext(ctx, write)
	}
}

// withdraw takes back what announce told.
func (l *runLock) withdraw(ctx context.Context) {
	// A row that stays names a session that does not hold the lock, so nobody
	// believes it.
	_, _ = l.conn.ExecContext(ctx, fmt.Sprintf("UPDATE %s SET %s%s AND `session` = '%d'", l.table, freeValues, l.where(), l.session))
}

func isMissingTable(err error) bool {
	e := dialect{}.Classify(err)
	return e != nil && e.Class == lockstep.ErrorUndefinedTable
}

// sighting is the row as it was seen.
type sighting struct {
	exists  bool
	token   string
	expires string // as the server writes it
	over    bool   // the lease has run out, by the server's clock
	holder  lockstep.Holder
	at      time.Time // when this state of the row was first seen
}

// observe reads the row. Checked on MySQL 9.7 and MariaDB 10.11.
func (l *runLock) observe(ctx context.Context) (s sighting, err error) {
	query := "SELECT `token`, COALESCE(CAST(`expires` AS CHAR), ''), COALESCE(`expires` < UTC_TIMESTAMP(6), 0), `host`, `pid`, `session`," +
		" COALESCE(DATE_FORMAT(`since`, '%Y-%m-%dT%H:%i:%s.%fZ'), '') FROM " + l.table + l.where()
	var since string
	err = l.conn.QueryRowContext(ctx, query).Scan(&s.token, &s.expires, &s.over, &s.holder.Host, &s.holder.PID, &s.holder.Session, &since)
	switch {
	case errors.Is(err, sql.ErrNoRows), isMissingTable(err):
		return sighting{}, nil
	case err != nil:
		return sighting{}, fmt.Errorf("read who holds the lock: %w", err)
	}
	s.exists, s.at = true, time.Now()
	s.holder.Since, _ = time.Parse(time.RFC3339Nano, since) // '' is unknown
	return s, nil
}
