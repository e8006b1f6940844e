package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/sqltext"
)

// copyTable has columns of which COPY and INSERT could have different views.
const copyTable = `DROP TABLE IF EXISTS target; CREATE TABLE target (
	"Id" int GENERATED ALWAYS AS IDENTITY, a text, gone int, g text GENERATED ALWAYS AS (upper(b)) STORED, b varchar(5),
	n numeric(6,2), d timestamptz(0), by bytea, arr text[], j jsonb, f boolean DEFAULT true, bi bit(3));
	ALTER TABLE target DROP COLUMN gone`

// copyScripts are scripts for psql; it and we must store the same rows, or
// both refuse.
var copyScripts = []string{
	"COPY target (a, b) FROM stdin;\nx\ty\n\\N\t\n\t\\N\n\\.\n",
	"copy public.target (a) from STDIN;\n\n\\\\N\n \\N\na'b''c\\\\d\n$$\t\n\\.\n",
	"COPY target (a) FROM stdin;\n\\b\\f\\n\\r\\t\\v\\a\\x\\x4\\x41\\x4142\\101\\1\\18\\7777\\é\n\\.\n",
	"COPY target (a) FROM stdin;\nbackslash at end\\\nof line\nnext\n\\.\n",
	"COPY target (a) FROM stdin;\nlone \\\n\\.\n",
	"COPY target (a) FROM stdin;\n\\.\n",
	"COPY target (a) FROM stdin;\nno end",
	"COPY target (a) FROM stdin;\r\ncr\r\nlf\r\n\\.\r\n",
	"COPY target (a) FROM stdin;\nlf\ncr\r\n\\.\n",
	"COPY target (a) FROM stdin;\nmarker \\. inside\n\\.\n",
	"COPY target (a) FROM stdin;\nx\\x00y\n\\.\n",
	"COPY target (a) FROM stdin;\nx\\xffy\n\\.\n",
	"COPY target (a) FROM stdin;\n\\303\\251 \\xc3\\xa9\n\\.\n",
	"COPY target (a, b) FROM stdin;\nextra\tdata\there\n\\.\n",
	"COPY target (a, b) FROM stdin;\nmissing\n\\.\n",
	"COPY target (a, b) FROM stdin;\n\n\\.\n",
	"COPY target FROM stdin;\n7\tall\tb\t1.005\t2026-01-02 03:04:05.678+02\t\\\\x00ff\t{a,\"b c\",NULL}\t{\"k\": \"v\\\\n\"}\tf\t101\n\\.\n",
	"COPY target (\"Id\", b) FROM stdin;\n99\tpad  \n98\ttrail        \n\\.\n",
	"COPY target (b) FROM stdin;\ntoolong\n\\.\n",
	"COPY target (n, bi) FROM stdin;\n1.999\t010\n\\.\n",
	"COPY target (n) FROM stdin;\n99999.99\n\\.\n",
	"COPY target (bi) FROM stdin;\n1\n\\.\n",
	"COPY target (nope) FROM stdin;\n1\n\\.\n",
	"COPY nope FROM stdin;\n1\n\\.\n",
	"COPY target (a, b) FROM stdin WITH (DELIMITER '|', NULL 'nil');\na|nil\nnil\\|x|n\n\\nil|\\N\n\\.\n",
	"COPY target (a, b) FROM stdin (DELIMITER E'\\x7c', NULL '');\na|\n|\n\\.\n",
	"COPY target (a) FROM stdin (DELIMITER 'x');\na\n\\.\n",
	"COPY target (a) FROM stdin WITH (FORMAT text, FREEZE false, HEADER false);\na\n\\.\n",
	"COPY target (a, b) FROM stdin DELIMITER AS ';' NULL AS 'nil';\na;nil\n\\.\n",
	"COPY target (a, b) FROM stdin USING DELIMITERS ';';\na;b\n\\.\n",
	"COPY target (a, b) FROM stdin CSV;\na,b\n\"a,\"\"b\"\"\nc\",\n\"\",x\n\\.\n",
	"COPY target (a, b) FROM stdin WITH CSV HEADER QUOTE AS '''' ESCAPE AS '\\' NULL 'nil' DELIMITER ';';\nwhat;\"ever\n'a\\'b';nil\n'nil';x\na'b'c;\\\n\\.\n",
	"COPY target (a, b) FROM stdin (FORMAT csv, HEADER, NULL '');\nx,y\na,\n,\"\"\n\\.\n",
	"COPY target (a, b) FROM stdin (FORMAT 'csv', QUOTE '!', ESCAPE '?');\n!a?!b??c!,d\n!x!!y!,z\n\\.\n",
	"COPY target (a) FROM stdin (FORMAT csv);\n\"open\n\\.\n",
	"COPY target (a) FROM stdin (FORMAT csv);\na\rb\nc\n\\.\n",
	"COPY target (a) FROM stdin (FORMAT csv);\n\"a\rb\r\n\"\nc\n\\.\n",
	"COPY target (a) FROM stdin (FORMAT csv);\r\nx\r\n\"y\nz\"\r\n\\.\r\n",
	"COPY target (a, b) FROM stdin (FORMAT csv, QUOTE ',');\nx,y\n\\.\n",
	"COPY target (a, b) FROM stdin (NULL '\t');\nx\ty\n\\.\n",
	"COPY target (a, b) FROM stdin (DELIMITER E'\\n');\nx\ty\n\\.\n",
	"COPY target (a, b) FROM stdin (NULL E'a\\nb');\nx\ty\n\\.\n",
	"COPY target (a, f) FROM stdin;\na\tt\nb\tmaybe\n\\.\n",
	"SET standard_conforming_strings = off; SET backslash_quote = off;\nCOPY target (a) FROM stdin;\nit's \\\\' x\n\\.\n",
}

