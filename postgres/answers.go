package postgres

import (
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// InCreate reports whether Render makes the part along with its table: columns,
// and constraints but foreign keys (their tables may not be there yet), those that
// are not valid, and those that call a function, which may need the table. A
// partition is made with its indexes, which would otherwise come under names of
// the server's choice. A view's column is complete unless it has a default, a
// comment or grants.
func (dialect) InCreate(table, part schema.Fact) bool {
	switch part.ID.Kind {
	case schema.KindColumn:
		return table.ID.Kind == schema.KindTable || alike(part, schema.Fact{}, schema.AttrDefault, schema.AttrComment, schema.AttrGrants)
	case schema.KindColumnOrder:
		return true
	case schema.KindIndex:
		return part.Is(attrPartitionOf) && table.Is(attrPartitionOf)
	case schema.KindConstraint:
		return constraintInCreate(part)
	}
	return false
}

func constraintInCreate(c schema.Fact) bool {
	switch {
	case c.Form() == schema.ForeignKey, c.Form() == "trigger", strings.HasSuffix(c.Attr(schema.AttrDefinition), notValid):
		return false
	}
	return !slices.ContainsFunc(c.Needs, func(id schema.ID) bool { return id.Kind == schema.KindRoutine })
}

// CanAlter reports whether Render can change before into after in place.
func (dialect) CanAlter(before, after schema.Fact) bool {
	switch after.ID.Kind {
	case schema.KindTable:
		return tableChangesInPlace(before, after)
	case schema.KindColumn:
		return columnChangesInPlace(before, after)
	case schema.KindColumnOrder:
		return false
	case schema.KindConstraint:
		return constraintChangesInPlace(before, after)
	case schema.KindIndex:
		return indexChangesInPlace(before, after)
	}
	return objectChangesInPlace(before, after)
}

func alike(before, after schema.Fact, attrs ...string) bool {
	for _, a := range attrs {
		if before.Attr(a) != after.Attr(a) {
			return false
		}
	}
	return true
}

func tableChangesInPlace(before, after schema.Fact) bool {
	return alike(before, after, schema.AttrForm, attrPartitionKey, attrServer)
}

// columnChangesInPlace is false where values become others without a word of
// how: a column cannot become generated. The expression of one that is can change,
// by making the column anew on servers that have no statement for it.
func columnChangesInPlace(before, after schema.Fact) bool {
	was, is := before.Is(schema.AttrGenerated), after.Is(schema.AttrGenerated)
	switch {
	case !was:
		return !is
	case is:
		return before.Is(schema.AttrStored) == after.Is(schema.AttrStored)
	}
	return before.Is(schema.AttrStored)
}

// constraintChangesInPlace knows what VALIDATE and ALTER CONSTRAINT can do.
func constraintChangesInPlace(before, after schema.Fact) bool {
	if before.Form() != after.Form() {
		return false
	}
	old, now := before.Attr(schema.AttrDefinition), after.Attr(schema.AttrDefinition)
	if old == now || old == now+notValid {
		return true
	}
	if after.Form() != schema.ForeignKey {
		return false
	}
	core, traits := splitTraits(old)
	target, wanted := splitTraits(now)
	return core == target && strings.Contains(traits, notValid) == strings.Contains(wanted, notValid)
}

func indexChangesInPlace(before, after schema.Fact) bool {
	for _, attr := range before.Differing(after) {
		if !indexAttrChanges(before, after, attr) {
			return false
		}
	}
	return true
}

// indexAttrChanges reports whether an member of an index can change.
func indexAttrChanges(before, after schema.Fact, attr string) bool {
	switch attr {
	case schema.AttrUnique, schema.AttrColumns, schema.AttrForm:
		return false
	case attrInvalid:
		return before.Is(attrInvalid)
	case schema.AttrDefinition:
		old, _ := splitIndexOptions(before.Attr(attr))
		now, _ := splitIndexOptions(after.Attr(attr))
		return old == now
	}
	return true
}

// splitIndexOptions takes the storage parameters out of an index's definition,
// and returns them as lines.
func splitIndexOptions(definition string) (core, options string) {
	words := &reader{words: scan(definition, dialect{}.Lexer(), 0)}
	if !words.find("WITH") || !words.is("(") {
		return definition, ""
	}
	start := words.words[words.at-1].start
	open := words.peek(0).end
	for !words.done() && !words.is(")") {
		words.at++
	}
	if words.done() {
		return definition, ""
	}
	var list []string
	for _, o := range splitTop(definition[open:words.peek(0).start]) {
		name, v, _ := strings.Cut(o, "=")
		if s, ok := stringValue(v); ok {
			v = s
		}
		list = append(list, name+"="+v)
	}
	slices.Sort(list)
	return strings.TrimSpace(definition[:start]) + definition[words.peek(0).end:], joinLines(list)
}

func indexOptions(i schema.Fact) string {
	_, options := splitIndexOptions(i.Attr(schema.AttrDefinition))
	return options
}

// objectChangesInPlace answers for what is no table and no part of its
// statement.
func objectChangesInPlace(before, after schema.Fact) bool {
	switch after.ID.Kind {
	case schema.KindType:
		return typeChangesInPlace(before, after)
	case schema.KindRoutine:
		return routineChangesInPlace(before, after)
	case schema.KindPolicy:
		return alike(before, after, schema.AttrForm, attrCommand) &&
			(after.Is(attrUsing) || !before.Is(attrUsing)) && (after.Is(attrCheck) || !before.Is(attrCheck))
	case schema.KindTrigger:
		return alike(before, after, schema.AttrForm) && (after.Form() != "constraint" || alike(before, after, schema.AttrDefinition))
	case schema.KindServer:
		old, now := serverClauses(before.Attr(schema.AttrDefinition)), serverClauses(after.Attr(schema.AttrDefinition))
		return before.Form() == after.Form() && old.clauses["TYPE"] == now.clauses["TYPE"] && old.clauses["WRAPPER"] == now.clauses["WRAPPER"]
	case schema.KindPublication:
		all := func(f schema.Fact) bool { return strings.HasPrefix(f.Attr(schema.AttrDefinition), "FOR ALL TABLES") }
		return all(before) == all(after)
	case schema.KindDatabase:
		return alike(before, after, attrEncoding, attrLocale)
	case schema.KindMaterializedView, schema.KindStatistics, schema.KindCollation, schema.KindEventTrigger, schema.KindObject:
		return alike(before, after, schema.AttrForm, schema.AttrDefinition)
	}
	return true
}

// typeChangesInPlace: labels of an enum can be added, checks of a domain changed,
// attributes of a composite added at the end, dropped and given another type.
func typeChangesInPlace(before, after schema.Fact) bool {
	if before.Form() != after.Form() {
		return false
	}
	switch after.Form() {
	case "enum":
		return isSubsequence(schema.SplitNames(before.Attr(schema.AttrValues)), schema.SplitNames(after.Attr(schema.AttrValues)))
	case "domain":
		return alike(before, after, schema.AttrType, schema.AttrCollation)
	case "composite":
		return membersChangeInPlace(compositeMembers(before.Attr(schema.AttrDefinition)), compositeMembers(after.Attr(schema.AttrDefinition)))
	}
	return alike(before, after, schema.AttrDefinition)
}

// isSubsequence reports whether all of a are in b in the same order.
func isSubsequence(a, b []string) bool {
	for _, v := range b {
		if len(a) > 0 && a[0] == v {
			a = a[1:]
		}
	}
	return len(a) == 0
}

// membersChangeInPlace reports whether new attributes all stand behind those
// that stay in their order.
func membersChangeInPlace(old, now []member) bool {
	var stay []string
	for _, a := range old {
		if _, kept := memberNamed(now, a.name); kept {
			stay = append(stay, a.name)
		}
	}
	if len(now) < len(stay) {
		return false
	}
	for i, name := range stay {
		if now[i].name != name {
			return false
		}
	}
	return true
}

// routineChangesInPlace knows what CREATE OR REPLACE refuses: other names of
// arguments, another result, fewer defaults; of an aggregate, another state or
// final function, which make the result.
func routineChangesInPlace(before, after schema.Fact) bool {
	if before.Form() != after.Form() {
		return false
	}
	if alike(before, after, schema.AttrDefinition) {
		return true
	}
	old, now := signature(before), signature(after)
	return old.arguments == now.arguments && old.result == now.result && old.defaults <= now.defaults
}

// routineSignature is what CREATE OR REPLACE cannot change.
type routineSignature struct {
	arguments string // without defaults
	result    string
	defaults  int
}

func signature(f schema.Fact) routineSignature {
	definition := f.Attr(schema.AttrDefinition)
	head, body, _ := strings.Cut(definition, "\n")
	var s routineSignature
	for _, a := range splitTop(arguments(head)) {
		words := &reader{words: scan(a, dialect{}.Lexer(), 0)}
		if words.find("DEFAULT") {
			s.defaults++
			a = strings.TrimSpace(a[:words.words[words.at-1].start])
		}
		s.arguments += a + ", "
	}
	for l := range strings.SplitSeq(body, "\n") {
		l = strings.TrimSpace(l)
		switch {
		case f.Form() == "aggregate" && (strings.HasPrefix(l, "STYPE") || strings.HasPrefix(l, "FINALFUNC") || strings.HasPrefix(l, "HYPOTHETICAL")):
			s.result += l
		case f.Form() != "aggregate" && s.result == "" && strings.HasPrefix(l, "RETURNS "):
			s.result = l
		}
	}
	return s
}

// arguments is what stands in the first pair of parentheses behind the name.
func arguments(head string) string {
	words := &reader{words: scan(head, dialect{}.Lexer(), 0)}
	depth, start := 0, 0
	for ; !words.done(); words.at++ {
		switch {
		case words.is("("):
			if depth++; depth == 1 {
				start = words.peek(0).end
			}
		case words.is(")"):
			if depth--; depth == 0 {
				return head[start:words.peek(0).start]
			}
		}
	}
	return ""
}

// Disturbs reports whether what needs the object must go while it changes: the
// server refuses another type for a column that views, rules, policies, triggers
// or generated columns use, and may have to make a generated column anew.
func (dialect) Disturbs(before, after schema.Fact) bool {
	if after.ID.Kind != schema.KindColumn {
		return false
	}
	return !alike(before, after, schema.AttrType, schema.AttrCollation, schema.AttrGenerated)
}

// Disturbed reports whether an object that needs a changing one must go: indexes,
// constraints and statistics follow a change of type; a sequence is only owned.
func (dialect) Disturbed(before, after, needing schema.Fact) bool {
	switch needing.ID.Kind {
	case schema.KindTable, schema.KindSequence, schema.KindDatabase, schema.KindSchema:
		return false
	case schema.KindConstraint, schema.KindIndex, schema.KindStatistics:
		return before.Attr(schema.AttrGenerated) != after.Attr(schema.AttrGenerated)
	case schema.KindPublication:
		return strings.Contains(needing.Attr(schema.AttrDefinition), " WHERE (")
	}
	return true
}

// MustRebuild reports whether the changes include another order of columns, or
// that a column comes from a parent table or does no more, though the parents are
// the same: what a table has for life.
func (dialect) MustRebuild(_ schema.Fact, changes []schema.Change) bool {
	moved := slices.ContainsFunc(changes, func(c schema.Change) bool {
		t, ok := c.(schema.AlterTable)
		return ok && !alike(t.Before, t.After, attrInherits, attrPartitionOf)
	})
	return slices.ContainsFunc(changes, func(c schema.Change) bool {
		switch c := c.(type) {
		case schema.ReorderColumns:
			return true
		case schema.AlterColumn:
			return !moved && isInherited(c.Before) != isInherited(c.After)
		}
		return false
	})
}
