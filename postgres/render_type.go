package postgres

import (
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

func (r *renderer) createType(f schema.Fact) {
	name := fullName(f.ID)
	switch f.Form() {
	case "enum":
		r.add("CREATE TYPE", name, "AS ENUM ("+texts(schema.SplitNames(f.Attr(schema.AttrValues)))+")")
	case "domain":
		r.add(append([]string{"CREATE DOMAIN", name, "AS"}, domainClauses(f)...)...)
		for _, c := range lines(f.Attr(attrChecks)) {
			if strings.HasSuffix(c, notValid) {
				r.add("ALTER DOMAIN", name, "ADD", c)
			}
		}
	case "composite":
		r.add("CREATE TYPE", name, "AS", f.Attr(schema.AttrDefinition))
	case "range":
		r.add("CREATE TYPE", name, "AS RANGE", f.Attr(schema.AttrDefinition))
	default:
		r.fail("a type of form %q is not known", f.Form())
	}
}

func domainClauses(f schema.Fact) []string {
	clauses := []string{f.Attr(schema.AttrType), prefixed("COLLATE", f.Attr(schema.AttrCollation)), prefixed("DEFAULT", f.Attr(schema.AttrDefault))}
	if f.Is(schema.AttrNotNull) {
		clauses = append(clauses, "NOT NULL")
	}
	for _, c := range lines(f.Attr(attrChecks)) {
		if !strings.HasSuffix(c, notValid) {
			clauses = append(clauses, c)
		}
	}
	return clauses
}

// texts renders a list of string constants.
func texts(values []string) string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = text(v)
	}
	return strings.Join(list, ", ")
}

func (r *renderer) alterType(before, after schema.Fact) {
	if !typeChangesInPlace(before, after) {
		r.fail("a type cannot change so in place: %s", strings.Join(before.Differing(after), ", "))
		return
	}
	switch after.Form() {
	case "enum":
		r.addValues(after.ID, schema.SplitNames(before.Attr(schema.AttrValues)), schema.SplitNames(after.Attr(schema.AttrValues)))
	case "domain":
		r.alterDomain(before, after)
	case "composite":
		r.alterComposite(before, after)
	}
}

// addValues adds the labels that are new, each beside one that exists.
func (r *renderer) addValues(id schema.ID, old, now []string) {
	for i, v := range now {
		switch {
		case slices.Contains(old, v):
		case i > 0 && i == len(now)-1 || i > 0 && !slices.ContainsFunc(now[i+1:], func(s string) bool { return slices.Contains(old, s) }):
			r.add("ALTER TYPE", fullName(id), "ADD VALUE", text(v))
		case i > 0:
			r.add("ALTER TYPE", fullName(id), "ADD VALUE", text(v), "AFTER", text(now[i-1]))
		default:
			next := i + 1
			for next < len(now) && !slices.Contains(old, now[next]) {
				next++
			}
			if next == len(now) {
				r.add("ALTER TYPE", fullName(id), "ADD VALUE", text(v))
			} else {
				r.add("ALTER TYPE", fullName(id), "ADD VALUE", text(v), "BEFORE", text(now[next]))
			}
		}
	}
}

func (r *renderer) alterDomain(before, after schema.Fact) {
	name := fullName(after.ID)
	if d := after.Attr(schema.AttrDefault); d != before.Attr(schema.AttrDefault) {
		r.add("ALTER DOMAIN", name, either(d != "", "SET DEFAULT "+d, "DROP DEFAULT"))
	}
	for _, a := range nullActions(before, after) {
		r.add("ALTER DOMAIN", name, a)
	}
	old, now := lines(before.Attr(attrChecks)), lines(after.Attr(attrChecks))
	for _, c := range old {
		if !slices.Contains(now, c) && !slices.Contains(now, strings.TrimSuffix(c, notValid)) {
			r.add("ALTER DOMAIN", name, "DROP CONSTRAINT", constraintName(c))
		}
	}
	for _, c := range now {
		switch {
		case slices.Contains(old, c):
		case slices.Contains(old, c+notValid):
			r.add("ALTER DOMAIN", name, "VALIDATE CONSTRAINT", constraintName(c))
		default:
			r.add("ALTER DOMAIN", name, "ADD", c)
		}
	}
}

// constraintName is the name, as written, in "CONSTRAINT name CHECK …".
func constraintName(line string) string {
	words := &reader{words: scan(line, dialect{}.Lexer(), 2)}
	words.accept("CONSTRAINT")
	return words.ident()
}

// alterComposite adds, drops and changes attributes.
func (r *renderer) alterComposite(before, after schema.Fact) {
	old, now := compositeMembers(before.Attr(schema.AttrDefinition)), compositeMembers(after.Attr(schema.AttrDefinition))
	var actions []string
	for _, a := range old {
		if _, kept := memberNamed(now, a.name); !kept {
			actions = append(actions, "DROP ATTRIBUTE "+a.name)
		}
	}
	for _, a := range now {
		was, had := memberNamed(old, a.name)
		switch {
		case !had:
			actions = append(actions, "ADD ATTRIBUTE "+a.name+" "+a.definition)
		case was.definition != a.definition:
			actions = append(actions, "ALTER ATTRIBUTE "+a.name+" SET DATA TYPE "+a.definition)
		}
	}
	r.out = append(r.out, alterOne("ALTER TYPE "+fullName(after.ID), actions)...)
}

func alterOne(head string, actions []string) []string {
	switch len(actions) {
	case 0:
		return nil
	case 1:
		return []string{head + " " + actions[0]}
	}
	return []string{head + "\n    " + strings.Join(actions, ",\n    ")}
}

// member is one of a composite type, as written.
type member struct{ name, definition string }

func memberNamed(list []member, name string) (member, bool) {
	i := slices.IndexFunc(list, func(a member) bool { return a.name == name })
	if i < 0 {
		return member{}, false
	}
	return list[i], true
}

// attributes reads "(a integer, b text COLLATE …)".
func compositeMembers(definition string) []member {
	var list []member
	words := &reader{words: scan(definition, dialect{}.Lexer(), 0)}
	words.accept("(")
	for !words.done() && !words.is(")") {
		name := words.ident()
		start, end, depth := words.peek(0).start, 0, 0
		for !words.done() && (depth > 0 || !words.is(",") && !words.is(")")) {
			switch {
			case words.is("("):
				depth++
			case words.is(")"):
				depth--
			}
			end = words.peek(0).end
			words.at++
		}
		if name == "" || end < start {
			return list
		}
		list = append(list, member{name, definition[start:end]})
		words.accept(",")
	}
	return list
}
