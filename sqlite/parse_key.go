package sqlite

import (
	"strings"

	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/sqltext"
)

// inline reads a constraint that stands at a column.
func (t *table) inline(r *reader, c *column, name string) bool {
	k := &key{name: name, inline: true, terms: []term{{expr: []token{nameToken(c.name)}}}}
	switch {
	case r.accept("PRIMARY", "KEY"):
		k.form = schema.PrimaryKey
		k.terms[0].desc = r.acceptOne("ASC", "DESC") == "DESC"
		k.conflict = conflict(r)
		c.autoincrement = r.accept("AUTOINCREMENT")
	case r.accept("UNIQUE"):
		k.form, k.conflict = schema.Unique, conflict(r)
	case r.accept("CHECK"):
		k.form, k.terms, k.check = schema.Check, nil, bare(r.parens())
	case r.accept("REFERENCES"):
		k.form, k.ref = schema.ForeignKey, references(r)
	default:
		return t.deferral(r)
	}
	t.keys = append(t.keys, k)
	return true
}

// deferral reads a DEFERRABLE that SQLite applies to the last foreign key.
func (t *table) deferral(r *reader) bool {
	deferred, ok := deferrable(r)
	if !ok || len(t.keys) == 0 {
		return ok
	}
	if last := t.keys[len(t.keys)-1]; last.form == schema.ForeignKey {
		last.ref.deferred = deferred
	}
	return true
}

// constraint reads a constraint of the table.
func (t *table) constraint(r *reader, name string) {
	k := &key{name: name}
	switch {
	case r.accept("PRIMARY", "KEY"):
		k.form = schema.PrimaryKey
		inside := r.parens()
		if n := len(inside); n > 0 && inside[n-1].is("AUTOINCREMENT") {
			inside = inside[:n-1]
			t.autoincrement(inside)
		}
		k.terms, k.conflict = terms(inside), conflict(r)
	case r.accept("UNIQUE"):
		k.form = schema.Unique
		k.terms, k.conflict = terms(r.parens()), conflict(r)
	case r.accept("CHECK"):
		k.form, k.check = schema.Check, bare(r.parens())
		conflict(r) // has no effect
	case r.accept("FOREIGN", "KEY"):
		k.form, k.terms = schema.ForeignKey, terms(r.parens())
		r.expect("REFERENCES")
		k.ref = references(r)
	default:
		r.fail("a constraint")
		return
	}
	t.keys = append(t.keys, k)
}

func (t *table) autoincrement(key []token) {
	if len(key) == 0 {
		return
	}
	for _, c := range t.columns {
		c.autoincrement = c.autoincrement || strings.EqualFold(c.name, key[0].name())
	}
}

// terms reads the columns of a key or an index.
func terms(all []token) []term {
	var list []term
	for _, part := range split(all) {
		var e term
		if n := len(part); n > 1 && part[n-1].isOneOf("ASC", "DESC") {
			e.desc = part[n-1].is("DESC")
			part = part[:n-1]
		}
		if n := len(part); n > 2 && part[n-2].is("COLLATE") {
			e.collation, part = upper(part[n-1].name()), part[:n-2]
		}
		e.expr = bare(part)
		list = append(list, e)
	}
	return list
}

// column returns the name that the term is, if it is no expression.
func (e term) column() (name string, ok bool) {
	if len(e.expr) != 1 || !e.expr[0].isNamed() {
		return "", false
	}
	return e.expr[0].name(), true
}

func nameToken(name string) token { return token{kind: sqltext.QuotedIdent, text: quote(name)} }

// references reads what follows REFERENCES. MATCH and ON INSERT have no effect
// in SQLite, and neither has any DEFERRABLE but the one that defers initially.
func references(r *reader) reference {
	f := reference{table: r.name()}
	if r.peek(0).is("(") {
		for _, part := range split(r.parens()) {
			if len(part) > 0 {
				f.columns = append(f.columns, part[0].name())
			}
		}
	}
	for r.err == nil {
		switch {
		case r.accept("ON", "DELETE"):
			f.onDelete = action(r)
		case r.accept("ON", "UPDATE"):
			f.onUpdate = action(r)
		case r.accept("ON", "INSERT"):
			action(r)
		case r.accept("MATCH"):
			r.name()
		default:
			if deferred, ok := deferrable(r); ok {
				f.deferred = deferred
				continue
			}
			return f
		}
	}
	return f
}

// action reads what a foreign key does. NO ACTION is what there is without it.
func action(r *reader) string {
	switch {
	case r.accept("SET", "NULL"):
		return "SET NULL"
	case r.accept("SET", "DEFAULT"):
		return "SET DEFAULT"
	case r.accept("NO", "ACTION"):
		return ""
	}
	word := r.acceptOne("CASCADE", "RESTRICT")
	if word == "" {
		r.fail("an action of a foreign key")
	}
	return word
}

// deferrable reads [NOT] DEFERRABLE [INITIALLY …].
func deferrable(r *reader) (deferred, ok bool) {
	not := r.accept("NOT", "DEFERRABLE")
	if !not && !r.accept("DEFERRABLE") {
		return false, false
	}
	deferred = r.accept("INITIALLY", "DEFERRED")
	if !deferred {
		r.accept("INITIALLY", "IMMEDIATE")
	}
	return deferred && !not, true
}
