package sqltext

// routine reads a token of the head of a routine, up to its body.
func (g *myGrammar) routine(t Token, word string, op byte) myState {
	switch g.state {
	case myCreate:
		if word == "" || g.op == '=' { // of the definer
			return myCreate
		}
		return g.create(t, word)
	case myName:
		if op == '(' {
			g.depth = 1
			return myParams
		}
	case myParams:
		if g.parens(op); g.depth == 0 {
			return myTraits
		}
	case myTraits:
		if g.parens(op); word != "" && g.depth <= 0 {
			return g.trait(t, word)
		}
	}
	return g.state
}

// create reads a word between CREATE and the name.
func (g *myGrammar) create(t Token, word string) myState {
	var b [foldMax]byte
	switch string(fold(&b, word)) {
	case "OR", "REPLACE", "DEFINER", "AGGREGATE":
		return myCreate
	case "PROCEDURE", "FUNCTION":
		return myName
	case "TRIGGER":
		return myTrigger
	case "EVENT":
		return myEvent
	case "PACKAGE":
		g.at = t.Start
		return myPackage
	}
	return myPlain
}

// trait reads a word between the parameters of a routine and its body: a
// characteristic, a part of the type that is returned, or the body.
func (g *myGrammar) trait(t Token, word string) myState {
	switch {
	case isWord(word, "SET") && (isWord(g.word, "CHARACTER") || g.lex.at(g.lex.span(t.End, clsSpace)) == '('):
		// CHARACTER SET utf8mb4, or the type SET('a', 'b')
	case startsBlock(word):
		return g.start(t, word)
	case startsSimple(word):
		return myPlain
	}
	return myTraits
}

// head reads a token of the head of a trigger, an event or a package.
func (g *myGrammar) head(t Token, word string) myState {
	switch g.state {
	case myTrigger:
		if isWord(word, "ROW") && isWord(g.word, "EACH") {
			return myOrder
		}
	case myOrder:
		if isWord(word, "FOLLOWS") || isWord(word, "PRECEDES") {
			return myOther
		}
		return g.start(t, word)
	case myOther:
		return myStart
	case myEvent:
		if isWord(word, "DO") {
			return myStart
		}
	case myPackage:
		if startsItem(word) || startsSimple(word) {
			g.blocks = append(g.blocks, myBlock{"PACKAGE", g.at})
			return g.start(t, word)
		}
	}
	return g.state
}

// startsBlock tells whether word opens a block where a statement could start.
func startsBlock(word string) bool {
	var b [foldMax]byte
	switch string(fold(&b, word)) {
	case "BEGIN", "IF", "CASE", "LOOP", "REPEAT", "WHILE", "FOR":
		return true
	}
	return false
}

// startsItem tells whether word starts an item of a package.
func startsItem(word string) bool {
	var b [foldMax]byte
	switch string(fold(&b, word)) {
	case "PROCEDURE", "FUNCTION", "DECLARE", "BEGIN", "END":
		return true
	}
	return false
}

// startsSimple tells whether word starts a statement that may be the whole
// body of a routine. No characteristic of a routine is among them.
func startsSimple(word string) bool {
	var b [foldMax]byte
	switch string(fold(&b, word)) {
	case "ALTER", "ANALYZE", "CALL", "COMMIT", "CREATE", "DEALLOCATE", "DELETE", "DESC", "DESCRIBE",
		"DO", "DROP", "EXECUTE", "EXPLAIN", "FLUSH", "GET", "GRANT", "HANDLER", "INSERT", "KILL",
		"LOAD", "LOCK", "OPTIMIZE", "PREPARE", "PURGE", "RELEASE", "RENAME", "REPAIR", "REPLACE",
		"RESET", "RESIGNAL", "RETURN", "REVOKE", "ROLLBACK", "SAVEPOINT", "SELECT", "SET", "SHOW",
		"SIGNAL", "START", "TRUNCATE", "UNLOCK", "UPDATE", "VALUES", "WITH", "XA":
		return true
	}
	return false
}
