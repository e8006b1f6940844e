package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/rehearse"
)

// scratchPrefix begins the name of every database that is made for a trial;
// the time at which it was made and some random digits follow.
const scratchPrefix = "lockstep_scratch_"

const scratchTime = "20060102150405"

// abandoned is the age from which a scratch database is taken for what a
// killed process left.
const abandoned = 24 * time.Hour

// removal is how long removing a scratch database may take. It goes on when
// the command has been told to end.
const removal = 30 * time.Second

// scratchPlace is where scratch databases are made: on the server of --db, on
// another one, in an empty database, or for SQLite in a temporary folder. Its
// makers close it.
type scratchPlace struct {
	at      config.Database
	inPlace bool    // at itself is used, and emptied afterwards
	admin   *sql.DB // connected to at; nil for SQLite
	dialect lockstep.Dialect
	server  lockstep.Server // as admin sees it; for SQLite zero
	schema  string          // that unqualified names are created in; "" = as it comes
}

// scratch is one scratch database.
type scratch struct {
	db     *sql.DB
	at     config.Database
	remove func() error // closes db and removes the database
}

// scratchPlace finds where scratch databases can be made. url is what
// --scratch says, "" for the server of --db.
func (a *app) scratchPlace(ctx context.Context, s *config.Settings, url string) (*scratchPlace, error) {
	at, given := s.Database, url != ""
	if given {
		var err error
		if at, err = config.ParseURL(url); err != nil {
			return nil, fmt.Errorf("read --scratch: %w", err)
		}
	} else if !s.HasDatabase() {
		return nil, noDatabase()
	}
	p := &scratchPlace{at: at, dialect: dialectOf(at.Scheme), inPlace: given && (at.Name != "" || at.Scheme == config.SQLite)}
	if at.Scheme == config.SQLite {
		return p, p.checkFile()
	}
	if given && at.Scheme == config.Postgres && at.Name == "" {
		p.at.Name = "postgres" // where one connects to make another
	}
	db, secrets, err := openDB(p.at, changes)
	if err != nil {
		return nil, err
	}
	a.hide(s.Redactor(append(append(secrets, at.Secrets()...), s.Database.Secrets()...)...))
	p.admin = db
	if err := p.prepare(ctx); err != nil {
		p.close()
		return nil, p.describe(err)
	}
	if !given {
		p.schema = p.server.Schema
	}
	a.reportLeftovers(ctx, p)
	return p, nil
}

func (p *scratchPlace) prepare(ctx context.Context) error {
	if _, err := p.scratcher(); err != nil {
		return err
	}
	var err error
	if p.server, err = p.dialect.Probe(ctx, p.admin); err != nil {
		return err
	}
	if p.inPlace {
		return p.checkEmpty(ctx)
	}
	return nil
}

func (p *scratchPlace) scratcher() (lockstep.Scratcher, error) {
	s, ok := p.dialect.(lockstep.Scratcher)
	if !ok {
		return nil, fmt.Errorf("no scratch database can be made on %s", p.dialect.Name())
	}
	return s, nil
}

// checkFile refuses a database file that holds something.
func (p *scratchPlace) checkFile() error {
	if !p.inPlace || p.at.InMemory() {
		return nil
	}
	info, err := os.Stat(p.at.Path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return checkFile(p.at.Path, creates)
	case err != nil:
		return fmt.Errorf("open --scratch: %w", err)
	case info.IsDir() || info.Size() > 0:
		return notEmpty(p.at)
	}
	return nil
}

func (p *scratchPlace) checkEmpty(ctx context.Context) error {
	s, err := p.scratcher()
	if err != nil {
		return err
	}
	left, err := s.Clearing(ctx, p.admin, p.server)
	if err == nil && len(left) > 0 {
		err = notEmpty(p.at)
	}
	return err
}

func notEmpty(d config.Database) error {
	return lockstep.WithHint(fmt.Errorf("the scratch database %s is not empty", d),
		"name an empty one, which is emptied again at the end, or a server without a database, on which one is made and dropped")
}

