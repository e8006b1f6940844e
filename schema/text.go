package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Lines returns one line of JSON a fact, in the order of the facts: the form in
// which a schema is kept, in a ledger or in a file.
func (s *Schema) Lines() ([]string, error) {
	lines := make([]string, 0, len(s.facts))
	for _, f := range s.facts {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(f); err != nil {
			return nil, fmt.Errorf("encode %s: %w", f.ID, err)
		}
		lines = append(lines, string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))))
	}
	return lines, nil
}

// Parse reads what Lines wrote, in any order.
func Parse(lines []string) (*Schema, error) {
	facts := make([]Fact, 0, len(lines))
	for i, line := range lines {
		var f Fact
		dec := json.NewDecoder(bytes.NewReader([]byte(line)))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&f); err != nil {
			return nil, fmt.Errorf("parse fact %d: %w", i+1, err)
		}
		facts = append(facts, f)
	}
	return New(facts)
}
