package cli

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/schema"
)

// trial makes schemas in scratch databases and reads them.
type trial struct {
	app      *app
	settings *config.Settings
	place    *scratchPlace
	dialect  schemaDialect
	srv      lockstep.Server // of the newest state
}

// state is a schema with the migrations that make it; none for one that was
// read of a database that exists.
type state struct {
	schema *schema.Schema
	set    *lockstep.Set // nil: there are none
}

// listSeparator is what stands between folders in one text.
const listSeparator = string(os.PathListSeparator)

// trialLedger is where trials record, so that they meet no ledger of a
// migration's own making.
const trialLedger = "lockstep_scratch_ledger"

// state makes or reads what a person named: a database URL, a file of SQL or
// folders of migrations.
func (t *trial) state(ctx context.Context, what string) (*state, error) {
	if t.dialect == nil {
		d, err := schemaDialectOf(t.place.at.Scheme)
		if err != nil {
			return nil, err
		}
		t.dialect = d
	}
	switch {
	case strings.Contains(what, "://") || strings.HasPrefix(what, config.SQLite+":"):
		return t.ofDatabase(ctx, what)
	case filepath.Ext(what) == ".sql":
		return t.ofFile(ctx, what)
	}
	set, err := load(filepath.SplitList(what))
	if err != nil {
		return nil, err
	}
	return t.ofSet(ctx, set)
}

func (t *trial) ofDatabase(ctx context.Context, url string) (*state, error) {
	s, err := t.app.other(url)
	if err != nil {
		return nil, err
	}
	if family(s.Database.Scheme) != family(t.place.at.Scheme) {
		return nil, &usageError{
			fmt.Sprintf("%s is no %s database, but the scratch database is", s.Database.Scheme, t.place.at.Scheme),
			"name a scratch database of the same kind: --scratch URL",
		}
	}
	st := &state{}
	return st, t.app.look(s, func(m *session) (err error) {
		st.schema, t.srv, err = m.inspect(ctx, t.dialect)
		return err
	})
}

// ofFile runs a file that makes a whole schema.
func (t *trial) ofFile(ctx context.Context, path string) (*state, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, lockstep.WithHint(fmt.Errorf("read %s: %w", path, err), "name a file of SQL, a database URL or a folder of migrations")
	}
	if strings.TrimSpace(string(text)) == "" {
		nothing, err := lockstep.NewSet()
		if err != nil {
			return nil, err
		}
		return t.ofSet(ctx, nothing)
	}
	set, err := setOf(nil, path, string(text), "")
	if err != nil {
		return nil, err
	}
	return t.ofSet(ctx, set)
}

// setOf makes a set of the migrations of another one and one more behind them.
func setOf(before *lockstep.Set, path, up, down string) (*lockstep.Set, error) {
	m := &lockstep.Migration{Version: "1", Name: "trial", Kind: lockstep.KindSchema, Up: lockstep.NewScript(path, up, lockstep.Directives{Retries: -1})}
	if down != "" {
		script := lockstep.NewScript(path+" (down)", down, lockstep.Directives{Retries: -1})
		m.Down = &script
	}
	var all []*lockstep.Migration
	if before != nil {
		all = append(all, before.Migrations()...)
		if n := len(all); n > 0 {
			m.Version = behind(all)
		}
	}
	return lockstep.NewSet(append(all, m)...)
}

// behind is a version behind all others.
func behind(all []*lockstep.Migration) lockstep.Version {
	last := lockstep.Version("1")
	for _, m := range all {
		if m.Version.Compare(last) > 0 {
			last = m.Version
		}
	}
	return last + ".1"
}

// ofSet runs migrations in a scratch database and reads what they made.
func (t *trial) ofSet(ctx context.Context, set *lockstep.Set) (*state, error) {
	st := &state{set: set}
	return st, t.in(ctx, func(db *sql.DB) error {
		m, err := t.migrator(db, set)
		if err != nil {
			return err
		}
		if _, err = m.Up(ctx); err != nil {
			return inTrial(err)
		}
		st.schema, err = t.inspect(ctx, db)
		return err
	})
}

// inTrial is the error itself, without what was done before it: that is gone
// together with the scratch database.
func inTrial(err error) error {
	var partial *lockstep.PartialError
	if errors.As(err, &partial) {
		return partial.Err
	}
	return err
}

// in does something in a scratch database, which is removed again.
func (t *trial) in(ctx context.Context, do func(*sql.DB) error) (err error) {
	sc, err := t.place.make(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sc.remove()) }()
	return do(sc.db)
}

// migrator brings a set to a scratch database.
func (t *trial) migrator(db *sql.DB, set *lockstep.Set) (*lockstep.Migrator, error) {
	o := t.settings.Options()
	o.Ledger, o.SkipSchema, o.Tool = lockstep.LedgerTable{Name: trialLedger}, true, toolName()
	return lockstep.New(db, t.dialect, set, o)
}

func (t *trial) inspect(ctx context.Context, db *sql.DB) (*schema.Schema, error) {
	srv, err := t.dialect.Probe(ctx, db)
	if err != nil {
		return nil, err
	}
	t.srv = srv
	tables := t.dialect.Ledger(lockstep.LedgerTable{Name: trialLedger}).Tables
	return t.dialect.Inspect(ctx, db, srv, schema.Scope{Except: tables})
}

// prove applies a migration behind what leads to its beginning, and takes it
// back: both must lead exactly where they should.
func (t *trial) prove(ctx context.Context, from *state, c change, up, down string) error {
	if from.set == nil {
		return t.proveOn(ctx, c, up, down)
	}
	set, err := setOf(from.set, "the migration", up, down)
	if err != nil {
		return err
	}
	return t.in(ctx, func(db *sql.DB) error {
		for _, one := range []*lockstep.Set{from.set, set} { // repeatables run before the migration, as they did
			m, err := t.migrator(db, one)
			if err != nil {
				return err
			}
			if _, err := m.Up(ctx); err != nil {
				return fmt.Errorf("try the migration: %w", inTrial(err))
			}
		}
		if err := t.must(ctx, db, c, c.to, "its up"); err != nil || down == "" {
			return err
		}
		m, err := t.migrator(db, set)
		if err != nil {
			return err
		}
		if _, err := m.Down(ctx); err != nil {
			return fmt.Errorf("try the way back: %w", inTrial(err))
		}
		return t.must(ctx, db, c, c.from, "its down")
	})
}

// proveOn proves a migration whose beginning was read of a database: that is
// made anew first.
func (t *trial) proveOn(ctx context.Context, c change, up, down string) error {
	objects, err := creating(t.dialect, t.srv, c.from)
	if err != nil {
		return err
	}
	var text strings.Builder
	end := terminator(t.dialect)
	for _, o := range objects {
		for _, st := range o.Statements {
			text.WriteString(end(st) + "\n")
		}
	}
	begin, err := lockstep.NewSet()
	if err == nil && text.Len() > 0 {
		begin, err = setOf(nil, "the beginning", text.String(), "")
	}
	if err != nil {
		return err
	}
	return t.prove(ctx, &state{set: begin}, c, up, down)
}

// must compares a scratch database with the schema that it should have.
func (t *trial) must(ctx context.Context, db *sql.DB, c change, want *schema.Schema, what string) error {
	is, err := t.inspect(ctx, db)
	if err != nil {
		return err
	}
	if differences := schema.Compare(want.Without(c.ignore()), is.Without(c.ignore())); len(differences) > 0 {
		return t.app.unproven(what, differences)
	}
	return nil
}
