package codegen

import (
	"cmp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// scope holds the names that are taken where they must differ.
type scope map[string]bool

// add takes a name, with a number behind it if it is taken already.
func (s scope) add(name string) string {
	unique := name
	for i := 2; s[unique]; i++ {
		unique = name + strconv.Itoa(i)
	}
	s[unique] = true
	return unique
}

// exported makes an exported identifier of a name: its words in upper camel
// case, initialisms in upper case. A name that begins with something that has no
// upper case, such as a digit, gets an X in front.
func exported(name string) string {
	id := exportedTail(name)
	if first, _ := utf8.DecodeRuneInString(id); !unicode.IsUpper(first) {
		return "X" + id
	}
	return id
}

// exportedTail is exported for what stands behind another identifier. A name
// without letters and digits is written as its code points, so that the constants of
// "+" and "-" have names.
func exportedTail(name string) string {
	var b strings.Builder
	for _, w := range words(name) {
		b.WriteString(title(w))
	}
	if b.Len() > 0 || name == "" {
		return cmp.Or(b.String(), "Empty")
	}
	for _, r := range name {
		b.WriteString("U" + strings.ToUpper(strconv.FormatInt(int64(r), 16)))
	}
	return b.String()
}

// words splits a name where its characters are neither letters nor digits, and
// before an upper case letter that follows a lower case one.
func words(name string) []string {
	var all []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			all = append(all, string(word))
		}
		word = nil
	}
	previous := rune(0)
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			flush()
			previous = 0
			continue
		}
		if unicode.IsUpper(r) && unicode.IsLower(previous) {
			flush()
		}
		word = append(word, r)
		previous = r
	}
	flush()
	return all
}

func title(word string) string {
	upper := strings.ToUpper(word)
	if isInitialism(upper) {
		return upper
	}
	if plural, found := strings.CutSuffix(upper, "S"); found && isInitialism(plural) {
		return plural + "s"
	}
	first, n := utf8.DecodeRuneInString(word)
	if upper == word {
		return string(unicode.ToUpper(first)) + strings.ToLower(word[n:])
	}
	return string(unicode.ToUpper(first)) + word[n:]
}

// isInitialism knows the words that Go writes in one case, as its linters do.
func isInitialism(upper string) bool {
	switch upper {
	case "ACL", "API", "ASCII", "CPU", "CSS", "DNS", "EOF", "GUID", "HTML", "HTTP", "HTTPS", "ID", "IP", "JSON", "LHS", "QPS", "RAM", "RHS", "RPC", "SLA",
		"SMTP", "SQL", "SSH", "TCP", "TLS", "TTL", "UDP", "UI", "UID", "UUID", "URI", "URL", "UTF8", "VM", "XML", "XMPP", "XSRF", "XSS":
		return true
	}
	return false
}
