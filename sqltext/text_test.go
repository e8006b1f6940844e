package sqltext_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/lockstepdb/lockstep/sqltext"
)

func TestPosAt(t *testing.T) {
	for _, c := range []struct {
		name, text   string
		offset       int
		line, column int
	}{
		{"start", "abc", 0, 1, 1},
		{"in a line", "abc", 2, 1, 3},
		{"end", "abc", 3, 1, 4},
		{"behind the end", "abc", 9, 1, 4},
		{"before the start", "abc", -1, 1, 1},
		{"line feed", "a\nb", 1, 1, 2},
		{"second line", "a\nb", 2, 2, 1},
		{"CR LF", "a\r\nbc", 4, 2, 2},
		{"between CR and LF", "a\r\nbc", 2, 1, 3},
		{"lone CR", "a\rbc\rd", 5, 3, 1},
		{"mixed", "a\r\n\r\r\n\nb", 7, 5, 1},
		{"letters of more bytes", "żółć x", 9, 1, 6},
		{"no UTF-8", "\xff\xfe\xfdx", 3, 1, 4},
		{"byte order mark", "\ufeffab", 4, 1, 2},
		{"byte order mark and a line", "\ufeff\nab", 5, 2, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := sqltext.PosAt(c.text, c.offset)
			want := sqltext.Pos{Offset: max(0, min(c.offset, len(c.text))), Line: c.line, Column: c.column}
			if got != want {
				t.Errorf("PosAt(%q, %d) = %+v, want %+v", c.text, c.offset, got, want)
			}
		})
	}
}

// TestStatementAt checks that a place in a statement is the same place in its
// script.
func TestStatementAt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SampledFrom([]string{"a", "ż", "\n", "\r\n", "\r", " ", ";", "'x\ny'", "-- c\n", "\t"})
		script := strings.Join(rapid.SliceOf(piece).Draw(t, "script"), "")
		for s, err := range sqltext.Statements(script, pg) {
			if err != nil {
				return
			}
			i := rapid.IntRange(0, len(s.Text)).Draw(t, "offset")
			if got, want := s.At(i), sqltext.PosAt(script, s.Pos.Offset+i); got != want && !splitsBreak(script, want.Offset) {
				t.Fatalf("At(%d) of %q in %q = %+v, want %+v", i, s.Text, script, got, want)
			}
		}
	})
}

// splitsBreak tells whether i is in the middle of CR LF; a statement that ends
// there cannot see that.
func splitsBreak(s string, i int) bool {
	return i > 0 && i < len(s) && s[i-1] == '\r' && s[i] == '\n'
}

func TestCharOffset(t *testing.T) {
	const text = "aż\xff😀b"
	for n, want := range []int{0, 0, 1, 3, 4, 8, 9, 9} {
		if got := sqltext.CharOffset(text, n); got != want {
			t.Errorf("CharOffset(%q, %d) = %d, want %d", text, n, got, want)
		}
	}
	if got := sqltext.CharOffset(text, -5); got != 0 {
		t.Errorf("CharOffset of a negative number = %d, want 0", got)
	}
}

