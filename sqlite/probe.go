package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/lockstepdb/lockstep"
)

// Probe reads the facts of the database behind q. ReadOnly tells PRAGMA
// query_only; a file that cannot be written (its mode, its folder, mode=ro)
// shows only when it is written, as an error of class ErrorReadOnly.
//
// On a database without a file it also notes the connection's settings in the
// connection, for Clean.
//
// It reads as little of the file as it can, but the first SELECT of a
// connection reads the schema in any case. Where the connection has no
// busy_timeout (the default of modernc.org/sqlite) that fails when it meets a
// commit, so it is tried again for a while. Checked on 3.40.
func (dialect) Probe(ctx context.Context, q lockstep.Querier) (srv lockstep.Server, err error) {
	srv = lockstep.Server{
		Dialect: "sqlite", Flavor: "SQLite", Schema: "main",
		TransactionalDDL: true, Lexer: lexer(),
	}
	err = patiently(ctx, func() error {
		srv.Version, err = queryText(ctx, q, "SELECT sqlite_version()")
		return err
	})
	if err != nil {
		return lockstep.Server{}, fmt.Errorf("probe database: %w", err)
	}
	if srv.Number, err = versionNumber(srv.Version); err != nil {
		return lockstep.Server{}, err
	}
	if srv.Database, err = mainFile(ctx, q); err != nil {
		return lockstep.Server{}, err
	}
	if err = q.QueryRowContext(ctx, "PRAGMA query_only").Scan(&srv.ReadOnly); err != nil {
		return lockstep.Server{}, fmt.Errorf("read PRAGMA query_only: %w", err)
	}
	srv.SingleConnection = srv.Database == ""
	if srv.SingleConnection && !srv.ReadOnly {
		err = noteSettings(ctx, q)
	}
	return srv, err
}

// patience is how long a commit of somebody else may take.
const patience = 5 * time.Second

// patiently repeats what only reads while the database is locked.
func patiently(ctx context.Context, read func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		err := read()
		if !isBusy(err) {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return err
		}
	}
}

// mainFile returns the absolute path of the database, "" for one in memory and
// for a temporary one. main is the first of the list.
func mainFile(ctx context.Context, q lockstep.Querier) (string, error) {
	var number int
	var name string
	var path sql.NullString
	if err := q.QueryRowContext(ctx, "PRAGMA database_list").Scan(&number, &name, &path); err != nil {
		return "", fmt.Errorf("read path of the database: %w", err)
	}
	return path.String, nil
}

// versionNumber returns 3053001 for "3.53.1", as sqlite3_libversion_number does.
func versionNumber(version string) (int, error) {
	var major, minor, patch int
	if _, err := fmt.Sscanf(version, "%d.%d.%d", &major, &minor, &patch); err != nil {
		return 0, fmt.Errorf("read version %q of the SQLite library: %w", version, err)
	}
	return major*1_000_000 + minor*1_000 + patch, nil
}
