package mysql

import (
	"errors"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/sqltext"
)

// errForm says that SHOW CREATE showed something of another form.
var errForm = errors.New("the definition has a form that is not known")

// tableReader makes facts of one SHOW CREATE TABLE.
type tableReader struct {
	s         *inspection
	o         *object
	id        schema.ID
	collation string // the table's
	engine    string // the table's
	attrs     []string
	columns   []string
	facts     []schema.Fact
	indexes   []schema.Fact
	periods   []string
	more      []string
}

// table reads CREATE TABLE `name` (elements) options.
func (s *inspection) table(o *object) error {
	t := &tableReader{s: s, o: o, id: s.id(schema.KindTable, o.database, o.name)}
	s.tokens = appendTokens(s.tokens[:0], o.text, s.lexer)
	r := &reader{tokens: s.tokens}
	if !r.accept("CREATE", "TABLE") || r.name() == "" || r.at(0).text != "(" {
		return errForm
	}
	elements := splitList(r.group())
	t.options(r) // first, since columns need the table's collation
	t.facts = make([]schema.Fact, 0, len(elements))
	for _, e := range elements {
		t.element(&reader{tokens: e})
	}
	t.finish()
	return nil
}

func (t *tableReader) finish() {
	t.set(AttrPeriods, strings.Join(t.periods, "\n"))
	t.set(AttrMore, strings.Join(t.more, " "))
	t.s.add(schema.NewFact(t.id, t.attrs...))
	t.s.add(schema.NewFact(t.id.In(schema.KindColumnOrder, ""), schema.AttrColumns, schema.JoinNames(t.columns...)))
	t.s.add(t.indexOrder())
	t.s.add(t.facts...)
	t.s.indexes[t.id] = t.indexes
}

// indexOrder is the order of the indexes, and the group that each is in.
func (t *tableReader) indexOrder() schema.Fact {
	names := map[string][]string{}
	for _, f := range t.indexes {
		if f.ID.Kind == schema.KindIndex {
			names[schema.AttrColumns] = append(names[schema.AttrColumns], f.ID.Name)
			if class := indexClass(f); class != usualIndexes {
				names[class] = append(names[class], f.ID.Name)
			}
		}
	}
	var attrs []string
	for attr, list := range names {
		attrs = append(attrs, attr, schema.JoinNames(list...))
	}
	return schema.NewFact(t.id.In(schema.KindColumnOrder, schema.IndexOrder), attrs...)
}

func (t *tableReader) set(name, value string) { t.attrs = append(t.attrs, name, value) }

// unknown keeps a text that is not known and reports it.
func (t *tableReader) unknown(what, text string) {
	t.s.doNotKnow(what, firstWords(text))
}

func firstWords(text string) string {
	words := strings.Fields(text)
	return strings.Join(words[:min(2, len(words))], " ")
}

// element reads a column, key, constraint or period.
func (t *tableReader) element(r *reader) {
	switch {
	case r.at(0).kind == sqltext.QuotedIdent:
		t.column(r)
	case r.is("PRIMARY", "KEY"), r.is("UNIQUE"), r.is("KEY"), r.is("FULLTEXT"), r.is("SPATIAL"), r.is("VECTOR"):
		t.index(r)
	case r.is("CONSTRAINT"), r.is("CHECK"), r.is("FOREIGN", "KEY"):
		t.constraint(r)
	case r.accept("PERIOD", "FOR"):
		t.periods = append(t.periods, plain(r.tokens[r.pos:], ""))
	default:
		text := plain(r.tokens, t.o.database)
		t.more = append(t.more, text)
		t.unknown("part of a table", text)
	}
}

// options reads what follows the parentheses.
func (t *tableReader) options(r *reader) {
	for !r.done() {
		switch {
		case r.accept("PARTITION", "BY"):
			t.partitions(r)
			return
		case r.accept("WITH", "SYSTEM", "VERSIONING"):
			t.set(AttrSystemVersioning, schema.Yes)
		case r.accept("DEFAULT", "CHARSET"):
			if charset := r.valued(); t.collation == "" {
				t.collation = t.s.defaults[charset]
			}
		case r.accept("COLLATE"):
			t.collation = r.valued()
		case r.accept("AUTO_INCREMENT"):
			r.valued()
		case r.accept("COMMENT"):
			t.set(schema.AttrComment, redact("comment", unquoteString(r.valued()), t.engine))
		case r.acceptOp(","): // between options, in some versions
		default:
			t.option(r)
		}
	}
	t.set(schema.AttrCollation, t.collation)
}

// option reads one that has a name and a value: its attribute is called as the
// option is.
func (t *tableReader) option(r *reader) {
	name := r.next()
	key := strings.ToLower(name.text)
	if (name.word == "DATA" || name.word == "INDEX") && r.accept("DIRECTORY") {
		key += " directory"
	}
	if key == AttrEngine {
		t.engine = r.valued()
		t.set(key, t.engine)
		return
	}
	if !isTableOption(key) && name.kind != sqltext.QuotedIdent {
		t.unknown("table option", name.text)
	}
	t.set(key, redact(key, r.valued(), t.engine))
}

// isTableOption tells the options that SHOW CREATE TABLE is known to print.
// MariaDB prints those of engines between backticks; they count as known.
func isTableOption(name string) bool {
	return slices.Contains([]string{
		"avg_row_length", "autoextend_size", "checksum", "compression", "connection", "data directory", "delay_key_write", "encryption",
		"engine_attribute", "index directory", "insert_method", "key_block_size", "max_rows", "min_rows", "pack_keys", "page_checksum",
		"page_compressed", "password", "row_format", "secondary_engine", "secondary_engine_attribute", "sequence", "stats_auto_recalc",
		"stats_persistent", "stats_sample_pages", "storage", "tablespace", "table_checksum", "transactional", "union",
	}, name)
}

// partitions reads what follows PARTITION BY, which comes last.
func (t *tableReader) partitions(r *reader) {
	t.set(schema.AttrCollation, t.collation)
	start := r.pos
	for !r.done() && !(r.at(0).text == "(" && r.at(1).word == "PARTITION") {
		r.pos++
	}
	t.set(AttrPartitionBy, withoutStart(plain(r.from(start), t.o.database)))
	var lines []string
	for _, p := range splitList(r.group()) {
		lines = append(lines, redact("partition", strings.ReplaceAll(plain(p, ""), " ENGINE = "+t.engine, ""), t.engine))
	}
	t.set(AttrPartitions, strings.Join(lines, "\n"))
}

// withoutStart leaves out where the intervals of MariaDB's history partitions
// start, which is the hour of creation unless somebody gave it.
func withoutStart(by string) string {
	if !strings.HasPrefix(by, "SYSTEM_TIME") {
		return by
	}
	if i := strings.Index(by, " STARTS "); i >= 0 {
		rest := by[i+len(" STARTS "):]
		if j := strings.LastIndexByte(rest, '\''); j >= 0 {
			return by[:i] + rest[j+1:]
		}
	}
	return by
}
