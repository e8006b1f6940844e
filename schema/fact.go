package schema

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
)

// Attr is one attribute of a fact. An attribute whose value is "" is the same
// as one that is absent.
type Attr struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// The attributes that mean the same in every dialect. Dialects add their own;
// those are listed in their inspect.go. Flags have the value [Yes] or are absent.
const (
	AttrForm       = "form"       // sub-kind: "partitioned", "enum", "foreign key", "procedure" …
	AttrDefinition = "definition" // the object's definition without its name, as the server prints it
	AttrComment    = "comment"
	AttrOwner      = "owner"      // role; absent if it is the database's owner
	AttrGrants     = "grants"     // one line a grant, sorted; absent if they are the default
	AttrType       = "type"       // a column's, as the server writes it in a definition
	AttrNotNull    = "not null"   // a flag
	AttrDefault    = "default"    // expression
	AttrGenerated  = "generated"  // expression of a generated column
	AttrStored     = "stored"     // a flag: the generated column is stored
	AttrIdentity   = "identity"   // "always", "by default"; "auto_increment" on MySQL, "autoincrement" on SQLite
	AttrCollation  = "collation"  // absent if it is the default of the column's type
	AttrColumns    = "columns"    // JoinNames of columns in order; in an index an expression stands in parentheses
	AttrUnique     = "unique"     // a flag of an index
	AttrReferences = "references" // of a foreign key: JoinNames of schema and table, or of the table
	AttrRefColumns = "referenced columns"
	AttrValues     = "values" // JoinNames of an enum's labels in order
)

// IndexOrderSuffix ends the name of an attribute of a table that holds the order
// of its indexes, or of a group of them: JoinNames, absent for fewer than two.
const IndexOrderSuffix = "index order"

// The values of AttrForm for constraints.
const (
	PrimaryKey = "primary key"
	Unique     = "unique"
	ForeignKey = "foreign key"
	Check      = "check"
	Exclude    = "exclude"
	NotNull    = "not null"
)

// Yes is the value of a flag that is set.
const Yes = "yes"

// Flag returns Yes or "".
func Flag(set bool) string {
	if set {
		return Yes
	}
	return ""
}

// Fact is one object or sub-object with its definition.
type Fact struct {
	ID    ID     `json:"id"`
	Attrs []Attr `json:"attrs,omitempty"` // sorted by name; no empty values
	// Needs are the objects that must exist for this one, beyond its schema and
	// the table it is part of: sorted, no duplicates. They decide about order
	// only, and are not part of the fingerprint.
	Needs []ID `json:"needs,omitempty"`
}

// NewFact returns a fact with the attributes, given as name, value, name,
// value …; empty values are left out. An odd last name is ignored.
func NewFact(id ID, attrs ...string) Fact {
	f := Fact{ID: id}
	for i := 0; i+1 < len(attrs); i += 2 {
		if attrs[i+1] != "" {
			f.Attrs = append(f.Attrs, Attr{attrs[i], attrs[i+1]})
		}
	}
	slices.SortFunc(f.Attrs, func(a, b Attr) int { return cmp.Compare(a.Name, b.Name) })
	return f
}

// Attr returns the value of an attribute, "" if it is absent.
func (f Fact) Attr(name string) string {
	i, found := slices.BinarySearchFunc(f.Attrs, name, func(a Attr, name string) int { return cmp.Compare(a.Name, name) })
	if !found {
		return ""
	}
	return f.Attrs[i].Value
}

// Is reports whether a flag is set.
func (f Fact) Is(flag string) bool { return f.Attr(flag) != "" }

// Form returns AttrForm.
func (f Fact) Form() string { return f.Attr(AttrForm) }

// With returns a copy of f with another value of an attribute.
func (f Fact) With(name, value string) Fact {
	flat := make([]string, 0, 2*len(f.Attrs)+2)
	for _, a := range f.Attrs {
		if a.Name != name {
			flat = append(flat, a.Name, a.Value)
		}
	}
	c := NewFact(f.ID, append(flat, name, value)...)
	c.Needs = f.Needs
	return c
}

// Without returns a copy of f that lacks the attributes.
func (f Fact) Without(names ...string) Fact {
	c := f
	c.Attrs = slices.DeleteFunc(slices.Clone(f.Attrs), func(a Attr) bool { return slices.Contains(names, a.Name) })
	return c
}

// WithoutIndexOrders returns a copy of f that lacks the attributes that
// IndexOrderSuffix ends.
func (f Fact) WithoutIndexOrders() Fact {
	is := func(a Attr) bool { return strings.HasSuffix(a.Name, IndexOrderSuffix) }
	if slices.ContainsFunc(f.Attrs, is) {
		f.Attrs = slices.DeleteFunc(slices.Clone(f.Attrs), is)
	}
	return f
}

// Equal reports whether two facts say the same of the same object.
func (f Fact) Equal(o Fact) bool { return f.ID == o.ID && slices.Equal(f.Attrs, o.Attrs) }

// Differing returns the names of the attributes in which two facts differ, sorted.
func (f Fact) Differing(o Fact) []string {
	var names []string
	for _, a := range f.Attrs {
		if o.Attr(a.Name) != a.Value {
			names = append(names, a.Name)
		}
	}
	for _, a := range o.Attrs {
		if f.Attr(a.Name) == "" {
			names = append(names, a.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Digest is a hash.
type Digest [sha256.Size]byte

// Content hashes what the fact says without its name: equal for an object and
// its renamed self.
func (f Fact) Content() Digest {
	var b bytes.Buffer
	put(&b, string(f.ID.Kind))
	for _, a := range f.Attrs {
		put(&b, a.Name)
		put(&b, a.Value)
	}
	return sha256.Sum256(b.Bytes())
}

// digest hashes names and content.
func (f Fact) digest() Digest {
	var b bytes.Buffer
	for _, s := range []string{f.ID.Schema, f.ID.Table, f.ID.Name} {
		put(&b, s)
	}
	c := f.Content()
	b.Write(c[:])
	return sha256.Sum256(b.Bytes())
}

// put writes a text with its length in front, so that no two lists of texts
// look alike.
func put(b *bytes.Buffer, s string) {
	b.Write(binary.AppendUvarint(nil, uint64(len(s))))
	b.WriteString(s)
}
