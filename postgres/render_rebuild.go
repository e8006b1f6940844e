package postgres

import (
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// rebuild makes a table anew beside the old one, copies what columns of one
// name hold, and puts it in its place. What belongs to the table follows; what
// needs it (views, foreign keys of others) must have gone before, or the server
// refuses to drop it. The statements belong into one transaction.
func (r *renderer) rebuild(c schema.RebuildTable) {
	if len(c.Before) == 0 || len(c.After) == 0 || c.After[0].ID.Kind != schema.KindTable {
		r.fail("only tables are rebuilt")
		return
	}
	before, after := c.Before[0], c.After[0]
	if before.Form() == "foreign" || after.Form() == "foreign" {
		r.replaceForeign(c)
		return
	}
	// What others write while it is copied would be lost. It also asks for a
	// transaction.
	r.add("LOCK TABLE", fullName(before.ID), "IN ACCESS EXCLUSIVE MODE")
	if before.Form() == "partitioned" {
		r.guardPartitions(before)
	}
	temporary := after
	temporary.ID.Name = rebuiltName(after.ID.Name)
	var bare, rest []schema.Fact
	for _, p := range c.After[1:] {
		if p.ID.Kind == schema.KindColumn || p.ID.Kind == schema.KindColumnOrder {
			bare = append(bare, p)
		} else {
			rest = append(rest, p)
		}
	}
	r.bareTable(temporary, bare)
	r.copyRows(c, temporary.ID)
	r.keepSequences(c.Before)
	r.dropTable(before)
	r.add("ALTER TABLE", fullName(temporary.ID), "RENAME TO", ident(after.ID.Name))
	r.adoptSequences(temporary.ID.Name, bare)
	r.dress(after, bare, rest)
}

// replaceForeign makes a foreign table anew, which has no rows here.
func (r *renderer) replaceForeign(c schema.RebuildTable) {
	if c.Before[0].Form() != c.After[0].Form() {
		r.fail("a table cannot become foreign, or cease to be")
		return
	}
	r.dropTable(c.Before[0])
	var parts, rest []schema.Fact
	for _, p := range c.After[1:] {
		if (dialect{}).InCreate(c.After[0], p) {
			parts = append(parts, p)
		} else {
			rest = append(rest, p)
		}
	}
	r.createTable(c.After[0], parts)
	for _, p := range rest {
		r.change(schema.Create(p))
	}
}

// rebuiltName is the name of a table while it is made.
func rebuiltName(name string) string {
	const suffix, most = "__new", 63
	for len(name)+len(suffix) > most {
		name = name[:len(name)-1]
	}
	return strings.ToValidUTF8(name, "") + suffix
}

// guardPartitions refuses to drop a partitioned table that has partitions, and
// with them rows.
func (r *renderer) guardPartitions(t schema.Fact) {
	name := text(fullName(t.ID))
	r.add("DO", dollars("BEGIN IF EXISTS (SELECT FROM pg_inherits WHERE inhparent = CAST("+name+
		" AS regclass)) THEN RAISE EXCEPTION '% has partitions; detach them first', "+name+"; END IF; END"))
}

// bareTable makes the table with its columns only.
func (r *renderer) bareTable(t schema.Fact, columns []schema.Fact) {
	var entries []string
	inherited := t.Is(attrInherits) && slices.ContainsFunc(columns, isInherited)
	for _, c := range orderedColumns(columns) {
		if !inherited || !isInherited(c) {
			entries = append(entries, r.columnDefinition(anonymous(c)))
		}
	}
	r.add(either(t.Attr(attrPersistence) == "unlogged", "CREATE UNLOGGED TABLE", "CREATE TABLE"), fullName(t.ID),
		tableBody(entries), r.tableClauses(t, inherited))
}

// copyRows copies the columns that both tables have and that take values.
func (r *renderer) copyRows(c schema.RebuildTable, into schema.ID) {
	had := map[string]bool{}
	for _, p := range c.Before[1:] {
		if p.ID.Kind == schema.KindColumn {
			had[p.ID.Name] = true
		}
	}
	var columns []string
	identity := ""
	for _, p := range orderedColumns(c.After[1:]) {
		if !had[p.ID.Name] || p.Is(schema.AttrGenerated) {
			continue
		}
		columns = append(columns, p.ID.Name)
		if p.Is(schema.AttrIdentity) {
			identity = "OVERRIDING SYSTEM VALUE"
		}
	}
	if len(columns) > 0 {
		r.add("INSERT INTO", fullName(into), "("+names(columns)+")", identity, "SELECT", names(columns), "FROM", fullName(c.Before[0].ID))
	}
}

// keepSequences saves the sequences that the old table owns, and would take
// along.
func (r *renderer) keepSequences(parts []schema.Fact) {
	for _, p := range parts {
		for _, s := range lines(p.Attr(attrOwns)) {
			r.add("ALTER SEQUENCE", joined(s), "OWNED BY NONE")
		}
	}
}

// adoptSequences lets identity columns go on behind their last value, by a
// sequence of the usual name.
func (r *renderer) adoptSequences(temporary string, columns []schema.Fact) {
	for _, c := range columns {
		if !c.Is(schema.AttrIdentity) {
			continue
		}
		name := identitySequence(c)
		was := anonymous(c)
		was.ID.Table = temporary
		if old := identitySequence(was); old != name {
			r.add("ALTER SEQUENCE", dotted(c.ID.Schema, old), "RENAME TO", ident(name))
		}
		r.setSequence(schema.JoinNames(c.ID.Schema, name), c)
	}
}

// anonymous takes the name from an identity column's sequence, which the old
// table still has.
func anonymous(c schema.Fact) schema.Fact {
	options := c.Attr(attrIdentityOptions)
	words := &reader{words: scan(options, dialect{}.Lexer(), 0)}
	if !words.accept("SEQUENCE", "NAME") {
		return c
	}
	words.name()
	if words.done() {
		return c.Without(attrIdentityOptions)
	}
	return c.With(attrIdentityOptions, options[words.peek(0).start:])
}

// dress gives a table that has its columns all else.
func (r *renderer) dress(t schema.Fact, columns, rest []schema.Fact) {
	r.afterCreate(t, columns, slices.ContainsFunc(columns, isInherited))
	for _, p := range rest {
		if p.Form() != schema.ForeignKey && p.Form() != schema.NotNull {
			r.change(schema.Create(p))
		}
	}
	for _, p := range rest {
		if p.Form() == schema.ForeignKey || p.Form() == schema.NotNull {
			r.change(schema.Create(p))
		}
	}
}
