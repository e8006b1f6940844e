package postgres

import (
	"database/sql"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

// nasty is text that a careless literal would break on.
const nasty = "it's \\' a \\\\ \"test\" \x01\t\r\n$$ $1 é 日本 🐘 -- /* ; \\."

// ledgerRow is an entry with something in every column.
func ledgerRow(seq int64) lockstep.LedgerRow {
	row := make(lockstep.LedgerRow, 0, 26)
	for i, c := range lockstep.LedgerColumns() {
		switch c {
		case "seq":
			row = append(row, seq)
		case "statement", "statements", "pid", "duration_us":
			row = append(row, int64(i))
		case "up_text":
			row = append(row, []byte{0, 1, 0xff, '\'', '\\'})
		case "down_text":
			row = append(row, nil)
		default:
			row = append(row, fmt.Sprintf("%d %s", i, nasty))
		}
	}
	return row
}

// readRows reads a result as text, NULL as <nil>.
func readRows(t *testing.T, q lockstep.Querier, query string) [][]any {
	t.Helper()
	rows, err := q.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all [][]any
	for rows.Next() {
		row := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		out := make([]any, len(columns))
		for i, v := range row {
			if v.Valid {
				out[i] = v.String
			}
		}
		all = append(all, out)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestLedgerRoundTrip(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		conn := session(t, driver, db.URL)
		run(t, conn, `DROP SCHEMA IF EXISTS "my ""app" CASCADE; CREATE SCHEMA "my ""app"`)
		l := Dialect().Ledger(lockstep.LedgerTable{Schema: `my "app`, Name: "Ledger's"})
		for range 2 {
			for _, c := range l.Create {
				run(t, conn, c)
			}
		}
		if rows := readRows(t, conn, l.Head); rows != nil {
			t.Errorf("head of an empty ledger: %v", rows)
		}
		for seq := range int64(2) {
			if _, err := conn.ExecContext(t.Context(), l.Insert, ledgerRow(seq+1)...); err != nil {
				t.Fatal(err)
			}
		}
		full := readRows(t, conn, l.Full)
		for i, v := range ledgerRow(1) {
			if b, ok := v.([]byte); ok {
				v = string(b)
			}
			if v != nil && full[0][i] != fmt.Sprint(v) || v == nil && full[0][i] != nil {
				t.Errorf("column %d: %v, want %v", i, full[0][i], v)
			}
		}
		entries, head := readRows(t, conn, l.Entries), readRows(t, conn, l.Head)
		if len(entries) != 2 || len(head) != 1 || !reflect.DeepEqual(head[0], entries[1]) || !reflect.DeepEqual(entries[0], full[0][:24]) {
			t.Errorf("entries %v\nhead %v", entries, head)
		}
		_, err := conn.ExecContext(t.Context(), l.Insert, ledgerRow(2)...)
		if de := Dialect().Classify(err); de == nil || de.Class != lockstep.ErrorDuplicateKey {
			t.Errorf("a second entry 2: %v", err)
		}
	})
}

// The literal entry travels with scripts that may have changed everything.
func TestLedgerLiteralMeansTheSameInEverySession(t *testing.T) {
	settings := []string{
		"SET standard_conforming_strings = on",
		"SET standard_conforming_strings = off; SET backslash_quote = off; SET escape_string_warning = on",
		"SELECT pg_catalog.set_config('search_path', '', false)",
		"SET client_encoding = 'LATIN1'", "SET client_encoding = 'SJIS'", "SET bytea_output = 'escape'",
		"SET TimeZone = 'Asia/Kolkata'; SET DateStyle = 'German'; SET IntervalStyle = 'sql_standard'; SET extra_float_digits = -15",
		`CREATE SCHEMA evil;
		 CREATE FUNCTION evil.decode(text, text) RETURNS bytea LANGUAGE sql AS 'SELECT ''x''::bytea';
		 CREATE FUNCTION evil.to_char(timestamp, text) RETURNS text LANGUAGE sql AS 'SELECT ''evil''::text';
		 CREATE FUNCTION evil.minus(timestamptz, timestamptz) RETURNS interval LANGUAGE sql AS 'SELECT interval ''9 years''';
		 CREATE OPERATOR evil.- (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = evil.minus);
		 CREATE DOMAIN evil.text AS pg_catalog.text CHECK (VALUE <> VALUE); SET search_path = evil, pg_catalog`,
	}
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		l := Dialect().Ledger(lockstep.LedgerTable{Schema: "public", Name: "ledger"})
		run(t, db.Open(t), "DROP SCHEMA IF EXISTS evil CASCADE; DROP TABLE IF EXISTS ledger; "+strings.Join(l.Create, "; "))
		if _, err := db.Open(t).ExecContext(t.Context(), l.Insert, ledgerRow(100)...); err != nil {
			t.Fatal(err)
		}
		for i, s := range settings {
			conn := session(t, "pgx", db.URL)
			run(t, conn, s)
			run(t, conn, "BEGIN; SELECT pg_catalog.pg_sleep(0.02); "+l.Literal(ledgerRow(int64(i)))+"; COMMIT")
		}
		rows := readRows(t, db.Open(t), l.Full)
		for i, row := range rows[:len(settings)] {
			checkComputed(t, settings[i], row)
			for c := range row {
				if c != 0 && c != 14 && c != 15 && row[c] != rows[len(settings)][c] {
					t.Errorf("column %d: %q, want %q under %s", c, row[c], rows[len(settings)][c], settings[i])
				}
			}
		}
	})
}

