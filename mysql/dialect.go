// Package mysql is lockstep's dialect for MySQL 8 and 9 and MariaDB 10.6 and
// later. One dialect serves both: which product a server is, and in which
// version, is a fact that Probe reads.
//
// It knows what these servers' SQL and catalogs say: the run's lock, the ledger
// table, timeouts, which statements commit by themselves, who holds a table,
// whether an interrupted statement took effect. It works with any database/sql
// driver (it is tested with go-sql-driver/mysql, with parseTime on and off) and
// imports none.
//
// It does not decide what runs when (that is the Migrator's work), does not
// judge changes, and does not parse SQL beyond recognising statements.
//
// A pool should be able to give three connections at a time: one holds the
// lock, one works, one looks on to end waits for a table that take too long.
// With only two, ExecShort has nobody to look on, and a wait for a table ends
// after the server's lock_wait_timeout, which is one second at least.
package mysql

import (
	"iter"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// dialect is MySQL and MariaDB. It has no state.
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
	_ lockstep.ShortWaiter    = dialect{}
)

// Dialect returns the dialect for MySQL 8 and 9 and MariaDB 10.6 and later. The
// value also has the optional abilities ScriptReader, SessionCleaner, Witness,
// LockWatcher, ShortWaiter, Scratcher, Escaper, Meter and SchemaReader of package
// lockstep, reads schemas (Inspect), answers the questions of package schema/diff, and writes changes as SQL
// (Render). It is safe for concurrent use.
func Dialect() lockstep.Dialect { return dialect{} }

// Name returns "mysql", for MariaDB too.
func (dialect) Name() string { return "mysql" }

// Quote returns ident between backticks, which are right in every sql_mode.
func (dialect) Quote(ident string) string { return quote(ident) }

func quote(ident string) string {
	return "`" + strings.ReplaceAll(ident, "`", "``") + "`"
}

// literal returns text as a string constant that means the same in every
// sql_mode and character set.
func literal(text string) string {
	const digits = "0123456789ABCDEF"
	b := make([]byte, 0, 2*len(text))
	for i := range len(text) {
		b = append(b, digits[text[i]>>4], digits[text[i]&15])
	}
	return "_utf8mb4 X'" + string(b) + "'"
}

// Lexer returns how a server in its default configuration reads SQL text. It
// reads what is common to MySQL and MariaDB: every executable comment counts.
func (dialect) Lexer() sqltext.Options {
	return sqltext.Options{Mode: sqltext.MySQL}
}

// lexerAt returns how st is to be read: the options in force where it stands,
// else those of the server.
func lexerAt(srv lockstep.Server, st sqltext.Statement) sqltext.Options {
	for _, o := range []sqltext.Options{st.Options, srv.Lexer} {
		if o.Mode == sqltext.MySQL {
			return o
		}
	}
	return dialect{}.Lexer()
}

// Commands yields st.Text itself, with one exception: assignments of
// autocommit are left out of a SET, because the runner begins and ends
// transactions itself (see Traits).
func (dialect) Commands(st sqltext.Statement) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if text := withoutAutocommit(st); text != "" {
			yield(text, nil)
		}
	}
}
