package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Line returns the fact as one line of JSON: the form in which schemas are
// kept, in a ledger or in a file.
func (f Fact) Line() (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(f); err != nil {
		return "", fmt.Errorf("encode %s: %w", f.ID, err)
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// ParseFact reads what Line wrote.
func ParseFact(line string) (Fact, error) {
	var f Fact
	dec := json.NewDecoder(bytes.NewReader([]byte(line)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return f, fmt.Errorf("parse fact: %w", err)
	}
	return f, nil
}

// Lines returns one line a fact, in the order of the facts.
func (s *Schema) Lines() ([]string, error) {
	lines := make([]string, 0, len(s.facts))
	for _, f := range s.facts {
		line, err := f.Line()
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// Parse reads what Lines wrote, in any order.
func Parse(lines []string) (*Schema, error) {
	facts := make([]Fact, 0, len(lines))
	for i, line := range lines {
		f, err := ParseFact(line)
		if err != nil {
			return nil, fmt.Errorf("fact %d: %w", i+1, err)
		}
		facts = append(facts, f)
	}
	return New(facts)
}
