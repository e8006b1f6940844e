package postgres

import (
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// keywords are the words that cannot stand for every kind of name without
// quotes: those of pg_get_keywords() on PostgreSQL 14 to 18 whose category is
// not "unreserved", which is where quote_ident() quotes.
const keywords = " " +
	"all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case " +
	"cast char character check coalesce collate collation column concurrently constraint create cross " +
	"current_catalog current_date current_role current_schema current_time current_timestamp current_user dec " +
	"decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign " +
	"freeze from full grant greatest group grouping having ilike in initially inner inout int integer intersect " +
	"interval into is isnull join json json_array json_arrayagg json_exists json_object json_objectagg json_query " +
	"json_scalar json_serialize json_table json_value lateral leading least left like limit localtime " +
	"localtimestamp merge_action national natural nchar none normalize not notnull null nullif numeric offset on " +
	"only or order out outer overlaps overlay placing position precision primary real references returning right " +
	"row select session_user setof similar smallint some substring symmetric system_user table tablesample then " +
	"time timestamp to trailing treat trim true union unique user using values varchar variadic verbose when where " +
	"window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot " +
	"xmlserialize xmltable "

// ident returns name as an identifier, in quotes only where it needs them: for
// SQL that people read. It agrees with the server's quote_ident.
func ident(name string) string {
	if plain(name) && !strings.Contains(keywords, " "+name+" ") {
		return name
	}
	return dialect{}.Quote(name)
}

// plain tells that a name is made of what an identifier without quotes keeps.
func plain(name string) bool {
	for i := range len(name) {
		c := name[i]
		if c != '_' && (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// dotted returns a name with its namespace.
func dotted(namespace, name string) string {
	if namespace == "" {
		return ident(name)
	}
	return ident(namespace) + "." + ident(name)
}

// fullName returns the qualified name of an object that is no part of another.
func fullName(id schema.ID) string { return dotted(id.Schema, id.Name) }

// tableOf returns the qualified name of the relation that id is a part of.
func tableOf(id schema.ID) string { return dotted(id.Schema, id.Table) }

// names returns a list of identifiers.
func names(list []string) string {
	quoted := make([]string, len(list))
	for i, n := range list {
		quoted[i] = ident(n)
	}
	return strings.Join(quoted, ", ")
}

// joined returns the qualified name that JoinNames of schema and name stands for.
func joined(value string) string {
	parts := schema.SplitNames(value)
	quoted := make([]string, len(parts))
	for i, p := range parts {
		quoted[i] = ident(p)
	}
	return strings.Join(quoted, ".")
}

// text returns s as a string constant for SQL that people read. A backslash asks
// for the E form, so that standard_conforming_strings does not matter.
func text(s string) string {
	var b strings.Builder
	untyped(&b, s)
	return b.String()
}
