// Package postgres is lockstep's dialect for PostgreSQL 14 to 18.
//
// It knows what PostgreSQL's catalogs and SQL say: the run's lock, the ledger
// table, timeouts, which statements refuse a transaction block, who holds a
// table, what an interrupted statement left behind. It works with any
// database/sql driver (it is tested with pgx and lib/pq), directly and through
// PgBouncer in transaction mode, and imports none of them.
//
// It does not decide what runs when (that is the Migrator's work), does not
// judge changes, and does not parse SQL beyond recognising statements.
package postgres

import (
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// dialect is PostgreSQL. It has no state.
type dialect struct{}

var (
	_ lockstep.Dialect        = dialect{}
	_ lockstep.ScriptReader   = dialect{}
	_ lockstep.SessionCleaner = dialect{}
	_ lockstep.Witness        = dialect{}
	_ lockstep.LockWatcher    = dialect{}
	_ lockstep.Scratcher      = dialect{}
	_ lockstep.Escaper        = dialect{}
	_ lockstep.Meter          = dialect{}
)

// Dialect returns the dialect for PostgreSQL 14 to 18. The value also has the
// optional abilities ScriptReader, SessionCleaner, Witness, LockWatcher,
// Scratcher, Escaper and Meter of package lockstep. It is safe for concurrent use.
func Dialect() lockstep.Dialect { return dialect{} }

// Name returns "postgres".
func (dialect) Name() string { return "postgres" }

// Quote returns ident as a quoted identifier.
func (dialect) Quote(ident string) string {
	return `"` + strings.ReplaceAll(ident, `"`, `""`) + `"`
}

// Lexer returns how a server in its default configuration reads SQL text.
func (dialect) Lexer() sqltext.Options {
	return sqltext.Options{Mode: sqltext.Postgres}
}

// lexerAt returns how st is to be read: the options in force where it stands,
// else those of the server.
func lexerAt(srv lockstep.Server, st sqltext.Statement) sqltext.Options {
	for _, o := range []sqltext.Options{st.Options, srv.Lexer} {
		if o.Mode == sqltext.Postgres {
			return o
		}
	}
	return dialect{}.Lexer()
}
