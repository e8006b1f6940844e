package schema

import "slices"

// Difference is one object in which two schemas differ. Before and After are
// nil where the object is missing.
type Difference struct {
	ID            ID
	Before, After *Fact
}

// OrderOnly reports whether only the order of a table's columns or indexes is
// another.
func (d Difference) OrderOnly() bool {
	return d.ID.Kind == KindColumnOrder && d.Before != nil && d.After != nil
}

// Compare returns the objects in which two schemas differ, sorted by ID; nil if
// they are equal. It costs one comparison a fact.
func Compare(before, after *Schema) []Difference { return differing(before.facts, after.facts) }

// differing merges two sorted lists of facts.
func differing(before, after []Fact) []Difference {
	var found []Difference
	for len(before) > 0 || len(after) > 0 {
		var c int
		switch {
		case len(before) == 0:
			c = 1
		case len(after) == 0:
			c = -1
		default:
			c = before[0].ID.Compare(after[0].ID)
		}
		switch {
		case c < 0:
			found, before = append(found, Difference{before[0].ID, &before[0], nil}), before[1:]
		case c > 0:
			found, after = append(found, Difference{after[0].ID, nil, &after[0]}), after[1:]
		default:
			if !before[0].Equal(after[0]) {
				found = append(found, Difference{after[0].ID, &before[0], &after[0]})
			}
			before, after = before[1:], after[1:]
		}
	}
	return found
}

// Essential leaves out what follows from other differences: that the columns of
// a table stand in another order only because some came at the end and some
// went, and that its indexes do because some came, went or changed.
func Essential(found []Difference) []Difference {
	changed := map[ID]Difference{}
	for _, d := range found {
		changed[d.ID] = d
	}
	return slices.DeleteFunc(slices.Clone(found), func(d Difference) bool {
		if !d.OrderOnly() {
			return false
		}
		if d.ID.Name == IndexOrder {
			return followsIndexes(d, changed)
		}
		return follows(d, changed)
	})
}

// followsIndexes reports whether those that are the same stand in the same order.
func followsIndexes(d Difference, changed map[ID]Difference) bool {
	same := func(f *Fact) []string {
		return slices.DeleteFunc(SplitNames(f.Attr(AttrColumns)), func(name string) bool {
			for _, k := range []Kind{KindIndex, KindConstraint} {
				if _, is := changed[ID{Kind: k, Schema: d.ID.Schema, Table: d.ID.Table, Name: name}]; is {
					return true
				}
			}
			return false
		})
	}
	return slices.Equal(same(d.Before), same(d.After))
}

// follows reports whether the order after is the order before without the
// columns that went and with those that came behind it.
func follows(d Difference, changed map[ID]Difference) bool {
	column := func(name string) Difference {
		return changed[ID{Kind: KindColumn, Schema: d.ID.Schema, Table: d.ID.Table, Name: name}]
	}
	var want []string
	for _, name := range SplitNames(d.Before.Attr(AttrColumns)) {
		if c := column(name); c.Before == nil || c.After != nil {
			want = append(want, name)
		}
	}
	after := SplitNames(d.After.Attr(AttrColumns))
	if len(after) < len(want) || !slices.Equal(after[:len(want)], want) {
		return false
	}
	return !slices.ContainsFunc(after[len(want):], func(name string) bool { c := column(name); return c.After == nil || c.Before != nil })
}
