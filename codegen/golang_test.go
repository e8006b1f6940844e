package codegen

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"reflect"
	"regexp"
	"strconv"
	"testing"

	"github.com/lockstepdb/lockstep/schema"
)

// library stands in for the packages that the generated files import.
type library struct{}

func (library) Import(path string) (*types.Package, error) {
	sources := map[string]string{
		"time":          "package time; type Time struct{}",
		"encoding/json": "package json; type RawMessage []byte",
		"database/sql":  "package sql; type Null[T any] struct { V T; Valid bool }",
	}
	source, ok := sources[path]
	if !ok {
		return nil, fmt.Errorf("import %s: not expected", path)
	}
	return checkSource(path, source)
}

func checkSource(path, source string) (*types.Package, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path+".go", source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return (&types.Config{Importer: library{}}).Check(path, fset, []*ast.File{f}, nil)
}

func printGo(t *testing.T, s *schema.Schema, o GoOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := Go(&b, s, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGeneratedGoCompilesAndIsFormatted(t *testing.T) {
	for name, sample := range samples() {
		for _, null := range []Null{NullPointer, NullSQL} {
			source := printGo(t, sample.make(t), GoOptions{Dialect: sample.dialect, Null: null})
			if _, err := checkSource("schema", source); err != nil {
				t.Errorf("%s, %s: %v\n%s", name, null, err, source)
			}
			if formatted, err := format.Source([]byte(source)); err != nil || string(formatted) != source {
				t.Errorf("%s, %s: gofmt would change the file (%v)", name, null, err)
			}
		}
	}
}

func TestTagsHoldTheNamesOfColumns(t *testing.T) {
	s := odd(t)
	f, err := parser.ParseFile(token.NewFileSet(), "odd.go", printGo(t, s, GoOptions{Dialect: "postgres"}), 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if field, ok := n.(*ast.Field); ok && field.Tag != nil {
			tag, err := strconv.Unquote(field.Tag.Value)
			if err != nil {
				t.Error(err)
			}
			found[reflect.StructTag(tag).Get("db")] = true
		}
		return true
	})
	for _, c := range s.OfKind(schema.KindColumn) {
		if !found[c.ID.Name] {
			t.Errorf("no field has the column %q", c.ID.Name)
		}
	}
}

func TestDomainsAreWhatTheyAreMadeOf(t *testing.T) {
	b := newBuilder()
	domain := func(name, typ string) {
		b.add(schema.KindType, "p", "", name, schema.AttrForm, "domain", schema.AttrType, typ)
	}
	domain("a_outer", "p.inner")
	domain("inner", "text[]")
	domain("state", "p.mood")
	domain("where", "public.geometry(Point,4326)")
	b.add(schema.KindType, "p", "", "mood", schema.AttrForm, "enum", schema.AttrValues, "x, y")
	b.table(schema.KindTable, "p", "t", "", "a|p.a_outer|not null", "b|p.inner", "c|p.state", "d|p.state[]", "e|p.where", "f|public.geometry(Point,4326)[]")
	source := printGo(t, b.schema(t), GoOptions{Dialect: "postgres"})
	for field, want := range map[string]string{"A": "[]string", "B": "[]string", "C": "*Mood", "D": "[]Mood", "E": "any", "F": "any"} {
		if !regexp.MustCompile(`(?m)^\t` + field + ` +` + regexp.QuoteMeta(want) + ` `).MatchString(source) {
			t.Errorf("%s is not %s:\n%s", field, want, source)
		}
	}
}

func TestExportedNames(t *testing.T) {
	for name, want := range map[string]string{
		"user_id": "UserID", "userId": "UserID", "users": "Users", "ID": "ID", "ids": "IDs", "http_url": "HTTPURL", "HTTPServer": "HTTPServer", "api-key 2": "APIKey2",
		"SALARY": "Salary", "2nd": "X2nd", "_": "U5F", "": "Empty", "名": "X名", "ünïcode": "Ünïcode", "a__b": "AB", "+": "U2B", "uuid": "UUID",
	} {
		if got := exported(name); got != want {
			t.Errorf("exported(%q) = %q, want %q", name, got, want)
		}
		if !token.IsIdentifier(exported(name)) || !token.IsExported(exported(name)) {
			t.Errorf("exported(%q) = %q is no exported identifier", name, exported(name))
		}
	}
}

func TestTypesOfColumns(t *testing.T) {
	for _, c := range []struct{ dialect, typ, want string }{
		{"postgres", "bigint", "int64"},
		{"postgres", "timestamp(3) with time zone", "time.Time"},
		{"postgres", "character varying(20)", "string"},
		{"postgres", `"char"`, "string"},
		{"postgres", "interval day to second(3)", "string"},
		{"postgres", "bit varying(5)", "string"},
		{"postgres", "public.citext", "string"},
		{"postgres", "numeric(10,2)", "string"},
		{"postgres", "public.geometry(Point,4326)", ""},
		{"mysql", "bigint(20) unsigned", "uint64"},
		{"mysql", "int(10) unsigned zerofill", "uint32"},
		{"mysql", "tinyint(1)", "bool"},
		{"mysql", "tinyint(4)", "int8"},
		{"mysql", "varchar(50) charset latin1", "string"},
		{"mysql", "set('a)','b')", "string"},
		{"mysql", "double(8,2)", "float64"},
		{"sqlite", "UNSIGNED BIG INT", "int64"},
		{"sqlite", "VARYING CHARACTER(255)", "string"},
		{"sqlite", "FLOATING POINT", "int64"}, // holds INT: SQLite's own example of a surprise
		{"sqlite", "DECIMAL(10,5)", ""},
		{"sqlite", "DATETIME", "time.Time"},
		{"sqlite", "", "any"},
	} {
		typ, err := typesOf(c.dialect)
		if err != nil {
			t.Fatal(err)
		}
		if got := typ(c.typ); got != c.want {
			t.Errorf("%s: %q is %q, want %q", c.dialect, c.typ, got, c.want)
		}
	}
}

func TestEnumsOfMySQL(t *testing.T) {
	values, ok := inlineEnum(`enum('guest','it''s me','a,b',')')`)
	if want := []string{"guest", "it's me", "a,b", ")"}; !ok || !reflect.DeepEqual(values, want) {
		t.Errorf("got %q, want %q", values, want)
	}
	if _, ok := inlineEnum("varchar(5)"); ok {
		t.Error("varchar is no enum")
	}
}

func TestGoRefusesWhatItCannotWrite(t *testing.T) {
	for _, o := range []GoOptions{{Dialect: "oracle"}, {}, {Dialect: "postgres", Package: "my-schema"}, {Dialect: "postgres", Package: "func"}, {Dialect: "postgres", Null: "option"}} {
		if err := Go(&bytes.Buffer{}, shop(t), o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}
