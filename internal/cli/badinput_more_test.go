package cli_test

import (
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/internal/testdb"
)

// applied applies the files before the case begins.
func applied(t *testing.T, db *testdb.Database) {
	t.Helper()
	if code, _, said := call(t, []string{"up"}, []string{"DATABASE_URL=" + db.URL}); code != 0 {
		t.Fatalf("prepare: exit code %d\n%s", code, said)
	}
}

// then applies the files and does something more.
func then(do func(t *testing.T, db *testdb.Database)) func(*testing.T, *testdb.Database) {
	return func(t *testing.T, db *testdb.Database) {
		t.Helper()
		applied(t, db)
		do(t, db)
	}
}

func statement(text string) func(*testing.T, *testdb.Database) {
	return func(t *testing.T, db *testdb.Database) {
		t.Helper()
		db.Exec(t, text)
	}
}

func file(name, text string) func(*testing.T, *testdb.Database) {
	return func(t *testing.T, _ *testdb.Database) {
		t.Helper()
		writeFile(t, name, text)
	}
}

func two() map[string]string {
	return map[string]string{up1: "CREATE TABLE users (id INTEGER);", up2: "CREATE TABLE orders (id INTEGER);"}
}

// databaseCases are databases and ledgers that do not fit the files.
func databaseCases() []badInput {
	changed := file(up1, "CREATE TABLE users (id BIGINT);")
	return []badInput{
		{name: "changed file", files: two(), setup: then(changed), code: 6, want: []string{up1 + ": changed after it was applied", "lockstep repair --accept 0001_create_users"}},
		{name: "changed file, plan", files: two(), setup: then(changed), args: "plan", code: 6, want: []string{up1 + ": changed after it was applied"}},
		{name: "changed file, validate", files: two(), setup: then(changed), args: "validate --json", code: 6, want: []string{"files and ledger differ in one place"}},
		{
			name: "deleted file", files: two(), code: 6, want: []string{"0001_create_users was applied on", "its file is gone", "lockstep repair --forget 0001_create_users"},
			setup: then(func(t *testing.T, _ *testdb.Database) {
				t.Helper()
				rename(t, up1, "gone.txt")
			}),
		},
		{
			name: "late arrival", files: two(), setup: then(file("migrations/0001.5_add_late.sql", "CREATE TABLE late (id INTEGER);")), code: 6,
			want: []string{"0001.5_add_late.sql: is not applied, but the later 0002_create_orders is", "lockstep new --renumber 0001.5"},
		},
		{name: "newer ledger", files: two(), setup: then(statement("UPDATE lockstep_ledger SET event = 'transmuted', tool = 'lockstep v9' WHERE seq = 1")), args: "status", want: []string{`ledger entry 1 records "transmuted"`, "lockstep v9", "use that version of lockstep"}},
		{name: "tampered ledger", files: two(), setup: then(statement("UPDATE lockstep_ledger SET actor = 'eve' WHERE seq = 2")), args: "history --verify", code: 6, want: []string{"ledger entry 2", "0002_create_orders", "does not match its hash"}},
		{name: "entry cut out of the ledger", files: two(), setup: then(statement("DELETE FROM lockstep_ledger WHERE seq = 1")), args: "history --verify", code: 6, want: []string{"entry 1 is missing"}},
		{name: "another table is called like the ledger", files: two(), setup: statement("CREATE TABLE lockstep_ledger (id INTEGER)"), want: []string{"lockstep_ledger"}},
		{name: "disk full", files: one("CREATE TABLE big (x BLOB);\nINSERT INTO big VALUES (zeroblob(9000000));"), args: "up", setup: limitPages, env: []string{"LOCKSTEP_DB=sqlite:small.db?_pragma=max_page_count(40)"}, want: []string{"full", "free some space"}},
		{name: "no way back", files: two(), setup: applied, args: "down", want: []string{up2 + ": migration 0002_create_orders cannot be reverted: it has no down", "write its .down.sql"}},
		{name: "no way back, redo", files: two(), setup: applied, args: "redo", want: []string{"cannot be reverted"}},
		{
			name: "down that does nothing", files: map[string]string{up1: "CREATE TABLE users (id INTEGER);", dn1: "-- nothing\n"}, setup: applied, args: "down",
			want: []string{dn1 + ": migration 0001_create_users cannot be reverted: its down holds no statement"},
		},
		{name: "target is unknown", files: two(), args: "up --to 0003", want: []string{"no migration has version 0003", "did you mean 000"}},
		{name: "target of down is unknown", files: two(), setup: applied, args: "down --to 9", want: []string{"no migration has version 9", "lockstep status lists the versions"}},
		{name: "baseline of an unknown version", files: two(), args: "baseline 7 --reason x", want: []string{"no migration has version 7"}},
		{name: "baseline of a used ledger", files: two(), setup: applied, args: "baseline 0002 --reason x", want: []string{"has applied migrations already", "lockstep repair --mark-applied"}},
		{name: "repair of what is right", files: two(), setup: applied, args: "repair --accept 0001 --reason x", want: []string{"its file is not changed"}},
		{name: "repair of an unknown version", files: two(), setup: applied, args: "repair --forget 7 --reason x", want: []string{"no migration is called 7"}},
		{name: "history of an unknown version", files: two(), setup: applied, args: "history 7", want: []string{"the ledger knows no migration 7"}},
		{name: "renumber what is applied", files: two(), setup: applied, args: "new --renumber 0001", want: []string{"0001_create_users is applied on", "cannot be renumbered"}},
		{name: "nothing ever gets applied", files: two(), args: "wait --applied --for 50ms", code: 3, want: []string{"work is pending: 2 migrations"}},
	}
}

