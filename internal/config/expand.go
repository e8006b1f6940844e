package config

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// expand replaces ${NAME} in the file's database URL from the environment. A
// value that stands for user or password may hold any character: it is taken
// as it is, not as a part of a URL.
func expand(file *File, v Values, env map[string]string) (string, error) {
	pattern := regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)
	template := v.DB
	credentials := credentialsOf(template)
	var out strings.Builder
	last := 0
	for _, m := range pattern.FindAllStringSubmatchIndex(template, -1) {
		name := template[m[2]:m[3]]
		value, ok := env[name]
		if !ok {
			path := append(envPath(v.DBFrom), "db")
			return "", &FileError{
				Path: file.Path, Line: file.line(path), Msg: fmt.Sprintf("db names ${%s}, which is not set in the environment", name),
				Way: "set it: export " + name + "=…",
			}
		}
		if credentials.holds(m[0]) {
			value = strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
		}
		out.WriteString(template[last:m[0]] + value)
		last = m[1]
	}
	return out.String() + template[last:], nil
}

// envPath returns the keys of the section named in "lockstep.toml [env.x]".
func envPath(from string) []string {
	_, section, ok := strings.Cut(from, " [")
	if !ok {
		return nil
	}
	return strings.SplitN(strings.TrimSuffix(section, "]"), ".", 2)
}

type credentials struct{ from, to int }

func (c credentials) holds(i int) bool { return c.from <= i && i < c.to }

// credentialsOf finds the part between :// and the last @.
func credentialsOf(template string) credentials {
	from := strings.Index(template, "://")
	if from < 0 {
		return credentials{}
	}
	return credentials{from, strings.LastIndexByte(template, '@')}
}
