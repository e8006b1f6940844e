package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// CreateScratch makes an empty database with the default character set and
// collation of q's. Checked on MySQL 9.7 and MariaDB 10.11.
func (d dialect) CreateScratch(ctx context.Context, q lockstep.Querier, srv lockstep.Server, name string) error {
	var charset, collation string
	err := q.QueryRowContext(ctx, "SELECT @@character_set_database, @@collation_database").Scan(&charset, &collation)
	if err != nil {
		return fmt.Errorf("read the character set of the database: %w", err)
	}
	_, err = q.ExecContext(ctx, "CREATE DATABASE "+quote(name)+" CHARACTER SET "+quote(charset)+" COLLATE "+quote(collation))
	if err != nil {
		if c := d.Classify(err); c != nil && c.Class == lockstep.ErrorPermission {
			err = lockstep.WithHint(err, "allow it: GRANT ALL PRIVILEGES ON "+pattern(name)+".* TO "+account(srv.User))
		}
		return fmt.Errorf("create scratch database: %w", err)
	}
	return nil
}

// pattern returns the pattern for GRANT that covers databases whose names
// begin as name does, up to its first digit.
func pattern(name string) string {
	if i := strings.IndexAny(name, "0123456789"); i >= 0 {
		name = name[:i]
	}
	return quote(strings.NewReplacer("_", `\_`, "%", `\%`).Replace(name) + "%")
}

// account quotes user@host as CURRENT_USER() prints it.
func account(user string) string {
	i := strings.LastIndexByte(user, '@')
	if i < 0 {
		return quote(user)
	}
	return quote(user[:i]) + "@" + quote(user[i+1:])
}

// DropScratch removes a database. Sessions in it find it gone.
func (dialect) DropScratch(ctx context.Context, q lockstep.Querier, _ lockstep.Server, name string) error {
	if _, err := q.ExecContext(ctx, "DROP DATABASE IF EXISTS "+quote(name)); err != nil {
		return fmt.Errorf("drop scratch database %s: %w", name, err)
	}
	return nil
}

// Scratches lists databases by the beginning of their names. Checked on MySQL
// 9.7 and MariaDB 10.11.
func (dialect) Scratches(ctx context.Context, q lockstep.Querier, prefix string) ([]string, error) {
	all, err := oneColumn(ctx, q, "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME")
	if err != nil {
		return nil, fmt.Errorf("list databases: %w", err)
	}
	return slices.DeleteFunc(all, func(name string) bool { return !strings.HasPrefix(name, prefix) }), nil
}

// clearingQuery lists what is in the current database: what, its kind, its
// name. Checked on MySQL 9.7 and MariaDB 10.11.
const clearingQuery = `SELECT CONCAT(kind, ' ', name) FROM (
  SELECT 1 AS place, CASE TABLE_TYPE WHEN 'VIEW' THEN 'VIEW' WHEN 'SEQUENCE' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, TABLE_NAME AS name
    FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
  UNION ALL
  SELECT 2, ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()
  UNION ALL
  SELECT 3, 'EVENT', EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()
) made ORDER BY place, name`

// Clearing lists tables, views, routines and events.
func (dialect) Clearing(ctx context.Context, q lockstep.Querier, _ lockstep.Server) ([]string, error) {
	all, err := oneColumn(ctx, q, clearingQuery)
	if err != nil || len(all) == 0 {
		return nil, wrap("list what is in the database", err)
	}
	statements := []string{"SET SESSION foreign_key_checks = 0"}
	for _, one := range all {
		kind, name, _ := strings.Cut(one, " ")
		statements = append(statements, "DROP "+kind+" IF EXISTS "+quote(name))
	}
	return append(statements, "SET SESSION foreign_key_checks = DEFAULT"), nil
}

func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
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

// Escapes tells of accounts, of settings of the server, and of a database that
// is named.
func (dialect) Escapes(srv lockstep.Server, st sqltext.Statement) string {
	o := lexerAt(srv, st)
	r := read(st.Text, o, 0)
	w := sqltext.Words(st.Text, o, 2)
	switch {
	case len(w) == 0:
		return ""
	case w[0] == "USE":
		return "it changes to another database"
	case srv.Database != "" && namesDatabase(r, srv.Database):
		return "it names the database " + srv.Database + " itself"
	case w[0] == "SET":
		return setsServer(r)
	case w[0] == "GRANT" || w[0] == "REVOKE":
		return grantsWide(r)
	}
	switch d := readDeed(r); d.object {
	case "USER", "ROLE":
		return "accounts belong to the whole server"
	case "DATABASE":
		if d.verb == "ALTER" && slices.Equal(d.names, []string{currentDatabase}) {
			return ""
		}
		return "a database is not a part of the scratch database"
	case "SERVER", "TABLESPACE", "LOGFILE", "RESOURCE", "INSTANCE":
		return "a " + strings.ToLower(d.object) + " belongs to the whole server"
	}
	return ""
}

// namesDatabase tells that a statement holds name and a dot behind it.
func namesDatabase(r *reader, name string) bool {
	for i := range r.tokens {
		if t := r.tokens[i]; t.isName() && strings.EqualFold(unquote(t.text), name) && i+1 < len(r.tokens) && r.tokens[i+1].text == "." {
			return true
		}
	}
	return false
}

// setsServer tells that a SET is not only about the session.
func setsServer(r *reader) string {
	for i := range r.tokens {
		switch t := r.tokens[i]; {
		case t.word == "GLOBAL", t.word == "PERSIST", t.word == "PERSIST_ONLY", t.word == "PASSWORD":
			return "it changes settings of the whole server"
		case t.isVariable() && hasScope(t.text, "global", "persist", "persist_only"):
			return "it changes settings of the whole server"
		}
	}
	return ""
}

func hasScope(variable string, scopes ...string) bool {
	scope, _, found := strings.Cut(strings.ToLower(strings.TrimPrefix(variable, "@@")), ".")
	return found && slices.Contains(scopes, scope)
}

// grantsWide tells that a GRANT is about roles or everything.
func grantsWide(r *reader) string {
	rest := *r
	if !rest.find("ON") {
		return "roles belong to the whole server"
	}
	rest.accept("TABLE")
	if rest.at(0).text == "*" && rest.at(1).text == "." {
		return "the privileges are for the whole server"
	}
	return ""
}
