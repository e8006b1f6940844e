package cli

import (
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/lockstepdb/lockstep/internal/config"
)

func parsed(t *testing.T, url string) config.Database {
	t.Helper()
	d, err := config.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestPostgresDSN lets the driver read what is written for it.
func TestPostgresDSN(t *testing.T) {
	d := parsed(t, `postgres://a%27da:p%27w%5C%20@h1:1,[::1]/my%20db?sslmode=disable&search_path=a,b`)
	c, err := pgx.ParseConfig(postgresDSN(d))
	if err != nil {
		t.Fatal(err)
	}
	got := []any{c.User, c.Password, c.Host, c.Port, c.Database, c.RuntimeParams["search_path"], c.Fallbacks[0].Host, c.Fallbacks[0].Port}
	want := []any{"a'da", `p'w\ `, "h1", uint16(1), "my db", "a,b", "::1", uint16(5432)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSQLiteDSN(t *testing.T) {
	tests := []struct {
		url  string
		how  access
		want string
	}{
		{"sqlite:app.db", reads, "file:app.db?mode=rw&_pragma=busy_timeout(5000)"},
		{"sqlite:app.db", creates, "file:app.db?mode=rwc&_pragma=busy_timeout(5000)"},
		{"sqlite:/var/a%3Fb%23c%25.db", changes, "file:///var/a%3Fb%23c%25.db?mode=rw&_pragma=busy_timeout(5000)"},
		{"sqlite::memory:", creates, "file::memory:?_pragma=busy_timeout(5000)"},
		{"sqlite:a.db?mode=ro&_pragma=busy_timeout(7)", reads, "file:a.db?mode=ro&_pragma=busy_timeout%287%29"},
	}
	for _, tt := range tests {
		if got := sqliteDSN(parsed(t, tt.url), tt.how); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.url, got, tt.want)
		}
	}
}

func TestMySQLEncryption(t *testing.T) {
	tests := map[string]string{
		"mysql://h/d": "", "mysql://h/d?tls=skip-verify": "skip-verify", "mysql://h/d?ssl-mode=DISABLED": "false",
		"mysql://h/d?ssl-mode=PREFERRED": "preferred", "mysql://h/d?ssl-mode=REQUIRED": "skip-verify",
		"mysql://h/d?ssl-mode=VERIFY_CA": "true", "mysql://h/d?sslmode=verify-full": "true",
	}
	for url, want := range tests {
		c := mysql.NewConfig()
		d := parsed(t, url)
		c.TLSConfig = d.Param("tls")
		if err := encrypt(c, d); err != nil || c.TLSConfig != want || c.TLS != nil {
			t.Errorf("%s: TLSConfig %q, %v; want %q", url, c.TLSConfig, err, want)
		}
	}
}
