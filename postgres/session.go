package postgres

import (
	"context"
	"database/sql"
	"fmt"
)

// cleanSession is DISCARD ALL without DEALLOCATE: drivers cache the names of
// their prepared statements. Unlike DISCARD ALL it may run together with other
// statements. Checked on PostgreSQL 14.
const cleanSession = `RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; CLOSE ALL; UNLISTEN *; ` +
	`SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES; DISCARD PLANS`

// CleanText returns the statements of Clean, to be sent behind the COMMIT of a
// script in one message with it. Behind PgBouncer's transaction pooling that is
// the only way to clean before somebody else is given the server's session.
func (dialect) CleanText() string { return cleanSession }

// Clean undoes what a script left in the session. It must be called outside a
// transaction. keep is false: what the driver has set when it connected is
// undone as well, so the connection is to be closed. Cleaning comes first all
// the same, because behind a pooler the server's session lives on and would be
// handed to others as the script left it.
func (d dialect) Clean(ctx context.Context, conn *sql.Conn) (keep bool, err error) {
	if _, err := conn.ExecContext(ctx, d.CleanText()); err != nil {
		return false, fmt.Errorf("clean session: %w", err)
	}
	return false, nil
}
