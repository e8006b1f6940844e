package postgres

import (
	"context"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

const witnessFixture = `
CREATE TABLE t (a int, "B" text); CREATE INDEX ti ON t (a); CREATE SCHEMA s; CREATE TABLE s.t (a int);
CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE TYPE s."Mood" AS ENUM ('bad');
CREATE SUBSCRIPTION sub CONNECTION 'dbname=x' PUBLICATION one WITH (connect = false, slot_name = NONE)`

// witnessed are statements with the witness before and after; a star stands
// for digits.
var witnessed = []struct{ sql, before, after string }{
	{`CREATE INDEX CONCURRENTLY "I i" ON t (lower("B"))`, "absent", "index *"},
	{`CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON s.t (a)`, "absent", "index *"},
	{`CREATE INDEX CONCURRENTLY i2 ON nowhere (a)`, "absent", ""},
	{`CREATE INDEX CONCURRENTLY ON ONLY t (a)`, "indexes *,*", "indexes *,*,*"},
	{`CREATE UNIQUE INDEX CONCURRENTLY ON s.t (a)`, "indexes *", "indexes *,*"},
	{`DROP INDEX CONCURRENTLY IF EXISTS public.ti`, "index *", "absent"},
	{`ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY`, "attached", "absent"},
	{`ALTER TYPE s."Mood" ADD VALUE IF NOT EXISTS 'it''s good'`, "absent", "value"},
	{`ALTER TYPE s."Mood" ADD VALUE E'\x62etter' BEFORE 'bad'`, "absent", "value"},
	{`CREATE DATABASE lockstep_witness`, "absent", "database *"},
	{`DROP DATABASE lockstep_witness`, "database *", "absent"},
	{`ALTER SUBSCRIPTION sub SET PUBLICATION two, three`, "publications one", ""},
	{`DROP SUBSCRIPTION sub`, "subscription *", "absent"},
	{`COMMIT PREPARED 'x'`, "absent", ""},
	{`CREATE TABLESPACE nowhere LOCATION '/nowhere'`, "absent", ""},
	{`VACUUM t`, "", ""},
	{`REINDEX TABLE CONCURRENTLY t`, "", ""},
	{`ALTER SYSTEM SET work_mem = '4MB'`, "", ""},
	{`CREATE TABLE x (a int)`, "", ""},
	{`INSERT INTO t VALUES (1)`, "", ""},
}

func witnessOf(t *testing.T, q lockstep.Querier, text string) string {
	t.Helper()
	w, err := dialect{}.Witness(t.Context(), q, lockstep.Server{}, statement(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.FieldsFunc(w, func(r rune) bool { return '0' <= r && r <= '9' }), "*") + strings.Repeat("*", trailingDigit(w))
}

func trailingDigit(s string) int {
	if s != "" && s[len(s)-1] >= '0' && s[len(s)-1] <= '9' {
		return 1
	}
	return 0
}

func TestWitness(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		own := testdb.New(t, db.Kind)
		conn := session(t, driver, own.URL)
		run(t, conn, witnessFixture)
		for _, c := range witnessed {
			text := strings.ReplaceAll(c.sql, "lockstep_witness", own.Name+"_w")
			if got := witnessOf(t, conn, text); got != c.before {
				t.Errorf("before: %q, want %q: %s", got, c.before, text)
			}
			if c.after == "" {
				continue
			}
			run(t, conn, text)
			if got := witnessOf(t, conn, text); got != c.after {
				t.Errorf("after: %q, want %q: %s", got, c.after, text)
			}
		}
	})
}

