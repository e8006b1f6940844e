package codegen

import (
	"cmp"
	"fmt"
	"go/format"
	"go/token"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// Null is how Go writes a column that can be null.
type Null string

// The ways to write a column that can be null.
const (
	NullPointer Null = "pointer" // *T
	NullSQL     Null = "sql"     // sql.Null[T] of database/sql
)

// GoOptions tells how Go prints.
type GoOptions struct {
	// Dialect is "postgres", "mysql" (MariaDB's too) or "sqlite": the same type
	// means different things in each. Required.
	Dialect string
	// Package is the name in the package clause. Default "schema".
	Package string
	// Null is how a column that can be null is written. Default NullPointer.
	Null Null
}

// Go writes the schema as one gofmt-clean Go file: a struct for each table and
// view, with a field for each column in its order and a db tag with the column's
// name, and a string type with constants for each enum.
//
// Names become exported identifiers as Go writes them (user_id becomes UserID).
// Tables of one name in several namespaces get the namespace in front; what still
// collides gets a number, in the order of the schema. Comments of tables and columns
// become comments. Columns of views are as null as the server says, which is
// always. A table or view whose columns the server does not tell has no struct, nor has
// a partition, whose rows are those of the whole.
//
// Types are those that database/sql scans into with the usual drivers, arrays of
// PostgreSQL excepted: these are slices, which pgx itself scans. Numbers that no Go
// type holds exactly (numeric, decimal, money), times of day and intervals are
// string, JSON is json.RawMessage. On MySQL the driver must parse times
// (parseTime=true). On SQLite the declared type counts, as drivers and the rules of
// affinity read it. A type that is not known is any. Types that hold nil (slices,
// any) are written without pointer or Null, except json.RawMessage, which cannot be
// scanned from null. pgx without database/sql has types of its own for some that are
// string here: intervals, addresses, bits, ranges, geometry, text search.
func Go(w io.Writer, s *schema.Schema, o GoOptions) error {
	if o.Package == "" {
		o.Package = "schema"
	}
	if !token.IsIdentifier(o.Package) || o.Package == "_" {
		return fmt.Errorf("write Go: %q is no name of a package", o.Package)
	}
	if o.Null != "" && o.Null != NullPointer && o.Null != NullSQL {
		return fmt.Errorf("write Go: %q is no way to write null", o.Null)
	}
	types, err := typesOf(o.Dialect)
	if err != nil {
		return fmt.Errorf("write Go: %w", err)
	}
	g := newGoFile(newModel(s), o, types)
	g.enums()
	for _, r := range g.m.relations {
		if g.has(r) {
			g.relation(r)
		}
	}
	source, err := format.Source([]byte(g.head(s.Fingerprint()) + g.b.String()))
	if err != nil {
		return fmt.Errorf("format Go: %w", err)
	}
	return write(w, "Go", string(source))
}

// goFile is a file while it is written.
type goFile struct {
	m       *model
	o       GoOptions
	types   goTypes
	b       strings.Builder
	imports map[string]bool
	names   scope                // of the file
	structs map[*relation]string // names of relations
	named   map[schema.ID]string // Go types of the schema's own types
	values  []enum
}

// enum is a string type with its constants.
type enum struct {
	name, comment string
	values        []string
}

func newGoFile(m *model, o GoOptions, types goTypes) *goFile {
	g := &goFile{
		m: m, o: o, types: types, imports: map[string]bool{}, names: scope{},
		structs: map[*relation]string{}, named: map[schema.ID]string{},
	}
	g.nameRelations()
	for _, f := range m.others {
		if values := schema.SplitNames(f.Attr(schema.AttrValues)); f.ID.Kind == schema.KindType && len(values) > 0 {
			g.named[f.ID] = g.addEnum(g.typeName(f.ID, len(m.types[f.ID.Name]) > 1), describe(f), values)
		}
	}
	for _, f := range m.others {
		if f.ID.Kind == schema.KindType && f.Form() == "domain" {
			g.domain(f, 0)
		}
	}
	return g
}

// has reports whether a relation gets a struct.
func (g *goFile) has(r *relation) bool { return len(r.columns) > 0 && r.whole == nil }

// nameRelations gives each relation its struct's name.
func (g *goFile) nameRelations() {
	count := map[string]int{}
	for _, r := range g.m.relations {
		if g.has(r) {
			count[exported(r.ID.Name)]++
		}
	}
	for _, r := range g.m.relations {
		if g.has(r) {
			g.structs[r] = g.names.add(g.typeName(r.ID, count[exported(r.ID.Name)] > 1))
		}
	}
}

// typeName is the name of a type before it is made unique.
func (g *goFile) typeName(id schema.ID, ambiguous bool) string {
	if ambiguous && id.Schema != "" {
		return exported(id.Schema + "_" + id.Name)
	}
	return exported(id.Name)
}

func (g *goFile) addEnum(name, comment string, values []string) string {
	name = g.names.add(name)
	g.values = append(g.values, enum{name, comment, values})
	return name
}

// domain follows a domain to what it is made of. Domains of domains are
// followed some way; servers allow no circle.
func (g *goFile) domain(f schema.Fact, depth int) string {
	const deepest = 8
	if t, known := g.named[f.ID]; known || depth > deepest {
		return t
	}
	var t string
	id, own := g.m.ownType(f.ID.Schema, f.Attr(schema.AttrType))
	switch base, _ := g.m.other(id); {
	case !own:
		t = g.plain(f.Attr(schema.AttrType))
	case base.Form() == f.Form():
		t = g.domain(base, depth+1)
	default:
		t = g.named[id]
	}
	if t != "" {
		g.named[f.ID] = t
	}
	return t
}

// goType returns the type of a column that is not null.
func (g *goFile) goType(r *relation, c *column) string {
	typ := c.Attr(schema.AttrType)
	if values, ok := inlineEnum(typ); ok && g.o.Dialect == "mysql" {
		return g.addEnum(g.structs[r]+exported(c.ID.Name), "values of "+r.label+"."+c.ID.Name, values)
	}
	element, slice := g.element(typ)
	if id, ok := g.m.ownType(r.ID.Schema, element); ok {
		return slice + cmp.Or(g.named[id], unknownType)
	}
	return cmp.Or(g.plain(typ), unknownType)
}

// element returns what an array holds, and the Go type's brackets.
func (g *goFile) element(typ string) (element, brackets string) {
	for strings.HasSuffix(typ, "[]") && g.o.Dialect == "postgres" {
		typ, brackets = strings.TrimSuffix(typ, "[]"), "[]"
	}
	return typ, brackets
}

// plain returns the Go type of one of the server's own types or an array of them,
// "" if it is not known.
func (g *goFile) plain(typ string) string {
	element, brackets := g.element(typ)
	if t := g.types(element); t != "" {
		return brackets + t
	}
	return ""
}

// field returns the type of a column's field, and notes what it imports.
func (g *goFile) field(r *relation, c *column) string {
	t := g.goType(r, c)
	switch base := strings.TrimLeft(t, "[]"); base {
	case "time.Time":
		g.imports["time"] = true
	case "json.RawMessage":
		g.imports["encoding/json"] = true
	}
	if !c.nullable || t == unknownType || strings.HasPrefix(t, "[]") {
		return t
	}
	if g.o.Null == NullSQL {
		g.imports["database/sql"] = true
		return "sql.Null[" + t + "]"
	}
	return "*" + t
}

func (g *goFile) head(fingerprint string) string {
	s := "// Code generated by lockstep schema --format go. DO NOT EDIT.\n// Schema " + fingerprint + "\n\npackage " + g.o.Package + "\n\n"
	if len(g.imports) == 0 {
		return s
	}
	s += "import (\n"
	for _, path := range slices.Sorted(maps.Keys(g.imports)) {
		s += "\t" + strconv.Quote(path) + "\n"
	}
	return s + ")\n\n"
}

func (g *goFile) relation(r *relation) {
	name := g.structs[r]
	var fields strings.Builder
	members := scope{}
	first := len(g.values)
	for _, c := range r.columns {
		goComment(&fields, c.Attr(schema.AttrComment))
		fmt.Fprintf(&fields, "%s %s %s\n", members.add(exported(c.ID.Name)), g.field(r, c), goTag(c.ID.Name))
	}
	g.b.WriteString("\n")
	goComment(&g.b, name+" is a row of "+describe(r.Fact)+".")
	if c := r.Attr(schema.AttrComment); c != "" {
		g.b.WriteString("//\n")
		goComment(&g.b, c)
	}
	fmt.Fprintf(&g.b, "type %s struct {\n%s}\n", name, fields.String())
	for _, e := range g.values[first:] {
		g.enum(e)
	}
	g.values = g.values[:first]
}

// enums writes the enums that are types of the schema. Those of columns stand
// behind their struct.
func (g *goFile) enums() {
	for _, e := range g.values {
		g.enum(e)
	}
	g.values = nil
}

func (g *goFile) enum(e enum) {
	g.b.WriteString("\n")
	goComment(&g.b, e.name+" is a value of "+strings.TrimPrefix(e.comment, "values of ")+".")
	fmt.Fprintf(&g.b, "type %s string\n\n// The values of %s.\nconst (\n", e.name, e.name)
	for _, v := range e.values {
		label := e.name + exportedTail(v)
		fmt.Fprintf(&g.b, "%s %s = %s\n", g.names.add(label), e.name, strconv.Quote(v))
	}
	g.b.WriteString(")\n")
}

// describe names an object in a comment.
func describe(f schema.Fact) string {
	if f.ID.Kind == schema.KindMaterializedView {
		return strings.Replace(f.ID.String(), string(f.ID.Kind), "materialized view", 1)
	}
	return f.ID.String()
}

// goComment writes a text as a comment, whatever it holds. The space keeps a
// line from being a directive.
func goComment(b *strings.Builder, text string) {
	if text == "" {
		return
	}
	for line := range strings.Lines(strings.ReplaceAll(text, "\r", "\n")) {
		b.WriteString(strings.TrimRight("// "+strings.ToValidUTF8(oneLine(line), "\uFFFD"), " ") + "\n")
	}
}

// goTag writes a field's tag; what a raw string cannot hold goes into a quoted
// one.
func goTag(column string) string {
	tag := "db:" + strconv.Quote(column)
	if strconv.CanBackquote(tag) {
		return "`" + tag + "`"
	}
	return strconv.Quote(tag)
}