// make makes an empty database. It is removed by its remove, which must be
// called also when ctx has ended.
func (p *scratchPlace) make(ctx context.Context) (*scratch, error) {
	switch {
	case p.at.Scheme == config.SQLite:
		return p.makeFile()
	case p.inPlace:
		return p.takePlace(ctx)
	}
	s, err := p.scratcher()
	if err != nil {
		return nil, err
	}
	name := scratchName(time.Now())
	if err := s.CreateScratch(ctx, p.admin, p.server, name); err != nil {
		_ = p.drop(ctx, s, name) // it may be there, if it was interrupted; what made it fail is told
		return nil, p.describe(err)
	}
	at := p.at
	at.Name = name
	db, _, err := openDB(at, changes)
	if err == nil {
		err = p.makeSchema(ctx, db)
	}
	made := &scratch{db: db, at: at, remove: func() error {
		if db != nil {
			_ = db.Close() // what it says changes nothing any more
		}
		return p.drop(ctx, s, name)
	}}
	if err != nil {
		return nil, errors.Join(p.unreachable(err), made.remove())
	}
	return made, nil
}

// unreachable describes why a database that was just made cannot be used:
// behind a pooler it is not there.
func (p *scratchPlace) unreachable(err error) error {
	if c := p.dialect.Classify(err); c != nil && c.Class == lockstep.ErrorUnknownTarget {
		return lockstep.WithHint(fmt.Errorf("use the scratch database that was made on %s: %w", p.at, c),
			"a pooler knows only databases it was told of: name the server itself, --scratch URL")
	}
	return p.describe(err)
}

// open is make for package rehearse.
func (p *scratchPlace) open(ctx context.Context) (*rehearse.Scratch, error) {
	made, err := p.make(ctx)
	if err != nil {
		return nil, err
	}
	return &rehearse.Scratch{DB: made.db, Remove: made.remove}, nil
}

// drop drops a scratch database, whatever has become of the command.
func (p *scratchPlace) drop(ctx context.Context, s lockstep.Scratcher, name string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removal)
	defer cancel()
	if err := s.DropScratch(ctx, p.admin, p.server, name); err != nil {
		return lockstep.WithHint(p.describe(err), "drop it by hand: DROP DATABASE "+p.dialect.Quote(name))
	}
	return nil
}

// makeSchema makes the schema that the original's sessions create in, where a
// fresh database has none for the same settings.
func (p *scratchPlace) makeSchema(ctx context.Context, db *sql.DB) error {
	srv, err := p.dialect.Probe(ctx, db)
	if err != nil || srv.Schema != "" || p.schema == "" {
		return err
	}
	if _, err = db.ExecContext(ctx, "CREATE SCHEMA "+p.dialect.Quote(p.schema)); err != nil {
		return fmt.Errorf("create schema in the scratch database: %w", err)
	}
	return nil
}

// takePlace uses the database that was given. It is emptied afterwards.
func (p *scratchPlace) takePlace(ctx context.Context) (*scratch, error) {
	db, _, err := openDB(p.at, changes)
	if err != nil {
		return nil, err
	}
	return &scratch{db: db, at: p.at, remove: func() error {
		_ = db.Close() // what it says changes nothing any more
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removal)
		defer cancel()
		return p.clear(ctx)
	}}, nil
}

// clear empties the database that was given.
func (p *scratchPlace) clear(ctx context.Context) error {
	s, err := p.scratcher()
	if err != nil {
		return err
	}
	conn, err := p.admin.Conn(ctx)
	if err != nil {
		return p.describe(err)
	}
	defer func() { _ = conn.Close() }() // gives it back
	for range 3 {                       // what one object held fast may go once that is gone
		statements, err := s.Clearing(ctx, conn, p.server)
		if err != nil {
			return p.describe(err)
		}
		if len(statements) == 0 {
			return nil
		}
		for _, statement := range statements {
			if _, err := conn.ExecContext(ctx, statement); err != nil {
				return lockstep.WithHint(fmt.Errorf("empty the scratch database: %w", p.describe(err)), "empty it by hand: it holds what migrations made")
			}
		}
	}
	return p.checkEmpty(ctx)
}

