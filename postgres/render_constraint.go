package postgres

import (
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

const notValid = " NOT VALID"

// addConstraint adds a constraint to a table that exists. That of a partition
// comes with the partitioned table's, under a name that may have to be changed.
func (r *renderer) addConstraint(c schema.Fact) {
	table, name, definition := tableOf(c.ID), ident(c.ID.Name), constraintText(c)
	switch {
	case c.Form() == "trigger": // its trigger makes it
		return
	case isInherited(c):
		r.nameInherited(c)
	case c.Form() == schema.NotNull: // the column is not null already, by a constraint without a name
		column := names(schema.SplitNames(c.Attr(schema.AttrColumns)))
		r.alterRelation(table, false, []string{"ALTER COLUMN " + column + " DROP NOT NULL", "ADD CONSTRAINT " + name + " " + definition})
	case r.online && canWait(c) && !strings.HasSuffix(definition, notValid):
		r.add("ALTER TABLE", table, "ADD CONSTRAINT", name, definition+notValid)
		r.add("ALTER TABLE", table, "VALIDATE CONSTRAINT", name)
	default:
		r.add("ALTER TABLE", table, "ADD CONSTRAINT", name, definition)
	}
	r.indexSettings(schema.Fact{ID: c.ID}, c)
}

// constraintText is a definition with one pair of parentheses where the server
// prints two.
func constraintText(c schema.Fact) string {
	definition := c.Attr(schema.AttrDefinition)
	core, traits := splitTraits(definition)
	if expression, ok := strings.CutPrefix(core, "CHECK ("); ok && strings.HasSuffix(expression, ")") {
		return "CHECK (" + inner(strings.TrimSuffix(expression, ")")) + ")" + traits
	}
	return definition
}

// canWait tells that a constraint can be added without looking at the rows, and
// be validated later under a weak lock.
func canWait(c schema.Fact) bool {
	return (c.Form() == schema.ForeignKey || c.Form() == schema.Check) && !strings.Contains(c.Attr(schema.AttrDefinition), "NOT ENFORCED")
}

// nameInherited renames the index constraint that a partition got from its
// parent, where the wanted name is not the one that the server chose.
func (r *renderer) nameInherited(c schema.Fact) {
	if !isKey(c) {
		return
	}
	if name := automaticName(c); name != "" && name != c.ID.Name {
		r.add("ALTER TABLE", tableOf(c.ID), "RENAME CONSTRAINT", ident(name), "TO", ident(c.ID.Name))
	}
}

// automaticName is the name the server gives an index or an index constraint if
// nothing of that name exists; "" if that cannot be told.
func automaticName(f schema.Fact) string {
	var suffix string
	parts := []string{f.ID.Table}
	switch {
	case f.Form() == schema.PrimaryKey:
		suffix = "pkey"
	case f.ID.Kind == schema.KindIndex:
		suffix = "idx"
	case f.Form() == schema.Unique:
		suffix = "key"
	default:
		return ""
	}
	if suffix != "pkey" {
		for _, c := range schema.SplitNames(f.Attr(schema.AttrColumns)) {
			if strings.HasPrefix(c, "(") {
				return "" // "expr", or the name of a function
			}
			parts = append(parts, c)
		}
	}
	name := strings.Join(append(parts, suffix), "_")
	if len(name) > 63 {
		return ""
	}
	return name
}

func (r *renderer) dropConstraint(c schema.Fact) {
	if isInherited(c) || c.Form() == "trigger" { // goes with the one it came with
		return
	}
	if c.Form() == schema.NotNull {
		r.forgetNotNull(c)
		return
	}
	r.add("ALTER TABLE", tableOf(c.ID), "DROP CONSTRAINT", ident(c.ID.Name))
}

// forgetNotNull leaves the column not null, which is a fact of its own, and takes
// from the constraint what was special: its name, and that it was not valid or not
// inherited.
func (r *renderer) forgetNotNull(c schema.Fact) {
	table, name := tableOf(c.ID), ident(c.ID.Name)
	definition := c.Attr(schema.AttrDefinition)
	if strings.HasSuffix(definition, notValid) {
		r.add("ALTER TABLE", table, "VALIDATE CONSTRAINT", name)
	}
	if strings.Contains(definition, " NO INHERIT") {
		r.add("ALTER TABLE", table, "ALTER CONSTRAINT", name, "INHERIT")
	}
	columns := schema.SplitNames(c.Attr(schema.AttrColumns))
	if automatic := strings.Join(append([]string{c.ID.Table}, columns...), "_") + "_not_null"; automatic != c.ID.Name {
		r.add("ALTER TABLE", table, "RENAME CONSTRAINT", name, "TO", ident(automatic))
	}
}

func (r *renderer) alterConstraint(before, after schema.Fact) {
	old, now := before.Attr(schema.AttrDefinition), after.Attr(schema.AttrDefinition)
	table, name := tableOf(after.ID), ident(after.ID.Name)
	switch {
	case old == now:
	case !constraintChangesInPlace(before, after):
		r.fail("a constraint's definition cannot change in place")
	case old == now+notValid:
		r.add("ALTER TABLE", table, "VALIDATE CONSTRAINT", name)
	default:
		r.add("ALTER TABLE", table, "ALTER CONSTRAINT", name, constraintTraits(old, now))
	}
	r.indexSettings(before, after)
}

// constraintTraits are the words for ALTER CONSTRAINT.
func constraintTraits(old, now string) string {
	_, was := splitTraits(old)
	_, is := splitTraits(now)
	var words []string
	if deferring(was) != deferring(is) {
		words = append(words, deferring(is))
	}
	if enforced := !strings.Contains(is, "NOT ENFORCED"); enforced == strings.Contains(was, "NOT ENFORCED") {
		words = append(words, either(enforced, "ENFORCED", "NOT ENFORCED"))
	}
	return strings.Join(words, " ")
}

func deferring(traits string) string {
	switch {
	case strings.Contains(traits, "INITIALLY DEFERRED"):
		return "DEFERRABLE INITIALLY DEFERRED"
	case strings.Contains(traits, "DEFERRABLE"):
		return "DEFERRABLE INITIALLY IMMEDIATE"
	}
	return "NOT DEFERRABLE"
}

// splitTraits divides a definition from what pg_get_constraintdef writes behind
// it.
func splitTraits(definition string) (core, traits string) {
	core = definition
	for _, t := range []string{" NOT ENFORCED", notValid, " INITIALLY DEFERRED", " DEFERRABLE", " NO INHERIT"} {
		if c, ok := strings.CutSuffix(core, t); ok {
			core, traits = c, t+traits
		}
	}
	return core, traits
}

// addIndex builds an index. That of a partition comes with the partitioned
// table's.
func (r *renderer) addIndex(i schema.Fact) {
	if i.Is(attrPartitionOf) {
		if name := automaticName(i); name != "" && name != i.ID.Name {
			r.add("ALTER INDEX", dotted(i.ID.Schema, name), "RENAME TO", ident(i.ID.Name))
		}
		r.indexSettings(schema.Fact{ID: i.ID}, i)
		return
	}
	r.createIndex(i)
}

func (r *renderer) createIndex(i schema.Fact, unless ...string) {
	head := "CREATE INDEX"
	if i.Is(schema.AttrUnique) {
		head = "CREATE UNIQUE INDEX"
	}
	if r.online && i.Form() != "partitioned" {
		head += " CONCURRENTLY"
	}
	definition, where := i.Attr(schema.AttrDefinition), ""
	if t := i.Attr(attrTablespace); t != "" {
		definition, where = splitWhere(definition)
		where = "TABLESPACE " + ident(t) + spaced(where)
	}
	only := ""
	if i.Form() == "partitioned" && i.Is(attrInvalid) { // indexes of partitions are attached one by one
		only = "ONLY"
	}
	r.add(head, strings.Join(unless, " "), ident(i.ID.Name), "ON", only, tableOf(i.ID), definition, where)
	r.indexSettings(schema.Fact{ID: i.ID}.With(attrTablespace, i.Attr(attrTablespace)), i)
}

// splitWhere divides an index's definition from its predicate.
func splitWhere(definition string) (core, where string) {
	words := &reader{words: scan(definition, dialect{}.Lexer(), 0)}
	if !words.find("WHERE") {
		return definition, ""
	}
	at := words.words[words.at-1].start
	return strings.TrimSpace(definition[:at]), definition[at:]
}

func (r *renderer) dropIndex(i schema.Fact) {
	if i.Is(attrPartitionOf) { // goes with the partitioned table's
		return
	}
	head := "DROP INDEX"
	if r.online && i.Form() != "partitioned" {
		head += " CONCURRENTLY"
	}
	r.add(head, dotted(i.ID.Schema, i.ID.Name))
}

func (r *renderer) alterIndex(before, after schema.Fact) {
	for _, attr := range before.Differing(after) {
		if !indexAttrChanges(before, after, attr) {
			r.cannot(after, attr)
		}
	}
	name := dotted(after.ID.Schema, after.ID.Name)
	for _, a := range optionActions(indexOptions(before), indexOptions(after)) {
		r.add("ALTER INDEX", name, a)
	}
	switch p := after.Attr(attrPartitionOf); {
	case p == before.Attr(attrPartitionOf):
	case p != "":
		r.add("ALTER INDEX", joined(p), "ATTACH PARTITION", name)
	default: // It is there if its table was detached, and not if the index it was a partition of was dropped.
		r.createIndex(after, "IF NOT EXISTS")
	}
	if before.Is(attrInvalid) && !after.Is(attrInvalid) && after.Form() != "partitioned" { // whose last partition makes it valid
		r.add("REINDEX INDEX", either(r.online, "CONCURRENTLY", ""), name)
	}
	r.indexSettings(before, after)
}

// indexSettings sets what indexes and constraints have beside their definition.
func (r *renderer) indexSettings(before, after schema.Fact) {
	changed := func(attr string) bool { return before.Attr(attr) != after.Attr(attr) }
	name, table := dotted(after.ID.Schema, after.ID.Name), tableOf(after.ID)
	if after.ID.Kind == schema.KindConstraint {
		for _, a := range optionActions(before.Attr(attrOptions), after.Attr(attrOptions)) {
			r.add("ALTER INDEX", name, a)
		}
	}
	if changed(attrTablespace) {
		r.add("ALTER INDEX", name, "SET TABLESPACE", ident(orElse(after.Attr(attrTablespace), "pg_default")))
	}
	old, now := assignments(before.Attr(attrStatistics)), assignments(after.Attr(attrStatistics))
	for _, n := range sortedKeys(old, now) {
		if old[n] != now[n] {
			r.add("ALTER INDEX", name, "ALTER COLUMN", n, "SET STATISTICS", orElse(now[n], "-1"))
		}
	}
	if changed(attrCluster) {
		r.add("ALTER TABLE", table, either(after.Is(attrCluster), "CLUSTER ON "+ident(after.ID.Name), "SET WITHOUT CLUSTER"))
	}
	if changed(attrReplicaIdentity) {
		r.add("ALTER TABLE", table, "REPLICA IDENTITY", either(after.Is(attrReplicaIdentity), "USING INDEX "+ident(after.ID.Name), "DEFAULT"))
	}
	r.common(before, after)
}
