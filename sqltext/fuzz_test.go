package sqltext_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lockstepdb/lockstep/internal/calm"
	"github.com/lockstepdb/lockstep/sqltext"
)

// addSeeds gives a fuzz target all scripts of the tables as seeds.
func addSeeds(f *testing.F, lists ...[]splitCase) {
	for _, list := range lists {
		for _, c := range list {
			f.Add(c.script)
		}
	}
	for _, s := range []string{nastyPostgres, nastyMySQL, nastySQLite, "\x00", "'\xff", "\ufeff\ufeff;", "$\xff$;$\xff$", "/*!", "/*M!", "--", "E'\\"} {
		f.Add(s)
	}
}

// fuzzSplit checks the laws, and that what was cut is whole: a statement's
// text is one statement again.
func fuzzSplit(t *testing.T, text string, o sqltext.Options) {
	checkLaws(t, text, o)
	for s, err := range sqltext.Statements(text, o) {
		if err != nil || !standsAlone(s) {
			break
		}
		if again, err := sqltext.Split(s.Text, s.Options); err != nil || len(again) != 1 || again[0].Text != s.Text {
			t.Fatalf("statement %q of %q is not one of its own: %v, %v", s.Text, text, again, err)
		}
	}
	sqltext.Digest(text, o)
	sqltext.Words(text, o, 5)
	sqltext.Excerpt(text, sqltext.PosAt(text, len(text)/2))
}

// standsAlone tells whether the statement reads the same without what stands
// and behind it: no DELIMITER, no line for # to start, no byte to keep -- from
// being a comment.
func standsAlone(s sqltext.Statement) bool {
	tail := strings.TrimSpace(s.Tail)
	return (tail == "" || tail[len(tail)-1] == ';') && !strings.HasPrefix(s.Text, "\ufeff") &&
		!strings.HasPrefix(s.Text, "#") && !strings.HasSuffix(s.Text, "--")
}

func FuzzSplitPostgres(f *testing.F) {
	addSeeds(f, everyModeCases, postgresCases, atomicCases)
	f.Fuzz(func(t *testing.T, text string) {
		fuzzSplit(t, text, pg)
		off := pg
		off.StandardConformingStringsOff = true
		fuzzSplit(t, text, off)
	})
}

func FuzzSplitMySQL(f *testing.F) {
	addSeeds(f, everyModeCases, mysqlCases, delimiterCases, sqlModeCases)
	for _, list := range []map[string]string{compounds, mariaCompounds} {
		for _, s := range list {
			f.Add(s + "; SELECT 1")
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		fuzzSplit(t, text, my)
		fuzzSplit(t, text, maria)
		fuzzSplit(t, text, sqltext.Options{Mode: sqltext.MySQL, AnsiQuotes: true, NoBackslashEscapes: true, Version: 80036})
	})
}

func FuzzSplitSQLite(f *testing.F) {
	addSeeds(f, everyModeCases, sqliteCases, triggerCases)
	f.Fuzz(func(t *testing.T, text string) { fuzzSplit(t, text, lite) })
}

// TestLinearTime repeats what could make a lexer look far ahead again and
// again. At quadratic cost one of these texts would take much longer, also than
// a text of that length that asks for nothing.
func TestLinearTime(t *testing.T) {
	const size, limit = 256 << 10, 2 * time.Second
	fragments := strings.Split("E'\\|E'a'\n|$a|$a$|$a$b|/*|*/|/*/|/**|+|<+|@+|-|--x\r|--x\n|\\'|'\\''|''|\"|`|[|(|$a(|:a::|;|"+
		"COPY t FROM stdin;\n|\\.|\\.\n|a;|a\r|a b|1e|1.|.|\ufeff|\xff|\x00|BEGIN |END;|CASE |IF |CREATE |"+
		"CREATE FUNCTION f() BEGIN ATOMIC |USE a\n|USE a;|SET sql_mode='a';|SET sql_mode=CONCAT('a'|DELIMITER //\n|"+
		"DELIMITER aaaaaaaaaaab\na|/*!|/*!50000 |/*!99999 /*|@'|@|#|\r\n|/*+ */|SET standard_conforming_strings=off;", "|")
	plain := strings.Repeat("SELECT 1;\n", size/10)
	for _, o := range []sqltext.Options{pg, my, maria, lite} {
		for _, fragment := range fragments {
			text := strings.Repeat(fragment, size/len(fragment))
			if took := splitTime(text, o); took > limit {
				t.Logf("%v: 256 kB of %q took %v", o.Mode, fragment, took)
				calm.Judge(t, limit, func() calm.Round {
					return calm.Round{Took: splitTime(text, o), Control: splitTime(plain, o)}
				})
			}
		}
	}
}

// splitTime is how long it takes to find the pieces of a text.
func splitTime(text string, o sqltext.Options) time.Duration {
	began := time.Now()
	for _, err := range sqltext.Pieces(text, o) {
		if err != nil {
			break
		}
	}
	return time.Since(began)
}

// TestJoinedScripts joins random statements with random layout: exactly they
// must come out.
func TestJoinedScripts(t *testing.T) {
	layout := []string{" ", "\n", "\r\n", "\t", "-- x;\n", "/* ; ' */", ";", "\n;\n"}
	for name, c := range map[string]struct {
		o    sqltext.Options
		list [][]splitCase
	}{
		"postgres": {pg, [][]splitCase{everyModeCases, postgresCases, atomicCases}},
		"mysql":    {my, [][]splitCase{everyModeCases, mysqlCases}},
		"sqlite":   {lite, [][]splitCase{everyModeCases, sqliteCases, triggerCases}},
	} {
		statements := joinable(t, c.o, c.list)
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				want := rapid.SliceOf(rapid.SampledFrom(statements)).Draw(t, "statements")
				var b strings.Builder
				for _, s := range want {
					b.WriteString(strings.Join(rapid.SliceOf(rapid.SampledFrom(layout)).Draw(t, "layout"), "\n"))
					b.WriteString("\n" + s + "\n;")
				}
				list, err := sqltext.Split(b.String(), c.o)
				if err != nil || len(list) != len(want) {
					t.Fatalf("Split(%q): %d statements and %v, want %d", b.String(), len(list), err, len(want))
				}
				for i := range list {
					if list[i].Text != want[i] {
						t.Fatalf("Split(%q)\n got %q\nwant %q", b.String(), list[i].Text, want[i])
					}
				}
			})
		})
	}
}

// joinable returns the statements of the tables that stay what they are
// wherever they stand: they set no options, take no data and are closed.
func joinable(t *testing.T, o sqltext.Options, lists [][]splitCase) []string {
	t.Helper()
	var all []string
	for _, list := range lists {
		for _, c := range list {
			for _, s := range c.want {
				words := sqltext.Words(s, o, 1)
				again, err := sqltext.Split(s+"\n;SELECT 0", o)
				if err == nil && len(again) == 2 && again[0].Text == s && words[0] != "SET" && words[0] != "USE" {
					all = append(all, s)
				}
			}
		}
	}
	if len(all) < 50 {
		t.Fatalf("only %d statements", len(all))
	}
	return all
}
