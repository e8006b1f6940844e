package lockstep

import (
	"cmp"
	"context"
	"database/sql"
	"iter"
	"time"

	"github.com/lockstepdb/lockstep/sqltext"
)

// Querier is what *sql.DB, *sql.Conn and *sql.Tx have in common.
type Querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Server holds the probed facts of one server. What a server can do is data:
// code asks TransactionalDDL, never "is it MySQL".
type Server struct {
	Dialect  string // Dialect.Name of the dialect that probed it
	Flavor   string // product: "PostgreSQL", "MySQL", "MariaDB", "SQLite"
	Version  string // as the server prints it
	Number   int    // comparable version: 150018, 90704, 101118, 3053001
	Database string // current database (SQLite: path of the main file, "" in memory)
	Schema   string // schema that unqualified names are created in ("" where there is none)
	User     string // user the session runs as
	ReadOnly bool   // the session cannot write (standby, read_only, query_only)

	TransactionalDDL bool            // DDL rolls back with its transaction
	MultiStatement   bool            // one Exec without arguments runs many statements in one round trip
	SingleConnection bool            // all work must use one connection (SQLite in memory)
	Lexer            sqltext.Options // how this server reads SQL text
}

// Dialect is one kind of database. Implementations are stateless values, safe
// for concurrent use. Further abilities are the optional interfaces below,
// found by assertion.
type Dialect interface {
	// Name is the dialect's short name: "postgres", "mysql", "sqlite".
	Name() string
	// Probe reads the facts of the server behind q.
	Probe(ctx context.Context, q Querier) (Server, error)
	// Lock returns the run's lock, not yet held. It takes its connections
	// from db when Try is first called.
	Lock(db *sql.DB, srv Server, req LockRequest) RunLock
	// Ledger returns the SQL of the ledger table.
	Ledger(t LedgerTable) LedgerSQL
	// Guard returns the statements that set timeouts for what follows, in
	// the given scope. A zero duration in t leaves that timeout alone, a
	// negative one takes it away.
	Guard(srv Server, t Timeouts, scope Scope) []string
	// Quote returns ident as a quoted identifier.
	Quote(ident string) string
	// Classify describes a driver's error; nil when err did not come from
	// the database or its connection.
	Classify(err error) *DatabaseError
}

// ScriptReader is the ability to read scripts of this dialect. All dialects
// of this module have it.
type ScriptReader interface {
	// Lexer is how scripts are read before a server is known.
	Lexer() sqltext.Options
	// Traits tells what the runner must know of a statement before it runs.
	Traits(srv Server, st sqltext.Statement) Traits
	// Commands yields the SQL texts to send for st: its text, or, where the
	// client protocol is not plain SQL (COPY … FROM stdin), an equivalent.
	// For plain statements it yields st.Text itself.
	Commands(st sqltext.Statement) iter.Seq2[string, error]
}

// SessionCleaner is the ability to make a used session as good as new without
// reconnecting. Where it is missing the connection is closed and a new one opened.
type SessionCleaner interface {
	// Clean undoes what a script left in the session (settings, roles,
	// temporary objects). keep tells that conn may be used on; otherwise the
	// caller discards it.
	Clean(ctx context.Context, conn *sql.Conn) (keep bool, err error)
}

// TextCleaner is the ability to clean a session by SQL that can follow a
// COMMIT in the same message: behind a pooler the next message may already
// reach another session.
type TextCleaner interface {
	// CleanText returns the statements that undo what a script left.
	CleanText() string
}

// Witness is the ability to tell, after a crash, whether a statement that
// cannot share a transaction with its ledger entry took effect.
type Witness interface {
	// Witness returns a fingerprint of the objects st changes, as they are
	// now: taken before st and again after a crash, a different value proves
	// that st happened. "" means that nothing can be told.
	Witness(ctx context.Context, q Querier, srv Server, st sqltext.Statement) (string, error)
	// Prepare clears what an interrupted or failed earlier run of st left
	// behind (an INVALID index), also when st says IF NOT EXISTS. It is called
	// before st runs and after st failed. note says what was done, "" if nothing.
	Prepare(ctx context.Context, conn *sql.Conn, srv Server, st sqltext.Statement) (note string, err error)
}

