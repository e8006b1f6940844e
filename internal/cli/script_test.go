package cli_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/cli"
	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/mysql"
	"github.com/lockstepdb/lockstep/postgres"
	"github.com/lockstepdb/lockstep/sqlite"
)

// TestMain lets the test binary be the command that scripts call.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"lockstep": command})
}

func command() {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel(cli.ErrInterrupted)
	}()
	os.Exit(cli.Main(ctx, os.Args[1:], cli.Stdio{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Environ: os.Environ()}))
}

// TestScripts runs the scripts on every kind of database, each with an empty
// database of its own, whose URL is $DB. Those in the folder of a dialect run
// on that dialect only.
func TestScripts(t *testing.T) {
	for _, kind := range testdb.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			testdb.New(t, kind) // without a server of the kind nothing below can run
			files := scripts(t, "*.txtar")
			if own, _ := filepath.Glob(scriptDir + kind.Dialect + "/*.txtar"); own != nil {
				files = append(files, own...)
			}
			testscript.Run(t, testscript.Params{
				Files: files,
				Setup: func(env *testscript.Env) error {
					db := testdb.New(t, kind)
					env.Values[dbKey{}] = db
					env.Setenv("DB", db.URL)
					env.Setenv("GORACE", promptly)
					return nil
				},
				Condition: func(cond string) (bool, error) { return condition(kind, cond) },
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"exits": exits, "exitsInTime": exitsInTime, "dbexec": dbexec, "dbquery": dbquery, "dbwait": dbwait, "hold": hold, "replace": replace,
					"dbshell": dbshell(t), "dbuser": dbuser,
				},
			})
		})
	}
}

// promptly lets a program that was built with the race detector end at once;
// by itself it stays for a second.
const promptly = "atexit_sleep_ms=0"

const scriptDir = "../../testdata/script/"

func scripts(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(scriptDir + pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	return files
}

type dbKey struct{}

// databaseOf returns the database of a script; Setup made one.
func databaseOf(ts *testscript.TestScript) *testdb.Database {
	db, ok := ts.Value(dbKey{}).(*testdb.Database)
	if !ok {
		ts.Fatalf("the script has no database")
	}
	return db
}

func database(ts *testscript.TestScript) *sql.DB { return opened(databaseOf(ts)) }

// opened returns the database's pool. A script that fails says so itself.
func opened(db *testdb.Database) *sql.DB { return db.Open(noTB{}) }

// noTB is a testing.TB for a pool that is open already or never will be.
type noTB struct{ testing.TB }

func (noTB) Helper()                      {}
func (noTB) Cleanup(func())               {}
func (noTB) Fatalf(f string, args ...any) { panic(fmt.Sprintf(f, args...)) }

func condition(kind testdb.Kind, cond string) (bool, error) {
	switch cond {
	case testdb.SQLite, testdb.Postgres, testdb.MySQL:
		return kind.Dialect == cond, nil
	case "transactional": // DDL rolls back
		return kind.Dialect != testdb.MySQL, nil
	case "server":
		return kind.Dialect != testdb.SQLite, nil
	}
	return false, fmt.Errorf("unknown condition %q", cond)
}

// exits runs a command that ends with the exit code: exits CODE program args…
func exits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if err != nil || neg || len(args) < 2 {
		ts.Fatalf("usage: exits code program [args]")
	}
	if got := exitCode(ts, args[1:]); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func exitCode(ts *testscript.TestScript, args []string) int {
	var exit *exec.ExitError
	if err := ts.Exec(args[0], args[1:]...); errors.As(err, &exit) {
		return exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	return 0
}

// exitsInTime runs a command that ends with the exit code before its --timeout
// is over: exitsInTime CODE program args… On a busy machine a second may be too
// short to begin with, so it gets more.
func exitsInTime(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if err != nil || neg || len(args) < 2 {
		ts.Fatalf("usage: exitsInTime code program [args]")
	}
	for limit := time.Second; ; limit *= 2 {
		got := exitCode(ts, append(slices.Clone(args[1:]), "--timeout", limit.String()))
		if got == want {
			return
		}
		if limit > time.Minute {
			ts.Fatalf("exit code %d within %v, want %d", got, limit, want)
		}
	}
}

// dbexec runs SQL on the database, without lockstep.
func dbexec(ts *testscript.TestScript, neg bool, args []string) {
	for _, query := range args {
		_, err := database(ts).ExecContext(context.Background(), query)
		if (err != nil) != neg {
			ts.Fatalf("dbexec %s: %v", query, err)
		}
	}
}

// dbshell runs a file in the database's own command line client: dbshell FILE.
// With "undo" before the file it runs what lockstep drift prints below "Undo
// it:", as one copies it.
func dbshell(t *testing.T) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		text := ts.ReadFile(args[len(args)-1])
		if args[0] == "undo" {
			_, text, _ = strings.Cut(text, "\nUndo it:\n")
			text, _, _ = strings.Cut(text, "\nnote:")
			text, _, _ = strings.Cut(text, "\nOr keep it:")
		}
		var options []string
		if databaseOf(ts).Kind.Dialect == testdb.MySQL {
			options = append(options, "--comments")
		}
		_, err := databaseOf(ts).Shell(t, text, options...)
		ts.Check(err)
	}
}