// makeFile makes an empty database file, with the parameters of the original,
// in a folder of its own or where it was asked for.
func (p *scratchPlace) makeFile() (*scratch, error) {
	at := p.at
	dir := ""
	if !p.inPlace {
		var err error
		if dir, err = os.MkdirTemp("", scratchPrefix); err != nil {
			return nil, fmt.Errorf("make a folder for the scratch database: %w", err)
		}
		at.Path = filepath.Join(dir, "scratch.db")
		at.Params = withoutMode(at.Params)
	}
	db, _, err := openDB(at, creates)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &scratch{db: db, at: at, remove: func() error {
		_ = db.Close() // what it says changes nothing any more
		if dir != "" {
			return os.RemoveAll(dir)
		}
		return removeFiles(at)
	}}, nil
}

// withoutMode leaves out parameters that are about the file.
func withoutMode(params []config.Param) []config.Param {
	var kept []config.Param
	for _, p := range params {
		if p.Key != "mode" && p.Key != "immutable" && p.Key != "cache" {
			kept = append(kept, p)
		}
	}
	return kept
}

// removeFiles removes a database file with what SQLite and the run's lock
// put beside it.
func removeFiles(d config.Database) error {
	if d.InMemory() {
		return nil
	}
	dir, base := filepath.Split(d.Path)
	entries, err := os.ReadDir(cmp.Or(dir, "."))
	if err != nil {
		return fmt.Errorf("remove the scratch database: %w", err)
	}
	for _, e := range entries {
		if e.Name() == base || strings.HasPrefix(e.Name(), base+"-") {
			err = errors.Join(err, os.Remove(dir+e.Name()))
		}
	}
	return err
}

// close ends the connection by which databases are made.
func (p *scratchPlace) close() {
	if p.admin != nil {
		_ = p.admin.Close() // what it says changes nothing any more
	}
}

// describe tells the server's errors in its dialect's terms, and of the other
// way where rights are missing.
func (p *scratchPlace) describe(err error) error {
	c := p.dialect.Classify(err)
	if c == nil {
		return err
	}
	switch hint := lockstep.HintOf(err); {
	case c.Class == lockstep.ErrorPermission && hint != "":
		return lockstep.WithHint(fmt.Errorf("make a scratch database on %s: %w", p.at, c), hint+"\nor name an empty database or another server: --scratch URL")
	case c.Class == lockstep.ErrorReadOnly:
		return lockstep.WithHint(fmt.Errorf("make a scratch database on %s: %w", p.at, c), "name another server, or an empty database, that can be written: --scratch URL")
	}
	return fmt.Errorf("%s: %w", p.at, c)
}

func scratchName(now time.Time) string {
	b := make([]byte, 4)
	_, _ = rand.Read(b) // never fails, says its documentation
	return scratchPrefix + now.UTC().Format(scratchTime) + "_" + hex.EncodeToString(b)
}

// madeAt returns when a scratch database was made; ok is false for databases
// that only look similar.
func madeAt(name string) (at time.Time, ok bool) {
	if !regexp.MustCompile(`^` + scratchPrefix + `[0-9]{14}_[0-9a-f]{8}$`).MatchString(name) {
		return at, false
	}
	at, err := time.Parse(scratchTime, strings.TrimPrefix(name, scratchPrefix)[:len(scratchTime)])
	return at, err == nil
}

// reportLeftovers removes scratch databases that killed processes left long
// ago. What cannot be listed or removed is told, and is in nobody's way.
func (a *app) reportLeftovers(ctx context.Context, p *scratchPlace) {
	s, err := p.scratcher()
	if err != nil {
		return
	}
	names, err := s.Scratches(ctx, p.admin, scratchPrefix)
	if err != nil {
		return
	}
	for _, name := range names {
		if at, ok := madeAt(name); !ok || time.Since(at) < abandoned {
			continue
		}
		if err := p.drop(ctx, s, name); err != nil {
			a.note("the database " + name + " was left by a run that was killed, and could not be dropped: " + err.Error())
			continue
		}
		a.note("dropped the database " + name + ", which a run that was killed had left")
	}
}
