package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/lockstepdb/lockstep"
)

// atWork finds the sessions that do, or are about to do, a run's work in this
// database: those with the work mark, unless they are idle. One that became
// idle just now may have the next statement waiting in its socket; a client
// that was killed has sent it and is gone. The state of another role's session
// may be hidden, its locks never are. Checked on PostgreSQL 14.
const atWork = `
FROM pg_catalog.pg_stat_activity a
WHERE pg_catalog.starts_with(a.application_name, '` + workMark + `')
  AND a.datname = pg_catalog.current_database()
  AND a.pid <> pg_catalog.pg_backend_pid()
  AND CASE
    WHEN a.state = 'idle' THEN a.state_change > pg_catalog.clock_timestamp() - interval '50 milliseconds'
    WHEN a.state IS NULL OR a.state = 'disabled' THEN EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.pid = a.pid)
    ELSE true
  END`

// orphanQuery returns a row for each session at work. For the one who has just
// got the lock they are orphans.
const orphanQuery = `SELECT 1` + atWork

// holderQuery finds who holds the advisory lock, else the orphan that keeps it
// from being taken. The transaction's start may be hidden. Checked on
// PostgreSQL 14.
const holderQuery = `
SELECT h.pid, h.application, h.since FROM (
  SELECT 1 AS rank, l.pid, COALESCE(a.application_name, '') AS application,
    COALESCE(CAST(EXTRACT(epoch FROM a.xact_start) * 1000000 AS bigint), 0) AS since
  FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
  WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.classid = %d AND l.objid = %d
    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
  UNION ALL
  SELECT 2, a.pid, a.application_name,
    COALESCE(CAST(EXTRACT(epoch FROM COALESCE(a.xact_start, a.query_start)) * 1000000 AS bigint), 0)` + atWork + `
) h ORDER BY h.rank, h.since LIMIT 1`

// Holder tells who holds the lock now: host and process of the run, or only
// the session of a statement that outlived its run. It returns the zero Holder
// when nobody holds it.
func (l *lock) Holder(ctx context.Context) (lockstep.Holder, error) {
	if l.held {
		return l.holder, nil // asking the server would need another connection
	}
	var q lockstep.Querier = l.db
	if l.conn != nil {
		q = l.conn
	}
	var pid, since int64
	var application string
	query := fmt.Sprintf(holderQuery, uint32(uint64(l.key)>>32), uint32(uint64(l.key))) //nolint:gosec // the two halves
	err := q.QueryRowContext(ctx, query).Scan(&pid, &application, &since)
	if errors.Is(err, sql.ErrNoRows) {
		return lockstep.Holder{}, nil
	}
	if err != nil {
		return lockstep.Holder{}, fmt.Errorf("find lock holder: %w", err)
	}
	return describeHolder(pid, application, since), nil
}

// describeHolder reads what applicationName wrote.
func describeHolder(session int64, application string, since int64) lockstep.Holder {
	h := lockstep.Holder{Session: strconv.FormatInt(session, 10)}
	if since > 0 {
		h.Since = time.UnixMicro(since).UTC()
	}
	if who, ok := strings.CutPrefix(application, holderMark); ok {
		if colon := strings.LastIndexByte(who, ':'); colon >= 0 {
			h.Host = who[:colon]
			h.PID, _ = strconv.Atoi(who[colon+1:]) // not a number: unknown
		}
	}
	return h
}
