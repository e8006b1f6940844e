package mysql

import (
	"regexp"
	"strings"
)

// hiddenPassword stands for a password in facts.
const hiddenPassword = "***"

// redact takes passwords out of the text of a table's option: those of
// FEDERATED, CONNECT and SPIDER tables, which reach other servers. Facts go into
// the ledger and to the screen; a new password is no change of a schema. name
// is the option's, in lower case.
func redact(name, value, engine string) string {
	switch {
	case name == "password":
		return "'" + hiddenPassword + "'"
	case name == "connection", name == "option_list", strings.EqualFold(engine, "SPIDER"):
		return withoutPasswords(value)
	}
	return value
}

// withoutPasswords finds them behind a user in an URL (scheme://user:password@),
// and behind the word (password "x", password 'x', password=x).
func withoutPasswords(text string) string {
	url := regexp.MustCompile(`(://[^:/@'"]*:)[^'"]*@`)
	text = url.ReplaceAllString(text, "${1}"+hiddenPassword+"@")
	for _, quoted := range []string{`"[^"]*"`, `\'\'[^']*\'\'`, `\\'[^']*\\'`, `[^\s,;'"\\]+`} {
		word := regexp.MustCompile(`(?i)(\b\w*(?:password|pwd)(?:\s*=\s*|\s+|))` + quoted)
		text = word.ReplaceAllString(text, "${1}"+hiddenPassword)
	}
	return text
}
