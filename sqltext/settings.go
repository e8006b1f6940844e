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
	for i := 1; i < len(tokens); i++ {
		if !setsMode(text, tokens[:i+1]) {
			continue
		}
		i++
		if op := text[tokens[min(i, len(tokens)-1)].Start:]; strings.HasPrefix(op, ":=") || strings.HasPrefix(op, "=") {
			o = modeValue(text, tokens[min(i+1, len(tokens)):], o, base)
		}
	}
	return o
}

// setsMode tells whether the last of tokens is sql_mode as it stands on the
// left of an assignment for the session.
func setsMode(text string, tokens []Token) bool {
	word := func(back int) string {
		if back >= len(tokens) {
			return ""
		}
		t := tokens[len(tokens)-1-back]
		return strings.ToUpper(text[t.Start:t.End])
	}
	switch word(0) {
	case "@@SQL_MODE", "@@SESSION.SQL_MODE", "@@LOCAL.SQL_MODE":
		return word(1) == "SET" || word(1) == ","
	case "SQL_MODE":
		switch word(1) {
		case "SET", ",", "SESSION", "LOCAL":
			return true
		}
	}
	return false
}

// modeValue returns the options after sql_mode was set to the value that
// tokens start with.
func modeValue(text string, tokens []Token, o, base Options) Options {
	word, modes := "", ""
	for i, t := range tokens {
		s := text[t.Start:t.End]
		if i == 0 {
			word = strings.ToUpper(s)
		}
		if t.Kind == String {
			modes += strings.ToUpper(s)
		}
		if s == "," && (i == 1 || word != "CONCAT" && word != "REPLACE") || s == ")" {
			break
		}
	}
	switch word {
	case "CONCAT":
		return withModes(o, modes, true)
	case "REPLACE":
		return withModes(o, modes, false)
	}
	o.AnsiQuotes, o.NoBackslashEscapes = base.AnsiQuotes, base.NoBackslashEscapes
	if len(tokens) > 0 && tokens[0].Kind == String {
		o.AnsiQuotes, o.NoBackslashEscapes = false, false
		return withModes(o, modes, true)
	}
	return o
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
