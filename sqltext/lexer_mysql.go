package sqltext

import "strings"

// mysql returns kind and end of the token at i, after the lexical rules of
// MySQL 8 and 9 and MariaDB 10.6 to 11.8 (sql_lex.cc) and their shells
// (mysql.cc). Outside of quotes and comments a delimiter set by DELIMITER ends
// any token.
func (l *lexer) mysql(i int) (Kind, int) {
	if l.delim == "" || l.exec >= 0 {
		return l.myToken(i)
	}
	if strings.HasPrefix(l.text[i:], l.delim) {
		return Delimiter, i + len(l.delim)
	}
	kind, end := l.myToken(i)
	switch kind {
	case Ident, Number, Param, Operator:
		end = l.beforeDelimiter(i+1, end)
	}
	return kind, end
}

// beforeDelimiter returns the offset of the first delimiter that starts in
// text[i:end], or end.
func (l *lexer) beforeDelimiter(i, end int) int {
	for ; i < end; i++ {
		if l.text[i] == l.delim[0] && strings.HasPrefix(l.text[i:], l.delim) {
			return i
		}
	}
	return end
}

func (l *lexer) myToken(i int) (Kind, int) {
	c := l.text[i]
	switch cls := classes[c]; {
	case cls&(clsSpace|clsVTab) != 0:
		return Space, l.span(i, clsSpace|clsVTab)
	case cls&clsAlpha != 0:
		return l.myWord(i)
	case cls&clsDigit != 0:
		return l.myDigits(i)
	}
	switch c {
	case '\'':
		return String, l.myString(i, i+1)
	case '"':
		if l.o.AnsiQuotes {
			return QuotedIdent, l.quoted(i, i+1, "quoted identifier")
		}
		return String, l.myString(i, i+1)
	case '`':
		return QuotedIdent, l.quoted(i, i+1, "quoted identifier")
	case ';':
		return Semicolon, i + 1
	case '$':
		return l.myDollar(i)
	case '?':
		return Param, i + 1
	case '@':
		return l.myVariable(i)
	case '\\':
		return l.myCommand(i)
	}
	return l.myPunct(i)
}

// myPunct reads a comment, an operator or a number that starts with its dot.
func (l *lexer) myPunct(i int) (Kind, int) {
	c, next := l.text[i], l.at(i+1)
	switch {
	case c == '#', c == '-' && next == '-' && l.myDashes(i):
		return LineComment, l.line(i)
	case c == '/' && next == '*':
		return l.myComment(i)
	case c == '*' && next == '/' && l.exec >= 0:
		l.exec = -1
		return ExecClose, i + 2
	case c == '.' && classes[next]&clsDigit != 0 && (i == 0 || classes[l.text[i-1]]&clsWord == 0 && l.text[i-1] != '`'):
		return Number, l.number(i)
	}
	return Operator, l.operator(i, "<=> ->>", "-> <= <> << >= >> != := || &&")
}

// myDashes tells whether the two dashes at i start a comment: before space or
// a control character. The shell takes any two dashes so that start a line
// outside of a statement.
func (l *lexer) myDashes(i int) bool {
	c := l.at(i + 2)
	return c <= ' ' || c == 0x7f || l.fresh
}

// myString reads a string whose first inner byte is at i.
func (l *lexer) myString(start, i int) int {
	if l.o.NoBackslashEscapes {
		return l.quoted(start, i, "string")
	}
	return l.escaped(start, i, "string")
}

// myWord reads a word or the string that a one-letter word prefixes. At the
// start of a statement it may be a command to the shell.
func (l *lexer) myWord(start int) (Kind, int) {
	end := l.span(start+1, clsWord)
	if end == start+1 && l.at(end) == '\'' && strings.IndexByte("nNbBxX", l.text[start]) >= 0 {
		return String, l.myString(start, end+1)
	}
	if !l.fresh {
		return Ident, end
	}
	word := l.text[start:end]
	if isWord(word, "DELIMITER") {
		return l.setDelimiter(start, end)
	}
	if hint := shellHint(word); hint != "" {
		l.fail(start, "client command "+clip(word), hint)
	}
	return Ident, end
}

// shellHint returns what to do about a word that at the start of a statement
// is a command to the mysql shell and never SQL. Empty: the word is none.
func shellHint(word string) string {
	var b [foldMax]byte
	switch string(fold(&b, word)) {
	case "SOURCE":
		return "put the statements of that file here, or make it a migration of its own"
	case "CONNECT":
		return "a migration runs in one database: remove the line"
	case "CHARSET", "CLEAR", "EDIT", "EGO", "EXIT", "GO", "NOPAGER", "NOTEE", "NOWARNING", "PAGER", "PRINT",
		"PROMPT", "QUIT", "REHASH", "STATUS", "SYSTEM", "TEE", "WARNINGS":
		return "this is no SQL, only the mysql shell understands it: remove the line"
	}
	return ""
}