// newerCopyScripts are those that PostgreSQL 16 and later know.
var newerCopyScripts = []string{
	"COPY target (a, f) FROM stdin (DEFAULT '\\D');\na\t\\D\n\\\\D\tf\n\\.\n",
	"COPY target (a, f) FROM stdin (FORMAT csv, DEFAULT 'dflt', HEADER match);\na,f\nx,dflt\n\"dflt\",t\n\\.\n",
	"COPY target (a, b) FROM stdin (HEADER match);\na\tB\nx\ty\n\\.\n",
	"COPY target (a, b) FROM stdin (HEADER);\na\tB\tC\nx\ty\n\\.\n",
}

// same runs a script by psql and by us and compares what they store.
func same(t *testing.T, db *testdb.Database, script string) {
	t.Helper()
	const look = `SELECT array_agg(t::text ORDER BY "Id") FROM target t`
	run(t, db.Open(t), copyTable)
	out, psqlErr := db.Shell(t, script)
	want := value(t, db.Open(t), look)
	run(t, db.Open(t), copyTable)
	err := runScript(t, db, script)
	if got := value(t, db.Open(t), look); got != want && psqlErr == nil || (err != nil) != (psqlErr != nil) {
		t.Errorf("%q\ngot  %s (%v)\nwant %s (%s)", script, got, err, want, out)
	}
}

// runScript runs a script as the Migrator does: by Commands, in a session.
func runScript(t *testing.T, db *testdb.Database, script string) error {
	t.Helper()
	conn := session(t, "pgx", db.URL)
	for st, err := range sqltext.Statements(script, dialect{}.Lexer()) {
		if err != nil {
			return err
		}
		for command, err := range (dialect{}).Commands(st) {
			if err != nil {
				return err
			}
			if _, err := conn.ExecContext(t.Context(), command); err != nil {
				return err
			}
		}
	}
	return nil
}

func TestCopyStoresWhatPsqlStores(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		scripts := copyScripts
		if probe(t, db.Open(t)).Number >= 160000 {
			scripts = slices.Concat(scripts, newerCopyScripts)
		}
		for _, s := range scripts {
			same(t, db, s)
		}
	})
}

// Random rows of the characters that mean something to COPY.
func TestCopyStoresWhatPsqlStoresAtRandom(t *testing.T) {
	const seed = 20261121
	headers := []string{
		"COPY target (a, b) FROM stdin;\n",
		"COPY target (a, b) FROM stdin (FORMAT csv);\n",
		"COPY target (a, b) FROM stdin (FORMAT csv, QUOTE 'q', ESCAPE '\\');\n",
	}
	alphabet := []string{"a", "x", "4", "1", "N", "q", "\\", "\\", "'", "\"", "\"", "\t", ",", "é", " ", "\n"}
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		r := rand.New(rand.NewPCG(seed, 1))
		for i := range 60 {
			var b strings.Builder
			for range 1 + r.IntN(3) {
				for col := range 2 {
					for range r.IntN(6) {
						b.WriteString(alphabet[r.IntN(len(alphabet))])
					}
					b.WriteString([]string{[]string{"\t", ","}[min(i%3, 1)], "\n"}[col])
				}
			}
			same(t, db, headers[i%3]+b.String()+"\\.\n")
		}
	})
}

