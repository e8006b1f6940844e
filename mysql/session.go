package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

// Clean always asks for a new session. The protocol can reset one
// (COM_RESET_CONNECTION), but database/sql has no way to ask for it, and SQL
// cannot undo everything: temporary tables, user variables, prepared
// statements, settings whose value before is not known.
func (dialect) Clean(context.Context, *sql.Conn) (keep bool, err error) { return false, nil }

// discard closes a session instead of giving it back to the pool.
func discard(conn *sql.Conn) {
	// ErrBadConn tells the pool to close the connection.
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = conn.Close() // Raw has closed it
}
