package dialecttest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/schema"
)

// Probe is a pair of schemas that differ in exactly one thing, or are equal
// though they were made in different ways.
type Probe struct {
	Name       string `json:"name"`
	Old        string `json:"old,omitempty"` // SQL script that makes the one; "" is an empty database
	New        string `json:"new"`           // SQL script that makes the other
	Equal      bool   `json:"equal,omitempty"`
	MinVersion int    `json:"minVersion,omitempty"` // major version of the server that knows it; 0 = all
}

// LoadProbes reads a file with one probe a line.
func LoadProbes(t testing.TB, path string) []Probe {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var probes []Probe
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	for lines.Scan() {
		var p Probe
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		probes = append(probes, p)
	}
	return probes
}

// CheckProbe compares the schemas of a probe. inspect runs a script in an empty
// database and reads what it made.
func CheckProbe(t testing.TB, p Probe, inspect func(t testing.TB, script string) *schema.Schema) {
	t.Helper()
	before, after := inspect(t, p.Old), inspect(t, p.New)
	found := schema.Compare(before, after)
	if (before.Fingerprint() == after.Fingerprint()) != (len(found) == 0) {
		t.Errorf("%d differences, but the fingerprints are %s and %s", len(found), before.Fingerprint(), after.Fingerprint())
	}
	switch {
	case p.Equal && len(found) > 0:
		t.Errorf("equal schemas differ:\n%s", Differences(found))
	case !p.Equal && len(found) == 0:
		t.Errorf("the difference is not seen:\n%s\n-- and\n%s", p.Old, p.New)
	}
}

// Differences describes what differs, for the messages of tests.
func Differences(found []schema.Difference) string {
	var b strings.Builder
	for _, d := range found {
		switch {
		case d.Before == nil:
			b.WriteString("+ " + d.ID.String())
		case d.After == nil:
			b.WriteString("- " + d.ID.String())
		default:
			b.WriteString("~ " + d.ID.String())
			for _, name := range d.Before.Differing(*d.After) {
				b.WriteString("\n    " + name + ": " + d.Before.Attr(name) + " → " + d.After.Attr(name))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