// LockWatcher is the ability to see who holds a table.
type LockWatcher interface {
	// Blockers returns the sessions other than q's own that hold or wait for
	// locks on the targets (identifiers as written in the script) and whose
	// transaction is older than age. Literals in their queries are removed.
	// nil means the window is clear; an error means it cannot be told.
	Blockers(ctx context.Context, q Querier, srv Server, targets []string, age time.Duration) ([]Blocker, error)
}

// ShortWaiter is the ability to give up a lock wait sooner than the server's
// own timeouts can say.
type ShortWaiter interface {
	// ExecShort runs query on conn and gives up when it has waited for a lock
	// longer than wait, with an error that Classify calls LockTimeout. A
	// statement that has its lock is never interrupted. It may use another
	// connection of db to watch.
	ExecShort(ctx context.Context, db *sql.DB, conn *sql.Conn, query string, wait time.Duration) error
}

// Beginner is the ability to begin transactions in a way of its own.
type Beginner interface {
	// BeginTx returns the statement that begins a transaction that will write,
	// such as BEGIN IMMEDIATE. Default BEGIN.
	BeginTx() string
}

// CommitChecker is the ability to find, just before COMMIT, what a script
// broke while a session setting kept the server from checking.
type CommitChecker interface {
	// CheckCommit is called right after a transaction has begun, with the
	// session settings that the script made before it. atCommit, if not nil,
	// is called before COMMIT; its error describes what the script broke.
	CheckCommit(ctx context.Context, conn *sql.Conn, settings []sqltext.Statement) (atCommit func(context.Context) error, err error)
}

// SchemaReader is the ability to read the schema as facts, so that the ledger
// keeps what each run made of it.
type SchemaReader interface {
	// SchemaFacts returns the fingerprint of the schema behind q and the facts
	// that it is computed from, one line of text each. The tables in except
	// are left out. It changes nothing, and needs no transaction around it.
	SchemaFacts(ctx context.Context, q Querier, srv Server, except []string) (fingerprint string, facts []string, err error)
}

// Scratcher is the ability to make an empty database to try migrations in,
// beside the one a session is connected to, and to remove it again.
type Scratcher interface {
	// CreateScratch makes an empty database on q's server that sorts, compares
	// and encodes text as the one q is connected to. An error for want of rights
	// has the statement that grants them as its hint.
	CreateScratch(ctx context.Context, q Querier, srv Server, name string) error
	// DropScratch removes a database that CreateScratch made, with the sessions
	// that are still in it. One that is gone already is no error.
	DropScratch(ctx context.Context, q Querier, srv Server, name string) error
	// Scratches returns the names of the server's databases that begin with
	// prefix, sorted.
	Scratches(ctx context.Context, q Querier, prefix string) ([]string, error)
	// Clearing returns statements that remove what users made in the database q
	// is connected to; nil if it is empty. Each may remove what a later one
	// names. What their caller does not own may stay.
	Clearing(ctx context.Context, q Querier, srv Server) ([]string, error)
}

// Escaper is the ability to tell which statements reach beyond their database,
// so that they are not tried where they could do harm.
type Escaper interface {
	// Escapes tells why st would also change something outside of the
	// database it runs in, srv's being the one to protect: roles, settings of
	// the server, another database or file. "" if it does not, as far as its
	// text shows; what is inside of routines and DO blocks is not looked at.
	Escapes(srv Server, st sqltext.Statement) string
}

