package lockstep

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"
)

// ledger reads and writes the ledger table.
type ledger struct {
	dialect Dialect
	table   LedgerTable
	sql     LedgerSQL
}

func newLedger(d Dialect, t LedgerTable) *ledger {
	return &ledger{dialect: d, table: t, sql: d.Ledger(t)}
}

// create makes the table if it is missing. A killed run's own attempt may
// still be at work in the server: then the second try finds the table.
func (l *ledger) create(ctx context.Context, q Querier) error {
	if l.exists(ctx, q) {
		return nil // perhaps made by somebody who may, for one who may not
	}
	for _, stmt := range l.sql.Create {
		_, err := q.ExecContext(ctx, stmt)
		if de := l.dialect.Classify(err); de != nil && de.Class == ErrorDuplicateKey {
			_, err = q.ExecContext(ctx, stmt)
		}
		if err != nil {
			return l.describe("create ledger", err)
		}
	}
	return nil
}

// exists reports whether the table is there and can be read.
func (l *ledger) exists(ctx context.Context, q Querier) bool {
	rows, err := q.QueryContext(ctx, l.sql.Head)
	if err != nil {
		return false
	}
	defer func() { _ = rows.Close() }() // nothing more is wanted of it
	for rows.Next() {
	}
	return rows.Err() == nil
}

// head returns the newest entry, nil when the ledger is empty or missing. It
// costs one round trip.
func (l *ledger) head(ctx context.Context, q Querier) (*Entry, error) {
	for e, err := range l.query(ctx, q, l.sql.Head, false) {
		return e, err
	}
	return nil, nil
}

