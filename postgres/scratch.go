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
	settings, err := oneColumn(ctx, q, settingsQuery)
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
	names, err := oneColumn(ctx, q, `SELECT CAST(datname AS pg_catalog.text) FROM pg_catalog.pg_database
WHERE pg_catalog.starts_with(datname::pg_catalog.text, `+literal(prefix)+`) ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("list databases: %w", err)
	}
	return names, nil
}

// clearingQuery lists what users made, as statements that drop it. Extensions
// of other owners and what belongs to them count as the server's, the schema
// public too. Checked on PostgreSQL 14.
const clearingQuery = `WITH own AS (
  SELECT d.classid, d.objid FROM pg_catalog.pg_depend d WHERE d.deptype IN ('e', 'i')
), made (place, kind, name) AS (
  SELECT 1, 'SCHEMA', pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_namespace n
    WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'public')
    AND NOT EXISTS (SELECT 1 FROM own WHERE own.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND own.objid = n.oid)
  UNION ALL
  SELECT 2, CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE'
      WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END, 'public.' || pg_catalog.quote_ident(c.relname)
    FROM pg_catalog.pg_class c
    WHERE c.relnamespace = 'public'::pg_catalog.regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c')
    AND NOT EXISTS (SELECT 1 FROM own WHERE own.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND own.objid = c.oid)
  UNION ALL
  SELECT 3, 'ROUTINE', p.oid::pg_catalog.regprocedure::pg_catalog.text FROM pg_catalog.pg_proc p
    WHERE p.pronamespace = 'public'::pg_catalog.regnamespace
    AND NOT EXISTS (SELECT 1 FROM own WHERE own.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND own.objid = p.oid)
  UNION ALL
  SELECT 4, 'TYPE', 'public.' || pg_catalog.quote_ident(t.typname) FROM pg_catalog.pg_type t
    WHERE t.typnamespace = 'public'::pg_catalog.regnamespace AND t.typtype IN ('e', 'd', 'r')
    AND NOT EXISTS (SELECT 1 FROM own WHERE own.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND own.objid = t.oid)
  UNION ALL
  SELECT 5, 'COLLATION', 'public.' || pg_catalog.quote_ident(l.collname) FROM pg_catalog.pg_collation l
    WHERE l.collnamespace = 'public'::pg_catalog.regnamespace
  UNION ALL
  SELECT 6, 'PUBLICATION', pg_catalog.quote_ident(b.pubname) FROM pg_catalog.pg_publication b
  UNION ALL
  SELECT 7, 'EVENT TRIGGER', pg_catalog.quote_ident(v.evtname) FROM pg_catalog.pg_event_trigger v
    WHERE NOT EXISTS (SELECT 1 FROM own WHERE own.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass AND own.objid = v.oid)
  UNION ALL
  SELECT 8, 'FOREIGN DATA WRAPPER', pg_catalog.quote_ident(w.fdwname) FROM pg_catalog.pg_foreign_data_wrapper w
    WHERE NOT EXISTS (SELECT 1 FROM own WHERE own.classid = 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass AND own.objid = w.oid)
  UNION ALL
  SELECT 9, 'SERVER', pg_catalog.quote_ident(f.srvname) FROM pg_catalog.pg_foreign_server f
  UNION ALL
  SELECT 10, 'EXTENSION', pg_catalog.quote_ident(e.extname) FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_roles o ON o.oid = e.extowner
    WHERE e.extname <> 'plpgsql' AND o.rolname = CURRENT_USER
)
SELECT 'DROP ' || kind || ' IF EXISTS ' || name || ' CASCADE' FROM made ORDER BY place, name`

// Clearing lists what is in the schema public, other schemas, and what is in
// none.
func (dialect) Clearing(ctx context.Context, q lockstep.Querier, _ lockstep.Server) ([]string, error) {
	statements, err := oneColumn(ctx, q, clearingQuery)
	if err != nil {
		return nil, fmt.Errorf("list what is in the database: %w", err)
	}
	return statements, nil
}

// oneColumn returns the one column of a query.
func oneColumn(ctx context.Context, q lockstep.Querier, query string) ([]string, error) {
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
