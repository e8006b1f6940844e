package mysql

import (
	"strings"

	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/sqltext"
)

// index reads PRIMARY KEY, [UNIQUE | FULLTEXT | SPATIAL | VECTOR] KEY.
func (t *tableReader) index(r *reader) {
	id := t.id.In(schema.KindIndex, "")
	var attrs []string
	switch first := r.next(); first.word {
	case "PRIMARY":
		id = t.id.In(schema.KindConstraint, primaryName)
		attrs = append(attrs, schema.AttrForm, schema.PrimaryKey)
	case "UNIQUE":
		attrs = append(attrs, schema.AttrUnique, schema.Yes)
	case "FULLTEXT", "SPATIAL", "VECTOR":
		attrs = append(attrs, schema.AttrForm, strings.ToLower(first.word))
	}
	r.accept("KEY")
	if r.at(0).kind == sqltext.QuotedIdent {
		id.Name = unquote(r.next().text)
	}
	if r.accept("USING") {
		attrs = append(attrs, AttrMethod, r.next().text)
	}
	attrs = append(attrs, t.keyParts(r.group())...)
	attrs = append(attrs, t.indexOptions(r)...)
	f := schema.NewFact(id, attrs...)
	t.indexes = append(t.indexes, f)
	t.facts = append(t.facts, f)
}

// keyParts reads `a`(10) DESC, (expression), `p` WITHOUT OVERLAPS.
func (t *tableReader) keyParts(list []token) []string {
	var names, prefixes, descending []string
	period := ""
	for _, part := range splitList(list) {
		r := &reader{tokens: part}
		var name string
		if r.at(0).text == "(" {
			name = "(" + plain(r.group(), t.o.database) + ")"
		} else {
			name = asKeyPart(unquote(r.next().text))
		}
		if length := r.group(); length != nil {
			prefixes = append(prefixes, name+"("+plain(length, "")+")")
		}
		if r.accept("WITHOUT", "OVERLAPS") {
			period = name
			continue
		}
		if r.accept("DESC") {
			descending = append(descending, name)
		}
		names = append(names, name)
	}
	return []string{
		schema.AttrColumns, schema.JoinNames(names...), AttrPrefixes, schema.JoinNames(prefixes...),
		AttrDescending, schema.JoinNames(descending...), AttrWithoutOverlaps, period,
	}
}

// asKeyPart is how a column stands among the columns of a key: an expression stands
// in parentheses, hence also a column whose name looks like one, which no
// expression is.
func asKeyPart(column string) string {
	if isExpression(column) {
		return "(" + quote(column) + ")"
	}
	return column
}

func isExpression(part string) bool {
	return strings.HasPrefix(part, "(") && strings.HasSuffix(part, ")")
}

// keyColumn is the column that a part of a key is; ok is false for an expression.
func keyColumn(part string) (name string, ok bool) {
	if !isExpression(part) {
		return part, true
	}
	name = unquote(strings.TrimSuffix(part[1:], ")"))
	return name, asKeyPart(name) == part
}

func (t *tableReader) indexOptions(r *reader) []string {
	var attrs, options []string
	put := func(name, value string) { attrs = append(attrs, name, value) }
	for !r.done() {
		switch {
		case r.accept("USING"):
			put(AttrMethod, r.next().text)
		case r.accept("COMMENT"):
			put(schema.AttrComment, unquoteString(r.valued()))
		case r.accept("WITH", "PARSER"):
			put(AttrParser, unquote(r.next().text))
		case r.acceptAny("INVISIBLE", "IGNORED"):
			put(AttrInvisible, schema.Yes)
		case r.accept("KEY_BLOCK_SIZE"):
			put(AttrKeyBlockSize, r.valued())
		case r.accept("ENGINE_ATTRIBUTE"):
			put(AttrEngineAttribute, unquoteString(r.valued()))
		case r.accept("SECONDARY_ENGINE_ATTRIBUTE"):
			put(AttrSecondAttribute, unquoteString(r.valued()))
		case r.at(0).kind == sqltext.QuotedIdent && r.at(1).text == "=":
			options = append(options, plain(r.tokens[r.pos:r.pos+3], ""))
			r.pos += 3
		default:
			if other := r.next(); other.kind == sqltext.Ident {
				t.unknown("index option", other.text)
			}
			options = append(options, r.at(-1).text)
		}
	}
	return append(attrs, AttrOptions, strings.Join(options, " "))
}

// constraint reads CONSTRAINT `name` FOREIGN KEY … and CHECK (…).
func (t *tableReader) constraint(r *reader) {
	id := t.id.In(schema.KindConstraint, "")
	if r.accept("CONSTRAINT") && r.at(0).isName() {
		id.Name = unquote(r.next().text)
	}
	var attrs []string
	switch {
	case r.accept("FOREIGN", "KEY"):
		attrs = t.foreignKey(r)
	case r.accept("CHECK"):
		attrs = []string{schema.AttrForm, schema.Check, schema.AttrDefinition, plain(r.group(), t.o.database)}
		if r.accept("NOT", "ENFORCED") {
			attrs = append(attrs, AttrNotEnforced, schema.Yes)
		}
	}
	if !r.done() {
		rest := plain(r.tokens[r.pos:], t.o.database)
		attrs = append(attrs, AttrMore, rest)
		t.unknown("part of a constraint", rest)
	}
	t.facts = append(t.facts, schema.NewFact(id, attrs...))
}

// foreignKey reads (`a`) REFERENCES `t` (`b`) ON DELETE … ON UPDATE ….
func (t *tableReader) foreignKey(r *reader) []string {
	attrs := []string{schema.AttrForm, schema.ForeignKey, schema.AttrColumns, schema.JoinNames(identifiers(r.group())...)}
	r.accept("REFERENCES")
	database, table := splitName(r.name())
	target := t.id.Schema
	if database != "" {
		target = t.s.namespace(database)
	}
	if target != "" {
		table = schema.JoinNames(target, table)
	} else {
		table = schema.JoinNames(table)
	}
	attrs = append(attrs, schema.AttrReferences, table, schema.AttrRefColumns, schema.JoinNames(identifiers(r.group())...))
	for {
		switch {
		case r.accept("MATCH"):
			attrs = append(attrs, AttrMatch, r.next().text)
		case r.accept("ON", "DELETE"):
			attrs = append(attrs, AttrOnDelete, action(r))
		case r.accept("ON", "UPDATE"):
			attrs = append(attrs, AttrOnUpdate, action(r))
		default:
			return attrs
		}
	}
}

// action reads CASCADE, RESTRICT, SET NULL, SET DEFAULT, NO ACTION.
func action(r *reader) string {
	first := r.next().word
	if first == "SET" || first == "NO" {
		return first + " " + r.next().word
	}
	return first
}
