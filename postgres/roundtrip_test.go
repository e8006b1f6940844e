package postgres

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/dialecttest"
	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/schema"
)

// TestRoundTrips goes from random schemas to others and back.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		dialecttest.RunRoundTrips(t, dialecttest.RoundTrips{
			Dialect: Dialect(),
			Grammar: grammar(),
			Database: func(t *testing.T) dialecttest.Observed {
				own := testdb.New(t, db.Kind)
				return dialecttest.Observed{
					DB:         own.Open(t),
					Schema:     func(t testing.TB) []string { return dumped(own.Schema(t)) },
					Identities: func(t testing.TB) map[schema.ID]string { return identities(t, own) },
				}
			},
		})
	})
}

// dumped are the statements of pg_dump without the order of what is in each, and
// without the names that PostgreSQL 18 gives to NOT NULL.
func dumped(text string) []string {
	text = regexp.MustCompile(`CONSTRAINT ("([^"]|"")*_not_null\d*"|\S+_not_null\d*) NOT NULL`).ReplaceAllString(text, "NOT NULL")
	var all, lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimRight(line, ",\n"))
		if strings.HasSuffix(line, ";\n") {
			slices.Sort(lines)
			all, lines = append(all, strings.Join(lines, "\n")), nil
		}
	}
	return all
}

