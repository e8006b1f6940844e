package postgres

import "strings"

// baseType takes the modifier from a type: "numeric(10,2)" is numeric,
// "timestamp(3) with time zone" is timestamp with time zone.
func baseType(t string) string {
	if strings.HasPrefix(t, `"`) {
		return t
	}
	head, rest, ok := strings.Cut(t, "(")
	_, tail, closed := strings.Cut(rest, ")")
	if !ok || !closed {
		return t
	}
	return head + tail
}

// castsByAssignment reports whether ALTER COLUMN … TYPE needs no USING: the
// server casts by itself what may be assigned. What is not known here gets
// one, which does no harm. Taken from pg_cast of PostgreSQL 14 to 18.
func castsByAssignment(from, to string) bool {
	from, to = baseType(from), baseType(to)
	if from == to {
		return true
	}
	element, isArray := strings.CutSuffix(from, "[]")
	target, toArray := strings.CutSuffix(to, "[]")
	if isArray && toArray {
		return castsByAssignment(element, target)
	}
	switch to { // every type may be assigned to these
	case "text", "character varying", "character":
		return true
	}
	if isArray || toArray {
		return false
	}
	for _, family := range castFamilies() {
		if strings.Contains(family, " "+from+",") && strings.Contains(family, " "+to+",") {
			return true
		}
	}
	return strings.Contains(oneWayCasts, " "+from+">"+to+",")
}

// castFamilies are types each of which may be assigned to each other one.
func castFamilies() []string {
	return []string{
		" smallint, integer, bigint, numeric, real, double precision,",
		" timestamp without time zone, timestamp with time zone, date,",
		" time without time zone, time with time zone,",
		" json, jsonb,",
		" bit, bit varying,",
		" inet, cidr,",
	}
}

const oneWayCasts = " integer>money, bigint>money, numeric>money, money>numeric, text>name, text>xml, character varying>name," +
	" timestamp without time zone>time without time zone, timestamp with time zone>time without time zone," +
	" timestamp with time zone>time with time zone, interval>time without time zone, time without time zone>interval," +
	" inet>text, macaddr>macaddr8, macaddr8>macaddr,"

// conversion is an expression for USING. A type of the user's own is converted
// to another one by way of text.
func conversion(column, from, to string) string {
	if strings.Contains(from, ".") && strings.Contains(to, ".") {
		return column + "::text::" + to
	}
	return column + "::" + to
}
