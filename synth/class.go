package synth

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// The classes of types. What k is: the value itself, scaled by width where it
// says so, or any integer that stands for a value.
const (
	ClassInteger  = "integer"  // k is the value
	ClassDecimal  = "decimal"  // k is the value times 10 to the power of width
	ClassFloat    = "float"    // k is the value times 1024
	ClassBoolean  = "boolean"  // k is 0 or 1
	ClassText     = "text"     // k is the expression of a text; it only gets its type
	ClassHex      = "hex"      // k in hexadecimal, width digits, as a text
	ClassDigits   = "digits"   // k in decimal, as a text
	ClassBytes    = "bytes"    // k in width bytes
	ClassDate     = "date"     // k is days since 1970-01-01
	ClassDatetime = "datetime" // k is seconds since 1970-01-01 00:00:00
	ClassTime     = "time"     // k is seconds since midnight
	ClassYear     = "year"     // k is the year
	ClassInterval = "interval" // k is seconds
	ClassUUID     = "uuid"     // k below 2^32
	ClassJSON     = "json"     // k is a number in it
	ClassInet     = "inet"     // k below 2^24
	ClassMAC      = "mac"      // k below 2^24
	ClassBits     = "bits"     // k below 2^width
	ClassMoney    = "money"    // k is cents
	ClassGeometry = "geometry" // a point at k
	ClassRange    = "range"    // beginning at k
	ClassXML      = "xml"
	ClassSearch   = "search"   // a text search document
	ClassLabel    = "label"    // k is the quoted label
	ClassArray    = "array"    // k is the expression of its element
	ClassQuotient = "quotient" // k, not negative, divided by width without a rest
)

// kind is what is known of a column's type.
type kind struct {
	class  string
	typ    string // as values are to be cast
	width  int    // length, scale or bits
	most   int    // longest text
	labels []string
	lo, hi int64 // of k in Made; for classes that are ranges also the value's
	usual  int64 // how many different values columns that need not be unique get
	checks []string
	not    bool // NULL is not allowed by the type
	array  bool
}

// ranged reports whether k is a number that comparisons mean.
func (k kind) ranged() bool {
	switch k.class {
	case ClassInteger, ClassDecimal, ClassFloat, ClassDate, ClassDatetime, ClassTime, ClassYear:
		return !k.array
	}
	return false
}

// scale is what one unit of the value is in k.
func (k kind) scale() int64 {
	switch k.class {
	case ClassDecimal:
		return pow(10, k.width)
	case ClassFloat:
		return floatScale
	}
	return 1
}

const (
	floatScale = 1024
	manyValues = 1_000_000
	day        = 24 * 60 * 60
	year2015   = 16436 // days
	year2038   = 24837
	lastDay    = 2_932_896 // 9999-12-31
)

func pow(base int64, n int) int64 {
	p := int64(1)
	for range n {
		if p > math.MaxInt64/base/2 {
			return math.MaxInt64 / 2
		}
		p *= base
	}
	return p
}

// kindOf reads a column's type; class is "" if values of it cannot be made up.
func kindOf(s *schema.Schema, typ string) kind {
	if base, ok := strings.CutSuffix(typ, "[]"); ok {
		k := kindOf(s, base)
		k.array, k.typ = true, typ
		return k
	}
	if t, ok := namedType(s, typ); ok {
		return ofNamed(s, t, typ)
	}
	k := builtin(strings.ToLower(typ), typ)
	if k.typ == "" {
		k.typ = typ
	}
	if k.usual == 0 {
		k.usual = min(manyValues, k.hi-k.lo+1)
	}
	return k
}

// namedType finds the type of the schema that a column's type names.
func namedType(s *schema.Schema, typ string) (schema.Fact, bool) {
	for _, t := range s.OfKind(schema.KindType) {
		if names := unquoted(typ); t.ID.Name == names[len(names)-1] && (len(names) == 1 || t.ID.Schema == names[0]) {
			return t, true
		}
	}
	return schema.Fact{}, false
}

func ofNamed(s *schema.Schema, t schema.Fact, typ string) kind {
	switch {
	case t.Form() == "enum":
		labels := schema.SplitNames(t.Attr(schema.AttrValues))
		return labelled(typ, labels)
	case t.Form() == "domain":
		k := kindOf(s, t.Attr(schema.AttrType))
		k.not = k.not || t.Is(schema.AttrNotNull)
		if checks := t.Attr("checks"); checks != "" {
			k.checks = append(k.checks, domainChecks(checks)...)
		}
		return k
	}
	return kind{typ: typ}
}

