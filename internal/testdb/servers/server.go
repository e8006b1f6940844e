package servers

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	_ "github.com/go-sql-driver/mysql" // to ask a server whether it is ready
	_ "github.com/jackc/pgx/v5/stdlib" // likewise
)

// Server is one throwaway server with its own data directory. Its methods must
// not be called at the same time.
type Server struct {
	// Kind is what it is.
	Kind Kind
	// Port is where it listens on 127.0.0.1; the same after a restart.
	Port int

	cache   Cache
	dir     string
	process *process
}

// NewServer prepares a server of the kind in dir, which it creates; the kind
// must be installed. Call Start to run it and Discard when done.
func (c Cache) NewServer(ctx context.Context, k Kind, dir string) (*Server, error) {
	if err := makeServerDir(dir); err != nil {
		return nil, err
	}
	_, err := output(ctx, dir, "cp", "-a", "--reflink=auto", filepath.Join(c.templateDir(k), "data"), dir)
	if err != nil {
		return nil, fmt.Errorf("copy data directory: %w", err)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	return &Server{Kind: k, Port: port, cache: c, dir: dir}, nil
}

// Start runs the server and returns when it answers queries.
func (s *Server) Start(ctx context.Context) error {
	program, args := s.command()
	for {
		p, err := startProcess(s.dir, program, args...)
		if err != nil {
			return err
		}
		s.process = p
		err = p.ready(ctx, s.ping)
		if err == nil || !sessionsLinger(err) || ctx.Err() != nil {
			return err
		}
	}
}

// sessionsLinger reports whether PostgreSQL refused to start because sessions
// of the killed server before it live on for a moment, sharing its memory.
func sessionsLinger(err error) bool {
	return strings.Contains(err.Error(), "pre-existing shared memory block")
}

// Stop shuts the server down in order, as an administrator would: sessions are
// ended, data is kept, and Start continues where it left off.
func (s *Server) Stop() error {
	if s.Kind.Dialect == Postgres {
		return s.process.end(syscall.SIGINT) // "fast": do not wait for sessions
	}
	return s.process.end(syscall.SIGTERM)
}

// Kill ends the server and its sessions without any chance to clean up. Start
// recovers it.
func (s *Server) Kill() error {
	sessions := sessionsOf(s.process.cmd.Process.Pid)
	err := s.process.end(syscall.SIGKILL)
	killAll(sessions)
	return err
}

// Discard ends the server in the fastest way and removes its data.
func (s *Server) Discard() error {
	var err error
	if s.process != nil {
		sig := syscall.SIGKILL
		if s.Kind.Dialect == Postgres {
			sig = syscall.SIGQUIT // "immediate"; gives its shared memory back
		}
		err = s.process.end(sig)
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

// URL returns the address of a database on the server, in lockstep's form.
func (s *Server) URL(database string) string {
	at := "127.0.0.1:" + strconv.Itoa(s.Port) + "/" + database
	if s.Kind.Dialect == Postgres {
		return "postgres://postgres@" + at + "?sslmode=disable"
	}
	return s.Kind.Flavor + "://root@" + at
}

// program is the path of a program of a tree.
func (c Cache) program(tree, name string) string {
	return filepath.Join(c.prefixDir(tree), "bin", name)
}

// ping asks the server one query over a new connection.
func (s *Server) ping(ctx context.Context) error {
	driver, source := "pgx", s.URL("postgres")
	if s.Kind.Dialect == MySQL {
		driver, source = "mysql", fmt.Sprintf("root@tcp(127.0.0.1:%d)/?timeout=5s", s.Port)
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return fmt.Errorf("open connection: %w", err)
	}
	var one int
	err = db.QueryRowContext(ctx, "SELECT 1").Scan(&one)
	return errors.Join(err, db.Close())
}
