package codegen

import (
	"database/sql"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/lockstepdb/lockstep/internal/testdb"
)

// scanned is a column's type, as the server prints it, with a value.
type scanned struct{ typ, value string }

// goTypeNamed is the type that a name in a generated file means.
func goTypeNamed(name string) reflect.Type {
	if of, found := strings.CutPrefix(name, "[]"); found && name != "[]byte" {
		return reflect.SliceOf(goTypeNamed(of))
	}
	switch name {
	case "int8":
		return reflect.TypeFor[int8]()
	case "int16":
		return reflect.TypeFor[int16]()
	case "int32":
		return reflect.TypeFor[int32]()
	case "int64":
		return reflect.TypeFor[int64]()
	case "uint8":
		return reflect.TypeFor[uint8]()
	case "uint16":
		return reflect.TypeFor[uint16]()
	case "uint32":
		return reflect.TypeFor[uint32]()
	case "uint64":
		return reflect.TypeFor[uint64]()
	case "float32":
		return reflect.TypeFor[float32]()
	case "float64":
		return reflect.TypeFor[float64]()
	case "bool":
		return reflect.TypeFor[bool]()
	case "string":
		return reflect.TypeFor[string]()
	case "[]byte":
		return reflect.TypeFor[[]byte]()
	case "time.Time":
		return reflect.TypeFor[time.Time]()
	case "json.RawMessage":
		return reflect.TypeFor[json.RawMessage]()
	}
	return reflect.TypeFor[any]()
}

// rower is a database or connection that is asked for one row.
type rower func(query string) interface{ Scan(...any) error }

func throughSQL(t *testing.T, db *sql.DB) rower {
	return func(query string) interface{ Scan(...any) error } { return db.QueryRowContext(t.Context(), query) }
}

// checkScan reads a column of one row that holds a value, and one of null, as a
// generated struct does.
func checkScan(t *testing.T, row rower, dialect, typ, from string) {
	t.Helper()
	types, err := typesOf(dialect)
	if err != nil {
		t.Fatal(err)
	}
	base, array := strings.CutSuffix(typ, "[]")
	name := types(base)
	if name == "" {
		t.Errorf("%s: type %s is not known", dialect, typ)
		return
	}
	of := goTypeNamed(map[bool]string{true: "[]"}[array] + name)
	value := reflect.New(of)
	if err := row("SELECT v " + from).Scan(value.Interface()); err != nil {
		t.Errorf("%s: scan %s into %s: %v", dialect, typ, of, err)
	}
	if of.Kind() != reflect.Slice || name == "json.RawMessage" {
		of = reflect.PointerTo(of)
	}
	null := reflect.New(of)
	if err := row("SELECT n " + from).Scan(null.Interface()); err != nil {
		t.Errorf("%s: scan null of %s into %s: %v", dialect, typ, of, err)
	} else if !null.Elem().IsZero() {
		t.Errorf("%s: null of %s is %v", dialect, typ, null.Elem())
	}
}

func TestDriversScanPostgresTypes(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, d *testdb.Database) {
		db := d.Open(t)
		for _, c := range []scanned{
			{"smallint", "1"},
			{"integer", "1"},
			{"bigint", "1"},
			{"real", "1.5"},
			{"double precision", "1.5"},
			{"boolean", "true"},
			{"oid", "7"},
			{"bytea", `\x00ff`},
			{"json", `{"a":1}`},
			{"jsonb", `{"a":1}`},
			{"date", "2026-01-02"},
			{"timestamp(3) without time zone", "2026-01-02 03:04:05"},
			{"timestamp with time zone", "2026-01-02 03:04:05+00"},
			{"text", "x"},
			{"character varying(20)", "x"},
			{"character(3)", "x"},
			{`"char"`, "x"},
			{"name", "x"},
			{"uuid", "8be4df61-93ca-11d2-aa0d-00e098032b8c"},
			{"numeric(10,2)", "1.50"},
			{"money", "1.50"},
			{"time(0) without time zone", "03:04:05"},
			{"time with time zone", "03:04:05+01"},
			{"interval day to second(3)", "1 day 03:04:05"},
			{"inet", "10.0.0.1"},
			{"cidr", "10.0.0.0/8"},
			{"macaddr", "08:00:2b:01:02:03"},
			{"bit(3)", "101"},
			{"bit varying(5)", "101"},
			{"xml", "<a/>"},
			{"jsonpath", "$.a"},
			{"tsvector", "a b"},
			{"tsquery", "a & b"},
			{"point", "(1,2)"},
			{"box", "(1,2),(0,0)"},
			{"circle", "<(1,2),3>"},
			{"int4range", "[1,5)"},
			{"tstzrange", "[2026-01-02 03:04:05+00,)"},
			{"datemultirange", "{[2026-01-02,2026-01-05)}"},
			{"pg_lsn", "0/16B3748"},
			{"text[]", "{a,b}"},
			{"bigint[]", "{1,2}"},
			{"timestamp with time zone[]", "{2026-01-02 03:04:05+00}"},
		} {
			from := "FROM (SELECT '" + c.value + "'::" + c.typ + " AS v, NULL::" + c.typ + " AS n) AS x"
			if !pgxHasItsOwn(c.typ) {
				checkScan(t, throughPgx(t, db), "postgres", c.typ, from)
			}
			if !strings.HasSuffix(c.typ, "[]") {
				checkScan(t, throughSQL(t, db), "postgres", c.typ, from)
			}
		}
	})
}

