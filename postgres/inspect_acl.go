package postgres

import (
	"slices"
	"strings"
)

// noGrants is the value of AttrGrants where everything was revoked.
const noGrants = "NONE"

// allPrivileges stands for all that an owner has by default, so that a
// privilege that only newer servers know makes no difference.
const allPrivileges = "ALL"

// acl is an access control list as the server prints it (aclitem[]), the one
// that the object would have by default, and its owner.
type acl struct {
	items, usual []string
	owner        string
}

// grant is one entry: privileges as letters.
type grant struct {
	grantee     string // "" = PUBLIC
	with, plain []string
}

// grants returns the value of AttrGrants: "" if the list is the default.
// database is the database's owner.
func (a acl) grants(database string) string {
	usual := readGrants(a.usual)
	full := ""
	for _, g := range usual {
		if g.grantee == a.owner {
			full = strings.Join(g.plain, ", ")
		}
	}
	now, was := a.lines(readGrants(a.items), full, database), a.lines(usual, full, database)
	switch {
	case slices.Equal(now, was):
		return ""
	case len(now) == 0:
		return noGrants
	}
	return joinLines(now)
}

func (a acl) lines(grants []grant, full, database string) []string {
	var lines []string
	for _, g := range grants {
		to := " TO " + a.grantee(g.grantee, database)
		for _, l := range []struct {
			privileges []string
			option     string
		}{{g.plain, ""}, {g.with, " WITH GRANT OPTION"}} {
			text := strings.Join(l.privileges, ", ")
			switch text {
			case "":
				continue
			case full:
				text = allPrivileges
			}
			lines = append(lines, text+to+l.option)
		}
	}
	slices.Sort(lines)
	return lines
}

// grantee names who has a privilege. Roles stand in quotes, the others do not:
// databases of different owners are to be compared.
func (a acl) grantee(role, database string) string {
	switch role {
	case "":
		return "PUBLIC"
	case a.owner:
		return "OWNER"
	case database:
		return "DATABASE OWNER"
	}
	return dialect{}.Quote(role)
}

// readGrants merges entries by grantee: who granted is not part of a schema.
func readGrants(items []string) []grant {
	var all []grant
	for _, item := range items {
		who, letters := cutGrantee(item)
		i := slices.IndexFunc(all, func(g grant) bool { return g.grantee == who })
		if i < 0 {
			all, i = append(all, grant{grantee: who}), len(all)
		}
		all[i].add(letters)
	}
	for i := range all {
		all[i].with, all[i].plain = distinct(all[i].with), distinct(all[i].plain)
		all[i].plain = slices.DeleteFunc(all[i].plain, func(p string) bool { return slices.Contains(all[i].with, p) })
	}
	return all
}

func (g *grant) add(letters string) {
	for i := range len(letters) {
		switch {
		case letters[i] == '*':
		case i+1 < len(letters) && letters[i+1] == '*':
			g.with = append(g.with, privilege(letters[i]))
		default:
			g.plain = append(g.plain, privilege(letters[i]))
		}
	}
}

func distinct(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}

// cutGrantee reads an aclitem: grantee=letters/grantor.
func cutGrantee(item string) (who, letters string) {
	if strings.HasPrefix(item, `"`) {
		end := 1
		var b strings.Builder
		for ; end < len(item); end++ {
			if item[end] == '"' {
				if end+1 >= len(item) || item[end+1] != '"' {
					break
				}
				end++
			}
			b.WriteByte(item[end])
		}
		who, item = b.String(), item[min(end+1, len(item)):]
	} else {
		i := max(strings.IndexByte(item, '='), 0)
		who, item = item[:i], item[i:]
	}
	letters, _, _ = strings.Cut(strings.TrimPrefix(item, "="), "/")
	return who, letters
}

// privilege names the letter of an aclitem; one that is not known stands for itself.
func privilege(letter byte) string {
	switch letter {
	case 'a':
		return "INSERT"
	case 'r':
		return "SELECT"
	case 'w':
		return "UPDATE"
	case 'd':
		return "DELETE"
	case 'D':
		return "TRUNCATE"
	case 'x':
		return "REFERENCES"
	case 't':
		return "TRIGGER"
	case 'X':
		return "EXECUTE"
	case 'U':
		return "USAGE"
	case 'C':
		return "CREATE"
	case 'T':
		return "TEMPORARY"
	case 'c':
		return "CONNECT"
	case 'm':
		return "MAINTAIN"
	}
	return string(letter)
}
