package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/lockstepdb/lockstep"
)

// blockersQuery finds who holds, or waits for, a lock on the targets: on the
// relations themselves, the tables of indexes, and everything that inherits
// from them or is a partition of them. A lock of any mode is in the way of
// ACCESS EXCLUSIVE. The two parameters are the targets and the age in
// microseconds; text is inlined, as the query must do without arguments.
//
// Age is that of the transaction. A session that keeps SHARE UPDATE EXCLUSIVE
// across transactions (CREATE INDEX CONCURRENTLY, VACUUM) is as old as its
// statement. A prepared transaction has no session; its name stands for it, and
// its own transactionid lock tells which locks are its.
// Times of other roles' sessions may be hidden; they come out as age -1.
// Checked on PostgreSQL 14.
const blockersQuery = `
WITH RECURSIVE target(ord, name, oid) AS (
  SELECT t.ord, t.name, pg_catalog.to_regclass(t.name) FROM (VALUES %s) t(ord, name)
), rel(ord, name, oid) AS (
  SELECT ord, name, CAST(oid AS oid) FROM target WHERE oid IS NOT NULL
  UNION SELECT t.ord, t.name, i.indrelid FROM target t JOIN pg_catalog.pg_index i ON i.indexrelid = t.oid
  UNION SELECT r.ord, r.name, h.inhrelid FROM rel r JOIN pg_catalog.pg_inherits h ON h.inhparent = r.oid
), held AS (
  SELECT DISTINCT ON (l.pid, l.virtualtransaction) l.pid, l.virtualtransaction, r.name, l.mode
  FROM rel r JOIN pg_catalog.pg_locks l ON l.relation = r.oid AND l.locktype = 'relation'
  WHERE l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
    AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
  ORDER BY l.pid, l.virtualtransaction, l.mode <> 'ShareUpdateExclusiveLock', r.ord
), who AS (
  SELECT CAST(h.pid AS text) AS session, h.name, a.usename, a.application_name, a.state, a.query, a.query_start,
    CASE WHEN h.mode = 'ShareUpdateExclusiveLock' THEN LEAST(a.xact_start, a.query_start)
      ELSE COALESCE(a.xact_start, a.query_start) END AS since
  FROM held h JOIN pg_catalog.pg_stat_activity a ON a.pid = h.pid
  WHERE a.backend_type IS DISTINCT FROM 'parallel worker'
  UNION ALL
  SELECT p.gid, h.name, p.owner, '', 'prepared transaction', '', NULL, p.prepared
  FROM held h JOIN pg_catalog.pg_locks x ON x.pid IS NULL AND x.locktype = 'transactionid' AND x.virtualtransaction = h.virtualtransaction
  JOIN pg_catalog.pg_prepared_xacts p ON p.transaction = x.transactionid
  WHERE h.pid IS NULL
), aged AS (
  SELECT who.*, COALESCE(CAST(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - since) * 1000000 AS bigint), -1) AS age FROM who
)
SELECT session, COALESCE(CAST(usename AS text), ''), COALESCE(application_name, ''), name, COALESCE(state, ''), age,
  COALESCE(CAST(EXTRACT(epoch FROM query_start) * 1000000 AS bigint), 0), COALESCE(query, '')
FROM aged WHERE age > %d OR age = -1 ORDER BY age DESC, session`

// Blockers returns the sessions other than q's own, and the prepared
// transactions, that hold or wait for locks on the targets and whose
// transaction is older than age, the oldest first. Targets that do not exist
// have none. It is an error if the only sessions in question belong to roles
// whose activity the user may not see. q should not be in a transaction, in
// which the server would go on answering what it saw first.
func (d dialect) Blockers(ctx context.Context, q lockstep.Querier, srv lockstep.Server, targets []string, age time.Duration) ([]lockstep.Blocker, error) {
	if len(targets) == 0 {
		return nil, nil
	}
	rows, err := q.QueryContext(ctx, fmt.Sprintf(blockersQuery, targetValues(targets), age.Microseconds()))
	if err != nil {
		return nil, fmt.Errorf("find blockers: %w", err)
	}
	defer func() { _ = rows.Close() }() // read to the end, or given up with an error
	var found []lockstep.Blocker
	hidden := 0
	for rows.Next() {
		var b lockstep.Blocker
		var age, started int64
		err := rows.Scan(&b.Session, &b.User, &b.Application, &b.Table, &b.State, &age, &started, &b.Query)
		if err != nil {
			return nil, fmt.Errorf("find blockers: %w", err)
		}
		if age < 0 {
			hidden++
			continue
		}
		b.Age = time.Duration(age) * time.Microsecond
		if started > 0 {
			b.QueryStart = time.UnixMicro(started).UTC()
		}
		b.Query = redact(b.Query)
		found = append(found, b)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("find blockers: %w", err)
	}
	if len(found) == 0 && hidden > 0 {
		return nil, hiddenError(d, srv, hidden)
	}
	return found, nil
}

// targetValues renders the rows of VALUES: ordinal and name.
func targetValues(targets []string) string {
	rows := make([]string, len(targets))
	for i, t := range targets {
		rows[i] = "(" + strconv.Itoa(i) + ", " + literal(t) + ")"
	}
	return strings.Join(rows, ", ")
}

func hiddenError(d dialect, srv lockstep.Server, n int) error {
	return lockstep.WithHint(
		errors.New("find blockers: the activity of "+strconv.Itoa(n)+" session(s) with locks on the table is hidden from "+srv.User),
		"let an administrator run: GRANT pg_read_all_stats TO "+d.Quote(srv.User))
}
