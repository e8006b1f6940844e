package postgres

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/dialecttest"
	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/schema"
)

func awkwardNames() []string {
	return []string{
		"Upper Case", `quote"d`, "back\\slash", "it's", "a, b", "{brace}", "a.b", " USING btree (a) ", "select", "(ARRAY[x])::text[]",
		"größe 数", strings.Repeat("long Name", 7), "NULL", "new\nline", "$1", "--", "público",
	}
}

// TestInspectNames gives one name to all kinds of objects.
func TestInspectNames(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		conn := session(t, "pgx", db.URL)
		plain := shape(inspectNamed(t, conn, "plain"), "plain")
		for _, name := range awkwardNames() {
			s := inspectNamed(t, conn, name)
			for _, id := range []schema.ID{
				{Kind: schema.KindTable, Schema: name, Name: name},
				{Kind: schema.KindColumn, Schema: name, Table: name, Name: name},
				{Kind: schema.KindIndex, Schema: name, Table: name, Name: cut("6" + name)},
				{Kind: schema.KindConstraint, Schema: name, Table: name, Name: name},
				{Kind: schema.KindTrigger, Schema: name, Table: name, Name: name},
				{Kind: schema.KindPolicy, Schema: name, Table: name, Name: name},
				{Kind: schema.KindRule, Schema: name, Table: name, Name: name},
				{Kind: schema.KindStatistics, Schema: name, Name: name},
				{Kind: schema.KindSequence, Schema: name, Name: cut("2" + name)},
				{Kind: schema.KindView, Schema: name, Name: cut("3" + name)},
			} {
				if _, ok := s.Fact(id); !ok {
					t.Errorf("%q: there is no %s", name, id)
				}
			}
			if got := shape(s, name); !slices.Equal(got, plain) {
				t.Errorf("%q: got %d facts, want %d:\n%q\n%q", name, len(got), len(plain), got, plain)
			}
		}
	})
}

// cut is what the server keeps of a longer name.
func cut(name string) string {
	name = name[:min(len(name), 63)]
	for !utf8.ValidString(name) {
		name = name[:len(name)-1]
	}
	return name
}

// shape is what of a schema does not depend on the name: kinds of facts with
// the names of their attributes, and texts behind the names.
func shape(s *schema.Schema, name string) []string {
	quoted := dialect{}.Quote(name)
	var shapes []string
	for _, f := range s.Facts() {
		line := string(f.ID.Kind)
		for _, a := range f.Attrs {
			line += " " + a.Name
			if a.Name == schema.AttrDefinition && f.ID.Kind == schema.KindIndex {
				line += "=" + strings.NewReplacer(quoted, "X", "plain", "X").Replace(a.Value)
			}
		}
		shapes = append(shapes, line)
	}
	slices.Sort(shapes)
	return shapes
}

