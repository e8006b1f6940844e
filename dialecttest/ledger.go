package dialecttest

import (
	"bytes"
	"database/sql"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/lockstepdb/lockstep"
)

func (s suite) ledger(t *testing.T) {
	t.Run("missing", s.ledgerMissing)
	t.Run("create", s.ledgerCreate)
	t.Run("round trip", s.ledgerRoundTrip)
	t.Run("fence", s.ledgerFence)
	t.Run("literal", s.ledgerLiteral)
}

// tables returns ledgers whose names and schemas differ.
func tables(srv lockstep.Server) []lockstep.LedgerTable {
	schema := srv.Schema
	if schema == "" {
		schema = srv.Database
	}
	return []lockstep.LedgerTable{
		{Name: "lockstep_ledger"},
		{Name: `Odd "name" of 'a' ledger`},
		{Schema: schema, Name: "ledger_with_schema"},
	}
}

// ledgerMissing: reading a ledger that was never made is not like other errors.
func (s suite) ledgerMissing(t *testing.T) {
	db := s.fresh(t)
	l := s.Dialect.Ledger(lockstep.LedgerTable{Name: "no_ledger"})
	for _, query := range []string{l.Head, l.Entries, l.Full} {
		_, err := readAll(t, db, query, false)
		if de := s.Dialect.Classify(err); de == nil || de.Class != lockstep.ErrorUndefinedTable {
			t.Errorf("%s: %v is classified as %+v, want ErrorUndefinedTable", query, err, de)
		}
	}
	_, err := db.ExecContext(t.Context(), l.Insert, plainRow(1)...)
	if de := s.Dialect.Classify(err); de == nil || de.Class != lockstep.ErrorUndefinedTable {
		t.Errorf("insert: %v is classified as %+v, want ErrorUndefinedTable", err, de)
	}
}

// ledgerCreate: a table that is there already is left as it is.
func (s suite) ledgerCreate(t *testing.T) {
	db := s.fresh(t)
	for _, table := range tables(probe(t, s.Dialect, db)) {
		l := s.Dialect.Ledger(table)
		exec(t, db, l.Create...)
		if rows := mustRead(t, db, l.Head, false); len(rows) != 0 {
			t.Errorf("head of an empty ledger: %v", rows)
		}
		insert(t, db, l, plainRow(1))
		exec(t, db, l.Create...)
		if rows := mustRead(t, db, l.Head, false); len(rows) != 1 {
			t.Errorf("%d entries after the ledger was created again, want 1", len(rows))
		}
	}
}

// ledgerRoundTrip: what is written is read, in order, whatever it is.
func (s suite) ledgerRoundTrip(t *testing.T) {
	db := s.fresh(t)
	l := s.Dialect.Ledger(lockstep.LedgerTable{Name: "lockstep_ledger"})
	exec(t, db, l.Create...)
	want := map[int64]lockstep.LedgerRow{1: emptyRow(1), 2: nastyRow(2), 3: plainRow(3), 1 << 40: nastyRow(1 << 40)}
	order := []int64{1, 2, 3, 1 << 40}
	for _, seq := range []int64{3, 1 << 40, 1, 2} {
		insert(t, db, l, want[seq])
	}
	for i, row := range expectRows(t, mustRead(t, db, l.Full, true), len(order)) {
		compareRows(t, row, want[order[i]])
	}
	for i, row := range expectRows(t, mustRead(t, db, l.Entries, false), len(order)) {
		compareRows(t, row, small(want[order[i]]))
	}
	for _, row := range expectRows(t, mustRead(t, db, l.Head, false), 1) {
		compareRows(t, row, small(want[order[len(order)-1]]))
	}
}

func expectRows(t *testing.T, rows []lockstep.LedgerRow, n int) []lockstep.LedgerRow {
	t.Helper()
	if len(rows) != n {
		t.Fatalf("%d entries, want %d", len(rows), n)
	}
	return rows
}

// ledgerFence: nobody can write the same entry twice.
func (s suite) ledgerFence(t *testing.T) {
	db := s.fresh(t)
	l := s.Dialect.Ledger(lockstep.LedgerTable{Name: "lockstep_ledger"})
	exec(t, db, l.Create...)
	insert(t, db, l, plainRow(7))
	_, err := db.ExecContext(t.Context(), l.Insert, nastyRow(7)...)
	if de := s.Dialect.Classify(err); de == nil || de.Class != lockstep.ErrorDuplicateKey {
		t.Errorf("second entry 7: %v is classified as %+v, want ErrorDuplicateKey", err, de)
	}
	for _, row := range expectRows(t, mustRead(t, db, l.Full, true), 1) {
		compareRows(t, row, plainRow(7))
	}
}

// ledgerLiteral: an entry that travels as text arrives like one that travels
// as parameters, but for what the server measures.
func (s suite) ledgerLiteral(t *testing.T) {
	l := s.Dialect.Ledger(lockstep.LedgerTable{Name: "lockstep_ledger"})
	if l.Literal == nil {
		return
	}
	db := s.fresh(t)
	exec(t, db, l.Create...)
	for i, build := range []func(int64) lockstep.LedgerRow{emptyRow, nastyRow, plainRow} {
		row := build(int64(i + 1))
		row[index("started_at")] = timeText(time.Now())
		exec(t, db, l.Literal(row))
		got := expectRows(t, mustRead(t, db, l.Full, true), i+1)[i]
		checkMeasured(t, got)
		for _, column := range []string{"finished_at", "duration_us"} {
			got[index(column)] = row[index(column)]
		}
		compareRows(t, got, row)
	}
}

