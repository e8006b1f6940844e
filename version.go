package lockstep

import (
	"cmp"
	"strings"
)

// Version orders migrations. It is a string of any length, kept and printed
// as written: "20260101120000", "1.12.4", "0042", "2026-05-27-120000".
type Version string

// Compare orders versions part by part: runs of digits are compared as numbers
// of any size, everything else as text, so 1.12.4 comes before 1.12.10 and a
// 20-digit version after an 18-digit one. It returns -1, 0 or +1; versions
// that differ only in leading zeros are equal in order (0).
func (v Version) Compare(w Version) int {
	a, b := string(v), string(w)
	for a != "" && b != "" {
		x, y := leadingRun(a), leadingRun(b)
		a, b = a[len(x):], b[len(y):]
		if c := compareRuns(x, y); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

// leadingRun returns the longest prefix of s that is all digits or has none.
func leadingRun(s string) string {
	digits := isDigit(s[0])
	for i := range len(s) {
		if isDigit(s[i]) != digits {
			return s[:i]
		}
	}
	return s
}

func compareRuns(x, y string) int {
	if !isDigit(x[0]) || !isDigit(y[0]) {
		return strings.Compare(x, y)
	}
	x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y))
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// parseName splits "20260101120000_create_users" into version and name: the
// version is what stands before the first underscore (or, for names like
// V0001.Users, before the first dot that a letter follows) and begins with a
// digit, after an optional V. ok is false when there is no version.
func parseName(base string) (v Version, name string, ok bool) {
	s := base
	if len(s) > 1 && (s[0] == 'V' || s[0] == 'v') {
		s = s[1:]
	}
	if s == "" || !isDigit(s[0]) {
		return "", "", false
	}
	end := versionEnd(s)
	return Version(strings.TrimRight(s[:end], ".-")), strings.TrimLeft(s[end:], "_.- "), true
}

func versionEnd(s string) int {
	for i := range len(s) {
		switch c := s[i]; {
		case c == '_' || c == ' ':
			return i
		case (c == '.' || c == '-') && i+1 < len(s) && !isDigit(s[i+1]):
			return i
		}
	}
	return len(s)
}
