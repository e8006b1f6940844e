package diff

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/lockstepdb/lockstep/schema"
)

// Follower is an optional ability of a Dialect: it says whose definitions the
// server itself adapts when what they mention is renamed. Without it, those of
// tables, columns, constraints, indexes, statistics and sequences are taken to
// follow; views, routines, triggers and others are altered.
//
// It is asked only about facts whose definitions would then be those of the
// target.
type Follower interface {
	Follows(f schema.Fact) bool
}

// follow returns a fact with the definition it has in the target, if the
// definitions differ in nothing but the renamed names, and servers adapt it.
func (n *names) follow(f, will schema.Fact) schema.Fact {
	if !n.follows(f) {
		return f
	}
	out := f
	for _, attr := range f.Differing(will) {
		if !n.sameText(f.Attr(attr), will.Attr(attr)) {
			return f
		}
		out = out.With(attr, will.Attr(attr))
	}
	return out
}

func (n *names) follows(f schema.Fact) bool {
	if n.follower != nil {
		return n.follower.Follows(f)
	}
	switch f.ID.Kind {
	case schema.KindTable, schema.KindColumn, schema.KindConstraint, schema.KindIndex, schema.KindStatistics, schema.KindSequence:
		return true
	}
	return false
}

// sameText reports whether two definitions differ in renamed names only.
func (n *names) sameText(a, b string) bool {
	for a != "" && b != "" {
		var x, y word
		x, a = cutWord(a)
		y, b = cutWord(b)
		if x == y {
			continue
		}
		if x.kind == other || y.kind == other || x.text != y.text && !n.words[[2]string{x.text, y.text}] {
			return false
		}
	}
	return a == b
}

// word is a name, quoted or not, or any other piece of a definition.
type word struct {
	kind wordKind
	text string
}

type wordKind int

const (
	other wordKind = iota
	plain
	quoted
)

// cutWord reads the first word of a definition: it knows names and literals, which
// are all that matters here, and is right for all dialects.
func cutWord(s string) (w word, rest string) {
	if q := s[0]; q == '"' || q == '`' || q == '\'' {
		end := closing(s)
		if q == '\'' {
			return word{other, s[:end]}, s[end:]
		}
		quote := string(q)
		name := strings.TrimSuffix(s[1:end], quote)
		return word{quoted, strings.ReplaceAll(name, quote+quote, quote)}, s[end:]
	}
	end := 0
	for i, r := range s {
		if r != '_' && r != '$' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		end = i + utf8.RuneLen(r)
	}
	if end == 0 {
		_, end = utf8.DecodeRuneInString(s)
		return word{other, s[:end]}, s[end:]
	}
	return word{plain, s[:end]}, s[end:]
}

// closing is the place behind a quoted text; a quote within it is doubled.
func closing(s string) int {
	for i := 1; i < len(s); i++ {
		if s[i] != s[0] {
			continue
		}
		if i+1 < len(s) && s[i+1] == s[0] {
			i++
			continue
		}
		return i + 1
	}
	return len(s)
}
