package mysql

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// UnseenLocksError tells that this server, or this user, cannot see who holds
// a table. Blockers returns it where "nobody" would be a guess.
type UnseenLocksError struct {
	Reason string // why not
	Advice string // what an administrator can do
	Err    error  // what the server said; nil where it was not asked
}

// Error says that and why.
func (e *UnseenLocksError) Error() string { return "cannot see who holds the table: " + e.Reason }

// Unwrap returns what the server said.
func (e *UnseenLocksError) Unwrap() error { return e.Err }

// Hint returns what an administrator can do.
func (e *UnseenLocksError) Hint() string { return e.Advice }

// Blockers returns the sessions that hold or wait for locks on the targets, or
// a lock on the whole server that keeps tables from being changed (FLUSH TABLES
// WITH READ LOCK, a backup), for longer than age.
//
// MySQL shows the age of a transaction. MariaDB shows for how long a session
// has run its statement, or been idle: there a transaction of many short
// statements seems younger than it is, unless the plugin is there. (information_schema.INNODB_TRX would not
// help: InnoDB shows the same old copy as long as somebody asks more often than
// ten times a second.)
//
// The error is an *UnseenLocksError where locks cannot be seen: on MySQL
// without SELECT on performance_schema; on MariaDB, unless performance_schema
// is on or the plugin metadata_lock_info is installed, and without PROCESS.
func (dialect) Blockers(ctx context.Context, q lockstep.Querier, srv lockstep.Server, targets []string, age time.Duration) ([]lockstep.Blocker, error) {
	if len(targets) == 0 {
		return nil, nil
	}
	query, err := holdersQuery(ctx, q, srv, targets)
	if err != nil {
		return nil, err
	}
	holders, err := readHolders(ctx, q, query)
	if err != nil {
		return nil, unseen(err)
	}
	return blockersOf(holders, srv, age), nil
}

// unseen tells a lack of rights from other errors.
func unseen(err error) error {
	e := dialect{}.Classify(err)
	if e == nil || e.Class != lockstep.ErrorPermission {
		return fmt.Errorf("look for holders of the table: %w", err)
	}
	return &UnseenLocksError{
		Reason: e.Message, Err: err,
		Advice: "GRANT PROCESS ON *.* TO <user>; GRANT SELECT ON performance_schema.* TO <user>",
	}
}

// holdersQuery chooses the view that shows locks on this server.
func holdersQuery(ctx context.Context, q lockstep.Querier, srv lockstep.Server, targets []string) (string, error) {
	wanted := condition(targets)
	on, err := isInstrumented(ctx, q)
	switch {
	case err != nil:
		return "", unseen(err)
	case on && srv.Flavor != flavorMariaDB:
		return holdersOnMySQL + wanted, nil
	case on:
		return fmt.Sprintf(holdersOnMariaDB, locksInSchema) + wanted, nil
	case srv.Flavor != flavorMariaDB:
		return "", &UnseenLocksError{
			Reason: "performance_schema is off", Advice: "start the server with performance_schema = ON, with its instrument wait/lock/metadata/sql/mdl enabled",
		}
	}
	installed, err := hasLockPlugin(ctx, q)
	switch {
	case err != nil:
		return "", unseen(err)
	case !installed:
		return "", &UnseenLocksError{
			Reason: "performance_schema is off and the plugin metadata_lock_info is not installed", Advice: "INSTALL SONAME 'metadata_lock_info'",
		}
	}
	return fmt.Sprintf(holdersOnMariaDB, locksInPlugin) + wanted, nil
}

// isInstrumented tells whether performance_schema records metadata locks.
// Checked on MySQL 9.7 and MariaDB 10.11.
func isInstrumented(ctx context.Context, q lockstep.Querier) (bool, error) {
	var on string
	if err := q.QueryRowContext(ctx, "SELECT @@performance_schema").Scan(&on); err != nil || !isOn(on) {
		return false, err
	}
	const query = "SELECT COUNT(*) FROM performance_schema.setup_instruments WHERE NAME = 'wait/lock/metadata/sql/mdl' AND ENABLED = 'YES'"
	var n int
	err := q.QueryRowContext(ctx, query).Scan(&n)
	return n > 0, err
}