// prepare runs Prepare and returns its note.
func prepare(t *testing.T, db *testdb.Database, text string) string {
	t.Helper()
	conn := session(t, "pgx", db.URL)
	run(t, conn, "SET lock_timeout = 77; SET statement_timeout = 99000")
	note, err := dialect{}.Prepare(t.Context(), conn, lockstep.Server{}, statement(t, text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if got := value(t, conn, showGuard); !strings.HasPrefix(got, "77ms 99s ") {
		t.Errorf("timeouts afterwards: %s", got)
	}
	return note
}

// invalid lists the invalid indexes.
func invalid(t *testing.T, db *testdb.Database) string {
	t.Helper()
	return value(t, db.Open(t), `SELECT coalesce(string_agg(indexrelid::regclass::text, ' ' ORDER BY indexrelid::regclass::text), '') FROM pg_index WHERE NOT indisvalid`)
}

// fails runs a statement that must fail.
func fails(t *testing.T, q lockstep.Querier, text string) {
	t.Helper()
	if _, err := q.ExecContext(t.Context(), text); err == nil {
		t.Fatalf("did not fail: %s", text)
	}
}

func TestPrepareDropsInvalidIndexes(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		run(t, db.Open(t), `CREATE TABLE "T t" (a int, "B" text); INSERT INTO "T t" VALUES (1, 'x'), (1, 'X'); CREATE TABLE other (a int); INSERT INTO other VALUES (1), (1)`)
		for _, text := range []string{
			`CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "I i" ON "T t" (a)`,
			`CREATE UNIQUE INDEX CONCURRENTLY named ON public."T t" USING btree (lower("B"))`,
			`CREATE UNIQUE INDEX CONCURRENTLY ON "T t" (a)`,
			`CREATE UNIQUE INDEX CONCURRENTLY ON "T t" (lower("B"), a DESC) INCLUDE ("B") WITH (fillfactor = 70) WHERE "B" <> 'y' AND a IN (1, 2)`,
		} {
			fails(t, db.Open(t), `CREATE UNIQUE INDEX CONCURRENTLY other_i ON other (a)`)
			fails(t, db.Open(t), `CREATE UNIQUE INDEX CONCURRENTLY other_t ON "T t" (a, a)`)
			run(t, db.Open(t), `CREATE INDEX valid ON "T t" (a); CREATE INDEX ON "T t" (lower("B"))`)
			fails(t, db.Open(t), text)
			if got := witnessOf(t, db.Open(t), text); strings.HasPrefix(text, "index ") {
				t.Errorf("an invalid index is a witness: %s", got)
			}
			if note := prepare(t, db, text); !strings.HasPrefix(note, "dropped invalid index") || strings.Contains(note, "other") {
				t.Errorf("note %q: %s", note, text)
			}
			if got := invalid(t, db); got != "other_i other_t" {
				t.Errorf("left: %s: %s", got, text)
			}
			if note := prepare(t, db, text); note != "" {
				t.Errorf("again: %q: %s", note, text)
			}
			if n := value(t, db.Open(t), "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = indexrelid WHERE indrelid = '\"T t\"'::regclass AND indisvalid"); n != "2" {
				t.Errorf("%s valid indexes: %s", n, text)
			}
			run(t, db.Open(t), `DROP INDEX other_i, other_t, valid, "T t_lower_idx"`)
		}
	})
}

// An index that somebody is building is invalid as well.
func TestPrepareLeavesBuildsAlone(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		run(t, db.Open(t), `CREATE TABLE t (a int)`)
		writer, builder := session(t, "pgx", db.URL), session(t, "pgx", db.URL)
		run(t, writer, "BEGIN; INSERT INTO t VALUES (1)")
		built := make(chan error)
		go func() {
			_, err := builder.ExecContext(t.Context(), "CREATE INDEX CONCURRENTLY i ON t (a)")
			built <- err
		}()
		eventually(t, "the build waits", func() bool { return invalid(t, db) == "i" })
		for _, text := range []string{"CREATE INDEX CONCURRENTLY i ON t (a)", "CREATE INDEX CONCURRENTLY ON t (a)"} {
			if note := prepare(t, db, text); note != "" {
				t.Errorf("%q: %s", note, text)
			}
		}
		run(t, writer, "COMMIT")
		if err := <-built; err != nil || invalid(t, db) != "" {
			t.Errorf("%v, invalid: %s", err, invalid(t, db))
		}
	})
}

