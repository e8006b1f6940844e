package mysql

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"hash"
	"regexp"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep"
)

// observer takes one fingerprint.
type observer struct {
	ctx  context.Context
	q    lockstep.Querier
	srv  lockstep.Server
	sum  hash.Hash
	told bool // something was seen
	dark bool // something could not be seen
	err  error
}

func newObserver(ctx context.Context, q lockstep.Querier, srv lockstep.Server) *observer {
	return &observer{ctx: ctx, q: q, srv: srv, sum: sha256.New()}
}

// fingerprint returns the sum of what was seen, "" if that tells nothing.
func (o *observer) fingerprint() (string, error) {
	switch {
	case o.err != nil:
		return "", o.err
	case o.dark || !o.told:
		return "", nil
	}
	return hex.EncodeToString(o.sum.Sum(nil)), nil
}

// add takes one fact into the sum.
func (o *observer) add(fact, value string) {
	o.told = true
	fmt.Fprintf(o.sum, "%s %d:%s\n", fact, len(value), value)
}

// object adds the definition of a thing, or that there is none.
func (o *observer) object(kind, name string) {
	definition, exists := o.definition(kind, name)
	o.add(kind+" "+foldName(name), fmt.Sprint(exists, " ", definition))
}

// anyLeft adds whether one of the things is there.
func (o *observer) anyLeft(kind string, names []string) {
	left := false
	for _, name := range names {
		_, exists := o.definition(kind, name)
		left = left || exists
	}
	if len(names) > 0 {
		o.add("any left", fmt.Sprint(left))
	}
}

// definition returns how a thing is defined, and whether it is there.
func (o *observer) definition(kind, name string) (text string, exists bool) {
	if kind == "DATABASE" && name == currentDatabase {
		return o.rows("SELECT * FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = DATABASE()")
	}
	switch kind {
	case "TABLE", "VIEW", "PROCEDURE", "TRIGGER", "EVENT", "DATABASE", "SEQUENCE", "PACKAGE", "PACKAGE BODY", "LIBRARY":
		return o.showCreate(kind, name)
	case "FUNCTION":
		text, exists = o.showCreate(kind, name)
		if !exists {
			return o.rows("SELECT * FROM mysql.func WHERE name = " + literal(foldName(name)))
		}
		return text, exists
	case "USER", "ROLE":
		return o.account(name)
	case "SERVER":
		return o.rows("SELECT * FROM mysql.servers WHERE Server_name = " + literal(unquote(name)))
	}
	o.dark = true
	return "", false
}

// showCreate asks for a definition by SHOW CREATE.
func (o *observer) showCreate(kind, name string) (text string, exists bool) {
	if name == "" {
		o.dark = true
		return "", false
	}
	text, err := o.query("SHOW CREATE " + kind + " " + qualified(splitName(name)))
	return text, o.found(err)
}

// withoutNextValue leaves out of a table's definition what inserts change.
func withoutNextValue(definition string) string {
	return regexp.MustCompile(` AUTO_INCREMENT=\d+`).ReplaceAllString(definition, "")
}

// account adds an account's grants, sorted, and its properties.
func (o *observer) account(name string) (text string, exists bool) {
	text, err := o.query("SHOW GRANTS FOR " + name)
	if !o.found(err) {
		return "", false
	}
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	properties, err := o.query("SHOW CREATE USER " + name)
	if err != nil { // MariaDB: a role has none; or they are not for this user to see
		properties = ""
	}
	return strings.Join(lines, "\n") + properties, true
}

// rows returns what a query finds; not being allowed to ask is finding nothing.
func (o *observer) rows(query string) (text string, exists bool) {
	text, err := o.query(query)
	return text, err == nil && text != ""
}

// found tells whether the thing that was asked for is there. An error that says
// neither yes nor no leaves nothing to tell, or is one of the connection.
func (o *observer) found(err error) bool {
	switch numberOf(err) {
	case 0:
		if err != nil && o.err == nil {
			o.err = fmt.Errorf("look at definitions: %w", err)
		}
		return err == nil
	case 1356: // a view whose tables are not as it needs them
		return true
	case 1049, 1146, 1305, 1360, 1539, 1347, 4091, 4092, // database, table, routine, trigger, event; no view; MariaDB: sequence, view
		1141, 1133, 3523, // account
		1959, 1269: // MariaDB: role
		return false
	}
	e := dialect{}.Classify(err)
	if e != nil && e.Class == lockstep.ErrorConnection && o.err == nil {
		o.err = fmt.Errorf("look at definitions: %w", err)
	}
	o.dark = true
	return false
}

// hasRows adds whether a table holds anything.
func (o *observer) hasRows(table string) {
	text, err := o.query("SELECT EXISTS (SELECT 1 FROM " + qualified(splitName(table)) + ")")
	o.add("rows", fmt.Sprint(err == nil, text))
}

// firstRow adds a table's first row in the order of its primary key.
func (o *observer) firstRow(table string) {
	text, err := o.query("SELECT * FROM " + qualified(splitName(table)) + " LIMIT 1")
	o.add("first row", fmt.Sprint(err == nil, text))
}

