package sqlite

import (
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// Why a statement does not go into a transaction. Each was seen on 3.40, 3.53
// and 3.54.
const (
	whyVacuum     = "SQLite cannot VACUUM from within a transaction"
	whyDetach     = "SQLite cannot DETACH a database that the transaction has locked"
	whyCheckpoint = "SQLite cannot checkpoint from within a transaction"
	whyIgnored    = "SQLite silently ignores this PRAGMA within a transaction"
	whyRefused    = "SQLite refuses this PRAGMA within a transaction"
)

// Traits reads st's first words. SQLite rolls back all DDL and locks the whole
// database, so there are no targets. What may leave something behind in the
// connection is dirty; a statement that is not known is.
func (dialect) Traits(_ lockstep.Server, st sqltext.Statement) lockstep.Traits {
	w := words(sqltext.Words(st.Text, lexer(), 10))
	switch w.at(0) {
	case "BEGIN":
		return lockstep.Traits{Tx: lockstep.TxBegin}
	case "COMMIT", "END":
		return lockstep.Traits{Tx: lockstep.TxCommit}
	case "ROLLBACK":
		return lockstep.Traits{Tx: rollback(w)}
	case "SAVEPOINT", "RELEASE":
		return lockstep.Traits{Tx: lockstep.TxOther}
	case "CREATE":
		return lockstep.Traits{Dirty: createsTemporary(w)}
	case "ALTER", "DROP", "INSERT", "REPLACE", "UPDATE", "DELETE":
		return lockstep.Traits{}
	case "ANALYZE", "REINDEX", "EXPLAIN":
		return lockstep.Traits{Repeatable: true}
	case "VACUUM":
		return vacuum(w)
	case "ATTACH":
		return lockstep.Traits{Dirty: true, Session: true}
	case "DETACH":
		return lockstep.Traits{NoTransaction: whyDetach, Dirty: true, Session: true}
	case "PRAGMA":
		return parsePragma(w).traits()
	default:
		return lockstep.Traits{Dirty: true}
	}
}

// words are the first tokens of a statement.
type words []string

// at returns the i-th word, "" beyond the last.
func (w words) at(i int) string {
	if i < len(w) {
		return w[i]
	}
	return ""
}

// name returns the possibly quoted name at i without its quotes, in lower
// case: SQLite compares names without regard to the case of A to Z, and of no
// other letters.
func (w words) name(i int) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, unquote(w.at(i)))
}

// unquote returns what a name stands for that may be written with any of the
// four quotes SQLite knows.
func unquote(word string) string {
	if len(word) < 2 {
		return word
	}
	open, inner := word[0], word[1:len(word)-1]
	switch open {
	case '[':
		return inner
	case '"', '`', '\'':
		q := string(open)
		return strings.ReplaceAll(inner, q+q, q)
	default:
		return word
	}
}

// rollback tells ROLLBACK [TRANSACTION] from ROLLBACK [TRANSACTION] TO name.
func rollback(w words) lockstep.TxControl {
	if slices.Contains(w, "TO") {
		return lockstep.TxOther
	}
	return lockstep.TxRollback
}

// vacuum tells VACUUM from VACUUM INTO, which fails when its file exists.
func vacuum(w words) lockstep.Traits {
	return lockstep.Traits{NoTransaction: whyVacuum, Repeatable: !slices.Contains(w, "INTO")}
}

// createsTemporary also finds CREATE TABLE temp.t.
func createsTemporary(w words) bool {
	o, ok := parseObject(w)
	return !ok || o.temporary || o.schema == "temp"
}
