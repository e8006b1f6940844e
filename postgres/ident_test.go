package postgres

import (
	"slices"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/internal/testdb"
)

// TestIdentAgreesWithTheServer asks quote_ident about every word the server
// knows, and about names that are hard.
func TestIdentAgreesWithTheServer(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		hard := []string{
			"a", "A", "a b", `a"b`, "_a", "1a", "a1", "a$", "é", "a.b", "a-b", strings.Repeat("x", 63), "select", "Select", "plan", "a'b", `a\b`, "日本", " ", "a\nb",
		}
		rows, err := db.Open(t).QueryContext(t.Context(), `SELECT w, quote_ident(w) FROM (
  SELECT word FROM pg_get_keywords() UNION SELECT unnest(string_to_array($1, '|'))) x (w)`, strings.Join(hard, "|"))
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var asked []string
		for rows.Next() {
			var name, want string
			if err := rows.Scan(&name, &want); err != nil {
				t.Fatal(err)
			}
			asked = append(asked, name)
			// A word of a newer server is quoted on an older one too.
			if got := ident(name); got != want && got != (dialect{}).Quote(name) {
				t.Errorf("ident(%q) = %s, the server says %s", name, got, want)
			} else if got != want && !newWord(name) {
				t.Errorf("ident(%q) = %s is quoted for no reason", name, got)
			}
		}
		if err := rows.Err(); err != nil || !slices.Contains(asked, "日本") {
			t.Errorf("%v; asked about %d names", err, len(asked))
		}
	})
}

// newWord tells that a word is a keyword on some server only.
func newWord(w string) bool {
	return strings.HasPrefix(w, "json") || w == "merge_action" || w == "system_user"
}

func TestQualifiedNames(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{dotted("public", "users"), "public.users"},
		{dotted("My App", "order"), `"My App"."order"`},
		{dotted("", "x"), "x"},
		{joined(`"a, b", c"d`), `"a, b"."c""d"`},
		{names([]string{"id", "User", "desc"}), `id, "User", "desc"`},
		{text(`it's`), `'it''s'`},
		{text(`a\b`), `E'a\\b'`},
		{dollars("a"), "$$a$$"},
		{dollars("a $$ b"), "$body$a $$ b$body$"},
		{dollars("x$"), "$body$x$$body$"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}
