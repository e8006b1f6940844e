package mysql

import (
	"strings"

	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/sqltext"
)

// columnReader makes a fact of a column's line.
type columnReader struct {
	t         *tableReader
	r         *reader
	name      string
	attrs     []string
	kind      string // the type's first word, in lower case
	charset   string
	collation string
	options   []string
	null      bool // NULL was written
	generated bool
}

func (t *tableReader) column(r *reader) {
	c := &columnReader{t: t, r: r, name: unquote(r.next().text)}
	c.attrs = make([]string, 0, 12)
	t.columns = append(t.columns, c.name)
	c.dataType()
	for !r.done() {
		if !c.clause() {
			c.other()
		}
	}
	c.finish()
	t.facts = append(t.facts, schema.NewFact(t.id.In(schema.KindColumn, c.name), c.attrs...))
}

func (c *columnReader) put(name, value string) {
	c.attrs = append(c.attrs, name, value)
}

// has reports whether an attribute was read.
func (c *columnReader) has(name string) bool {
	for i := 0; i < len(c.attrs); i += 2 {
		if c.attrs[i] == name {
			return true
		}
	}
	return false
}

// dataType reads the type with its length, labels and sign.
func (c *columnReader) dataType() {
	start := c.r.pos
	c.kind = strings.ToLower(c.r.next().text)
	c.r.group()
	for c.r.acceptAny("UNSIGNED", "ZEROFILL", "PRECISION") {
		continue
	}
	text := plain(c.r.from(start), "")
	if c.t.s.srv.Flavor == flavorMariaDB {
		text = withoutWidth(text)
	}
	c.put(schema.AttrType, text)
}

// withoutWidth leaves out the display width that a type has by default, as
// MySQL does.
func withoutWidth(text string) string {
	switch text {
	case "int(11)", "int(10) unsigned", "bigint(20)", "bigint(20) unsigned", "smallint(6)", "smallint(5) unsigned", "mediumint(9)",
		"mediumint(8) unsigned", "tinyint(4)", "tinyint(3) unsigned", "year(4)":
		open, end := strings.IndexByte(text, '('), strings.IndexByte(text, ')')
		return text[:open] + text[end+1:]
	}
	return text
}

// clause reads one attribute. false: it is none of those known here.
func (c *columnReader) clause() bool {
	return c.typeClause() || c.valueClause() || c.storageClause()
}

func (c *columnReader) typeClause() bool {
	r := c.r
	switch {
	case r.accept("CHARACTER", "SET"):
		c.charset = r.next().text
	case r.accept("COLLATE"):
		c.collation = r.next().text
	case r.accept("NOT", "NULL"):
		c.put(schema.AttrNotNull, schema.Yes)
	case r.accept("NULL"):
		c.null = true
	case r.accept("SRID"):
		c.put(AttrSRID, r.valued())
	case r.accept("COMMENT"):
		c.put(schema.AttrComment, unquoteString(r.valued()))
	case r.accept("INVISIBLE"):
		c.put(AttrInvisible, schema.Yes)
	case r.accept("CHECK"):
		c.put(AttrCheck, plain(r.group(), c.t.o.database))
	default:
		return false
	}
	return true
}

func (c *columnReader) valueClause() bool {
	r := c.r
	switch {
	case r.accept("GENERATED", "ALWAYS", "AS", "ROW"):
		c.generated = true
		c.put(AttrRow, strings.ToLower(r.next().text))
	case r.accept("GENERATED", "ALWAYS", "AS"):
		c.generated = true
		c.put(schema.AttrGenerated, plain(r.group(), c.t.o.database))
	case r.acceptAny("STORED", "PERSISTENT"):
		c.put(schema.AttrStored, schema.Yes)
	case r.accept("VIRTUAL"):
	case r.accept("DEFAULT"):
		c.put(schema.AttrDefault, c.expression())
	case r.accept("ON", "UPDATE"):
		c.put(AttrOnUpdate, c.expression())
	case r.accept("AUTO_INCREMENT"):
		c.put(schema.AttrIdentity, autoIncrement)
	default:
		return false
	}
	return true
}

func (c *columnReader) storageClause() bool {
	r := c.r
	switch {
	case r.accept("COMPRESSED"):
		if r.acceptOp("=") {
			c.put(AttrCompressed, r.next().text)
			return true
		}
		c.put(AttrCompressed, schema.Yes)
	case r.accept("WITH", "SYSTEM", "VERSIONING"):
		c.put(AttrSystemVersioning, "with")
	case r.accept("WITHOUT", "SYSTEM", "VERSIONING"):
		c.put(AttrSystemVersioning, "without")
	case r.accept("STORAGE"):
		c.put(AttrStorage, r.valued())
	case r.accept("COLUMN_FORMAT"):
		c.put(AttrColumnFormat, r.valued())
	case r.accept("ENGINE_ATTRIBUTE"):
		c.put(AttrEngineAttribute, unquoteString(r.valued()))
	case r.accept("SECONDARY_ENGINE_ATTRIBUTE"):
		c.put(AttrSecondAttribute, unquoteString(r.valued()))
	case r.accept("NOT", "SECONDARY"):
		c.put(AttrNotSecondary, schema.Yes)
	case r.at(0).kind == sqltext.QuotedIdent && r.at(1).text == "=": // MariaDB: an option of the engine
		c.options = append(c.options, plain(r.tokens[r.pos:r.pos+3], ""))
		r.pos += 3
	default:
		return false
	}
	return true
}

