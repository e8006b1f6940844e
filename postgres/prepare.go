package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// Prepare clears what an interrupted or failed run of st left behind: the
// invalid index of a CREATE INDEX CONCURRENTLY, the transient indexes of a
// REINDEX CONCURRENTLY, a detach of a partition that was begun and not
// finished. An index that is valid, that a session is building, or that
// belongs to a constraint is never touched. conn must be outside a transaction.
//
// Where there is something to clear it waits for older transactions as st
// itself would, whatever the session's lock_timeout is; the session's
// statement_timeout and ctx bound it.
func (d dialect) Prepare(ctx context.Context, conn *sql.Conn, srv lockstep.Server, st sqltext.Statement) (string, error) {
	o := lexerAt(srv, st)
	var note string
	var err error
	switch l := readLone(st.Text, scan(st.Text, o, 0), o); {
	case l.kind == createIndex:
		note, err = d.dropInvalid(ctx, conn, l)
	case l.kind == reindex && l.concurrently:
		note, err = d.dropTransient(ctx, conn, l)
	case l.kind == detachPartition:
		note, err = finishDetach(ctx, conn, l)
	}
	if err != nil {
		return "", fmt.Errorf("clear leftovers: %w", err)
	}
	return note, nil
}

// leftovers selects the invalid indexes that nobody builds and nobody needs,
// with their definitions. A build whose details are hidden from us (relid is
// NULL) may be of any of them, so then there are none. Checked on PostgreSQL 14.
const leftovers = `
SELECT n.nspname, x.relname, pg_catalog.pg_get_indexdef(x.oid)
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace
JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
WHERE NOT i.indisvalid AND x.relkind = 'i'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint c WHERE c.conindid = x.oid)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p
    WHERE p.pid <> pg_catalog.pg_backend_pid() AND p.datname = pg_catalog.current_database()
      AND (p.index_relid = x.oid OR p.relid = t.oid OR p.relid IS NULL))
  AND `

// index is one leftover.
type index struct {
	name       string // qualified and quoted
	definition string // CREATE INDEX …
}

func (d dialect) leftovers(ctx context.Context, conn *sql.Conn, which string) (found []index, err error) {
	rows, err := conn.QueryContext(ctx, leftovers+which+" ORDER BY 1, 2")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var schema, name, definition string
		if err := rows.Scan(&schema, &name, &definition); err != nil {
			return nil, err
		}
		found = append(found, index{d.Quote(schema) + "." + d.Quote(name), definition})
	}
	return found, rows.Err()
}

// dropInvalid drops the invalid index of st's name on st's table; if st gives
// no name, those on the table that are defined as st's would be.
func (d dialect) dropInvalid(ctx context.Context, conn *sql.Conn, l lone) (string, error) {
	which := "i.indrelid = " + relation(l.table)
	if l.name != "" {
		which += " AND x.relname = " + nameLiteral(fold(l.name))
	}
	found, err := d.leftovers(ctx, conn, which)
	if err == nil && l.name == "" && len(found) > 0 {
		found, err = sameDefinition(ctx, conn, l, found)
	}
	if err != nil {
		return "", err
	}
	return dropIndexes(ctx, conn, found)
}

// sameDefinition keeps the indexes that are defined as l says. What l means is
// the server's to say: it makes the index on an empty copy of the table, in a
// transaction that is rolled back.
func sameDefinition(ctx context.Context, conn *sql.Conn, l lone, found []index) (same []index, err error) {
	const probe = "pg_temp.lockstep_probe"
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return nil, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
		defer cancel()
		_, undo := conn.ExecContext(ctx, "ROLLBACK")
		err = errors.Join(err, undo)
	}()
	create := "CREATE TEMP TABLE lockstep_probe (LIKE " + l.table + "); CREATE INDEX ON " + probe + l.definition
	if _, err := conn.ExecContext(ctx, create); err != nil {
		return nil, err
	}
	var wanted string
	err = conn.QueryRowContext(ctx, "SELECT pg_catalog.pg_get_indexdef(indexrelid) FROM pg_catalog.pg_index WHERE indrelid = "+
		relation(probe)).Scan(&wanted)
	for _, x := range found {
		if body(x.definition) == body(wanted) && strings.HasPrefix(x.definition, "CREATE UNIQUE") == l.unique {
			same = append(same, x)
		}
	}
	return same, err
}

