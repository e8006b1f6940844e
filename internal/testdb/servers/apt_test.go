package servers

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDebianMirror(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file, text, want string
	}{
		{"deb822", "sources.list.d/debian.sources", "Types: deb\n# http://old.example/debian\nURIs: http://mirror.example/debian\nSuites: bookworm\n", "http://mirror.example/debian"},
		{"one line", "sources.list", "deb [arch=amd64] https://mirror.example/debian/ bookworm main\n", "https://mirror.example/debian"},
		{"security only", "sources.list", "deb http://mirror.example/debian-security bookworm-security main\n", ""},
		{"another distribution", "sources.list", "deb http://mirror.example/ubuntu noble main\n", ""},
		{"commented out", "sources.list", "# deb http://mirror.example/debian bookworm main\n", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			etc := t.TempDir()
			path := filepath.Join(etc, test.file)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(test.text), 0o644); err != nil {
				t.Fatal(err)
			}
			got, err := debianMirror(etc)
			if got != test.want || (err == nil) != (test.want != "") {
				t.Errorf("debianMirror = %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestWantedPackages(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		want bool
	}{
		{"postgresql-15", true},
		{"libicu72", true},
		{"libllvm14", false},
		{"libjson-perl", false},
		{"libperl5.36", false},
		{"systemd", false},
	}
	for _, test := range tests {
		if got := wanted(test.name, []string{"postgresql-15"}); got != test.want {
			t.Errorf("wanted(%q) = %v, want %v", test.name, got, test.want)
		}
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	if got, want := quote("it's"), `'it'\''s'`; got != want {
		t.Errorf("quote = %s, want %s", got, want)
	}
}

// Every kind that is a server comes from a tree that exists, and so do its
// clients.
func TestEveryKindHasItsPrograms(t *testing.T) {
	t.Parallel()
	have := map[string]bool{}
	for _, p := range prefixes() {
		have[p.name] = true
	}
	for _, k := range Kinds() {
		if !have[k.Name] || !have[clientPrefix(k)] {
			t.Errorf("nothing to unpack for %s", k.Name)
		}
		if n, ok := Named(k.Name); !ok || n != k {
			t.Errorf("Named(%q) = %v, %v", k.Name, n, ok)
		}
	}
}
