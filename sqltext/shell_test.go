package sqltext_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/sqltext"
)

// The native shells tell which statements they send: psql in its log file,
// mysql and mariadb on their output. These tests hand the same script to the
// shell and to Split. What the statements do does not matter, and most of them
// fail; only where they begin and end does.

// shellStatements runs a script in the database's shell and returns the
// statements that it sent.
func shellStatements(t *testing.T, db *testdb.Database, script string) []string {
	t.Helper()
	if db.Kind.Dialect == testdb.MySQL {
		out, _ := db.Shell(t, script, "-vv", "--force", "--unbuffered") // statements fail
		return between(out, "--------------\n", "\n--------------\n")
	}
	log := filepath.Join(t.TempDir(), "log")
	if _, err := db.Shell(t, script, "-v", "ON_ERROR_STOP=0", "-L", log); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(string(b), "/******** QUERY") {
		return between(string(b), "/******** QUERY *********/\n", "\n/************************/\n")
	}
	return between(string(b), "********* QUERY **********\n", "\n**************************\n")
}

// between returns the texts between each opening and the next closing.
func between(s, opening, closing string) []string {
	var all []string
	for {
		_, rest, ok := strings.Cut(s, opening)
		if !ok {
			return all
		}
		text, rest, _ := strings.Cut(rest, closing)
		all, s = append(all, text), rest
	}
}

// plain returns the tokens of each statement without space and comments. Two
// lists are equal when the statements begin and end at the same tokens.
func plain(statements []string, o sqltext.Options) []string {
	var all []string
	for _, s := range statements {
		var b strings.Builder
		for tok := range sqltext.Tokens(s, o) {
			switch tok.Kind {
			case sqltext.Space, sqltext.LineComment, sqltext.BlockComment, sqltext.Hint:
			default:
				b.WriteString(s[tok.Start:tok.End] + " ")
			}
		}
		if text := strings.Trim(b.String(), " ;"); text != "" {
			all = append(all, text)
		}
	}
	return all
}

// optionsOf returns the options for a kind of database.
func optionsOf(k testdb.Kind) sqltext.Options {
	switch {
	case k.Dialect == testdb.Postgres:
		return pg
	case k.Flavor == "mariadb":
		return maria
	case k.Dialect == testdb.MySQL:
		return my
	}
	return lite
}

// compareWithShell fails the test if the shell sends other statements.
func compareWithShell(t *testing.T, db *testdb.Database, script string) {
	t.Helper()
	o := optionsOf(db.Kind)
	got := plain(texts(t, script, o), o)
	want := plain(shellStatements(t, db, script), o)
	if !slices.Equal(got, want) {
		t.Errorf("statements of %q\n   ours %q\nshell's %q", script, got, want)
	}
}

func TestPsqlSplitsAlike(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		db.Exec(t, `CREATE TABLE t (a text)`)
		for _, c := range slices.Concat(everyModeCases, postgresCases, atomicCases) {
			switch c.name {
			case "end as a name", "a function called begin", "a schema with a function":
				continue // psql takes END and BEGIN for keywords wherever they stand, and knows no function in a schema
			case "escape string of two lines", "escape string continued after a comment":
				continue // psql reads line by line, the server does not
			}
			compareWithShell(t, db, c.script)
		}
		compareWithShell(t, db, "COPY t FROM stdin;\na;b\n'\n\\.\nSELECT 1;COPY t FROM stdin; -- x\r\na\r\n\\.\r\n\\restrict x\nSELECT 2;\n\\unrestrict x\nCOPY t FROM stdin;\nb\n")
		if got := rows(t, db, "SELECT string_agg(a, '|') FROM t"); got != "a;b|'|a|b" {
			t.Errorf("rows copied: %q", got)
		}
	})
}

func TestMySQLShellSplitsAlike(t *testing.T) {
	testdb.RunOn(t, testdb.MySQL, func(t *testing.T, db *testdb.Database) {
		for _, c := range slices.Concat(everyModeCases, mysqlCases, delimiterCases) {
			switch c.name {
			case "semicolon in an executable comment":
				continue // the shell cuts the comment in two
			case "dashes that start a statement", "a version nobody has":
				continue // MySQL's shell sends what is only a comment
			case "use", "use with a comment":
				continue // the shell does not show it
			case "statements between delimiters":
				continue // the shell sends both at once
			case "dollar signs in names":
				continue // MySQL's shell takes $$ behind a dot for a quote
			case "in the middle of a line":
				continue // the shell sends DELIMITER to the server
			case "comment in an executable comment":
				continue // MariaDB's shell cuts off what follows
			}
			compareWithShell(t, db, c.script)
		}
	})
}

// soup returns a random script of fragments that Split does not refuse.
func soup(r *rand.Rand, fragments []string, o sqltext.Options) string {
	for {
		var b strings.Builder
		for range 1 + r.IntN(30) {
			b.WriteString(fragments[r.IntN(len(fragments))])
		}
		if _, err := sqltext.Split(b.String(), o); err == nil {
			return b.String()
		}
	}
}

// postgresSoup holds no escape string that a later line could continue: psql
// reads line by line and does not see that, the server does.
var postgresSoup = strings.Split("a~b1~$1 ~1 ~1.5 ~E'\\'',~e'\\\\',~xE'\\',~é~U&'\\',~x~B~_~'~''~\"~\"\"~'x'~'\\',~$$~$a$~$b$~$~$$ ; $$~;~;~; ~ ~\n~\r\n~\t~--~-- x\n~--'\n~/*~*/~/* x */~/* ' */~*~/~+~-~@~<~=~|~: ~:: ~(~)~,~.~[~]~create ~function ~case ~as ~select ~insert ", "~")

