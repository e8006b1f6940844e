package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/lockstepdb/lockstep"
)

// sessionSettings are the settings of a connection that change what later
// statements mean. Settings that only change how fast or how durable they are
// (cache_size, synchronous, temp_store …) are left as a script sets them, and
// so is case_sensitive_like, which cannot be read.
func sessionSettings() []string {
	return []string{
		"foreign_keys", "recursive_triggers", "legacy_alter_table", "ignore_check_constraints",
		"reverse_unordered_selects", "writable_schema", "trusted_schema", "read_uncommitted",
		"cell_size_check", "query_only", "full_column_names", "short_column_names",
	}
}

// noted marks a note, so that "all off" can be told from no note.
const noted = 1 << 30

// noteSettings writes the connection's settings, one bit each, where only this
// connection sees them and where they go with it: the header of its temporary
// database. It is the one place SQLite has for that, and a connection to a
// database in memory cannot be had anew to look at. An earlier note stays.
func noteSettings(ctx context.Context, q lockstep.Querier) error {
	note, err := settingsNote(ctx, q)
	if err != nil || note != 0 {
		return err
	}
	var now int
	if err := q.QueryRowContext(ctx, settingsQuery()).Scan(&now); err != nil {
		return fmt.Errorf("read settings of the connection: %w", err)
	}
	if _, err := q.ExecContext(ctx, fmt.Sprintf("PRAGMA temp.application_id = %d", now|noted)); err != nil {
		return fmt.Errorf("note settings of the connection: %w", err)
	}
	return nil
}

// settingsNote returns what noteSettings wrote, 0 if nothing.
func settingsNote(ctx context.Context, q lockstep.Querier) (int, error) {
	var note int
	if err := q.QueryRowContext(ctx, "PRAGMA temp.application_id").Scan(&note); err != nil {
		return 0, fmt.Errorf("read note of the connection's settings: %w", err)
	}
	if note&noted == 0 {
		return 0, nil
	}
	return note, nil
}

// settingsQuery selects all settings as one number, the first in the lowest
// bit. Checked on 3.40.
func settingsQuery() string {
	var terms []string
	for bit, name := range sessionSettings() {
		terms = append(terms, fmt.Sprintf("((SELECT %s FROM pragma_%s) << %d)", name, name, bit))
	}
	return "SELECT " + strings.Join(terms, " | ")
}

// Clean leaves a connection to a file to be closed: opening another costs less
// than finding out what a script did. A database without a file would vanish
// with its connection, so there Clean rolls back what is open, drops temporary
// objects, detaches other databases and sets the settings that change the
// meaning of statements to what they were when Probe first saw the connection
// (to nothing if it never did).
func (dialect) Clean(ctx context.Context, conn *sql.Conn) (keep bool, err error) {
	file, err := mainFile(ctx, conn)
	if err != nil {
		return false, err
	}
	if file != "" {
		return false, nil
	}
	for _, step := range []func(context.Context, *sql.Conn) error{rollbackOpen, dropTemporary, detachOthers, restoreSettings} {
		if err := step(ctx, conn); err != nil {
			return true, fmt.Errorf("clean session: %w", err)
		}
	}
	return true, nil
}

// rollbackOpen ends a transaction that a script left open. A ROLLBACK without
// one is an error that tells nothing, so BEGIN goes first: if it is refused
// there is one already.
func rollbackOpen(ctx context.Context, conn *sql.Conn) error {
	_, _ = conn.ExecContext(ctx, "BEGIN") // refused within a transaction, which is what we are after
	_, err := conn.ExecContext(ctx, "ROLLBACK")
	return err
}

// dropTemporary drops triggers and views before the tables they are about.
// Foreign keys are off meanwhile: with them a DROP TABLE deletes rows first.
// restoreSettings sets them again.
func dropTemporary(ctx context.Context, conn *sql.Conn) error {
	drops, err := queryTexts(ctx, conn, `SELECT 'DROP ' || type || ' IF EXISTS temp."' || replace(name, '"', '""') || '"'
FROM temp.sqlite_master WHERE type IN ('trigger', 'view', 'table') AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
ORDER BY type = 'table', type = 'view', coalesce(sql, '') NOT LIKE 'CREATE VIRTUAL%', name`)
	if err != nil {
		return err
	}
	if len(drops) == 0 {
		return nil
	}
	on, err := queryText(ctx, conn, "PRAGMA foreign_keys")
	if err != nil {
		return err
	}
	all := append([]string{"PRAGMA query_only = 0", "PRAGMA foreign_keys = 0"}, drops...)
	return execAll(ctx, conn, append(all, "PRAGMA foreign_keys = "+on))
}

func detachOthers(ctx context.Context, conn *sql.Conn) error {
	detaches, err := queryTexts(ctx, conn, `SELECT 'DETACH "' || replace(name, '"', '""') || '"'
FROM pragma_database_list WHERE name NOT IN ('main', 'temp')`)
	if err != nil {
		return err
	}
	return execAll(ctx, conn, detaches)
}

func restoreSettings(ctx context.Context, conn *sql.Conn) error {
	note, err := settingsNote(ctx, conn)
	if err != nil || note == 0 {
		return err
	}
	for bit, name := range sessionSettings() {
		if _, err := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA %s = %d", name, note>>bit&1)); err != nil {
			return err
		}
	}
	return nil
}

func execAll(ctx context.Context, q lockstep.Querier, statements []string) error {
	for _, statement := range statements {
		if _, err := q.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// queryTexts returns the only column of a query.
func queryTexts(ctx context.Context, q lockstep.Querier, query string) ([]string, error) {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}