// pgxHasItsOwn tells the types that pgx itself scans into types of its own, and
// not into a string.
func pgxHasItsOwn(typ string) bool {
	for _, of := range []string{"interval", "inet", "cidr", "bit", "tsvector", "point", "box", "circle", "int4range", "tstzrange", "datemultirange"} {
		if strings.HasPrefix(typ, of) {
			return true
		}
	}
	return false
}

// throughPgx asks pgx itself, which scans arrays; database/sql does not.
func throughPgx(t *testing.T, db *sql.DB) rower {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return func(query string) (row interface{ Scan(...any) error }) {
		err := conn.Raw(func(c any) error {
			pg, ok := c.(*stdlib.Conn)
			if !ok {
				return errors.New("the driver is not pgx")
			}
			row = pg.Conn().QueryRow(t.Context(), query)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return row
	}
}

func TestDriversScanMySQLTypes(t *testing.T) {
	testdb.RunOn(t, testdb.MySQL, func(t *testing.T, d *testdb.Database) {
		db := d.Open(t)
		for i, c := range []scanned{
			{"tinyint(1)", "1"},
			{"tinyint", "-5"},
			{"tinyint unsigned", "200"},
			{"smallint", "1"},
			{"mediumint unsigned", "1"},
			{"int(10) unsigned zerofill", "4000000000"},
			{"bigint", "1"},
			{"bigint unsigned", "18446744073709551615"},
			{"year", "2026"},
			{"float", "1.5"},
			{"double", "1.5"},
			{"decimal(10,2)", "1.50"},
			{"json", `'{"a":1}'`},
			{"date", "'2026-01-02'"},
			{"datetime(6)", "'2026-01-02 03:04:05'"},
			{"timestamp", "'2026-01-02 03:04:05'"},
			{"time", "'-03:04:05'"},
			{"varchar(50)", "'x'"},
			{"longtext", "'x'"},
			{"varbinary(16)", "'x'"},
			{"bit(1)", "1"},
			{"geometry", "ST_GeomFromText('POINT(1 2)')"},
			{"enum('a','b')", "'a'"},
			{"set('a','b')", "'a,b'"},
		} {
			table := "t" + strconv.Itoa(i)
			d.Exec(t, "CREATE TABLE "+table+" (v "+c.typ+" NULL, n "+c.typ+" NULL)")
			d.Exec(t, "INSERT INTO "+table+" (v) VALUES ("+c.value+")")
			checkScan(t, throughSQL(t, db), "mysql", c.typ, "FROM "+table)
		}
	})
}

func TestDriversScanSQLiteTypes(t *testing.T) {
	testdb.RunOn(t, testdb.SQLite, func(t *testing.T, d *testdb.Database) {
		db := d.Open(t)
		for i, c := range []scanned{
			{"INTEGER", "1"},
			{"UNSIGNED BIG INT", "1"},
			{"TEXT", "'x'"},
			{"VARCHAR(20)", "'x'"},
			{"BLOB", "x'00ff'"},
			{"REAL", "1.5"},
			{"DOUBLE PRECISION", "1.5"},
			{"BOOLEAN", "1"},
			{"DATE", "'2026-01-02'"},
			{"DATETIME", "'2026-01-02 03:04:05'"},
			{"TIMESTAMP", "'2026-01-02 03:04:05'"},
			{"JSON", `'{"a":1}'`},
			{"UUID", "'x'"},
			{"TIME", "'03:04:05'"},
			{"ANY", "1.5"},
			{"", "'x'"},
		} {
			table := "t" + strconv.Itoa(i)
			d.Exec(t, "CREATE TABLE "+table+" (v "+c.typ+", n "+c.typ+")")
			d.Exec(t, "INSERT INTO "+table+" (v) VALUES ("+c.value+")")
			checkScan(t, throughSQL(t, db), "sqlite", c.typ, "FROM "+table)
		}
	})
}
