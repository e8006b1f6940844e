package postgres

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// literal returns an expression of type text whose value is s, whatever the
// session's standard_conforming_strings, client_encoding, backslash_quote and
// search_path are when it is read.
func literal(s string) string {
	if harmless(s) {
		return "'" + s + "'"
	}
	return "pg_catalog.convert_from(" + binaryLiteral([]byte(s)) + ", 'UTF8')"
}

// binaryLiteral returns an expression of type bytea whose value is b.
func binaryLiteral(b []byte) string {
	return "pg_catalog.decode('" + hex.EncodeToString(b) + "', 'hex')"
}

// nameLiteral returns an expression of type name for a folded identifier. The
// server cuts long identifiers, and so does the cast.
func nameLiteral(ident string) string {
	return "CAST(" + literal(ident) + " AS pg_catalog.name)"
}

// harmless tells that s means itself between single quotes in every setting:
// printable ASCII without quote and backslash.
func harmless(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '\'' || c == '\\' {
			return false
		}
	}
	return true
}

// valueLiteral renders one column of a ledger row.
func valueLiteral(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return literal(v)
	case []byte:
		if v == nil {
			return "NULL"
		}
		return binaryLiteral(v)
	case int, int64:
		return fmt.Sprintf("%d", v)
	default:
		return literal(fmt.Sprint(v))
	}
}

// untyped renders a value as a constant that takes the type of the column it
// is written to. Only a backslash asks for the E form, and a quote is doubled,
// so that neither standard_conforming_strings nor backslash_quote matters.
func untyped(b *strings.Builder, s string) {
	if strings.IndexByte(s, '\\') >= 0 {
		b.WriteByte('E')
		s = strings.ReplaceAll(s, `\`, `\\`)
	}
	b.WriteByte('\'')
	b.WriteString(strings.ReplaceAll(s, `'`, `''`))
	b.WriteByte('\'')
}
