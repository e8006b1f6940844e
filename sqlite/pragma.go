package sqlite

import (
	"slices"

	"github.com/lockstepdb/lockstep"
)

// pragma is a PRAGMA statement.
type pragma struct {
	schema string // as in PRAGMA main.user_version; "" if not said
	name   string // in lower case
	hasArg bool   // PRAGMA name = value or PRAGMA name(value)
}

func parsePragma(w words) pragma {
	p := pragma{name: w.name(1)}
	rest := 2
	if w.at(2) == "." {
		p.schema, p.name, rest = p.name, w.name(3), 4
	}
	p.hasArg = w.at(rest) == "=" || w.at(rest) == "("
	return p
}

// traits of a PRAGMA. What it sets is set again when a script is resumed on
// another connection, and the same value twice does no harm.
func (p pragma) traits() lockstep.Traits {
	switch {
	case p.name == "wal_checkpoint":
		return lockstep.Traits{NoTransaction: whyCheckpoint, Repeatable: true}
	case p.reads(), p.inFile(), p.acts():
		return lockstep.Traits{Repeatable: true}
	default:
		return lockstep.Traits{NoTransaction: p.whyNoTransaction(), Dirty: true, Session: true, Repeatable: true}
	}
}

// whyNoTransaction knows the settings that a transaction keeps as they are.
// The silent ones are the dangerous ones: a script that switches foreign_keys
// off to rebuild a table deletes the rows of its children by cascade.
func (p pragma) whyNoTransaction() string {
	switch p.name {
	case "foreign_keys", "journal_mode":
		return whyIgnored
	case "synchronous", "temp_store": // temp_store: only once temporary tables exist
		return whyRefused
	default:
		return ""
	}
}

// reads tells a PRAGMA that only answers: one of those below with its argument,
// or any known setting without one.
func (p pragma) reads() bool {
	switch p.name {
	case "collation_list", "compile_options", "data_version", "database_list", "foreign_key_check",
		"foreign_key_list", "freelist_count", "function_list", "index_info", "index_list", "index_xinfo",
		"integrity_check", "module_list", "page_count", "pragma_list", "quick_check", "stats",
		"table_info", "table_list", "table_xinfo":
		return true
	case "analysis_limit", "auto_vacuum", "automatic_index", "busy_timeout", "cache_size", "cache_spill",
		"defer_foreign_keys", "encoding", "foreign_keys", "ignore_check_constraints", "journal_mode",
		"journal_size_limit", "legacy_alter_table", "locking_mode", "max_page_count", "mmap_size", "page_size",
		"query_only", "read_uncommitted", "recursive_triggers", "secure_delete", "synchronous", "temp_store",
		"threads", "trusted_schema", "wal_autocheckpoint", "writable_schema":
		return !p.hasArg
	default:
		return false
	}
}

// inFile tells a PRAGMA whose value is data of the database: written and
// rolled back with its transaction, and no part of the session.
func (p pragma) inFile() bool {
	return slices.Contains([]string{"application_id", "schema_version", "user_version"}, p.name)
}

// acts tells a PRAGMA that does something now and leaves no setting.
func (p pragma) acts() bool {
	return slices.Contains([]string{"incremental_vacuum", "optimize", "shrink_memory"}, p.name)
}

// lasting tells a setting that a new connection finds as it was set, so that
// its value before and after a crash means something.
func (p pragma) lasting() bool {
	return p.inFile() || slices.Contains([]string{"auto_vacuum", "encoding", "journal_mode", "page_size"}, p.name)
}
