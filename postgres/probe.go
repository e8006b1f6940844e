package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// probeQuery reads the facts of a server in one round trip. Checked on
// PostgreSQL 14.
const probeQuery = `SELECT
  CAST(pg_catalog.current_setting('server_version_num') AS pg_catalog.int4),
  pg_catalog.version(),
  pg_catalog.current_setting('server_version'),
  CAST(pg_catalog.current_database() AS pg_catalog.text),
  COALESCE(CAST(pg_catalog.current_schema() AS pg_catalog.text), ''),
  CAST(CURRENT_USER AS pg_catalog.text),
  pg_catalog.pg_is_in_recovery() OR pg_catalog.current_setting('transaction_read_only') = 'on',
  pg_catalog.current_setting('standard_conforming_strings') = 'off'`

// Probe reads the facts of the server behind q. It fails on servers older
// than PostgreSQL 14.
func (d dialect) Probe(ctx context.Context, q lockstep.Querier) (lockstep.Server, error) {
	srv := lockstep.Server{Dialect: d.Name(), TransactionalDDL: true, MultiStatement: true}
	var banner string
	var escapes bool
	err := q.QueryRowContext(ctx, probeQuery).Scan(
		&srv.Number, &banner, &srv.Version, &srv.Database, &srv.Schema, &srv.User, &srv.ReadOnly, &escapes)
	if err != nil {
		return lockstep.Server{}, fmt.Errorf("probe server: %w", err)
	}
	srv.Flavor, _, _ = strings.Cut(banner, " ")
	srv.Lexer = sqltext.Options{Mode: sqltext.Postgres, StandardConformingStringsOff: escapes}
	if srv.Number < 140000 {
		return lockstep.Server{}, lockstep.WithHint(
			fmt.Errorf("probe server: %s %s is too old", srv.Flavor, srv.Version), "lockstep supports PostgreSQL 14 and newer")
	}
	return srv, nil
}
