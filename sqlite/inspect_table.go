package sqlite

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// virtual adds a virtual table: what USING says is its definition.
func (c *catalog) virtual(o row) bool {
	v, err := parseVirtual(o.text)
	if err != nil {
		return false
	}
	definition := "USING " + ident(lower(v.module))
	if len(v.arguments) > 0 {
		definition += "(" + strings.Join(v.arguments, ", ") + ")"
	}
	id := schema.ID{Kind: schema.KindTable, Name: o.name}
	c.facts = append(c.facts, schema.NewFact(id, schema.AttrForm, formVirtual, schema.AttrDefinition, definition))
	return true
}

// table adds a table with its columns and constraints.
func (c *catalog) table(o row) bool {
	t := c.tables[lower(o.name)]
	if t == nil {
		return false
	}
	id := schema.ID{Kind: schema.KindTable, Name: o.name}
	c.facts = append(c.facts, schema.NewFact(id, attrStrict, schema.Flag(t.strict), attrWithoutRowid, schema.Flag(t.withoutRowid)))
	known := t.names()
	var order []string
	for _, col := range t.columns {
		order = append(order, col.name)
		c.facts = append(c.facts, t.columnFact(id, col, known))
	}
	c.facts = append(c.facts, schema.NewFact(id.In(schema.KindColumnOrder, ""), schema.AttrColumns, schema.JoinNames(order...)))
	c.constraints(id, t, known)
	return true
}

// names are what expressions of the table may name.
func (t *table) names() names {
	known := names{}
	for _, col := range t.columns {
		known.add(col.name)
	}
	known.add(t.name)
	known.add(rowidNames()...)
	return known
}

func (t *table) columnFact(id schema.ID, col *column, known names) schema.Fact {
	identity, value := "", col.defaultText
	if col.autoincrement {
		identity = "autoincrement"
	}
	if col.defaultTokens != nil {
		value = normal(col.defaultTokens, known)
	}
	f := schema.NewFact(id.In(schema.KindColumn, col.name),
		schema.AttrType, col.typ, schema.AttrNotNull, schema.Flag(col.notNull || t.impliesNotNull(col)),
		attrNotNullName, col.notNullName, attrNotNullConflict, col.notNullConflict,
		schema.AttrDefault, value, schema.AttrCollation, col.collation, schema.AttrIdentity, identity,
		schema.AttrGenerated, normal(col.generated, known), schema.AttrStored, schema.Flag(col.stored))
	for _, name := range t.mentioned(col.generated) {
		f.Needs = append(f.Needs, id.In(schema.KindColumn, name))
	}
	return f
}

// find returns the column of a name, nil if there is none.
func (t *table) find(name string) *column {
	i := slices.IndexFunc(t.columns, func(c *column) bool { return strings.EqualFold(c.name, name) })
	if i < 0 {
		return nil
	}
	return t.columns[i]
}

func (t *table) primaryKey() *key {
	i := slices.IndexFunc(t.keys, func(k *key) bool { return k.form == schema.PrimaryKey })
	if i < 0 {
		return nil
	}
	return t.keys[i]
}

// of returns the column that a term is, nil if it is none.
func (t *table) of(e term) *column {
	if name, ok := e.column(); ok {
		return t.find(name)
	}
	return nil
}

// rowidColumn returns the column that is the rowid, nil if none is: a primary
// key of the one type INTEGER, but not where DESC stands at the column.
func (t *table) rowidColumn() *column {
	pk := t.primaryKey()
	if pk == nil || t.withoutRowid || len(pk.terms) != 1 || pk.inline && pk.terms[0].desc {
		return nil
	}
	if col := t.of(pk.terms[0]); col != nil && col.typ == "INTEGER" {
		return col
	}
	return nil
}

// impliesNotNull reports whether a column can hold no NULL because of what the
// primary key is.
func (t *table) impliesNotNull(col *column) bool {
	if t.rowidColumn() == col {
		return true
	}
	pk := t.primaryKey()
	return pk != nil && (t.withoutRowid || t.strict) &&
		slices.ContainsFunc(pk.terms, func(e term) bool { return t.of(e) == col })
}

