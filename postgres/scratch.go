package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// likeQuery reads how the current database treats text. Columns that not every
// version has are read by way of JSON. Checked on PostgreSQL 14.
const likeQuery = `SELECT pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate, d.datctype,
  pg_catalog.to_jsonb(d) ->> 'datlocprovider',
  COALESCE(pg_catalog.to_jsonb(d) ->> 'datlocale', pg_catalog.to_jsonb(d) ->> 'daticulocale'),
  pg_catalog.to_jsonb(d) ->> 'daticurules'
FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()`

// likeDatabase is how a database treats text.
type likeDatabase struct {
	encoding, collate, ctype string
	provider, locale, rules  sql.NullString
}

// CreateScratch makes an empty database with the encoding, locale and settings
// of q's.
func (d dialect) CreateScratch(ctx context.Context, q lockstep.Querier, srv lockstep.Server, name string) error {
	var like likeDatabase
	err := q.QueryRowContext(ctx, likeQuery).Scan(&like.encoding, &like.collate, &like.ctype, &like.provider, &like.locale, &like.rules)
	if err != nil {
		return fmt.Errorf("read the locale of the database: %w", err)
	}
	if _, err := q.ExecContext(ctx, "CREATE DATABASE "+d.Quote(name)+" "+like.options()); err != nil {
		if c := d.Classify(err); c != nil && c.Class == lockstep.ErrorPermission {
			err = lockstep.WithHint(err, "allow it: ALTER ROLE "+d.Quote(srv.User)+" CREATEDB")
		}
		return fmt.Errorf("create scratch database: %w", err)
	}
	return d.copySettings(ctx, q, name)
}

// options are those of CREATE DATABASE. Everything is said, since template0
// may be of another locale.
func (l likeDatabase) options() string {
	o := "TEMPLATE template0 ENCODING " + constant(l.encoding) + " LC_COLLATE " + constant(l.collate) + " LC_CTYPE " + constant(l.ctype)
	switch l.provider.String {
	case "i":
		o += " LOCALE_PROVIDER icu ICU_LOCALE " + constant(l.locale.String)
		if l.rules.String != "" {
			o += " ICU_RULES " + constant(l.rules.String)
		}
	case "b":
		o += " LOCALE_PROVIDER builtin BUILTIN_LOCALE " + constant(l.locale.String)
	case "c":
		o += " LOCALE_PROVIDER libc"
	}
	return o
}

// constant returns s as a string constant, for statements that take no
// expressions. It means the same whatever standard_conforming_strings is.
func constant(s string) string {
	return "E'" + strings.NewReplacer(`\`, `\\`, "'", "''").Replace(s) + "'"
}

// settingsQuery lists the settings that the current database gives to every
// session and every user may set. Checked on PostgreSQL 14.
const settingsQuery = `SELECT s.name FROM pg_catalog.pg_db_role_setting r
JOIN pg_catalog.pg_database d ON d.oid = r.setdatabase
CROSS JOIN LATERAL pg_catalog.unnest(r.setconfig) c
JOIN pg_catalog.pg_settings s ON s.name = pg_catalog.split_part(c, '=', 1)
WHERE d.datname = pg_catalog.current_database() AND r.setrole = 0 AND s.context = 'user'
ORDER BY 1`

// copySettings gives a database the settings of q's, such as its search_path.
func (d dialect) copySettings(ctx context.Context, q lockstep.Querier, name string) error {
	settings, err := texts(ctx, q, settingsQuery)
	if err != nil {
		return fmt.Errorf("read the settings of the database: %w", err)
	}
	for _, s := range settings {
		if _, err := q.ExecContext(ctx, "ALTER DATABASE "+d.Quote(name)+" SET "+d.Quote(s)+" FROM CURRENT"); err != nil {
			return fmt.Errorf("set %s of the scratch database: %w", s, err)
		}
	}
	return nil
}

// DropScratch removes a database and ends the sessions in it.
func (d dialect) DropScratch(ctx context.Context, q lockstep.Querier, _ lockstep.Server, name string) error {
	if _, err := q.ExecContext(ctx, "DROP DATABASE IF EXISTS "+d.Quote(name)+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop scratch database %s: %w", name, err)
	}
	return nil
}

// Scratches lists databases by the beginning of their names.
func (dialect) Scratches(ctx context.Context, q lockstep.Querier, prefix string) ([]string, error) {
	names, err := texts(ctx, q, `SELECT CAST(datname AS pg_catalog.text) FROM pg_catalog.pg_database
WHERE pg_catalog.starts_with(datname::pg_catalog.text, `+literal(prefix)+`) ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("list databases: %w", err)
	}
	return names, nil
}

// texts returns the one column of a query.
func texts(ctx context.Context, q lockstep.Querier, query string) ([]string, error) {
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

// Escapes tells of what belongs to the whole cluster.
func (dialect) Escapes(srv lockstep.Server, st sqltext.Statement) string {
	w := sqltext.Words(st.Text, lexerAt(srv, st), 3)
	if len(w) < 2 {
		return ""
	}
	switch verb, object := w[0], w[1]; verb {
	case "CREATE", "ALTER", "DROP", "COMMENT":
		third := strings.Join(w[2:], "")
		switch {
		case verb == "COMMENT":
			object = third
		case third == "MAPPING": // CREATE USER MAPPING
			return ""
		}
		return clusterWide(object)
	case "GRANT", "REVOKE":
		if !hasWord(st.Text, lexerAt(srv, st), "ON") {
			return "membership in roles belongs to the whole server"
		}
	}
	return ""
}

func clusterWide(object string) string {
	switch object {
	case "ROLE", "USER", "GROUP":
		return strings.ToLower(object) + "s belong to the whole server"
	case "DATABASE", "TABLESPACE":
		return "a " + strings.ToLower(object) + " is not a part of the scratch database"
	case "SYSTEM":
		return "it changes settings of the whole server"
	case "SUBSCRIPTION":
		return "a subscription reaches for another server"
	}
	return ""
}

// hasWord tells that an unquoted word stands in a statement.
func hasWord(text string, o sqltext.Options, key string) bool {
	for _, w := range scan(text, o, 0) {
		if w.key == key {
			return true
		}
	}
	return false
}
