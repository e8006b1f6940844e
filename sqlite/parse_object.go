package sqlite

// index is what a CREATE INDEX says.
type index struct {
	name, table string
	unique      bool
	terms       []term
	where       []token
}

func parseIndex(text string) (*index, error) {
	r := &reader{all: tokens(text)}
	r.expect("CREATE")
	x := &index{unique: r.accept("UNIQUE")}
	r.expect("INDEX")
	r.accept("IF", "NOT", "EXISTS")
	x.name = r.objectName()
	r.expect("ON")
	x.table = r.name()
	x.terms = terms(r.parens())
	if r.accept("WHERE") {
		x.where = bare(r.until(";"))
	}
	return x, r.end()
}

// view is what a CREATE VIEW says.
type view struct {
	name    string
	columns []string
	query   []token
}

func parseView(text string) (*view, error) {
	r := &reader{all: tokens(text)}
	r.expect("CREATE")
	r.acceptOne("TEMP", "TEMPORARY")
	r.expect("VIEW")
	r.accept("IF", "NOT", "EXISTS")
	v := &view{name: r.objectName()}
	if r.peek(0).is("(") {
		for _, part := range split(r.parens()) {
			if len(part) > 0 {
				v.columns = append(v.columns, part[0].name())
			}
		}
	}
	r.expect("AS")
	v.query = r.until(";")
	return v, r.end()
}

// trigger is what a CREATE TRIGGER says.
type trigger struct {
	name, table   string
	timing, event string
	columns       []string // UPDATE OF
	when, body    []token
}

func parseTrigger(text string) (*trigger, error) {
	r := &reader{all: tokens(text)}
	r.expect("CREATE")
	r.acceptOne("TEMP", "TEMPORARY")
	r.expect("TRIGGER")
	r.accept("IF", "NOT", "EXISTS")
	g := &trigger{name: r.objectName(), timing: "BEFORE"} // as without any
	switch {
	case r.accept("INSTEAD", "OF"):
		g.timing = "INSTEAD OF"
	case r.accept("AFTER"):
		g.timing = "AFTER"
	default:
		r.accept("BEFORE")
	}
	g.readEvent(r)
	r.expect("ON")
	g.table = r.objectName()
	r.accept("FOR", "EACH", "ROW")
	if r.accept("WHEN") {
		g.when = bare(r.until("BEGIN"))
	}
	r.expect("BEGIN")
	g.body = withoutEnd(r.rest())
	if r.err == nil && g.body == nil {
		r.fail("END")
	}
	return g, r.err
}

func (g *trigger) readEvent(r *reader) {
	g.event = r.acceptOne("DELETE", "INSERT", "UPDATE")
	if g.event == "" {
		r.fail("an event")
	}
	if g.event == "UPDATE" && r.accept("OF") {
		for more := true; more && r.err == nil; more = r.accept(",") {
			g.columns = append(g.columns, r.name())
		}
	}
}

// withoutEnd takes away the END of a body; nil if there is none.
func withoutEnd(body []token) []token {
	n := len(body)
	if n > 0 && body[n-1].is(";") {
		n--
	}
	if n == 0 || !body[n-1].is("END") {
		return nil
	}
	return body[:n-1]
}

// virtual is what a CREATE VIRTUAL TABLE says. Its arguments are texts that
// only the module understands.
type virtual struct {
	name, module string
	arguments    []string
}

func parseVirtual(text string) (*virtual, error) {
	r := &reader{all: tokens(text)}
	r.expect("CREATE", "VIRTUAL", "TABLE")
	r.accept("IF", "NOT", "EXISTS")
	v := &virtual{name: r.objectName()}
	r.expect("USING")
	v.module = r.name()
	if r.peek(0).is("(") {
		for _, part := range split(r.parens()) {
			argument := ""
			if n := len(part); n > 0 {
				argument = text[part[0].start:part[n-1].end]
			}
			v.arguments = append(v.arguments, argument)
		}
	}
	return v, r.end()
}
