package postgres

import (
	"slices"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// headWords is how many words tell what a statement is, if its kind is one of
// those whose rest does not matter, such as an INSERT of many megabytes.
const headWords = 16

// Traits tells what the runner must know of st before it runs. Three answers
// are on the safe side, because the text alone cannot tell: REINDEX TABLE and
// REINDEX INDEX run alone in case the table is partitioned, DROP SUBSCRIPTION
// in case it has a slot, and ALTER TYPE … ADD VALUE in case a later statement
// uses the value. A CALL may run a procedure that commits; then its file has to
// say that it runs without a transaction.
func (dialect) Traits(srv lockstep.Server, st sqltext.Statement) lockstep.Traits {
	o := lexerAt(srv, st)
	words := scan(st.Text, o, headWords)
	if len(words) == headWords && restMatters(words[0].key) {
		words = scan(st.Text, o, 0)
	}
	l := readLone(st.Text, words, o)
	return lockstep.Traits{
		NoTransaction: l.reason(),
		Tx:            txControl(&reader{words: words}),
		Dirty:         isDirty(words, st.Text),
		Session:       isSession(&reader{words: words}),
		Repeatable:    isRepeatable(words, l),
		MayCommit:     len(words) > 0 && words[0].key == "CALL",
		LongWait:      l.waitsLong() || isAnalyze(words),
		Targets:       targets(words, l),
	}
}

func restMatters(verb string) bool {
	switch verb {
	case "ALTER", "CREATE", "DROP", "TRUNCATE", "LOCK", "VACUUM", "REINDEX", "DO":
		return true
	}
	return false
}

func txControl(r *reader) lockstep.TxControl {
	switch {
	case r.is("BEGIN"), r.is("START", "TRANSACTION"):
		return lockstep.TxBegin
	case r.is("COMMIT", "PREPARED"), r.is("ROLLBACK", "PREPARED"):
		return lockstep.TxNone
	case r.is("COMMIT"), r.is("END"), r.is("PREPARE", "TRANSACTION"):
		return lockstep.TxCommit
	case r.is("SAVEPOINT"), r.is("RELEASE"), r.rollsBackTo():
		return lockstep.TxOther
	case r.is("ROLLBACK"), r.is("ABORT"):
		return lockstep.TxRollback
	}
	return lockstep.TxNone
}

// rollsBackTo recognises ROLLBACK [WORK | TRANSACTION] TO.
func (r *reader) rollsBackTo() bool {
	return r.is("ROLLBACK", "TO") || r.is("ROLLBACK", "WORK", "TO") || r.is("ROLLBACK", "TRANSACTION", "TO")
}

// cleanVerbs begin the statements that leave nothing in the session, unless
// they make a temporary object or call a function that does.
func cleanVerbs() []string {
	return []string{
		"ABORT", "ALTER", "ANALYSE", "ANALYZE", "BEGIN", "CHECKPOINT", "CLUSTER", "COMMENT", "COMMIT", "COPY", "CREATE",
		"DELETE", "DROP", "END", "GRANT", "IMPORT", "INSERT", "LOCK", "MERGE", "NOTIFY", "REASSIGN", "REFRESH", "REINDEX",
		"RELEASE", "REVOKE", "ROLLBACK", "SAVEPOINT", "SECURITY", "SHOW", "START", "TRUNCATE", "UPDATE", "VACUUM",
	}
}

// isDirty is true for all that is not known to leave the session as it was.
func isDirty(words []word, text string) bool {
	r := &reader{words: words}
	switch {
	case r.done():
		return false
	case r.accept("SET"):
		return !r.isLocal()
	case r.is("PREPARE", "TRANSACTION"):
		return false
	case !slices.Contains(cleanVerbs(), words[0].key):
		return true
	case r.accept("CREATE") && r.isTemporary():
		return true
	}
	return mentions(text, "set_config", "pg_temp", "advisory_lock")
}

// isLocal tells, behind SET, that the setting ends with the transaction.
func (r *reader) isLocal() bool {
	return r.is("LOCAL") || r.is("TRANSACTION") || r.is("CONSTRAINTS")
}

// isTemporary tells, behind CREATE, that the object is temporary.
func (r *reader) isTemporary() bool {
	r.accept("OR", "REPLACE")
	r.acceptAny("LOCAL", "GLOBAL")
	return r.is("TEMP") || r.is("TEMPORARY")
}

// isSession tells that the statement does nothing but set session state which
// later statements may need. A temporary table is not of this kind: made again
// it would be empty.
func isSession(r *reader) bool {
	switch {
	case r.accept("SET"):
		return !r.isLocal()
	case r.is("PREPARE", "TRANSACTION"):
		return false
	case r.is("RESET"), r.is("PREPARE"), r.is("DEALLOCATE"), r.is("LISTEN"), r.is("UNLISTEN"), r.is("LOAD"), r.is("DISCARD"):
		return true
	case r.accept("SELECT"):
		return r.isSetConfig()
	}
	return false
}

// isSetConfig recognises set_config('…', '…', false), which stands at the head
// of every file from pg_dump, and nothing behind it.
func (r *reader) isSetConfig() bool {
	r.accept("PG_CATALOG", ".")
	if !r.accept("SET_CONFIG", "(") || r.peek(0).kind != sqltext.String || r.peek(2).kind != sqltext.String {
		return false
	}
	r.at++
	if !r.accept(",") {
		return false
	}
	r.at++
	return r.accept(",", "FALSE", ")") && r.done()
}

// isRepeatable tells that running the statement twice does no harm.
func isRepeatable(words []word, l lone) bool {
	switch l.kind {
	case reindex, vacuum, clusterAll, moveDatabase, alterSystem, discardAll:
		return true
	case alterSubscription:
		return l.value == "REFRESH"
	}
	r := &reader{words: words}
	return isAnalyze(words) || r.is("CHECKPOINT") || r.is("SHOW") || r.is("CLUSTER") || r.is("REFRESH")
}

func isAnalyze(words []word) bool {
	r := &reader{words: words}
	return r.is("ANALYZE") || r.is("ANALYSE")
}

// waitsLong tells that while the statement waits for a lock nobody who reads or
// writes the table waits behind it.
func (l lone) waitsLong() bool {
	return l.concurrently || l.kind == vacuum && !l.full
}