// checkComputed looks at what the server computes: the time now and the
// duration since the message with the transaction arrived.
func checkComputed(t *testing.T, setting string, row []any) {
	t.Helper()
	if !regexp.MustCompile(`^20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\.\d{6}Z$`).MatchString(fmt.Sprint(row[14])) {
		t.Errorf("finished_at %q under %s", row[14], setting)
	}
	if us, err := strconv.Atoi(fmt.Sprint(row[15])); err != nil || us < 20_000 || us > 20_000_000 {
		t.Errorf("duration_us %v under %s", row[15], setting)
	}
}

func TestLedgerGrantIsEnough(t *testing.T) {
	testdb.RunOn(t, testdb.Postgres, func(t *testing.T, db *testdb.Database) {
		role := otherRole(t, db)
		run(t, db.Open(t), "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
		user := session(t, "pgx", asUser(db.URL, role))
		l := Dialect().Ledger(lockstep.LedgerTable{Schema: "public", Name: "ledger"})
		_, err := user.ExecContext(t.Context(), l.Create[0])
		if de := Dialect().Classify(err); de == nil || de.Class != lockstep.ErrorPermission {
			t.Fatalf("create without rights: %v", err)
		}
		grants := strings.Split(strings.ReplaceAll(l.Grant, "<user>", role), "; ")
		run(t, db.Open(t), grants[0])
		for _, c := range l.Create {
			run(t, user, c)
		}
		run(t, db.Open(t), "DROP TABLE ledger; "+strings.Join(l.Create, "; "))
		_, err = user.ExecContext(t.Context(), l.Insert, ledgerRow(1)...)
		if de := Dialect().Classify(err); de == nil || de.Class != lockstep.ErrorPermission {
			t.Fatalf("write without rights: %v", err)
		}
		run(t, db.Open(t), grants[1])
		if _, err := user.ExecContext(t.Context(), l.Insert, ledgerRow(1)...); err != nil {
			t.Error(err)
		}
	})
}

// A script may take on a role, or look elsewhere for tables, and its entry is
// written all the same; afterwards it goes on as it was.
func TestLedgerRegain(t *testing.T) {
	onDrivers(t, func(t *testing.T, db *testdb.Database, driver string) {
		role := otherRole(t, db)
		l := Dialect().Ledger(lockstep.LedgerTable{Name: "ledger"})
		run(t, db.Open(t), "DROP TABLE IF EXISTS ledger; "+strings.Join(l.Create, "; "))
		for i, set := range []string{"SET ROLE " + role, "SET SESSION AUTHORIZATION " + role, "SELECT set_config('search_path', '', false)"} {
			conn := session(t, driver, db.URL)
			run(t, conn, "BEGIN; "+set+"; "+l.Regain+"; "+l.Literal(ledgerRow(int64(i)))+"; COMMIT")
			if got := value(t, conn, "SELECT concat_ws(' ', current_user, '(' || current_setting('search_path') || ')')"); got != role+` ("$user", public)` && got != "postgres ()" {
				t.Errorf("after %s and an entry: %s", set, got)
			}
		}
	})
}

func TestLedgerUnqualified(t *testing.T) {
	l := Dialect().Ledger(lockstep.LedgerTable{Name: "lockstep_ledger"})
	if !strings.HasSuffix(l.Head, ` FROM "lockstep_ledger" ORDER BY seq DESC LIMIT 1`) || strings.Contains(l.Head, "up_text") {
		t.Error(l.Head)
	}
	if strings.Contains(l.Entries, "down_text") || !strings.Contains(l.Full, "down_text") {
		t.Error(l.Entries, l.Full)
	}
}