// longestDelimiter is how long a delimiter may be in the shell.
const longestDelimiter = 15

// setDelimiter reads the DELIMITER command whose name ends at i. As in the
// shell its argument ends at a space, unless it is in quotes.
func (l *lexer) setDelimiter(start, i int) (Kind, int) {
	end := l.command(i)
	arg := strings.TrimLeft(l.text[i:end], " \t\f\v")
	if arg != "" && strings.IndexByte("'\"`", arg[0]) >= 0 {
		arg, _, _ = strings.Cut(arg[1:], arg[:1])
	} else {
		arg, _, _ = strings.Cut(arg, " ")
		arg = strings.TrimRight(arg, "\t\r\f\v")
	}
	switch {
	case arg == "":
		l.fail(start, "DELIMITER names no delimiter", "write it on the same line: DELIMITER //")
	case strings.Contains(arg, `\`):
		l.fail(start, "DELIMITER with a backslash", "choose another delimiter, such as //")
	case len(arg) > longestDelimiter:
		l.fail(start, "DELIMITER of more than 15 characters", "choose another delimiter, such as //")
		arg = ""
	}
	l.delim = strings.TrimPrefix(arg, ";")
	if l.delim != "" {
		l.delim = arg
	}
	return MetaCommand, end
}

// myDigits reads a number, or a name that starts with digits.
func (l *lexer) myDigits(start int) (Kind, int) {
	word := l.span(start, clsWord)
	digits := l.span(start, clsDigit)
	if digits == word {
		return Number, l.number(start)
	}
	switch c, rest := l.text[digits]|0x20, digits+1; {
	case c == 'e' && rest == word && (l.at(rest) == '+' || l.at(rest) == '-'):
		return Number, l.number(start)
	case c == 'e' && rest < word && l.span(rest, clsDigit) == word,
		(c == 'x' || c == 'b') && digits == start+1 && l.text[start] == '0' && rest < word:
		return Number, word
	}
	return Ident, word
}

// myVariable reads @name, @'name', @@name, or the host of an account name.
func (l *lexer) myVariable(i int) (Kind, int) {
	start := i
	i++
	switch c := l.at(i); {
	case c == '@':
		i++
	case c == '\'' || c == '"' && !l.o.AnsiQuotes:
		return Param, l.myString(start, i+1)
	case c == '"' || c == '`':
		return Param, l.quoted(start, i+1, "quoted identifier")
	}
	for i = l.span(i, clsWord); l.at(i) == '.' && classes[l.at(i+1)]&clsWord != 0; {
		i = l.span(i+1, clsWord)
	}
	return Param, i
}

// myDollar reads a name that starts with a dollar sign, or the dollar-quoted
// string of MySQL 8.4 and 9, which MariaDB does not know.
func (l *lexer) myDollar(i int) (Kind, int) {
	if !l.o.MariaDB && (i == 0 || l.text[i-1] != '.') {
		if end := l.dollarQuoted(i); end >= 0 {
			return String, end
		}
	}
	return Ident, l.span(i, clsWord)
}

// myCommand reads a backslash, which outside of quotes belongs to the shell;
// \N is an old way to write NULL.
func (l *lexer) myCommand(i int) (Kind, int) {
	if l.at(i+1) == 'N' {
		return Ident, i + 2
	}
	name := l.text[i:min(i+2, len(l.text))]
	l.fail(i, "client command "+strings.ToValidUTF8(name, "?"), shortHint(name))
	return MetaCommand, l.command(i)
}

func shortHint(name string) string {
	switch name {
	case `\g`, `\G`:
		return "end the statement with ;"
	case `\d`:
		return "write DELIMITER and the delimiter on a line of its own"
	case `\.`:
		return "put the statements of that file here, or make it a migration of its own"
	case `\u`:
		return "write USE and the database, with a ; behind it"
	case `\c`, `\e`, `\h`, `\p`, `\q`, `\r`, `\s`, `\t`, `\T`, `\w`, `\W`, `\!`, `\#`, `\C`, `\n`, `\P`, `\R`, `\x`:
		return "this is no SQL, only the mysql shell understands it: remove it"
	}
	return "outside of quotes a backslash is no SQL"
}