// mysqlSoup holds no open comments: the shells lose their way where a comment
// is in an executable one or follows it at once.
var mysqlSoup = strings.Split("a~b1~a$b ~1~1.5e~N~x~_utf8~é ~'~''~\"~\"\"~`~``~'x'~'\\''~\"\\\"\"~;~;~; ~ ~\n~\t~-- ~-- x\n~-- '\n~#~# '\n~ /* x */ ~ /* ' */ ~ /*+ x */ ~/ ~ /**/ ~+~- ~@~@'~@a~<~=~:~:=~(~)~,~.~[~]~{~}~|~&~case ~select ~insert ~set ~/*!50000 x */ ~/*! ' */ ' */ ", "~")

func TestShellsAgreeOnSoup(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for dialect, fragments := range map[string][]string{testdb.Postgres: postgresSoup, testdb.MySQL: mysqlSoup} {
		testdb.RunOn(t, dialect, func(t *testing.T, db *testdb.Database) {
			r := rand.New(rand.NewPCG(seed, 1))
			for range 5 {
				compareSoup(t, db, r, fragments)
			}
		})
	}
}

// compareSoup hands many scripts to one shell, and then to one each to find
// out which it is that differs.
func compareSoup(t *testing.T, db *testdb.Database, r *rand.Rand, fragments []string) {
	t.Helper()
	o := optionsOf(db.Kind)
	var scripts []string
	for range 100 {
		scripts = append(scripts, soup(r, fragments, o))
	}
	all := strings.Join(scripts, "\n;select 1;\n")
	got, want := plain(texts(t, all, o), o), plain(shellStatements(t, db, all), o)
	if slices.Equal(got, want) {
		return
	}
	for _, s := range scripts {
		compareWithShell(t, db, s)
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			a, b := differing(got[i], want[i])
			t.Fatalf("statement %d, from where they differ\n   ours %q\nshell's %q\nin %q", i, a, b, all)
		}
	}
	t.Errorf("we split into %d, the shell into %d: %q", len(got), len(want), all)
}

// differing returns the place where two texts begin to differ.
func differing(a, b string) (restA, restB string) {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	i = max(0, i-60)
	return a[i:min(len(a), i+120)], b[i:min(len(b), i+120)]
}

// sqliteValid are statements that succeed on an empty database, in any order.
var sqliteValid = []string{
	"SELECT 'it''s;', x'3b', '\\' AS \"x;\"\"\"",
	"SELECT [a;'] FROM (SELECT 1 AS \"a;'\")",
	"SELECT `b;``` FROM (SELECT 1 AS \"b;`\")",
	"SELECT 1 /* ; ' */ -- ; \"\n , 2 - -1, 4/2, 3>>1, 1.5e+3, .5",
	"SELECT ?, ?2, :a, @b, $c, $d::e(;), '[1]' ->> '$[0]'",
	"SELECT CASE WHEN 1 THEN CASE 1 WHEN 1 THEN 2 END END",
	"CREATE TABLE IF NOT EXISTS x (begin, end, [case])",
	"CREATE TEMP TABLE IF NOT EXISTS y AS SELECT 1 AS a",
	"CREATE TEMP TRIGGER IF NOT EXISTS g AFTER INSERT ON y WHEN CASE WHEN 1 THEN 2 END\nBEGIN SELECT CASE WHEN 1 THEN 2 END; -- END;\n SELECT 'END;'; END",
	"create temporary trigger if not exists \"begin\" before delete on y begin delete from y where a = 2; update y set a = 1; end",
	"SAVEPOINT one",
	"PRAGMA user_version = 1",
	"VALUES (1), (';')",
}

// TestSQLiteShellSplitsAlike lets the shell note each statement that it runs,
// and how long it took, which stands between them.
func TestSQLiteShellSplitsAlike(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	layout := []string{" ", "\n", "\t\f", ";", "-- x; '\n", "/* ; ' */", "\n# it's;\n"}
	timing := regexp.MustCompile(` -- \d+ ns\n`)
	testdb.RunOn(t, testdb.SQLite, func(t *testing.T, db *testdb.Database) {
		db.Exec(t, "CREATE TABLE y (a)") // for the triggers, if they come first
		r := rand.New(rand.NewPCG(seed, 1))
		var b strings.Builder
		for range 300 {
			for range r.IntN(4) {
				b.WriteString(layout[r.IntN(len(layout))])
			}
			b.WriteString(sqliteValid[r.IntN(len(sqliteValid))] + ";")
		}
		script := b.String()
		trace := filepath.Join(t.TempDir(), "trace")
		if out, err := db.Shell(t, script, "-cmd", ".trace "+trace+" --profile"); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		sent, err := os.ReadFile(trace)
		if err != nil {
			t.Fatal(err)
		}
		got, want := plain(texts(t, script, lite), lite), plain(timing.Split(string(sent), -1), lite)
		if !slices.Equal(got, want) {
			t.Errorf("statements of %q\n   ours %q\nshell's %q", script, got, want)
		}
	})
}

// rows returns the first column of a query, one row after the other.
func rows(t *testing.T, db *testdb.Database, query string) string {
	t.Helper()
	var s string
	if err := db.Open(t).QueryRowContext(t.Context(), query).Scan(&s); err != nil {
		t.Fatal(err)
	}
	return s
}
