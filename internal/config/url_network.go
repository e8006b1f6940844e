package config

import (
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

const ambiguousHint = "write the characters @ : / # ? % of the password as %40 %3A %2F %23 %3F %25, or give it apart with LOCKSTEP_DB_PASSWORD or --db-password-file"

// parseNetwork reads what follows "scheme:" in //user:password@host/name?params.
func parseNetwork(scheme, rest string) (Database, error) {
	rest, ok := strings.CutPrefix(rest, "//")
	if !ok {
		return Database{Scheme: scheme}, &URLError{"the database URL lacks // after its kind", "write " + scheme + "://user:password@host/database"}
	}
	plain, raw := readings(scheme, rest)
	switch {
	case plain != nil && (len(raw) == 0 || plain.User != "" || plain.HasPassword || plain.Name != ""):
		return plain.finish()
	case plain == nil && len(raw) == 1:
		return raw[0].finish()
	case plain != nil || len(raw) > 1:
		return Database{Scheme: scheme}, &URLError{"the database URL can be read in more than one way", ambiguousHint}
	}
	return Database{Scheme: scheme}, &URLError{"the database URL cannot be read: " + whyNot(rest), unreadableHint(rest)}
}

// readings returns the one reading in which the first of / ? # ends user,
// password and host, as the standard has it, nil if it makes no sense, and
// all readings in which the password holds such characters as they are.
func readings(scheme, rest string) (plain *Database, raw []*Database) {
	if d, ok := parseAfterUser(scheme, rest); ok {
		plain = d
	}
	for i := range len(rest) {
		if rest[i] != '@' {
			continue
		}
		user, password, hasPassword := strings.Cut(rest[:i], ":")
		special := strings.IndexAny(rest[:i], "/?#")
		if special >= 0 && special <= len(user) {
			continue // in the user's name, or before a password: no URL
		}
		d, ok := parseAfterUser(scheme, rest[i+1:])
		if !ok {
			continue
		}
		d.User, d.Password, d.HasPassword = unescape(user), unescape(password), hasPassword
		if special < 0 {
			plain = d
		} else {
			raw = append(raw, d)
		}
	}
	return plain, raw
}

// parseAfterUser reads host[:port][,…][/name][?params].
func parseAfterUser(scheme, s string) (*Database, bool) {
	d := &Database{Scheme: scheme}
	s, ok := d.parseAddress(s)
	if !ok {
		return nil, false
	}
	path, query, _ := strings.Cut(s, "?")
	if path != "" && path[0] != '/' {
		return nil, false
	}
	name := strings.TrimPrefix(path, "/")
	if strings.ContainsAny(name, "/@#") {
		return nil, false
	}
	d.Name = unescape(name)
	d.Params, ok = parseParams(query)
	return d, ok && !strings.ContainsRune(d.Name, 0)
}

// parseAddress reads the address s begins with and returns what follows it.
func (d *Database) parseAddress(s string) (rest string, ok bool) {
	if inner, ok := strings.CutPrefix(s, "unix("); ok {
		d.Socket, rest, ok = strings.Cut(inner, ")")
		return rest, ok && d.Socket != ""
	}
	end := strings.IndexAny(s, "/?#")
	if end < 0 {
		end = len(s)
	}
	address, rest := s[:end], s[end:]
	if inner, ok := strings.CutPrefix(address, "tcp("); ok {
		address, ok = strings.CutSuffix(inner, ")")
		if !ok {
			return "", false
		}
	}
	if address == "" {
		return rest, true
	}
	if path := unescape(address); strings.HasPrefix(path, "/") {
		d.Socket = path
		return rest, !strings.ContainsRune(path, 0)
	}
	for one := range strings.SplitSeq(address, ",") {
		h, ok := parseHost(one)
		if !ok {
			return "", false
		}
		d.Hosts = append(d.Hosts, h)
	}
	return rest, len(d.Hosts) == 1 || d.Scheme == Postgres
}

// parseHost reads name, name:port, [address] or [address]:port.
func parseHost(s string) (h Host, ok bool) {
	var rest string
	if strings.HasPrefix(s, "[") {
		if h.Name, rest, ok = strings.Cut(s[1:], "]"); !ok {
			return h, false
		}
		h.Name = unescape(h.Name)
		address, _, _ := strings.Cut(h.Name, "%") // the zone of fe80::1%eth0
		if net.ParseIP(address) == nil {
			return h, false
		}
	} else {
		end := strings.IndexByte(s+":", ':')
		h.Name, rest = s[:end], s[end:]
		if !isHostName(h.Name) {
			return h, false
		}
	}
	if rest == "" {
		return h, true
	}
	h.Port = rest[1:]
	n, err := strconv.ParseUint(h.Port, 10, 16)
	return h, rest[0] == ':' && err == nil && n > 0
}

func isHostName(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		isLetter := 'a' <= c && c <= 'z' || c >= utf8.RuneSelf
		if !isLetter && !strings.ContainsRune("0123456789-._", rune(s[i])) {
			return false
		}
	}
	return s != ""
}

// parseParams reads key=value&key=value.
func parseParams(query string) ([]Param, bool) {
	var params []Param
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		key, value, found := strings.Cut(part, "=")
		if !found || !isParamName(key) {
			return nil, false
		}
		params = append(params, Param{key, unescape(value)})
	}
	return params, true
}

func isParamName(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && s[i] != '_' && (i == 0 || !strings.ContainsRune("0123456789-.", rune(s[i]))) {
			return false
		}
	}
	return s != ""
}

// finish gives the parameters that are parts of the address their place, as
// libpq does.
func (d Database) finish() (Database, error) {
	var kept []Param
	for _, p := range d.Params {
		switch {
		case p.Key == "socket" && d.Scheme != Postgres:
			d.Socket = p.Value
		case p.Key == "password":
			d.Password, d.HasPassword = p.Value, true
		case p.Key == "user":
			d.User = p.Value
		case p.Key == "dbname":
			d.Name = p.Value
		case p.Key == "host" && strings.HasPrefix(p.Value, "/"):
			d.Socket = p.Value
		default:
			kept = append(kept, p)
		}
	}
	d.Params = kept
	if strings.ContainsRune(d.User+d.Password+d.Name+d.Socket, 0) {
		return Database{Scheme: d.Scheme}, &URLError{"the database URL holds a NUL byte", "remove %00 from it"}
	}
	return d, nil
}

// unescape decodes every %XX that is one and leaves other % as they are.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := url.PathUnescape(s[i : i+3]); err == nil {
				b.WriteString(c)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// whyNot finds the likely reason why no reading makes sense, without quoting.
func whyNot(rest string) string {
	after := rest[strings.LastIndexByte(rest, '@')+1:]
	address, _, _ := strings.Cut(after, "/")
	address, query, _ := strings.Cut(address, "?")
	switch {
	case strings.Count(address, ":") > 1 && !strings.Contains(address, "["):
		return "an IPv6 address needs brackets"
	case strings.Contains(after, "?") && !strings.Contains(query, "="):
		return "its parameters are not of the form key=value"
	case strings.Contains(address, ":"):
		return "host or port are not valid"
	}
	return "user, password, host and database name cannot be told apart"
}

func unreadableHint(rest string) string {
	if strings.Contains(whyNot(rest), "IPv6") {
		return "write the host as [2001:db8::1]:5432"
	}
	return ambiguousHint
}
