package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/internal/cli"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

// badInput is one way to call lockstep wrongly, or with files, settings or a
// database that are wrong. Every case must end with the exit code, name what
// is wrong and the way out, change nothing, and show no password.
type badInput struct {
	name  string
	files map[string]string // in a folder of the case's own; "x.sql" stands for migrations/0001_x.sql when it has no folder
	setup func(t *testing.T, db *testdb.Database)
	args  string // blanks separate; default up
	env   []string
	code  int      // default 1
	want  []string // on standard error
}

// secret is the password of every URL in the cases.
const secret = "hunter22"

const (
	up1 = "migrations/0001_create_users.up.sql"
	dn1 = "migrations/0001_create_users.down.sql"
	up2 = "migrations/0002_create_orders.up.sql"
)

func one(text string) map[string]string { return map[string]string{up1: text} }

func TestBadInput(t *testing.T) {
	cases := fileCases()
	for _, more := range [][]badInput{scriptCases(), urlCases(), databaseCases(), callCases(), configCases(), planCases()} {
		cases = append(cases, more...)
	}
	if len(cases) < 60 {
		t.Errorf("%d cases, want 60 at least", len(cases))
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.run(t, testdb.KindNamed(t, testdb.SQLite)) })
	}
}

func (c badInput) run(t *testing.T, kind testdb.Kind) {
	t.Helper()
	db := testdb.New(t, kind)
	db.Exec(t, "CREATE TABLE keep_me (id INTEGER)")
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range c.files {
		writeFile(t, name, text)
	}
	if c.setup != nil {
		c.setup(t, db)
	}
	before := db.Describe(t, "lockstep_ledger")
	args := strings.Fields(c.args)
	if c.args == "" {
		args = []string{"up"}
	}
	env := append([]string{"DATABASE_URL=" + db.URL, "USER=ada"}, c.env...)
	code, out, said := call(t, args, env)
	wanted := c.code
	if wanted == 0 {
		wanted = 1
	}
	if code != wanted {
		t.Errorf("exit code %d, want %d\n%s", code, wanted, said)
	}
	for _, want := range c.want {
		if !strings.Contains(said, want) {
			t.Errorf("standard error lacks %q:\n%s", want, said)
		}
	}
	if !strings.Contains(said, "hint: ") {
		t.Errorf("no hint:\n%s", said)
	}
	if strings.Contains(said+out, secret) {
		t.Errorf("the password is shown:\n%s\n%s", out, said)
	}
	if after := db.Describe(t, "lockstep_ledger"); after != before {
		t.Errorf("the database changed:\n%s\nbefore:\n%s", after, before)
	}
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// call runs the command in this process.
func call(t *testing.T, args, environ []string) (code int, out, said string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = cli.Main(t.Context(), args, cli.Stdio{In: strings.NewReader(""), Out: &stdout, Err: &stderr, Environ: environ})
	return code, stdout.String(), stderr.String()
}

func link(from, to string) func(*testing.T, *testdb.Database) {
	return func(t *testing.T, _ *testdb.Database) {
		t.Helper()
		if err := os.MkdirAll("migrations", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
	}
}

// fileCases are wrong folders and files.
func fileCases() []badInput {
	return []badInput{
		{
			name:  "one migration twice",
			files: map[string]string{up1: "SELECT 1;", "migrations/more/0001_create_users.up.sql": "SELECT 2;"},
			want:  []string{"0001_create_users", "duplicate of", "--renumber 0001"},
		},
		{
			name:  "one migration twice, as pair and alone",
			files: map[string]string{up1: "SELECT 1;", "migrations/0001_create_users.sql": "SELECT 2;"},
			want:  []string{"duplicate of", "delete one"},
		},
		{
			name:  "names that differ in case only",
			files: map[string]string{up1: "SELECT 1;", "migrations/0001_Create_Users.up.sql": "SELECT 2;"},
			want:  []string{"duplicate of"},
		},
		{
			name:  "down without up",
			files: map[string]string{up2: "SELECT 1;", dn1: "SELECT 1;"},
			want:  []string{dn1 + ": is a down without its up", "add 0001_create_users.up.sql"},
		},
		{
			name:  "two downs",
			files: map[string]string{up1: "SELECT 1;", dn1: "SELECT 1;", "migrations/0001_drop_users.down.sql": "SELECT 1;"},
			want:  []string{"second down of 0001_create_users", "delete one of them"},
		},
		{name: "empty file", files: one(""), want: []string{up1 + ": holds no statement", "write the change, or delete the file"}},
		{name: "comments only", files: one("-- nothing\n/* yet */\n"), want: []string{up1 + ": holds no statement"}},
		{name: "no version", files: map[string]string{"migrations/create_users.sql": "SELECT 1;"}, want: []string{"migrations/create_users.sql: has no version in its name", "20260101120000_create_users"}},
		{name: "no UTF-8", files: one("-- caf\xe9\nSELECT 1;"), want: []string{up1 + ":1:7: is not valid UTF-8: byte 0xE9", "save the file as UTF-8"}},
		{name: "UTF-16", files: one("\xff\xfeS\x00E\x00"), want: []string{up1 + ":1:", "UTF-8"}},
		{name: "NUL byte", files: one("SELECT 1;\nSELECT '\x00';"), want: []string{up1 + ":2:9: holds a NUL byte"}},
		{name: "link to nothing", setup: link(up1, "nowhere.sql"), want: []string{up1 + ": cannot be read: no such file", "check that the file exists"}},
		{name: "link to itself", setup: link(up1, filepath.Base(up1)), want: []string{up1 + ": cannot be read", "loop of links"}},
		{name: "link to a folder", setup: link("migrations/more", ".."), want: []string{"migrations/more: is a link to a folder", "--dir"}},
		{name: "no folder", want: []string{"read migrations folder migrations: no such file or directory", "lockstep new makes the folder"}},
		{name: "folder is a file", files: map[string]string{"migrations": "SELECT 1;"}, want: []string{"migrations"}},
		{name: "one folder of two is missing", files: one("SELECT 1;"), args: "up --dir migrations --dir more", want: []string{"read migrations folder more: no such file"}},
		{
			name:  "all faults together",
			files: map[string]string{up1: "", up2: "-- lockstep:phase never\nSELECT 1;"},
			want:  []string{up1 + ": holds no statement", up2 + `:1:4: directive "phase" has the value "never"`, "2 errors in the migration files; nothing was done"},
		},
	}
}

// scriptCases are wrong directives and SQL.
func scriptCases() []badInput {
	return []badInput{
		{name: "unknown directive", files: one("-- lockstep:transactoin off\nSELECT 1;"), want: []string{up1 + `:1:4: unknown directive "transactoin"`, `did you mean "transaction"?`}},
		{name: "directive with a wrong value", files: one("-- lockstep:lock_timeout fast\nSELECT 1;"), want: []string{up1 + `:1:4: directive "lock_timeout" has the value "fast"`, "a duration such as 3s"}},
		{name: "directive without its reason", files: one("-- lockstep:out-of-order\nSELECT 1;"), want: []string{up1 + ":1:4:", "a reason in double quotes"}},
		{name: "directive of the file above a statement", files: one("SELECT 1;\n-- lockstep:transaction off\nSELECT 2;"), want: []string{up1 + ":2:4:", "holds for a whole file", "move it above the first statement"}},
		{name: "unclosed quote", files: one("CREATE TABLE a (b TEXT DEFAULT 'x);\nSELECT 1;"), want: []string{up1 + ":1:32:", "^"}},
		{name: "unclosed quote of a name", files: one("SELECT 1;\nCREATE TABLE \"a (b TEXT);"), want: []string{up1 + ":2:14:"}},
		{name: "unclosed comment", files: one("SELECT 1;\n\n  /* and then\nSELECT 2;"), args: "validate --files --dialect mariadb", want: []string{up1 + ":3:3:"}},
		{name: "unclosed bracket of SQLite", files: one("SELECT [a;\n"), want: []string{up1 + ":1:8:"}},
		{name: "unclosed dollar quote", files: one("SELECT 1;\nDO $x$ BEGIN;\n"), args: "validate --files --dialect postgres", want: []string{up1 + ":2:4:", "$x$"}},
		{name: "unclosed backtick", files: one("SELECT `a;\n"), args: "validate --files --dialect mysql", want: []string{up1 + ":1:8:"}},
		{name: "psql command", files: one("SELECT 1;\n\\gexec\n"), args: "validate --files --dialect postgres", want: []string{up1 + ":2:1:", `\gexec`}},
		{name: "psql connects elsewhere", files: one("\\connect other\nSELECT 1;\n"), args: "validate --files --dialect postgres", want: []string{up1 + ":1:1:", `\connect`}},
		{name: "fault in the down", files: map[string]string{up1: "SELECT 1;", dn1: "SELECT 'a;"}, want: []string{dn1 + ":1:8:"}},
		{name: "ROLLBACK", files: one("SELECT 1;\nROLLBACK;"), want: []string{up1 + ":2:1: a ROLLBACK in a migration would undo work that is recorded as done", "remove it"}},
		{name: "COMMIT without BEGIN", files: one("SELECT 1;\nCOMMIT;"), want: []string{up1 + ":2:1: COMMIT without BEGIN", "remove it"}},
		{name: "BEGIN without COMMIT", files: one("BEGIN;\nSELECT 1;"), want: []string{up1 + ":1:1: this transaction is not committed", "add COMMIT"}},
		{name: "BEGIN in BEGIN", files: one("BEGIN;\nBEGIN;\nCOMMIT;"), want: []string{up1 + ":2:1: a transaction begins inside another one"}},
		{name: "transaction on", files: one("-- lockstep:transaction on\nVACUUM;"), want: []string{up1 + ":2:1: cannot run in the transaction the file asks for", "remove the directive"}},
		{name: "variable without a value", files: one("-- lockstep:vars ROLE\nCREATE TABLE a (b TEXT DEFAULT '${ROLE}');"), want: []string{up1, "ROLE"}},
		{name: "wrong statement", files: one("CREATE TABLE a (id INTEGER);\nCREATE TABEL b (id INTEGER);"), want: []string{up1 + ":2:", "TABEL", "rolled back, nothing of it was kept"}},
		{name: "wrong repeatable", files: map[string]string{"migrations/repeatable/v.sql": "CREATE VIEW v AS SELECT * FROM nothing;\nSELECT * FROM v;"}, want: []string{"migrations/repeatable/v.sql:", "nothing"}},
	}
}

// urlCases are database URLs that are wrong, all of them with a password.
func urlCases() []badInput {
	files := one("SELECT 1;")
	with := func(name, url string, code int, want ...string) badInput {
		return badInput{name: name, files: files, args: "up", env: []string{"LOCKSTEP_DB=" + url}, code: code, want: want}
	}
	return []badInput{
		with("no kind", "db.example.com", 2, "read LOCKSTEP_DB", "does not say which kind", "sqlite:"),
		with("a DSN of the driver", "ada:"+secret+"@tcp(db)/shop", 2, "read LOCKSTEP_DB"),
		with("misspelt kind", "postgress://ada:"+secret+"@db/shop", 2, `"postgress"`, `did you mean "postgres"?`),
		with("another product", "sqlserver://ada:"+secret+"@db/shop", 2, "not known"),
		with("no slashes", "mysql:ada:"+secret+"@db/shop", 2, "lacks //"),
		with("port too big", "postgres://ada:"+secret+"@db:70000/shop", 2, "host or port are not valid"),
		with("IPv6 without brackets", "mysql://ada:"+secret+"@::1/shop", 2, "needs brackets", "[2001:db8::1]:5432"),
		with("two readings", "postgres://ada:1?"+secret+"=c@db/shop", 2, "more than one way", "%3F"),
		with("control character", "postgres://ada:"+secret+"\t@db/shop", 2, "control character"),
		with("wrong parameter of PostgreSQL", "postgres://ada:"+secret+"@127.0.0.1:1/shop?sslmode=some", 2, "parameters of the database URL are not valid", "sslmode"),
		with("wrong parameter of MySQL", "mysql://ada:"+secret+"@127.0.0.1:1/shop?timeout=soon", 2, "parameters of the database URL are not valid", "soon"),
		with("unknown encryption", "mysql://ada:"+secret+"@127.0.0.1:1/shop?ssl-mode=perhaps", 2, "unknown ssl-mode", "verify_identity"),
		with("no certificate", "mysql://ada:"+secret+"@127.0.0.1:1/shop?ssl-ca=ca.pem", 2, "ssl-ca", "ca.pem: no such file", "PEM"),
		with("no certificate in the file", "mysql://ada:"+secret+"@127.0.0.1:1/shop?ssl-ca="+up1, 2, "holds no certificate"),
		with("no key", "mysql://ada:"+secret+"@127.0.0.1:1/shop?ssl-cert="+up1, 2, "ssl-cert and ssl-key"),
		with("wrong parameter of SQLite", "sqlite:x.db?_foreignkeys=1", 2, `SQLite knows no parameter "_foreignkeys"`, `did you mean "_foreign_keys"?`),
		with("PostgreSQL does not answer", "postgres://ada:"+secret+"@127.0.0.1:1/shop", 1, "127.0.0.1:1", "lockstep wait"),
		with("MySQL does not answer", "mysql://ada:"+secret+"@127.0.0.1:1/shop", 1, "127.0.0.1:1", "lockstep wait"),
		with("unknown host of PostgreSQL", "postgres://ada:"+secret+"@no-such-host.invalid/shop", 1, "no-such-host.invalid", "check host"),
		with("unknown host of MySQL", "mariadb://ada:"+secret+"@no-such-host.invalid/shop", 1, "no-such-host.invalid", "check host"),
		with("no socket of PostgreSQL", "postgres://ada:"+secret+"@/shop?host=/no/such/folder", 1, "/no/such/folder", "check host"),
		with("no socket of MySQL", "mysql://ada:"+secret+"@unix(/no/such/socket)/shop", 1, "/no/such/socket", "check host"),
		with("file is missing its folder", "sqlite:no/such/app.db", 1, "the folder no/such", "mkdir -p no/such"),
		with("file is a folder", "sqlite:migrations", 1, "is a folder", "sqlite:migrations/app.db"),
		with("file is no database", "sqlite:"+up1, 1, "not a database", "another kind of file"),
		with("file opened read-only", "sqlite:app.db?mode=ro", 1, "app.db"),
	}
}
