package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// Schema is what was read of one database. It is immutable and safe for
// concurrent use.
type Schema struct {
	facts   []Fact // sorted by ID
	at      map[ID]int
	unknown []Unknown
}

// Unknown is something in a catalog that the inspector does not know: a kind
// of object, or a column, of a server newer than it. It is reported, since what
// it means for a comparison is not known.
type Unknown struct {
	What  string `json:"what"`            // "catalog column", "kind of object" …
	Name  string `json:"name"`            // such as pg_class.relnew
	Count int    `json:"count,omitempty"` // how many objects; 0 if it cannot be told
	Kind  Kind   `json:"kind,omitempty"`  // what was not read, if that is all of a kind: see Schema.Unread
}

// Hidden is the What of an Unknown that the user who reads may not see.
const Hidden = "hidden"

// Unread returns the kinds of which objects may be there that were not read. A
// comparison leaves them out of both schemas: they are neither gone nor new.
func (s *Schema) Unread() Ignore {
	var i Ignore
	for _, u := range s.unknown {
		if u.Kind != "" {
			i.Kinds = append(i.Kinds, u.Kind)
		}
	}
	return i
}

// String describes it for people.
func (u Unknown) String() string {
	if u.Count > 0 {
		return fmt.Sprintf("%s %s (%d)", u.What, u.Name, u.Count)
	}
	return u.What + " " + u.Name
}

// DuplicateError says that two facts claim to be one object: a fault of an
// inspector.
type DuplicateError struct{ ID ID }

// Error names the object.
func (e *DuplicateError) Error() string { return "two facts about " + e.ID.String() }

// New makes a Schema of facts in any order. The error is a *DuplicateError. It
// takes over the slice.
func New(facts []Fact, unknown ...Unknown) (*Schema, error) {
	slices.SortFunc(facts, func(a, b Fact) int { return a.ID.Compare(b.ID) })
	s := &Schema{facts: facts, at: make(map[ID]int, len(facts)), unknown: unknown}
	for i, f := range facts {
		if _, twice := s.at[f.ID]; twice {
			return nil, &DuplicateError{f.ID}
		}
		s.at[f.ID] = i
	}
	return s, nil
}

// Facts returns all facts, sorted. The slice belongs to the Schema.
func (s *Schema) Facts() []Fact { return s.facts }

// Unknown returns what the inspector did not know, nil if nothing.
func (s *Schema) Unknown() []Unknown { return s.unknown }

// Fact returns the fact about an object.
func (s *Schema) Fact(id ID) (Fact, bool) {
	i, ok := s.at[id]
	if !ok {
		return Fact{}, false
	}
	return s.facts[i], true
}

// OfKind returns all facts of a kind, sorted.
func (s *Schema) OfKind(k Kind) []Fact {
	var found []Fact
	for _, f := range s.facts {
		if f.ID.Kind == k {
			found = append(found, f)
		}
	}
	return found
}

// Parts returns the facts about a relation's parts, sorted, without the
// relation's own.
func (s *Schema) Parts(relation ID) []Fact {
	i, ok := s.at[relation]
	if !ok {
		return nil
	}
	var parts []Fact
	for _, f := range s.facts[i+1:] {
		if f.ID.Schema != relation.Schema || f.ID.Table != relation.Name {
			break
		}
		parts = append(parts, f)
	}
	return parts
}

// Columns returns the columns of a relation in their order.
func (s *Schema) Columns(relation ID) []Fact {
	order, ok := s.Fact(relation.In(KindColumnOrder, ""))
	if !ok {
		return slices.DeleteFunc(s.Parts(relation), func(f Fact) bool { return f.ID.Kind != KindColumn })
	}
	var columns []Fact
	for _, name := range SplitNames(order.Attr(AttrColumns)) {
		if f, ok := s.Fact(relation.In(KindColumn, name)); ok {
			columns = append(columns, f)
		}
	}
	return columns
}

// fingerprintFormat names what is hashed and how; it changes with either.
const fingerprintFormat = "facts1:"

// Fingerprint is a hash over all facts: equal for two schemas that say the
// same. The empty schema has one too.
func (s *Schema) Fingerprint() string {
	h := sha256.New()
	for _, g := range s.groups() {
		h.Write(g.digest[:])
	}
	return fingerprintFormat + hex.EncodeToString(h.Sum(nil))
}

// group is a run of facts about one relation with its parts, or about one
// object that has none.
type group struct {
	facts  []Fact
	digest Digest
}

// groups rolls facts up: what is equal in two schemas is skipped as a whole.
func (s *Schema) groups() []group {
	var all []group
	for i := 0; i < len(s.facts); {
		end := i + 1
		for end < len(s.facts) && sameGroup(s.facts[i].ID, s.facts[end].ID) {
			end++
		}
		g := group{facts: s.facts[i:end]}
		h := sha256.New()
		for _, f := range g.facts {
			d := f.digest()
			h.Write(d[:])
		}
		h.Sum(g.digest[:0])
		all = append(all, g)
		i = end
	}
	return all
}

func sameGroup(a, b ID) bool {
	return a.Schema == b.Schema && a.owner() != "" && a.owner() == b.owner() && a.group() == b.group()
}