func checkMeasured(t *testing.T, row lockstep.LedgerRow) {
	t.Helper()
	text := fmt.Sprint(row[index("finished_at")])
	finished, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || !strings.HasSuffix(text, "Z") || time.Since(finished).Abs() > time.Minute {
		t.Errorf("finished_at = %q, want the server's time now in UTC (%v)", text, err)
	}
	if us, ok := row[index("duration_us")].(int64); !ok || us < 0 || us > 60e6 {
		t.Errorf("duration_us = %v, want the time since started_at", row[index("duration_us")])
	}
}

// emptyRow has nothing but its number.
func emptyRow(seq int64) lockstep.LedgerRow {
	return row(seq, func(int) string { return "" }, nil, nil)
}

// plainRow is an ordinary entry.
func plainRow(seq int64) lockstep.LedgerRow {
	return row(seq, func(i int) string { return fmt.Sprintf("value %d", i) }, []byte("CREATE TABLE t (id INT)"), []byte("DROP TABLE t"))
}

// nastyRow has all that goes wrong in literals and encodings, each in a column
// of its own and, where there is room, all together; and 1 MB of every byte.
func nastyRow(seq int64) lockstep.LedgerRow {
	nasty := []string{
		`it's "quoted"`, `back\slash \' \n \0 \x41`, "ends with backslash \\", "ünïcode 表 😀 e\u0301", "?, $1, :name, @x, %s, ${VAR}",
		"line\r\nbreak\ttab", "-- comment /* open; #", "$$ $tag$ E'x' U&'\\0041'", " leading and trailing ", "\u00a0\ufeff\u200b", "NULL",
	}
	text := func(i int) string {
		switch column := lockstep.LedgerColumns()[i]; column {
		case "context", "reason":
			return strings.Repeat(strings.Join(nasty, " | "), 50)
		case "version", "name":
			return strings.Repeat("表", 255)
		default:
			return nasty[i%len(nasty)]
		}
	}
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	return row(seq, text, bytes.Repeat(every, 4096), []byte{0})
}

// row builds a row in LedgerColumns order.
func row(seq int64, text func(column int) string, up, down []byte) lockstep.LedgerRow {
	columns := lockstep.LedgerColumns()
	r := make(lockstep.LedgerRow, len(columns))
	for i, column := range columns {
		switch column {
		case "seq":
			r[i] = seq
		case "statement", "statements", "pid", "duration_us":
			r[i] = int64(i)
		case "up_text":
			r[i] = up
		case "down_text":
			r[i] = down
		case "started_at", "finished_at":
			r[i] = timeText(time.Date(2026, 11, 21, 9, 0, 0, 123456000, time.UTC))
		default:
			r[i] = text(i)
		}
	}
	return r
}

// timeText is how times stand in the ledger.
func timeText(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000000Z07:00") }

func index(column string) int {
	for i, c := range lockstep.LedgerColumns() {
		if c == column {
			return i
		}
	}
	return -1
}

func small(r lockstep.LedgerRow) lockstep.LedgerRow { return r[:len(r)-2] }

func insert(t *testing.T, db *sql.DB, l lockstep.LedgerSQL, r lockstep.LedgerRow) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), l.Insert, r...); err != nil {
		t.Fatalf("insert entry %v: %v", r[0], err)
	}
}

func mustRead(t *testing.T, db *sql.DB, query string, texts bool) []lockstep.LedgerRow {
	t.Helper()
	rows, err := readAll(t, db, query, texts)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return rows
}

// readAll reads entries into the types that lockstep reads them into.
func readAll(t *testing.T, db *sql.DB, query string, texts bool) ([]lockstep.LedgerRow, error) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []lockstep.LedgerRow
	for rows.Next() {
		into := targets(texts)
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		row := make(lockstep.LedgerRow, len(into))
		for i := range into {
			row[i] = reflect.ValueOf(into[i]).Elem().Interface()
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

func targets(texts bool) []any {
	sample := plainRow(0)
	if !texts {
		sample = small(sample)
	}
	into := make([]any, len(sample))
	for i, v := range sample {
		into[i] = reflect.New(reflect.TypeOf(v)).Interface()
	}
	return into
}

func compareRows(t *testing.T, got, want lockstep.LedgerRow) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("entry %v has %d columns, want %d", want[0], len(got), len(want))
	}
	for i := range want {
		g, isBytes := got[i].([]byte)
		w, _ := want[i].([]byte)
		same := got[i] == nil && want[i] == nil
		if isBytes {
			same = bytes.Equal(g, w) && (g == nil) == (w == nil)
		} else if !same {
			same = got[i] == want[i]
		}
		if !same {
			t.Errorf("entry %v, column %s: got %.100q, want %.100q", want[0], lockstep.LedgerColumns()[i], fmt.Sprint(got[i]), fmt.Sprint(want[i]))
		}
	}
}