// Meter is the ability to measure what a statement locks, rewrites and writes:
// by the difference of two readings.
type Meter interface {
	// Measure reads what q's session holds and what relations are stored as,
	// now. What the server or the session's rights do not tell is left out.
	Measure(ctx context.Context, q Querier, srv Server) (Reading, error)
}

// Reading is what a Meter reads.
type Reading struct {
	Relations map[string]Relation // by what identifies them on the server: oid, or name
	Written   int64               // bytes of log that the whole server has written; 0 if unknown
}

// Relation is a table, view or index as a Meter sees it.
type Relation struct {
	Name    string // for people, with its schema; "" if it was dropped
	Index   bool   // an index, whose locks follow from its table's
	Storage string // changes when the relation is rewritten; "" if it has none or that is not known
	Lock    string // the strongest lock that the session holds on it, in the server's words; "" if none
}

// LockRequest says which lock is wanted and by whom.
type LockRequest struct {
	Name   string // distinguishes ledgers: the ledger's table, behind its schema and a dot if it was given one
	Holder Holder // shown to those who wait
}

// RunLock is the lock that lets one run at a time change a database. It dies
// with its holder. It is used by one goroutine.
type RunLock interface {
	// Try takes the lock if it is free. It never waits for another holder.
	Try(ctx context.Context) (held bool, err error)
	// Holder tells who holds the lock now, as far as the server lets us see.
	Holder(ctx context.Context) (Holder, error)
	// Verify returns nil while the lock is certainly still held.
	Verify(ctx context.Context) error
	// Release gives the lock and its connections back; harmless when not held.
	Release(ctx context.Context) error
}

// Holder is who holds the run's lock.
type Holder struct {
	Host    string    `json:"host,omitempty"`    // machine or pod name
	PID     int       `json:"pid,omitempty"`     // process there
	Session string    `json:"session,omitempty"` // session id on the server
	Since   time.Time `json:"since,omitzero"`    // when it took the lock; zero if unknown
}

// Blocker is a session that is in the way of a strong lock.
type Blocker struct {
	Session     string        `json:"session"`               // backend pid or connection id
	User        string        `json:"user,omitempty"`        // database user
	Application string        `json:"application,omitempty"` // application_name or program_name
	Table       string        `json:"table,omitempty"`       // which target it holds
	State       string        `json:"state,omitempty"`       // active, idle in transaction, Sleep …
	Age         time.Duration `json:"age,omitempty"`         // of its transaction
	QueryStart  time.Time     `json:"queryStart,omitzero"`   // of its current or last query
	Query       string        `json:"query,omitempty"`       // with every literal replaced by ?
}

// Timeouts are the limits set around statements. Zero leaves one as it is,
// a negative value takes the limit away.
type Timeouts struct {
	Lock      time.Duration // wait for one lock
	Statement time.Duration // run of one statement
}

// Scope tells how long a Guard holds.
type Scope uint8

// The scopes of a Guard.
const (
	ScopeTransaction Scope = iota + 1 // until the transaction ends
	ScopeSession                      // until set again
)

// TxControl is the part a statement plays in transaction control.
type TxControl uint8

// The transaction control statements.
const (
	TxNone     TxControl = iota
	TxBegin              // BEGIN, START TRANSACTION
	TxCommit             // COMMIT, END
	TxRollback           // ROLLBACK, ABORT (of the whole transaction)
	TxOther              // SAVEPOINT, ROLLBACK TO, RELEASE: fine inside a transaction
)

// Traits is what the runner must know of a statement before running it.
type Traits struct {
	NoTransaction  string    // why it cannot run inside a transaction block; "" if it can
	ImplicitCommit bool      // commits the transaction it runs in (MySQL DDL)
	Tx             TxControl // transaction control
	Dirty          bool      // may leave something in the session: settings, role, temporary objects
	Session        bool      // only sets session state that later statements need: run again when a script is resumed
	Repeatable     bool      // running it twice does no harm (VACUUM, ANALYZE, PRAGMA)
	MayCommit      bool      // may commit by itself if it runs alone (CALL): it does so in files that say transaction off
	LongWait       bool      // its waiting phase holds nobody up and must not time out (CONCURRENTLY)
	Targets        []string  // existing tables it takes a strong lock on, identifiers as written
}

