package sqltext

// myGrammar follows a compound statement of MySQL or MariaDB closely enough to
// tell which semicolons are inside: the body of CREATE PROCEDURE, FUNCTION,
// TRIGGER, EVENT and PACKAGE, and MariaDB's BEGIN NOT ATOMIC, IF, LOOP … at the
// top. It rests on one fact: a block opens and closes only where a statement
// could start. In the middle of a statement CASE, IF, REPEAT or END are
// expressions, functions and names, and are passed over.
type myGrammar struct {
	lex *lexer

	state  myState
	blocks []myBlock // that are open, the innermost last
	closed myBlock   // the last that was closed
	wrong  *fault    // the first block that was closed as another
	sets   bool      // SET, at the top

	at     int    // of BEGIN or PACKAGE, before it is known to open a block
	depth  int    // of parentheses in a head or an expression
	cases  int    // of CASE … END in an expression
	target string // the word that ends an expression
	word   string // the last token, if it was a word
	op     byte   // its first byte, if it was an operator
}

// myBlock is an open block: the word that opened it and where that stands.
type myBlock struct {
	word string
	at   int
}

// myState is what is expected next.
type myState uint8

const (
	myFirst     myState = iota // the first word of a statement at the top
	myPlain                    // the rest of a statement without blocks
	myBegin                    // what follows BEGIN at the top
	myStart                    // a statement, in a body
	myLabel                    // the colon of a label, or the rest of a statement
	myExpr                     // an expression, up to target
	myClosing                  // what follows END
	myDeclare                  // the rest of DECLARE
	myHandler                  // FOR, after HANDLER
	myCondition                // a condition of a handler
	myComma                    // a comma between conditions, or the handler's statement
	myCreate                   // what is created
	myName                     // the name of a routine, up to its parameters
	myParams                   // the parameters
	myTraits                   // what stands between parameters and body
	myTrigger                  // FOR EACH ROW
	myOrder                    // FOLLOWS or PRECEDES, or the body
	myOther                    // the name of the other trigger
	myEvent                    // DO
	myPackage                  // the name of a package and its traits
)

func (g *myGrammar) reset() {
	*g = myGrammar{lex: g.lex, blocks: g.blocks[:0]}
}

func (g *myGrammar) open() *fault {
	switch n := len(g.blocks); {
	case n == 0:
		return nil
	case g.wrong != nil:
		return g.wrong
	default:
		return g.blocks[n-1].unclosed()
	}
}

func (b myBlock) unclosed() *fault {
	end := "END"
	if !b.endsPlain() {
		end += " " + b.word
	}
	return &fault{b.at, b.word + " without " + end, "close the block with " + end + ";"}
}

// endsPlain tells whether END alone closes the block.
func (b myBlock) endsPlain() bool {
	return b.word == "BEGIN" || b.word == "PACKAGE"
}

func (g *myGrammar) take(t Token) bool {
	if t.Kind == Semicolon {
		return g.semicolon()
	}
	if g.state == myPlain || t.Kind == ExecOpen || t.Kind == ExecClose {
		return false
	}
	word, op := "", byte(0)
	switch t.Kind {
	case Ident:
		if g.op != '.' {
			word = g.lex.text[t.Start:t.End]
		}
	case Operator:
		op = g.lex.text[t.Start]
	}
	g.state = g.token(t, word, op)
	g.word, g.op = word, op
	return false
}

// semicolon ends the statement unless it stands in a block or in an
// executable comment.
func (g *myGrammar) semicolon() bool {
	if g.state == myClosing {
		g.closing("")
	}
	if len(g.blocks) == 0 {
		return g.lex.exec < 0
	}
	g.state, g.word, g.op = myStart, "", 0
	return false
}

// token returns the state after a token.
func (g *myGrammar) token(t Token, word string, op byte) myState {
	switch g.state {
	case myFirst:
		return g.first(t, word)
	case myBegin:
		return g.begin(word)
	case myStart:
		return g.start(t, word)
	case myLabel:
		if op == ':' {
			return myStart
		}
	case myExpr:
		return g.expr(word, op)
	case myClosing:
		return g.closing(word)
	case myDeclare, myHandler, myCondition, myComma:
		return g.declare(t, word, op)
	case myCreate, myName, myParams, myTraits:
		return g.routine(t, word, op)
	default:
		return g.head(t, word)
	}
	return myPlain
}