// query returns all rows as text, without what changes by itself: the time of
// creation, the next AUTO_INCREMENT value.
func (o *observer) query(query string) (string, error) {
	rows, err := o.q.QueryContext(o.ctx, query)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	values := make([]sql.NullString, len(columns))
	into := make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	var b strings.Builder
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return "", err
		}
		for i, v := range values {
			switch columns[i] {
			case "Created":
				continue
			case "Create Table":
				v.String = withoutNextValue(v.String)
			}
			fmt.Fprintf(&b, "%t %d:%s ", v.Valid, len(v.String), v.String)
		}
		b.WriteByte('\n')
	}
	return b.String(), rows.Err()
}

// foldName is a name without quotes and in lower case: A and a are the same
// thing to some servers, and to none of them two things that one statement
// confuses.
func foldName(written string) string {
	schema, name := splitName(written)
	return strings.ToLower(schema + "." + name)
}

// plugins adds what INSTALL and UNINSTALL change. Checked on MySQL 9.7 and
// MariaDB 10.11; only MySQL has components.
func (o *observer) plugins() {
	text, err := o.query("SELECT PLUGIN_NAME, PLUGIN_STATUS FROM information_schema.PLUGINS ORDER BY 1")
	if o.found(err) {
		components, _ := o.rows("SELECT component_urn FROM mysql.component ORDER BY 1")
		o.add("plugins", text+components)
	}
}

// database adds everything that is defined in the current database. Checked on
// MySQL 9.7 and MariaDB 10.11.
func (o *observer) database() {
	for _, query := range []string{
		`SELECT TABLE_NAME, TABLE_TYPE, ENGINE, ROW_FORMAT, TABLE_COLLATION, CREATE_OPTIONS, TABLE_COMMENT
 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME`,
		`SELECT TABLE_NAME, ORDINAL_POSITION, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, CHARACTER_SET_NAME, COLLATION_NAME,
  EXTRA, GENERATION_EXPRESSION, COLUMN_COMMENT
 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION`,
		`SELECT TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, NON_UNIQUE, COLUMN_NAME, COLLATION, SUB_PART, INDEX_TYPE, INDEX_COMMENT
 FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`,
		`SELECT TABLE_NAME, CONSTRAINT_NAME, CONSTRAINT_TYPE
 FROM information_schema.TABLE_CONSTRAINTS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, CONSTRAINT_NAME, CONSTRAINT_TYPE`,
		`SELECT TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME
 FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION`,
		`SELECT TABLE_NAME, CONSTRAINT_NAME, UPDATE_RULE, DELETE_RULE
 FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE() ORDER BY TABLE_NAME, CONSTRAINT_NAME`,
		`SELECT CONSTRAINT_NAME, CHECK_CLAUSE
 FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE() ORDER BY CONSTRAINT_NAME, CHECK_CLAUSE`,
		`SELECT TABLE_NAME, PARTITION_NAME, SUBPARTITION_NAME, PARTITION_METHOD, PARTITION_EXPRESSION, PARTITION_DESCRIPTION
 FROM information_schema.PARTITIONS WHERE TABLE_SCHEMA = DATABASE() AND PARTITION_NAME IS NOT NULL
 ORDER BY TABLE_NAME, PARTITION_NAME, SUBPARTITION_NAME`,
		`SELECT TABLE_NAME, VIEW_DEFINITION, CHECK_OPTION, DEFINER, SECURITY_TYPE
 FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME`,
		`SELECT ROUTINE_TYPE, ROUTINE_NAME, ROUTINE_DEFINITION, DTD_IDENTIFIER, IS_DETERMINISTIC, SQL_DATA_ACCESS, SECURITY_TYPE, SQL_MODE,
  ROUTINE_COMMENT, DEFINER
 FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE() ORDER BY ROUTINE_TYPE, ROUTINE_NAME`,
		`SELECT SPECIFIC_NAME, ROUTINE_TYPE, ORDINAL_POSITION, PARAMETER_MODE, PARAMETER_NAME, DTD_IDENTIFIER
 FROM information_schema.PARAMETERS WHERE SPECIFIC_SCHEMA = DATABASE() ORDER BY SPECIFIC_NAME, ROUTINE_TYPE, ORDINAL_POSITION`,
		`SELECT TRIGGER_NAME, EVENT_MANIPULATION, EVENT_OBJECT_TABLE, ACTION_ORDER, ACTION_TIMING, ACTION_STATEMENT, SQL_MODE, DEFINER
 FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() ORDER BY TRIGGER_NAME`,
		`SELECT EVENT_NAME, EVENT_DEFINITION, EVENT_TYPE, EXECUTE_AT, INTERVAL_VALUE, INTERVAL_FIELD, STARTS, ENDS, STATUS, ON_COMPLETION, DEFINER
 FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() ORDER BY EVENT_NAME`,
	} {
		text, err := o.query(query)
		if !o.found(err) {
			return
		}
		o.add("part", text)
	}
}
