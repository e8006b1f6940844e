package schema

import (
	"cmp"
	"strings"
)

// ID identifies an object within a database. IDs are comparable.
type ID struct {
	Kind   Kind   `json:"kind"`
	Schema string `json:"schema,omitempty"` // namespace; "" where the server has none, or the object is in none
	Table  string `json:"table,omitempty"`  // the table, view or type it is part of; "" for objects of their own
	Name   string `json:"name,omitempty"`   // as stored by the server, unquoted
}

// Compare orders IDs so that each table stands before its parts, and together
// with them: by schema, then objects by kind, then names.
func (i ID) Compare(o ID) int {
	if i == o {
		return 0
	}
	if c := cmp.Compare(i.Schema, o.Schema); c != 0 {
		return c
	}
	if i.Kind == o.Kind && (i.Table == "") == (o.Table == "") { // their kinds need not be looked up
		return cmp.Or(cmp.Compare(i.owner(), o.owner()), cmp.Compare(i.Name, o.Name))
	}
	return cmp.Or(
		cmp.Compare(i.group(), o.group()),
		cmp.Compare(i.owner(), o.owner()),
		cmp.Compare(i.place(), o.place()),
		cmp.Compare(i.Name, o.Name),
		cmp.Compare(i.Kind, o.Kind),
	)
}

// group puts relations with all their parts in one place among the kinds.
func (i ID) group() int {
	if i.Kind.IsRelation() || i.Table != "" {
		return KindTable.rank()
	}
	return i.Kind.rank()
}

// place puts a relation before its parts.
func (i ID) place() int {
	if i.Kind.IsRelation() {
		return -1
	}
	return i.Kind.rank()
}

// owner is the relation that the object is or is part of, "" if neither.
func (i ID) owner() string {
	if i.Table != "" {
		return i.Table
	}
	if i.Kind.IsRelation() {
		return i.Name
	}
	return ""
}

// String names the object for people: "column app.users.email".
func (i ID) String() string {
	name := strings.Join(i.path(), ".")
	switch {
	case i.Kind == KindColumnOrder && i.Name == IndexOrder:
		i.Name = ""
		return "index order of " + strings.Join(i.path(), ".")
	case i.Kind == KindColumnOrder:
		return "column order of " + name
	case name == "":
		return string(i.Kind)
	case i.Kind == KindServer: // the name begins with what it is
		return name
	}
	return string(i.Kind) + " " + name
}

func (i ID) path() []string {
	var p []string
	for _, s := range []string{i.Schema, i.Table, i.Name} {
		if s != "" {
			p = append(p, s)
		}
	}
	return p
}

// In returns the ID of a part of the relation i.
func (i ID) In(kind Kind, name string) ID {
	return ID{Kind: kind, Schema: i.Schema, Table: i.Name, Name: name}
}