// body is the part of an index definition behind the names.
func body(definition string) string {
	_, rest, _ := strings.Cut(definition, " USING ")
	return rest
}

// dropTransient drops the indexes that REINDEX CONCURRENTLY has built and not
// put in place (_ccnew), or replaced and not dropped (_ccold), and those of the
// TOAST tables with them.
func (d dialect) dropTransient(ctx context.Context, conn *sql.Conn, l lone) (string, error) {
	which := `x.relname ~ '_cc(new|old)[0-9]*$' AND `
	switch l.value {
	case "TABLE":
		which += "(t.oid = " + relation(l.name) + " OR t.oid = (SELECT reltoastrelid FROM pg_catalog.pg_class WHERE oid = " + relation(l.name) + "))"
	case "INDEX":
		which += "t.oid = (SELECT indrelid FROM pg_catalog.pg_index WHERE indexrelid = " + relation(l.name) + ")"
	case "SCHEMA":
		schema := "(SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = " + nameLiteral(fold(l.name)) + ")"
		which += "(t.relnamespace = " + schema + " OR t.oid IN (SELECT reltoastrelid FROM pg_catalog.pg_class WHERE relnamespace = " + schema + "))"
	default:
		which += "true"
	}
	found, err := d.leftovers(ctx, conn, which)
	if err != nil {
		return "", err
	}
	return dropIndexes(ctx, conn, found)
}

// dropIndexes drops leftovers without blocking anybody.
func dropIndexes(ctx context.Context, conn *sql.Conn, found []index) (string, error) {
	if len(found) == 0 {
		return "", nil
	}
	names := make([]string, len(found))
	err := patiently(ctx, conn, func() error {
		for i, x := range found {
			names[i] = x.name
			if _, err := conn.ExecContext(ctx, "DROP INDEX CONCURRENTLY IF EXISTS "+x.name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return "dropped invalid index " + strings.Join(names, ", ") + ", left by an attempt that did not finish", nil
}

// finishDetach completes a DETACH PARTITION CONCURRENTLY that was interrupted
// between its two transactions; it cannot be undone. Checked on PostgreSQL 14.
func finishDetach(ctx context.Context, conn *sql.Conn, l lone) (string, error) {
	pending := "SELECT EXISTS (SELECT FROM pg_catalog.pg_inherits WHERE inhdetachpending AND inhrelid = " +
		relation(l.name) + " AND inhparent = " + relation(l.table) + ")"
	var is bool
	if err := conn.QueryRowContext(ctx, pending).Scan(&is); err != nil || !is {
		return "", err
	}
	err := patiently(ctx, conn, func() error {
		_, err := conn.ExecContext(ctx, "ALTER TABLE "+l.table+" DETACH PARTITION "+l.name+" FINALIZE")
		return err
	})
	if err != nil {
		return "", err
	}
	return "finished detaching partition " + l.name + ", begun by an attempt that did not finish", nil
}

// patiently runs f without lock_timeout, because what it does waits for others
// without being in their way, and sets it again afterwards.
func patiently(ctx context.Context, conn *sql.Conn, f func() error) (err error) {
	var before string
	if err := conn.QueryRowContext(ctx, "SELECT pg_catalog.current_setting('lock_timeout')").Scan(&before); err != nil {
		return err
	}
	if before == "0" {
		return f()
	}
	if _, err := conn.ExecContext(ctx, "SET lock_timeout = 0"); err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
		defer cancel()
		_, reset := conn.ExecContext(ctx, "SET lock_timeout = '"+before+"'")
		err = errors.Join(err, reset)
	}()
	return f()
}