// identities are the numbers of relations and of the files of their rows.
func identities(t testing.TB, d *testdb.Database) map[schema.ID]string {
	t.Helper()
	rows, err := d.Open(t).QueryContext(context.Background(), `
SELECT CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'matview' WHEN 'S' THEN 'sequence' ELSE 'index' END,
	coalesce((SELECT o.relname FROM pg_index i JOIN pg_class o ON o.oid = i.indrelid WHERE i.indexrelid = c.oid), ''), c.relname, c.oid || ' ' || c.relfilenode
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'S', 'i')`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := map[schema.ID]string{}
	for rows.Next() {
		id, numbers := schema.ID{Schema: "public"}, ""
		if err := rows.Scan(&id.Kind, &id.Table, &id.Name, &numbers); err != nil {
			t.Fatal(err)
		}
		found[id] = numbers
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

func grammar() dialecttest.Grammar {
	return dialecttest.Grammar{
		Keys: []string{
			"integer", "bigint", "{integer|bigint}/GENERATED {ALWAYS|BY DEFAULT} AS IDENTITY{| (START WITH 5{| INCREMENT BY 2})}",
			"numeric(10,2)", "varchar({20|30})", "integer/DEFAULT 7", "{integer|bigint|varchar(9)}",
		},
		Options:    "{||| WITH (fillfactor = {70|80})| WITH (autovacuum_enabled = off)}",
		ForeignKey: "CONSTRAINT %n FOREIGN KEY (%c) REFERENCES %u (%j){|| MATCH FULL}{|| ON DELETE {CASCADE|SET NULL|RESTRICT}}{|| ON UPDATE {CASCADE|SET DEFAULT}}{||| DEFERRABLE{| INITIALLY DEFERRED}| NOT VALID}",
		Insert:     "INSERT INTO %t (%c) OVERRIDING SYSTEM VALUE VALUES",
		Columns:    columnKinds(),
		Bases: []dialecttest.ObjectKind{
			{Name: "enum", SQL: "CREATE TYPE %n AS ENUM ({|'0', }'1', {|'one, and a half', }'2'{|, '3'|, 'it''s'})"},
			{Name: "domain", SQL: "CREATE DOMAIN %n AS integer{| DEFAULT 1}{| CONSTRAINT positive CHECK (VALUE > {0|-1})}"},
			{Name: "sequence", SQL: "CREATE SEQUENCE %n{| AS integer}{| START 100}{| INCREMENT 5}{| CACHE 3}{| CYCLE}"},
			{Name: "function", SQL: "CREATE FUNCTION %n(x integer) RETURNS integer LANGUAGE sql IMMUTABLE{| STRICT}{| COST 5} AS 'SELECT x * {2|3}'"},
			{Name: "composite", SQL: "CREATE TYPE %n AS (a integer, {b text|\"B\" date|c numeric(5,2)[]})"},
			{Name: "trigger function", SQL: "CREATE FUNCTION %n() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {|PERFORM 1; }RETURN NEW; END'"},
		},
		Parts:  partKinds(),
		Others: otherKinds(),
		Names:  []string{"a", "users", "order_", "Mixed Case ", `double"quote`, "single'quote", "größe", "日本", "semi;colon", "per%cent", "dot.dot", "a,b", "(paren)", `back\slash`, "$1 :x "},
		Words:  []string{"select", "table", "order", "user", "value", "UPPER", "a", "b", "c", "id", "x", "année", "group", "no space", "end", "column"},
	}
}

func columnKinds() []dialecttest.ColumnKind {
	comment := "COMMENT ON COLUMN %t.%1 IS '{it''s|a comment|größe}'"
	return []dialecttest.ColumnKind{
		{Name: "number", Type: "{smallint|integer|bigint|numeric(10,2)|real|double precision}", Value: "%i", Default: "{1|2|(1 + 1)|'1'}", Generated: "GENERATED ALWAYS AS (%1 {+|*} {1|2}) STORED", Comment: comment},
		{Name: "number", Type: "{integer|bigint}", Value: "%i", Default: "{1|2}", Comment: comment},
		{Name: "text", Type: "{text|varchar(20)|varchar(40)|varchar}{||| COLLATE \"C\"| COLLATE \"POSIX\"}", Value: "'%i'", Default: "{'x'|'it''s'|''|'1'|upper('a')|CURRENT_USER}", Generated: "GENERATED ALWAYS AS ({upper|lower|btrim}(%1)) STORED", Comment: comment},
		{Name: "time", Type: "{timestamp|timestamptz|date|timestamp(3)}", Value: "'2026-01-0%i'", Default: "{now()|CURRENT_TIMESTAMP|'2020-02-02'}", Comment: comment},
		{Name: "flag", Type: "boolean", Value: "%i = 1", Default: "{true|false}", Comment: comment},
		{Name: "json", Type: "jsonb", Value: `'{"a": %i}'`, Default: "{'[]'|'[1, 2]'::jsonb|jsonb_build_array()}", Comment: comment},
		{Name: "uuid", Type: "uuid", Value: "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1%i'", Default: "{gen_random_uuid()|'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'}", Comment: comment},
		{Name: "bytes", Type: "bytea", Value: `'\x0%i'`, Default: `'\x{00|ff}'`},
		{Name: "list", Type: "{integer[]|bigint[]}", Value: "'{%i}'", Default: "ARRAY[{1|2}]"},
		{Name: "other", Type: "point", Value: "'(%i,1)'", Default: "'(0,0)'", NoKey: true},
		{Name: "enum", Base: "enum", Type: "%h", Value: "'%i'", Default: "{'1'|'2'}", Comment: comment},
		{Name: "enum list", Base: "enum", Type: "%h[]", Value: "'{%i}'", Default: "ARRAY['{1|2}'::%h]"},
		{Name: "domain", Base: "domain", Type: "%h", Value: "%i", Default: "{1|2}", Comment: comment},
		{Name: "counter", Base: "sequence", Type: "{integer|bigint}", Value: "%i", Default: "nextval(%q)"},
		{Name: "counted", Base: "function", Type: "integer", Value: "%i", Default: "%h({1|2})", Generated: "GENERATED ALWAYS AS (%h(%1)) STORED"},
		{Name: "composite", Base: "composite", Type: "%h", Value: "'(%i,)'", Default: "'(1,)'", NoKey: true},
	}
}

func partKinds() []dialecttest.ObjectKind {
	return []dialecttest.ObjectKind{
		{SQL: "CREATE INDEX %n ON %t (%1{|| DESC| NULLS FIRST| DESC NULLS LAST}){||| WHERE %1 IS NOT NULL}", Columns: 1},
		{SQL: "CREATE INDEX %n ON %t (%c){|| WITH (fillfactor = 60)}", Columns: -1},
		{SQL: "CREATE INDEX %n ON %t ({|%k, }%1){|| INCLUDE (%2)}", Columns: 2},
		{SQL: "CREATE UNIQUE INDEX %n ON %t (%c){| NULLS NOT DISTINCT| WHERE %1 IS NOT NULL}", Columns: -1, Unique: true, Of: "number"},
		{SQL: "CREATE INDEX %n ON %t (({lower|upper}(%1)){||, %1 text_pattern_ops})", Columns: 1, Of: "text"},
		{SQL: "CREATE INDEX %n ON %t USING {hash|btree} (%1)", Columns: 1, Of: "text"},
		{SQL: "CREATE INDEX %n ON %t USING {gin (%1)|gin (%1 jsonb_path_ops)|btree ((%1 ->> 'a'))}", Columns: 1, Of: "json"},
		{SQL: "CREATE INDEX %n ON %t USING gist (%1)", Columns: 1, Of: "other"},
		{SQL: "ALTER TABLE %t ADD CONSTRAINT %n UNIQUE (%c){|| DEFERRABLE}", Columns: -1, Unique: true, Of: "number"},
		{SQL: "ALTER TABLE %t ADD CONSTRAINT %n UNIQUE (%k, %1)", Columns: 1},
		{SQL: "ALTER TABLE %t ADD CONSTRAINT %n CHECK (%1 {>|>=|<>} {0|-1}){|| NOT VALID| NO INHERIT}", Columns: 1, Of: "number"},
		{SQL: "ALTER TABLE %t ADD CONSTRAINT %n CHECK (%1 <> 'z' {AND|OR} length(%2) < 99)", Columns: 2, Of: "text"},
		{SQL: "ALTER TABLE %t ADD CONSTRAINT %n CHECK (%1 IN ('1', '2'))", Columns: 1, Of: "enum"},
		{SQL: "ALTER TABLE %t ADD CONSTRAINT %n EXCLUDE USING gist (%1 WITH ~=)", Columns: 1, Of: "other", Unique: true},
		{SQL: "CREATE TRIGGER %n {BEFORE|AFTER} {INSERT|UPDATE|INSERT OR DELETE} ON %t FOR EACH {ROW|STATEMENT} EXECUTE FUNCTION %h()", Base: "trigger function"},
		{SQL: "CREATE TRIGGER %n BEFORE UPDATE OF %1 ON %t FOR EACH ROW {|WHEN (OLD.%1 IS DISTINCT FROM NEW.%1) }EXECUTE FUNCTION %h()", Base: "trigger function", Columns: 1, Of: "number"},
		{SQL: "CREATE STATISTICS %n {|(ndistinct) }ON %1, %2 FROM %t", Columns: 2, Of: "number"},
		{SQL: "CREATE POLICY %n ON %t {|FOR SELECT }USING (%1 > {0|1})", Columns: 1, Of: "number"},
		{SQL: "CREATE RULE %n AS ON DELETE TO %t {|WHERE OLD.%1 = 5 }DO INSTEAD NOTHING", Columns: 1, Of: "number"},
	}
}

func otherKinds() []dialecttest.ObjectKind {
	return []dialecttest.ObjectKind{
		{Name: "view", SQL: "CREATE VIEW %n{|| WITH (security_barrier)} AS SELECT %c FROM %t", Columns: -1, Of: "any"},
		{Name: "view", SQL: "CREATE VIEW %n AS SELECT %1 AS one, count(*) AS \"n n\" FROM %t GROUP BY %1{| HAVING count(*) > 1}", Columns: 1},
		{Name: "view", SQL: "CREATE VIEW %n AS SELECT *{|, 1 AS extra_column} FROM %h", Base: "view"},
		{Name: "view", SQL: "CREATE MATERIALIZED VIEW %n AS SELECT %c FROM %t{| WITH NO DATA}", Columns: -1},
		{Name: "routine", SQL: "CREATE FUNCTION %n(a text{| DEFAULT 'x'}) RETURNS text LANGUAGE sql {STABLE|VOLATILE} AS 'SELECT a{| || ''x''}'"},
		{Name: "routine", SQL: "CREATE FUNCTION %n() RETURNS SETOF integer BEGIN ATOMIC SELECT %1::integer FROM %t; END", Columns: 1, Of: "number"},
		{Name: "procedure", SQL: "CREATE PROCEDURE %n(INOUT a integer) LANGUAGE plpgsql AS 'BEGIN a := {1|2}; END'"},
		{SQL: "COMMENT ON TABLE %t IS '{it''s|größe|x}'", Columns: 1, Of: "any"},
		{SQL: "ALTER TABLE %t {ENABLE|FORCE} ROW LEVEL SECURITY", Columns: 1, Of: "any"},
		{SQL: "GRANT {SELECT|INSERT, UPDATE|SELECT (%1)} ON %t TO PUBLIC", Columns: 1, Of: "any"},
		{SQL: "ALTER TABLE %t ALTER COLUMN %1 SET {STATISTICS 50|STORAGE EXTERNAL|(n_distinct = 5)}", Columns: 1, Of: "text"},
		{Name: "publication", SQL: "CREATE PUBLICATION %n FOR TABLE %t{| WITH (publish = 'insert')}", Columns: 1, Of: "any"},
	}
}
