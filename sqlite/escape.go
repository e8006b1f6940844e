package sqlite

import (
	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// Escapes tells of ATTACH and VACUUM INTO, which reach for other files.
func (dialect) Escapes(_ lockstep.Server, st sqltext.Statement) string {
	w := words(sqltext.Words(st.Text, lexer(), 4))
	switch {
	case w.at(0) == "ATTACH":
		return "it opens another database file"
	case w.at(0) == "VACUUM" && (w.at(1) == "INTO" || w.at(2) == "INTO"):
		return "it writes another database file"
	}
	return ""
}
