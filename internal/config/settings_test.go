package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstepdb/lockstep"
)

const example = `
db = "sqlite:top.db"
dir = ["migrations", "more"]
ledger = "history"
ledger_schema = "ops"
timeout = "1h"
lock_wait = "0s"
lock_timeout = "2s"
lock_budget = "10s"
short_lock_timeout = "20ms"
statement_timeout = "5m"
retries = 0

[vars]
role = "app"
region = "eu"

[policy]
require_down = true

[env.production]
db = "postgres://app:${DB_PASSWORD}@db.example.com/${DB_NAME}"
dir = "production"
retries = 3

[env.production.vars]
region = "us"

[env.production.policy]
forbid_down = true
require_down = false
`

// inFolder runs the test in a folder that holds the files.
func inFolder(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
}

func resolve(t *testing.T, in Input) *Settings {
	t.Helper()
	s, err := Resolve(in)
	if err != nil {
		t.Fatalf("Resolve: %v", err)
	}
	return s
}

func TestResolveDefaults(t *testing.T) {
	inFolder(t, nil)
	s := resolve(t, Input{})
	if s.HasDatabase() || s.File != "" || s.Env != "" {
		t.Errorf("got %+v, want nothing given", s)
	}
	if diff := cmp.Diff([]string{"migrations"}, s.Dirs); diff != "" {
		t.Errorf("Dirs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(lockstep.Options{Vars: map[string]string{}}, s.Options()); diff != "" {
		t.Errorf("Options (-want +got):\n%s", diff)
	}
}

func TestResolveFile(t *testing.T) {
	inFolder(t, map[string]string{DefaultFile: example})
	s := resolve(t, Input{})
	if s.Database.Path != "top.db" || s.DBFrom != "lockstep.toml" || s.Timeout != time.Hour {
		t.Errorf("got %+v", s)
	}
	if diff := cmp.Diff(Policy{RequireDown: true}, s.Policy); diff != "" {
		t.Errorf("Policy (-want +got):\n%s", diff)
	}
	want := lockstep.Options{
		Ledger: lockstep.LedgerTable{Schema: "ops", Name: "history"}, LockWait: -1, LockTimeout: 2 * time.Second,
		LockBudget: 10 * time.Second, ShortLockTimeout: 20 * time.Millisecond, StatementTimeout: 5 * time.Minute, Retries: -1,
		Vars: map[string]string{"role": "app", "region": "eu"},
	}
	if diff := cmp.Diff(want, s.Options()); diff != "" {
		t.Errorf("Options (-want +got):\n%s", diff)
	}
}

func TestResolveEnvironment(t *testing.T) {
	inFolder(t, map[string]string{DefaultFile: example})
	s := resolve(t, Input{Env: "production", Environ: []string{"DB_PASSWORD=a@b/c?d#e%41", "DB_NAME=shop"}})
	if s.Database.Password != "a@b/c?d#e%41" || s.Database.Name != "shop" {
		t.Errorf("got %+v", s.Database)
	}
	if s.DBFrom != "lockstep.toml [env.production]" || s.Dirs[0] != "production" || s.Options().Retries != 3 {
		t.Errorf("got %+v", s)
	}
	if diff := cmp.Diff(Policy{ForbidDown: true}, s.Policy); diff != "" {
		t.Errorf("Policy (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"role": "app", "region": "us"}, s.Vars); diff != "" {
		t.Errorf("Vars (-want +got):\n%s", diff)
	}
}

func TestResolvePrecedence(t *testing.T) {
	inFolder(t, map[string]string{DefaultFile: example})
	env := []string{"DATABASE_URL=sqlite:url.db", "LOCKSTEP_DIR=e1" + string(os.PathListSeparator) + "e2", "LOCKSTEP_VAR_role=env"}
	tests := []struct {
		name       string
		in         Input
		path, from string
		dirs       string
		role       string
	}{
		{"file", Input{}, "top.db", "lockstep.toml", "migrations more", "app"},
		{"DATABASE_URL", Input{Environ: env}, "url.db", "DATABASE_URL", "e1 e2", "env"},
		{"LOCKSTEP_DB", Input{Environ: append(env, "LOCKSTEP_DB=sqlite:ls.db")}, "ls.db", "LOCKSTEP_DB", "e1 e2", "env"},
		{
			"flags",
			Input{Environ: env, Flags: Values{DB: "sqlite:flag.db", DBFrom: "--db", Dirs: []string{"f"}, Vars: map[string]string{"role": "flag"}}},
			"flag.db", "--db", "f", "flag",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := resolve(t, tt.in)
			if s.Database.Path != tt.path || s.DBFrom != tt.from || strings.Join(s.Dirs, " ") != tt.dirs || s.Vars["role"] != tt.role {
				t.Errorf("got %q from %s, dirs %v, vars %v", s.Database.Path, s.DBFrom, s.Dirs, s.Vars)
			}
		})
	}
}

func TestResolveTellsOfOverride(t *testing.T) {
	inFolder(t, map[string]string{DefaultFile: example})
	s := resolve(t, Input{Env: "production", Environ: []string{"DATABASE_URL=sqlite:url.db"}})
	want := []string{"the database is that of DATABASE_URL, which counts more than lockstep.toml [env.production]"}
	if diff := cmp.Diff(want, s.Notes); diff != "" {
		t.Errorf("Notes (-want +got):\n%s", diff)
	}
}

func TestResolvePathsFollowTheFile(t *testing.T) {
	inFolder(t, map[string]string{"deploy/ls.toml": "db = \"sqlite:app.db\"\ndir = \"m\""})
	s := resolve(t, Input{File: "deploy/ls.toml"})
	if s.Database.Path != filepath.Join("deploy", "app.db") || s.Dirs[0] != filepath.Join("deploy", "m") {
		t.Errorf("got %q and %v", s.Database.Path, s.Dirs)
	}
}

func TestResolvePassword(t *testing.T) {
	inFolder(t, map[string]string{"pw": "p@ss/word\n"})
	flags := Values{DB: "postgres://ada@h/d", DBFrom: "--db"}
	for name, in := range map[string]Input{
		"flag":          {Flags: flags, PasswordFile: "pw"},
		"variable":      {Flags: flags, Environ: []string{"LOCKSTEP_DB_PASSWORD=p@ss/word"}},
		"file variable": {Flags: flags, Environ: []string{"LOCKSTEP_DB_PASSWORD_FILE=pw"}},
	} {
		s := resolve(t, in)
		if s.Database.Password != "p@ss/word" || s.Redactor().Redact("p@ss/word") != mask {
			t.Errorf("%s: got password %q", name, s.Database.Password)
		}
	}
}

func TestTimeoutBoundsLockWait(t *testing.T) {
	inFolder(t, nil)
	for timeout, want := range map[time.Duration]time.Duration{time.Second: 900 * time.Millisecond, time.Minute: 59 * time.Second} {
		s := resolve(t, Input{Flags: Values{Timeout: &timeout}})
		if got := s.Options().LockWait; got != want {
			t.Errorf("timeout %s: LockWait %s, want %s", timeout, got, want)
		}
	}
}

func TestResolveErrors(t *testing.T) {
	tests := []struct {
		name, file string
		in         Input
		want       []string // in message and hint
	}{
		{"unknown key", "db = \"sqlite:a\"\ndirr = \"x\"", Input{}, []string{"lockstep.toml:2:", `unknown key "dirr"`, `did you mean "dir"?`}},
		{"unknown key in an environment", "[env.a]\n\nlegder = \"x\"", Input{}, []string{"lockstep.toml:3:", `unknown key "env.a.legder"`, `did you mean "ledger"?`}},
		{"unknown policy", "[policy]\nrequire_downs = true", Input{}, []string{"lockstep.toml:2:", `"policy.require_down"`}},
		{"unknown policy in an environment", "[env.a.policy]\nrequire_plans = true", Input{}, []string{"lockstep.toml:2:", `"policy.require_plan"`}},
		{"unknown section", "[polices]\nrequire_down = true", Input{}, []string{"lockstep.toml:1:", `"policy"`}},
		{"environment in an environment", "[env.a.env.b]\ndb = \"sqlite:x\"", Input{}, []string{`unknown key "env.a.env`}},
		{"nothing near", "[whatsoever]", Input{}, []string{"known keys are db, dir, drift, env, ledger"}},
		{"wrong type", "ledger = 3", Input{}, []string{"lockstep.toml:1: ledger has a value it cannot have", "a text in quotes"}},
		{"bad duration", "\nlock_wait = \"5\"", Input{}, []string{"lockstep.toml:2: lock_wait", `"30s"`}},
		{"negative duration", "timeout = \"-5s\"", Input{}, []string{"lockstep.toml:1: timeout", `"30s"`}},
		{"bad retries", "retries = \"many\"", Input{}, []string{"lockstep.toml:1:", "a number from 0 to 1000"}},
		{"bad list", "dir = [1]", Input{}, []string{"lockstep.toml:1:", "a list of them"}},
		{"bad vars", "[vars]\na = 1", Input{}, []string{"lockstep.toml:1:", "texts in quotes"}},
		{"policy is no section", "policy = true", Input{}, []string{"lockstep.toml:1:", "true or false"}},
		{"no TOML", "db = \"postgres://ada:hunter22@h/d", Input{}, []string{"lockstep.toml:1:", "no valid TOML"}},
		{"no quotes", "db = postgres://ada:hunter22@h/d", Input{}, []string{"lockstep.toml:1:", "quotes"}},
		{"twice", "ledger = \"a\"\nledger = \"b\"", Input{}, []string{"lockstep.toml:2:", "given twice"}},
		{"variable not set", "[env.a]\ndb = \"sqlite:${NO_SUCH}\"", Input{Env: "a"}, []string{"lockstep.toml:2:", "${NO_SUCH}", "export NO_SUCH"}},
		{"bad URL in file", "db = \"postgress://ada:hunter22@h\"", Input{}, []string{"read lockstep.toml:", `did you mean "postgres"?`}},
		{"bad URL in variable", "", Input{Environ: []string{"DATABASE_URL=app.db"}}, []string{"read DATABASE_URL:", "sqlite:app.db"}},
		{"unknown environment", "[env.production]\ndb = \"sqlite:a\"", Input{Env: "prodution"}, []string{`no environment "prodution"`, `did you mean "production"?`}},
		{"unknown environment, others", "[env.a]\n[env.b]", Input{Env: "zebra"}, []string{"it has a, b"}},
		{"no environments", "ledger = \"a\"", Input{Env: "production"}, []string{"[env.production]"}},
		{"no such file", "", Input{File: "other.toml"}, []string{"other.toml: cannot be read: no such file", "lockstep init"}},
		{"no password file", "", Input{PasswordFile: "nope"}, []string{"read password", "--db-password-file"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inFolder(t, map[string]string{DefaultFile: tt.file})
			_, err := Resolve(tt.in)
			if err == nil {
				t.Fatal("no error")
			}
			said := err.Error() + "\n" + lockstep.HintOf(err)
			for _, want := range tt.want {
				if !strings.Contains(said, want) {
					t.Errorf("got %q, want something with %q", said, want)
				}
			}
			if strings.Contains(said, "hunter") {
				t.Errorf("the password is in %q", said)
			}
		})
	}
}

func TestEnvironmentWithoutFile(t *testing.T) {
	inFolder(t, nil)
	if _, err := Resolve(Input{Env: "production"}); err == nil || !strings.Contains(lockstep.HintOf(err), "lockstep init") {
		t.Errorf("got %v, want a hint to lockstep init", err)
	}
}