func inspectNamed(t *testing.T, conn lockstep.Querier, name string) *schema.Schema {
	t.Helper()
	const script = `CREATE SCHEMA @@; CREATE TYPE @@.@4 AS ENUM (@L); CREATE DOMAIN @@.@5 AS int CONSTRAINT @@ CHECK (VALUE > 0);
CREATE TABLE @@.@@ (@@ int, e @@.@4, d @@.@5, CONSTRAINT @@ CHECK (@@ > 0)); CREATE INDEX @6 ON @@.@@ (@@, (@@ + 1)) WHERE @@ > 1;
CREATE SEQUENCE @@.@2 OWNED BY @@.@@.@@; CREATE VIEW @@.@3 AS SELECT @@ FROM @@.@@; CREATE STATISTICS @@.@@ ON @@, e FROM @@.@@;
CREATE FUNCTION @@.@@(@@ @@.@4) RETURNS int LANGUAGE sql AS $$SELECT 1$$;
CREATE FUNCTION @@.@@() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
CREATE TRIGGER @@ BEFORE INSERT ON @@.@@ FOR EACH ROW EXECUTE FUNCTION @@.@@(); CREATE POLICY @@ ON @@.@@ USING (@@ > 0);
CREATE RULE @@ AS ON DELETE TO @@.@@ DO INSTEAD NOTHING; CREATE PUBLICATION @@ FOR TABLE @@.@@; COMMENT ON COLUMN @@.@@.@@ IS @L;
CREATE FOREIGN DATA WRAPPER @@ OPTIONS (@@ @L); CREATE SERVER @@ FOREIGN DATA WRAPPER @@; ALTER TABLE @@.@@ ALTER @@ SET DEFAULT nextval(@R)`
	q := dialect{}.Quote
	run(t, conn, "BEGIN")
	defer run(t, conn, "ROLLBACK")
	text := "E'" + strings.NewReplacer(`\`, `\\`, "'", `''`).Replace(name) + "'"
	path := "E'" + strings.NewReplacer(`\`, `\\`, "'", `''`).Replace(q(name)+"."+q(cut("2"+name))) + "'"
	run(t, conn, strings.NewReplacer("@@", q(name), "@2", q("2"+name), "@3", q("3"+name), "@4", q("4"+name), "@5", q("5"+name), "@6", q("6"+name),
		"@L", text, "@R", path).Replace(script))
	return inspect(t, conn, schema.Scope{})
}

// TestInspectEmpty: an empty database has itself, its schema and its language.
func TestInspectEmpty(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		var got []string
		s := inspect(t, db.Open(t), schema.Scope{})
		for _, f := range s.Facts() {
			got = append(got, f.ID.String())
			if f.ID.Kind == schema.KindSchema && len(f.Attrs) > 0 {
				t.Errorf("%s has %v", f.ID, f.Attrs)
			}
		}
		if want := []string{"database", "schema public", "extension plpgsql"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if s.Unknown() != nil {
			t.Errorf("unknown: %v", s.Unknown())
		}
	})
}

// TestInspectExcept leaves out the ledger with all that belongs to it.
func TestInspectExcept(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		db.Exec(t, someSchema)
		before := inspect(t, db.Open(t), schema.Scope{})
		for _, query := range Dialect().Ledger(lockstep.LedgerTable{Name: "lockstep_ledger"}).Create {
			db.Exec(t, query)
		}
		db.Exec(t, `CREATE INDEX ON lockstep_ledger (event); ALTER TABLE lockstep_ledger ADD extra serial; CREATE STATISTICS st ON seq, event FROM lockstep_ledger;
CREATE TABLE lockstep_other (a int GENERATED ALWAYS AS IDENTITY, b serial)`)
		scope := schema.Scope{Except: []string{"lockstep_ledger", "lockstep_other"}}
		if found := schema.Compare(before, inspect(t, db.Open(t), scope)); len(found) > 0 {
			t.Error(dialecttest.Differences(found))
		}
		if found := schema.Compare(before, inspect(t, db.Open(t), schema.Scope{})); len(found) == 0 {
			t.Error("the tables are left out without being asked")
		}
	})
}

// TestInspectSchemas looks at one namespace and what has none.
func TestInspectSchemas(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		db.Exec(t, "CREATE SCHEMA app; CREATE TABLE app.t (a int PRIMARY KEY); CREATE TABLE public.u (a int REFERENCES app.t); CREATE PUBLICATION p")
		got := map[string]bool{}
		for _, f := range inspect(t, db.Open(t), schema.Scope{Schemas: []string{"app"}}).Facts() {
			got[f.ID.String()] = true
		}
		for name, want := range map[string]bool{"table app.t": true, "publication p": true, "schema app": true, "table public.u": false, "schema public": false} {
			if got[name] != want {
				t.Errorf("%s is there: %v, want %v", name, got[name], want)
			}
		}
	})
}

// TestInspectDoesNotDependOnOrder makes the same objects in many orders.
func TestInspectDoesNotDependOnOrder(t *testing.T) {
	first := []string{"CREATE ROLE mx_r1", "CREATE ROLE mx_r2", "CREATE SCHEMA app", "CREATE TYPE mood AS ENUM ('bad', 'good')", "CREATE SEQUENCE s"}
	second := []string{
		"CREATE TABLE a (id int PRIMARY KEY, m mood, n int DEFAULT nextval('s'))", "CREATE TABLE app.a (id int PRIMARY KEY, x varchar CHECK (x IN ('p', 'q')))",
		"CREATE TABLE b (gone int, id int, gone2 int, a int); ALTER TABLE b DROP gone, DROP gone2", "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
		"CREATE FUNCTION f(a text) RETURNS int LANGUAGE sql AS 'SELECT 1'", "CREATE DOMAIN d AS mood CONSTRAINT x CHECK (VALUE <> 'bad') CONSTRAINT y CHECK (VALUE IS NOT NULL)",
	}
	third := []string{
		"CREATE INDEX ON a (m)", "CREATE INDEX i ON a (n)", "ALTER TABLE b ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES a", "ALTER TABLE b ADD UNIQUE (a)",
		"ALTER TABLE b ADD CONSTRAINT c CHECK (a > 0)", "CREATE VIEW v AS SELECT m FROM a", "GRANT SELECT ON a TO mx_r1", "GRANT UPDATE, INSERT ON a TO mx_r2",
		"COMMENT ON TABLE a IS 'x'", "CREATE STATISTICS st ON m, n FROM a", "CREATE PUBLICATION p FOR TABLE a, b", "ALTER TABLE a SET (fillfactor = 70)",
		"ALTER TABLE a SET (autovacuum_enabled = off)", "ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO mx_r1", "CREATE POLICY p ON a TO mx_r2, mx_r1",
	}
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		p := &prober{conn: session(t, "pgx", db.URL), roles: db.Name + "_r", seen: map[string]*schema.Schema{}}
		var want *schema.Schema
		for seed := range uint64(6) {
			r := rand.New(rand.NewPCG(seed, 2))
			var script []string
			for _, part := range [][]string{first, second, third} {
				part = slices.Clone(part)
				r.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
				script = append(script, part...)
			}
			got := p.inspect(t, strings.Join(script, ";\n"))
			if want == nil {
				want = got
			}
			if found := schema.Compare(want, got); len(found) > 0 || got.Fingerprint() != want.Fingerprint() {
				t.Errorf("seed %d:\n%s", seed, dialecttest.Differences(found))
			}
		}
	})
}
