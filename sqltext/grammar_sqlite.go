package sqltext

// liteGrammar knows that in SQLite a CREATE TRIGGER ends behind its END, the
// first that follows a semicolon at once, as sqlite3_complete does.
type liteGrammar struct {
	text  string
	state liteState
	body  int // where the open BEGIN is; -1: none
}

type liteState uint8

const (
	liteFirst   liteState = iota // at the start: CREATE is interesting
	liteOther                    // no trigger
	liteCreate                   // CREATE [TEMP] was read
	liteTrigger                  // CREATE TRIGGER was read
	liteBody                     // in the body
	liteEnd                      // in the body, behind a semicolon
)

func (g *liteGrammar) reset() {
	*g = liteGrammar{text: g.text, body: -1}
}

func (g *liteGrammar) open() *fault {
	if g.body < 0 {
		return nil
	}
	return &fault{g.body, "BEGIN of a trigger without END", "close the body with END;"}
}

func (g *liteGrammar) take(t Token) bool {
	if t.Kind == Semicolon {
		if g.body >= 0 {
			g.state = liteEnd
		}
		return g.body < 0
	}
	if g.state != liteOther {
		word := ""
		if t.Kind == Ident {
			word = g.text[t.Start:t.End]
		}
		g.state = g.word(word, t.Start)
	}
	return false
}

// word returns the state after a token, which is empty unless it is a word.
func (g *liteGrammar) word(word string, at int) liteState {
	switch g.state {
	case liteFirst:
		return g.first(word)
	case liteCreate:
		switch {
		case isWord(word, "TRIGGER"):
			return liteTrigger
		case isWord(word, "TEMP"), isWord(word, "TEMPORARY"):
			return liteCreate
		}
	case liteTrigger:
		if isWord(word, "BEGIN") {
			g.body = at
			return liteBody
		}
		return liteTrigger
	case liteBody:
		return liteBody
	case liteEnd:
		if !isWord(word, "END") {
			return liteBody
		}
		g.body = -1
	}
	return liteOther
}

func (g *liteGrammar) first(word string) liteState {
	switch {
	case isWord(word, "CREATE"):
		return liteCreate
	case isWord(word, "EXPLAIN"), isWord(word, "QUERY"), isWord(word, "PLAN"):
		return liteFirst
	}
	return liteOther
}
