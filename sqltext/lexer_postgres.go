package sqltext

import "strings"

// postgres returns kind and end of the token at i, after the lexical rules of
// PostgreSQL 14 to 18 (scan.l and psqlscan.l).
func (l *lexer) postgres(i int) (Kind, int) {
	c := l.text[i]
	switch cls := classes[c]; {
	case cls&(clsSpace|clsVTab) != 0:
		return Space, l.span(i, clsSpace|clsVTab)
	case cls&clsAlpha != 0:
		return l.pgWord(i)
	case cls&clsDigit != 0:
		return Number, l.number(i)
	case cls&clsOp != 0:
		return l.pgOperator(i)
	}
	switch c {
	case '\'':
		if l.o.StandardConformingStringsOff {
			return String, l.pgEscaped(i, i+1)
		}
		return String, l.quoted(i, i+1, "string")
	case '"':
		return QuotedIdent, l.quoted(i, i+1, "quoted identifier")
	case '$':
		return l.pgDollar(i)
	case ';':
		return Semicolon, i + 1
	case '\\':
		return l.psqlCommand(i)
	case '.':
		if classes[l.at(i+1)]&clsDigit != 0 {
			return Number, l.number(i)
		}
	case ':':
		if next := l.at(i + 1); next == ':' || next == '=' {
			return Operator, i + 2
		}
	}
	return Operator, i + 1
}

// pgWord reads a word, or the string or name that a one-letter word prefixes.
func (l *lexer) pgWord(start int) (Kind, int) {
	i := l.span(start+1, clsWord)
	if i-start > 1 {
		return Ident, i
	}
	switch l.text[start] | 0x20 {
	case 'e':
		if l.at(i) == '\'' {
			return String, l.pgEscaped(start, i+1)
		}
	case 'b', 'x', 'n':
		if l.at(i) == '\'' {
			return String, l.quoted(start, i+1, "string")
		}
	case 'u':
		if strings.HasPrefix(l.text[i:], "&'") {
			return String, l.quoted(start, i+2, "string")
		}
		if strings.HasPrefix(l.text[i:], `&"`) {
			return QuotedIdent, l.quoted(start, i+2, "quoted identifier")
		}
	}
	return Ident, i
}

// pgEscaped reads a string with backslash escapes and the parts that continue
// it on later lines, in which a backslash is an escape too.
func (l *lexer) pgEscaped(start, i int) int {
	for {
		end := l.escaped(start, i, "string")
		next := l.pgContinued(end)
		if next < 0 {
			return end
		}
		i = next + 1
	}
}

// pgContinued returns the offset of the quote that continues the string which
// ended at i, or -1: only space with a line break in it, and line comments,
// may stand between.
func (l *lexer) pgContinued(i int) int {
	broken := false
	for {
		j := l.span(i, clsSpace|clsVTab)
		broken = broken || strings.ContainsAny(l.text[i:j], "\n\r")
		if !strings.HasPrefix(l.text[j:], "--") {
			i = j
			break
		}
		i = l.pgLine(j)
	}
	if broken && l.at(i) == '\'' {
		return i
	}
	return -1
}

// pgLine returns the offset of the line feed or carriage return that ends the
// line of i, or the end of the text.
func (l *lexer) pgLine(i int) int {
	for i < len(l.text) && l.text[i] != '\n' && l.text[i] != '\r' {
		i++
	}
	return i
}

// pgDollar reads a parameter or a dollar-quoted string.
func (l *lexer) pgDollar(i int) (Kind, int) {
	if classes[l.at(i+1)]&clsDigit != 0 {
		return Param, l.span(i+1, clsDigit)
	}
	end := l.dollarQuoted(i)
	if end < 0 {
		return Operator, i + 1
	}
	return String, end
}

// dollarQuoted returns the end of the dollar-quoted string at i, or -1 if
// none starts there.
func (l *lexer) dollarQuoted(i int) int {
	body := l.span(i+1, clsAlpha|clsDigit)
	if l.at(body) != '$' {
		return -1
	}
	body++
	tag := l.text[i:body]
	n := strings.Index(l.text[body:], tag)
	if n < 0 {
		return l.unclosed(i, "dollar-quoted string "+clip(tag))
	}
	return body + n + len(tag)
}

// pgOperator reads a comment or an operator. An operator ends before a
// comment, and with + or - only if it holds one of ~ ! @ # % ^ & | ` ?. The
// limit keeps the time linear for a text that is nothing but signs.
func (l *lexer) pgOperator(start int) (Kind, int) {
	const longest = 32
	i, special := start, false
	for ; i < min(start+longest, len(l.text)) && classes[l.text[i]]&clsOp != 0; i++ {
		two := l.text[i:min(i+2, len(l.text))]
		if two == "--" || two == "/*" {
			break
		}
		special = special || strings.IndexByte("~!@#%^&|`?", two[0]) >= 0
	}
	if i == start {
		return l.pgComment(i)
	}
	for !special && i > start+1 && (l.text[i-1] == '+' || l.text[i-1] == '-') {
		i--
	}
	return Operator, i
}

func (l *lexer) pgComment(i int) (Kind, int) {
	if l.text[i] == '-' {
		return LineComment, l.pgLine(i)
	}
	if l.at(i+2) == '+' {
		return Hint, l.comment(i, len(l.text))
	}
	return BlockComment, l.comment(i, len(l.text))
}

// psqlCommand reads a backslash, which outside of quotes belongs to psql.
// Only \restrict and \unrestrict, which pg_dump writes, are passed over.
func (l *lexer) psqlCommand(i int) (Kind, int) {
	name := l.text[i+1 : l.span(i+1, clsAlpha)]
	if !l.fresh || name != "restrict" && name != "unrestrict" {
		l.fail(i, "psql command "+clip(`\`+name), psqlHint(name))
	}
	return MetaCommand, l.command(i)
}

func psqlHint(name string) string {
	switch name {
	case "i", "ir", "include", "include_relative":
		return "put the statements of that file here, or make it a migration of its own"
	case "c", "connect":
		return "a migration runs in one database: remove the line"
	case "copy":
		return `write COPY … FROM stdin; with the rows on the lines after it and \. on the last`
	case "set", "unset", "prompt", "getenv", "setenv":
		return "write the value where it is used"
	case "g", "gx", "crosstabview", "gdesc", "watch", "parse", "bind", "bind_named", "sendpipeline":
		return "end the statement with ;"
	case "gexec", "gset", "if", "elif", "else", "endif":
		return "write a DO block: DO $$ BEGIN … EXECUTE …; END $$;"
	case "echo", "qecho", "warn":
		return "remove the line, or write RAISE NOTICE in a DO block"
	case "":
		return "outside of quotes a backslash is no SQL"
	}
	return "this is no SQL, only psql understands it: remove the line"
}

// clip shortens what is quoted in a message.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