// mentioned returns the columns that an expression names, sorted.
func (t *table) mentioned(expr []token) []string {
	var found []string
	for i, tok := range expr {
		if !tok.isNamed() || tok.text[0] == '\'' || i+1 < len(expr) && (expr[i+1].is("(") || expr[i+1].is(".")) {
			continue
		}
		if col := t.find(tok.name()); col != nil {
			found = append(found, col.name)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// constraints adds what the keys of a table say. Several may have one name: then
// a number is added, in an order that is not that of the text.
func (c *catalog) constraints(id schema.ID, t *table, known names) {
	list := make([]schema.Fact, 0, len(t.keys))
	for _, k := range t.keys {
		list = append(list, c.constraint(id, t, k, known))
	}
	slices.SortStableFunc(list, func(a, b schema.Fact) int {
		return cmp.Or(strings.Compare(a.ID.Name, b.ID.Name), slices.CompareFunc(a.Attrs, b.Attrs, func(a, b schema.Attr) int {
			return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Value, b.Value))
		}))
	})
	taken := map[string]int{}
	for _, f := range list {
		if taken[f.ID.Name]++; taken[f.ID.Name] > 1 {
			f.ID.Name = fmt.Sprintf("%s (%d)", f.ID.Name, taken[f.ID.Name])
		}
		c.facts = append(c.facts, f)
	}
}

func (c *catalog) constraint(id schema.ID, t *table, k *key, known names) schema.Fact {
	columns, definition := t.keyTerms(k.terms, known)
	part := id.In(schema.KindConstraint, k.name)
	list := schema.JoinNames(columns...)
	switch k.form {
	case schema.ForeignKey:
		return c.foreignKey(part, k, list)
	case schema.Check:
		part.Name = constraintName(k.name, "CHECK ("+normal(k.check, known)+")")
		return schema.NewFact(part, attrName, k.name, schema.AttrForm, k.form,
			schema.AttrDefinition, normal(k.check, known), schema.AttrColumns, schema.JoinNames(t.mentioned(k.check)...))
	}
	rowid, says := k.form == schema.PrimaryKey && t.rowidColumn() != nil, "PRIMARY KEY"
	if k.form == schema.Unique {
		says = "UNIQUE (" + list + ")"
	}
	part.Name = constraintName(k.name, says)
	return schema.NewFact(part, attrName, k.name, schema.AttrForm, k.form, schema.AttrColumns, list,
		schema.AttrDefinition, definition, attrConflict, k.conflict, attrRowid, schema.Flag(rowid))
}

func (c *catalog) foreignKey(part schema.ID, k *key, columns string) schema.Fact {
	parent := c.relation(k.ref.table)
	part.Name = constraintName(k.name, "FOREIGN KEY ("+columns+") REFERENCES "+parent)
	f := schema.NewFact(part, attrName, k.name, schema.AttrForm, k.form, schema.AttrColumns, columns,
		schema.AttrReferences, schema.JoinNames(parent), schema.AttrRefColumns, schema.JoinNames(c.referenced(k)...),
		attrOnDelete, k.ref.onDelete, attrOnUpdate, k.ref.onUpdate, attrDeferred, schema.Flag(k.ref.deferred))
	if c.tables[lower(parent)] != nil && parent != part.Table {
		f.Needs = []schema.ID{{Kind: schema.KindTable, Name: parent}}
	}
	return f
}

// referenced returns the columns that a foreign key refers to: without any it
// is the primary key.
func (c *catalog) referenced(k *key) []string {
	parent := c.tables[lower(k.ref.table)]
	if parent == nil {
		return k.ref.columns
	}
	list := slices.Clone(k.ref.columns)
	if pk := parent.primaryKey(); list == nil && pk != nil && len(pk.terms) == len(k.terms) {
		for _, e := range pk.terms {
			name, _ := e.column()
			list = append(list, name)
		}
	}
	for i, name := range list {
		if col := parent.find(name); col != nil {
			list[i] = col.name
		}
	}
	return list
}

// constraintName returns the name of a constraint, or one for a constraint that
// has none: what it says, cut with a hash where that is long.
func constraintName(name, says string) string {
	const most = 80
	if name != "" {
		return name
	}
	if len(says) <= most {
		return says
	}
	sum := sha256.Sum256([]byte(says))
	return strings.ToValidUTF8(says[:most], "") + "… " + hex.EncodeToString(sum[:4])
}

// keyTerms returns the columns of a key or index, an expression in parentheses,
// and the definition; that is "" if it says no more than the columns.
func (t *table) keyTerms(all []term, known names) (columns []string, definition string) {
	var terms []string
	plain := true
	for _, e := range all {
		column := "(" + normal(e.expr, known) + ")"
		text := column
		if isCall(e.expr) {
			text = normal(e.expr, known)
		}
		if col := t.of(e); col != nil {
			column, text = col.name, ident(col.name)
			if (e.collation == col.collation) || e.collation == "BINARY" && col.collation == "" {
				e.collation = ""
			}
		} else {
			plain = false
		}
		if e.collation != "" {
			text, plain = text+" COLLATE "+ident(e.collation), false
		}
		if e.desc {
			text, plain = text+" DESC", false
		}
		columns, terms = append(columns, column), append(terms, text)
	}
	if plain {
		return columns, ""
	}
	return columns, strings.Join(terms, ", ")
}

// isCall reports whether an expression is the call of one function.
func isCall(expr []token) bool {
	return len(expr) > 2 && expr[0].isNamed() && !isKeyword(upper(expr[0].text)) && expr[1].is("(") && closes(expr[1:]) == len(expr)-2
}
