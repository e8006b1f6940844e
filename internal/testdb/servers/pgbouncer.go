package servers

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// bouncerConf makes a PgBouncer that pools whole transactions, as production
// does: two statements outside a transaction may run in different sessions.
const bouncerConf = `[databases]
%[1]s = host=127.0.0.1 port=%[2]d dbname=%[1]s user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %[3]d
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = %[4]d
max_client_conn = 400
ignore_startup_parameters = extra_float_digits
stats_users = postgres
`

// Bouncer is one PgBouncer in front of one database.
type Bouncer struct {
	// Port is where it listens on 127.0.0.1.
	Port int

	database string
	dir      string
	process  *process
}

// StartBouncer starts a PgBouncer in dir, which it creates, for the database of
// the PostgreSQL server at port; at most size sessions reach the server.
func (c Cache) StartBouncer(ctx context.Context, dir string, port int, database string, size int) (*Bouncer, error) {
	if err := makeServerDir(dir); err != nil {
		return nil, err
	}
	own, err := freePort()
	if err != nil {
		return nil, err
	}
	conf := filepath.Join(dir, "pgbouncer.ini")
	text := fmt.Sprintf(bouncerConf, database, port, own, size)
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	p, err := startProcess(dir, c.program("pgbouncer", "pgbouncer"), conf)
	if err != nil {
		return nil, err
	}
	b := &Bouncer{Port: own, database: database, dir: dir, process: p}
	return b, p.ready(ctx, b.ping)
}

// URL returns the address of the database through the pool.
func (b *Bouncer) URL() string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", b.Port, b.database)
}

// Discard stops it and removes its directory.
func (b *Bouncer) Discard() error {
	return errors.Join(b.process.end(syscall.SIGKILL), os.RemoveAll(b.dir))
}

// ping uses the simple protocol, the one that needs no prepared statement.
func (b *Bouncer) ping(ctx context.Context) error {
	db, err := sql.Open("pgx", b.URL()+"&default_query_exec_mode=simple_protocol")
	if err != nil {
		return fmt.Errorf("open connection: %w", err)
	}
	_, err = db.ExecContext(ctx, "SELECT 1")
	return errors.Join(err, db.Close())
}
