package sqltext

import "strings"

// significant returns the tokens of a statement without space and comments.
// It is for the few statements that change how later text is read.
func significant(text string, o Options) []Token {
	var all []Token
	for l := (lexer{text: text, o: o, exec: -1}); ; {
		switch t := l.next(); t.Kind {
		case 0:
			return all
		case Space, LineComment, BlockComment, Hint, ExecOpen, ExecClose:
		default:
			all = append(all, t)
		}
	}
}

// pgSettings returns the options after a SET or RESET of PostgreSQL. Only
// standard_conforming_strings matters.
func pgSettings(text string, o, base Options) Options {
	var words []string
	for _, t := range significant(text, o) {
		if len(words) == 5 { // SET LOCAL standard_conforming_strings = off
			return o
		}
		words = append(words, strings.ToLower(strings.Trim(text[t.Start:t.End], `'"`)))
	}
	if len(words) > 1 && (words[1] == "session" || words[1] == "local") {
		words = words[1:]
	}
	if len(words) < 2 || words[1] != "standard_conforming_strings" {
		return o
	}
	switch words[len(words)-1] {
	case "off", "false", "no", "0":
		o.StandardConformingStringsOff = true
	case "on", "true", "yes", "1":
		o.StandardConformingStringsOff = false
	default: // RESET, or DEFAULT
		o.StandardConformingStringsOff = base.StandardConformingStringsOff
	}
	return o
}

// mySettings returns the options after a SET of MySQL or MariaDB. Only the
// sql_mode of the session matters. A literal sets it; CONCAT adds the modes in
// its literals, REPLACE takes them away; anything else, as a rule a variable
// that kept the mode of the start, restores the options of the start.
func mySettings(text string, o, base Options) Options {
	tokens := significant(text, o)
	for i := 1; i < len(tokens)-2; i++ {
		sign := foldToken(text, tokens[i+1])
		if (sign == "=" || sign == ":=") && setsMode(text, tokens[i-1:i+1]) {
			o = modeValue(text, tokens[i+2:], o, base)
		}
	}
	return o
}

// setsMode tells whether the second of two tokens is sql_mode of the session
// as it stands on the left of an assignment.
func setsMode(text string, tokens []Token) bool {
	before := foldToken(text, tokens[0])
	switch foldToken(text, tokens[1]) {
	case "@@SQL_MODE", "@@SESSION.SQL_MODE", "@@LOCAL.SQL_MODE":
		return before == "SET" || before == ","
	case "SQL_MODE":
		return before == "SET" || before == "," || before == "SESSION" || before == "LOCAL"
	}
	return false
}

// foldToken returns a short token in upper case, and "" for a long one.
func foldToken(text string, t Token) string {
	if t.End-t.Start > 20 {
		return ""
	}
	return strings.ToUpper(text[t.Start:t.End])
}

// modeValue returns the options after sql_mode was set to the value that
// tokens start with; there is at least one.
func modeValue(text string, tokens []Token, o, base Options) Options {
	call := foldToken(text, tokens[0])
	switch {
	case call == "CONCAT":
		return withModes(o, stringsIn(text, tokens), true)
	case call == "REPLACE":
		return withModes(o, stringsIn(text, tokens), false)
	case tokens[0].Kind == String:
		o.AnsiQuotes, o.NoBackslashEscapes = false, false
		return withModes(o, stringsIn(text, tokens[:1]), true)
	}
	o.AnsiQuotes, o.NoBackslashEscapes = base.AnsiQuotes, base.NoBackslashEscapes
	return o
}

// stringsIn returns the strings among the first of tokens, up to a closing
// parenthesis.
func stringsIn(text string, tokens []Token) string {
	const most = 12 // CONCAT(@@sql_mode, ',', 'ANSI_QUOTES')
	all := ""
	for _, t := range tokens[:min(most, len(tokens))] {
		switch s := text[t.Start:t.End]; {
		case s == ")":
			return all
		case t.Kind == String:
			all += " " + strings.ToUpper(s)
		}
	}
	return all
}

// withModes turns on or off what the modes named in s stand for.
func withModes(o Options, s string, on bool) Options {
	s = strings.Map(func(r rune) rune {
		if r == '_' || 'A' <= r && r <= 'Z' {
			return r
		}
		return ' '
	}, s)
	for _, mode := range strings.Fields(s) {
		switch mode {
		case "NO_BACKSLASH_ESCAPES":
			o.NoBackslashEscapes = on
		case "ANSI_QUOTES", "ANSI", "DB", "MAXDB", "MSSQL", "ORACLE", "POSTGRESQL":
			o.AnsiQuotes = on
		}
	}
	return o
}
