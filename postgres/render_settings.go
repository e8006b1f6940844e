package postgres

import (
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// alterDatabase changes what is set of the database itself. Its name is not the
// same everywhere, so the server puts it in.
func (r *renderer) alterDatabase(before, after schema.Fact) {
	if after.ID.Kind != schema.KindDatabase {
		return
	}
	isNew := len(before.Attrs) == 0 || len(after.Attrs) == 0
	for _, attr := range []string{"encoding", "locale"} {
		if before.Attr(attr) != after.Attr(attr) && !isNew {
			r.cannot(after, attr)
		}
	}
	if n := after.Attr(attrConnectionLimit); n != before.Attr(attrConnectionLimit) {
		r.dynamic("ALTER DATABASE %I CONNECTION LIMIT "+orElse(n, "-1"), currentDatabase)
	}
	old, now := assignments(before.Attr(attrSettings)), assignments(after.Attr(attrSettings))
	for _, name := range sortedKeys(old, now) {
		was, had := old[name]
		value, has := now[name]
		if had == has && was == value {
			continue
		}
		r.databaseSetting(name, value, has)
	}
	r.common(before, after)
}

// databaseSetting sets "name" or "role: name".
func (r *renderer) databaseSetting(name, value string, set bool) {
	head := "ALTER DATABASE %I "
	if role, setting, ok := strings.Cut(name, ": "); ok {
		head, name = "ALTER ROLE "+escaped(ident(role))+" IN DATABASE %I ", setting
	}
	parts := strings.Split(name, ".")
	for i, p := range parts {
		parts[i] = ident(p)
	}
	name = escaped(strings.Join(parts, "."))
	if !set {
		r.dynamic(head+"RESET "+name, currentDatabase)
		return
	}
	r.dynamic(head+"SET "+name+" TO "+escaped(settingValue(name, value)), currentDatabase)
}

// settingValue writes a value so that it is stored as it was: settings that are
// lists of names are kept as they would be written.
func settingValue(name, value string) string {
	switch strings.ToLower(name) {
	case "search_path", "local_preload_libraries", "session_preload_libraries", "shared_preload_libraries", "temp_tablespaces", "unix_socket_directories":
	default:
		return text(value)
	}
	var list []string
	for _, w := range splitTop(value) {
		list = append(list, text(fold(strings.TrimSpace(w))))
	}
	if len(list) == 0 {
		return "''"
	}
	return strings.Join(list, ", ")
}

// splitTop splits at commas outside of quotes, parentheses and brackets.
func splitTop(s string) []string {
	var list []string
	start, depth := 0, 0
	for _, w := range scan(s, dialect{}.Lexer(), 0) {
		switch w.raw {
		case "(", "[":
			depth++
		case ")", "]":
			depth--
		case ",":
			if depth == 0 {
				list = append(list, strings.TrimSpace(s[start:w.start]))
				start = w.end
			}
		}
	}
	if rest := strings.TrimSpace(s[start:]); rest != "" {
		list = append(list, rest)
	}
	return list
}

// foreignOptions renders lines "name=value" as the options of foreign data.
func foreignOptions(value string) string {
	var list []string
	for _, l := range lines(value) {
		name, v, _ := strings.Cut(l, "=")
		list = append(list, ident(name)+" "+text(v))
	}
	if len(list) == 0 {
		return ""
	}
	return "(" + strings.Join(list, ", ") + ")"
}

// foreignOptionChanges renders what is added, set and dropped; "" for nothing.
func foreignOptionChanges(before, after string) string {
	old, now := assignments(before), assignments(after)
	return optionChanges(old, now, func(name, v string) string { return ident(name) + " " + text(v) })
}

// optionChanges renders the list of ALTER … OPTIONS.
func optionChanges(old, now map[string]string, write func(name, value string) string) string {
	var list []string
	for _, name := range sortedKeys(old, now) {
		was, had := old[name]
		value, has := now[name]
		switch {
		case !has:
			list = append(list, "DROP "+ident(name))
		case !had:
			list = append(list, "ADD "+write(name, value))
		case was != value:
			list = append(list, "SET "+write(name, value))
		}
	}
	if len(list) == 0 {
		return ""
	}
	return "(" + strings.Join(list, ", ") + ")"
}

// alterServer changes a wrapper, a server or a user mapping.
func (r *renderer) alterServer(before, after schema.Fact) {
	old, now := serverClauses(before.Attr(schema.AttrDefinition)), serverClauses(after.Attr(schema.AttrDefinition))
	var clauses []string
	for _, word := range []string{"HANDLER", "VALIDATOR", "VERSION"} {
		switch {
		case old.clauses[word] == now.clauses[word]:
		case now.clauses[word] == "":
			clauses = append(clauses, either(word == "VERSION", "VERSION NULL", "NO "+word))
		default:
			clauses = append(clauses, word+" "+now.clauses[word])
		}
	}
	verbatim := func(name, v string) string { return ident(name) + " " + v }
	clauses = append(clauses, prefixed("OPTIONS", optionChanges(old.options, now.options, verbatim)))
	if c := strings.TrimSpace(strings.Join(clauses, " ")); c != "" {
		r.server("ALTER", after, c)
	}
}

// serverDefinition is the definition of a server or wrapper, taken apart.
type serverDefinition struct {
	clauses map[string]string // by the word in front: TYPE, VERSION, HANDLER, VALIDATOR, WRAPPER
	options map[string]string // values as written
}

func serverClauses(definition string) serverDefinition {
	d := serverDefinition{map[string]string{}, map[string]string{}}
	words := &reader{words: scan(definition, dialect{}.Lexer(), 0)}
	for !words.done() {
		word := words.peek(0)
		words.at++
		switch word.key {
		case "TYPE", "VERSION":
			d.clauses[word.key] = words.peek(0).raw
			words.at++
		case "HANDLER", "VALIDATOR", "WRAPPER":
			d.clauses[word.key] = words.name()
		case "OPTIONS":
			readOptions(words, d.options)
		}
	}
	return d
}

// readOptions reads (name 'value', …).
func readOptions(words *reader, into map[string]string) {
	words.accept("(")
	for !words.done() && !words.accept(")") {
		name := words.ident()
		into[fold(name)] = words.peek(0).raw
		words.at++
		words.accept(",")
	}
}

// alterPublication changes what is published.
func (r *renderer) alterPublication(before, after schema.Fact) {
	if before.Attr(schema.AttrDefinition) == after.Attr(schema.AttrDefinition) {
		return
	}
	name := ident(after.ID.Name)
	old, oldWith := splitWith(before.Attr(schema.AttrDefinition))
	now, with := splitWith(after.Attr(schema.AttrDefinition))
	switch {
	case old == now:
	case now != "":
		r.add("ALTER PUBLICATION", name, "SET", strings.TrimPrefix(now, "FOR "))
	default:
		r.add("ALTER PUBLICATION", name, "DROP", withoutFilters(strings.TrimPrefix(old, "FOR ")))
	}
	if oldWith != with {
		r.add("ALTER PUBLICATION", name, "SET", publicationOptions(oldWith, with))
	}
}

// publicationOptions names what is back to its default too, since options that
// are not named stay.
func publicationOptions(old, with string) string {
	list := strings.TrimSuffix(strings.TrimPrefix(with, "WITH ("), ")")
	for _, o := range [][2]string{{"publish_via_partition_root", "false"}, {"publish_generated_columns", "none"}} {
		if strings.Contains(old, o[0]) && !strings.Contains(list, o[0]) {
			list += ", " + o[0] + " = " + o[1]
		}
	}
	return "(" + list + ")"
}

// splitWith divides a publication's definition from its options.
func splitWith(definition string) (core, with string) {
	if i := strings.LastIndex(definition, "WITH (publish"); i >= 0 {
		return strings.TrimSpace(definition[:i]), definition[i:]
	}
	return definition, ""
}

// withoutFilters takes columns and conditions from a list of tables.
func withoutFilters(tables string) string {
	var list []string
	for _, t := range splitTop(tables) {
		words := &reader{words: scan(t, dialect{}.Lexer(), 0)}
		switch {
		case words.accept("TABLES", "IN", "SCHEMA"):
			list = append(list, t)
		case words.accept("TABLE"):
			list = append(list, "TABLE "+words.name())
		default:
			list = append(list, words.name())
		}
	}
	return strings.Join(list, ", ")
}

// partComments sets comments on what is no fact of its own: lines
// "what: comment".
func (r *renderer) partComments(before, after schema.Fact) {
	old, now := commentLines(before), commentLines(after)
	for _, what := range sortedKeys(old, now) {
		if old[what] == now[what] {
			continue
		}
		value := "NULL"
		if c := now[what]; c != "" {
			value = text(c)
		}
		kind, name, _ := strings.Cut(what, " ") // the name as SQL
		switch kind {
		case "index", "sequence":
			r.add("COMMENT ON", strings.ToUpper(kind), ident(after.ID.Schema)+"."+name, "IS", value)
		case "column":
			r.add("COMMENT ON COLUMN", fullName(after.ID)+"."+name, "IS", value)
		case "constraint":
			r.add("COMMENT ON CONSTRAINT", name, "ON", either(after.Form() == "domain", "DOMAIN "+fullName(after.ID), tableOf(after.ID)), "IS", value)
		default:
			r.cannot(after, "comment on "+what)
		}
	}
}

func commentLines(f schema.Fact) map[string]string {
	all := map[string]string{}
	for _, l := range lines(f.Attr(attrPartComments)) {
		i := strings.Index(l, " ") + 1
		rest := skipName(l[i:])
		what, comment := l[:len(l)-len(rest)], strings.TrimPrefix(rest, ": ")
		all[what] = comment
	}
	return all
}
