package schema

// Difference is one object in which two schemas differ. Before and After are
// nil where the object is missing.
type Difference struct {
	ID            ID
	Before, After *Fact
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
