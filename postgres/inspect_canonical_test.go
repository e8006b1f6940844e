package postgres

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/internal/testdb"
)

func TestCanonical(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "a > 0", "a > 0"},
		{"list", "(ARRAY['x'::character varying, 'y'::character varying])::text[]", "ARRAY[('x'::character varying)::text, ('y'::character varying)::text]"},
		{"one", "x (ARRAY[a])::text[] y", "x ARRAY[(a)::text] y"},
		{"not cast", "(ARRAY[1, 2])", "(ARRAY[1, 2])"},
		{"not cast to an array", "(ARRAY[1, 2])::mytype", "(ARRAY[1, 2])::mytype"},
		{"parts of elements", "(ARRAY[f(1, 2), 'a,b]'::text, x[1]])::bigint[]", "ARRAY[(f(1, 2))::bigint, ('a,b]'::text)::bigint, (x[1])::bigint]"},
		{"quotes", `(ARRAY['it''s', E'\\''', "a]b"])::text[]`, `ARRAY[('it''s')::text, (E'\\''')::text, ("a]b")::text]`},
		{"in a string", "'(ARRAY[1])::text[]'", "'(ARRAY[1])::text[]'"},
		{"in a name", `"(ARRAY[1])::text[]"`, `"(ARRAY[1])::text[]"`},
		{"nested", "(ARRAY[f((ARRAY[a])::text[])])::text[]", "ARRAY[(f(ARRAY[(a)::text]))::text]"},
		{"modifier", "(ARRAY[a])::character varying(9)[]", "ARRAY[(a)::character varying(9)]"},
		{"words behind a modifier", "(ARRAY[a])::timestamp(3) without time zone[]", "ARRAY[(a)::timestamp(3) without time zone]"},
		{"qualified", `(ARRAY[a])::"My".t[]`, `ARRAY[(a)::"My".t]`},
		{"cut off", "(ARRAY['x", "(ARRAY['x"},
	} {
		if got := canonical(c.in); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
		if got := canonical(canonical(c.in)); got != c.want {
			t.Errorf("%s: a second time it becomes %s", c.name, got)
		}
	}
}

// expressions are conditions on a table of many types whose print may change
// when it is read again.
func expressions() []string {
	all := []string{
		"e IN (1, 2)", "n IN (1, 2.5)", "v LIKE ANY (ARRAY['x', 'y'])", "dt IN ('2020-01-01', '2021-01-01')", "v = ANY ('{x,y}')", "v || 'z' IN ('p', 'q')",
		"lower(v) IN ('x', 'y')", "vs && ARRAY['a', 'b']::varchar[]", "d IN (1, NULL)", "(v, d) IN (('x', 1), ('y', 2))", "v BETWEEN 'a' AND 'b'",
		"coalesce(v, 'x') = 'y'", "j ?| ARRAY['a', 'b']", "v SIMILAR TO 'x%'", "d = ANY (ARRAY[1, 2]::bigint[])", "e = ANY (ARRAY[d, 2])",
		"v = ANY (ARRAY['it''s', 'a, b', 'c]']::varchar[])", "v::varchar(3) IN ('a', 'b')", "vs = ARRAY['a', 'b']", "ts IN ('2020-01-01', '2021-01-01')",
		"m IN ('sad', 'ok')", "m::text IN ('sad', 'ok')", "CASE WHEN v IN ('q', 'r') THEN true ELSE false END", "(v IN ('a', 'b')) IS NOT TRUE",
		"EXTRACT(year FROM dt) IN (1, 2)", "v <> ALL (ARRAY[v2, 'x'])", "ARRAY[v, v2]::text[] @> ARRAY['x']", "(vs)[1] IN ('a', 'b')", "md5(v) = ANY (ARRAY['a'::varchar, v2]::text[])",
		"nm IN ('a', 'b')", "c3 NOT IN ('a', 'b')", "em IN ('a', 'b')", "v COLLATE \"C\" IN ('a', 'b')", "ARRAY[ARRAY['a'::varchar], ARRAY['b']]::text[] = ARRAY[ARRAY['a']]",
	}
	r := rand.New(rand.NewPCG(7, 7))
	operands := []string{"v", "v2", "t", "c3", "nm", "em", "lower(v)", "coalesce(v, v2)", "v || t", "(vs)[1]"}
	for range 60 {
		one := operands[r.IntN(len(operands))]
		other := []string{"'a'", "'b,c'", "'it''s'", operands[r.IntN(len(operands))], "'d'::varchar", "'e'::text"}
		r.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
		how := []string{"IN (%s)", "NOT IN (%s)", "= ANY (ARRAY[%s])", "<> ALL (ARRAY[%s]::varchar[])", "= ANY (ARRAY[%s]::text[])", "LIKE ANY (ARRAY[%s])"}
		all = append(all, one+" "+fmt.Sprintf(how[r.IntN(len(how))], strings.Join(other[:1+r.IntN(4)], ", ")))
	}
	return all
}

