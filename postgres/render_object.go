package postgres

import (
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// createObject makes what is no table and no part of one, or is a part that has
// its own statement (trigger, rule, policy).
func (r *renderer) createObject(f schema.Fact) {
	name := ident(f.ID.Name)
	switch f.ID.Kind {
	case schema.KindDatabase, schema.KindColumnOrder: // they are there
		r.alterDatabase(schema.Fact{ID: f.ID}, f)
		return
	case schema.KindDefaultACL:
		r.defaultPrivileges(schema.Fact{ID: f.ID}, f)
		return
	case schema.KindSchema:
		r.createSchema(f)
	case schema.KindExtension:
		r.add("CREATE EXTENSION", name, prefixed("SCHEMA", identOrNone(f.Attr(attrSchema))), prefixed("VERSION", textOrNone(f.Attr(attrVersion))))
	case schema.KindCollation:
		r.add("CREATE COLLATION", fullName(f.ID), f.Attr(schema.AttrDefinition))
	case schema.KindType:
		r.createType(f)
	case schema.KindServer:
		r.createServer(f)
	case schema.KindSequence:
		r.createSequence(f)
	case schema.KindStatistics:
		r.add("CREATE STATISTICS", fullName(f.ID), f.Attr(schema.AttrDefinition))
	case schema.KindView:
		r.add("CREATE VIEW", fullName(f.ID), withOptions(f.Attr(attrOptions)), "AS\n"+query(f))
	case schema.KindMaterializedView:
		r.createMaterializedView(f)
	case schema.KindRoutine:
		r.add(created(f.Attr(schema.AttrDefinition)))
	case schema.KindTrigger, schema.KindRule, schema.KindPolicy, schema.KindEventTrigger:
		r.createHook(f)
	case schema.KindPublication:
		r.add("CREATE PUBLICATION", name, f.Attr(schema.AttrDefinition))
	case schema.KindObject:
		r.createOther(f)
	default:
		r.fail("%s is not known", f.ID.Kind)
	}
	r.settings(schema.Fact{ID: f.ID}, f)
	r.finish(f)
}

// createSchema makes a namespace; public is always there.
func (r *renderer) createSchema(f schema.Fact) {
	exists := ""
	if f.ID.Name == "public" {
		exists = "IF NOT EXISTS"
	}
	r.add("CREATE SCHEMA", exists, ident(f.ID.Name))
}

func identOrNone(s string) string {
	if s == "" {
		return ""
	}
	return ident(s)
}

func textOrNone(s string) string {
	if s == "" {
		return ""
	}
	return text(s)
}

// query is the definition of a view without a semicolon at its end.
func query(f schema.Fact) string {
	return strings.TrimSuffix(strings.TrimSpace(f.Attr(schema.AttrDefinition)), ";")
}

// created is the definition of a routine as a new one is made.
func created(definition string) string {
	definition = strings.TrimSpace(definition)
	if rest, ok := strings.CutPrefix(definition, "CREATE OR REPLACE "); ok {
		return "CREATE " + rest
	}
	return definition
}

func (r *renderer) createMaterializedView(f schema.Fact) {
	r.add("CREATE MATERIALIZED VIEW", fullName(f.ID), prefixed("USING", identOrNone(f.Attr(attrAccessMethod))), withOptions(f.Attr(attrOptions)),
		prefixed("TABLESPACE", identOrNone(f.Attr(attrTablespace))), "AS\n"+query(f), either(f.Is(attrUnpopulated), "WITH NO DATA", ""))
}

func (r *renderer) createServer(f schema.Fact) {
	r.server("CREATE", f, f.Attr(schema.AttrDefinition))
}

// server creates, alters or drops a wrapper, a server or a user mapping.
func (r *renderer) server(verb string, f schema.Fact, rest string) {
	verb += " " + strings.ToUpper(f.Form())
	if f.Form() != "user mapping" {
		r.add(verb, serverName(f), rest)
		return
	}
	rest = "SERVER " + ident(f.Attr(attrServer)) + spaced(rest)
	switch role := grantee(orElse(f.Attr(attrRole), string(toPublic))); role {
	case toPublic: // a role cannot be called so in lower case
		r.add(verb, "FOR PUBLIC", rest)
	case toDatabaseOwner:
		r.dynamic(escaped(verb)+" FOR %I "+escaped(rest), databaseOwner)
	default:
		r.add(verb, "FOR", ident(string(role)), rest)
	}
}

// serverName is the name of a wrapper or server without the form in front.
func serverName(f schema.Fact) string {
	return ident(strings.TrimPrefix(f.ID.Name, f.Form()+" "))
}

// createHook makes what acts when something else happens.
func (r *renderer) createHook(f schema.Fact) {
	if isInherited(f) { // a partition's trigger comes with the partitioned table's
		return
	}
	name := ident(f.ID.Name)
	switch f.ID.Kind {
	case schema.KindTrigger:
		r.add("CREATE", either(f.Form() == "constraint", "CONSTRAINT TRIGGER", "TRIGGER"), name, f.Attr(schema.AttrDefinition))
	case schema.KindRule:
		r.add("CREATE RULE", name, ruleText(f))
	case schema.KindPolicy:
		r.createPolicy(f)
	case schema.KindEventTrigger:
		r.add("CREATE EVENT TRIGGER", name, f.Attr(schema.AttrDefinition))
	}
}

func ruleText(f schema.Fact) string {
	definition := query(f)
	if strings.HasPrefix(definition, "AS") {
		return definition
	}
	return "AS " + definition
}

func (r *renderer) createPolicy(f schema.Fact) {
	r.add("CREATE POLICY", target(f), either(f.Form() == "restrictive", "AS RESTRICTIVE", ""), policyCommand(f), policyRoles(f),
		enclosed("USING", f.Attr(attrUsing)), enclosed("WITH CHECK", f.Attr(attrCheck)))
}

func policyCommand(f schema.Fact) string {
	if c := strings.ToUpper(f.Attr(attrCommand)); c != "" && c != "ALL" {
		return "FOR " + c
	}
	return ""
}

func policyRoles(f schema.Fact) string {
	roles := schema.SplitNames(f.Attr(attrRoles))
	if len(roles) == 0 {
		return ""
	}
	return "TO " + names(roles)
}

// enclosed renders a word and an expression in one pair of parentheses.
func enclosed(word, expression string) string {
	if expression == "" {
		return ""
	}
	return word + " (" + inner(expression) + ")"
}

func (r *renderer) dropObject(f schema.Fact) {
	word, ok := kindWord(f)
	switch f.ID.Kind {
	case schema.KindDatabase:
		r.alterDatabase(f, schema.Fact{ID: f.ID})
		return
	case schema.KindDefaultACL:
		r.defaultPrivileges(f, schema.Fact{ID: f.ID})
		return
	case schema.KindColumnOrder:
		return
	case schema.KindObject:
		if f.Form() == "grants" {
			r.foreignGrants(f, schema.Fact{ID: f.ID})
			return
		}
	case schema.KindSequence: // one that a column owns goes with the column
		if f.Is(attrOwnedBy) {
			word += " IF EXISTS"
		}
	case schema.KindTrigger:
		if isInherited(f) {
			return
		}
	case schema.KindServer:
		if f.Form() == "user mapping" {
			r.server("DROP", f, "")
			return
		}
	}
	if !ok {
		r.fail("%s cannot be dropped", f.ID.Kind)
		return
	}
	r.add("DROP", word, target(f))
}

// alterObject changes in place what can be.
func (r *renderer) alterObject(before, after schema.Fact) {
	if !objectChangesInPlace(before, after) {
		r.fail("%s cannot change so in place: %s", after.ID.Kind, strings.Join(before.Differing(after), ", "))
		return
	}
	switch after.ID.Kind {
	case schema.KindDatabase:
		r.alterDatabase(before, after)
		return
	case schema.KindDefaultACL:
		r.defaultPrivileges(before, after)
		return
	case schema.KindColumnOrder:
		return
	case schema.KindType:
		r.alterType(before, after)
	case schema.KindSequence:
		r.alterSequence(before, after)
	case schema.KindExtension:
		r.alterExtension(before, after)
	case schema.KindPolicy:
		r.alterPolicy(before, after)
	case schema.KindPublication:
		r.alterPublication(before, after)
	case schema.KindServer:
		r.alterServer(before, after)
	case schema.KindObject:
		r.alterSubscription(before, after)
	case schema.KindRoutine, schema.KindView, schema.KindTrigger, schema.KindRule:
		r.replace(before, after)
	}
	r.settings(before, after)
	r.common(before, after)
}

// replace gives an object another definition by CREATE OR REPLACE.
func (r *renderer) replace(before, after schema.Fact) {
	if before.Attr(schema.AttrDefinition) == after.Attr(schema.AttrDefinition) {
		return
	}
	name := ident(after.ID.Name)
	switch after.ID.Kind {
	case schema.KindRoutine:
		r.add(strings.TrimSpace(after.Attr(schema.AttrDefinition)))
	case schema.KindView:
		r.add("CREATE OR REPLACE VIEW", fullName(after.ID), withOptions(after.Attr(attrOptions)), "AS\n"+query(after))
	case schema.KindTrigger:
		r.add("CREATE OR REPLACE TRIGGER", name, after.Attr(schema.AttrDefinition))
	case schema.KindRule:
		r.add("CREATE OR REPLACE RULE", name, ruleText(after))
	}
}

// settings sets what objects have beside their definition.
func (r *renderer) settings(before, after schema.Fact) {
	changed := func(attr string) bool { return before.Attr(attr) != after.Attr(attr) }
	isNew := len(before.Attrs) == 0
	word, _ := kindWord(after)
	switch after.ID.Kind {
	case schema.KindView:
		if !isNew && !changed(schema.AttrDefinition) { // else they are part of CREATE
			r.each("ALTER VIEW "+fullName(after.ID), optionActions(before.Attr(attrOptions), after.Attr(attrOptions)))
		}
	case schema.KindMaterializedView:
		if !isNew {
			r.alterMaterializedView(before, after)
		}
	case schema.KindStatistics:
		if changed(attrStatisticsTarget) {
			r.add("ALTER STATISTICS", fullName(after.ID), "SET STATISTICS", orElse(after.Attr(attrStatisticsTarget), "-1"))
		}
	case schema.KindTrigger, schema.KindRule:
		if e := after.Attr(attrEnabled); changed(attrEnabled) || e != "" && changed(schema.AttrDefinition) {
			r.add("ALTER TABLE", tableOf(after.ID), enabling(e), word, ident(after.ID.Name))
		}
	case schema.KindEventTrigger:
		if changed(attrEnabled) {
			r.add("ALTER EVENT TRIGGER", ident(after.ID.Name), enabling(after.Attr(attrEnabled)))
		}
	}
}

func enabling(state string) string {
	switch state {
	case "":
		return "ENABLE"
	case "disabled":
		return "DISABLE"
	}
	return "ENABLE " + strings.ToUpper(state)
}

// each renders one statement for each action.
func (r *renderer) each(head string, actions []string) {
	for _, a := range actions {
		r.add(head, a)
	}
}

func (r *renderer) alterMaterializedView(before, after schema.Fact) {
	r.checkAccessMethod(before, after)
	head := "ALTER MATERIALIZED VIEW " + fullName(after.ID)
	r.each(head, optionActions(before.Attr(attrOptions), after.Attr(attrOptions)))
	if m := after.Attr(attrAccessMethod); m != before.Attr(attrAccessMethod) {
		r.add(head, "SET ACCESS METHOD", ident(orElse(m, "heap")))
	}
	if s := after.Attr(attrTablespace); s != before.Attr(attrTablespace) {
		r.add(head, "SET TABLESPACE", ident(orElse(s, "pg_default")))
	}
	if before.Is(attrUnpopulated) != after.Is(attrUnpopulated) {
		r.add("REFRESH MATERIALIZED VIEW", fullName(after.ID), either(after.Is(attrUnpopulated), "WITH NO DATA", ""))
	}
}

func (r *renderer) alterExtension(before, after schema.Fact) {
	if s := after.Attr(attrSchema); s != before.Attr(attrSchema) {
		r.add("ALTER EXTENSION", ident(after.ID.Name), "SET SCHEMA", ident(s))
	}
	if v := after.Attr(attrVersion); v != before.Attr(attrVersion) {
		r.add("ALTER EXTENSION", ident(after.ID.Name), "UPDATE TO", text(v))
	}
}

func (r *renderer) alterPolicy(before, after schema.Fact) {
	var clauses []string
	if before.Attr(attrRoles) != after.Attr(attrRoles) {
		clauses = append(clauses, orElse(policyRoles(after), "TO PUBLIC"))
	}
	for _, c := range []struct{ word, attr string }{{"USING", attrUsing}, {"WITH CHECK", attrCheck}} {
		if before.Attr(c.attr) != after.Attr(c.attr) {
			clauses = append(clauses, enclosed(c.word, after.Attr(c.attr)))
		}
	}
	if len(clauses) > 0 {
		r.add("ALTER POLICY", target(after), strings.Join(clauses, " "))
	}
}
