package sqltext_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/lockstepdb/lockstep/sqltext"
)

var (
	pg    = sqltext.Options{Mode: sqltext.Postgres}
	my    = sqltext.Options{Mode: sqltext.MySQL}
	maria = sqltext.Options{Mode: sqltext.MySQL, MariaDB: true}
	lite  = sqltext.Options{Mode: sqltext.SQLite}
)

// splitCase is a script and the texts of its statements.
type splitCase struct {
	name   string
	script string
	want   []string
}

func runSplit(t *testing.T, o sqltext.Options, cases []splitCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			checkLaws(t, c.script, o)
			if got := texts(t, c.script, o); !slices.Equal(got, c.want) {
				t.Errorf("Split(%q)\n got %q\nwant %q", c.script, got, c.want)
			}
		})
	}
}

func texts(t *testing.T, script string, o sqltext.Options) []string {
	t.Helper()
	list, err := sqltext.Split(script, o)
	if err != nil {
		t.Fatalf("Split(%q): %v", script, err)
	}
	var got []string
	for _, s := range list {
		got = append(got, s.Text)
	}
	return got
}

// faultCase is a script that cannot be split, and the error's text with its
// line and column; hint is a part of its hint.
type faultCase struct {
	name   string
	script string
	want   string
	hint   string
}

func runFaults(t *testing.T, o sqltext.Options, cases []faultCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			checkLaws(t, c.script, o)
			list, err := sqltext.Split(c.script, o)
			var e *sqltext.SyntaxError
			if !errors.As(err, &e) {
				t.Fatalf("Split(%q) = %v, %v; want a SyntaxError", c.script, list, err)
			}
			if list != nil || e.Error() != c.want || !strings.Contains(e.Hint, c.hint) || (e.Hint == "") != (c.hint == "") {
				t.Errorf("Split(%q)\n got %v, %v (hint %q)\nwant %v (hint %q)", c.script, list, e, e.Hint, c.want, c.hint)
			}
		})
	}
}

// checkLaws checks what holds for every text: pieces make it up byte for byte
// unless there is an error, and stand where they say; so do tokens, always.
func checkLaws(t *testing.T, text string, o sqltext.Options) {
	t.Helper()
	checkTokens(t, text, o)
	w := walker{text: text, line: 1, column: 1}
	for p, err := range sqltext.Pieces(text, o) {
		if err != nil {
			checkFault(t, text, w.offset, err)
			return
		}
		whole := p.Lead + p.Text + p.Tail + p.Data + p.DataEnd
		if whole == "" || !strings.HasPrefix(text[w.offset:], whole) {
			t.Fatalf("piece %q is not what stands at %d of %q", whole, w.offset, text)
		}
		end := w.offset + len(whole)
		checkPiece(t, &w, p)
		w.walk(end - w.offset)
	}
	if w.offset != len(text) {
		t.Fatalf("pieces make up %d of the %d bytes of %q", w.offset, len(text), text)
	}
}

func checkFault(t *testing.T, text string, from int, err error) {
	t.Helper()
	var e *sqltext.SyntaxError
	if !errors.As(err, &e) {
		t.Fatalf("error %v of %q is no SyntaxError", err, text)
	}
	w := walker{text: text, line: 1, column: 1}
	w.walk(e.Pos.Offset)
	if e.Pos.Offset < from || e.Pos.Offset > len(text) || e.Msg == "" || e.Pos != w.pos() {
		t.Fatalf("error %+v of %q does not stand in the piece at %d", *e, text, from)
	}
}

func checkPiece(t *testing.T, w *walker, p sqltext.Statement) {
	t.Helper()
	w.walk(len(p.Lead))
	if p.Pos != w.pos() {
		t.Fatalf("piece %q of %q at %+v, want %+v", p.Text, w.text, p.Pos, w.pos())
	}
	w.walk(len(p.Text) + len(p.Tail))
	if p.CopyIn && p.DataPos != w.pos() {
		t.Fatalf("data %q of %q at %+v, want %+v", p.Data, w.text, p.DataPos, w.pos())
	}
	if !p.CopyIn && (p.Data != "" || p.DataEnd != "" || p.DataPos != sqltext.Pos{}) {
		t.Fatalf("piece %+v of %q has data", p, w.text)
	}
	textless := p.Kind == sqltext.Empty || p.Kind == sqltext.Trailing
	if textless != (p.Text == "") {
		t.Fatalf("piece %+v of %q with text %q", p, w.text, p.Text)
	}
}

// walker works out positions another way than the package does: one character
// after the other.
type walker struct {
	text                 string
	offset, line, column int
}

func (w *walker) pos() sqltext.Pos {
	return sqltext.Pos{Offset: w.offset, Line: w.line, Column: w.column}
}

// walk moves n bytes on, not beyond the end.
func (w *walker) walk(n int) {
	for end := min(w.offset+n, len(w.text)); w.offset < end; {
		r, size := utf8.DecodeRuneInString(w.text[w.offset:end])
		rest := w.text[w.offset+size:]
		switch {
		case r == '\ufeff' && w.offset == 0:
		case r == '\n', r == '\r' && !strings.HasPrefix(rest, "\n"):
			w.line, w.column = w.line+1, 1
		default:
			w.column++
		}
		w.offset += size
	}
}

