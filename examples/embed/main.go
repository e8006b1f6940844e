// Command embed is an HTTP service that brings its database up to date before
// it serves, and says it is ready only when nothing is pending.
//
//	go run ./examples/embed -db notes.db
//	curl localhost:8080/ready
//
// Any number of copies may start at once: the run's lock lets one of them
// migrate while the others wait for it.
package main

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	_ "modernc.org/sqlite" // the application chooses its driver

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqlite"
)

//go:embed migrations
var migrations embed.FS

func main() {
	path := flag.String("db", "notes.db", "database file")
	address := flag.String("listen", "127.0.0.1:8080", "address to serve on")
	flag.Parse()
	if err := run(*path, *address); err != nil {
		slog.Error("stopped", "error", err, "hint", lockstep.HintOf(err))
		os.Exit(1)
	}
}

func run(path, address string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	m, err := newMigrator(db)
	if err != nil {
		return err
	}
	result, err := m.Up(ctx)
	if err != nil {
		return err
	}
	slog.Info("database is up to date", "applied", len(result.Done), "waited", result.Waited)
	return serve(ctx, address, newHandler(db, m))
}

// newMigrator binds the embedded migrations to the database.
func newMigrator(db *sql.DB) (*lockstep.Migrator, error) {
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	set, err := lockstep.Load(folder)
	if err != nil {
		return nil, err
	}
	return lockstep.New(db, sqlite.Dialect(), set, lockstep.Options{
		Sinks: []lockstep.Sink{lockstep.SinkFunc(logEvent)},
	})
}

// logEvent tells the events that matter to this service.
func logEvent(e lockstep.Event) {
	switch e := e.(type) {
	case lockstep.LockWaiting:
		slog.Info("another copy is migrating", "holder", e.Holder.String())
	case lockstep.StepFinished:
		slog.Info("migrated", "migration", e.Step.ID(), "duration", e.Duration)
	case lockstep.Recovered:
		slog.Warn("recovered from an interrupted run", "note", e.Note)
	}
}

func newHandler(db *sql.DB, m *lockstep.Migrator) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, r *http.Request) {
		pending, err := m.Pending(r.Context())
		switch {
		case err != nil:
			http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		case pending > 0:
			http.Error(w, fmt.Sprintf("%d migrations are pending", pending), http.StatusServiceUnavailable)
		default:
			_, _ = fmt.Fprintln(w, "ready")
		}
	})
	mux.HandleFunc("GET /notes", func(w http.ResponseWriter, r *http.Request) {
		var n int
		if err := db.QueryRowContext(r.Context(), "SELECT count(*) FROM notes").Scan(&n); err != nil {
			http.Error(w, "the database does not answer", http.StatusInternalServerError)
			return
		}
		_, _ = fmt.Fprintf(w, "%d notes\n", n)
	})
	return mux
}

func serve(ctx context.Context, address string, h http.Handler) error {
	server := &http.Server{Addr: address, Handler: h, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(end) // the process ends either way
	})
	defer stop()
	slog.Info("serving", "address", address)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