func TestExcerpt(t *testing.T) {
	long := strings.Repeat("0123456789", 30)
	for _, c := range []struct {
		name, text string
		offset     int
		want       string
	}{
		{"one line", "ALTER TABLE x;", 6, "   1 | ALTER TABLE x;\n     |       ^\n"},
		{"second line, CR LF", "a\r\nbcd\r\ne", 4, "   2 | bcd\n     |  ^\n"},
		{"start of a line", "a\nb", 2, "   2 | b\n     | ^\n"},
		{"end of the text", "a\nbc", 4, "   2 | bc\n     |   ^\n"},
		{"end of a line", "a\nb", 1, "   1 | a\n     |  ^\n"},
		{"nothing", "", 0, "   1 | \n     | ^\n"},
		{"behind the end", "a", 99, "   1 | a\n     |  ^\n"},
		{"tabs", "\tx\ty", 3, "   1 |     x    y\n     |          ^\n"},
		{"wide characters", "日本語 x", 10, "   1 | 日本語 x\n     |        ^\n"},
		{"combining characters", "e\u0301e\u0301x", 6, "   1 | e\u0301e\u0301x\n     |   ^\n"},
		{"control characters", "a\x1b[31m\x00\xffb", 8, "   1 | a·[31m··b\n     |         ^\n"},
		{"direction marks", "a\u202eb", 4, "   1 | a·b\n     |   ^\n"},
		{"byte order mark", "\ufeffab", 4, "   1 | ab\n     |  ^\n"},
		{"long line, at its start", long, 3, "   1 | " + long[:99] + "…\n     |    ^\n"},
		{"long line, in the middle", long, 150, "   1 | …" + long[85:183] + "…\n     | " + strings.Repeat(" ", 66) + "^\n"},
		{"long line, at its end", long, 300, "   1 | …" + long[235:] + "\n     | " + strings.Repeat(" ", 66) + "^\n"},
		{"line 12345", strings.Repeat("\n", 12344) + "abc", 12345, "12345 | abc\n      |  ^\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := sqltext.Excerpt(c.text, sqltext.PosAt(c.text, c.offset))
			if c.offset > len(c.text) {
				got = sqltext.Excerpt(c.text, sqltext.Pos{Offset: c.offset, Line: 1, Column: 1})
			}
			if got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

func TestWords(t *testing.T) {
	for _, c := range []struct {
		text string
		o    sqltext.Options
		n    int
		want []string
	}{
		{"create index concurrently i on t (a);", pg, 3, []string{"CREATE", "INDEX", "CONCURRENTLY"}},
		{" -- c\n/* d */ /*+ e */ Create /* f */ \"Index\"", pg, 5, []string{"CREATE", `"Index"`}},
		{"alter type t add value 'a'", pg, 9, []string{"ALTER", "TYPE", "T", "ADD", "VALUE", "'a'"}},
		{"żółć", pg, 1, []string{"żółć"}},
		{"a\xffb", pg, 1, []string{"A\xffB"}},
		{"", pg, 3, []string{}},
		{"select 1", pg, 0, []string{}},
		{"/*!50003 create*/ /*!50017 definer=a*/ trigger t", my, 5, []string{"CREATE", "DEFINER", "=", "A", "TRIGGER"}},
		{"/*M!100100 create */ table", my, 1, []string{"TABLE"}},
		{"/*M!100100 create */ table", maria, 1, []string{"CREATE"}},
		{"drop table `a`.b", my, 9, []string{"DROP", "TABLE", "`a`", ".", "B"}},
		{"drop table [a].b", lite, 9, []string{"DROP", "TABLE", "[a]", ".", "B"}},
	} {
		if got := sqltext.Words(c.text, c.o, c.n); !slices.Equal(got, c.want) || got == nil {
			t.Errorf("Words(%q, %v, %d) = %q, want %q", c.text, c.o.Mode, c.n, got, c.want)
		}
	}
}

func TestTokens(t *testing.T) {
	for _, c := range []struct {
		text string
		o    sqltext.Options
		want []sqltext.Kind
	}{
		{"\ufeffa \"b\" -- c", pg, []sqltext.Kind{sqltext.Space, sqltext.Ident, sqltext.Space, sqltext.QuotedIdent, sqltext.Space, sqltext.LineComment}},
		{"$1+E'x'||$$y$$::a", pg, []sqltext.Kind{sqltext.Param, sqltext.Operator, sqltext.String, sqltext.Operator, sqltext.String, sqltext.Operator, sqltext.Ident}},
		{"1.5/*c*/;/*+h*/", pg, []sqltext.Kind{sqltext.Number, sqltext.BlockComment, sqltext.Semicolon, sqltext.Hint}},
		{"copy t from stdin; \n1\n\\.\n", pg, []sqltext.Kind{
			sqltext.Ident, sqltext.Space, sqltext.Ident, sqltext.Space, sqltext.Ident, sqltext.Space, sqltext.Ident,
			sqltext.Semicolon, sqltext.Space, sqltext.CopyData, sqltext.MetaCommand,
		}},
		{"copy t from stdin;-- x", pg, []sqltext.Kind{
			sqltext.Ident, sqltext.Space, sqltext.Ident, sqltext.Space, sqltext.Ident, sqltext.Space, sqltext.Ident,
			sqltext.Semicolon, sqltext.LineComment,
		}},
		{"\\restrict x\n\\i x", pg, []sqltext.Kind{sqltext.MetaCommand, sqltext.Space, sqltext.MetaCommand}},
		{"a<-1<@b+ -c->>d", pg, []sqltext.Kind{
			sqltext.Ident, sqltext.Operator, sqltext.Operator, sqltext.Number, sqltext.Operator, sqltext.Ident,
			sqltext.Operator, sqltext.Space, sqltext.Operator, sqltext.Ident, sqltext.Operator, sqltext.Ident,
		}},
		{"DELIMITER //\na//", my, []sqltext.Kind{sqltext.MetaCommand, sqltext.Space, sqltext.Ident, sqltext.Delimiter}},
		{"/*!50000 a*/@b`c`\"d\"", my, []sqltext.Kind{
			sqltext.ExecOpen, sqltext.Space, sqltext.Ident, sqltext.ExecClose, sqltext.Param, sqltext.QuotedIdent, sqltext.String,
		}},
		{"?1:a@b $c[d]", lite, []sqltext.Kind{sqltext.Param, sqltext.Param, sqltext.Param, sqltext.Space, sqltext.Param, sqltext.QuotedIdent}},
	} {
		checkTokens(t, c.text, c.o)
		var got []sqltext.Kind
		for tok := range sqltext.Tokens(c.text, c.o) {
			got = append(got, tok.Kind)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("Tokens(%q): got %v, want %v", c.text, got, c.want)
		}
	}
}

func TestTokensStops(t *testing.T) {
	const script = "copy t from stdin;\n1\n\\.\nselect 1;"
	for n := 1; n < 14; n++ {
		count := 0
		for range sqltext.Tokens(script, pg) {
			if count++; count == n {
				break
			}
		}
		if count != n {
			t.Fatalf("got %d tokens, want %d", count, n)
		}
	}
	for s, err := range sqltext.Statements("a;b;'", pg) {
		if err != nil || s.Text != "a" {
			t.Errorf("got %q and %v, want a", s.Text, err)
		}
		break
	}
}

func TestDigest(t *testing.T) {
	same := func(name string, o sqltext.Options, texts ...string) {
		t.Helper()
		for _, text := range texts[1:] {
			if sqltext.Digest(text, o) != sqltext.Digest(texts[0], o) {
				t.Errorf("%s: %q and %q differ", name, texts[0], text)
			}
		}
	}
	same("layout", pg, "CREATE TABLE t (a int)", "create\n\ttable T(a INT) ;\r\n", "\ufeff-- c\nCREATE /* x */ TABLE t (a int); ;")
	same("statements", pg, "a; b", "a;;b;", "a -- ;\n;b")
	same("operators", pg, "SELECT a<-1", "SELECT a < - 1")
	same("dump's key", pg, "\\restrict a\nSELECT 1;\n\\unrestrict a\n", "\\restrict b\nSELECT 1;\n\\unrestrict b\n")
	same("COPY", pg, "COPY t FROM stdin;\n1\n\\.\nSELECT 1", "copy t from stdin ; -- x\n1\n\\.\n\nselect 1;")
	same("delimiters", my, "CREATE PROCEDURE p() BEGIN SELECT 1; END; SELECT 2", "DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END//\nDELIMITER ;\nSELECT 2;")
	same("sqlite", lite, "SELECT [a] -- b", "select\n[a]")
}

func TestDigestDiffers(t *testing.T) {
	differ := func(name string, o sqltext.Options, texts ...string) {
		t.Helper()
		seen := map[[32]byte]string{}
		for _, text := range texts {
			d := sqltext.Digest(text, o)
			if other, ok := seen[d]; ok {
				t.Errorf("%s: %q and %q have the same digest", name, text, other)
			}
			seen[d] = text
		}
	}
	differ("words", pg, "", "a", "ab", "a b", "b a", "a; b", `"a"`, `"A"`, "'a'", "'A'", "1", "a.b", "a(b)")
	differ("strings", pg, "'a b'", "'a  b'", "'a\nb'", "'a\r\nb'", "$$a b$$", "$$a  b$$", "E'a b'")
	differ("bodies", pg, "DO $$ BEGIN a; END $$", "DO $$ BEGIN a;  END $$", "DO $$ begin a; END $$")
	differ("operators", pg, "a <@ b", "a < @ b", "a -> b", "a - > b")
	differ("hints", pg, "SELECT 1", "/*+ a */ SELECT 1", "/*+ b */ SELECT 1")
	differ("COPY", pg, "COPY t FROM stdin;\n1\n\\.\n", "COPY t FROM stdin;\n2\n\\.\n", "COPY t FROM stdin;\n1", "COPY t FROM stdin;", "COPY t FROM stdin;\n\n\\.\n")
	differ("case", my, "SELECT a", "SELECT A")
	differ("executable comments", my, "SELECT 1", "/*! SELECT 1 */", "/*!50000 SELECT 1 */", "SELECT /*+ x */ 1")
	differ("long", pg, "'"+strings.Repeat("a", 9999)+"'", "'"+strings.Repeat("a", 9998)+"b'", "'"+strings.Repeat("a", 9998)+"'")
	differ("bodies' ends", my, "CREATE PROCEDURE p() BEGIN a; b; END", "CREATE PROCEDURE p() BEGIN a b; END")
}

// TestOptionsOfStatements checks that a statement tells how it was read.
func TestOptionsOfStatements(t *testing.T) {
	list, err := sqltext.Split("SET sql_mode='ANSI_QUOTES,NO_BACKSLASH_ESCAPES'; SELECT 1; SET sql_mode=DEFAULT; SELECT 2", my)
	if err != nil {
		t.Fatal(err)
	}
	strict := sqltext.Options{Mode: sqltext.MySQL, AnsiQuotes: true, NoBackslashEscapes: true}
	for i, want := range []sqltext.Options{my, strict, strict, my} {
		if list[i].Options != want {
			t.Errorf("options of %q: got %+v, want %+v", list[i].Text, list[i].Options, want)
		}
	}
}

// TestNothingIsCopied checks that the memory for splitting does not grow with
// the text.
func TestNothingIsCopied(t *testing.T) {
	for _, o := range []sqltext.Options{pg, my, lite} {
		script := migrationText(o, 1000)
		allocs := testing.AllocsPerRun(1, func() {
			for _, err := range sqltext.Pieces(script, o) {
				if err != nil {
					t.Fatal(err)
				}
			}
		})
		if allocs > 20 {
			t.Errorf("%v: %v allocations for %d bytes", o.Mode, allocs, len(script))
		}
	}
}

func TestModeString(t *testing.T) {
	var got []string
	for m := range sqltext.SQLite + 2 {
		got = append(got, m.String())
	}
	equal(t, "modes", got, []string{"mode(0)", "postgres", "mysql", "sqlite", "mode(4)"})
}

// TestLead checks where a comment is found that stands above a client command.
func TestLead(t *testing.T) {
	const script = "-- one\nDELIMITER //\nSELECT 1//\n-- two\nDELIMITER ;\n; -- three\nSELECT 2; -- four"
	list, err := sqltext.Split(script, my)
	if err != nil {
		t.Fatal(err)
	}
	var leads, pieces []string
	for _, s := range list {
		leads = append(leads, s.Lead)
	}
	for s, err := range sqltext.Pieces(script, my) {
		if err != nil {
			t.Fatal(err)
		}
		pieces = append(pieces, s.Lead)
	}
	equal(t, "leads of statements", leads, []string{"-- one\nDELIMITER //\n", "\n-- two\nDELIMITER ;\n; -- three\n"})
	equal(t, "leads of pieces", pieces, []string{"-- one\n", "\n", "\n-- two\n", "\n", " -- three\n", " -- four"})
}