// dbuser makes a user of MySQL with privileges on the database, who is dropped in
// the end, and sets USERDB: dbuser PRIVILEGES.
func dbuser(ts *testscript.TestScript, _ bool, args []string) {
	db := databaseOf(ts)
	exec := func(query string) error { _, err := database(ts).ExecContext(context.Background(), query); return err }
	name := db.Name + "_u"
	ts.Check(exec("CREATE USER " + name + " IDENTIFIED BY 'secret'"))
	ts.Defer(func() { ts.Check(exec("DROP USER " + name)) })
	ts.Check(exec("GRANT " + args[0] + " ON " + db.Name + ".* TO " + name))
	u, err := url.Parse(db.URL)
	ts.Check(err)
	u.User = url.UserPassword(name, "secret")
	ts.Setenv("USERDB", u.String())
}

// dbquery runs a query and compares its rows: dbquery QUERY ROW…, the columns
// of a row joined with |.
func dbquery(ts *testscript.TestScript, neg bool, args []string) {
	got, err := query(database(ts), args[0])
	if err != nil {
		if !neg {
			ts.Fatalf("dbquery %s: %v", args[0], err)
		}
		return
	}
	if want := strings.Join(args[1:], "\n"); (got == want) == neg {
		ts.Fatalf("dbquery %s:\n%s\nwant:\n%s", args[0], got, want)
	}
}

// dbwait runs a query until it gives the rows, as dbquery compares them.
func dbwait(ts *testscript.TestScript, _ bool, args []string) {
	deadline := time.After(2 * time.Minute)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		got, err := query(database(ts), args[0])
		if err == nil && got == strings.Join(args[1:], "\n") {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			ts.Fatalf("dbwait %s: still %q, %v", args[0], got, err)
		}
	}
}

func query(db *sql.DB, text string) (string, error) {
	rows, err := db.QueryContext(context.Background(), text)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	var lines []string
	for rows.Next() {
		values := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return "", err
		}
		texts := make([]string, 0, len(values))
		for _, v := range values {
			texts = append(texts, v.String)
		}
		lines = append(lines, strings.Join(texts, "|"))
	}
	return strings.Join(lines, "\n"), rows.Err()
}

// hold takes the run's lock as another run would, until the script ends.
func hold(ts *testscript.TestScript, _ bool, _ []string) {
	db, ctx := database(ts), context.Background()
	dialect := map[string]lockstep.Dialect{
		testdb.SQLite: sqlite.Dialect(), testdb.Postgres: postgres.Dialect(), testdb.MySQL: mysql.Dialect(),
	}[databaseOf(ts).Kind.Dialect]
	srv, err := dialect.Probe(ctx, db)
	ts.Check(err)
	lock := dialect.Lock(db, srv, lockstep.LockRequest{
		Name:   "lockstep_ledger",
		Holder: lockstep.Holder{Host: "app-7", PID: 4711, Since: time.Now()},
	})
	held, err := lock.Try(ctx)
	ts.Check(err)
	if !held {
		ts.Fatalf("the lock is not free")
	}
	ts.Defer(func() { ts.Check(lock.Release(ctx)) })
}

// replace replaces text in files: replace OLD NEW FILE…
func replace(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args[2:] {
		text := ts.ReadFile(name)
		if !strings.Contains(text, args[0]) {
			ts.Fatalf("%s does not hold %q", name, args[0])
		}
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(strings.ReplaceAll(text, args[0], args[1])), 0o600))
	}
}
