package mysql

import (
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// header reads CREATE ALGORITHM=… DEFINER=… SQL SECURITY … up to the word that
// names the kind of object, and passes over it and the object's name.
func (s *inspection) header(r *reader, kind string) (attrs []string, ok bool) {
	r.accept("CREATE")
	for !r.done() {
		switch {
		case r.accept("ALGORITHM"):
			if value := r.valued(); value != "UNDEFINED" {
				attrs = append(attrs, AttrAlgorithm, value)
			}
		case r.accept("DEFINER"):
			attrs = append(attrs, AttrDefiner, s.otherDefiner(r))
		case r.accept("SQL", "SECURITY"):
			attrs = append(attrs, AttrSecurity, security(r))
		case r.accept("AGGREGATE"):
			attrs = append(attrs, schema.AttrForm, formAggregate)
		case r.accept(kind):
			r.conditions()
			return attrs, r.name() != ""
		default:
			r.pos++
		}
	}
	return nil, false
}

// otherDefiner reads =`user`@`host`, "" if that is who reads.
func (s *inspection) otherDefiner(r *reader) string {
	r.acceptOp("=")
	start := r.pos
	r.pos++
	for !r.done() && r.at(0).start == r.at(-1).end { // `user`@`host` or `role`
		r.pos++
	}
	definer := plain(r.from(start), "")
	if r.tokens[start].text[0] == '"' { // ANSI_QUOTES
		definer = strings.ReplaceAll(strings.ReplaceAll(definer, "`", "``"), `"`, "`")
	}
	return otherThan(definer, s.definer)
}

func security(r *reader) string {
	if word := r.next().word; word != "DEFINER" {
		return word
	}
	return ""
}

// session returns the attributes that tell in which session something was made.
func (s *inspection) session(o *object) []string {
	attrs := []string{AttrSQLMode, otherThan(o.shown["sql_mode"], defaultMode(s.srv))}
	if _, shown := o.shown["sql_mode"]; shown && o.shown["sql_mode"] == "" {
		attrs[1] = emptyMode
	}
	return append(attrs,
		AttrCharset, otherThan(o.shown["character_set_client"], utf8mb4),
		AttrConnCollation, otherThan(o.shown["collation_connection"], connectionCollation(s.srv)),
		AttrDBCollation, otherThan(o.shown["database collation"], s.collation[o.database]))
}

// body reads a definition that the server shows in the sql_mode it was made in.
func (s *inspection) body(o *object) *reader {
	lexer := lexerFor(s.srv, o.shown["sql_mode"])
	lexer.Version = 0
	return &reader{tokens: definitionTokens(o.text, lexer)}
}

// emptyMode stands for a sql_mode without any mode in it.
const emptyMode = "(none)"

func otherThan(value, usual string) string {
	if value == usual {
		return ""
	}
	return value
}

// tail returns the text of a definition from the current token on.
func tail(o *object, r *reader) string {
	if r.done() {
		return ""
	}
	return strings.TrimRight(o.text[r.at(0).start:], " \t\r\n;")
}

// view reads CREATE … VIEW `name` AS select … WITH … CHECK OPTION.
func (s *inspection) view(o *object) error {
	r := &reader{tokens: definitionTokens(o.text, s.lexer)}
	attrs, ok := s.header(r, "VIEW")
	columns := identifiers(r.group()) // MariaDB moves them into the query
	if !ok || !r.accept("AS") {
		return errForm
	}
	query, option := r.tokens[r.pos:], ""
	if n := len(query); n > 4 && query[n-1].word == "OPTION" && query[n-2].word == "CHECK" && query[n-4].word == "WITH" {
		query, option = query[:n-4], query[n-3].word
	}
	attrs = append(attrs, schema.AttrColumns, schema.JoinNames(columns...), AttrCheckOption, option, schema.AttrDefinition, plain(query, o.database))
	attrs = append(attrs, s.session(o)...)
	f := schema.NewFact(s.id(schema.KindView, o.database, o.name), attrs...)
	f.Needs = s.namedIn(query, o.database)
	s.add(f)
	return nil
}

// routine reads CREATE … FUNCTION `name`(parameters) RETURNS type
// characteristics body.
func (s *inspection) routine(o *object) error {
	r := s.body(o)
	attrs, ok := s.header(r, o.kind)
	if !ok || r.at(0).text != "(" {
		return errForm
	}
	id := s.id(schema.KindRoutine, o.database, o.name)
	if o.kind == "PROCEDURE" && s.has("FUNCTION", o.database, o.name) {
		id.Name = "procedure " + o.name
		attrs = append(attrs, AttrName, o.name)
	}
	if r.at(0); !hasForm(attrs) {
		attrs = append(attrs, schema.AttrForm, strings.ToLower(o.kind))
	}
	attrs = append(attrs, AttrParameters, between(o, r, func() { r.group() }))
	if r.accept("RETURNS") {
		attrs = append(attrs, AttrReturns, between(o, r, func() { toLineEnd(o, r) }))
	}
	attrs = append(attrs, characteristics(r)...)
	attrs = append(attrs, schema.AttrDefinition, tail(o, r))
	attrs = append(attrs, s.session(o)...)
	f := schema.NewFact(id, attrs...)
	f.Needs = s.relationsIn(r.tokens[min(r.pos, len(r.tokens)):], o.database)
	s.add(f)
	return nil
}

func hasForm(attrs []string) bool {
	for i := 0; i < len(attrs); i += 2 {
		if attrs[i] == schema.AttrForm {
			return true
		}
	}
	return false
}

// has tells whether an object was listed.
func (s *inspection) has(kind, database, name string) bool {
	for i := range s.objects {
		if o := &s.objects[i]; o.kind == kind && o.database == database && o.name == name {
			return true
		}
	}
	return false
}

// between returns the text that pass passes over.
func between(o *object, r *reader, pass func()) string {
	start := r.at(0).start
	pass()
	return strings.TrimSpace(o.text[start:r.at(-1).end])
}

// toLineEnd passes over the type that a function returns: the server ends the
// line behind it.
func toLineEnd(o *object, r *reader) {
	r.pos++
	for !r.done() && !strings.Contains(o.text[r.at(-1).end:r.at(0).start], "\n") {
		r.pos++
	}
}

// characteristics reads what the server prints between a routine's parameters
// and its body.
func characteristics(r *reader) []string {
	var attrs []string
	put := func(name, value string) { attrs = append(attrs, name, value) }
	for {
		switch {
		case r.accept("NO", "SQL"):
			put(AttrDataAccess, "NO SQL")
		case r.accept("READS", "SQL", "DATA"):
			put(AttrDataAccess, "READS SQL DATA")
		case r.accept("MODIFIES", "SQL", "DATA"):
			put(AttrDataAccess, "MODIFIES SQL DATA")
		case r.accept("CONTAINS", "SQL"):
		case r.accept("NOT", "DETERMINISTIC"):
		case r.accept("DETERMINISTIC"):
			put(AttrDeterministic, schema.Yes)
		case r.accept("LANGUAGE", "SQL"):
		case r.accept("LANGUAGE"):
			put(AttrLanguage, r.next().text)
		case r.accept("SQL", "SECURITY"):
			put(AttrSecurity, security(r))
		case r.is("COMMENT"):
			r.pos++
			put(schema.AttrComment, unquoteString(r.next().text))
		default:
			return attrs
		}
	}
}

// trigger reads CREATE … TRIGGER name BEFORE INSERT ON table FOR EACH ROW
// [FOLLOWS other] body.
func (s *inspection) trigger(o *object) error {
	r := s.body(o)
	attrs, ok := s.header(r, "TRIGGER")
	if !ok {
		return errForm
	}
	timing := r.next().word
	start := r.pos
	for !r.done() && !r.is("ON") { // MariaDB: INSERT OR UPDATE OF a, b
		r.pos++
	}
	timing += " " + strings.ToUpper(plain(r.from(start), ""))
	if !r.accept("ON") || r.name() == "" || !r.accept("FOR", "EACH", "ROW") {
		return errForm
	}
	if r.acceptAny("FOLLOWS", "PRECEDES") {
		r.name()
	}
	attrs = append(attrs, AttrTiming, timing, schema.AttrDefinition, tail(o, r))
	attrs = append(attrs, s.session(o)...)
	table := s.id(schema.KindTable, o.database, o.table)
	f := schema.NewFact(table.In(schema.KindTrigger, o.name), attrs...)
	f.Needs = s.namedIn(r.tokens[min(r.pos, len(r.tokens)):], o.database)
	s.add(f)
	return nil
}

// event reads CREATE … EVENT `name` ON SCHEDULE … ON COMPLETION … DO body.
func (s *inspection) event(o *object) error {
	r := s.body(o)
	attrs, ok := s.header(r, "EVENT")
	if !ok || !r.accept("ON", "SCHEDULE") {
		return errForm
	}
	start := r.pos
	for !r.done() && !r.is("ON", "COMPLETION") {
		r.pos++
	}
	schedule := plain(r.from(start), "")
	if i := strings.Index(schedule, " STARTS '"); i >= 0 && s.starts[o.database+"\x00"+o.name] {
		end := strings.IndexByte(schedule[i+len(" STARTS '"):], '\'')
		schedule = schedule[:i] + schedule[i+len(" STARTS '")+end+1:]
	}
	attrs = append(attrs, AttrSchedule, schedule)
	attrs = append(attrs, eventOptions(r)...)
	attrs = append(attrs, schema.AttrDefinition, tail(o, r), AttrTimeZone, otherThan(o.shown["time_zone"], "SYSTEM"))
	attrs = append(attrs, s.session(o)...)
	s.add(schema.NewFact(s.id(schema.KindEvent, o.database, o.name), attrs...))
	return nil
}

// eventOptions reads ON COMPLETION [NOT] PRESERVE ENABLE COMMENT '…' DO.
func eventOptions(r *reader) []string {
	var attrs []string
	for !r.done() {
		switch {
		case r.accept("ON", "COMPLETION", "NOT", "PRESERVE"), r.accept("ENABLE"):
		case r.accept("ON", "COMPLETION", "PRESERVE"):
			attrs = append(attrs, AttrPreserve, schema.Yes)
		case r.accept("DISABLE", "ON"):
			attrs = append(attrs, AttrStatus, "DISABLE ON "+r.next().word)
		case r.accept("DISABLE"):
			attrs = append(attrs, AttrStatus, "DISABLE")
		case r.accept("COMMENT"):
			attrs = append(attrs, schema.AttrComment, unquoteString(r.next().text))
		case r.accept("DO"):
			return attrs
		default:
			r.pos++
		}
	}
	return attrs
}

// sequence reads CREATE SEQUENCE `name` as type start with … ENGINE=….
func (s *inspection) sequence(o *object) error {
	r := &reader{tokens: definitionTokens(o.text, s.lexer)}
	if !r.accept("CREATE", "SEQUENCE") || r.name() == "" {
		return errForm
	}
	var attrs []string
	put := func(name, value string) { attrs = append(attrs, name, value) }
	for !r.done() {
		switch {
		case r.accept("AS"):
			start := r.pos
			r.pos++
			r.group()
			r.accept("UNSIGNED")
			put(schema.AttrType, plain(r.from(start), ""))
		case r.accept("NOCYCLE"):
		case r.accept("NOCACHE"):
			put("cache", "0")
		case r.accept("CYCLE"):
			put("cycle", schema.Yes)
		case r.accept("START", "WITH"):
			put("start", number(r))
		case r.accept("INCREMENT", "BY"):
			put("increment", number(r))
		case r.accept("COMMENT"):
			put(schema.AttrComment, unquoteString(r.valued()))
		default: // minvalue n, maxvalue n, cache n, ENGINE=x
			name := strings.ToLower(r.next().text)
			r.acceptOp("=")
			put(name, number(r))
		}
	}
	s.add(schema.NewFact(s.id(schema.KindSequence, o.database, o.name), attrs...))
	return nil
}

// number reads a number with its sign.
func number(r *reader) string {
	if r.acceptOp("-") {
		return "-" + r.next().text
	}
	return r.next().text
}

// other keeps what is not modelled in detail: packages, libraries.
func (s *inspection) other(o *object) {
	kind := strings.ToLower(o.kind)
	id := s.id(schema.KindObject, o.database, kind+" "+o.name)
	attrs := []string{schema.AttrForm, kind, AttrName, o.name, schema.AttrDefinition, s.withoutOwnDefiner(o)}
	f := schema.NewFact(id, append(attrs, s.session(o)...)...)
	if of, ok := strings.CutSuffix(kind, " body"); ok {
		f.Needs = []schema.ID{s.id(schema.KindObject, o.database, of+" "+o.name)}
	}
	s.add(f)
}

// withoutOwnDefiner is a definition that does not name who reads as definer.
func (s *inspection) withoutOwnDefiner(o *object) string {
	r := s.body(o)
	if !r.accept("CREATE") || !r.is("DEFINER") {
		return strings.TrimSpace(o.text)
	}
	start := r.next().start
	if s.otherDefiner(r) != "" || r.done() {
		return strings.TrimSpace(o.text)
	}
	return strings.TrimSpace(o.text[:start] + o.text[r.at(0).start:])
}
