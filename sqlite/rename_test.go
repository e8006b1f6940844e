package sqlite_test

import (
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/schema/diff"
)

func renamed(kind schema.Kind, table, from, to string) diff.Rename {
	return diff.Rename{From: schema.ID{Kind: kind, Table: table, Name: from}, To: schema.ID{Kind: kind, Table: table, Name: to}}
}

// TestRenames: SQLite adapts all that names a renamed table or column, and what
// is rendered is the rename alone.
func TestRenames(t *testing.T) {
	const all = `CREATE TABLE p (id INTEGER PRIMARY KEY, a TEXT NOT NULL UNIQUE CHECK (a <> 'a'), g AS (lower(a)), CONSTRAINT c CHECK (length(a) < 99));
CREATE TABLE r (a INT REFERENCES p (id), b TEXT REFERENCES p (a) ON DELETE CASCADE, up INT REFERENCES r);
CREATE INDEX i ON p (a DESC, (upper(a))) WHERE a > 'a';
CREATE VIEW v AS SELECT p.a, p.id AS x FROM p JOIN r ON r.b = p.a;
CREATE TRIGGER g AFTER UPDATE OF a ON p WHEN NEW.a > OLD.a BEGIN UPDATE r SET b = NEW.a WHERE b = OLD.a; DELETE FROM p WHERE a = 'a'; END;`
	for _, test := range []struct {
		name    string
		replace []string
		rename  diff.Rename
		want    string
	}{
		{"column", []string{
			"p (id INTEGER PRIMARY KEY, a TEXT NOT NULL UNIQUE CHECK (a <>", "p (id INTEGER PRIMARY KEY, n TEXT NOT NULL UNIQUE CHECK (n <>", "lower(a)", "lower(n)",
			"length(a)", "length(n)", "p (a)", "p (n)", "ON p (a DESC, (upper(a))) WHERE a >", "ON p (n DESC, (upper(n))) WHERE n >", "p.a", "p.n",
			"UPDATE OF a", "UPDATE OF n", "NEW.a", "NEW.n", "OLD.a", "OLD.n", "WHERE a = 'a'", "WHERE n = 'a'",
		}, renamed(schema.KindColumn, "p", "a", "n"), "ALTER TABLE p RENAME COLUMN a TO n"},
		{"table", []string{
			"TABLE p", `TABLE "the p"`, "REFERENCES p", `REFERENCES "the p"`, "ON p", `ON "the p"`, "p.", `"the p".`, "FROM p", `FROM "the p"`,
		}, renamed(schema.KindTable, "", "p", "the p"), `ALTER TABLE p RENAME TO "the p"`},
		{"case of a table", []string{"TABLE p", "TABLE P"}, renamed(schema.KindTable, "", "p", "P"), "ALTER TABLE p RENAME TO lockstep_new_P;\nALTER TABLE lockstep_new_P RENAME TO P"},
		{"case of a column", []string{"KEY, a", "KEY, A"}, renamed(schema.KindColumn, "p", "a", "A"), "ALTER TABLE p RENAME COLUMN a TO A"},
	} {
		t.Run(test.name, func(t *testing.T) {
			wanted := memory(t, modernc, strings.NewReplacer(test.replace...).Replace(all))
			db := memory(t, modernc, all+"INSERT INTO p (a) VALUES ('x'), ('y'); INSERT INTO r VALUES (1, 'x', NULL);")
			before, after := inspect(t, db), inspect(t, wanted)
			up, err := migration(t, before, after, test.rename)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(up, ";\n"); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
			if err := apply(t, db, up); err != nil {
				t.Fatal(err)
			}
			checkSchema(t, db, after, wanted, up)
			down, err := migration(t, after, before, diff.Inverse([]diff.Rename{test.rename})...)
			if err != nil {
				t.Fatal(err)
			}
			if err := apply(t, db, down); err != nil {
				t.Fatal(err)
			}
			checkSchema(t, db, before, memory(t, modernc, all), down)
			if got := text(t, db, "SELECT group_concat(a) || (SELECT b FROM r) FROM p"); got != "x,yx" {
				t.Errorf("rows are %s", got)
			}
		})
	}
}
