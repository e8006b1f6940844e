package schema

import "strings"

// JoinNames writes a list of names as one text from which SplitNames reads them
// again: separated by ", ", in double quotes where a name holds a comma, a
// quote, or a space at its ends, or is empty.
func JoinNames(names ...string) string {
	var b strings.Builder
	for i, n := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		if n == "" || strings.ContainsAny(n, `,"`) || strings.TrimSpace(n) != n {
			n = `"` + strings.ReplaceAll(n, `"`, `""`) + `"`
		}
		b.WriteString(n)
	}
	return b.String()
}

// SplitNames reads a text that JoinNames wrote. nil for "".
func SplitNames(s string) []string {
	var names []string
	for s != "" {
		var name string
		name, s = cutName(s)
		names = append(names, name)
		s = strings.TrimPrefix(s, ", ")
	}
	return names
}

// cutName reads the first name and returns what follows it.
func cutName(s string) (name, rest string) {
	if s[0] != '"' {
		if i := strings.Index(s, ", "); i >= 0 {
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