// hasLockPlugin is asked on MariaDB only. Checked on 10.11.
func hasLockPlugin(ctx context.Context, q lockstep.Querier) (bool, error) {
	const query = "SELECT COUNT(*) FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'METADATA_LOCK_INFO' AND PLUGIN_STATUS = 'ACTIVE'"
	var n int
	err := q.QueryRowContext(ctx, query).Scan(&n)
	return n > 0, err
}

// condition selects locks on the targets, whatever their case, and those on
// the whole server that DDL has to wait for.
func condition(targets []string) string {
	tables := make([]string, len(targets))
	for i, t := range targets {
		schema, name := splitName(t)
		in := "LOWER(DATABASE())" // which a script may have changed
		if schema != "" {
			in = literal(strings.ToLower(schema))
		}
		tables[i] = "(" + in + ", " + literal(strings.ToLower(name)) + ")"
	}
	return " AND ((LOWER(l.s), LOWER(l.n)) IN (" + strings.Join(tables, ", ") + ") AND l.kind NOT LIKE 'SCHEMA%'" +
		" OR l.kind IN ('GLOBAL', 'BACKUP LOCK', 'BACKUP', 'Backup lock') AND l.mode IN (" + serverWide + "))"
}

// serverWide are the modes of a server-wide lock that keep DDL waiting: of
// MySQL's GLOBAL and BACKUP LOCK, and of MariaDB's BACKUP, in the spelling of
// performance_schema and of the plugin.
const serverWide = `'SHARED', 'BACKUP_FTWRL1', 'BACKUP_FTWRL2', 'BACKUP_WAIT_DDL', 'BACKUP_BLOCK_DDL', 'BACKUP_WAIT_COMMIT',
 'MDL_BACKUP_FTWRL1', 'MDL_BACKUP_FTWRL2', 'MDL_BACKUP_WAIT_DDL', 'MDL_BACKUP_BLOCK_DDL', 'MDL_BACKUP_WAIT_COMMIT'`

// holdersOnMySQL lists locks with their sessions. The timers count picoseconds.
// Without a transaction and a running statement a session holds by LOCK TABLES
// or the like; then how long it has been idle is known in seconds. Checked on
// MySQL 9.7.
const holdersOnMySQL = `SELECT t.PROCESSLIST_ID, COALESCE(t.PROCESSLIST_USER, ''), COALESCE(a.ATTR_VALUE, ''), COALESCE(l.n, ''),
  COALESCE(t.PROCESSLIST_COMMAND, ''), COALESCE(t.PROCESSLIST_STATE, ''), x.THREAD_ID IS NOT NULL,
  COALESCE(x.TIMER_WAIT, IF(e.END_EVENT_ID IS NULL, e.TIMER_WAIT, NULL), t.PROCESSLIST_TIME * 1000000000000, 0) / 1000000,
  COALESCE(IF(e.END_EVENT_ID IS NULL, 0, t.PROCESSLIST_TIME * 1000000000000) + e.TIMER_WAIT, 0) / 1000000,
  COALESCE(e.SQL_TEXT, t.PROCESSLIST_INFO, '')
FROM (SELECT OWNER_THREAD_ID AS thread, OBJECT_TYPE AS kind, OBJECT_SCHEMA AS s, OBJECT_NAME AS n, LOCK_TYPE AS mode
  FROM performance_schema.metadata_locks) l
JOIN performance_schema.threads t ON t.THREAD_ID = l.thread
LEFT JOIN performance_schema.events_transactions_current x ON x.THREAD_ID = l.thread AND x.STATE = 'ACTIVE'
LEFT JOIN performance_schema.events_statements_current e ON e.THREAD_ID = l.thread AND e.NESTING_EVENT_LEVEL = 0
LEFT JOIN performance_schema.session_connect_attrs a ON a.PROCESSLIST_ID = t.PROCESSLIST_ID AND a.ATTR_NAME = 'program_name'
WHERE t.PROCESSLIST_ID <> CONNECTION_ID()`

// holdersOnMariaDB does the same with what MariaDB shows. Checked on MariaDB
// 10.11.
const holdersOnMariaDB = `SELECT p.ID, p.USER, '', COALESCE(l.n, ''), p.COMMAND, COALESCE(p.STATE, ''), 0,
  GREATEST(p.TIME_MS, l.held) * 1000, p.TIME_MS * 1000, COALESCE(p.INFO, '')
FROM (%s) l
JOIN information_schema.PROCESSLIST p ON p.ID = l.id
WHERE p.ID <> CONNECTION_ID()`

