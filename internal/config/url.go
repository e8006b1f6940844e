package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep"
)

// The schemes of database URLs.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
	MySQL    = "mysql"
	MariaDB  = "mariadb"
)

// Database is a database URL taken apart. Every part is decoded.
type Database struct {
	Scheme      string // SQLite, Postgres, MySQL or MariaDB
	Path        string // SQLite: the file, or ":memory:"
	User        string
	Password    string
	HasPassword bool   // false: none was given, which is not the same as an empty one
	Hosts       []Host // none: the server on this machine; PostgreSQL may have several
	Socket      string // Unix socket, or for PostgreSQL the folder it is in
	Name        string // name of the database on its server
	Params      []Param
}

// Host is one address of a server.
type Host struct {
	Name string // host name or address, without the brackets of IPv6
	Port string // "" = the server's usual one
}

// Param is one parameter of a URL. They keep their order: SQLite runs pragmas
// in the order given.
type Param struct{ Key, Value string }

// URLError says what is wrong with a database URL. It quotes nothing of it,
// because what cannot be read may be a password.
type URLError struct {
	Msg string
	Way string // the way out
}

// Error returns the reason.
func (e *URLError) Error() string { return e.Msg }

// Hint returns how to write it instead.
func (e *URLError) Hint() string { return e.Way }

const urlForms = "write sqlite:app.db, postgres://user:password@host:5432/database, mysql://… or mariadb://…"

// ParseURL takes a database URL apart. Passwords may hold any character as
// %XX, and also @ : / # ? and % as they are, as long as only one reading of
// the URL makes sense. The error is a *URLError.
func ParseURL(raw string) (Database, error) {
	raw = strings.TrimSpace(raw)
	if i := strings.IndexFunc(raw, func(r rune) bool { return r < ' ' || r == 0x7f }); i >= 0 {
		return Database{}, &URLError{"the database URL holds a control character", "remove it, or write it as %XX"}
	}
	scheme, rest, found := strings.Cut(raw, ":")
	d := Database{Scheme: strings.ToLower(scheme)}
	switch {
	case raw == "":
		return d, &URLError{"the database URL is empty", urlForms}
	case !found || !isScheme(scheme):
		return d, noScheme(raw)
	case d.Scheme == "postgresql":
		d.Scheme = Postgres
	}
	switch d.Scheme {
	case SQLite:
		return d, d.parseSQLite(rest)
	case Postgres, MySQL, MariaDB:
		return parseNetwork(d.Scheme, rest)
	}
	return d, unknownScheme(d.Scheme)
}

func isScheme(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && (i == 0 || !strings.ContainsRune("0123456789+-.", rune(s[i]))) {
			return false
		}
	}
	return s != ""
}

func noScheme(raw string) error {
	if !strings.ContainsAny(raw, "@:() ") { // a path, and no secret
		return &URLError{"the database URL does not say which kind of database it is", "for a SQLite file write sqlite:" + raw}
	}
	return &URLError{"the database URL does not begin with a kind of database", urlForms}
}

func unknownScheme(scheme string) error {
	known := []string{SQLite, Postgres, "postgresql", MySQL, MariaDB}
	e := &URLError{"the database URL begins with a kind of database that is not known", urlForms}
	switch {
	case len(scheme) > 20:
	case scheme == "file":
		e.Way = "for a SQLite file write sqlite:PATH"
	case scheme == "jdbc":
		e.Way = `leave out "jdbc:" and write user and password before the host: ` + urlForms
	case slices.Contains([]string{"pg", "pgx", "pgx5", "psql"}, scheme):
		e.Way = "write postgres://…"
	default:
		if near := lockstep.Nearest(scheme, known); near != "" {
			e.Msg = fmt.Sprintf("the database URL begins with %q, which is not a known kind of database", scheme)
			e.Way = fmt.Sprintf("did you mean %q? %s", near, urlForms)
		}
	}
	return e
}

// parseSQLite reads what follows "sqlite:": PATH, //PATH, :memory:, each with
// ?key=value&… at the end.
func (d *Database) parseSQLite(rest string) error {
	rest = strings.TrimPrefix(rest, "//")
	path, query, _ := strings.Cut(rest, "?")
	d.Path = unescape(path)
	if d.Path == "" {
		return &URLError{"the database URL names no file", "write sqlite:app.db, or sqlite::memory: for a database that is gone when the command ends"}
	}
	if strings.ContainsRune(d.Path, 0) {
		return &URLError{"the path of the database file holds a NUL byte", "remove %00 from the database URL"}
	}
	params, ok := parseParams(query)
	if !ok {
		return &URLError{"the parameters of the database URL cannot be read", "write them as ?key=value&key=value; a ? in the file's name is %3F"}
	}
	d.Params = params
	return nil
}

// InMemory reports whether the database lives in memory only.
func (d Database) InMemory() bool {
	return d.Scheme == SQLite && (d.Path == ":memory:" || d.Param("mode") == "memory")
}

// Param returns the last value of a parameter, "" if it is not there.
func (d Database) Param(key string) string {
	for _, p := range slices.Backward(d.Params) {
		if p.Key == key {
			return p.Value
		}
	}
	return ""
}

// String returns the URL as it may be shown: without password and parameters.
func (d Database) String() string {
	if d.Scheme == SQLite {
		return SQLite + ":" + d.Path
	}
	var s strings.Builder
	s.WriteString(d.Scheme + "://")
	if d.User != "" {
		s.WriteString(url.User(d.User).String() + "@")
	}
	s.WriteString(d.address())
	if d.Name != "" {
		s.WriteString("/" + url.PathEscape(d.Name))
	}
	return s.String()
}

// address returns host:port, host1:port1,host2:port2, or the socket.
func (d Database) address() string {
	if d.Socket != "" {
		return "unix(" + d.Socket + ")"
	}
	all := make([]string, 0, len(d.Hosts))
	for _, h := range d.Hosts {
		all = append(all, h.String())
	}
	if len(all) == 0 {
		return "localhost"
	}
	return strings.Join(all, ",")
}

// String returns host:port, with brackets around IPv6 addresses.
func (h Host) String() string {
	s := h.Name
	if strings.Contains(s, ":") {
		s = "[" + s + "]"
	}
	if h.Port != "" {
		s += ":" + h.Port
	}
	return s
}

// Secrets returns the values that must not be shown, as they are and as the
// URL spells them.
func (d Database) Secrets() []string {
	var secrets []string
	if d.Password != "" {
		secrets = append(secrets, d.Password)
	}
	for _, p := range d.Params {
		if isSecretName(p.Key) && p.Value != "" {
			secrets = append(secrets, p.Value)
		}
	}
	return secrets
}
