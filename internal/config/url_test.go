package config

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseURL(t *testing.T) {
	one := func(name, port string) []Host { return []Host{{name, port}} }
	tests := []struct {
		name string
		url  string
		want Database
	}{
		{"sqlite relative", "sqlite:app.db", Database{Scheme: SQLite, Path: "app.db"}},
		{"sqlite memory", "sqlite::memory:", Database{Scheme: SQLite, Path: ":memory:"}},
		{"sqlite absolute", "sqlite:///var/lib/app.db", Database{Scheme: SQLite, Path: "/var/lib/app.db"}},
		{"sqlite absolute, one slash", "sqlite:/var/lib/app.db", Database{Scheme: SQLite, Path: "/var/lib/app.db"}},
		{"sqlite two slashes", "sqlite://data/app.db", Database{Scheme: SQLite, Path: "data/app.db"}},
		{"sqlite odd names", "sqlite:a b#c%3Fd%.db", Database{Scheme: SQLite, Path: "a b#c?d%.db"}},
		{
			"sqlite pragmas keep their order", "sqlite:app.db?_pragma=foreign_keys(1)&mode=rw&_pragma=busy_timeout(100)",
			Database{Scheme: SQLite, Path: "app.db", Params: []Param{{"_pragma", "foreign_keys(1)"}, {"mode", "rw"}, {"_pragma", "busy_timeout(100)"}}},
		},
		{"scheme in capitals", "SQLite:app.db", Database{Scheme: SQLite, Path: "app.db"}},
		{"postgres", "postgres://ada:pw@db.example.com:5432/shop", network(Postgres, "ada", "pw", "db.example.com", "5432", "shop")},
		{"postgresql", "postgresql://ada:pw@db.example.com:5432/shop", network(Postgres, "ada", "pw", "db.example.com", "5432", "shop")},
		{"mysql", "mysql://root@127.0.0.1:3306/", Database{Scheme: MySQL, User: "root", Hosts: one("127.0.0.1", "3306")}},
		{"mariadb", "mariadb://root:@localhost/shop", Database{Scheme: MariaDB, User: "root", HasPassword: true, Hosts: one("localhost", ""), Name: "shop"}},
		{"no user", "postgres://localhost/shop", Database{Scheme: Postgres, Hosts: one("localhost", ""), Name: "shop"}},
		{"nothing but the kind", "postgres:///", Database{Scheme: Postgres}},
		{"IPv6", "postgres://ada:pw@[2001:db8::1]:5433/shop", network(Postgres, "ada", "pw", "2001:db8::1", "5433", "shop")},
		{"IPv6 with zone", "postgres://ada:pw@[fe80::1%25eth0]/shop", network(Postgres, "ada", "pw", "fe80::1%eth0", "", "shop")},
		{
			"several hosts", "postgres://ada:pw@a:1,b:2,c/shop?target_session_attrs=read-write",
			Database{
				Scheme: Postgres, User: "ada", Password: "pw", HasPassword: true, Name: "shop",
				Hosts: []Host{{"a", "1"}, {"b", "2"}, {"c", ""}}, Params: []Param{{"target_session_attrs", "read-write"}},
			},
		},
		{"postgres socket", "postgres://ada@/shop?host=/run/postgresql", Database{Scheme: Postgres, User: "ada", Name: "shop", Socket: "/run/postgresql"}},
		{"postgres socket as host", "postgres://ada@%2Frun%2Fpostgresql/shop", Database{Scheme: Postgres, User: "ada", Name: "shop", Socket: "/run/postgresql"}},
		{"mysql socket", "mysql://root:pw@/shop?socket=/run/mysqld/mysqld.sock", Database{Scheme: MySQL, User: "root", Password: "pw", HasPassword: true, Name: "shop", Socket: "/run/mysqld/mysqld.sock"}},
		{"mysql socket as the driver has it", "mysql://root:pw@unix(/run/my.sock)/shop", Database{Scheme: MySQL, User: "root", Password: "pw", HasPassword: true, Name: "shop", Socket: "/run/my.sock"}},
		{"mysql address as the driver has it", "mysql://root:pw@tcp(db:3307)/shop", network(MySQL, "root", "pw", "db", "3307", "shop")},
		{"parameters", "postgres://h/d?sslmode=verify-full&options=-c%20a%3Db+c", Database{Scheme: Postgres, Hosts: one("h", ""), Name: "d", Params: []Param{{"sslmode", "verify-full"}, {"options", "-c a=b+c"}}}},
		{"parameter with @", "postgres://u:p@h/d?application_name=me@home", func() Database {
			d := network(Postgres, "u", "p", "h", "", "d")
			d.Params = []Param{{"application_name", "me@home"}}
			return d
		}()},
		{"parameter with @ and no user", "postgres://h:5432/d?application_name=me@home", Database{Scheme: Postgres, Hosts: one("h", "5432"), Name: "d", Params: []Param{{"application_name", "me@home"}}}},
		{"user and password as parameters", "postgres:///d?user=u&password=a%26b", Database{Scheme: Postgres, User: "u", Password: "a&b", HasPassword: true, Name: "d"}},
		{"user with @", "postgres://ada@tenant:pw@h/d", network(Postgres, "ada@tenant", "pw", "h", "", "d")},
		{"database with escapes", "postgres://u:p@h/a%2Fb%20c", network(Postgres, "u", "p", "h", "", "a/b c")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseURL(tt.url)
			if err != nil {
				t.Fatalf("ParseURL(%q): %v", tt.url, err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("ParseURL(%q) (-want +got):\n%s", tt.url, diff)
			}
		})
	}
}

