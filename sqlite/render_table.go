package sqlite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// tableParts are the facts about a table's parts, sorted out.
type tableParts struct {
	table   schema.Fact
	columns []schema.Fact // in their order
	keys    []schema.Fact // the primary key first, then uniques, foreign keys, checks
	others  []schema.Fact // indexes, then triggers
}

func sortParts(table schema.Fact, parts []schema.Fact) tableParts {
	p := tableParts{table: table}
	var order []string
	for _, f := range parts {
		switch f.ID.Kind {
		case schema.KindColumn:
			p.columns = append(p.columns, f)
		case schema.KindColumnOrder:
			order = schema.SplitNames(f.Attr(schema.AttrColumns))
		case schema.KindConstraint:
			p.keys = append(p.keys, f)
		case schema.KindIndex, schema.KindTrigger:
			p.others = append(p.others, f)
		}
	}
	slices.SortStableFunc(p.columns, func(a, b schema.Fact) int {
		return slices.Index(order, a.ID.Name) - slices.Index(order, b.ID.Name)
	})
	slices.SortStableFunc(p.keys, func(a, b schema.Fact) int { return keyRank(a) - keyRank(b) })
	slices.SortStableFunc(p.others, func(a, b schema.Fact) int { return strings.Compare(string(a.ID.Kind), string(b.ID.Kind)) })
	return p
}

func keyRank(f schema.Fact) int {
	return slices.Index([]string{schema.PrimaryKey, schema.Unique, schema.ForeignKey, schema.Check}, f.Form())
}

// createTable returns CREATE TABLE under a name. A constraint about one column
// stands at the column.
func createTable(table schema.Fact, parts []schema.Fact, name string) (string, error) {
	switch table.Form() {
	case formVirtual:
		return "CREATE VIRTUAL TABLE " + ident(name) + " " + table.Attr(schema.AttrDefinition), nil
	case formUnread:
		return "CREATE TABLE " + ident(name) + " " + table.Attr(schema.AttrDefinition), nil
	}
	p := sortParts(table, parts)
	if len(p.columns) == 0 {
		return "", fmt.Errorf("a table without columns cannot be made")
	}
	var lines []string
	for _, column := range p.columns {
		lines = append(lines, "  "+columnText(column, &p))
	}
	for _, k := range p.keys {
		if _, ok := p.columnOf(k); !ok {
			lines = append(lines, "  "+p.constraintText(k))
		}
	}
	return "CREATE TABLE " + ident(name) + " (\n" + strings.Join(lines, ",\n") + "\n)" + tableOptions(table), nil
}

func tableOptions(table schema.Fact) string {
	var options []string
	if table.Is(attrStrict) {
		options = append(options, "STRICT")
	}
	if table.Is(attrWithoutRowid) {
		options = append(options, "WITHOUT ROWID")
	}
	if len(options) == 0 {
		return ""
	}
	return " " + strings.Join(options, ", ")
}

// columnOf returns the column at which a constraint can stand, if it can.
func (p *tableParts) columnOf(k schema.Fact) (name string, ok bool) {
	columns := schema.SplitNames(k.Attr(schema.AttrColumns))
	if len(columns) != 1 {
		return "", false
	}
	definition := k.Attr(schema.AttrDefinition)
	switch k.Form() {
	case schema.Check, schema.ForeignKey:
		ok = true
	case schema.PrimaryKey:
		// DESC at the column keeps an INTEGER from being the rowid.
		ok = definition == "" || definition == ident(columns[0])+" DESC" && !k.Is(attrRowid)
	case schema.Unique:
		ok = definition == ""
	}
	return columns[0], ok
}

// impliesNotNull reports whether a column needs no NOT NULL because of the
// primary key.
func (p *tableParts) impliesNotNull(column schema.Fact) bool {
	for _, k := range p.keys {
		if k.Form() == schema.PrimaryKey && slices.Contains(schema.SplitNames(k.Attr(schema.AttrColumns)), column.ID.Name) {
			return k.Is(attrRowid) || p.table.Is(attrStrict) || p.table.Is(attrWithoutRowid)
		}
	}
	return false
}

