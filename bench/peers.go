package main

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	migratemysql "github.com/golang-migrate/migrate/v4/database/mysql"
	migratepgx "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	migratesqlite "github.com/golang-migrate/migrate/v4/database/sqlite"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/jackc/pgx/v5"
	tern "github.com/jackc/tern/v2/migrate"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/lockstepdb/lockstep/internal/testdb/servers"
)

// errIncomplete says that a contender did not do the work it was timed at.
var errIncomplete = errors.New("not everything is applied")

func withGoose(t target, options []goose.ProviderOption, f func(p *goose.Provider) error) error {
	return t.use(func(db *sql.DB) error {
		dialect := map[string]goose.Dialect{
			servers.Postgres: goose.DialectPostgres, servers.MySQL: goose.DialectMySQL, servers.SQLite: goose.DialectSQLite3,
		}[t.kind.Dialect]
		p, err := goose.NewProvider(dialect, db, os.DirFS(t.history.goose), options...)
		if err != nil {
			return err
		}
		return f(p)
	})
}

func gooseUp(ctx context.Context, t target) error {
	return withGoose(t, nil, func(p *goose.Provider) error {
		_, err := p.Up(ctx)
		return err
	})
}

func gooseLockedUp(ctx context.Context, t target) error {
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	return withGoose(t, []goose.ProviderOption{goose.WithSessionLocker(locker)}, func(p *goose.Provider) error {
		_, err := p.Up(ctx)
		return err
	})
}

func gooseStatus(ctx context.Context, t target) error {
	return withGoose(t, nil, func(p *goose.Provider) error {
		all, err := p.Status(ctx)
		if err == nil && len(all) != len(t.history.ups) {
			return errIncomplete
		}
		return err
	})
}

// withMigrate runs golang-migrate. Its drivers want an address or a pool; they
// are given the same pool settings as everybody.
func withMigrate(t target, f func(m *migrate.Migrate) error) error {
	source, err := iofs.New(os.DirFS(t.history.pairs), ".")
	if err != nil {
		return err
	}
	db, err := t.open()
	if err != nil {
		return err
	}
	driver, err := migrateDriver(t, db)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	m, err := migrate.NewWithInstance("iofs", source, t.kind.Dialect, driver)
	if err != nil {
		return errors.Join(err, driver.Close())
	}
	err = f(m)
	if errors.Is(err, migrate.ErrNoChange) {
		err = nil
	}
	sourceErr, driverErr := m.Close()
	return errors.Join(err, sourceErr, driverErr)
}

func migrateDriver(t target, db *sql.DB) (database.Driver, error) {
	switch t.kind.Dialect {
	case servers.Postgres:
		return migratepgx.WithInstance(db, &migratepgx.Config{})
	case servers.MySQL:
		return migratemysql.WithInstance(db, &migratemysql.Config{})
	default:
		return migratesqlite.WithInstance(db, &migratesqlite.Config{})
	}
}

func migrateUp(_ context.Context, t target) error {
	return withMigrate(t, func(m *migrate.Migrate) error { return m.Up() })
}

// migrateForce writes what golang-migrate keeps of a history: its last version.
// Applying 10,000 takes minutes on MySQL, where each step truncates a table.
func migrateForce(_ context.Context, t target) error {
	base, _, _ := strings.Cut(filepath.Base(t.history.ups[len(t.history.ups)-1]), "_")
	version, err := strconv.Atoi(base)
	if err != nil {
		return err
	}
	return withMigrate(t, func(m *migrate.Migrate) error { return m.Force(version) })
}

// migrateVersion is all that golang-migrate can tell of a database.
func migrateVersion(_ context.Context, t target) error {
	return withMigrate(t, func(m *migrate.Migrate) error {
		_, dirty, err := m.Version()
		if dirty {
			return errIncomplete
		}
		return err
	})
}

func withTern(ctx context.Context, t target, f func(m *tern.Migrator) error) error {
	conn, err := pgx.Connect(ctx, t.url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // the session ends in any case
	m, err := tern.NewMigrator(ctx, conn, "public.schema_version")
	if err != nil {
		return err
	}
	if err := m.LoadMigrations(os.DirFS(t.history.tern)); err != nil {
		return err
	}
	return f(m)
}

func ternUp(ctx context.Context, t target) error {
	return withTern(ctx, t, func(m *tern.Migrator) error { return m.Migrate(ctx) })
}

func ternStatus(ctx context.Context, t target) error {
	return withTern(ctx, t, func(m *tern.Migrator) error {
		v, err := m.GetCurrentVersion(ctx)
		if err == nil && int(v) != len(t.history.ups) {
			return errIncomplete
		}
		return err
	})
}