// ErrorClass is what an error allows.
type ErrorClass uint8

// The classes of database errors that callers tell apart.
const (
	ErrorOther          ErrorClass = iota
	ErrorLockTimeout               // a lock was not got in time; nothing was done
	ErrorDeadlock                  // chosen as victim; nothing was done
	ErrorSerialization             // try again
	ErrorCanceled                  // statement timeout or cancel request
	ErrorConnection                // the connection broke or could not be made; the outcome may be unknown
	ErrorUndefinedTable            // the table does not exist
	ErrorDuplicateKey              // a unique key exists already
	ErrorPermission                // not allowed
	ErrorReadOnly                  // the server or session cannot write
	ErrorAuth                      // user or password refused
	ErrorUnknownTarget             // no such host, port or database
	ErrorDiskFull                  // no room
)

// LedgerTable names the ledger.
type LedgerTable struct {
	Schema string // "" = the session's current schema or database
	Name   string // default "lockstep_ledger"
}

// Tables returns the names of the tables that belong to a ledger: its own, and
// that of the run's lock where that is a row. They are no part of a schema that
// is compared.
func (t LedgerTable) Tables() []string {
	name, lock := cmp.Or(t.Name, defaultLedgerName), []rune(cmp.Or(t.Name, defaultLedgerName))
	const longest, suffix = 64, "_lock" // characters; MySQL's limit
	return []string{name, string(lock[:min(len(lock), longest-len(suffix))]) + suffix}
}

// LedgerSQL is the SQL of the ledger table in one dialect. The columns and
// their order are [LedgerColumns]; all text, hashes as hex, times as RFC 3339
// text in UTC with microseconds, up_text and down_text as binary.
type LedgerSQL struct {
	Create  []string // creates the table if it is missing
	Insert  string   // inserts one entry, parameters in LedgerColumns order
	Head    string   // selects all columns but the two texts of the newest entry (one row or none)
	Entries string   // selects all columns but the two texts, oldest first
	Full    string   // selects all columns, oldest first
	Schemas string   // selects all columns of the entries about the schema (EntrySchema, EntryAccepted), oldest first
	// Holds returns a SELECT that has one row if the newest entry carries the
	// digest and none otherwise. It is sent by Exec, which drivers do in one
	// round trip where a query would be prepared first. nil where Exec does
	// not count the rows of a SELECT.
	Holds func(digest string) string
	// Literal renders one entry's INSERT without parameters, so that it can
	// travel with the script in one message; finished_at and duration_us are
	// computed by the server. nil where the server does not run many
	// statements in one round trip.
	Literal func(row LedgerRow) string
	// Regain is run before an entry is inserted in a session that a script has
	// used, so that a role the script took on does not lock the ledger out.
	// It is sent inside a transaction, and what it sets may end with it.
	// "" where that cannot happen.
	Regain string
	Tables []string // names of the ledger and of what stands beside it
	Grant  string   // the GRANT a user needs who may not create or write the table
}

// LedgerRow is an entry as its columns, in LedgerColumns order.
type LedgerRow []any

// LedgerColumns returns the names of the ledger's columns in order. seq is a
// bigint primary key, statement, statements, pid and duration_us are integers,
// up_text and down_text are nullable binary, the rest is text and never NULL.
func LedgerColumns() []string {
	return []string{
		"seq", "event", "version", "name", "kind", "direction", "statement", "statements",
		"checksum", "tokens", "set_digest", "schema_fingerprint", "witness",
		"started_at", "finished_at", "duration_us", "actor", "host", "pid", "tool", "context", "reason",
		"prev", "chain", "up_text", "down_text",
	}
}
