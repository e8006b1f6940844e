package codegen

import (
	"fmt"
	"strings"
)

// unknownType is what a type becomes that is not known: every driver can scan
// into it.
const unknownType = "any"

// goTypes returns the Go type of a column's type, "" if it is not known.
type goTypes func(typ string) string

func typesOf(dialect string) (goTypes, error) {
	switch dialect {
	case "postgres":
		return postgresType, nil
	case "mysql":
		return mysqlType, nil
	case "sqlite":
		return sqliteType, nil
	}
	return nil, fmt.Errorf("types of dialect %q are not known", dialect)
}

// bare returns a type without what stands in parentheses, in lower case:
// "timestamp(3) with time zone" becomes "timestamp with time zone".
func bare(typ string) string {
	var b strings.Builder
	depth, quote := 0, rune(0)
	for _, r := range typ {
		switch {
		case depth > 0 && quote == 0 && (r == '\'' || r == '"'):
			quote = r
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '(':
			depth++
		case r == ')':
			depth--
		case depth == 0:
			b.WriteRune(r)
		}
	}
	return strings.ToLower(strings.Join(strings.Fields(b.String()), " "))
}

// postgresType reads what format_type prints.
func postgresType(typ string) string {
	t := bare(typ)
	t = strings.TrimPrefix(t, "pg_catalog.")
	switch t {
	case "smallint", "int2":
		return "int16"
	case "integer", "int", "int4":
		return "int32"
	case "bigint", "int8":
		return "int64"
	case "real", "float4":
		return "float32"
	case "double precision", "float8":
		return "float64"
	case "boolean", "bool":
		return "bool"
	case "oid", "xid", "cid":
		return "uint32"
	case "bytea":
		return "[]byte"
	case "json", "jsonb":
		return "json.RawMessage"
	case "date", "timestamp without time zone", "timestamp with time zone", "timestamp", "timestamptz":
		return "time.Time"
	case "text", "character varying", "varchar", "character", "char", "bpchar", `"char"`, "name", "citext", "uuid", "numeric", "decimal", "money",
		"time without time zone", "time with time zone", "interval", "inet", "cidr", "macaddr", "macaddr8", "bit", "bit varying", "xml", "jsonpath",
		"tsvector", "tsquery", "point", "line", "lseg", "box", "path", "polygon", "circle", "int4range", "int8range", "numrange", "tsrange", "tstzrange",
		"daterange", "int4multirange", "int8multirange", "nummultirange", "tsmultirange", "tstzmultirange", "datemultirange", "hstore", "ltree",
		"regclass", "regtype", "regproc", "pg_lsn", "txid_snapshot", "pg_snapshot":
		return "string"
	}
	switch {
	case strings.HasPrefix(t, "interval "):
		return "string"
	case strings.HasSuffix(t, ".citext"), strings.HasSuffix(t, ".hstore"), strings.HasSuffix(t, ".ltree"):
		return "string"
	}
	return ""
}

// mysqlType reads the column types of MySQL and MariaDB.
func mysqlType(typ string) string {
	if strings.HasPrefix(strings.ToLower(typ), "tinyint(1)") {
		return "bool"
	}
	words := strings.Fields(bare(typ))
	if len(words) == 0 {
		return ""
	}
	unsigned := ""
	for _, w := range words[1:] {
		if w == "unsigned" || w == "zerofill" {
			unsigned = "u"
		}
	}
	switch words[0] {
	case "tinyint":
		return unsigned + "int8"
	case "smallint":
		return unsigned + "int16"
	case "mediumint", "int", "integer":
		return unsigned + "int32"
	case "bigint":
		return unsigned + "int64"
	case "year":
		return "uint16"
	case "bool", "boolean":
		return "bool"
	case "float":
		return "float32"
	case "double", "real":
		return "float64"
	case "json":
		return "json.RawMessage"
	case "date", "datetime", "timestamp":
		return "time.Time"
	case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "bit", "vector",
		"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection":
		return "[]byte"
	case "char", "varchar", "tinytext", "text", "mediumtext", "longtext", "decimal", "numeric", "time", "enum", "set", "uuid", "inet4", "inet6", "xmltype":
		return "string"
	}
	return ""
}

// sqliteType reads a declared type: first what drivers convert by its name,
// then the rules of affinity in their order ("Datatypes In SQLite", 3.1). A
// column of numeric affinity holds what was put into it.
func sqliteType(typ string) string {
	t := bare(typ)
	switch t {
	case "boolean", "bool":
		return "bool"
	case "date", "datetime", "timestamp":
		return "time.Time"
	case "json", "uuid", "time":
		return "string"
	case "", "any":
		return unknownType
	}
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(t, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("int"):
		return "int64"
	case has("char", "clob", "text"):
		return "string"
	case has("blob"):
		return "[]byte"
	case has("real", "floa", "doub"): //nolint:misspell // SQLite looks for these four letters
		return "float64"
	}
	return ""
}

// splitQualified reads a type's name as the server prints it: in double quotes
// where needed, the namespace in front of a dot.
func splitQualified(typ string) (space, name string) {
	first, rest := cutIdentifier(typ)
	if after, found := strings.CutPrefix(rest, "."); found {
		second, _ := cutIdentifier(after)
		return first, second
	}
	if rest != "" {
		return "", typ
	}
	return "", first
}

// cutIdentifier reads one identifier and returns what follows it.
func cutIdentifier(s string) (name, rest string) {
	if !strings.HasPrefix(s, `"`) {
		if i := strings.IndexByte(s, '.'); i >= 0 {
			return s[:i], s[i:]
		}
		return s, ""
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '"' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 >= len(s) || s[i+1] != '"' {
			return b.String(), s[i+1:]
		}
		b.WriteByte('"')
		i++
	}
	return b.String(), ""
}

// inlineEnum reads the labels of MySQL's enum('a','b').
func inlineEnum(typ string) ([]string, bool) {
	if len(typ) < 6 || !strings.EqualFold(typ[:5], "enum(") {
		return nil, false
	}
	var values []string
	var b strings.Builder
	inside := false
	for i := 5; i < len(typ); i++ {
		switch c := typ[i]; {
		case !inside && c == '\'':
			inside = true
		case !inside:
		case c == '\'' && i+1 < len(typ) && typ[i+1] == '\'':
			b.WriteByte(c)
			i++
		case c == '\'':
			values, inside = append(values, b.String()), false
			b.Reset()
		default:
			b.WriteByte(c)
		}
	}
	return values, len(values) > 0
}
