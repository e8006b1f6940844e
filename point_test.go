package lockstep

import (
	"strings"
	"testing"
)

func TestPointed(t *testing.T) {
	const near = "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near "
	for _, c := range []struct{ message, text, at string }{ // ^ is before the place in at; without it, the beginning
		{`near "SELEKT": syntax error`, "INSERT INTO a SELEKT 1", "INSERT INTO a ^SELEKT 1"},
		{`near ")": syntax error`, "CREATE TABLE a (b INT(2), )", "CREATE TABLE a (b INT(2), )"},
		{`near ")": syntax error`, "CREATE TABLE a (b INT, )", "CREATE TABLE a (b INT, ^)"},
		{`no such table: main.user`, "CREATE INDEX users_email ON user (email)", "CREATE INDEX users_email ON ^user (email)"},
		{`table a has no column named emial`, "CREATE INDEX i ON a (emial)", "CREATE INDEX i ON a (^emial)"},
		{`column "emial" does not exist`, "CREATE INDEX i ON a (Emial)", "CREATE INDEX i ON a (^Emial)"},
		{`column "emial" does not exist`, "CREATE INDEX emial ON a (emial)", "CREATE INDEX emial ON a (emial)"},
		{`relation "a" already exists`, "CREATE TABLE a (id INT)", "CREATE TABLE ^a (id INT)"},
		{`Unknown data type: 'varchr'`, "CREATE TABLE a (b varchr(2))", "CREATE TABLE a (b ^varchr(2))"},
		{`Table 'shop.b' doesn't exist`, "INSERT INTO b VALUES (1)", "INSERT INTO ^b VALUES (1)"},
		{near + "'varchr(20)\n)' at line 2", "CREATE TABLE a (\n  b varchr(20)\n)", "CREATE TABLE a (\n  b ^varchr(20)\n)"},
		{near + "')' at line 2", "CREATE TABLE a (b INT(2),\n)", "CREATE TABLE a (b INT(2),\n^)"},
		{near + "'''x' at line 1", "SELECT '' 1 ''x", "SELECT '' 1 ^''x"},
		{near + "'' at line 1", "SELECT (1", "SELECT (1"},
		{`near "error": syntax error`, "SELECT error error", "SELECT error error"},
		{"disk I/O error", "SELECT error", "SELECT error"},
		{`column "größe" does not exist`, "SELECT İ, größe", "SELECT İ, ^größe"},
	} {
		want := max(strings.Index(c.at, "^"), 0)
		if got := pointed(c.message, c.text); got != want {
			t.Errorf("%s: %d in %q, want %d", c.message, got, c.text, want)
		}
	}
}