// domainChecks cuts the definitions of a domain's checks out of what the
// schema says of them: CONSTRAINT name CHECK (…), one a line.
func domainChecks(text string) []string {
	var found []string
	for line := range strings.SplitSeq(text, "\n") {
		if _, check, ok := strings.Cut(line, "CHECK "); ok {
			found = append(found, check)
		}
	}
	return found
}

func labelled(typ string, labels []string) kind {
	return kind{class: ClassLabel, typ: typ, labels: labels, hi: int64(len(labels)) - 1, usual: int64(len(labels))}
}

// unquoted splits a name at its dots.
func unquoted(name string) []string {
	var parts []string
	var b strings.Builder
	inside := false
	for i := range len(name) {
		switch c := name[i]; {
		case c == '"':
			inside = !inside
		case c == '.' && !inside:
			parts = append(parts, b.String())
			b.Reset()
		default:
			b.WriteByte(c)
		}
	}
	return append(parts, b.String())
}

// numbersIn finds (10, 2) in a type.
func numbersIn(typ string) []int {
	var found []int
	m := regexp.MustCompile(`\(([0-9, ]+)\)`).FindStringSubmatch(typ)
	if m == nil {
		return nil
	}
	for part := range strings.SplitSeq(m[1], ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return nil
		}
		found = append(found, n)
	}
	return found
}

// builtin reads a type that the server comes with, in lower case.
func builtin(lower, typ string) kind {
	numbers := numbersIn(lower)
	name := strings.TrimSpace(regexp.MustCompile(`\([^)]*\)`).ReplaceAllString(lower, ""))
	name = strings.TrimPrefix(name, "pg_catalog.")
	if k, ok := numeric(name, numbers); ok {
		return k
	}
	if k, ok := temporal(name); ok {
		return k
	}
	if k, ok := special(name, numbers, typ); ok {
		return k
	}
	if k, ok := textual(name, numbers); ok {
		return k
	}
	return affinity(name)
}

func integer(bits int, unsigned bool) kind {
	hi := int64(1)<<(bits-1) - 1
	if unsigned && bits < 64 {
		hi = int64(1)<<bits - 1
	}
	return kind{class: ClassInteger, lo: 1, hi: min(hi, math.MaxInt64/4)}
}

func numeric(name string, numbers []int) (kind, bool) {
	unsigned := strings.Contains(name, "unsigned")
	switch strings.TrimSpace(strings.NewReplacer("unsigned", "", "zerofill", "").Replace(name)) {
	case "tinyint":
		if len(numbers) == 1 && numbers[0] == 1 {
			return kind{class: ClassBoolean, hi: 1}, true
		}
		return integer(8, unsigned), true
	case "smallint", "int2", "smallserial":
		return integer(16, unsigned), true
	case "mediumint":
		return integer(24, unsigned), true
	case "integer", "int", "int4", "serial":
		return integer(32, unsigned), true
	case "bigint", "int8", "bigserial":
		return integer(64, unsigned), true
	case "numeric", "decimal", "dec", "number":
		return decimal(numbers), true
	case "real", "float4":
		return kind{class: ClassFloat, lo: floatScale, hi: 1<<24 - 1}, true
	case "float", "double", "double precision", "float8":
		return kind{class: ClassFloat, lo: floatScale, hi: 1<<24 - 1}, true
	case "boolean", "bool":
		return kind{class: ClassBoolean, hi: 1}, true
	case "money":
		return kind{class: ClassMoney, lo: 1, hi: 1 << 40}, true
	case "year":
		return kind{class: ClassYear, lo: 1970, hi: 2155}, true
	}
	return kind{}, false
}

func decimal(numbers []int) kind {
	precision, scale := 18, 2
	if len(numbers) > 0 {
		precision, scale = numbers[0], 0
	}
	if len(numbers) > 1 {
		scale = numbers[1]
	}
	scale = min(scale, 6, 17)
	digits := min(precision, 17)
	if len(numbers) > 1 && numbers[1] > scale {
		digits = max(min(precision-(numbers[1]-scale), 17), 1)
	}
	return kind{class: ClassDecimal, width: scale, lo: 1, hi: pow(10, digits) - 1}
}

