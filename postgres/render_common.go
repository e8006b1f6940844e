package postgres

import (
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// kindWord returns the words by which ALTER, DROP and COMMENT call an object's
// kind. It is false where there are none.
func kindWord(f schema.Fact) (string, bool) {
	switch f.ID.Kind {
	case schema.KindMaterializedView:
		return "MATERIALIZED VIEW", true
	case schema.KindTable:
		if f.Form() == "foreign" {
			return "FOREIGN TABLE", true
		}
	case schema.KindType:
		if f.Form() == "domain" {
			return "DOMAIN", true
		}
	case schema.KindRoutine:
		if f.Form() == "" {
			return "ROUTINE", true
		}
		if f.Form() == "window" {
			return "FUNCTION", true
		}
		return strings.ToUpper(f.Form()), true
	case schema.KindServer:
		return strings.ToUpper(f.Form()), f.Form() != "user mapping"
	case schema.KindObject:
		return either(f.Form() == "base type", "TYPE", strings.ToUpper(f.Form())), true
	case schema.KindColumnOrder, schema.KindDefaultACL, schema.KindDatabase:
		return "", false
	}
	return strings.ToUpper(string(f.ID.Kind)), true
}

// target returns the object's name as ALTER, DROP and COMMENT write it.
func target(f schema.Fact) string {
	id := f.ID
	switch {
	case id.Kind == schema.KindColumn:
		return tableOf(id) + "." + ident(id.Name)
	case id.Kind == schema.KindIndex:
		return dotted(id.Schema, id.Name)
	case id.Kind.IsPart():
		return ident(id.Name) + " ON " + tableOf(id)
	case id.Kind == schema.KindRoutine:
		if arguments := routineArguments(id); f.Form() != "aggregate" || arguments != "()" {
			return dotted(id.Schema, baseName(id)) + arguments
		}
		return dotted(id.Schema, baseName(id)) + "(*)"
	case id.Kind == schema.KindObject:
		return objectTarget(f)
	case id.Kind == schema.KindServer:
		return serverName(f)
	}
	return fullName(id)
}

// baseName is the object's name, without the arguments that a routine's holds.
func baseName(id schema.ID) string {
	if id.Kind != schema.KindRoutine {
		return id.Name
	}
	return strings.TrimSuffix(id.Name, routineArguments(id))
}

// routineArguments is the part of a routine's name in parentheses: "(integer)".
// The name itself may hold parentheses too; types only do so in pairs.
func routineArguments(id schema.ID) string {
	depth := 0
	for i := len(id.Name) - 1; i >= 0; i-- {
		switch id.Name[i] {
		case ')':
			depth++
		case '(':
			if depth--; depth == 0 {
				return id.Name[i:]
			}
		}
	}
	return ""
}

// finish gives a new object what its CREATE does not say: owner, grants and
// comment.
func (r *renderer) finish(f schema.Fact) {
	r.owner(f, f.Attr(schema.AttrOwner))
	bare := schema.NewFact(f.ID, schema.AttrForm, f.Form(), schema.AttrOwner, f.Attr(schema.AttrOwner))
	if isPublic(f) { // a new one has the grants of any schema
		bare = bare.With(schema.AttrGrants, "ALL TO OWNER")
	}
	r.grants(bare, f)
	r.comment(f)
	r.partComments(schema.Fact{ID: f.ID}, f)
}

// common renders the changes that all kinds have alike.
func (r *renderer) common(before, after schema.Fact) {
	if before.Attr(schema.AttrOwner) != after.Attr(schema.AttrOwner) {
		r.changeOwner(after)
	}
	r.grants(before, after)
	if before.Attr(schema.AttrComment) != after.Attr(schema.AttrComment) {
		r.changeComment(after)
	}
	r.partComments(before, after)
}

// owner gives a new object to a role; without one it stays with its maker.
func (r *renderer) owner(f schema.Fact, role string) {
	if role != "" || isPublic(f) {
		r.changeOwner(f)
	}
}

// isPublic tells that an object is the schema that every database begins with,
// whose owner and grants are not those of other schemas.
func isPublic(f schema.Fact) bool { return f.ID.Kind == schema.KindSchema && f.ID.Name == "public" }

// databaseOwner is an expression for the role that the facts leave out.
const databaseOwner = "(SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database())"

// changeOwner gives an object to the owner that the fact names, or to that of
// the database, whose name is not the same everywhere and so is asked for.
func (r *renderer) changeOwner(f schema.Fact) {
	word, ok := kindWord(f)
	if !ok {
		r.cannot(f, schema.AttrOwner)
		return
	}
	role := f.Attr(schema.AttrOwner)
	if role == "" && isPublic(f) && r.srv.Number >= 150000 {
		role = "pg_database_owner"
	}
	if role != "" {
		r.add("ALTER", word, target(f), "OWNER TO", ident(role))
		return
	}
	r.dynamic("ALTER "+word+" "+escaped(target(f))+" OWNER TO %I", databaseOwner)
}

func (r *renderer) comment(f schema.Fact) {
	if f.Is(schema.AttrComment) {
		r.changeComment(f)
	}
}

// changeComment sets the comment that the fact tells, or removes it.
func (r *renderer) changeComment(f schema.Fact) {
	value := "NULL"
	if c := f.Attr(schema.AttrComment); c != "" {
		value = text(c)
	}
	if f.ID.Kind == schema.KindDatabase {
		r.dynamic("COMMENT ON DATABASE %I IS "+escaped(value), currentDatabase)
		return
	}
	word, ok := kindWord(f)
	if !ok {
		r.cannot(f, schema.AttrComment)
		return
	}
	r.add("COMMENT ON", word, target(f), "IS", value)
}

// currentDatabase is an expression for a name that is not the same everywhere.
const currentDatabase = "current_database()"

// dynamic appends a statement with a name that only the server knows. format is
// that of the server's format().
func (r *renderer) dynamic(format string, expressions ...string) {
	body := "BEGIN EXECUTE format(" + strings.Join(append([]string{text(format)}, expressions...), ", ") + "); END"
	r.add("DO", dollars(body))
}

// escaped makes text stand for itself in format().
func escaped(s string) string { return strings.ReplaceAll(s, "%", "%%") }

// dollars returns s between dollar quotes that it does not hold.
func dollars(s string) string {
	tag := "$$"
	for i := 0; strings.Contains(s+"$", tag); i++ {
		tag = "$body" + strings.Repeat("_", i) + "$"
	}
	return tag + s + tag
}

// assignments reads lines of the form "name=value".
func assignments(value string) map[string]string {
	all := map[string]string{}
	for _, l := range lines(value) {
		name, v, _ := strings.Cut(l, "=")
		all[name] = v
	}
	return all
}

// storageOptions renders lines "name=value" as a list of storage parameters
// without its parentheses; "" for none.
func storageOptions(value string) string {
	var list []string
	for _, l := range lines(value) {
		name, v, _ := strings.Cut(l, "=")
		list = append(list, name+"="+optionValue(v))
	}
	return strings.Join(list, ", ")
}

// optionValue quotes a parameter's value unless it is a number or a word.
func optionValue(v string) string {
	if plain(v) && !strings.Contains(keywords, " "+v+" ") || isNumber(v) || v == "true" || v == "false" || v == "on" {
		return v
	}
	return text(v)
}

func isNumber(v string) bool {
	digits := strings.Trim(v, "0123456789") == "" || strings.Trim(strings.Replace(v, ".", "", 1), "0123456789") == ""
	return digits && v != "" && v[0] != '.'
}

// optionActions are the SET (…) and RESET (…) that turn storage parameters
// into others.
func optionActions(before, after string) []string {
	old, now := assignments(before), assignments(after)
	var set, reset []string
	for _, l := range lines(after) {
		name, v, _ := strings.Cut(l, "=")
		if o, ok := old[name]; !ok || o != v {
			set = append(set, l)
		}
	}
	for name := range old {
		if _, ok := now[name]; !ok {
			reset = append(reset, name)
		}
	}
	slices.Sort(reset)
	var actions []string
	if len(set) > 0 {
		actions = append(actions, "SET ("+storageOptions(joinLines(set))+")")
	}
	if len(reset) > 0 {
		actions = append(actions, "RESET ("+strings.Join(reset, ", ")+")")
	}
	return actions
}

// withOptions renders WITH (…), "" without any.
func withOptions(value string) string {
	if value == "" {
		return ""
	}
	return "WITH (" + storageOptions(value) + ")"
}

// prefixed returns word and value, "" without a value.
func prefixed(word, value string) string {
	if value == "" {
		return ""
	}
	return word + " " + value
}