func TestPrepareDropsWhatReindexLeft(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		run(t, db.Open(t), `CREATE SCHEMA "S"; CREATE TABLE "S".t (a int PRIMARY KEY, b text); CREATE INDEX i ON "S".t (b); CREATE TABLE calm (a int)`)
		for _, text := range []string{
			`REINDEX INDEX CONCURRENTLY "S".i`, `REINDEX TABLE CONCURRENTLY "S".t`, `REINDEX (CONCURRENTLY) SCHEMA "S"`,
			`REINDEX DATABASE CONCURRENTLY ` + db.Name,
		} {
			reader, worker := session(t, "pgx", db.URL), session(t, "pgx", db.URL)
			run(t, reader, `BEGIN; SELECT * FROM "S".t`)
			run(t, worker, "SET statement_timeout = 300")
			fails(t, worker, text)
			run(t, reader, "COMMIT")
			if !strings.Contains(invalid(t, db), "_cc") {
				t.Fatalf("nothing is left of %s", text)
			}
			if note := prepare(t, db, "REINDEX TABLE CONCURRENTLY calm"); note != "" {
				t.Errorf("another table's: %q", note)
			}
			if note := prepare(t, db, text); !strings.Contains(note, "_cc") || invalid(t, db) != "" {
				t.Errorf("note %q, left %s: %s", note, invalid(t, db), text)
			}
			run(t, db.Open(t), text)
		}
	})
}

// Clearing up behind a statement that did not get past a long reader must not
// wait for that reader for ever.
func TestPrepareIsBounded(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		run(t, db.Open(t), `CREATE TABLE t (a int); CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)`)
		reader, worker := session(t, "pgx", db.URL), session(t, "pgx", db.URL)
		run(t, reader, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM t, p")
		for _, text := range []string{`CREATE INDEX CONCURRENTLY i ON t (a)`, `ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY`} {
			run(t, worker, "SET statement_timeout = 200; SET lock_timeout = 0")
			fails(t, worker, text)
			_, err := dialect{}.Prepare(t.Context(), worker, lockstep.Server{}, statement(t, text))
			if de := Dialect().Classify(err); de == nil || de.Class != lockstep.ErrorCanceled {
				t.Errorf("%v: %s", err, text)
			}
		}
		run(t, reader, "COMMIT")
		for _, text := range []string{`CREATE INDEX CONCURRENTLY i ON t (a)`, `ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY`} {
			if note := prepare(t, db, text); note == "" {
				t.Errorf("nothing was left of %s", text)
			}
		}
	})
}

func TestPrepareFinishesDetach(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		const detach = `ALTER TABLE "P" DETACH PARTITION public.p1 CONCURRENTLY`
		run(t, db.Open(t), `CREATE TABLE "P" (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF "P" FOR VALUES IN (1); CREATE TABLE p2 PARTITION OF "P" FOR VALUES IN (2)`)
		if note := prepare(t, db, detach); note != "" {
			t.Errorf("before: %q", note)
		}
		before := witnessOf(t, db.Open(t), detach)
		reader, worker := session(t, "pgx", db.URL), session(t, "pgx", db.URL)
		run(t, reader, `BEGIN; SELECT * FROM "P"`)
		run(t, worker, "SET statement_timeout = 300")
		fails(t, worker, detach)
		run(t, reader, "COMMIT")
		if pending := value(t, db.Open(t), "SELECT count(*) FROM pg_inherits WHERE inhdetachpending"); pending != "1" {
			t.Fatalf("%s pending", pending)
		}
		if got := witnessOf(t, db.Open(t), detach); got != before {
			t.Errorf("half a detach is a witness: %s", got)
		}
		if note := prepare(t, db, detach); !strings.HasPrefix(note, "finished detaching") {
			t.Errorf("note %q", note)
		}
		if got := witnessOf(t, db.Open(t), detach); got == before {
			t.Errorf("no witness of the finished detach: %s", got)
		}
		if n := value(t, db.Open(t), "SELECT count(*) FROM pg_inherits"); n != "1" {
			t.Errorf("%s partitions are left", n)
		}
	})
}

// Prepare on a connection that is gone says so.
func TestPrepareReportsErrors(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		over, cancel := context.WithCancel(t.Context())
		cancel()
		for _, text := range []string{"CREATE INDEX CONCURRENTLY i ON t (a)", "REINDEX TABLE CONCURRENTLY t", "ALTER TABLE p DETACH PARTITION q CONCURRENTLY"} {
			if _, err := (dialect{}).Prepare(over, session(t, "pgx", db.URL), lockstep.Server{}, statement(t, text)); err == nil {
				t.Errorf("no error: %s", text)
			}
		}
	})
}
