package codegen

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// jsonFormat names the document's shape. It changes when a field changes its
// meaning or goes away, not when one is added.
const jsonFormat = "lockstep schema 1"

type (
	jsonColumn struct {
		Name       string            `json:"name"`
		Type       string            `json:"type"`
		Nullable   bool              `json:"nullable"`
		PrimaryKey bool              `json:"primary_key,omitempty"`
		Default    string            `json:"default,omitempty"`
		Generated  string            `json:"generated,omitempty"`
		Identity   string            `json:"identity,omitempty"`
		Comment    string            `json:"comment,omitempty"`
		Attributes map[string]string `json:"attributes,omitempty"`
	}
	jsonConstraint struct {
		Name       string            `json:"name"`
		Form       string            `json:"form"`
		Columns    []string          `json:"columns,omitempty"`
		References *jsonReference    `json:"references,omitempty"`
		Definition string            `json:"definition,omitempty"`
		Comment    string            `json:"comment,omitempty"`
		Attributes map[string]string `json:"attributes,omitempty"`
	}
	jsonReference struct {
		Schema   string   `json:"schema,omitempty"`
		Table    string   `json:"table"`
		Columns  []string `json:"columns,omitempty"`
		One      bool     `json:"one"`
		Optional bool     `json:"optional"`
	}
	jsonIndex struct {
		Name       string            `json:"name"`
		Form       string            `json:"form,omitempty"`
		Unique     bool              `json:"unique"`
		Columns    []string          `json:"columns,omitempty"`
		Definition string            `json:"definition,omitempty"`
		Comment    string            `json:"comment,omitempty"`
		Attributes map[string]string `json:"attributes,omitempty"`
	}
)

// JSON writes the schema as one JSON document for tools:
//
//	format       "lockstep schema 1"
//	tables       tables, views and materialized views, by schema and name:
//	             kind, schema, name, form, comment, definition, attributes, and
//	  columns      in their order: name, type, nullable, primary_key, default,
//	               generated, identity, comment, attributes
//	  constraints  name, form ("primary key", "foreign key" …), columns,
//	               definition, comment, attributes; a foreign key has references:
//	               schema, table, columns, one (at most one row refers to each
//	               row), optional (a row need not refer to any)
//	  indexes      name, form, unique, columns (an expression stands in parentheses),
//	               definition, comment, attributes
//	  parts        triggers, rules, policies …: kind, name, form, …
//	objects      everything else: kind, schema, table, name, form, …
//	unknown      what the inspector did not know: what, name, count
//	fingerprint  of the schema
//
// Texts are as the server prints them. What has no field of its own is in
// attributes, under the names of package schema and the dialect's inspector.
// Absent means empty. Each column, constraint, index and part stands on one
// line, so that a version control system merges them.
func JSON(w io.Writer, s *schema.Schema) error {
	m := newModel(s)
	d := &jsonWriter{}
	d.open("{")
	d.field("format", jsonFormat)
	d.tables(m)
	d.list("objects", len(m.others), func(i int) any { return jsonObject(m.others[i]) })
	unknown := s.Unknown()
	d.list("unknown", len(unknown), func(i int) any { return unknown[i] })
	d.field("fingerprint", s.Fingerprint())
	d.close("}")
	if d.err != nil {
		return fmt.Errorf("write JSON: %w", d.err)
	}
	return write(w, "JSON", d.b.String()+"\n")
}

// jsonWriter lays a document out: encoding/json knows one line or many, not
// one line an item.
type jsonWriter struct {
	b     bytes.Buffer
	depth int
	comma bool // something stands before in this list
	err   error
}

func (d *jsonWriter) newLine() {
	if d.comma {
		d.b.WriteByte(',')
	}
	if d.b.Len() > 0 {
		d.b.WriteString("\n" + strings.Repeat("  ", d.depth))
	}
	d.comma = true
}

func (d *jsonWriter) open(s string) {
	d.newLine()
	d.b.WriteString(s)
	d.depth++
	d.comma = false
}

func (d *jsonWriter) close(s string) {
	d.depth--
	d.comma = false
	d.newLine()
	d.b.WriteString(s)
}

