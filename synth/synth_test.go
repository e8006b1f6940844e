package synth_test

import (
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/synth"
)

// awkward is a schema that every server takes.
const awkward = `
CREATE TABLE tenants (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE, code CHAR(3) NOT NULL CHECK (code IN ('abc', 'xyz')));
CREATE TABLE users (
  tenant_id INTEGER NOT NULL REFERENCES tenants (id), no INTEGER NOT NULL, email VARCHAR(60) NOT NULL UNIQUE CHECK (email LIKE '%@%.%'),
  age SMALLINT CHECK (age BETWEEN 18 AND 120), state VARCHAR(10) NOT NULL CHECK (state IN ('new', 'old') OR state = 'gone'),
  score NUMERIC(5, 2) CHECK (score > 0 AND score <= 1.5), born DATE CHECK (born < '2020-01-01' AND born > '1950-01-01'),
  nick VARCHAR(20) CHECK (length(nick) >= 3 AND length(nick) < 6), boss INTEGER,
  PRIMARY KEY (tenant_id, no), FOREIGN KEY (tenant_id) REFERENCES tenants (id), FOREIGN KEY (tenant_id, boss) REFERENCES users (tenant_id, no));
CREATE TABLE projects (
  tenant_id INTEGER NOT NULL, id INTEGER NOT NULL, begins TIMESTAMP NOT NULL, ends TIMESTAMP NOT NULL, UNIQUE (tenant_id, id), PRIMARY KEY (id),
  CHECK (begins <= ends), FOREIGN KEY (tenant_id) REFERENCES tenants (id));
CREATE TABLE members (
  tenant_id INTEGER NOT NULL, user_no INTEGER NOT NULL, project_id INTEGER,
  FOREIGN KEY (tenant_id, user_no) REFERENCES users (tenant_id, no), FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id));
CREATE TABLE tags (project_id INTEGER NOT NULL, label VARCHAR(1) NOT NULL CHECK (label IN ('a', 'b', 'c', 'd')), PRIMARY KEY (project_id, label),
  FOREIGN KEY (project_id) REFERENCES projects (id));
CREATE TABLE details (project_id INTEGER NOT NULL PRIMARY KEY, body TEXT, FOREIGN KEY (project_id) REFERENCES projects (id));
CREATE TABLE flags (on_off BOOLEAN NOT NULL UNIQUE);
CREATE TABLE tree (id INTEGER NOT NULL PRIMARY KEY, parent INTEGER NOT NULL, FOREIGN KEY (parent) REFERENCES tree (id));
CREATE TABLE impossible (a INTEGER NOT NULL, b INTEGER NOT NULL, CONSTRAINT never CHECK (a < b AND b < a));
`

func TestAwkwardSchema(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		s := open(t, db, awkward)
		const rows = 2000
		got := s.fill(t, rows)
		for name, want := range map[string]int64{
			"tenants": rows, "users": rows, "projects": rows, "members": rows, "tags": rows, "details": rows, "flags": 2, "tree": rows, "impossible": 0,
		} {
			if one := got[name]; one.Rows != want || s.number(t, "SELECT COUNT(*) FROM "+name) != want {
				t.Errorf("%s: got %d rows (%s), want %d", name, one.Rows, one.Reason, want)
			}
		}
		if reason := got["flags"].Reason; !strings.Contains(reason, "unique") {
			t.Errorf("flags: %q does not name the key", reason)
		}
		if reason := got["impossible"].Reason; !strings.Contains(reason, "never") && !strings.Contains(reason, "CHECK") {
			t.Errorf("impossible: %q does not name the check", reason)
		}
		if n := s.number(t, "SELECT COUNT(DISTINCT state) FROM users"); n != 3 {
			t.Errorf("got %d states, want 3", n)
		}
		if n := s.number(t, "SELECT COUNT(*) FROM members WHERE project_id IS NOT NULL"); n < rows/4 {
			t.Errorf("only %d members have a project", n)
		}
	})
}

// TestTopUp fills tables that have some rows already, and again.
func TestTopUp(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		s := open(t, db, `
CREATE TABLE a (id INTEGER NOT NULL PRIMARY KEY, code VARCHAR(20) NOT NULL UNIQUE);
CREATE TABLE b (id INTEGER NOT NULL PRIMARY KEY, a_id INTEGER NOT NULL, FOREIGN KEY (a_id) REFERENCES a (id));
INSERT INTO a (id, code) VALUES (1, 'one'), (7, 'seven'), (1000, 'thousand');`)
		for _, rows := range []int64{500, 1500, 1500} {
			for name, one := range s.fill(t, rows) {
				if one.Rows != rows {
					t.Errorf("%s: got %d rows (%s), want %d", name, one.Rows, one.Reason, rows)
				}
			}
		}
	})
}

