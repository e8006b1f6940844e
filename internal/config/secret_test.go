package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func TestRedactor(t *testing.T) {
	for _, password := range nastyPasswords() {
		if len(password) < shortSecret {
			continue
		}
		asJSON, err := json.Marshal(map[string]string{"message": "with " + password})
		if err != nil {
			t.Fatal(err)
		}
		r := NewRedactor([]string{password})
		for _, said := range []string{
			"password " + password + " refused", fmt.Sprintf("dsn %q", password), string(asJSON),
			"postgres://ada:" + url.QueryEscape(password) + "@h", "postgres://ada:" + password + "@h/d",
			fmt.Sprintf("%s\n%s%s", password, password, password),
			"password='" + strings.ReplaceAll(password, "'", "''") + "'",
			`password='` + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(password) + `'`,
		} {
			got := r.Redact(said)
			if strings.Contains(got, password) || strings.Contains(got, url.QueryEscape(password)) {
				t.Errorf("Redact(%q) with password %q = %q", said, password, got)
			}
		}
	}
}

func TestRedactorKeepsTheRest(t *testing.T) {
	tests := []struct {
		name            string
		secrets, public []string
		in, want        string
	}{
		{"nothing known", nil, nil, "user ada: no such table", "user ada: no such table"},
		{"URL", nil, nil, "dial postgres://ada:s3cret@h/d failed", "dial postgres://ada:*****@h/d failed"},
		{"two URLs", nil, nil, "a://u:p@h b://u:q@h", "a://u:*****@h b://u:*****@h"},
		{"URL without password", nil, nil, "see https://example.com/a:b and postgres://ada@h", "see https://example.com/a:b and postgres://ada@h"},
		{"password that is the user", []string{"postgres"}, []string{"postgres"}, `user "postgres" at postgres://postgres:postgres@h`, `user "postgres" at postgres://postgres:*****@h`},
		{"short one in a word", []string{"pw"}, nil, "pw pwd (pw) pw pw", "***** pwd (*****) ***** *****"},
		{"short one, one letter", []string{"a"}, nil, "a table: a,a", "***** table: *****,*****"},
		{"one inside another", []string{"secret", "secret-long"}, nil, "secret-long secret", "***** *****"},
		{"empty", []string{""}, nil, "abc", "abc"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := NewRedactor(tt.secrets, tt.public...).Redact(tt.in); got != tt.want {
				t.Errorf("Redact(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestWriterRedacts(t *testing.T) {
	var b bytes.Buffer
	w := Writer(&b, NewRedactor([]string{"hunter22"}).Redact)
	if n, err := fmt.Fprintf(w, "it is %s!", "hunter22"); n != len("it is hunter22!") || err != nil {
		t.Errorf("Fprintf = %d, %v; want all of it", n, err)
	}
	if got := b.String(); got != "it is *****!" {
		t.Errorf("got %q", got)
	}
}

func TestSecrets(t *testing.T) {
	d, err := ParseURL("postgres://ada:hunter22@h/d?sslpassword=key+pass&sslmode=require")
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(d.Secrets()); got != "[hunter22 key+pass]" {
		t.Errorf("Secrets() = %s", got)
	}
}
