package sqlite

import "strings"

// ident returns a name as it stands in SQL: in quotes only where it must.
func ident(name string) string {
	if isPlain(name) && !isKeyword(upper(name)) {
		return name
	}
	return quote(name)
}

// isPlain reports whether a name is a word to SQLite's lexer.
func isPlain(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := c == '_' || c >= 0x80 || 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != "" && !strings.HasPrefix(name, "\uFEFF") // a byte order mark is space
}

// upper and lower change the letters A to Z, as SQLite does, and no others.
func upper(s string) string { return mapLetters(s, 'a', 'A') }

func lower(s string) string { return mapLetters(s, 'A', 'a') }

func mapLetters(s string, from, to byte) string {
	for i := range len(s) {
		if from <= s[i] && s[i] < from+26 {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				if from <= b[j] && b[j] < from+26 {
					b[j] += to - from
				}
			}
			return string(b)
		}
	}
	return s
}

// isKeyword reports whether a word in upper case is one of SQLite's keywords,
// as of 3.53, or one that reads as a constant where it is not a column.
func isKeyword(word string) bool {
	switch word {
	case "ABORT", "ACTION", "ADD", "AFTER", "ALL", "ALTER", "ALWAYS", "ANALYZE", "AND", "AS", "ASC", "ATTACH", "AUTOINCREMENT",
		"BEFORE", "BEGIN", "BETWEEN", "BY", "CASCADE", "CASE", "CAST", "CHECK", "COLLATE", "COLUMN", "COMMIT", "CONFLICT",
		"CONSTRAINT", "CREATE", "CROSS", "CURRENT", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "DATABASE", "DEFAULT",
		"DEFERRABLE", "DEFERRED", "DELETE", "DESC", "DETACH", "DISTINCT", "DO", "DROP", "EACH", "ELSE", "END", "ESCAPE",
		"EXCEPT", "EXCLUDE", "EXCLUSIVE", "EXISTS", "EXPLAIN", "FAIL", "FALSE", "FILTER", "FIRST", "FOLLOWING", "FOR", "FOREIGN",
		"FROM", "FULL", "GENERATED", "GLOB", "GROUP", "GROUPS", "HAVING", "IF", "IGNORE", "IMMEDIATE", "IN", "INDEX", "INDEXED",
		"INITIALLY", "INNER", "INSERT", "INSTEAD", "INTERSECT", "INTO", "IS", "ISNULL", "JOIN", "KEY", "LAST", "LEFT", "LIKE",
		"LIMIT", "MATCH", "MATERIALIZED", "NATURAL", "NO", "NOT", "NOTHING", "NOTNULL", "NULL", "NULLS", "OF", "OFFSET", "ON",
		"OR", "ORDER", "OTHERS", "OUTER", "OVER", "PARTITION", "PLAN", "PRAGMA", "PRECEDING", "PRIMARY", "QUERY", "RAISE",
		"RANGE", "RECURSIVE", "REFERENCES", "REGEXP", "REINDEX", "RELEASE", "RENAME", "REPLACE", "RESTRICT", "RETURNING",
		"RIGHT", "ROLLBACK", "ROW", "ROWS", "SAVEPOINT", "SELECT", "SET", "TABLE", "TEMP", "TEMPORARY", "THEN", "TIES", "TO",
		"TRANSACTION", "TRIGGER", "TRUE", "UNBOUNDED", "UNION", "UNIQUE", "UPDATE", "USING", "VACUUM", "VALUES", "VIEW",
		"VIRTUAL", "WHEN", "WHERE", "WINDOW", "WITH", "WITHIN", "WITHOUT":
		return true
	}
	return false
}

// isName reports whether a keyword can only be a name within an expression, a
// query or the body of a trigger: SQLite takes these for names where they
// cannot be keywords.
func isName(keyword string) bool {
	switch keyword {
	case "ACTION", "AFTER", "ALWAYS", "ANALYZE", "ATTACH", "BEFORE", "CASCADE", "COLUMN", "DATABASE", "DEFERRED", "DETACH", "EACH",
		"EXCLUSIVE", "EXPLAIN", "GENERATED", "IMMEDIATE", "INITIALLY", "INSTEAD", "KEY", "PLAN", "PRAGMA", "QUERY", "REINDEX",
		"RELEASE", "RENAME", "RESTRICT", "SAVEPOINT", "TEMP", "TEMPORARY", "TRIGGER", "VACUUM", "VIEW", "VIRTUAL":
		return true
	}
	return false
}
