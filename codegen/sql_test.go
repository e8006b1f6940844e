package codegen

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/schema"
)

func TestSQLPrintsASectionForEachTable(t *testing.T) {
	table := schema.ID{Kind: schema.KindTable, Schema: "app", Name: "users\n;DROP TABLE x"}
	view := schema.ID{Kind: schema.KindMaterializedView, Schema: "app", Name: "v"}
	objects := []Object{
		{ID: table, Statements: []string{"CREATE TABLE users (\n  id int\n)\n"}},
		{ID: table.In(schema.KindIndex, "i"), Statements: []string{"CREATE INDEX i ON users (id)", "COMMENT ON INDEX i IS 'x'"}},
		{ID: schema.ID{Kind: schema.KindView, Schema: "app", Name: "nothing"}},
		{ID: view, Statements: []string{"CREATE MATERIALIZED VIEW v AS SELECT 1 AS a"}},
		{ID: view.In(schema.KindIndex, "i"), Statements: []string{"CREATE INDEX i ON v (a)"}},
		{ID: schema.ID{Kind: schema.KindRoutine, Schema: "app", Name: "f()"}, Statements: []string{"CREATE FUNCTION f() … -- end"}},
	}
	var b bytes.Buffer
	if err := SQL(&b, objects, SQLOptions{Dialect: "postgres", Fingerprint: "facts1:00"}); err != nil {
		t.Fatal(err)
	}
	const want = `-- Schema of a database, written by lockstep schema. Do not edit.
-- dialect: postgres
-- fingerprint: facts1:00

-- table app.users ;DROP TABLE x

CREATE TABLE users (
  id int
);
CREATE INDEX i ON users (id);
COMMENT ON INDEX i IS 'x';

-- matview app.v

CREATE MATERIALIZED VIEW v AS SELECT 1 AS a;
CREATE INDEX i ON v (a);

-- routine app.f()

CREATE FUNCTION f() … -- end
;
`
	if b.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
	}
}

func TestSQLLeavesTerminatorsToTheCaller(t *testing.T) {
	var b bytes.Buffer
	o := SQLOptions{Terminate: func(s string) string { return "DELIMITER //\n" + s + "//\nDELIMITER ;" }}
	if err := SQL(&b, []Object{{ID: schema.ID{Kind: schema.KindTrigger, Table: "t", Name: "g"}, Statements: []string{"CREATE TRIGGER g BEGIN x; END"}}}, o); err != nil {
		t.Fatal(err)
	}
	if want := "\n-- table t\n\nDELIMITER //\nCREATE TRIGGER g BEGIN x; END//\nDELIMITER ;\n"; !strings.HasSuffix(b.String(), want) {
		t.Errorf("got %q, want it to end in %q", b.String(), want)
	}
}

func TestJSONStandsOnOneLineAColumn(t *testing.T) {
	s := shop(t)
	var b bytes.Buffer
	if err := JSON(&b, s); err != nil {
		t.Fatal(err)
	}
	var d struct {
		Format, Fingerprint string
		Tables              []struct {
			Schema, Name string
			Columns      []struct{ Name string }
		}
	}
	if err := json.Unmarshal(b.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	if d.Fingerprint != s.Fingerprint() || d.Format != jsonFormat {
		t.Errorf("got %q %q", d.Format, d.Fingerprint)
	}
	for _, table := range d.Tables {
		for _, c := range table.Columns {
			if !strings.Contains(b.String(), "\n        {\"name\":\""+c.Name+"\"") {
				t.Errorf("column %s.%s has no line of its own", table.Name, c.Name)
			}
		}
	}
}

func TestJSONLeavesNothingOut(t *testing.T) {
	for name, sample := range samples() {
		var b bytes.Buffer
		s := sample.make(t)
		if err := JSON(&b, s); err != nil {
			t.Fatal(err)
		}
		var texts func(v any) []string
		texts = func(v any) []string {
			var all []string
			switch v := v.(type) {
			case string:
				all = append(all, v)
			case []any:
				for _, e := range v {
					all = append(all, texts(e)...)
				}
			case map[string]any:
				for _, e := range v {
					all = append(all, texts(e)...)
				}
			}
			return all
		}
		var d any
		if err := json.Unmarshal(b.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		printed := map[string]bool{schema.Yes: true}
		for _, text := range texts(d) {
			printed[text] = true
		}
		for _, f := range s.Facts() {
			for _, a := range f.Attrs {
				for _, v := range append(schema.SplitNames(a.Value), f.ID.Name) {
					if !printed[a.Value] && !printed[v] && f.ID.Kind != schema.KindColumnOrder {
						t.Errorf("%s: %s of %s is not printed: %q", name, a.Name, f.ID, v)
					}
				}
			}
		}
	}
}
