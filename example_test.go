package lockstep_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"testing/fstest"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqlite"
)

// exampleMigrations stands for a folder (os.DirFS) or an embed.FS.
func exampleMigrations() fstest.MapFS {
	return fstest.MapFS{
		"20260101120000_create_users.up.sql":   {Data: []byte("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);")},
		"20260101120000_create_users.down.sql": {Data: []byte("DROP TABLE users;")},
		"20260102120000_add_email.up.sql":      {Data: []byte("ALTER TABLE users ADD COLUMN email TEXT;")},
		"20260102120000_add_email.down.sql":    {Data: []byte("ALTER TABLE users DROP COLUMN email;")},
	}
}

// exampleDB opens an empty database in memory, which is one connection.
func exampleDB() *sql.DB {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	return db
}

func ExampleMigrator_Up() {
	db := exampleDB()
	set, err := lockstep.Load(exampleMigrations())
	if err != nil {
		log.Fatal(err)
	}
	m, err := lockstep.New(db, sqlite.Dialect(), set, lockstep.Options{})
	if err != nil {
		log.Fatal(err)
	}
	result, err := m.Up(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, done := range result.Done {
		fmt.Println(done.Step.Direction, done.Step.ID())
	}
	// Output:
	// up 20260101120000_create_users
	// up 20260102120000_add_email
}

func ExampleMigrator_Plan() {
	db := exampleDB()
	set, err := lockstep.Load(exampleMigrations())
	if err != nil {
		log.Fatal(err)
	}
	m, err := lockstep.New(db, sqlite.Dialect(), set, lockstep.Options{})
	if err != nil {
		log.Fatal(err)
	}
	plan, err := m.Plan(context.Background(), lockstep.Target{Steps: 1})
	if err != nil {
		log.Fatal(err)
	}
	for _, step := range plan.Steps {
		fmt.Println(step.ID(), "in one", step.Strategy)
	}
	fmt.Println(plan.Deferred, "more after that")
	// Output:
	// 20260101120000_create_users in one transaction
	// 1 more after that
}

func ExampleSet_With() {
	set, err := lockstep.Load(exampleMigrations())
	if err != nil {
		log.Fatal(err)
	}
	set, err = set.With(lockstep.GoMigration{
		Version: "20260103120000", Name: "fill_email",
		UpTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "UPDATE users SET email = name || '@example.com'")
			return err
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(set.Len(), "migrations")
	// Output: 3 migrations
}
