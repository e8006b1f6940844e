package sqlite

import (
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

func TestEscapes(t *testing.T) {
	for text, want := range map[string]bool{
		"attach 'other.db' AS o":       true,
		"VACUUM INTO 'copy.db'":        true,
		"VACUUM main INTO 'copy.db'":   true,
		"VACUUM":                       false,
		"CREATE TABLE attach (id INT)": false,
	} {
		st, err := sqltext.Split(text, lexer())
		if err != nil || len(st) != 1 {
			t.Fatalf("%s: %d statements, %v", text, len(st), err)
		}
		if got := (dialect{}).Escapes(lockstep.Server{}, st[0]); (got != "") != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}
