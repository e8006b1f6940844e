package lockstep

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestVersionOrder(t *testing.T) {
	// Each line is in order; neighbours differ.
	for _, ordered := range [][]Version{
		{"1", "2", "10", "0042", "100"},
		{"1.2", "1.12.4", "1.12.10", "2"},
		{"20260101120000", "20269901120000"},
		{"123456789012345678", "12345678901234567890", "99999999999999999999999"},
		{"2026-05-27-120000", "2026-05-27-120000-0000", "2026-05-28-000000"},
		{"5", "5a", "5b", "6"},
		{"18446744073709551615", "18446744073709551616"},
	} {
		for i := 1; i < len(ordered); i++ {
			if a, b := ordered[i-1], ordered[i]; a.Compare(b) != -1 || b.Compare(a) != 1 {
				t.Errorf("%s and %s compare as %d and %d", a, b, a.Compare(b), b.Compare(a))
			}
		}
	}
	if Version("007").Compare("7") != 0 {
		t.Error("leading zeros change the order")
	}
}

func TestVersionOrderIsAnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		gen := rapid.StringMatching(`[0-9]{1,22}([.-]?[0-9a-c]{1,4}){0,3}`)
		vs := []Version{Version(gen.Draw(t, "a")), Version(gen.Draw(t, "b")), Version(gen.Draw(t, "c"))}
		slices.SortFunc(vs, Version.Compare)
		if vs[0].Compare(vs[1]) > 0 || vs[1].Compare(vs[2]) > 0 || vs[0].Compare(vs[2]) > 0 {
			t.Fatalf("not transitive: %q", vs)
		}
		if vs[0].Compare(vs[1]) != -vs[1].Compare(vs[0]) {
			t.Fatalf("not antisymmetric: %q", vs[:2])
		}
	})
}

func TestParseName(t *testing.T) {
	for _, c := range []struct {
		base          string
		version, name string
	}{
		{"20260101120000_create_users", "20260101120000", "create_users"},
		{"0001.Initial", "0001", "Initial"},
		{"V0001.Initial", "0001", "Initial"},
		{"V1_2", "1", "2"},
		{"1.12.4_add", "1.12.4", "add"},
		{"2026-05-27-120000_x", "2026-05-27-120000", "x"},
		{"2026-05-27-120000-0000_x", "2026-05-27-120000-0000", "x"},
		{"12345678901234567890_big", "12345678901234567890", "big"},
		{"00000000000000_diesel_initial_setup", "00000000000000", "diesel_initial_setup"},
		{"7", "7", ""},
		{"7a_x", "7a", "x"},
		{"20240101 name with spaces", "20240101", "name with spaces"},
	} {
		v, name, ok := parseName(c.base)
		if !ok || string(v) != c.version || name != c.name {
			t.Errorf("parseName(%q) = %q, %q, %v", c.base, v, name, ok)
		}
	}
	for _, base := range []string{"users", "_1", "", "V", "schema"} {
		if _, _, ok := parseName(base); ok {
			t.Errorf("parseName(%q) found a version", base)
		}
	}
}
