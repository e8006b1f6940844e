package synth

import (
	"context"
	"strings"

	"github.com/lockstepdb/lockstep/sqltext"
)

// settle narrows the types of columns to what the checks leave.
func (f *filler) settle(_ context.Context, t *table) error {
	reader := &checkReader{kinds: map[string]kind{}, columns: map[string]bool{}, lexer: f.srv.Lexer}
	for _, c := range t.columns {
		if c.generated == "" {
			reader.columns[c.name], reader.kinds[c.name] = true, c.kind
		}
	}
	for _, c := range t.checks {
		t.take(c, reader.read(c.text))
	}
	for _, c := range t.columns {
		k, ok := c.kind.fit(c.limits)
		switch {
		case ok:
			c.kind = k
		case c.null:
			c.empty = true
		case c.limits.listed || c.kind.class != "":
			t.giveUp("the checks leave no value for column %s", c.name)
		}
		c.empty = c.empty || c.limits.null
	}
	return nil
}

// take chooses one way to satisfy a check, a whole one if there is one that
// agrees with those of the checks before.
func (t *table) take(c *check, choices []choice) {
	for _, wholly := range []bool{true, false} {
		for _, choice := range choices {
			if choice.whole == wholly && t.agrees(choice) {
				for name, l := range choice.limits {
					column := t.column(name)
					column.limits = column.limits.and(l)
				}
				c.met = wholly && !t.touchesLinks(choice)
				return
			}
		}
	}
}

func (t *table) touchesLinks(x choice) bool {
	for name := range x.limits {
		if c := t.column(name); c.linked {
			return true
		}
	}
	return false
}

// agrees reports whether a way leaves values for all columns that it is about.
func (t *table) agrees(x choice) bool {
	for name, l := range x.limits {
		c := t.column(name)
		if c.linked && (l.null || l.listed || l.lo != nil || l.hi != nil || l.text) {
			return false
		}
		all := c.limits.and(l)
		if _, ok := c.kind.fit(all); !ok || all.null && !c.null || all.value && c.kind.class == "" {
			return false
		}
	}
	return true
}

// mentions returns the columns whose names stand in a condition.
func (t *table) mentions(text string, o sqltext.Options) []*column {
	var found []*column
	seen := map[string]bool{}
	for tok := range sqltext.Tokens(text, o) {
		word := text[tok.Start:tok.End]
		if tok.Kind == sqltext.QuotedIdent && len(word) > 1 {
			q := word[len(word)-1:]
			word = strings.ReplaceAll(word[1:len(word)-1], q+q, q)
		} else if tok.Kind != sqltext.Ident {
			continue
		}
		for _, c := range t.columns {
			if strings.EqualFold(c.name, word) && !seen[c.name] {
				seen[c.name] = true
				found = append(found, c)
			}
		}
	}
	return found
}
