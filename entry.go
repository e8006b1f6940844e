package lockstep

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
)

// EventKind is what a ledger entry records.
type EventKind string

// The events of the ledger.
const (
	EntryStarted   EventKind = "started"   // intent: the statements of a script are about to run one by one
	EntryStatement EventKind = "statement" // the statements up to number Statement are done, the next one is about to run
	EntryApplied   EventKind = "applied"   // a migration is complete
	EntryReverted  EventKind = "reverted"  // a migration's down is complete
	EntryFailed    EventKind = "failed"    // a script stopped with an error; what it did before stands in earlier entries
	EntryBaselined EventKind = "baselined" // taken as applied without running
	EntryRepaired  EventKind = "repaired"  // a person accepted a difference: new checksum, or Forgotten, Marked
	EntryAdopted   EventKind = "adopted"   // taken over from another tool's ledger
	EntrySchema    EventKind = "schema"    // what a run made of the schema: its fingerprint, and the facts that changed
	EntryAccepted  EventKind = "accepted"  // a person accepted a difference between the schema and what the runs made of it
)

// isAboutSchema tells the events that say nothing of a migration.
func (k EventKind) isAboutSchema() bool { return k == EntrySchema || k == EntryAccepted }

// The repairs that an EntryRepaired records, in its Direction.
const (
	RepairChecksum = "checksum" // the changed file is accepted as what was applied
	RepairForget   = "forget"   // the migration is no longer part of the history
	RepairApplied  = "applied"  // a partly applied migration was finished by hand
	RepairReverted = "reverted" // a partly applied migration was undone by hand
)

// Entry is one event of the ledger. Entries are inserted, never changed.
type Entry struct {
	Seq        int64     // from 1, without gaps
	Event      EventKind // what happened
	Version    Version
	Name       string
	Kind       Kind
	Direction  Direction // Up or Down; the kind of repair for EntryRepaired
	Statement  int       // statements of the script that are done
	Statements int       // statements the script has
	Checksum   string    // of the up text (for statements: of the statements done so far)
	Tokens     string    // digest of what the server reads; equal when only comments or layout differ
	SetDigest  string    // of the applied set after this entry
	Schema     string    // fingerprint of the schema; "" if not taken
	Witness    string    // fingerprint of what the next statement will change, before it
	Started    time.Time // UTC, microseconds
	Finished   time.Time
	Duration   time.Duration
	Actor      string // who: user, or the name given in Options
	Host       string
	PID        int
	Tool       string            // name and version of the program
	Context    map[string]string // deployment id, git commit …; nil if none
	Reason     string            // why (repairs, baselines, waivers); the error's code for EntryFailed
	Prev       string            // chain of the entry before; "" for the first
	Chain      string            // hash over this entry and Prev
	UpText     string            // the scripts as written; "" if not kept
	DownText   string
}

func (e *Entry) key() key { return key{e.Version, e.Name} }

// Failure says what an EntryFailed kept of its error: code and place.
func (e *Entry) Failure() string {
	text := e.Reason
	if text != failedInGo {
		text = "error " + text
	}
	if e.Statement > 0 {
		text += " in statement " + itoa(e.Statement)
	}
	return text
}

// failedInGo is the reason of an EntryFailed that has no code.
const failedInGo = "error in Go"

// ID is the migration's version_name.
func (e *Entry) ID() string { return joinID(e.Version, e.Name) }

// maxKeptText bounds the compressed size of a script that is kept in the
// ledger: longer ones are data, not schema, and would not fit a MySQL packet.
const maxKeptText = 1 << 20

// maxKeptSchema is the same for the facts of a schema: some ten thousand tables.
const maxKeptSchema = 8 << 20

// timeLayout is RFC 3339 in UTC with microseconds: sortable as text, and the
// same through every driver.
const timeLayout = "2006-01-02T15:04:05.000000Z"

func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeLayout)
}

func parseTime(s string) time.Time {
	t, err := time.Parse(timeLayout, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

// row renders the entry in LedgerColumns order.
func (e *Entry) row() (LedgerRow, error) {
	limit := maxKeptText
	if e.Event.isAboutSchema() {
		limit = maxKeptSchema
	}
	up, err := pack(e.UpText, limit)
	if err != nil {
		return nil, err
	}
	down, err := pack(e.DownText, limit)
	if err != nil {
		return nil, err
	}
	return LedgerRow{
		e.Seq, string(e.Event), string(e.Version), e.Name, string(e.Kind), string(e.Direction),
		int64(e.Statement), int64(e.Statements), e.Checksum, e.Tokens, e.SetDigest, e.Schema, e.Witness,
		formatTime(e.Started), formatTime(e.Finished), e.Duration.Microseconds(),
		e.Actor, e.Host, int64(e.PID), e.Tool, encodeContext(e.Context), e.Reason, e.Prev, e.Chain, up, down,
	}, nil
}

func encodeContext(c map[string]string) string {
	if len(c) == 0 {
		return ""
	}
	b, err := json.Marshal(c) // keys come out sorted
	if err != nil {
		return ""
	}
	return string(b)
}

// outsideChain tells the columns that the server measures while the entry is
// written, and the hash itself.
func outsideChain(column string) bool {
	return column == "finished_at" || column == "duration_us" || column == "chain"
}

// chainHash hashes a row with the names of its columns, so that a value can
// not move from one column to another.
func chainHash(row LedgerRow) string {
	h := sha256.New()
	for i, column := range LedgerColumns() {
		if outsideChain(column) {
			continue
		}
		v := columnBytes(row[i])
		fmt.Fprintf(h, "%s %d:", column, len(v))
		h.Write(v)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func columnBytes(v any) []byte {
	switch v := v.(type) {
	case int64:
		return strconv.AppendInt(nil, v, 10)
	case string:
		return []byte(v)
	case []byte:
		return v
	}
	return nil
}

// seal computes the row of an entry and its chain value.
func (e *Entry) seal() (LedgerRow, error) {
	row, err := e.row()
	if err != nil {
		return nil, err
	}
	e.Chain = chainHash(row)
	for i, column := range LedgerColumns() {
		if column == "chain" {
			row[i] = e.Chain
		}
	}
	return row, nil
}

// plainText is how long a text may be that is kept as it is: people can read
// it in the table, and there is little to gain.
const plainText = 1 << 10

// pack compresses a long text; nil for "" and for texts that are too long to
// keep. A compressed text begins with a byte that no UTF-8 text begins with.
func pack(text string, limit int) ([]byte, error) {
	switch {
	case text == "":
		return nil, nil
	case len(text) <= plainText:
		return []byte(text), nil
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(z, text); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	if b.Len() > limit {
		return nil, nil
	}
	return b.Bytes(), nil
}

func unpack(b []byte) (string, error) {
	if len(b) < 2 || b[0] != 0x1f || b[1] != 0x8b {
		return string(b), nil
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return "", fmt.Errorf("unpack text: %w", err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return "", fmt.Errorf("unpack text: %w", err)
	}
	return string(text), nil
}