// columnText returns a column's definition; p is nil for one that is added.
func columnText(f schema.Fact, p *tableParts) string {
	words := []string{ident(f.ID.Name)}
	add := func(w ...string) { words = append(words, w...) }
	if typ := f.Attr(schema.AttrType); typ != "" {
		add(typ)
	}
	keys := keysAt(f, p)
	if len(keys) > 0 && keys[0].Form() == schema.PrimaryKey {
		add(primaryKeyAt(f, keys[0]))
		keys = keys[1:]
	}
	explicit := f.Attr(attrNotNullName) != "" || f.Attr(attrNotNullConflict) != ""
	if f.Is(schema.AttrNotNull) && (explicit || p == nil || !p.impliesNotNull(f)) {
		add(named(f.Attr(attrNotNullName), "NOT NULL"+onConflict(f.Attr(attrNotNullConflict))))
	}
	if value := f.Attr(schema.AttrDefault); value != "" {
		add("DEFAULT", parenthesized(value))
	}
	if c := f.Attr(schema.AttrCollation); c != "" {
		add("COLLATE", ident(c))
	}
	if expr := f.Attr(schema.AttrGenerated); expr != "" {
		add("AS", "("+expr+")", storage(f))
	}
	for _, k := range keys {
		add(p.keyAt(k))
	}
	return strings.Join(words, " ")
}

func storage(f schema.Fact) string {
	if f.Is(schema.AttrStored) {
		return "STORED"
	}
	return "VIRTUAL"
}

func parenthesized(value string) string {
	if isConstant(value) {
		return value
	}
	return "(" + value + ")"
}

// keysAt are the constraints that stand at a column.
func keysAt(column schema.Fact, p *tableParts) []schema.Fact {
	var found []schema.Fact
	if p == nil {
		return nil
	}
	for _, k := range p.keys {
		if name, ok := p.columnOf(k); ok && name == column.ID.Name {
			found = append(found, k)
		}
	}
	return found
}

func primaryKeyAt(column, k schema.Fact) string {
	text := "PRIMARY KEY"
	if k.Attr(schema.AttrDefinition) != "" {
		text += " DESC"
	}
	text += onConflict(k.Attr(attrConflict))
	if counts(column) {
		text += " AUTOINCREMENT"
	}
	return named(k.Attr(attrName), text)
}

// counts reports whether a column is AUTOINCREMENT.
func counts(column schema.Fact) bool { return column.Attr(schema.AttrIdentity) != "" }

func (p *tableParts) autoincrement() string {
	if slices.ContainsFunc(p.columns, counts) {
		return " AUTOINCREMENT"
	}
	return ""
}

// keyAt returns a constraint as it stands at its column.
func (p *tableParts) keyAt(k schema.Fact) string {
	switch k.Form() {
	case schema.ForeignKey:
		return named(k.Attr(attrName), referencesText(k))
	case schema.Unique:
		return named(k.Attr(attrName), "UNIQUE"+onConflict(k.Attr(attrConflict)))
	}
	return p.constraintText(k)
}

// constraintText returns a constraint as it stands behind the columns.
func (p *tableParts) constraintText(k schema.Fact) string {
	text := ""
	switch k.Form() {
	case schema.PrimaryKey:
		text = "PRIMARY KEY (" + termsText(k) + p.autoincrement() + ")" + onConflict(k.Attr(attrConflict))
	case schema.Unique:
		text = "UNIQUE (" + termsText(k) + ")" + onConflict(k.Attr(attrConflict))
	case schema.Check:
		text = "CHECK (" + k.Attr(schema.AttrDefinition) + ")"
	case schema.ForeignKey:
		text = "FOREIGN KEY (" + idents(schema.SplitNames(k.Attr(schema.AttrColumns))) + ") " + referencesText(k)
	}
	return named(k.Attr(attrName), text)
}

func named(name, text string) string {
	if name == "" {
		return text
	}
	return "CONSTRAINT " + ident(name) + " " + text
}

func onConflict(what string) string {
	if what == "" {
		return ""
	}
	return " ON CONFLICT " + what
}

func referencesText(k schema.Fact) string {
	text := "REFERENCES " + idents(schema.SplitNames(k.Attr(schema.AttrReferences)))
	if columns := schema.SplitNames(k.Attr(schema.AttrRefColumns)); len(columns) > 0 {
		text += " (" + idents(columns) + ")"
	}
	if what := k.Attr(attrOnDelete); what != "" {
		text += " ON DELETE " + what
	}
	if what := k.Attr(attrOnUpdate); what != "" {
		text += " ON UPDATE " + what
	}
	if k.Is(attrDeferred) {
		text += " DEFERRABLE INITIALLY DEFERRED"
	}
	return text
}
