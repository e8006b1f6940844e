package postgres

import (
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// createOther makes an object of the kinds that few schemas have, whose
// definition is what stands behind the name.
func (r *renderer) createOther(f schema.Fact) {
	name, definition := objectName(f), f.Attr(schema.AttrDefinition)
	switch f.Form() {
	case "security label":
		r.fail("security labels are not rendered")
	case "grants": // which is what finishes every object
	case "subscription":
		r.createSubscription(f)
	case "language":
		rest, trusted := strings.CutPrefix(definition, "TRUSTED")
		r.add("CREATE", either(trusted, "TRUSTED", ""), "LANGUAGE", name, strings.TrimSpace(rest))
	case "base type":
		r.add("CREATE TYPE", name, definition)
	case "operator":
		if definition != "" { // else it is only named by another one, which makes it
			r.add("CREATE OPERATOR", name, definition)
		}
	case "conversion":
		rest, isDefault := strings.CutSuffix(definition, " DEFAULT")
		r.add("CREATE", either(isDefault, "DEFAULT", ""), "CONVERSION", name, rest)
	case "operator family":
		r.add("CREATE OPERATOR FAMILY", name)
		if definition != "" {
			r.add("ALTER OPERATOR FAMILY", name, "ADD", definition)
		}
	case "text search configuration":
		head, mappings, found := strings.Cut(definition, "\n")
		r.add("CREATE TEXT SEARCH CONFIGURATION", name, head)
		if !found {
			return
		}
		for _, m := range mappingLists(strings.Split(mappings, "\n")) {
			r.add("ALTER TEXT SEARCH CONFIGURATION", name, "ADD MAPPING", m)
		}
	default:
		r.add("CREATE", strings.ToUpper(f.Form()), name, definition)
	}
}

// mappingLists joins lines "FOR token WITH dictionaries" with equal dictionaries.
func mappingLists(mappings []string) []string {
	var order, list []string
	tokens := map[string][]string{}
	for _, m := range mappings {
		token, dictionaries, _ := strings.Cut(strings.TrimPrefix(m, "FOR "), " WITH ")
		if tokens[dictionaries] == nil {
			order = append(order, dictionaries)
		}
		tokens[dictionaries] = append(tokens[dictionaries], token)
	}
	for _, d := range order {
		list = append(list, "FOR "+strings.Join(tokens[d], ", ")+" WITH "+d)
	}
	return list
}

// createSubscription makes a subscription without talking to the publisher; it
// is enabled, if it is, afterwards.
func (r *renderer) createSubscription(f schema.Fact) {
	head, options, _ := strings.Cut(f.Attr(schema.AttrDefinition), " WITH (")
	r.add("CREATE SUBSCRIPTION", objectName(f), "CONNECTION", text(f.Attr(attrConnection)), head, "WITH (connect = false, "+options)
	if !f.Is(attrEnabled) {
		r.add("ALTER SUBSCRIPTION", objectName(f), "ENABLE")
	}
}

// alterSubscription changes whom a subscription listens to, and whether it does.
func (r *renderer) alterSubscription(before, after schema.Fact) {
	if c := after.Attr(attrConnection); c != before.Attr(attrConnection) {
		r.add("ALTER SUBSCRIPTION", objectName(after), "CONNECTION", text(c))
	}
	if before.Is(attrEnabled) != after.Is(attrEnabled) {
		r.add("ALTER SUBSCRIPTION", objectName(after), either(after.Is(attrEnabled), "DISABLE", "ENABLE"))
	}
}

// foreignGrants changes the privileges on what came with the server or with an
// extension. A fact that is missing says that they are the initial ones.
func (r *renderer) foreignGrants(before, after schema.Fact) {
	object, on := foreignObject(after.ID.Name)
	if on == "" {
		r.cannot(after, after.ID.Name)
		return
	}
	initial := orElse(after.Attr(attrInitialGrants), before.Attr(attrInitialGrants))
	like := func(f schema.Fact) grants {
		return grantsOf(r.srv.Number, schema.NewFact(object, schema.AttrGrants, orElse(f.Attr(schema.AttrGrants), initial)))
	}
	old, now, all := like(before), like(after), privilegesOf(r.srv.Number, schema.Fact{ID: object})
	r.changeGrants(spelled(old, now, all), spelled(now, old, all), all, func(verb, privileges, preposition string, to grantee, suffix string) {
		r.grant(verb+" "+privileges+" ON "+on+" "+preposition, to, schema.Fact{ID: object}, suffix)
	})
}

// foreignObject reads "grants on function app.f(integer)", as pg_identify_object
// names things.
func foreignObject(name string) (id schema.ID, on string) {
	name = strings.TrimPrefix(name, "grants on ")
	for _, k := range []struct {
		word, sql string
		kind      schema.Kind
	}{
		{"materialized view", "TABLE", schema.KindTable},
		{"foreign table", "TABLE", schema.KindTable},
		{"table", "TABLE", schema.KindTable},
		{"view", "TABLE", schema.KindTable},
		{"sequence", "SEQUENCE", schema.KindSequence},
		{"function", "FUNCTION", schema.KindRoutine},
		{"procedure", "PROCEDURE", schema.KindRoutine},
		{"aggregate", "FUNCTION", schema.KindRoutine},
		{"type", "TYPE", schema.KindType},
		{"language", "LANGUAGE", schema.KindObject},
		{"schema", "SCHEMA", schema.KindSchema},
	} {
		if rest, ok := strings.CutPrefix(name, k.word+" "); ok {
			return schema.ID{Kind: k.kind, Name: rest}, k.sql + " " + rest
		}
	}
	return schema.ID{}, ""
}

// objectName is the name behind CREATE.
func objectName(f schema.Fact) string {
	name := strings.TrimPrefix(f.ID.Name, f.Form()+" ")
	switch f.Form() {
	case "cast", "transform":
		return name
	case "operator":
		if i := strings.LastIndexByte(name, '('); i > 0 {
			return ident(f.ID.Schema) + "." + name[:i]
		}
	case "operator class", "operator family":
		if i := strings.LastIndex(name, " USING "); i > 0 {
			return dotted(f.ID.Schema, name[:i]) + either(f.Form() == "operator family", name[i:], "")
		}
	}
	return dotted(f.ID.Schema, name)
}

// objectTarget is the name behind DROP and COMMENT ON.
func objectTarget(f schema.Fact) string {
	name := strings.TrimPrefix(f.ID.Name, f.Form()+" ")
	switch f.Form() {
	case "operator":
		if i := strings.LastIndexByte(name, '('); i > 0 {
			return objectName(f) + " " + name[i:]
		}
	case "operator class":
		if i := strings.LastIndex(name, " USING "); i > 0 {
			return dotted(f.ID.Schema, name[:i]) + name[i:]
		}
	}
	return objectName(f)
}
