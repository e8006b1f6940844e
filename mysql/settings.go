package mysql

import (
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// setting is what a SET is.
func setting(r *reader) lockstep.Traits {
	switch {
	case r.is("SET", "PASSWORD"), r.is("SET", "DEFAULT", "ROLE"):
		return lockstep.Traits{ImplicitCommit: true, Repeatable: true}
	case r.is("SET", "STATEMENT"):
		return forStatement(r)
	case r.is("SET", "TRANSACTION"):
		return lockstep.Traits{NoTransaction: "SET TRANSACTION speaks of the next transaction", Session: true, Dirty: true}
	}
	t := lockstep.Traits{Session: true, Dirty: true}
	all := assignments(r)
	if isBegin(all) {
		return lockstep.Traits{Tx: lockstep.TxBegin}
	}
	for _, a := range all {
		t.Repeatable = t.Repeatable || a.global
		if fixedInTransaction(a.variable) {
			t.NoTransaction = a.variable + " cannot be set inside a transaction"
		}
	}
	return t
}

// isBegin tells a SET that does nothing but turn autocommit off, and that keeps
// its value before as mariadb-dump does: SET @old = @@autocommit, autocommit = 0.
func isBegin(all []assignment) bool {
	begins := false
	for _, a := range all {
		switch {
		case a.autocommit && a.isOff():
			begins = true
		case a.variable != "" || !strings.HasSuffix(strings.ToLower(a.value), "autocommit"):
			return false
		}
	}
	return begins
}

// fixedInTransaction tells the variables that the server refuses to set while
// a transaction is open. Tried on MySQL 9.7, MariaDB 10.11 and 11.8.
func fixedInTransaction(variable string) bool {
	switch variable {
	case "sql_log_bin", "binlog_format", "binlog_direct_non_transactional_updates", // both
		"gtid_next", "gtid_purged", "pseudo_slave_mode", "pseudo_replica_mode", // MySQL
		"gtid_domain_id", "gtid_seq_no", "skip_replication": // MariaDB
		return true
	}
	return false
}

// forStatement is what MariaDB's SET STATEMENT … FOR statement is: the
// statement decides.
func forStatement(r *reader) lockstep.Traits {
	if !r.find("FOR") {
		return lockstep.Traits{Session: true, Dirty: true}
	}
	inner := reader{tokens: r.tokens[r.pos:]}
	switch inner.at(0).word {
	case "CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE":
		return definition(readDeed(&inner))
	}
	t, known := control(&inner)
	if !known {
		t = administration(&inner)
	}
	return t
}

// assignment is one part of a SET.
type assignment struct {
	variable   string // in lower case, without scope; "" for user variables
	value      string // its first token
	global     bool   // for the server, not for this session
	autocommit bool   // of this session
	start, end int    // in the statement's text
}

func (a assignment) isOff() bool {
	return a.value == "0" || strings.EqualFold(a.value, "OFF") || strings.EqualFold(a.value, "FALSE")
}

// assignments divides SET a = 1, GLOBAL b = 2 into its parts. A scope holds
// for the parts after it too, up to the next one.
func assignments(r *reader) []assignment {
	var all []assignment
	r.pos = 1
	global := false
	for !r.done() {
		start := r.at(0).start
		global = r.scope(global)
		a := readAssignment(r, global)
		a.start = start
		all = append(all, a)
		r.pos++ // the comma
	}
	return all
}

// scope passes over the word that says for whom a variable is set.
func (r *reader) scope(before bool) (global bool) {
	switch {
	case !r.at(1).isName() && !r.at(1).isVariable(): // a variable of that name
		return before
	case r.acceptAny("GLOBAL", "PERSIST", "PERSIST_ONLY"):
		return true
	case r.acceptAny("SESSION", "LOCAL"):
		return false
	}
	return before
}

func readAssignment(r *reader, global bool) assignment {
	a := assignment{variable: strings.ToLower(r.at(0).text), global: global}
	if scoped, ok := strings.CutPrefix(a.variable, "@@"); ok {
		scope, variable, qualified := strings.Cut(scoped, ".")
		if !qualified {
			scope, variable = "", scope
		}
		a.variable, a.global = variable, scope == "global" || strings.HasPrefix(scope, "persist")
	} else if strings.HasPrefix(a.variable, "@") {
		a.variable, a.global = "", false
	}
	a.variable = unquote(a.variable)
	r.pos++
	if r.acceptOp("=") || r.acceptOp(":=") {
		a.value = strings.Trim(r.at(0).text, "'\"")
	}
	a.end = r.skipExpression()
	a.autocommit = a.variable == "autocommit" && !a.global
	return a
}

// skipExpression passes over everything up to a comma outside of parentheses
// and returns where the last token passed ends.
func (r *reader) skipExpression() (end int) {
	end = r.at(-1).end
	for depth := 0; !r.done() && (depth > 0 || r.at(0).text != ","); r.pos++ {
		switch r.at(0).text {
		case "(":
			depth++
		case ")":
			depth--
		}
		end = r.at(0).end
	}
	return end
}

// withoutAutocommit returns st.Text without assignments of the session's
// autocommit; "" if nothing else is set.
func withoutAutocommit(st sqltext.Statement) string {
	o := lexerAt(lockstep.Server{}, st)
	if first := read(st.Text, o, 2); !first.is("SET") || first.is("SET", "STATEMENT") {
		return st.Text
	}
	r := read(st.Text, o, 0)
	var kept []string
	found := false
	for _, a := range assignments(r) {
		if a.autocommit {
			found = true
			continue
		}
		kept = append(kept, st.Text[a.start:a.end])
	}
	switch {
	case !found:
		return st.Text
	case kept == nil:
		return ""
	}
	return "SET " + strings.Join(kept, ", ")
}