// TestCanonicalIsWhatTheServerPrintsNext makes constraints anew from what the
// server prints: their canonical form stays, and it is what the server prints
// in the end.
func TestCanonicalIsWhatTheServerPrintsNext(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		conn := session(t, "pgx", db.URL)
		run(t, conn, `CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN email AS varchar(99);
CREATE TABLE x (v varchar(9), v2 varchar, t text, c3 char(3), d int, e bigint, n numeric, dt date, ts timestamptz, j jsonb, vs varchar[], nm name, m mood, em email)`)
		read, changed := 0, 0
		for _, e := range expressions() {
			add := "ALTER TABLE x ADD CONSTRAINT k CHECK (" + e + ")"
			if _, err := conn.ExecContext(t.Context(), add); err != nil {
				continue // the types do not fit
			}
			const look = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'k'"
			first := value(t, conn, look)
			read++
			last := first
			for range 3 {
				run(t, conn, "ALTER TABLE x DROP CONSTRAINT k, ADD CONSTRAINT k "+last)
				last = value(t, conn, look)
				if got := canonical(last); got != canonical(first) {
					t.Errorf("%s: %s becomes %s", e, canonical(first), got)
				}
			}
			if first != last {
				changed++
			}
			if canonical(first) != last {
				t.Errorf("%s: canonical %s, but the server ends with %s", e, canonical(first), last)
			}
			run(t, conn, "ALTER TABLE x DROP CONSTRAINT k, ADD CONSTRAINT k "+canonical(first))
			if got := value(t, conn, look); got != last {
				t.Errorf("%s: the canonical form is printed as %s, not %s", e, got, last)
			}
			run(t, conn, "ALTER TABLE x DROP CONSTRAINT k")
		}
		if read < 70 || changed < 15 {
			t.Errorf("only %d expressions were read, of which %d changed", read, changed)
		}
	})
}

func TestKeyTexts(t *testing.T) {
	for in, want := range map[string][]string{
		`USING btree (a)`: {"a"},
		`USING btree (a DESC, "b, c" COLLATE "C", lower(x) text_ops NULLS FIRST) INCLUDE (d) WHERE (e > 0)`: {"a", `"b, c"`, "(lower(x))"},
		`USING gist (((a + 1)) s.ops (siglen='100'), f(')', "(") DESC)`:                                     {"((a + 1))", `(f(')', "("))`},
		`USING btree (app."F"((v)::text), (x[1]), COALESCE(a, (b)[2]))`:                                     {`(app."F"((v)::text))`, "(x[1])", "(COALESCE(a, (b)[2]))"},
	} {
		if got := keyTexts(in); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
}

// TestKeyTextsAreTheServers compares with what the server says of each member.
func TestKeyTextsAreTheServers(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		conn := session(t, "pgx", db.URL)
		run(t, conn, `CREATE TABLE x (a int, "B, (c" text, v varchar, ts timestamptz, d date, vs text[])`)
		for _, key := range []string{
			`a DESC, lower(v) COLLATE "C" text_pattern_ops, (a + 1)`, `("B, (c" || v), upper("B, (c")`, `(ts AT TIME ZONE 'UTC'), EXTRACT(year FROM d), a`,
			`coalesce(v, 'x)'), (vs[1]), (v = 'a' OR a IS NULL)`, `(CASE WHEN a > 0 THEN 1 ELSE 2 END), trim(v), substring(v from 2), overlay(v placing 'x' from 1)`,
			`((vs)[1] COLLATE "C"), greatest(a, 1), nullif(a, 2), (a::bigint), (v COLLATE "C")`, `md5(v), position('x' in v), (v IS NFC NORMALIZED)`,
		} {
			run(t, conn, "CREATE INDEX i ON x ("+key+") WHERE a > 0")
			want := value(t, conn, `SELECT string_agg(CASE WHEN k.n = 0 AND pg_get_indexdef(i.indexrelid, k.place::int, false) NOT LIKE '(%'
  THEN '(' || pg_get_indexdef(i.indexrelid, k.place::int, false) || ')' ELSE pg_get_indexdef(i.indexrelid, k.place::int, false) END, ' ; ' ORDER BY k.place)
  FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k (n, place) WHERE i.indexrelid = 'i'::regclass`)
			got := strings.Join(keyTexts(decodeIndex(nil, row{}, value(t, conn, "SELECT pg_get_indexdef('i'::regclass)"))), " ; ")
			if got != want {
				t.Errorf("%s: got %s, want %s", key, got, want)
			}
			run(t, conn, "DROP INDEX i")
		}
	})
}