func checkTokens(t *testing.T, text string, o sqltext.Options) {
	t.Helper()
	off := 0
	for tok := range sqltext.Tokens(text, o) {
		if tok.Start != off || tok.End <= tok.Start || tok.Kind == 0 {
			t.Fatalf("token %+v at %d of %q", tok, off, text)
		}
		off = tok.End
	}
	if off != len(text) {
		t.Fatalf("tokens make up %d of the %d bytes of %q", off, len(text), text)
	}
}

// everyModeCases hold on every server.
var everyModeCases = []splitCase{
	{"nothing", "", nil},
	{"space", " \t\r\n ", nil},
	{"byte order mark", "\ufeff", nil},
	{"byte order mark before a statement", "\ufeffSELECT 1;", []string{"SELECT 1"}},
	{"one", "SELECT 1;", []string{"SELECT 1"}},
	{"no last semicolon", "SELECT 1;\nSELECT 2", []string{"SELECT 1", "SELECT 2"}},
	{"no last semicolon, comment", "SELECT 1 -- one;\n", []string{"SELECT 1"}},
	{"two on a line", "SELECT 1; SELECT 2;", []string{"SELECT 1", "SELECT 2"}},
	{"empty statements", ";;\n; SELECT 1;;\n;", []string{"SELECT 1"}},
	{"only comments", "-- one;\n/* two; */ ;\n-- three", nil},
	{"comment before", "-- a; b\nSELECT 1;", []string{"SELECT 1"}},
	{"comment inside", "SELECT /* ; */ 1 -- ;\n, 2;", []string{"SELECT /* ; */ 1 -- ;\n, 2"}},
	{"comment behind", "SELECT 1; -- done; really\nSELECT 2;", []string{"SELECT 1", "SELECT 2"}},
	{"comment before the semicolon", "SELECT 1 /* x */ -- y\n;", []string{"SELECT 1"}},
	{"block comment of many lines", "/*\n;\n' \" $$\n*/SELECT 1;", []string{"SELECT 1"}},
	{"quote in a comment", "-- it's\nSELECT 1; /* it's */ SELECT 2;", []string{"SELECT 1", "SELECT 2"}},
	{"string", "SELECT ';', 'it''s;', '--', '/*';SELECT 2", []string{"SELECT ';', 'it''s;', '--', '/*'", "SELECT 2"}},
	{"string of two lines that ends in a semicolon", "SELECT 'a;\nb;\n';SELECT 2", []string{"SELECT 'a;\nb;\n'", "SELECT 2"}},
	{"empty string", "SELECT '', '''', '';", []string{"SELECT '', '''', ''"}},
	{"quoted name", "SELECT \"a;\"\"b\";SELECT 2", []string{"SELECT \"a;\"\"b\"", "SELECT 2"}},
	{"CR LF", "SELECT 1;\r\n-- x\r\nSELECT\r\n2;\r\n", []string{"SELECT 1", "SELECT\r\n2"}},
	{"lone CR", "SELECT 1;\rSELECT\r2;\r", []string{"SELECT 1", "SELECT\r2"}},
	{"minus and dash", "SELECT 1 - -1;SELECT 2", []string{"SELECT 1 - -1", "SELECT 2"}},
	{"slash", "SELECT 4 / 2;SELECT 4/2;", []string{"SELECT 4 / 2", "SELECT 4/2"}},
	{"not ASCII", "SELECT 'żółć;', ünï FROM таблица;SELECT 2", []string{"SELECT 'żółć;', ünï FROM таблица", "SELECT 2"}},
	{"transaction", "BEGIN;\nCOMMIT;\nBEGIN;\nROLLBACK;", []string{"BEGIN", "COMMIT", "BEGIN", "ROLLBACK"}},
	{"case", "SELECT CASE WHEN 1 THEN 2 END;SELECT 2", []string{"SELECT CASE WHEN 1 THEN 2 END", "SELECT 2"}},
}

func TestSplitEveryMode(t *testing.T) {
	for _, o := range []sqltext.Options{pg, my, maria, lite} {
		t.Run(o.Mode.String(), func(t *testing.T) { runSplit(t, o, everyModeCases) })
	}
}

func TestUnclosedEveryMode(t *testing.T) {
	cases := []faultCase{
		{"string", "SELECT 1;\n  SELECT 'a;\nb", "line 2, column 10: unclosed string", ""},
		{"string that ends in a doubled quote", "SELECT 'a''", "line 1, column 8: unclosed string", ""},
		{"behind letters of more bytes", "SELECT 'żółć', 'x", "line 1, column 16: unclosed string", ""},
	}
	for _, o := range []sqltext.Options{pg, my, maria, lite} {
		t.Run(o.Mode.String(), func(t *testing.T) { runFaults(t, o, cases) })
	}
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s\n got %q\nwant %q", what, got, want)
	}
}
