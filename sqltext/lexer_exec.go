package sqltext

// Executable comments: /*! … */, /*!50003 … */ and MariaDB's /*M! … */. What
// is in them is text of the statement for a server that executes them, and a
// comment for all others.

// never is the version in comments that no server executes, such as the
// sandbox line at the start of a MariaDB dump.
const never = 999999

// myComment reads a comment, a hint or the opening of an executable comment.
func (l *lexer) myComment(i int) (Kind, int) {
	mark := i + 2
	maria := l.at(mark) == 'M' && l.at(mark+1) == '!'
	switch {
	case l.at(mark) == '+':
		return Hint, l.comment(i, 0)
	case maria && l.o.MariaDB:
		mark += 2
	case !maria && l.at(mark) == '!':
		mark++
	default:
		return BlockComment, l.comment(i, 0)
	}
	end, version := l.version(mark)
	if !l.executes(version, maria) {
		return BlockComment, l.comment(i, 1)
	}
	if l.exec < 0 {
		l.exec = i
	}
	return ExecOpen, end
}

// version reads the five or six digits of a server version at i. Fewer are
// none: they belong to the text.
func (l *lexer) version(i int) (end, v int) {
	end = l.span(i, clsDigit)
	if end-i < 5 {
		return i, 0
	}
	end = min(end, i+6)
	for _, c := range []byte(l.text[i:end]) {
		v = v*10 + int(c-'0')
	}
	return end, v
}

// executes tells whether the server executes a comment for a version. MariaDB
// leaves out what is meant for MySQL 5.7 and later.
func (l *lexer) executes(v int, maria bool) bool {
	switch {
	case v == 0:
		return true
	case v == never || v == never/10:
		return false
	case l.o.MariaDB && !maria && v >= 50700 && v <= 99999:
		return false
	}
	return l.o.Version == 0 || v <= l.o.Version
}
