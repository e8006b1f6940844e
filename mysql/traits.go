package mysql

import (
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// Traits tells what the runner must know of a statement before it runs.
//
// ImplicitCommit holds for all statements that commit on any of the servers
// (the manuals' lists, checked on MySQL 9.7, MariaDB 10.11 and 11.8), and for
// those of which it cannot be known: CALL, EXECUTE, and MariaDB's compound
// statements outside of a routine.
//
// SET autocommit = 0 counts as BEGIN, because the COMMIT of a dump follows it;
// setting it on is left out (see Commands). LOCK TABLES ends as soon as the
// runner has recorded it, see Ledger's Regain: it has no use in a migration but
// does not harm a dump.
func (dialect) Traits(srv lockstep.Server, st sqltext.Statement) lockstep.Traits {
	o := lexerAt(srv, st)
	r := read(st.Text, o, headLength)
	return traitsOf(st.Text, o, r)
}

func traitsOf(text string, o sqltext.Options, r *reader) lockstep.Traits {
	switch first := r.at(0).word; first {
	case "CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE":
		return definition(readDeed(read(text, o, 0)))
	case "INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD", "IMPORT":
		return manipulation(text, o, r)
	case "SET":
		return setting(read(text, o, 0))
	case "SELECT", "WITH", "TABLE", "VALUES", "(", "":
		return lockstep.Traits{Dirty: true, Session: first == "SELECT" && fillsVariables(read(text, o, 0))}
	case "SHOW", "EXPLAIN", "DESCRIBE", "DESC", "HELP", "CHECKSUM":
		return lockstep.Traits{Dirty: first == "EXPLAIN", Repeatable: true}
	case "CALL", "EXECUTE", "IF", "CASE", "LOOP", "WHILE", "REPEAT", "FOR":
		return lockstep.Traits{ImplicitCommit: true, Dirty: true}
	case "PREPARE", "DEALLOCATE", "USE":
		return lockstep.Traits{Session: true, Dirty: true}
	}
	if r.is("LOCK") {
		r = read(text, o, 0)
	}
	if t, ok := control(r); ok {
		return t
	}
	return administration(r)
}

// definition is what CREATE, ALTER, DROP, RENAME and TRUNCATE are.
func definition(d *deed) lockstep.Traits {
	switch {
	case d.object == "PREPARE":
		return lockstep.Traits{Session: true, Dirty: true}
	case d.temporary && d.object == "TABLE":
		return lockstep.Traits{Dirty: true}
	}
	return lockstep.Traits{ImplicitCommit: true, Dirty: d.temporary, Targets: d.targets()}
}

// manipulation is what statements are that change rows.
func manipulation(text string, o sqltext.Options, r *reader) lockstep.Traits {
	switch {
	case r.is("IMPORT"):
		return lockstep.Traits{ImplicitCommit: true}
	case r.is("LOAD", "INDEX"):
		return lockstep.Traits{ImplicitCommit: true, Repeatable: true}
	}
	return lockstep.Traits{Dirty: usesVariables(text, o)}
}

// usesVariables tells whether a user variable stands anywhere in the text.
func usesVariables(text string, o sqltext.Options) bool {
	if !strings.Contains(text, "@") {
		return false
	}
	for t := range sqltext.Tokens(text, o) {
		if t.Kind == sqltext.Param && text[t.Start] == '@' {
			return true
		}
	}
	return false
}

// fillsVariables tells SELECT … INTO @a, which is as good as SET.
func fillsVariables(r *reader) bool {
	for r.find("INTO") {
		if r.at(0).isVariable() {
			return true
		}
	}
	return false
}

// control is what statements are that begin and end transactions and lock
// tables.
func control(r *reader) (t lockstep.Traits, ok bool) {
	switch {
	case r.is("BEGIN", "NOT"):
		return lockstep.Traits{ImplicitCommit: true, Dirty: true}, true
	case r.is("BEGIN"), r.is("START", "TRANSACTION"):
		return lockstep.Traits{Tx: lockstep.TxBegin}, true
	case r.is("COMMIT"):
		return lockstep.Traits{Tx: lockstep.TxCommit}, true
	case r.is("ROLLBACK", "TO"), r.is("ROLLBACK", "WORK", "TO"), r.is("SAVEPOINT"), r.is("RELEASE"):
		return lockstep.Traits{Tx: lockstep.TxOther}, true
	case r.is("ROLLBACK"):
		return lockstep.Traits{Tx: lockstep.TxRollback}, true
	case r.is("XA"):
		return lockstep.Traits{NoTransaction: "XA controls transactions of its own", Dirty: true}, true
	case r.is("LOCK", "TABLES"), r.is("LOCK", "TABLE"):
		return lockTables(r), true
	case r.is("UNLOCK", "TABLES"), r.is("UNLOCK", "TABLE"):
		return lockstep.Traits{
			NoTransaction: "UNLOCK TABLES commits by itself", ImplicitCommit: true, Session: true, Dirty: true, Repeatable: true,
		}, true
	}
	return t, false
}

// lockTables reads the tables of LOCK TABLES a READ, b AS c WRITE.
func lockTables(r *reader) lockstep.Traits {
	t := lockstep.Traits{NoTransaction: "LOCK TABLES commits by itself", ImplicitCommit: true, Session: true, Dirty: true, Repeatable: true}
	r.pos += 2
	for {
		name := r.name()
		for !r.done() && r.at(0).text != "," && !r.is("WRITE") {
			r.pos++
		}
		if name != "" && r.accept("WRITE") {
			t.Targets = append(t.Targets, name)
		}
		for !r.done() && r.at(0).text != "," {
			r.pos++
		}
		if !r.acceptOp(",") {
			return t
		}
	}
}

// administration is what all other statements are, by their first words. An
// unknown one is taken for one that leaves something behind.
func administration(r *reader) lockstep.Traits {
	switch r.at(0).word {
	case "GRANT":
		return lockstep.Traits{ImplicitCommit: true, Repeatable: true}
	case "REVOKE", "INSTALL", "UNINSTALL", "CLONE", "RESTART", "SHUTDOWN":
		return lockstep.Traits{ImplicitCommit: true}
	case "OPTIMIZE", "CHECK", "REPAIR", "CACHE":
		return lockstep.Traits{ImplicitCommit: true, Repeatable: true}
	case "ANALYZE":
		ahead := *r
		ahead.pos++
		ahead.acceptAny("NO_WRITE_TO_BINLOG", "LOCAL")
		if !ahead.is("TABLE") && !ahead.is("TABLES") { // MariaDB: ANALYZE UPDATE … runs it
			return lockstep.Traits{Dirty: true}
		}
		return lockstep.Traits{ImplicitCommit: true, Repeatable: true}
	case "FLUSH", "RESET", "PURGE":
		return lockstep.Traits{ImplicitCommit: true, Repeatable: true, Dirty: r.is("FLUSH")}
	case "START", "STOP", "CHANGE", "BACKUP":
		return lockstep.Traits{
			NoTransaction: r.at(0).word + " " + r.at(1).word + " cannot run inside a transaction", ImplicitCommit: true, Dirty: true,
		}
	}
	return lockstep.Traits{Dirty: true}
}