// The two views of MariaDB that show metadata locks. Only the second knows for
// how many milliseconds one has been held.
const (
	locksInSchema = `SELECT t.PROCESSLIST_ID AS id, m.OBJECT_TYPE AS kind, m.OBJECT_SCHEMA AS s, m.OBJECT_NAME AS n, m.LOCK_TYPE AS mode, 0 AS held
  FROM performance_schema.metadata_locks m JOIN performance_schema.threads t ON t.THREAD_ID = m.OWNER_THREAD_ID`
	locksInPlugin = `SELECT THREAD_ID AS id, LOCK_TYPE AS kind, TABLE_SCHEMA AS s, TABLE_NAME AS n, LOCK_MODE AS mode, COALESCE(LOCK_TIME_MS, 0) AS held
  FROM information_schema.METADATA_LOCK_INFO`
)

// holder is a session that holds or waits for one lock.
type holder struct {
	id                   int64
	user, program, table string
	command, state       string
	inTransaction        bool
	age                  time.Duration // of the transaction, the statement or the idleness
	sinceQuery           time.Duration // since the current or last statement began
	query                string
}

func readHolders(ctx context.Context, q lockstep.Querier, query string) ([]holder, error) {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []holder
	for rows.Next() {
		var h holder
		var age, since sql.NullFloat64 // microseconds
		var text []byte                // cut off by the server, maybe inside a character
		err := rows.Scan(&h.id, &h.user, &h.program, &h.table, &h.command, &h.state, &h.inTransaction, &age, &since, &text)
		if err != nil {
			return nil, err
		}
		h.age, h.sinceQuery = time.Duration(age.Float64*1000), time.Duration(since.Float64*1000)
		h.query = strings.ToValidUTF8(string(text), "")
		all = append(all, h)
	}
	return all, rows.Err()
}

// blockersOf keeps the old ones, each session and table once.
func blockersOf(holders []holder, srv lockstep.Server, age time.Duration) []lockstep.Blocker {
	var all []lockstep.Blocker
	for _, h := range holders {
		b := h.blocker(srv)
		known := slices.ContainsFunc(all, func(o lockstep.Blocker) bool { return o.Session == b.Session && o.Table == b.Table })
		if h.age >= age && !known {
			all = append(all, b)
		}
	}
	slices.SortFunc(all, func(a, b lockstep.Blocker) int { return cmp.Compare(b.Age, a.Age) })
	return all
}

func (h *holder) blocker(srv lockstep.Server) lockstep.Blocker {
	b := lockstep.Blocker{
		Session: strconv.FormatInt(h.id, 10), User: h.user, Application: h.program, Table: h.table,
		State: cmp.Or(h.state, h.command), Age: h.age, Query: withoutLiterals(h.query, srv.Lexer),
	}
	switch {
	case h.command == "Sleep" && h.inTransaction:
		b.State = "idle in transaction"
	case h.command == "Sleep" && srv.Flavor == flavorMariaDB: // which of the two is not shown
		b.State = "idle in transaction or LOCK TABLES"
	case h.command == "Sleep":
		b.State = "idle, has locked tables"
	}
	if h.query != "" {
		b.QueryStart = time.Now().Add(-h.sinceQuery).UTC().Truncate(time.Millisecond)
	}
	return b
}

// withoutLiterals replaces every constant by ? and leaves comments out: both may
// hold data of users.
func withoutLiterals(query string, o sqltext.Options) string {
	const longest = 1000 // bytes
	query = query[:min(len(query), longest)]
	var b strings.Builder
	for t := range sqltext.Tokens(query, o) {
		switch t.Kind {
		case sqltext.String, sqltext.Number:
			b.WriteByte('?')
		case sqltext.Space, sqltext.LineComment, sqltext.BlockComment, sqltext.Hint:
			b.WriteByte(' ')
		default:
			b.WriteString(query[t.Start:t.End])
		}
	}
	return strings.Join(strings.Fields(strings.ToValidUTF8(b.String(), "")), " ")
}
