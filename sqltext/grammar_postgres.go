package sqltext

// pgGrammar knows of PostgreSQL's statements that a semicolon in parentheses
// does not end them (CREATE RULE), nor one between BEGIN ATOMIC and END, and
// which COPY takes data.
type pgGrammar struct {
	text string

	verb  pgVerb
	depth int  // of parentheses
	sets  bool // SET or RESET
	stdin bool // COPY … FROM stdin

	word   string // the last token, if it was a word outside of parentheses
	wordAt int
	member bool // the last token was a dot
	atomic int  // where the open BEGIN ATOMIC is; -1: none
	start  bool // in an atomic body, before a statement
}

// pgVerb is what the first word of a statement makes us look for.
type pgVerb uint8

const (
	pgFirst  pgVerb = iota // the first word itself
	pgOther                // nothing
	pgCreate               // BEGIN ATOMIC
	pgCopy                 // FROM stdin
)

func (g *pgGrammar) reset() {
	*g = pgGrammar{text: g.text, atomic: -1}
}

func (g *pgGrammar) open() *fault {
	if g.atomic < 0 {
		return nil
	}
	return &fault{g.atomic, "BEGIN ATOMIC without END", "close the body with END;"}
}

func (g *pgGrammar) take(t Token) bool {
	switch t.Kind {
	case Semicolon:
		g.start = g.depth == 0
		return g.depth == 0 && g.atomic < 0
	case Operator:
		g.operator(g.text[t.Start])
	default:
		if g.verb != pgOther {
			g.token(t)
		}
	}
	return false
}

func (g *pgGrammar) operator(c byte) {
	switch c {
	case '(':
		g.depth++
	case ')':
		g.depth = max(0, g.depth-1)
	}
	g.word, g.member, g.start = "", c == '.', false
}

func (g *pgGrammar) token(t Token) {
	word := ""
	if t.Kind == Ident && g.depth == 0 && !g.member {
		word = g.text[t.Start:t.End]
	}
	start := g.start
	g.start = false
	switch g.verb {
	case pgFirst:
		g.first(word)
	case pgCreate:
		g.create(word, start)
	case pgCopy:
		if isWord(g.word, "FROM") && (isWord(word, "STDIN") || isWord(word, "STDOUT")) {
			g.stdin = true // the server takes either word
		}
	}
	g.word, g.wordAt, g.member = word, t.Start, false
}

func (g *pgGrammar) first(word string) {
	switch {
	case isWord(word, "CREATE"):
		g.verb = pgCreate
	case isWord(word, "COPY"):
		g.verb = pgCopy
	default:
		g.verb = pgOther
		g.sets = isWord(word, "SET") || isWord(word, "RESET")
	}
}

// create looks for BEGIN ATOMIC and for the END of its body, which stands
// where a statement of the body could start.
func (g *pgGrammar) create(word string, start bool) {
	switch {
	case g.atomic < 0 && isWord(word, "ATOMIC") && isWord(g.word, "BEGIN"):
		g.atomic, g.start = g.wordAt, true
	case g.atomic >= 0 && start && isWord(word, "END"):
		g.atomic = -1
	}
}
