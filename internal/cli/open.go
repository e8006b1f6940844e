package cli

import (
	"database/sql"
	"errors"
	"io/fs"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/internal/view"
	"github.com/lockstepdb/lockstep/mysql"
	"github.com/lockstepdb/lockstep/postgres"
	"github.com/lockstepdb/lockstep/sqlite"
)

// access is what a command may do with a database.
type access uint8

const (
	asks     access = iota // asks the database only: no migrations are needed
	reads                  // no run: nothing is written
	previews               // shows what a run would do: a missing file is an empty database
	changes                // a run, on a database file that exists
	creates                // a run, which creates a database file that is missing
)

// session is an open database with the migrations that belong to it.
type session struct {
	*lockstep.Migrator
	db       *sql.DB
	database string // for people
	progress *view.Progress
}

// open loads the migrations if they are needed, opens the database and brings them together.
// Nothing is sent to the server before the first use.
func (a *app) open(s *config.Settings, how access) (*session, error) {
	if !s.HasDatabase() {
		return nil, noDatabase()
	}
	read := load
	switch how {
	case asks:
		read = loadNothing
	case creates:
		read = loadAndRemember
	}
	set, err := read(s.Dirs)
	if err != nil {
		return nil, err
	}
	dialect := dialectOf(s.Database.Scheme)
	target := s.Database
	if how == previews && isMissing(target) {
		target = config.Database{Scheme: config.SQLite, Path: memory}
		a.note(s.Database.Path + " does not exist yet; lockstep up creates it")
	}
	db, secrets, err := openDB(target, how)
	if err != nil {
		return nil, err
	}
	a.hide(s.Redactor(secrets...))
	a.database = s.Database.String()
	o := s.Options()
	o.Tool = toolName()
	o.Sinks = []lockstep.Sink{&a.run}
	out := &session{db: db, database: a.database}
	if how > previews && !a.flags.quiet {
		out.progress = view.NewProgress(a.err, a.errStyle(), out.database)
		o.Sinks = append(o.Sinks, out.progress)
	}
	if out.Migrator, err = lockstep.New(db, dialect, set, o); err != nil {
		out.close()
		return nil, err
	}
	return out, nil
}

// use opens the database for an action and closes it afterwards.
func (a *app) use(s *config.Settings, how access, do func(*session) error) error {
	open, err := a.open(s, how)
	if err != nil {
		return err
	}
	defer open.close()
	return do(open)
}

// quieten ends the live line, so that other output does not mix with it.
func (s *session) quieten() {
	if s.progress != nil {
		s.progress.Stop()
		s.progress = nil
	}
}

// close ends the session. What a database says on being closed changes
// nothing any more.
func (s *session) close() {
	s.quieten()
	_ = s.db.Close()
}

func noDatabase() error {
	return &usageError{"no database is named", "give --db sqlite:app.db, or set LOCKSTEP_DB or DATABASE_URL, or write db = \"…\" into lockstep.toml (lockstep init)"}
}

func loadNothing([]string) (*lockstep.Set, error) { return lockstep.Load() }

// load reads the migrations of all folders.
func load(dirs []string) (*lockstep.Set, error) {
	sources := make([]fs.FS, 0, len(dirs))
	for _, dir := range dirs {
		sources = append(sources, lockstep.Dir(dir))
	}
	set, err := lockstep.Load(sources...)
	switch {
	case err == nil:
		return set, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, lockstep.WithHint(err, "lockstep new makes the folder with the first migration; --dir names another one")
	case lockstep.HintOf(err) == "":
		return nil, lockstep.WithHint(err, "--dir names the folder that holds the migrations")
	}
	return nil, err
}

// dialectOf returns the dialect for a scheme that config.ParseURL accepts.
func dialectOf(scheme string) lockstep.Dialect {
	switch scheme {
	case config.Postgres:
		return postgres.Dialect()
	case config.MySQL, config.MariaDB:
		return mysql.Dialect()
	}
	return sqlite.Dialect()
}

// openDB returns a pool for a database. It connects to nothing. The secrets
// are those that were found elsewhere than in the URL.
func openDB(d config.Database, how access) (db *sql.DB, secrets []string, err error) {
	switch d.Scheme {
	case config.Postgres:
		return openPostgres(d)
	case config.MySQL, config.MariaDB:
		db, err = openMySQL(d)
	default:
		db, err = openSQLite(d, how)
	}
	return db, nil, err
}
