// Package sqlite is lockstep's dialect for SQLite, with modernc.org/sqlite,
// mattn/go-sqlite3 or any other database/sql driver whose errors carry
// SQLite's result codes.
//
// Everything here rests on plain SQL and on the main database file's path. It
// does not know a driver, it does not read or change a DSN, and it never
// chooses settings for the application (journal mode, synchronous, foreign
// keys): those belong to whoever opened the database.
package sqlite

import (
	"context"
	"iter"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// dialect is SQLite. Besides the seven methods it has the roles below.
type dialect struct{}

var (
	_ lockstep.Dialect        = dialect{}
	_ lockstep.ScriptReader   = dialect{}
	_ lockstep.SessionCleaner = dialect{}
	_ lockstep.Witness        = dialect{}
	_ lockstep.Beginner       = dialect{}
	_ lockstep.CommitChecker  = dialect{}
	_ lockstep.Escaper        = dialect{}
)

// Dialect returns the dialect. It was checked on SQLite 3.40 and newer.
func Dialect() lockstep.Dialect { return dialect{} }

// Name returns "sqlite".
func (dialect) Name() string { return "sqlite" }

// Quote returns ident in double quotes. The other quotes that SQLite reads
// (backticks, brackets) cannot hold every name.
func (dialect) Quote(ident string) string { return quote(ident) }

func quote(ident string) string {
	return `"` + strings.ReplaceAll(ident, `"`, `""`) + `"`
}

// Lexer reads scripts as the sqlite3 shell does. It does not depend on the
// version.
func (dialect) Lexer() sqltext.Options { return lexer() }

func lexer() sqltext.Options { return sqltext.Options{Mode: sqltext.SQLite} }

// Commands yields st.Text: SQLite has no statement with data behind it.
func (dialect) Commands(st sqltext.Statement) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) { yield(st.Text, nil) }
}

// BeginTx returns the statement that starts a transaction which is going to
// write. A plain BEGIN takes the write lock only at the first write, and when
// another connection wrote in between that write fails at once with
// SQLITE_BUSY_SNAPSHOT, however long busy_timeout is.
func (dialect) BeginTx() string { return "BEGIN IMMEDIATE" }

// queryText returns the one text that query selects.
func queryText(ctx context.Context, q lockstep.Querier, query string) (string, error) {
	var s string
	err := q.QueryRowContext(ctx, query).Scan(&s)
	return s, err
}
