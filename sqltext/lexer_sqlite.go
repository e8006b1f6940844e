package sqltext

import "strings"

// sqlite returns kind and end of the token at i, after the lexical rules of
// SQLite 3 (tokenize.c) and its shell (shell.c).
func (l *lexer) sqlite(i int) (Kind, int) {
	c := l.text[i]
	switch cls := classes[c]; {
	case cls&clsSpace != 0:
		return Space, l.span(i, clsSpace)
	case cls&clsAlpha != 0:
		return l.liteWord(i)
	case cls&clsDigit != 0:
		return Number, l.number(i)
	}
	switch c {
	case '\'':
		return String, l.quoted(i, i+1, "string")
	case '"', '`':
		return QuotedIdent, l.quoted(i, i+1, "quoted identifier")
	case '[':
		return l.liteBracket(i)
	case ';':
		return Semicolon, i + 1
	case '?':
		return Param, l.span(i+1, clsDigit)
	case '$', '@', ':', '#':
		return l.liteParam(i)
	case '-':
		if l.at(i+1) == '-' {
			return LineComment, l.line(i)
		}
	case '/':
		if l.at(i+1) == '*' {
			return BlockComment, l.liteComment(i)
		}
	case '.':
		return l.liteDot(i)
	}
	return Operator, l.operator(i, "->>", "-> || <= <> << == >= >> !=")
}

// liteWord reads a word, a blob, or a byte order mark, which is space
// wherever a word could start.
func (l *lexer) liteWord(i int) (Kind, int) {
	if strings.HasPrefix(l.text[i:], bom) {
		return Space, i + len(bom)
	}
	end := l.span(i+1, clsWord)
	if end == i+1 && l.text[i]|0x20 == 'x' && l.at(end) == '\'' {
		return String, l.quoted(i, end+1, "blob")
	}
	return Ident, end
}

func (l *lexer) liteBracket(i int) (Kind, int) {
	n := strings.IndexByte(l.text[i:], ']')
	if n < 0 {
		return QuotedIdent, l.unclosed(i, "quoted identifier")
	}
	return QuotedIdent, i + n + 1
}

// liteComment returns the end of a block comment. At the end of the text it
// needs no closing.
func (l *lexer) liteComment(i int) int {
	n := strings.Index(l.text[i+2:], "*/")
	if n < 0 {
		return len(l.text)
	}
	return i + 2 + n + 2
}

// liteParam reads :name, @name, #name or $name. The name may hold :: and end
// in parentheses, as Tcl's variables do.
func (l *lexer) liteParam(i int) (Kind, int) {
	if l.text[i] == '#' && l.fresh && (i == 0 || l.text[i-1] == '\n') {
		return LineComment, l.line(i) // so does the shell
	}
	end := l.span(i+1, clsWord)
	for strings.HasPrefix(l.text[end:], "::") {
		end = l.span(end+2, clsWord)
	}
	if end == i+1 {
		return Operator, end
	}
	if l.at(end) == '(' {
		end = l.liteSuffix(end + 1)
	}
	return Param, end
}

// liteSuffix returns the end of a parenthesis that ends a Tcl variable.
func (l *lexer) liteSuffix(i int) int {
	for ; i < len(l.text) && classes[l.text[i]]&(clsSpace|clsVTab) == 0; i++ {
		if l.text[i] == ')' {
			return i + 1
		}
	}
	return i
}

// liteDot reads a dot. No statement starts with one: there it is a command to
// the shell.
func (l *lexer) liteDot(i int) (Kind, int) {
	if classes[l.at(i+1)]&clsDigit != 0 {
		return Number, l.number(i)
	}
	if !l.fresh {
		return Operator, i + 1
	}
	name := l.text[i+1 : l.span(i+1, clsAlpha)]
	l.fail(i, "sqlite3 command "+clip("."+name), liteHint(name))
	return MetaCommand, l.command(i)
}

func liteHint(name string) string {
	switch name {
	case "read":
		return "put the statements of that file here, or make it a migration of its own"
	case "open":
		return "a migration runs in one database: remove the line"
	case "import":
		return "write INSERT statements"
	}
	return "this is no SQL, only the sqlite3 shell understands it: remove the line"
}
