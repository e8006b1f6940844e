package sqlite

import (
	"testing"
)

// FuzzParse: no text makes a reader panic.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"CREATE TABLE t(a INT CHECK(a > - -1 AND \"a\"<>'x'), b TEXT DEFAULT (1), PRIMARY KEY(a, b DESC)) STRICT, WITHOUT ROWID",
		"CREATE TABLE t(a CONSTRAINT x REFERENCES p(q) ON DELETE SET NULL NOT DEFERRABLE, FOREIGN KEY(a) REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
		"CREATE UNIQUE INDEX i ON t(a COLLATE nocase DESC, (lower(b))) WHERE a IN (1, 2)",
		"CREATE VIEW v(x) AS SELECT CAST(a AS VARCHAR(10)) \"x y\", count(*) FILTER (WHERE a) OVER () FROM main.t AS [u v] WHERE x.\"y\" = -1.5e-3",
		"CREATE TRIGGER g UPDATE OF a, b ON t FOR EACH ROW WHEN new.a BEGIN UPDATE t SET a = CASE WHEN 1 THEN 2 END; SELECT RAISE(ABORT, 'x'); END",
		"CREATE VIRTUAL TABLE f USING fts5(a, b UNINDEXED, tokenize = 'x y')",
		"CREATE TABLE t(a DEFAULT - ", "CREATE TABLE t(a REFERENCES", "CREATE TABLE t(", "(", ")", "CREATE TABLE t(a,,)", "CREATE TABLE t())", "'", "\"", "[",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		known := names{}
		if x, err := parseTable(text); err == nil {
			known = x.names()
			for _, k := range x.keys {
				x.keyTerms(k.terms, known)
				x.mentioned(k.check)
			}
			x.rowidColumn()
		}
		c := &catalog{listed: map[string]string{}, relations: names{}, tables: map[string]*table{}, views: map[string]*view{}}
		for _, kind := range []string{"table", "view", "index", "trigger", "other"} {
			c.objects = append(c.objects, row{kind: kind, name: "t", table: "t", text: text})
		}
		c.parse()
		for _, o := range c.objects {
			c.describe(o)
		}
		_, _ = parseVirtual(text) // must not panic
		normal(tokens(text), known)
	})
}

func TestIdent(t *testing.T) {
	for name, want := range map[string]string{
		"a": "a", "a_1": "a_1", "größe": "größe", "Mixed": "Mixed", "": `""`, "1a": `"1a"`, "a b": `"a b"`, `a"b`: `"a""b"`, "a$": `"a$"`,
		"select": `"select"`, "Key": `"Key"`, "true": `"true"`, "rowid": "rowid", "\uFEFFx": "\"\uFEFFx\"",
	} {
		if got := ident(name); got != want {
			t.Errorf("ident(%q) = %s, want %s", name, got, want)
		}
	}
}
