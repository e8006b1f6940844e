package mysql

import (
	"path"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/sqltext"
)

// readRights reports what the server may keep from this user without an error:
// it lists only those tables, triggers, events and routines that one has a
// privilege for. SHOW GRANTS tells the privileges of the user and of the roles
// that are active. Checked on MySQL 9.7 and MariaDB 10.11.
func (s *inspection) readRights() error {
	list, err := s.rows("SHOW GRANTS")
	if err != nil {
		return nil //nolint:nilerr // who may not read that is told by the definitions that cannot be read
	}
	if s.srv.Flavor == flavorMariaDB {
		public, _ := s.rows("SHOW GRANTS FOR PUBLIC") // an error where there is no such role: nothing comes from it
		list = append(list, public...)
	}
	var grants []grant
	for _, row := range list {
		grants = append(grants, s.readGrant(row[0]))
	}
	for _, database := range s.databases {
		s.reportHidden(database, grants)
	}
	return nil
}

// grant is one line of SHOW GRANTS.
type grant struct {
	revoked    bool // for one database, of what is granted on all
	privileges []string
	database   string // a pattern; "*" for all
	object     string // "*" for all
}

// readGrant reads a line; the zero grant if it grants nothing on objects.
// Privileges on some columns only do not count.
func (s *inspection) readGrant(line string) grant {
	r := &reader{tokens: definitionTokens(line, s.lexer)}
	g := grant{revoked: r.accept("REVOKE")}
	if !g.revoked && !r.accept("GRANT") {
		return grant{}
	}
	start := r.pos
	for !r.done() && !r.is("ON") {
		if r.group() == nil {
			r.pos++
		}
	}
	for _, privilege := range splitList(r.from(start)) {
		g.privileges = append(g.privileges, strings.ToUpper(plain(privilege, "")))
	}
	if !r.accept("ON") {
		return grant{}
	}
	r.acceptAny("TABLE", "FUNCTION", "PROCEDURE", "PACKAGE", "LIBRARY")
	g.database = nameOrStar(r.next())
	if r.acceptOp(".") {
		g.object = nameOrStar(r.next())
	}
	return g
}

func nameOrStar(t token) string {
	if t.kind == sqltext.QuotedIdent {
		return unquote(t.text)
	}
	return t.text
}

// covers reports whether the line says something about all objects of the
// database.
func (g grant) covers(database string) bool {
	if g.object != "*" {
		return false
	}
	if g.database == "*" || g.database == database {
		return true
	}
	matched, err := path.Match(strings.NewReplacer(`\_`, "_", `\%`, "%", "_", "?", "%", "*", "*", `\*`, "?", `\?`, "[", `\[`).Replace(g.database), database)
	return err == nil && matched
}

// may reports whether one of the privileges is held for the whole database.
func may(grants []grant, database string, privileges ...string) bool {
	held := map[string]bool{}
	for _, revoked := range []bool{false, true} {
		for _, g := range grants {
			if g.revoked != revoked || !g.covers(database) {
				continue
			}
			for _, p := range g.privileges {
				held[p] = !revoked
			}
		}
	}
	return held["ALL PRIVILEGES"] || held["ALL"] || slices.ContainsFunc(privileges, func(p string) bool { return held[p] })
}

func (s *inspection) reportHidden(database string, grants []grant) {
	routines := []string{"CREATE ROUTINE", "ALTER ROUTINE", "EXECUTE", "SHOW CREATE ROUTINE", "SHOW_ROUTINE"}
	for _, h := range []struct {
		what, kind string
		unread     schema.Kind // "" if some may have been read
		privileges []string
	}{
		{"tables", "TABLE", "", []string{
			"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "REFERENCES", "INDEX", "ALTER", "CREATE VIEW", "SHOW VIEW", "TRIGGER",
		}},
		{"triggers", "TRIGGER", schema.KindTrigger, []string{"TRIGGER"}},
		{"events", "EVENT", schema.KindEvent, []string{"EVENT"}},
		{"routines", "FUNCTION", schema.KindRoutine, routines},
	} {
		if may(grants, database, h.privileges...) || h.kind == "FUNCTION" && s.readsRoutines(grants) {
			continue
		}
		s.unknown = append(s.unknown, schema.Unknown{
			What: schema.Hidden, Kind: h.unread, Name: h.what + " (GRANT " + s.privilege(h.kind, database) + " TO " + s.definer + ")",
		})
	}
}

// readsRoutines reports whether the user may read the routines of all databases.
func (s *inspection) readsRoutines(grants []grant) bool {
	if s.srv.Flavor == flavorMySQL {
		return slices.ContainsFunc(grants, func(g grant) bool { return g.database == "*" && slices.Contains(g.privileges, "SELECT") })
	}
	return may(grants, "mysql", "SELECT") || slices.ContainsFunc(grants, func(g grant) bool {
		return g.database == "mysql" && g.object == "proc" && slices.Contains(g.privileges, "SELECT")
	})
}
