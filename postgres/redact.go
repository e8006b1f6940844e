package postgres

import (
	"strings"

	"github.com/lockstepdb/lockstep/sqltext"
)

// maxQuery is how much of a blocker's query is shown.
const maxQuery = 500

// redact returns a query with ? for every literal, without comments, on one
// line. The session that runs it may read backslashes in strings in either
// way; where the two readings differ the rest is left out.
func redact(query string) string {
	strict := redactAs(query, sqltext.Options{Mode: sqltext.Postgres})
	if strings.IndexByte(query, '\\') >= 0 {
		strict = common(strict, redactAs(query, sqltext.Options{Mode: sqltext.Postgres, StandardConformingStringsOff: true}))
	}
	if len(strict) > maxQuery {
		return strings.ToValidUTF8(strict[:maxQuery], "") + " …"
	}
	return strict
}

func redactAs(query string, o sqltext.Options) string {
	var b strings.Builder
	gap := false
	for t := range sqltext.Tokens(query, o) {
		text := query[t.Start:t.End]
		switch t.Kind {
		case sqltext.Ident, sqltext.QuotedIdent, sqltext.Operator, sqltext.Param, sqltext.Semicolon:
		case sqltext.String, sqltext.Number:
			text = "?"
		default: // space and comments; what is no SQL may hold data
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		gap = false
		b.WriteString(text)
	}
	return b.String()
}

// common returns what a and b begin with, marked where they part.
func common(a, b string) string {
	if a == b {
		return a
	}
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return strings.ToValidUTF8(a[:n], "") + " …"
}
