package sqlite

import (
	"strings"

	"github.com/lockstepdb/lockstep/sqltext"
)

// table is what a CREATE TABLE says.
type table struct {
	name                 string
	columns              []*column
	keys                 []*key
	strict, withoutRowid bool
}

// column is one of its columns.
type column struct {
	name, typ       string
	notNull         bool
	notNullName     string // of the constraint
	notNullConflict string // what happens instead of an error; "" = ABORT
	defaultTokens   []token
	defaultText     string // where a default is no expression
	generated       []token
	stored          bool
	collation       string
	autoincrement   bool
}

// key is a constraint: a key, a foreign key or a check.
type key struct {
	name     string
	form     string // schema.PrimaryKey …
	terms    []term
	conflict string // ON CONFLICT; "" = ABORT
	check    []token
	ref      reference
	inline   bool // stands at its column
}

// term is one of the columns of a key or index.
type term struct {
	expr      []token
	collation string
	desc      bool
}

// reference is the part of a foreign key that begins with REFERENCES.
type reference struct {
	table              string
	columns            []string
	onDelete, onUpdate string
	deferred           bool
}

// parseTable reads a CREATE TABLE that SQLite has accepted.
func parseTable(text string) (*table, error) {
	r := &reader{all: tokens(text)}
	r.expect("CREATE")
	r.acceptOne("TEMP", "TEMPORARY")
	r.expect("TABLE")
	r.accept("IF", "NOT", "EXISTS")
	t := &table{name: r.objectName()}
	inside := &reader{all: r.parens()}
	if r.err != nil {
		return nil, r.err
	}
	t.body(inside)
	if inside.err != nil {
		return nil, inside.err
	}
	t.options(r)
	return t, r.end()
}

func (t *table) options(r *reader) {
	for r.err == nil && r.peek(0).isNamed() {
		switch {
		case r.accept("WITHOUT"):
			if !strings.EqualFold(r.name(), "ROWID") {
				r.fail("ROWID")
			}
			t.withoutRowid = true
		case r.accept("STRICT"):
			t.strict = true
		default:
			r.fail("a table option")
		}
		r.accept(",")
	}
}

func (t *table) body(r *reader) {
	for r.err == nil && r.peek(0).text != "" && !startsConstraint(r.peek(0)) {
		t.column(r)
		if !r.accept(",") && r.peek(0).text != "" {
			r.fail(",")
		}
	}
	name := ""
	for r.err == nil && r.peek(0).text != "" {
		switch {
		case r.accept("CONSTRAINT"):
			name = r.name()
		default:
			t.constraint(r, name)
			name = ""
		}
		r.accept(",") // SQLite wants none
	}
}

func startsConstraint(t token) bool {
	return t.isOneOf("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN")
}

func (t *table) column(r *reader) {
	c := &column{name: r.name(), typ: typeName(r)}
	t.columns = append(t.columns, c)
	name := ""
	for r.err == nil && r.peek(0).text != "" && !r.peek(0).is(",") {
		if r.accept("CONSTRAINT") {
			name = r.name()
			continue
		}
		if !c.property(r, name) && !t.inline(r, c, name) {
			r.fail("a column's constraint")
		}
		name = ""
	}
}

// typeName reads a type: any words, and one or two numbers. Of a type that
// begins with a quote SQLite keeps the first word.
func typeName(r *reader) string {
	var words []string
	first := r.peek(0)
	for t := first; t.isNamed() && !endsType(r); t = r.peek(0) {
		if r.take(); t.kind == sqltext.Ident {
			t.text = upper(t.text)
		}
		words = append(words, t.text)
	}
	size := ""
	if r.peek(0).is("(") && len(words) > 0 {
		size = "(" + numbers(r.parens()) + ")"
	}
	if first.isQuoted() {
		return typeWord(upper(first.name()))
	}
	return strings.Join(words, " ") + size
}

// typeWord quotes a type only where it must.
func typeWord(word string) string {
	if isPlain(word) && !isKeyword(word) {
		return word
	}
	return quote(word)
}

func endsType(r *reader) bool {
	t := r.peek(0)
	if t.kind != sqltext.Ident {
		return false
	}
	return t.isOneOf("CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "AS", "DEFERRABLE", "ON") ||
		t.is("GENERATED") && r.peek(1).is("ALWAYS")
}

func numbers(all []token) string {
	var b strings.Builder
	for _, t := range all {
		b.WriteString(t.text)
		if t.is(",") {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// property reads what belongs to a column itself.
func (c *column) property(r *reader, name string) bool {
	switch {
	case r.accept("NOT", "NULL"):
		c.notNull, c.notNullName, c.notNullConflict = true, name, conflict(r)
	case r.accept("NULL"):
		conflict(r)
	case r.accept("DEFAULT"):
		c.defaultTokens, c.defaultText = defaultValue(r)
	case r.accept("COLLATE"):
		c.collation = collation(r.name())
	case r.accept("GENERATED", "ALWAYS", "AS"), r.accept("AS"):
		c.generated = bare(r.parens())
		c.stored = r.acceptOne("STORED", "VIRTUAL") == "STORED"
	default:
		return false
	}
	return true
}

// collation folds a collation's name. BINARY is what there is without one.
func collation(name string) string {
	if name = upper(name); name == "BINARY" {
		return ""
	}
	return name
}

// conflict reads ON CONFLICT. ABORT is what there is without it.
func conflict(r *reader) string {
	if !r.accept("ON", "CONFLICT") {
		return ""
	}
	word := r.acceptOne("ROLLBACK", "ABORT", "FAIL", "IGNORE", "REPLACE")
	if word == "" {
		r.fail("what to do ON CONFLICT")
	}
	if word == "ABORT" {
		return ""
	}
	return word
}

// defaultValue reads a default. A bare word that is no constant is a string,
// and NULL is what there is without a default.
func defaultValue(r *reader) (expr []token, constant string) {
	if r.peek(0).is("(") {
		return bare(r.parens()), ""
	}
	from := r.at
	if r.acceptOne("+") == "" {
		r.acceptOne("-")
	} else {
		from++
	}
	t := r.take()
	switch {
	case t.kind == sqltext.QuotedIdent:
		return nil, literal(t.name())
	case t.kind == sqltext.Ident && t.is("NULL"):
		return nil, ""
	case t.kind == sqltext.Ident && !t.isOneOf("TRUE", "FALSE", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"):
		return nil, literal(t.text)
	case t.text == "":
		r.fail("a default")
	}
	return r.all[from:r.at], ""
}
