package mysql

import (
	"slices"

	"github.com/lockstepdb/lockstep/sqltext"
)

// deed is what a statement of the data definition language is about.
type deed struct {
	verb      string   // CREATE, ALTER, DROP, RENAME, TRUNCATE, or another first word
	object    string   // what kind of thing: TABLE, VIEW, PROCEDURE, USER …; "" if not known
	temporary bool     // a temporary table
	names     []string // the things, as written
	becomes   []string // their names afterwards, where they are renamed
	on        string   // the table of an index or a trigger
	rest      reader   // what follows the names
}

// isObject tells the words that say what CREATE, ALTER and DROP are about.
func isObject(word string) bool {
	switch word {
	case "TABLE", "TABLES", "VIEW", "INDEX", "TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "DATABASE", "SCHEMA",
		"USER", "ROLE", "SERVER", "TABLESPACE", "SEQUENCE", "PACKAGE", "LIBRARY", "INSTANCE", "LOGFILE", "RESOURCE",
		"REFERENCE", "PREPARE":
		return true
	}
	return false
}

// readDeed reads the head of a statement.
func readDeed(r *reader) *deed {
	d := &deed{verb: r.next().word}
	switch d.verb {
	case "CREATE", "ALTER", "DROP":
		d.head(r)
	case "RENAME":
		d.rename(r)
	case "TRUNCATE":
		r.accept("TABLE")
		d.object, d.names = "TABLE", []string{r.name()}
	}
	d.rest = *r
	return d
}

// head reads what follows CREATE, ALTER or DROP: modifiers, the kind of thing,
// its names.
func (d *deed) head(r *reader) {
	const longest = 24 // tokens of CREATE OR REPLACE ALGORITHM = … DEFINER = … SQL SECURITY …
	for range longest {
		t := r.next()
		if t.word == "TEMPORARY" {
			d.temporary = true
		}
		if isObject(t.word) {
			d.object = t.word
			break
		}
	}
	d.named(r)
}

func (d *deed) named(r *reader) {
	switch d.object {
	case "SCHEMA":
		d.object = "DATABASE"
	case "TABLES":
		d.object = "TABLE"
	case "PACKAGE":
		if r.accept("BODY") {
			d.object = "PACKAGE BODY"
		}
	}
	r.conditions()
	switch {
	case d.object == "USER" || d.object == "ROLE":
		d.names = r.accounts()
	case d.verb == "DROP" && d.object != "INDEX":
		d.names = r.names()
	case d.object == "DATABASE" && d.verb == "ALTER" && isDatabaseOption(r.at(0).word):
		d.names = []string{currentDatabase}
	default:
		if name := r.name(); name != "" {
			d.names = []string{name}
		}
	}
	r.waits()
	switch {
	case d.object == "INDEX", d.object == "TRIGGER" && d.verb == "CREATE":
		ahead := *r
		if ahead.find("ON") {
			d.on = ahead.name()
		}
	case d.object == "TABLE" && d.verb == "ALTER":
		d.becomes = newNames(*r)
	case d.object == "EVENT" && d.verb == "ALTER":
		if ahead := *r; ahead.find("RENAME", "TO") {
			d.becomes = ahead.names()
		}
	}
}

// currentDatabase stands for the name of the database that ALTER DATABASE does
// not name.
const currentDatabase = ""

// isDatabaseOption tells the words that can follow ALTER DATABASE at once.
func isDatabaseOption(word string) bool {
	switch word {
	case "DEFAULT", "CHARACTER", "CHARSET", "COLLATE", "ENCRYPTION", "READ", "COMMENT":
		return true
	}
	return false
}

// newNames finds the new name that ALTER TABLE … RENAME gives.
func newNames(r reader) []string {
	for r.find("RENAME") {
		if r.acceptAny("COLUMN", "INDEX", "KEY") {
			continue
		}
		r.acceptAny("TO", "AS")
		r.acceptOp("=")
		if name := r.name(); name != "" {
			return []string{name}
		}
	}
	return nil
}

// rename reads RENAME TABLE a TO b, c TO d, and the same for users.
func (d *deed) rename(r *reader) {
	d.object = r.next().word
	if d.object == "TABLES" {
		d.object = "TABLE"
	}
	r.conditions()
	name := r.name
	if d.object == "USER" {
		name = r.account
	}
	for {
		from := name()
		r.waits()
		if from == "" || !r.accept("TO") {
			return
		}
		d.names, d.becomes = append(d.names, from), append(d.becomes, name())
		if !r.acceptOp(",") {
			return
		}
	}
}

// accounts reads a list of accounts, passing over what is said of each.
func (r *reader) accounts() []string {
	var all []string
	for {
		account := r.account()
		if account == "" {
			return all
		}
		all = append(all, account)
		if !r.nextAccount() {
			return all
		}
	}
}

// nextAccount passes over what is said of an account (IDENTIFIED BY …), up to
// the next one. What follows the last may hold commas of its own.
func (r *reader) nextAccount() bool {
	for ; !r.done(); r.pos++ {
		switch {
		case r.acceptOp(","):
			return true
		case r.is("REQUIRE"), r.is("WITH"), r.is("DEFAULT"), r.is("AS"):
			return false
		}
	}
	return false
}

// account reads 'user'@'host' as written; "" if none comes next.
func (r *reader) account() string {
	t := r.at(0)
	if !t.isName() && t.kind != sqltext.String {
		return ""
	}
	r.pos++
	if t.word == "CURRENT_USER" {
		if r.acceptOp("(") {
			r.acceptOp(")")
		}
		return t.word
	}
	host := r.at(0)
	if !host.isVariable() {
		return t.text
	}
	r.pos++
	if host.text == "@" { // with space before the host
		return t.text + "@" + r.next().text
	}
	return t.text + host.text
}

// targets are the existing tables that the statement locks out others from.
func (d *deed) targets() []string {
	var all []string
	switch {
	case d.temporary:
		return nil
	case d.object == "TABLE" && d.verb != "CREATE":
		all = append(all, d.names...)
	case d.on != "":
		all = append(all, d.on)
	}
	if d.object == "TABLE" && (d.verb == "CREATE" || d.verb == "ALTER") {
		all = append(all, d.others()...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// others are further tables that CREATE and ALTER TABLE take hold of: those
// that foreign keys point to, and the one that a partition is exchanged with.
func (d *deed) others() []string {
	var all []string
	for r := d.rest; !r.done(); {
		switch {
		case r.accept("REFERENCES"), d.verb == "ALTER" && r.accept("WITH", "TABLE"):
			if name := r.name(); name != "" {
				all = append(all, name)
			}
		default:
			r.pos++
		}
	}
	return all
}
