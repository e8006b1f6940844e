package postgres

import "strings"

// joinLines makes the value of an attribute that holds one thing a line. A new
// line within a thing is written \n, and a backslash \\.
func joinLines(things []string) string {
	escaped := make([]string, len(things))
	for i, t := range things {
		escaped[i] = strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(t)
	}
	return strings.Join(escaped, "\n")
}

// lines reads what joinLines wrote; nil for "".
func lines(value string) []string {
	if value == "" {
		return nil
	}
	things := strings.Split(value, "\n")
	for i, t := range things {
		things[i] = strings.NewReplacer(`\\`, `\`, `\n`, "\n").Replace(t)
	}
	return things
}
