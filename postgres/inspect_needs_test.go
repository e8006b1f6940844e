package postgres

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/schema"
)

// TestInspectNeeds compares with what the server refuses to drop.
func TestInspectNeeds(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		db.Exec(t, `CREATE EXTENSION hstore; CREATE TYPE mood AS ENUM ('ok'); CREATE TYPE pair AS (m mood); CREATE SEQUENCE s;
CREATE FUNCTION imm(text) RETURNS text IMMUTABLE LANGUAGE sql RETURN lower($1);
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
CREATE TABLE t (a int PRIMARY KEY, m mood, p pair[], h hstore, n int DEFAULT nextval('s'), x text, g text GENERATED ALWAYS AS (imm(x)) STORED, own serial);
CREATE TABLE r (a int CONSTRAINT fk REFERENCES t); CREATE TABLE inh () INHERITS (r); CREATE INDEX i ON t (imm(x)) WHERE n > 0;
CREATE VIEW v AS SELECT m, imm(x) AS i FROM t; CREATE VIEW w AS SELECT m FROM v; CREATE MATERIALIZED VIEW mv AS SELECT m FROM w;
CREATE TRIGGER tg BEFORE UPDATE ON t FOR EACH ROW WHEN (NEW.n > 0) EXECUTE FUNCTION tf(); CREATE POLICY pol ON t USING (imm(x) = 'a' AND a IN (SELECT a FROM r));
CREATE FUNCTION rows() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t'; CREATE RULE ru AS ON DELETE TO r DO ALSO INSERT INTO inh VALUES (OLD.a);
CREATE TABLE pt (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF pt DEFAULT; CREATE INDEX pi ON pt (a); CREATE STATISTICS st ON m, n FROM t;
CREATE DOMAIN d AS mood CHECK (imm('a') = 'a')`)
		needs := map[string][]string{}
		for _, f := range inspect(t, db.Open(t), schema.Scope{}).Facts() {
			for _, n := range f.Needs {
				needs[f.ID.String()] = append(needs[f.ID.String()], n.String())
			}
			if !slices.IsSortedFunc(f.Needs, schema.ID.Compare) {
				t.Errorf("%s: needs are not sorted: %v", f.ID, f.Needs)
			}
		}
		want := map[string][]string{
			"type public.pair":             {"type public.mood"},
			"type public.d":                {"type public.mood", "routine public.imm(text)"},
			"constraint public.t.t_pkey":   {"column public.t.a"},
			"column public.t.m":            {"type public.mood"},
			"column public.t.p":            {"type public.pair"},
			"column public.t.h":            {"extension hstore"},
			"column public.t.n":            {"sequence public.s"},
			"column public.t.own":          {"sequence public.t_own_seq"},
			"column public.t.g":            {"column public.t.x", "routine public.imm(text)"},
			"index public.t.i":             {"column public.t.n", "column public.t.x", "routine public.imm(text)"},
			"constraint public.r.fk":       {"column public.r.a", "table public.t", "column public.t.a", "constraint public.t.t_pkey"},
			"table public.inh":             {"table public.r"},
			"view public.v":                {"table public.t", "column public.t.m", "column public.t.x", "routine public.imm(text)"},
			"column public.v.m":            {"type public.mood"},
			"view public.w":                {"view public.v", "column public.v.m"},
			"column public.w.m":            {"type public.mood"},
			"matview public.mv":            {"view public.w", "column public.w.m"},
			"column public.mv.m":           {"type public.mood"},
			"trigger public.t.tg":          {"column public.t.n", "routine public.tf()"},
			"policy public.t.pol":          {"table public.r", "column public.r.a", "column public.t.a", "column public.t.x", "routine public.imm(text)"},
			"routine public.rows()":        {"table public.t"},
			"rule public.r.ru":             {"table public.inh", "column public.inh.a", "column public.r.a"},
			"table public.p1":              {"table public.pt"},
			"index public.pt.pi":           {"column public.pt.a"},
			"index public.p1.p1_a_idx":     {"column public.p1.a", "index public.pt.pi"},
			"statistics public.st":         {"table public.t", "column public.t.m", "column public.t.n"},
			"column public.inh.a":          nil,
			"constraint public.inh.fk":     nil,
			"extension hstore":             nil,
			"sequence public.t_own_seq":    nil,
			"routine public.imm(text)":     nil,
			"type public.mood":             nil,
			"column order of public.t":     nil,
			"publication public.something": nil,
		}
		for name, n := range want {
			if n == nil {
				delete(want, name)
			}
		}
		if diff := cmp.Diff(want, needs); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}

// TestUnknownIsReported: what the catalogs of a newer server have is told.
func TestUnknownIsReported(t *testing.T) {
	a := newAssembly(schema.Scope{})
	takeCatalog(a, nil, row{name: "pg_class", values: []string{"{oid,relnew,relname}"}})
	takeCatalog(a, nil, row{name: "pg_news", values: []string{"{oid}"}})
	takeNewKind(a, nil, row{name: "pg_class.relkind g", values: []string{"3"}})
	var got []string
	for _, u := range a.sortedUnknown() {
		got = append(got, u.String())
	}
	want := []string{"catalog pg_news", "catalog column pg_class.relnew", "kind of object pg_class.relkind g (3)"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