// limitPages makes the file that the case then opens with a limit.
func limitPages(t *testing.T, _ *testdb.Database) {
	t.Helper()
	writeFile(t, "small.db", "")
}

// callCases are wrong calls.
func callCases() []badInput {
	usage := func(name, args string, want ...string) badInput {
		return badInput{name: name, files: two(), args: args, code: 2, want: want}
	}
	return []badInput{
		usage("unknown command", "upp", `unknown command "upp"`, "did you mean lockstep up?"),
		usage("unknown command with a URL", "postgres://ada:"+secret+"@db/shop", "unknown command"),
		usage("unknown option", "up --too 0002", "unknown option --too", "did you mean --to?"),
		usage("unknown short option", "up -v", "unknown option -v", "lockstep up --help"),
		usage("number with a minus", "down -2", "lockstep down 2"),
		usage("version as a number", "up 20260101000000", "is not a number of migrations", "--to 20260101000000"),
		usage("no number", "up all", `"all" is not a number of migrations`),
		usage("zero", "down 0", "0 is not a number of migrations"),
		usage("too many arguments", "up 1 2", "takes one argument at most", "usage: lockstep up [N]"),
		usage("argument too many", "status now", "lockstep status takes no arguments"),
		usage("number and version", "up 1 --to 0002", "two ways to say how far"),
		usage("wrong time", "up --timeout soon", `invalid argument "soon"`),
		usage("negative time", "up --timeout -5s", "--timeout is negative"),
		usage("variable without a name", "up --var "+secret, "--var number 1 is not of the form NAME=VALUE"),
		usage("no reason", "baseline 0002", "a reason is required", `--reason "…"`),
		usage("repair without a reason", "repair --forget 0001", "a reason is required"),
		usage("two options that exclude each other", "up --dry-run --plan p.json", "dry-run", "plan"),
		usage("name without a verb", "new users", "does not begin with a verb", "such as create_users"),
		usage("name that says nothing", "new fix", "does not say what is to fix"),
		usage("name of vague words", "new update all the things", "says nothing that helps a reader"),
		usage("name of signs", "new ...", "no letter or digit"),
		usage("name too long", "new add_"+strings.Repeat("x", 200), "more than 150"),
		usage("no name", "new", "lockstep new takes a name"),
		usage("unknown dialect", "validate --files --dialect oracle", `unknown dialect "oracle"`),
	}
}

// configCases are wrong settings.
func configCases() []badInput {
	toml := func(name, text, args string, want ...string) badInput {
		return badInput{name: name, files: map[string]string{up1: "SELECT 1;", "lockstep.toml": text}, args: args, code: 2, want: want}
	}
	return []badInput{
		toml("unknown key", "[env.x]\ndirs = \"m\"", "up", `lockstep.toml:2: unknown key "env.x.dirs"`, `did you mean "dir"?`),
		toml("no TOML", "db = \"postgres://ada:"+secret+"@db", "up", "lockstep.toml:1: is no valid TOML"),
		toml("wrong value", "retries = \"often\"", "up", "lockstep.toml:1: retries has a value it cannot have", "a number from 0 to 1000"),
		toml("unknown environment", "[env.production]", "up --env prodction", `no environment "prodction"`, `did you mean "production"?`),
		{
			name: "variable that is not set", files: map[string]string{"lockstep.toml": "[env.x]\ndb = \"sqlite:${NOT_SET}\""}, args: "up --env x", env: []string{"DATABASE_URL="}, code: 2,
			want: []string{"lockstep.toml:2:", "${NOT_SET}", "export NOT_SET"},
		},
		{name: "no database", files: two(), env: []string{"DATABASE_URL="}, code: 2, want: []string{"no database is named", "--db sqlite:app.db"}},
		{name: "no configuration file", files: two(), args: "up --config c.toml", code: 2, want: []string{"c.toml: cannot be read: no such file or directory", "lockstep init"}},
		{name: "environment without a file", files: two(), args: "up --env x", code: 1, want: []string{`no environment "x"`, "lockstep init"}},
		{name: "no password file", files: two(), args: "up --db-password-file pw", code: 1, want: []string{"read password", "pw"}},
	}
}

// planCases are plans that cannot be carried out.
func planCases() []badInput {
	saved := func(more func(*testing.T, *testdb.Database)) func(*testing.T, *testdb.Database) {
		return func(t *testing.T, db *testdb.Database) {
			t.Helper()
			if code, _, said := call(t, []string{"plan", "--out", "plan.json"}, []string{"DATABASE_URL=" + db.URL}); code != 0 {
				t.Fatalf("prepare: exit code %d\n%s", code, said)
			}
			more(t, db)
		}
	}
	plan := func(name string, more func(*testing.T, *testdb.Database), want ...string) badInput {
		return badInput{name: name, files: two(), setup: saved(more), args: "up --plan plan.json", want: want}
	}
	return []badInput{
		plan("plan of another state of the database", applied, "plan is stale", "lockstep plan"),
		plan("plan of other files", file(up1, "CREATE TABLE more (id INTEGER);"), "plan is stale"),
		plan("plan that was edited", edit("plan.json", "create_users", "create_user"), "plan.json", "does not match its fingerprint", "make the plan again"),
		plan("plan of a newer version", edit("plan.json", `"format": 1`, `"format": 9`), "format 9 is not known"),
		plan("plan that is no plan", file("plan.json", "SELECT 1;"), "plan.json"),
		plan("plan that is not there", func(t *testing.T, _ *testdb.Database) { rename(t, "plan.json", "other.json") }, "plan.json", "lockstep plan --out FILE"),
	}
}
