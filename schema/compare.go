package schema

import (
	"cmp"
	"slices"
	"strings"
)

// Difference is one object in which two schemas differ. Before and After are
// nil where the object is missing.
type Difference struct {
	ID            ID
	Before, After *Fact
}

// OrderOnly reports whether nothing but the order of a table's columns or indexes
// differs.
func (d Difference) OrderOnly() bool {
	if d.Before == nil || d.After == nil {
		return false
	}
	return d.ID.Kind == KindColumnOrder || d.ID.Kind == KindTable && len(indexOrders(d)) == len(d.Before.Differing(*d.After))
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

// Essential leaves out what follows from other differences: that the columns or
// indexes of a table stand in another order only because some came at the end
// and some went.
func Essential(found []Difference) []Difference {
	changed := map[ID]Difference{}
	for _, d := range found {
		changed[d.ID] = d
	}
	essential := make([]Difference, 0, len(found))
	for _, d := range found {
		if d.Before != nil && d.After != nil {
			switch d.ID.Kind {
			case KindColumnOrder:
				d = withoutOrder(d, changed, KindColumn, AttrColumns)
			case KindTable:
				d = withoutOrder(d, changed, KindIndex, indexOrders(d)...)
			}
			if d.Before.Equal(*d.After) {
				continue
			}
		}
		essential = append(essential, d)
	}
	return essential
}

// indexOrders returns the attributes that hold an order of indexes and differ.
func indexOrders(d Difference) []string {
	return slices.DeleteFunc(d.Before.Differing(*d.After), func(name string) bool { return !strings.HasSuffix(name, IndexOrderSuffix) })
}

// withoutOrder gives the fact after the orders that the fact before has, where
// the difference follows from the parts that came and went.
func withoutOrder(d Difference, changed map[ID]Difference, part Kind, attrs ...string) Difference {
	table := cmp.Or(d.ID.Table, d.ID.Name)
	find := func(name string) Difference {
		return changed[ID{Kind: part, Schema: d.ID.Schema, Table: table, Name: name}]
	}
	for _, attr := range attrs {
		before, after := d.Before.Attr(attr), d.After.Attr(attr)
		if follows(SplitNames(before), SplitNames(after), find) {
			fact := d.After.Without(attr)
			if before != "" {
				fact = fact.With(attr, before)
			}
			d.After = &fact
		}
	}
	return d
}

// follows reports whether the order after is the order before without the
// parts that went and with those that came behind it. No order is that of a
// single part, or of none.
func follows(before, after []string, find func(string) Difference) bool {
	went := func(name string) bool { d := find(name); return d.Before != nil && d.After == nil }
	came := func(name string) bool { d := find(name); return d.Before == nil && d.After != nil }
	was, is := slices.DeleteFunc(before, went), after
	for len(is) > 0 && came(is[len(is)-1]) {
		is = is[:len(is)-1]
	}
	return slices.Equal(was, is) || len(before) == 0 && len(is) <= 1 || len(after) == 0 && len(was) <= 1
}