// other keeps a clause that is not known.
func (c *columnReader) other() {
	t := c.r.next()
	c.options = append(c.options, t.text)
	if t.kind == sqltext.Ident {
		c.t.unknown("column attribute", t.text)
	}
}

// expression reads a default: a constant, a call, or something in parentheses.
func (c *columnReader) expression() string {
	start := c.r.pos
	for first := true; !c.r.done() && (first || !c.isClause()); first = false {
		if c.r.group() == nil {
			c.r.pos++
		}
	}
	return normalNow(plain(c.r.from(start), c.t.o.database))
}

// isClause tells whether an attribute begins here.
func (c *columnReader) isClause() bool {
	switch c.r.at(0).word {
	case "CHARACTER", "COLLATE", "NOT", "NULL", "SRID", "COMMENT", "INVISIBLE", "CHECK", "GENERATED", "STORED", "PERSISTENT", "VIRTUAL",
		"DEFAULT", "ON", "AUTO_INCREMENT", "COMPRESSED", "WITH", "WITHOUT", "STORAGE", "COLUMN_FORMAT", "ENGINE_ATTRIBUTE",
		"SECONDARY_ENGINE_ATTRIBUTE":
		return true
	}
	return c.r.at(0).kind == sqltext.QuotedIdent && c.r.at(1).text == "="
}

// normalNow writes MariaDB's current_timestamp() as MySQL does.
func normalNow(text string) string {
	const now = "current_timestamp("
	if strings.HasPrefix(text, now) && strings.HasSuffix(text, ")") && strings.Count(text, "(") == 1 {
		return strings.TrimSuffix("CURRENT_TIMESTAMP("+text[len(now):], "()")
	}
	return text
}

// finish puts what depends on more than one clause.
func (c *columnReader) finish() {
	c.json()
	if c.null && c.kind == "timestamp" {
		c.null = false // it is what it would be without
	}
	collation := c.collation
	if collation == "" {
		collation = c.t.s.defaults[c.charset]
	}
	if collation != c.t.collation {
		c.put(schema.AttrCollation, collation)
	}
	c.put(AttrOptions, strings.Join(c.options, " "))
	c.numbers()
	c.t.s.spatial = c.t.s.spatial || isSpatial(c.kind)
	c.defaults()
}

// defaults leaves out DEFAULT NULL, and notes its absence.
func (c *columnReader) defaults() {
	for i := 0; i < len(c.attrs); i += 2 {
		if c.attrs[i] == schema.AttrDefault && c.attrs[i+1] == "NULL" {
			c.attrs[i+1] = ""
		}
	}
	if c.has(schema.AttrDefault) || c.has(schema.AttrNotNull) || c.has(schema.AttrIdentity) || c.generated || c.cannotShowDefault() {
		return
	}
	c.put(AttrNoDefault, schema.Yes)
}

// numbers writes the default of a number as one: MySQL puts it in quotes.
func (c *columnReader) numbers() {
	switch c.kind {
	case "int", "tinyint", "smallint", "mediumint", "bigint", "decimal", "float", "double", "year":
	default:
		return
	}
	for i := 0; i < len(c.attrs); i += 2 {
		if v := c.attrs[i+1]; c.attrs[i] == schema.AttrDefault && len(v) > 2 && v[0] == '\'' {
			c.attrs[i+1] = v[1 : len(v)-1]
		}
	}
}

// cannotShowDefault tells the types for which MySQL prints no DEFAULT NULL.
func (c *columnReader) cannotShowDefault() bool {
	if c.t.s.srv.Flavor == flavorMariaDB {
		return false
	}
	switch c.kind {
	case "int", "tinyint", "smallint", "mediumint", "bigint", "decimal", "float", "double", "bit", "char", "varchar", "binary", "varbinary",
		"date", "time", "datetime", "timestamp", "year", "enum", "set":
		return false
	}
	return true
}

// json writes MariaDB's JSON as such: it is longtext with a collation and a
// check, and the server takes whatever looks so for JSON.
func (c *columnReader) json() {
	if c.t.s.srv.Flavor != flavorMariaDB || c.kind != "longtext" || c.collation != "utf8mb4_bin" || !c.has(AttrCheck) {
		return
	}
	for i := 0; i < len(c.attrs); i += 2 {
		if c.attrs[i] == AttrCheck && c.attrs[i+1] != "json_valid("+quote(c.name)+")" {
			return
		}
	}
	for i := 0; i < len(c.attrs); i += 2 {
		switch c.attrs[i] {
		case AttrCheck:
			c.attrs[i+1] = ""
		case schema.AttrType:
			c.attrs[i+1] = "json"
		}
	}
	c.collation, c.charset = c.t.collation, ""
}