func (d *jsonWriter) value(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil && d.err == nil {
		d.err = err
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (d *jsonWriter) item(text string) {
	d.newLine()
	d.b.WriteString(text)
}

func (d *jsonWriter) field(name string, v any) { d.item(d.value(name) + ": " + d.value(v)) }

// list writes one line an item; nothing if there is none.
func (d *jsonWriter) list(name string, n int, at func(int) any) {
	if n == 0 {
		return
	}
	d.open(d.value(name) + ": [")
	for i := range n {
		d.item(d.value(at(i)))
	}
	d.close("]")
}

func (d *jsonWriter) tables(m *model) {
	if len(m.relations) == 0 {
		return
	}
	d.open(`"tables": [`)
	for _, r := range m.relations {
		d.table(r)
	}
	d.close("]")
}

// table writes the fields of a relation a line each, then its lists.
func (d *jsonWriter) table(r *relation) {
	links := map[schema.ID]*link{}
	for _, l := range r.out {
		links[l.ID] = l
	}
	d.open("{")
	d.head(r)
	d.list("columns", len(r.columns), func(i int) any { return newJSONColumn(r.columns[i]) })
	d.list("constraints", len(r.constraints), func(i int) any { return newJSONConstraint(r.constraints[i], links) })
	d.list("indexes", len(r.indexes), func(i int) any { return newJSONIndex(r.indexes[i]) })
	d.list("parts", len(r.parts), func(i int) any {
		p := jsonObject(r.parts[i])
		p.Schema, p.Table = "", ""
		return p
	})
	d.close("}")
}

// head writes what is said of a relation itself.
func (d *jsonWriter) head(r *relation) {
	d.field("kind", r.ID.Kind)
	for _, f := range [][2]string{
		{"schema", r.ID.Schema}, {"name", r.ID.Name}, {"form", r.Form()}, {"comment", r.Attr(schema.AttrComment)}, {"definition", r.Attr(schema.AttrDefinition)},
	} {
		if f[1] != "" {
			d.field(f[0], f[1])
		}
	}
	if left := rest(r.Fact); len(left) > 0 {
		d.field("attributes", left)
	}
}

func newJSONColumn(c *column) jsonColumn {
	return jsonColumn{
		Name: c.ID.Name, Type: c.Attr(schema.AttrType), Nullable: c.nullable, PrimaryKey: c.primary,
		Default: c.Attr(schema.AttrDefault), Generated: c.Attr(schema.AttrGenerated), Identity: c.Attr(schema.AttrIdentity),
		Comment:    c.Attr(schema.AttrComment),
		Attributes: rest(c.Fact, schema.AttrType, schema.AttrNotNull, schema.AttrDefault, schema.AttrGenerated, schema.AttrIdentity),
	}
}

func newJSONConstraint(f schema.Fact, links map[schema.ID]*link) jsonConstraint {
	c := jsonConstraint{
		Name: f.ID.Name, Form: f.Form(), Columns: names(f), Definition: f.Attr(schema.AttrDefinition), Comment: f.Attr(schema.AttrComment),
		Attributes: rest(f, schema.AttrColumns, schema.AttrReferences, schema.AttrRefColumns),
	}
	if l := links[f.ID]; l != nil {
		c.References = &jsonReference{l.target.Schema, l.target.Name, l.toCols, l.one, l.optional}
	}
	return c
}

func newJSONIndex(f schema.Fact) jsonIndex {
	return jsonIndex{
		f.ID.Name, f.Form(), f.Is(schema.AttrUnique), names(f), f.Attr(schema.AttrDefinition), f.Attr(schema.AttrComment),
		rest(f, schema.AttrColumns, schema.AttrUnique),
	}
}

type jsonOther struct {
	Kind       schema.Kind       `json:"kind"`
	Schema     string            `json:"schema,omitempty"`
	Table      string            `json:"table,omitempty"`
	Name       string            `json:"name,omitempty"`
	Form       string            `json:"form,omitempty"`
	Values     []string          `json:"values,omitempty"`
	Definition string            `json:"definition,omitempty"`
	Comment    string            `json:"comment,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

func jsonObject(f schema.Fact) jsonOther {
	return jsonOther{
		f.ID.Kind, f.ID.Schema, f.ID.Table, f.ID.Name, f.Form(), schema.SplitNames(f.Attr(schema.AttrValues)),
		f.Attr(schema.AttrDefinition), f.Attr(schema.AttrComment), rest(f, schema.AttrValues),
	}
}

// rest returns the attributes that have no field of their own: all but those
// every object has one for, and the named.
func rest(f schema.Fact, shown ...string) map[string]string {
	if f.ID.Kind != schema.KindColumn {
		shown = append(shown, schema.AttrForm, schema.AttrDefinition)
	}
	left := f.Without(append(shown, schema.AttrComment)...).Attrs
	if len(left) == 0 {
		return nil
	}
	m := make(map[string]string, len(left))
	for _, a := range left {
		m[a.Name] = a.Value
	}
	return m
}
