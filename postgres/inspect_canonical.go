package postgres

import "strings"

// canonical brings an expression that the server printed into the form that it
// prints after the expression was read again. For one construct they differ: a
// list of varchar values, `a IN ('x', 'y')`, is kept as an array that is cast as a
// whole,
//
//	(ARRAY['x'::character varying, 'y'::character varying])::text[]
//
// while reading that text moves the cast to the elements:
//
//	ARRAY[('x'::character varying)::text, ('y'::character varying)::text]
//
// Both mean the same, by the server's own rule for a cast of an array
// constructor. Nothing else was found to change (checked on PostgreSQL 15 and 18).
func canonical(s string) string {
	const open = "(ARRAY["
	if !strings.Contains(s, open) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if end := skipQuoted(s, i); end > i {
			b.WriteString(s[i:end])
			i = end
			continue
		}
		if strings.HasPrefix(s[i:], open) {
			if text, end := distribute(s, i+len(open)); end > 0 {
				b.WriteString(text)
				i = end
				continue
			}
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// distribute reads the elements of an array constructor that begin at i, and
// the cast behind it, and returns the constructor with the cast at its elements
// and where it ends. 0 if it is not cast as a whole to an array type.
func distribute(s string, i int) (text string, end int) {
	var elements []string
	start, depth := i, 0
	for i < len(s) {
		if e := skipQuoted(s, i); e > i {
			i = e
			continue
		}
		switch s[i] {
		case '(', '[':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				elements = append(elements, s[start:i])
				start = i + 1
			}
		case ']':
			if depth == 0 {
				return castElements(append(elements, s[start:i]), s, i+1)
			}
			depth--
		}
		i++
	}
	return "", 0
}

// castElements reads `)::type[]` at i.
func castElements(elements []string, s string, i int) (text string, end int) {
	rest, ok := strings.CutPrefix(s[i:], ")::")
	if !ok {
		return "", 0
	}
	n := typeLength(rest)
	if !strings.HasPrefix(rest[n:], "[]") || n == 0 {
		return "", 0
	}
	for j, e := range elements {
		elements[j] = "(" + canonical(strings.TrimSpace(e)) + ")::" + rest[:n]
	}
	return "ARRAY[" + strings.Join(elements, ", ") + "]", len(s) - len(rest) + n + len("[]")
}

// typeLength is the length of the type's name at the beginning of s, which may
// be quoted, qualified, of several words, and have a modifier.
func typeLength(s string) int {
	i := 0
	for i < len(s) {
		if e := skipQuoted(s, i); e > i {
			i = e
			continue
		}
		n := 1
		if s[i] == '(' {
			n = strings.IndexByte(s[i:], ')') + 1
		} else if !isTypeByte(s[i]) {
			n = 0
		}
		if n == 0 {
			break
		}
		i += n
	}
	return i
}

func isTypeByte(c byte) bool {
	return c == '.' || c == '_' || c == ' ' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// skipQuoted returns where the string or quoted identifier that begins at i
// ends, i if none does. The server prints no dollar quotes within expressions,
// and backslashes only in strings that begin with E.
func skipQuoted(s string, i int) int {
	quote := s[i]
	if quote != '\'' && quote != '"' {
		return i
	}
	backslash := quote == '\'' && i > 0 && s[i-1] == 'E'
	for i++; i < len(s); i++ {
		switch {
		case backslash && s[i] == '\\':
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++
		case s[i] == quote:
			return i + 1
		}
	}
	return len(s)
}

// skipName returns what follows the identifier at the beginning of s, as the
// server prints one: quoted unless it is of small letters, digits and "_".
func skipName(s string) string {
	if s == "" {
		return s
	}
	if end := skipQuoted(s, 0); end > 0 {
		return s[end:]
	}
	return strings.TrimLeft(s, "abcdefghijklmnopqrstuvwxyz0123456789_")
}