func network(scheme, user, password, host, port, name string) Database {
	return Database{Scheme: scheme, User: user, Password: password, HasPassword: true, Hosts: []Host{{host, port}}, Name: name}
}

// nastyPasswords are written into URLs as they are and as %XX.
func nastyPasswords() []string {
	return []string{
		"p@ss", "p:ss", "p/ss", "p#ss", "p?ss", "100%", "%", "%zz", "a@b@c", "@", "@@", ":", "::", "/", "//", "?", "#", "##",
		"a/b@c", "1/2", "123/x", "12?b", "a?b=c#d", `q"uote`, `it's`, `back\slash`, "sp ace", "a&b=c", "ünïcødé", "日本", "$HOME", "${X}", "a+b",
		"[x]", "(x)", "unix(/x)", "<x>", "`x`", "x;y", "x,y", "!$&'()*+,;=:@", "correct horse battery staple",
	}
}

func TestParseURLPasswords(t *testing.T) {
	for _, password := range nastyPasswords() {
		for _, scheme := range []string{Postgres, MySQL, MariaDB} {
			for _, tail := range []string{"h:1234/shop", "h/shop", "[::1]:9/shop", "h", "10.0.0.1/shop?a=b"} {
				want, err := ParseURL(scheme + "://ada:x@" + tail)
				if err != nil {
					t.Fatalf("ParseURL with a plain password before %s: %v", tail, err)
				}
				want.Password = password
				escaped := strings.ReplaceAll(url.QueryEscape(password), "+", "%20")
				got, err := ParseURL(scheme + "://ada:" + escaped + "@" + tail)
				if diff := cmp.Diff(want, got); diff != "" || err != nil {
					t.Errorf("password %q escaped before %s: error %v (-want +got):\n%s", password, tail, err, diff)
				}
				// As it is, a password is read right or not at all.
				got, err = ParseURL(scheme + "://ada:" + password + "@" + tail)
				if diff := cmp.Diff(want, got); diff != "" || err != nil {
					t.Errorf("password %q as it is before %s: error %v (-want +got):\n%s", password, tail, err, diff)
				}
			}
		}
	}
}

