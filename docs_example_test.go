package lockstep_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"testing/fstest"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqlite"
)

// The examples that docs/embedding.md shows.

// docsMigrator binds migrations, given as name and text, to an empty database
// in memory.
func docsMigrator(o lockstep.Options, migrations ...string) *lockstep.Migrator {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	db.SetMaxOpenConns(1) // each connection would have a database of its own
	fsys := fstest.MapFS{}
	for i := 0; i < len(migrations); i += 2 {
		fsys[migrations[i]] = &fstest.MapFile{Data: []byte(migrations[i+1])}
	}
	set, err := lockstep.Load(fsys)
	if err != nil {
		log.Fatal(err)
	}
	m, err := lockstep.New(db, sqlite.Dialect(), set, o)
	if err != nil {
		log.Fatal(err)
	}
	return m
}

// whatNow branches on what an error allows.
func whatNow(err error) string {
	var (
		partial   *lockstep.PartialError
		locked    *lockstep.LockedError
		history   *lockstep.HistoryError
		files     *lockstep.FilesError
		statement *lockstep.StatementError
	)
	switch {
	case err == nil:
		return "up to date"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "we were stopped: the next Up goes on"
	case errors.As(err, &locked):
		return "another run is at work: " + locked.Holder.String()
	case errors.As(err, &history):
		return fmt.Sprintf("files and ledger differ: %s", history.Differences[0].Kind)
	case errors.As(err, &files):
		return fmt.Sprintf("the files are wrong in %d places", len(files.Faults))
	case errors.As(err, &partial) && errors.As(err, &statement):
		return fmt.Sprintf("%s failed at line %d: %v (done before it: %d)",
			partial.Failed.ID(), statement.Pos.Line, statement.Err, len(partial.Done))
	}
	return err.Error()
}

func Example_errors() {
	m := docsMigrator(lockstep.Options{},
		"1_create_users.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);\n",
		"2_add_email.sql", "-- a comment\nALTER TABLE nobody ADD COLUMN email TEXT;\n")
	_, err := m.Up(context.Background())
	fmt.Println(whatNow(err))
	// Output: 2_add_email failed at line 2: no such table: nobody (1) (done before it: 1)
}

func Example_events() {
	sink := lockstep.SinkFunc(func(e lockstep.Event) {
		switch e := e.(type) {
		case lockstep.LockWaiting:
			fmt.Println("waiting for", e.Holder)
		case lockstep.WindowWaiting:
			fmt.Println("waiting for a table that is held by", e.Blockers[0])
		case lockstep.Retrying:
			fmt.Println("again in", e.Pause, "after", e.Err)
		case lockstep.Recovered:
			fmt.Println("recovered:", e.Note)
		case lockstep.StepStarted:
			fmt.Printf("%d/%d %s %s\n", e.Number, e.Of, e.Step.Direction, e.Step.ID())
		case lockstep.StepFailed:
			fmt.Println("failed:", e.Err)
		}
	})
	m := docsMigrator(lockstep.Options{Sinks: []lockstep.Sink{sink}},
		"1_create_users.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);",
		"2_add_email.sql", "ALTER TABLE users ADD COLUMN email TEXT;")
	if _, err := m.Up(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 1/2 up 1_create_users
	// 2/2 up 2_add_email
}

func Example_goMigrations() {
	set, err := lockstep.Load(fstest.MapFS{
		"1_create_users.sql": {Data: []byte("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, slug TEXT);\nINSERT INTO users (name) VALUES ('Ada L.');")},
	})
	if err != nil {
		log.Fatal(err)
	}
	set, err = set.With(lockstep.GoMigration{
		Version: "2", Name: "fill_slugs",
		UpTx: func(ctx context.Context, tx *sql.Tx) error { // commits together with its record
			_, err := tx.ExecContext(ctx, "UPDATE users SET slug = lower(replace(name, ' ', '-'))")
			return err
		},
		DownTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "UPDATE users SET slug = NULL")
			return err
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	m, err := lockstep.New(db, sqlite.Dialect(), set, lockstep.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := m.Up(context.Background()); err != nil {
		log.Fatal(err)
	}
	var slug string
	if err := db.QueryRow("SELECT slug FROM users").Scan(&slug); err != nil {
		log.Fatal(err)
	}
	fmt.Println(slug)
	// Output: ada-l.
}

func Example_savedPlan() {
	ctx := context.Background()
	m := docsMigrator(lockstep.Options{}, "1_create_users.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);")
	plan, err := m.Plan(ctx, lockstep.Target{})
	if err != nil {
		log.Fatal(err)
	}
	var saved bytes.Buffer // a file, as a rule, that somebody reviews
	if err := json.NewEncoder(&saved).Encode(plan); err != nil {
		log.Fatal(err)
	}

	reviewed, err := lockstep.ParsePlan(saved.Bytes())
	if err != nil {
		log.Fatal(err)
	}
	if _, err := m.Apply(ctx, reviewed); err != nil {
		log.Fatal(err)
	}
	_, err = m.Apply(ctx, reviewed) // the ledger moved: it is applied already
	fmt.Println(errors.Is(err, lockstep.ErrPlanStale))
	// Output: true
}

func ExampleUpToDate() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	set, err := lockstep.Load(fstest.MapFS{"1_create_users.sql": {Data: []byte("CREATE TABLE users (id INTEGER PRIMARY KEY);")}})
	if err != nil {
		log.Fatal(err)
	}
	m, err := lockstep.New(db, sqlite.Dialect(), set, lockstep.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		ok, err := lockstep.UpToDate(ctx, db, sqlite.Dialect(), lockstep.LedgerTable{}, set.Digest())
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(ok)
		if _, err := m.Up(ctx); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// false
	// true
}
