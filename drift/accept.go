package drift

import (
	"fmt"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// Lines writes differences in the form in which a ledger keeps that they were
// accepted: facts behind "-" as they should be, behind "+" as they are.
func Lines(differences []schema.Difference) ([]string, error) {
	var lines []string
	for _, d := range differences {
		for _, side := range []struct {
			mark string
			fact *schema.Fact
		}{{"-", d.Before}, {"+", d.After}} {
			if side.fact == nil {
				continue
			}
			line, err := side.fact.Line()
			if err != nil {
				return nil, err
			}
			lines = append(lines, side.mark+line)
		}
	}
	return lines, nil
}

// acceptance is what was accepted of one object.
type acceptance struct {
	before, after *schema.Fact
	by            lockstep.AcceptedDrift
}

// accepting is the newest acceptance of each object.
type accepting map[schema.ID]*acceptance

func acceptances(all []lockstep.AcceptedDrift) (accepting, error) {
	found := accepting{}
	for _, a := range all {
		own := accepting{}
		for _, line := range a.Lines {
			if err := own.add(line, a); err != nil {
				return nil, fmt.Errorf("read ledger: entry %d: %w", a.Seq, err)
			}
		}
		for id, one := range own {
			found[id] = one
		}
	}
	return found, nil
}

func (a accepting) add(line string, by lockstep.AcceptedDrift) error {
	text, after := strings.CutPrefix(line, "+")
	if !after {
		text = strings.TrimPrefix(line, "-")
	}
	f, err := schema.ParseFact(text)
	if err != nil {
		return err
	}
	one := a[f.ID]
	if one == nil {
		one = &acceptance{by: by}
		a[f.ID] = one
	}
	if after {
		one.after = &f
	} else {
		one.before = &f
	}
	return nil
}

// of returns who accepted a difference exactly as it is, nil if nobody did. What
// the object should be may have moved on: what counts is how it is.
func (a accepting) of(d schema.Difference) *lockstep.AcceptedDrift {
	one := a[d.ID]
	if one == nil || !same(one.after, d.After) {
		return nil
	}
	return &one.by
}

func same(a, b *schema.Fact) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}
