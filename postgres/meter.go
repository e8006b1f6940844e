package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/lockstepdb/lockstep"
)

// meterQuery reads all relations that users made, with the locks of this
// session on them, among them those on relations it has dropped. Checked on
// PostgreSQL 14.
const meterQuery = `WITH held AS (
  SELECT l.relation, l.mode FROM pg_catalog.pg_locks l
  WHERE l.pid = pg_catalog.pg_backend_pid() AND l.granted AND l.locktype = 'relation'
  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
), users AS (
  SELECT c.oid, n.nspname || '.' || c.relname AS name, CASE WHEN c.relfilenode > 0 THEN c.relfilenode::pg_catalog.text ELSE '' END AS storage,
    c.relkind = 'i' AS index
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'i', 'S')
)
SELECT COALESCE(u.oid, h.relation)::pg_catalog.text, COALESCE(u.name, ''), COALESCE(u.index, false), COALESCE(u.storage, ''), COALESCE(h.mode, ''),
  (pg_catalog.pg_current_wal_insert_lsn() - '0/0'::pg_catalog.pg_lsn)::pg_catalog.int8
FROM users u FULL JOIN held h ON h.relation = u.oid
WHERE u.oid IS NOT NULL OR NOT EXISTS (SELECT 1 FROM pg_catalog.pg_class c WHERE c.oid = h.relation)
UNION ALL SELECT '', '', false, '', '', (pg_catalog.pg_current_wal_insert_lsn() - '0/0'::pg_catalog.pg_lsn)::pg_catalog.int8`

// Measure reads locks, file nodes and how far the write-ahead log has come.
func (dialect) Measure(ctx context.Context, q lockstep.Querier, _ lockstep.Server) (lockstep.Reading, error) {
	reading := lockstep.Reading{Relations: map[string]lockstep.Relation{}}
	rows, err := q.QueryContext(ctx, meterQuery)
	if err != nil {
		return reading, fmt.Errorf("read locks and storage: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var r lockstep.Relation
		if err := rows.Scan(&id, &r.Name, &r.Index, &r.Storage, &r.Lock, &reading.Written); err != nil {
			return reading, fmt.Errorf("read locks and storage: %w", err)
		}
		if id == "" {
			continue
		}
		if before := reading.Relations[id]; lockRank(before.Lock) > lockRank(r.Lock) {
			r.Lock = before.Lock
		}
		reading.Relations[id] = r
	}
	return reading, rows.Err()
}

// lockRank orders the modes of table locks from weak to strong, as the manual
// lists them ("Explicit Locking"); -1 for none.
func lockRank(mode string) int {
	return slices.Index([]string{
		"AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock",
		"ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock",
	}, mode)
}
