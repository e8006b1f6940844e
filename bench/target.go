package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/lockstepdb/lockstep"
	lockmysql "github.com/lockstepdb/lockstep/mysql"
	"github.com/lockstepdb/lockstep/postgres"
	"github.com/lockstepdb/lockstep/sqlite"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/lockstepdb/lockstep/internal/testdb/servers"
)

// target is one database that a contender works on, and the history to bring
// it to.
type target struct {
	kind    servers.Kind
	url     string // in lockstep's form
	history *corpus
}

// open opens a pool with the driver and the settings that lockstep's command uses.
func (t target) open() (*sql.DB, error) {
	switch t.kind.Dialect {
	case servers.Postgres:
		return sql.Open("pgx", t.url)
	case servers.MySQL:
		dsn, err := t.mysqlDSN()
		if err != nil {
			return nil, err
		}
		return sql.Open("mysql", dsn)
	default:
		return sql.Open("sqlite", "file:"+t.path()+"?_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)")
	}
}

func (t target) mysqlDSN() (string, error) {
	u, err := url.Parse(t.url)
	if err != nil {
		return "", err
	}
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.DBName = u.User.Username(), "tcp", u.Host, strings.TrimPrefix(u.Path, "/")
	c.Passwd, _ = u.User.Password()
	c.MultiStatements, c.ParseTime = true, true
	return c.FormatDSN(), nil
}

// path is the file of a SQLite database.
func (t target) path() string { return strings.TrimPrefix(t.url, "sqlite:") }

// dialect returns lockstep's dialect for the target.
func (t target) dialect() lockstep.Dialect {
	switch t.kind.Dialect {
	case servers.Postgres:
		return postgres.Dialect()
	case servers.MySQL:
		return lockmysql.Dialect()
	default:
		return sqlite.Dialect()
	}
}

// use opens a pool, hands it on and closes it.
func (t target) use(f func(db *sql.DB) error) error {
	db, err := t.open()
	if err != nil {
		return err
	}
	return errors.Join(f(db), db.Close())
}

// create makes an empty database called name.
func create(ctx context.Context, k servers.Kind, scratch, name string) (target, error) {
	if !k.IsServer() {
		return target{kind: k, url: "sqlite:" + filepath.Join(scratch, name+".db")}, nil
	}
	server := os.Getenv(k.Variable())
	u, err := url.Parse(server)
	if err != nil {
		return target{}, err
	}
	u.Path = "/" + name
	admin := target{kind: k, url: server}
	return target{kind: k, url: u.String()}, admin.use(func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, "CREATE DATABASE "+name)
		return err
	})
}

// drop removes the database of a target.
func drop(ctx context.Context, t target) error {
	if !t.kind.IsServer() {
		return os.Remove(t.path())
	}
	u, err := url.Parse(t.url)
	if err != nil {
		return err
	}
	statement := "DROP DATABASE " + strings.TrimPrefix(u.Path, "/")
	if t.kind.Dialect == servers.Postgres {
		statement += " WITH (FORCE)"
	}
	admin := target{kind: t.kind, url: os.Getenv(t.kind.Variable())}
	err = admin.use(func(db *sql.DB) error {
		_, err := db.ExecContext(context.WithoutCancel(ctx), statement)
		return err
	})
	if err != nil {
		return fmt.Errorf("drop the database: %w", err)
	}
	return nil
}