func TestSameSeedSameRows(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		const ddl = `CREATE TABLE a (id INTEGER NOT NULL PRIMARY KEY, n INTEGER, t VARCHAR(30), d DATE, x NUMERIC(9, 2))`
		s := open(t, db, ddl)
		s.fill(t, 100)
		first := db.Describe(t)
		db.Exec(t, "DELETE FROM a")
		s.fill(t, 100)
		if again := db.Describe(t); again != first {
			t.Errorf("got other rows:\n%s\nfirst:\n%s", again, first)
		}
	})
}

// TestCycles fills tables that refer to each other.
func TestCycles(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		deferred, late := "", "ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b (id); ALTER TABLE c ADD FOREIGN KEY (d_id) REFERENCES d (id)"
		inline := [2]string{"", ""}
		switch db.Kind.Dialect {
		case testdb.Postgres:
			deferred = " DEFERRABLE"
			late += deferred
		case testdb.SQLite:
			late, inline = "", [2]string{", FOREIGN KEY (b_id) REFERENCES b (id)", ", FOREIGN KEY (d_id) REFERENCES d (id)"}
		}
		s := open(t, db, `
CREATE TABLE a (id INTEGER NOT NULL PRIMARY KEY, b_id INTEGER`+inline[0]+`);
CREATE TABLE b (id INTEGER NOT NULL PRIMARY KEY, a_id INTEGER NOT NULL, FOREIGN KEY (a_id) REFERENCES a (id));
CREATE TABLE c (id INTEGER NOT NULL PRIMARY KEY, d_id INTEGER NOT NULL`+inline[1]+`);
CREATE TABLE d (id INTEGER NOT NULL PRIMARY KEY, c_id INTEGER NOT NULL, FOREIGN KEY (c_id) REFERENCES c (id)`+deferred+`);`+late)
		for name, one := range s.fill(t, 1000) {
			if one.Rows != 1000 || s.number(t, "SELECT COUNT(*) FROM "+name) != 1000 {
				t.Errorf("%s: got %d rows (%s), want 1000", name, one.Rows, one.Reason)
			}
		}
	})
}

// TestParentsOfFewTables fills one table only, and what it must refer to.
func TestParentsOfFewTables(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, db *testdb.Database) {
		s := open(t, db, `
CREATE TABLE a (id INTEGER NOT NULL PRIMARY KEY);
CREATE TABLE b (id INTEGER NOT NULL PRIMARY KEY, a_id INTEGER NOT NULL, FOREIGN KEY (a_id) REFERENCES a (id));
CREATE TABLE c (id INTEGER NOT NULL PRIMARY KEY, b_id INTEGER NOT NULL, FOREIGN KEY (b_id) REFERENCES b (id));
CREATE TABLE other (id INTEGER NOT NULL PRIMARY KEY);`)
		done, err := synth.Fill(t.Context(), s.conn, s.d, s.srv, s.schema, synth.Options{Rows: func(id schema.ID) int64 {
			if id.Name == "c" {
				return 3000
			}
			return 0
		}})
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]int64{"a": 1000, "b": 1000, "c": 3000, "other": 0} {
			if n := s.number(t, "SELECT COUNT(*) FROM "+name); n != want {
				t.Errorf("%s has %d rows, want %d: %+v", name, n, want, done)
			}
		}
	})
}

// TestWhatCannotBeFilled names what is in the way, and goes on.
func TestWhatCannotBeFilled(t *testing.T) {
	db := testdb.New(t, testdb.KindNamed(t, "postgres18"))
	s := open(t, db, `
CREATE TYPE pair AS (a integer, b integer);
CREATE TABLE composite (p pair NOT NULL);
CREATE TABLE pattern (code text NOT NULL CONSTRAINT odd CHECK (code ~ '^%%[xyz]{7}%%$'));
CREATE TABLE ring1 (id integer PRIMARY KEY, other integer NOT NULL);
CREATE TABLE ring2 (id integer PRIMARY KEY, other integer NOT NULL REFERENCES ring1);
ALTER TABLE ring1 ADD CONSTRAINT round FOREIGN KEY (other) REFERENCES ring2;
CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'not today'; END$$;
CREATE TABLE refused (id integer PRIMARY KEY);
CREATE TRIGGER never BEFORE INSERT ON refused EXECUTE FUNCTION no();
CREATE TABLE child (refused integer NOT NULL REFERENCES refused);
CREATE TABLE fine (id integer PRIMARY KEY);`)
	got := s.fill(t, 100)
	for name, want := range map[string]string{
		"composite": "column p: values of type public.pair cannot be made up", "pattern": "check odd", "ring1": "round", "refused": "not today",
		"child": "table public.refused has no rows",
	} {
		if one := got[name]; one.Rows != 0 || !strings.Contains(one.Reason, want) {
			t.Errorf("%s: got %d rows, %q, want %q", name, one.Rows, one.Reason, want)
		}
	}
	if got["fine"].Rows != 100 {
		t.Errorf("fine: %+v", got["fine"])
	}
}