func (g *myGrammar) first(t Token, word string) myState {
	var b [foldMax]byte
	switch string(fold(&b, word)) {
	case "CREATE", "ALTER":
		return myCreate
	case "SET":
		g.sets = true
		return myPlain
	case "BEGIN":
		g.at = t.Start
		return myBegin
	case "IF", "CASE", "LOOP", "REPEAT", "WHILE", "FOR":
		return g.start(t, word)
	}
	return myPlain
}

// begin reads what follows BEGIN at the top: NOT ATOMIC opens a block, all
// else starts a transaction.
func (g *myGrammar) begin(word string) myState {
	switch {
	case isWord(word, "NOT"):
		return myBegin
	case isWord(word, "ATOMIC"):
		g.blocks = append(g.blocks, myBlock{"BEGIN", g.at})
		return myStart
	}
	return myPlain
}

// start reads the first token of a statement in a body.
func (g *myGrammar) start(t Token, word string) myState {
	var b [foldMax]byte
	switch string(fold(&b, word)) {
	case "BEGIN":
		return g.push(t, "BEGIN", "")
	case "LOOP":
		return g.push(t, "LOOP", "")
	case "REPEAT":
		return g.push(t, "REPEAT", "")
	case "IF":
		return g.push(t, "IF", "THEN")
	case "CASE":
		return g.push(t, "CASE", "THEN")
	case "WHILE":
		return g.push(t, "WHILE", "DO")
	case "FOR":
		return g.push(t, "FOR", "DO")
	case "NOT", "ATOMIC": // of BEGIN NOT ATOMIC with a label
		return myStart
	case "":
		if t.Kind != QuotedIdent {
			return myPlain
		}
		return myLabel
	}
	if len(g.blocks) == 0 {
		return myLabel
	}
	return g.inside(word)
}

// inside reads the word that starts a statement or a part of the open block.
func (g *myGrammar) inside(word string) myState {
	var b [foldMax]byte
	switch string(fold(&b, word)) {
	case "ELSE":
		return myStart
	case "ELSEIF", "WHEN":
		return g.until("THEN")
	case "UNTIL":
		return g.until("END")
	case "END":
		return g.pop()
	case "DECLARE":
		return myDeclare
	case "PROCEDURE", "FUNCTION":
		if g.blocks[len(g.blocks)-1].word == "PACKAGE" {
			return myName
		}
	}
	return myLabel
}

// push opens a block whose head goes up to target; empty: it has none.
func (g *myGrammar) push(t Token, word, target string) myState {
	g.blocks = append(g.blocks, myBlock{word, t.Start})
	if target == "" {
		return myStart
	}
	return g.until(target)
}

// pop closes the innermost block.
func (g *myGrammar) pop() myState {
	n := len(g.blocks) - 1
	g.closed, g.blocks = g.blocks[n], g.blocks[:n]
	return myClosing
}

// closing reads what follows END: the word of the block, or a label.
func (g *myGrammar) closing(word string) myState {
	if !g.closed.endsPlain() && !isWord(word, g.closed.word) && g.wrong == nil {
		g.wrong = g.closed.unclosed()
	}
	return myPlain
}

func (g *myGrammar) until(target string) myState {
	g.target, g.depth, g.cases = target, 0, 0
	return myExpr
}

// expr reads a token of the expression in the head of a block.
func (g *myGrammar) expr(word string, op byte) myState {
	switch {
	case word == "":
		g.parens(op)
	case isWord(word, "CASE"):
		g.cases++
	case g.cases > 0:
		if isWord(word, "END") {
			g.cases--
		}
	case g.depth == 0 && isWord(word, g.target):
		if g.target == "END" {
			return g.pop()
		}
		return myStart
	}
	return myExpr
}

func (g *myGrammar) parens(op byte) {
	switch op {
	case '(':
		g.depth++
	case ')':
		g.depth--
	}
}

// declare reads a token of a DECLARE. Only that of a handler holds a
// statement.
func (g *myGrammar) declare(t Token, word string, op byte) myState {
	switch g.state {
	case myDeclare:
		if isWord(word, "HANDLER") && (isWord(g.word, "CONTINUE") || isWord(g.word, "EXIT") || isWord(g.word, "UNDO")) {
			return myHandler
		}
	case myHandler:
		if isWord(word, "FOR") {
			return myCondition
		}
	case myCondition:
		if isWord(word, "SQLSTATE") || isWord(word, "VALUE") || isWord(word, "NOT") {
			return myCondition
		}
		return myComma
	case myComma:
		if op == ',' {
			return myCondition
		}
		return g.start(t, word)
	}
	return g.state
}
