package postgres

import (
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// grantee is a role of a grant as facts write it.
type grantee string

// The grantees that have no name of their own, and what stands for no grant at all.
const (
	toPublic        grantee = "PUBLIC"
	toOwner         grantee = "OWNER" // of the object
	toDatabaseOwner grantee = "DATABASE OWNER"
)

// grants maps grantee and privilege to whether it may be passed on.
type grants map[grantee]map[string]bool

func (g grants) set(to grantee, privilege string, option bool) {
	if g[to] == nil {
		g[to] = map[string]bool{}
	}
	g[to][privilege] = g[to][privilege] || option
}

// parseGrants reads the lines of an attribute: PRIVILEGE[, …] TO grantee [WITH
// GRANT OPTION].
func parseGrants(value string) grants {
	g := grants{}
	for _, l := range lines(value) {
		l, option := strings.CutSuffix(l, " WITH GRANT OPTION")
		privileges, to, found := strings.Cut(l, " TO ")
		if !found {
			continue // NONE
		}
		for p := range strings.SplitSeq(privileges, ", ") {
			g.set(grantee(to), p, option)
		}
	}
	return g
}

// defaultGrants are those of an object of which nothing was granted or revoked.
func defaultGrants(version int, f schema.Fact) grants {
	g := grants{}
	if f.ID.Kind != schema.KindColumn {
		g.set(toOwner, allPrivileges, false)
	}
	switch {
	case f.ID.Kind == schema.KindDatabase:
		g.set(toPublic, "CONNECT", false)
		g.set(toPublic, "TEMPORARY", false)
	case f.ID.Kind == schema.KindRoutine:
		g.set(toPublic, "EXECUTE", false)
	case f.ID.Kind == schema.KindType, f.Form() == "language", f.Form() == "base type":
		g.set(toPublic, "USAGE", false)
	case isPublic(f):
		g.set(toPublic, "USAGE", false)
		if version < 150000 {
			g.set(toPublic, "CREATE", false)
		}
	}
	return g
}

func grantsOf(version int, f schema.Fact) grants {
	if v := f.Attr(schema.AttrGrants); v != "" {
		return parseGrants(v)
	}
	return defaultGrants(version, f)
}

// privilegesOf are all privileges of a kind of object, which facts call ALL, in
// the order in which facts list them; nil where nothing can be granted.
func privilegesOf(version int, f schema.Fact) []string {
	switch f.ID.Kind {
	case schema.KindTable, schema.KindView, schema.KindMaterializedView:
		all := []string{"DELETE", "INSERT", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"}
		if version >= 170000 {
			all = append(all, "MAINTAIN")
		}
		return all
	case schema.KindColumn:
		return []string{"INSERT", "REFERENCES", "SELECT", "UPDATE"}
	case schema.KindSequence:
		return []string{"SELECT", "UPDATE", "USAGE"}
	case schema.KindSchema:
		return []string{"CREATE", "USAGE"}
	case schema.KindDatabase:
		return []string{"CONNECT", "CREATE", "TEMPORARY"}
	case schema.KindRoutine:
		return []string{"EXECUTE"}
	case schema.KindType, schema.KindServer, schema.KindObject:
		return []string{"USAGE"}
	}
	return nil
}

// spelled returns grants in which ALL is spelled out, if the other side grants
// some of it to the same role.
func spelled(g, other grants, all []string) grants {
	out := grants{}
	for to, privileges := range g {
		for p, option := range privileges {
			if p != allPrivileges || isAll(other[to]) && option == other[to][allPrivileges] {
				out.set(to, p, option)
				continue
			}
			for _, each := range all {
				out.set(to, each, option)
			}
		}
	}
	return out
}

func isAll(privileges map[string]bool) bool {
	_, all := privileges[allPrivileges]
	return all
}

// given are the grants when the object has been given to another role: the server
// adds what the role had to what the owner had.
func (g grants) given(role string) grants {
	now := toDatabaseOwner
	if role != "" {
		now = grantee(dialect{}.Quote(role))
	}
	out := grants{}
	for to, privileges := range g {
		if to == now {
			to = toOwner
		}
		for p, option := range privileges {
			out.set(to, p, option)
		}
	}
	return out
}

// grants renders what must be revoked and granted to get from the grants of
// one fact to those of another, and nothing else.
func (r *renderer) grants(before, after schema.Fact) {
	if alike(before, after, schema.AttrGrants, schema.AttrOwner) {
		return
	}
	if after.Form() == "grants" {
		r.foreignGrants(before, after)
		return
	}
	all := privilegesOf(r.srv.Number, after)
	if all == nil && alike(before, after, schema.AttrGrants) {
		return
	}
	if all == nil {
		r.cannot(after, schema.AttrGrants)
		return
	}
	old, now := grantsOf(r.srv.Number, before), grantsOf(r.srv.Number, after)
	if before.Attr(schema.AttrOwner) != after.Attr(schema.AttrOwner) {
		old = spelled(old, nil, all).given(after.Attr(schema.AttrOwner))
	}
	on := r.grantTarget(after)
	r.changeGrants(spelled(old, now, all), spelled(now, old, all), all, func(verb, privileges, preposition string, to grantee, suffix string) {
		r.grant(verb+" "+on(privileges)+" "+preposition, to, after, suffix)
	})
}

// changeGrants hands out one statement for each role and verb.
func (r *renderer) changeGrants(old, now grants, all []string, emit func(verb, privileges, preposition string, to grantee, suffix string)) {
	for _, to := range grantees(old, now) {
		var gone, optionGone, come, optionCome []string
		for _, p := range privilegesIn(old[to], now[to]) {
			was, had := old[to][p]
			may, has := now[to][p]
			switch {
			case had && !has:
				gone = append(gone, p)
			case has && may && !was:
				optionCome = append(optionCome, p)
			case had && was && !may:
				optionGone = append(optionGone, p)
			case has && !had:
				come = append(come, p)
			}
		}
		for _, s := range []struct {
			verb, preposition, suffix string
			privileges                []string
		}{
			{"REVOKE", "FROM", "", gone},
			{"REVOKE GRANT OPTION FOR", "FROM", "", optionGone},
			{"GRANT", "TO", "", come},
			{"GRANT", "TO", "WITH GRANT OPTION", optionCome},
		} {
			if len(s.privileges) > 0 {
				emit(s.verb, shortened(s.privileges, all), s.preposition, to, s.suffix)
			}
		}
	}
}

// shortened writes a list of privileges, ALL if it is all of them.
func shortened(privileges, all []string) string {
	if len(privileges) == len(all) && len(all) > 1 {
		return allPrivileges
	}
	return strings.Join(privileges, ", ")
}

func grantees(a, b grants) []grantee {
	var list []grantee
	for _, g := range []grants{a, b} {
		for to := range g {
			if !slices.Contains(list, to) {
				list = append(list, to)
			}
		}
	}
	slices.Sort(list)
	return list
}

func privilegesIn(a, b map[string]bool) []string {
	var list []string
	for _, m := range []map[string]bool{a, b} {
		for p := range m {
			if !slices.Contains(list, p) {
				list = append(list, p)
			}
		}
	}
	slices.Sort(list)
	return list
}

// grant appends a statement that ends in a role.
func (r *renderer) grant(head string, to grantee, f schema.Fact, suffix string) {
	name, expression := r.role(to, f)
	switch {
	case f.ID.Kind == schema.KindDatabase:
		if expression == "" {
			r.dynamic(head+" "+escaped(name)+spaced(suffix), currentDatabase)
			return
		}
		r.dynamic(head+" %I"+spaced(suffix), currentDatabase, expression)
	case expression != "":
		r.dynamic(escaped(head)+" %I"+spaced(suffix), expression)
	default:
		r.add(head, name, suffix)
	}
}

func spaced(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}

// role returns a grantee's name as SQL, or an expression that yields it where
// it is not known here.
func (r *renderer) role(to grantee, f schema.Fact) (name, expression string) {
	switch to {
	case toPublic:
		return "PUBLIC", ""
	case toDatabaseOwner:
		return "", databaseOwner
	case toOwner:
		if owner := f.Attr(schema.AttrOwner); owner != "" {
			return ident(owner), ""
		}
		if isPublic(f) && r.srv.Number >= 150000 {
			return "pg_database_owner", ""
		}
		return "", databaseOwner
	}
	return ident(fold(string(to))), ""
}

// grantTarget returns how privileges on an object are written: "SELECT ON TABLE t".
func (r *renderer) grantTarget(f schema.Fact) func(privileges string) string {
	word, name := "", target(f)
	switch f.ID.Kind {
	case schema.KindTable, schema.KindView, schema.KindMaterializedView:
		word = "TABLE"
	case schema.KindColumn:
		column := " (" + ident(f.ID.Name) + ")"
		return func(privileges string) string {
			return strings.ReplaceAll(privileges, ", ", column+", ") + column + " ON TABLE " + tableOf(f.ID)
		}
	case schema.KindRoutine:
		word = "ROUTINE"
		if f.Form() == "function" || f.Form() == "procedure" {
			word = strings.ToUpper(f.Form())
		}
	case schema.KindServer:
		word = either(f.Form() == "server", "FOREIGN SERVER", "FOREIGN DATA WRAPPER")
	case schema.KindDatabase:
		word, name = "DATABASE", "%I"
	case schema.KindObject:
		word = strings.ToUpper(f.Form())
		if f.Form() == "base type" {
			word = "TYPE"
		}
	default:
		word, _ = kindWord(f)
	}
	return func(privileges string) string { return privileges + " ON " + word + " " + name }
}

// defaultPrivileges renders the change of ALTER DEFAULT PRIVILEGES. Where a
// fact is missing the server's own hold.
func (r *renderer) defaultPrivileges(before, after schema.Fact) {
	f := after
	if len(f.Attrs) == 0 {
		f = before
	}
	head := "ALTER DEFAULT PRIVILEGES"
	role := f.Attr(attrRole)
	if f.ID.Schema != "" {
		head += " IN SCHEMA " + ident(f.ID.Schema)
	}
	objects := f.Attr(attrObjects)
	all := defaultPrivilegesOf(objects, r.srv.Number)
	old, now := r.defaultsOf(before, f), r.defaultsOf(after, f)
	r.changeGrants(spelled(old, now, all), spelled(now, old, all), all, func(verb, privileges, preposition string, to grantee, suffix string) {
		tail := verb + " " + privileges + " ON " + strings.ToUpper(objects) + " " + preposition
		r.defaultPrivilege(head, role, tail, to, suffix)
	})
}

// defaultPrivilege says for which role, which may be the database's owner.
func (r *renderer) defaultPrivilege(head, role, tail string, to grantee, suffix string) {
	name, expression := r.role(to, schema.Fact{}.With(schema.AttrOwner, role))
	if role != "" && expression == "" {
		r.add(head, "FOR ROLE", ident(role), tail, name, suffix)
		return
	}
	var expressions []string
	format := escaped(head) + " FOR ROLE " + escaped(ident(role))
	if role == "" {
		format, expressions = escaped(head)+" FOR ROLE %I", append(expressions, databaseOwner)
	}
	if expression == "" {
		name = escaped(name)
	} else {
		name, expressions = "%I", append(expressions, expression)
	}
	r.dynamic(format+" "+escaped(tail)+" "+name+spaced(suffix), expressions...)
}

// defaultsOf are the grants of a fact of default privileges: without one, those
// built in, which in a namespace are none, since there they come on top.
func (r *renderer) defaultsOf(f, like schema.Fact) grants {
	if v := f.Attr(schema.AttrGrants); v != "" {
		return parseGrants(v)
	}
	g := grants{}
	if like.ID.Schema != "" {
		return g
	}
	g.set(toOwner, allPrivileges, false)
	switch like.Attr(attrObjects) {
	case "functions":
		g.set(toPublic, "EXECUTE", false)
	case "types":
		g.set(toPublic, "USAGE", false)
	}
	return g
}

func defaultPrivilegesOf(objects string, version int) []string {
	kinds := map[string]schema.Kind{
		"tables": schema.KindTable, "sequences": schema.KindSequence, "functions": schema.KindRoutine,
		"types": schema.KindType, "schemas": schema.KindSchema,
	}
	if k, ok := kinds[objects]; ok {
		return privilegesOf(version, schema.Fact{ID: schema.ID{Kind: k}})
	}
	return []string{"SELECT", "UPDATE"} // large objects
}