func TestCopyRefusesWhatItCannotDo(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"COPY BINARY t FROM stdin", "binary"},
		{"COPY t (1) FROM stdin", "not understood"},
		{"COPY t FROM stdin (FORMAT binary)", "binary"},
		{"COPY t FROM stdin (ENCODING 'latin1')", "LATIN1"},
		{"COPY t FROM stdin (FORMAT csv, FORCE_NULL (a))", "FORCE_NULL"},
		{"COPY t FROM stdin (ON_ERROR ignore)", "ON_ERROR"},
		{"COPY t FROM stdin CSV FORCE NOT NULL a", "FORCE"},
		{"COPY t FROM stdin WHERE a > 1", "WHERE"},
		{"COPY t FROM stdin (FORMAT csv) WHERE a > 1", "WHERE"},
		{"COPY t FROM stdin (DELIMITER 'ab')", "one-byte"},
		{"COPY t FROM stdin (FORMAT csv, HEADER match)", "column list"},
	} {
		err := firstError(statement(t, c.sql+";\n1\n\\.\n"))
		if e, ok := errors.AsType[*sqltext.SyntaxError](err); !ok || !strings.Contains(e.Msg, c.want) || e.Pos.Line == 0 {
			t.Errorf("%s: %v", c.sql, err)
		}
	}
}

func firstError(st sqltext.Statement) error {
	for _, err := range (dialect{}).Commands(st) {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestCopyErrorsNameTheLine(t *testing.T) {
	st := statement(t, "-- one\nCOPY t (a) FROM stdin;\nx\ny\nz\tz\n\\.\n")
	e, ok := errors.AsType[*sqltext.SyntaxError](firstError(st))
	if !ok || e.Pos.Line != 5 || e.Pos.Column != 1 || e.Msg != "COPY data: extra data after the last of 1 columns" {
		t.Errorf("%+v", e)
	}
}

func TestCopyInsertsAreBounded(t *testing.T) {
	var data strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&data, "%d\t%s\n", i, strings.Repeat("x", i))
	}
	st := statement(t, "COPY t (a, b) FROM stdin;\n"+data.String()+"\\.\n")
	n, rows := 0, 0
	for command, err := range (dialect{}).Commands(st) {
		if err != nil {
			t.Fatal(err)
		}
		here := strings.Count(command, "\n")
		if n, rows = n+1, rows+here; here > maxInsertRows || len(command) > maxInsertBytes+1000 {
			t.Errorf("an INSERT of %d rows and %d bytes", here, len(command))
		}
	}
	if n < 4 || rows != 2000 {
		t.Errorf("%d rows in %d statements", rows, n)
	}
}

func TestCommandsStopsWhenAsked(t *testing.T) {
	st := statement(t, "COPY t (a) FROM stdin;\n"+strings.Repeat("x\n", 5000)+"\\.\n")
	for _, err := range (dialect{}).Commands(st) {
		if err != nil {
			t.Error(err)
		}
		break
	}
}

func TestCommandsOfPlainStatements(t *testing.T) {
	for _, text := range []string{"SELECT 1", "COPY t FROM '/x'", "COPY t TO stdout", "COPY (SELECT 1) TO '/x'"} {
		var got []string
		for command, err := range (dialect{}).Commands(statement(t, text)) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, command)
		}
		if len(got) != 1 || got[0] != text {
			t.Errorf("%q, want %q", got, text)
		}
	}
}

// A table without a column list, filled by someone who may not see more than it.
func TestCopyAllColumnsNeedsNoSpecialRights(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		role := otherRole(t, db)
		run(t, db.Open(t), `CREATE SCHEMA "odd $lockstep$ '"; CREATE TABLE "odd $lockstep$ '".t (a int GENERATED ALWAYS AS IDENTITY, g int GENERATED ALWAYS AS (1) STORED, b text)`)
		run(t, db.Open(t), `GRANT USAGE ON SCHEMA "odd $lockstep$ '" TO `+role+`; GRANT INSERT ON "odd $lockstep$ '".t TO `+role)
		conn := session(t, "pgx", asUser(db.URL, role))
		run(t, conn, "SET standard_conforming_strings = off")
		for command, err := range (dialect{}).Commands(statement(t, "COPY \"odd $lockstep$ '\".t FROM stdin;\n7\t$lockstep1$ '\\\\\n\\.\n")) {
			if err != nil {
				t.Fatal(err)
			}
			if _, err := conn.ExecContext(context.Background(), command); err != nil {
				t.Fatalf("%v\n%s", err, command)
			}
		}
		if got := value(t, db.Open(t), `SELECT t::text FROM "odd $lockstep$ '".t t`); got != `(7,1,"$lockstep1$ '\\")` {
			t.Error(got)
		}
	})
}