// holds reports whether the newest entry carries the digest, in one round trip.
func (l *ledger) holds(ctx context.Context, q Querier, digest string) (bool, error) {
	if len(digest) != hex.EncodedLen(len(setDigest{})) || strings.Trim(digest, "0123456789abcdef") != "" {
		return false, nil // it is put into SQL text: nothing else may be
	}
	if l.sql.Holds == nil {
		head, err := l.head(ctx, q)
		return head != nil && head.SetDigest == digest, err
	}
	result, err := q.ExecContext(ctx, l.sql.Holds(digest))
	if err != nil {
		if l.missing(err) {
			return false, nil
		}
		return false, l.describe("read ledger", err)
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// entries returns all entries without their texts, oldest first.
func (l *ledger) entries(ctx context.Context, q Querier) ([]Entry, error) {
	var all []Entry
	for e, err := range l.query(ctx, q, l.sql.Entries, false) {
		if err != nil {
			return nil, err
		}
		all = append(all, *e)
	}
	return all, nil
}

// query yields entries. A missing table yields none.
func (l *ledger) query(ctx context.Context, q Querier, query string, texts bool) iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {
		rows, err := l.open(ctx, q, query)
		if err != nil {
			if !l.missing(err) {
				yield(nil, l.describe("read ledger", err))
			}
			return
		}
		defer func() { _ = rows.Close() }() // read to the end, or given up: nothing to learn
		for rows.Next() {
			e, err := scanEntry(rows, texts)
			if !yield(e, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil && !l.missing(err) {
			yield(nil, l.describe("read ledger", err))
		}
	}
}

// readPatience is how long a read of the ledger waits where a writer keeps
// readers out for a moment (SQLite) and the driver does not wait by itself.
const readPatience = 5 * time.Second

// open sends a query, again while a writer is at its commit.
func (l *ledger) open(ctx context.Context, q Querier, query string) (*sql.Rows, error) {
	for start := time.Now(); ; {
		rows, err := q.QueryContext(ctx, query)
		if err == nil {
			return rows, nil
		}
		de := l.dialect.Classify(err)
		if de == nil || de.Class != ErrorLockTimeout || time.Since(start) > readPatience || sleep(ctx, 5*time.Millisecond) != nil {
			return nil, err
		}
	}
}

func (l *ledger) missing(err error) bool {
	de := l.dialect.Classify(err)
	return de != nil && de.Class == ErrorUndefinedTable
}

// describe wraps a database error with what a person can do about it.
func (l *ledger) describe(doing string, err error) error {
	return describe(l.dialect, doing+" "+l.table.Name, l.sql.Grant, err)
}

// describe gives a database error the form that does not depend on the
// driver, with a hint where a person can do something about it. grant is the
// statement that gives the right that may be missing.
func describe(d Dialect, doing, grant string, err error) error {
	de := d.Classify(err)
	if de == nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if de.Class == ErrorAuth || de.Class == ErrorUnknownTarget {
		doing = "connect"
	}
	wrapped := fmt.Errorf("%s: %w", doing, de)
	if hint := de.Class.hint(grant); hint != "" && de.Advice == "" {
		return WithHint(wrapped, hint)
	}
	return wrapped
}

// hint says what a person can do about an error of the class.
func (c ErrorClass) hint(grant string) string {
	switch c {
	case ErrorAuth:
		return "check user and password of the database URL"
	case ErrorUnknownTarget:
		return "check host, port and database name of the URL, and that the server runs (lockstep wait waits for it)"
	case ErrorReadOnly:
		return "this database cannot be written (a replica, or opened read-only); name the primary with --db"
	case ErrorPermission:
		if grant != "" {
			return "the user may not do that; let an administrator run: " + grant
		}
	}
	return ""
}

// insert writes entries in order.
func (l *ledger) insert(ctx context.Context, q Querier, entries ...*Entry) error {
	for _, e := range entries {
		row, err := e.seal()
		if err != nil {
			return err
		}
		if _, err := q.ExecContext(ctx, l.sql.Insert, row...); err != nil {
			return l.fence(l.describe("write ledger", err))
		}
	}
	return nil
}

// fence turns the refusal of a second entry with one number into ErrPlanStale:
// somebody else wrote it.
func (l *ledger) fence(err error) error {
	var de *DatabaseError
	if errors.As(err, &de) && de.Class == ErrorDuplicateKey {
		return fmt.Errorf("%w (another run wrote the ledger first)", ErrPlanStale)
	}
	return err
}

func scanEntry(rows *sql.Rows, texts bool) (*Entry, error) {
	row, err := scanRow(rows, texts)
	if err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	return entryOf(row)
}

// scanRow reads one row in LedgerColumns order; without texts the last two
// columns are not selected.
func scanRow(rows *sql.Rows, texts bool) (LedgerRow, error) {
	columns := LedgerColumns()
	row := make(LedgerRow, len(columns))
	into := make([]any, len(columns))
	for i, column := range columns {
		switch column {
		case "seq", "statement", "statements", "pid", "duration_us":
			into[i] = new(int64)
		case "up_text", "down_text":
			into[i] = new([]byte)
		default:
			into[i] = new(string)
		}
	}
	n := len(columns)
	if !texts {
		n -= 2
	}
	if err := rows.Scan(into[:n]...); err != nil {
		return nil, err
	}
	for i, p := range into {
		switch p := p.(type) {
		case *int64:
			row[i] = *p
		case *[]byte:
			row[i] = *p
		case *string:
			row[i] = *p
		}
	}
	return row, nil
}

func entryOf(row LedgerRow) (*Entry, error) {
	text := func(i int) string { s, _ := row[i].(string); return s }
	num := func(i int) int64 { n, _ := row[i].(int64); return n }
	e := &Entry{
		Seq: num(0), Event: EventKind(text(1)), Version: Version(text(2)), Name: text(3), Kind: Kind(text(4)),
		Direction: Direction(text(5)), Statement: int(num(6)), Statements: int(num(7)),
		Checksum: text(8), Tokens: text(9), SetDigest: text(10), Schema: text(11), Witness: text(12),
		Started: parseTime(text(13)), Finished: parseTime(text(14)), Duration: time.Duration(num(15)) * time.Microsecond,
		Actor: text(16), Host: text(17), PID: int(num(18)), Tool: text(19), Reason: text(21), Prev: text(22), Chain: text(23),
	}
	if c := text(20); c != "" {
		if err := json.Unmarshal([]byte(c), &e.Context); err != nil {
			return nil, fmt.Errorf("read ledger: entry %d: context: %w", e.Seq, err)
		}
	}
	var err error
	if e.UpText, err = unpackColumn(row[24]); err != nil {
		return nil, fmt.Errorf("read ledger: entry %d: %w", e.Seq, err)
	}
	if e.DownText, err = unpackColumn(row[25]); err != nil {
		return nil, fmt.Errorf("read ledger: entry %d: %w", e.Seq, err)
	}
	return e, e.understood()
}

func unpackColumn(v any) (string, error) {
	b, _ := v.([]byte)
	return unpack(b)
}

// understood refuses events of a newer version: acting on half a history is
// worse than not acting.
func (e *Entry) understood() error {
	switch e.Event {
	case EntryStarted, EntryStatement, EntryApplied, EntryReverted, EntryFailed, EntryBaselined, EntryRepaired, EntryAdopted,
		EntrySchema, EntryAccepted:
		return nil
	}
	return WithHint(
		fmt.Errorf("ledger entry %d records %q, which this version does not know (written by %s)", e.Seq, e.Event, e.Tool),
		"use that version of lockstep or a newer one")
}

// ChainError is the first entry of a ledger that is not what was written.
type ChainError struct {
	Seq    int64
	ID     string
	Reason string
}

// Error names the entry.
func (e *ChainError) Error() string {
	return fmt.Sprintf("ledger entry %d (%s) was tampered with: %s", e.Seq, e.ID, e.Reason)
}

// Unwrap returns ErrHistory.
func (e *ChainError) Unwrap() error { return ErrHistory }

// verifyChain reads the whole ledger and proves that every entry is as it was
// written and none is missing in between. n is the number of entries.
func (l *ledger) verifyChain(ctx context.Context, q Querier) (n int64, err error) {
	rows, err := l.open(ctx, q, l.sql.Full)
	if err != nil {
		if l.missing(err) {
			return 0, nil
		}
		return 0, l.describe("read ledger", err)
	}
	defer func() { _ = rows.Close() }()
	prev := ""
	for rows.Next() {
		row, err := scanRow(rows, true)
		if err != nil {
			return n, fmt.Errorf("read ledger: %w", err)
		}
		n++
		if err := checkLink(row, n, prev); err != nil {
			return n, err
		}
		prev, _ = row[23].(string)
	}
	return n, rows.Err()
}

func checkLink(row LedgerRow, n int64, prev string) error {
	seq, _ := row[0].(int64)
	id := strings.Trim(fmt.Sprintf("%v %v_%v", row[1], row[2], row[3]), "_ ")
	switch {
	case seq != n:
		return &ChainError{seq, id, fmt.Sprintf("entry %d is missing", n)}
	case row[22] != any(prev):
		return &ChainError{seq, id, "it does not follow the entry before it"}
	case row[23] != any(chainHash(row)):
		return &ChainError{seq, id, "its content does not match its hash"}
	}
	return nil
}
