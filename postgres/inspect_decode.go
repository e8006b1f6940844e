package postgres

import (
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

func decodeExpression(_ *assembly, _ row, value string) string { return canonical(value) }

// decodeView takes away the layout around a view's query.
func decodeView(_ *assembly, _ row, value string) string {
	return canonical(strings.TrimSuffix(strings.TrimSpace(value), ";"))
}

// decodeLines sorts options. Those that begin with "pg_" are the server's own
// notes (such as pg_attver of late minor versions), which it writes as it likes.
func decodeLines(_ *assembly, _ row, value string) string {
	lines := slices.DeleteFunc(elements(value), func(o string) bool { return o == "" || strings.HasPrefix(o, "pg_") })
	slices.Sort(lines)
	return joinLines(lines)
}

// decodeChecks sorts the constraints of a domain.
func decodeChecks(_ *assembly, _ row, value string) string {
	lines := elements(value)
	for i, l := range lines {
		lines[i] = canonical(l)
	}
	slices.Sort(lines)
	return joinLines(lines)
}

func decodeNames(_ *assembly, _ row, value string) string {
	return schema.JoinNames(elements(value)...)
}

func decodeGrants(a *assembly, _ row, value string) string {
	e := elements(value)
	if len(e) != 3 {
		return value
	}
	return acl{items: elements(e[0]), usual: elements(e[1]), owner: e[2]}.grants(a.owner)
}

// decodeColumns names the columns of an array of numbers.
func decodeColumns(a *assembly, r row, value string) string {
	names := elements(value)
	for i, n := range names {
		names[i] = a.columns[column{r.relation, toInt(n)}]
	}
	return schema.JoinNames(names...)
}

// decodeIndexColumns reads the numbers of an index's key columns, 0 for an
// expression, and its definition if there is one.
func decodeIndexColumns(a *assembly, r row, value string) string {
	parts := elements(value)
	if len(parts) != 2 {
		return value
	}
	names := elements(parts[0])
	texts := keyTexts(decodeIndex(a, r, parts[1]))
	for i, n := range names {
		switch {
		case n != "0":
			names[i] = a.columns[column{r.relation, toInt(n)}]
		case i < len(texts):
			names[i] = texts[i]
		}
	}
	return schema.JoinNames(names...)
}

// keyTexts returns the members of an index's key from its definition, which
// begins with USING: without what follows a column or expression, and with
// parentheses around an expression that is written like a call.
func keyTexts(definition string) []string {
	_, s, ok := strings.Cut(definition, "(")
	var texts []string
	for ok {
		end, call := keyLength(s)
		text := s[:end]
		if call {
			text = "(" + text + ")"
		}
		texts = append(texts, text)
		var more bool
		if s, more = nextKey(s[end:]); !more {
			break
		}
	}
	return texts
}

// keyLength is the length of the name, call, or expression in parentheses at
// the beginning of s.
func keyLength(s string) (n int, call bool) {
	depth := 0
	for n < len(s) {
		if end := skipQuoted(s, n); end > n {
			n = end
			continue
		}
		switch s[n] {
		case '(', '[':
			call = call || depth == 0 && n > 0
			depth++
		case ')', ']':
			if depth--; depth == 0 {
				return n + 1, call
			}
		}
		if depth < 0 || depth == 0 && (s[n] == ' ' || s[n] == ',') {
			return n, false
		}
		n++
	}
	return n, call
}

// nextKey skips to behind the comma at which the next member begins.
func nextKey(s string) (rest string, more bool) {
	depth := 0
	for i := 0; i < len(s); i++ {
		if end := skipQuoted(s, i); end > i {
			i = end - 1
			continue
		}
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return "", false
			}
		case ',':
			if depth == 0 {
				return strings.TrimPrefix(s[i+1:], " "), true
			}
		}
	}
	return "", false
}

// decodeIndex takes away what stands before USING: the names, which the fact's
// ID holds, and UNIQUE, which is an attribute.
func decodeIndex(_ *assembly, _ row, value string) string {
	s := strings.TrimPrefix(value, "CREATE ")
	s = strings.TrimPrefix(s, "UNIQUE ")
	s = skipName(strings.TrimPrefix(s, "INDEX "))
	s = strings.TrimPrefix(strings.TrimPrefix(s, " ON "), "ONLY ")
	return canonical(strings.TrimSpace(skipQualified(s)))
}

func decodeTrigger(_ *assembly, _ row, value string) string {
	s := strings.TrimPrefix(value, "CREATE ")
	s = strings.TrimPrefix(s, "CONSTRAINT ")
	return canonical(strings.TrimSpace(skipName(strings.TrimPrefix(s, "TRIGGER "))))
}

func decodeRule(_ *assembly, _ row, value string) string {
	s := strings.TrimPrefix(skipName(strings.TrimPrefix(value, "CREATE RULE ")), " AS")
	return canonical(strings.TrimSuffix(strings.TrimSpace(s), ";"))
}

func decodeStatistics(_ *assembly, _ row, value string) string {
	return canonical(strings.TrimSpace(skipQualified(strings.TrimPrefix(value, "CREATE STATISTICS "))))
}

func skipQualified(s string) string {
	s = skipName(s)
	if rest, ok := strings.CutPrefix(s, "."); ok {
		return skipName(rest)
	}
	return s
}

// decodeIdentity writes the options of a column's sequence that are not what
// the server takes by itself.
func decodeIdentity(_ *assembly, _ row, value string) string {
	e := elements(value)
	if len(e) != 8 {
		return value
	}
	kind, start, increment, minimum, maximum, cache, cycle, name := e[0], e[1], e[2], e[3], e[4], e[5], e[6], e[7]
	usualMin, usualMax := sequenceBounds(kind, strings.HasPrefix(increment, "-"))
	usualStart := minimum
	if strings.HasPrefix(increment, "-") {
		usualStart = maximum
	}
	var words []string
	for _, o := range []struct{ word, value, usual string }{
		{"SEQUENCE NAME ", name, ""},
		{"START WITH ", start, usualStart},
		{"INCREMENT BY ", increment, "1"},
		{"MINVALUE ", minimum, usualMin},
		{"MAXVALUE ", maximum, usualMax},
		{"CACHE ", cache, "1"},
	} {
		if o.value != o.usual {
			words = append(words, o.word+o.value)
		}
	}
	if cycle == "true" {
		words = append(words, "CYCLE")
	}
	return strings.Join(words, " ")
}

// sequenceBounds are the limits of a sequence whose statement says none.
func sequenceBounds(kind string, descending bool) (minimum, maximum string) {
	least, most := "-9223372036854775808", "9223372036854775807"
	switch kind {
	case "integer":
		least, most = "-2147483648", "2147483647"
	case "smallint":
		least, most = "-32768", "32767"
	}
	if descending {
		return least, "-1"
	}
	return "1", most
}
