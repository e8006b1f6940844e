package postgres

import "testing"

func TestGrants(t *testing.T) {
	table := []string{"me=arwdDxtm/me"}
	function := []string{"=X/me", "me=X/me"}
	for _, c := range []struct {
		name  string
		items []string
		usual []string
		want  string
	}{
		{"default", table, table, ""},
		{"default in another order", []string{"me=X/me", "=X/me"}, function, ""},
		{"default given by another", []string{"me=X/you", "=X/you"}, function, ""},
		{"one more", []string{"me=arwdDxtm/me", "you=r/me"}, table, "ALL TO OWNER\nSELECT TO \"you\""},
		{"everybody", []string{"me=arwdDxtm/me", "=r/me"}, table, "ALL TO OWNER\nSELECT TO PUBLIC"},
		{"given on", []string{"me=arwdDxtm/me", "you=ar*/me"}, table, "ALL TO OWNER\nINSERT TO \"you\"\nSELECT TO \"you\" WITH GRANT OPTION"},
		{"twice", []string{"me=arwdDxtm/me", "you=r/me", "you=r*a/them"}, table, "ALL TO OWNER\nINSERT TO \"you\"\nSELECT TO \"you\" WITH GRANT OPTION"},
		{"all", []string{"me=arwdDxtm/me", "you=arwdDxtm/me"}, table, "ALL TO \"you\"\nALL TO OWNER"},
		{"nothing", nil, table, "NONE"},
		{"owner less", []string{"me=r/me"}, table, "SELECT TO OWNER"},
		{"database owner", []string{"me=X/me", "boss=X/me"}, function, "ALL TO DATABASE OWNER\nALL TO OWNER"},
		{"quoted", []string{`"a=b ""c"""=r/me`}, nil, `SELECT TO "a=b ""c"""`},
		{"unknown letter", []string{"me=Z/me"}, table, "Z TO OWNER"},
	} {
		if got := (acl{c.items, c.usual, "me"}).grants("boss"); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestSplitArray(t *testing.T) {
	for in, want := range map[string][]string{
		`{}`:                   nil,
		`{a}`:                  {"a"},
		`{a,NULL,"NULL",""}`:   {"a", "", "NULL", ""},
		`{"a,b","c\"d\\","}"}`: {"a,b", `c"d\`, "}"},
	} {
		got, err := splitArray(in)
		if err != nil || len(got) != len(want) {
			t.Fatalf("%s: got %q, %v", in, got, err)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%s: got %q, want %q", in, got, want)
			}
		}
	}
	if _, err := splitArray("x"); err == nil {
		t.Error("what is no array was read")
	}
}