func temporal(name string) (kind, bool) {
	first, _, _ := strings.Cut(name, " ")
	switch first {
	case "date":
		return kind{class: ClassDate, lo: year2015, hi: lastDay, usual: 4000}, true
	case "timestamp", "timestamptz", "datetime":
		return kind{class: ClassDatetime, lo: year2015 * day, hi: year2038*day - 1, usual: 300_000_000}, true
	case "time", "timetz":
		return kind{class: ClassTime, hi: day - 1}, true
	case "interval":
		return kind{class: ClassInterval, lo: 1, hi: 100_000_000}, true
	}
	return kind{}, false
}

func special(name string, numbers []int, typ string) (kind, bool) {
	width := 1
	if len(numbers) > 0 {
		width = numbers[0]
	}
	switch name {
	case "uuid", "guid", "uniqueidentifier":
		return kind{class: ClassUUID, hi: 1<<32 - 1}, true
	case "json", "jsonb":
		return kind{class: ClassJSON, hi: 1 << 40}, true
	case "inet", "cidr", "inet4", "inet6":
		return kind{class: ClassInet, hi: 1<<24 - 1}, true
	case "macaddr", "macaddr8":
		return kind{class: ClassMAC, hi: 1<<24 - 1}, true
	case "bit", "bit varying", "varbit":
		if name == "bit varying" && len(numbers) == 0 {
			width = 32
		}
		return kind{class: ClassBits, width: min(width, 32), typ: typ, hi: pow(2, min(width, 32)) - 1}, true
	case "point", "geometry":
		return kind{class: ClassGeometry, hi: manyValues}, true
	case "int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange":
		return kind{class: ClassRange, hi: manyValues}, true
	case "xml":
		return kind{class: ClassXML, hi: 1 << 40}, true
	case "tsvector":
		return kind{class: ClassSearch, hi: 1 << 40}, true
	case "enum", "set":
		return labelled(typ, labelsOf(typ)), true
	case "bytea", "blob", "tinyblob", "mediumblob", "longblob", "image":
		return kind{class: ClassBytes, width: 16, hi: 1<<32 - 1}, true
	case "binary", "varbinary":
		return bytesOf(min(width, 16)), true
	}
	return kind{}, false
}

func bytesOf(width int) kind {
	return kind{class: ClassBytes, width: width, hi: pow(256, min(width, 4)) - 1}
}

// labelsOf reads enum('a','b”c').
func labelsOf(typ string) []string {
	var labels []string
	for _, m := range regexp.MustCompile(`'((?:[^']|'')*)'`).FindAllStringSubmatch(typ, -1) {
		labels = append(labels, strings.ReplaceAll(m[1], "''", "'"))
	}
	return labels
}

// unlimited is the length of texts without a limit.
const unlimited = 1 << 20

func textual(name string, numbers []int) (kind, bool) {
	length := unlimited
	switch name {
	case "character varying", "varchar", "nvarchar", "varchar2", "text", "tinytext", "mediumtext", "longtext", "citext", "name", "clob", "string", "native character":
		if name == "tinytext" {
			length = 60
		}
	case "character", "char", "nchar", "bpchar":
		if name != "bpchar" {
			length = 1
		}
	default:
		return kind{}, false
	}
	if len(numbers) > 0 {
		length = numbers[0]
	}
	if name == "name" {
		length = 60
	}
	return textOf(length), true
}

func textOf(length int) kind {
	return kind{class: ClassText, width: length, hi: 1<<32 - 1}
}

// affinity reads a type as SQLite does, which takes any word for one.
func affinity(name string) kind {
	has := func(part string) bool { return strings.Contains(name, part) }
	switch {
	case name == "", name == "any":
		return textOf(unlimited)
	case has("."), has(`"`):
		return kind{}
	case has("int") && !has("point") && !has("interval"):
		return integer(64, false)
	case has("char"), has("clob"), has("text"):
		return textOf(unlimited)
	case has("blob"):
		return kind{class: ClassBytes, width: 16, hi: 1<<32 - 1}
	case has("real"), has("floa"), has("doub"): //nolint:misspell // SQLite looks for these letters
		return kind{class: ClassFloat, lo: floatScale, hi: 1<<24 - 1}
	}
	return kind{}
}
