package testdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// adminTimeout bounds creating and dropping a database on a busy machine.
const adminTimeout = 60 * time.Second

// openURL opens a pool for an address in lockstep's form.
func openURL(k Kind, address string) (*sql.DB, error) {
	switch k.Dialect {
	case Postgres:
		return sql.Open("pgx", address)
	case MySQL:
		u, err := url.Parse(address)
		if err != nil {
			return nil, fmt.Errorf("parse address: %w", err)
		}
		c := mysql.NewConfig()
		c.User, c.Net, c.Addr, c.DBName = u.User.Username(), "tcp", u.Host, strings.TrimPrefix(u.Path, "/")
		c.Passwd, _ = u.User.Password()
		c.MultiStatements, c.ParseTime = true, true
		if err := c.Apply(mysql.Charset("utf8mb4", "")); err != nil { // as the command's sessions are
			return nil, err
		}
		connector, err := mysql.NewConnector(c)
		if err != nil {
			return nil, err
		}
		return sql.OpenDB(connector), nil
	default:
		path := strings.TrimPrefix(address, "sqlite:")
		return sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)")
	}
}

// onServer runs f on one connection to the server itself.
func onServer(k Kind, server string, f func(ctx context.Context, conn *sql.Conn) error) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	db, err := openURL(k, server)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return f(ctx, conn)
}

func createDatabase(k Kind, server, name string) error {
	statement := "CREATE DATABASE " + name
	if k.Dialect == Postgres {
		statement += " TEMPLATE template0"
	}
	return onServer(k, server, func(ctx context.Context, conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, statement)
		return err
	})
}

func dropDatabase(k Kind, server, name string) error {
	return onServer(k, server, func(ctx context.Context, conn *sql.Conn) error {
		if k.Dialect == MySQL {
			return dropMySQL(ctx, conn, name)
		}
		_, err := conn.ExecContext(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
		return err
	})
}

// mysqlSessions finds the sessions that use a database or hold a lock in it.
const mysqlSessions = `
SELECT processlist_id FROM performance_schema.threads
WHERE processlist_db = ? AND processlist_id <> CONNECTION_ID()
UNION
SELECT t.processlist_id FROM performance_schema.metadata_locks l
JOIN performance_schema.threads t ON t.thread_id = l.owner_thread_id
WHERE l.object_schema = ? AND t.processlist_id <> CONNECTION_ID()`

// dropMySQL drops a database after killing the sessions in it. A killed session
// keeps its locks until it has rolled back, hence the second and third try.
func dropMySQL(ctx context.Context, conn *sql.Conn, name string) error {
	if _, err := conn.ExecContext(ctx, "SET SESSION lock_wait_timeout = 2"); err != nil {
		return err
	}
	var err error
	for range 10 {
		if err = killSessions(ctx, conn, name); err != nil {
			return err
		}
		if _, err = conn.ExecContext(ctx, "DROP DATABASE IF EXISTS "+name); err == nil {
			return nil
		}
	}
	return err
}

func killSessions(ctx context.Context, conn *sql.Conn, name string) error {
	ids, err := sessionsIn(ctx, conn, name)
	if err != nil {
		return fmt.Errorf("list sessions: %w", err)
	}
	for _, id := range ids {
		_, err := conn.ExecContext(ctx, fmt.Sprintf("KILL %d", id))
		var gone *mysql.MySQLError
		if err != nil && (!errors.As(err, &gone) || gone.Number != 1094) { // 1094: no such session any more
			return fmt.Errorf("kill session: %w", err)
		}
	}
	return nil
}

func sessionsIn(ctx context.Context, conn *sql.Conn, name string) ([]int64, error) {
	rows, err := conn.QueryContext(ctx, mysqlSessions, name, name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