func TestParseURLErrors(t *testing.T) {
	tests := []struct {
		name, url string
		want      string // in message or hint
	}{
		{"empty", "", "is empty"},
		{"space", "  ", "is empty"},
		{"a path", "app.db", "sqlite:app.db"},
		{"a driver's DSN", "ada:hunter22@tcp(db)/shop", "write sqlite:app.db"},
		{"no slashes", "postgres:ada:hunter22@h/d", "lacks //"},
		{"misspelt", "postgress://ada:hunter22@h/d", `did you mean "postgres"?`},
		{"sqlite3", "sqlite3:app.db", `did you mean "sqlite"?`},
		{"file", "file:app.db", "sqlite:PATH"},
		{"jdbc", "jdbc:postgresql://h/d?password=hunter22", `leave out "jdbc:"`},
		{"another product", "sqlserver://ada:hunter22@h/d", "not known"},
		{"sqlite without a file", "sqlite:", "names no file"},
		{"sqlite parameters", "sqlite:a?b", "key=value"},
		{"port too big", "postgres://ada:hunter22@h:99999/d", "host or port"},
		{"port is a word", "postgres://ada:hunter22@h:port/d", "host or port"},
		{"port zero", "mysql://ada:hunter22@h:0/d", "host or port"},
		{"IPv6 without brackets", "postgres://ada:hunter22@2001:db8::1/d", "needs brackets"},
		{"no IPv6 in brackets", "postgres://ada:hunter22@[hunter22]/d", "cannot be read"},
		{"parameters without value", "postgres://ada:hunter22@h/d?hunter22", "key=value"},
		{"two readings", "postgres://ada:12?b=c@h/d", "more than one way"},
		{"two readings with a parameter", "postgres://ada:hunter/22@h/d?opt=a@b", "more than one way"},
		{"several hosts on MySQL", "mysql://ada:hunter22@a,b/d", "cannot be read"},
		{"control character", "postgres://ada:hunter22\n@h/d", "control character"},
		{"NUL", "postgres://ada:hunter22%00@h/d", "NUL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseURL(tt.url)
			var ue *URLError
			if !errors.As(err, &ue) {
				t.Fatalf("ParseURL(%q) = %v, want a *URLError", tt.url, err)
			}
			said := ue.Error() + "\n" + ue.Hint()
			if !strings.Contains(said, tt.want) {
				t.Errorf("got %q, want something with %q", said, tt.want)
			}
			if strings.Contains(said, "hunter") {
				t.Errorf("the password is in %q", said)
			}
		})
	}
}

func TestDatabaseString(t *testing.T) {
	tests := map[string]string{
		"sqlite:app.db?_pragma=foreign_keys(1)":       "sqlite:app.db",
		"postgres://ada:hunter22@h:5432/shop?x=y":     "postgres://ada@h:5432/shop",
		"postgres://h1,h2:2/shop":                     "postgres://h1,h2:2/shop",
		"mysql://root@[::1]:3306/":                    "mysql://root@[::1]:3306",
		"mysql://root:pw@/shop?socket=/run/my.sock":   "mysql://root@unix(/run/my.sock)/shop",
		"postgres:///shop?password=hunter22&user=ada": "postgres://ada@localhost/shop",
	}
	for in, want := range tests {
		d, err := ParseURL(in)
		if err != nil || d.String() != want {
			t.Errorf("ParseURL(%q).String() = %q, %v; want %q", in, d, err, want)
		}
	}
}

// FuzzParseURL holds what is true of every text: no panic, no quoting in
// errors, and what is understood can be written so that it is understood again.
func FuzzParseURL(f *testing.F) {
	for _, p := range nastyPasswords() {
		f.Add("postgres://ada:" + p + "@h:1/d?x=y")
	}
	for _, s := range []string{"sqlite:a?b=c", "mysql://u:p@unix(/s)/d", "mariadb://u@tcp([::1]:3)/", "postgres://a,b:2/c", "x:", "postgres://[::1%25e]/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		d, err := ParseURL(raw)
		if err != nil {
			var ue *URLError
			if !errors.As(err, &ue) || ue.Hint() == "" {
				t.Fatalf("ParseURL(%q) = %v, want a *URLError with a hint", raw, err)
			}
			return
		}
		again, err := ParseURL(rebuild(d))
		if diff := cmp.Diff(d, again); diff != "" || err != nil {
			t.Fatalf("ParseURL(%q) as %q: %v (-first +again):\n%s", raw, rebuild(d), err, diff)
		}
	})
}

// rebuild writes a URL with every part escaped.
func rebuild(d Database) string {
	escape := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	var s strings.Builder
	s.WriteString(d.Scheme + ":")
	if d.Scheme == SQLite {
		s.WriteString(escape(d.Path))
	} else {
		s.WriteString("//")
		if d.User != "" || d.HasPassword {
			s.WriteString(escape(d.User))
			if d.HasPassword {
				s.WriteString(":" + escape(d.Password))
			}
			s.WriteString("@")
		}
		for i, h := range d.Hosts {
			if i > 0 {
				s.WriteString(",")
			}
			s.WriteString(strings.Replace(h.String(), "%", "%25", 1))
		}
		s.WriteString("/" + escape(d.Name))
	}
	for i, p := range d.Params {
		s.WriteString(string("?&"[min(i, 1)]) + p.Key + "=" + escape(p.Value))
	}
	if d.Socket != "" {
		s.WriteString(string("?&"[min(len(d.Params), 1)]) + map[bool]string{true: "host", false: "socket"}[d.Scheme == Postgres] + "=" + escape(d.Socket))
	}
	return s.String()
}
