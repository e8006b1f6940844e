package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/lockstepdb/lockstep"
)

// DefaultDir holds the migrations when nothing else is said.
const DefaultDir = "migrations"

// Input is where settings come from.
type Input struct {
	Flags        Values
	File         string // --config; "" = DefaultFile if it exists
	Env          string // --env
	PasswordFile string // --db-password-file
	Environ      []string
}

// Settings is what a command was told, with everything taken into account.
type Settings struct {
	Database     Database // zero when no database was given
	DBFrom       string   // where the database was given; "" = nowhere
	Dirs         []string
	Ledger       lockstep.LedgerTable
	Timeout      time.Duration // 0 = none
	Vars         map[string]string
	Policy       Policy
	DriftIgnore  []string // what does not count as drift, as words
	File         string   // configuration file that was read, "" if none
	Env          string   // environment that was chosen, "" if none
	Notes        []string // what a person should know about where settings came from
	lockWait     time.Duration
	lockBudget   time.Duration
	shortLock    time.Duration
	lockTimeout  time.Duration
	statement    time.Duration
	retries      int
	extraSecrets []string
}

// Policy is what a team does not want to be done.
type Policy struct {
	RequireDown bool
	ForbidDown  bool
	RequirePlan bool
	ForbidDrift bool
}

// HasDatabase reports whether a database was given.
func (s *Settings) HasDatabase() bool { return s.DBFrom != "" }

// Redactor returns one that knows the secrets of the settings.
func (s *Settings) Redactor(more ...string) *Redactor {
	d := s.Database
	public := []string{d.User, d.Name, d.Scheme, d.Path, "lockstep"}
	for _, h := range d.Hosts {
		public = append(public, h.Name, h.Port)
	}
	return NewRedactor(slices.Concat(d.Secrets(), s.extraSecrets, more), public...)
}

// Options returns the library's options for the settings.
func (s *Settings) Options() lockstep.Options {
	o := lockstep.Options{
		Ledger: s.Ledger, Vars: s.Vars,
		LockWait: s.lockWait, LockBudget: s.lockBudget, ShortLockTimeout: s.shortLock,
		LockTimeout: s.lockTimeout, StatementTimeout: s.statement, Retries: s.retries,
	}
	if s.Timeout > 0 && (o.LockWait == 0 || o.LockWait > s.Timeout) {
		// Give up the wait in time to say who holds the lock.
		o.LockWait = s.Timeout - min(s.Timeout/10, time.Second)
	}
	return o
}

// Resolve merges what flags, environment and file say: a flag counts more than
// the environment, that more than the file's section of the chosen
// environment, and that more than its top.
func Resolve(in Input) (*Settings, error) {
	env := environment(in.Environ)
	file, err := in.file(env)
	if err != nil {
		return nil, err
	}
	chosen, name, err := in.section(file, env)
	if err != nil {
		return nil, err
	}
	s := &Settings{Env: name}
	fromEnv := environmentValues(env)
	v := in.Flags.or(fromEnv).or(chosen)
	if file != nil {
		s.File = file.Path
		v = v.or(file.Top)
	}
	s.noteOverride(in, chosen, v)
	s.take(v)
	if err := s.takeDatabase(v, file, env); err != nil {
		return nil, err
	}
	return s, s.takePassword(in, env)
}

func environment(environ []string) map[string]string {
	env := map[string]string{}
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		if delete(env, name); value != "" { // the last one counts, and an empty one is none
			env[name] = value
		}
	}
	return env
}

// environmentValues reads the variables that are settings.
func environmentValues(env map[string]string) Values {
	v := Values{Ledger: env["LOCKSTEP_LEDGER"], Vars: map[string]string{}}
	for _, name := range []string{"LOCKSTEP_DB", "DATABASE_URL"} {
		if v.DB == "" && env[name] != "" {
			v.DB, v.DBFrom = env[name], name
		}
	}
	if dirs := env["LOCKSTEP_DIR"]; dirs != "" {
		v.Dirs = filepath.SplitList(dirs)
	}
	for name, value := range env {
		if short, ok := strings.CutPrefix(name, "LOCKSTEP_VAR_"); ok && short != "" {
			v.Vars[short] = value
		}
	}
	return v
}

func (in Input) file(env map[string]string) (*File, error) {
	path := in.File
	if path == "" {
		path = env["LOCKSTEP_CONFIG"]
	}
	if path != "" {
		return ReadFile(path)
	}
	if _, err := os.Lstat(DefaultFile); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return ReadFile(DefaultFile)
}

// section returns the values of the chosen environment.
func (in Input) section(file *File, env map[string]string) (Values, string, error) {
	name := in.Env
	if name == "" {
		name = env["LOCKSTEP_ENV"]
	}
	switch {
	case name == "":
		return Values{}, "", nil
	case file == nil:
		return Values{}, "", lockstep.WithHint(
			fmt.Errorf("there is no environment %q, because there is no %s", name, DefaultFile),
			"lockstep init writes one; name it with --config if it has another name")
	}
	v, ok := file.Envs[name]
	if !ok {
		return Values{}, "", unknownEnv(file, name)
	}
	return v, name, nil
}

func unknownEnv(file *File, name string) error {
	names := slices.Sorted(maps.Keys(file.Envs))
	e := &FileError{Path: file.Path, Msg: fmt.Sprintf("has no environment %q", name)}
	switch near := lockstep.Nearest(name, names); {
	case near != "":
		e.Way = fmt.Sprintf("did you mean %q?", near)
	case len(names) > 0:
		e.Way = "it has " + strings.Join(names, ", ")
	default:
		e.Way = "add a section [env." + name + "] with its db"
	}
	return e
}

// noteOverride tells when an environment was asked for by name but the
// database comes from somewhere else.
func (s *Settings) noteOverride(in Input, chosen, v Values) {
	if in.Env != "" && in.Flags.DB == "" && chosen.DB != "" && v.DBFrom != chosen.DBFrom {
		s.Notes = append(s.Notes, fmt.Sprintf("the database is that of %s, which counts more than %s", v.DBFrom, chosen.DBFrom))
	}
}

func (s *Settings) take(v Values) {
	s.Dirs = v.Dirs
	if len(s.Dirs) == 0 {
		s.Dirs = []string{DefaultDir}
	}
	s.Ledger = lockstep.LedgerTable{Schema: v.LedgerSchema, Name: v.Ledger}
	s.Vars = v.Vars
	s.Timeout = orZero(v.Timeout)
	s.lockWait, s.lockBudget = noneIfZero(v.LockWait), noneIfZero(v.LockBudget)
	s.shortLock, s.lockTimeout, s.statement = orZero(v.ShortLockTimeout), orZero(v.LockTimeout), orZero(v.StatementTimeout)
	s.retries = noneIfZero(v.Retries)
	s.Policy = Policy{orZero(v.RequireDown), orZero(v.ForbidDown), orZero(v.RequirePlan), orZero(v.ForbidDrift)}
	s.DriftIgnore = v.DriftIgnore
	for name, value := range v.Vars {
		if isSecretName(name) {
			s.extraSecrets = append(s.extraSecrets, value)
		}
	}
}

func orZero[T any](v *T) T {
	if v == nil {
		var zero T
		return zero
	}
	return *v
}

// noneIfZero turns a zero that was given into the -1 by which the library's
// options mean "none": their own zero is the default.
func noneIfZero[T time.Duration | int](v *T) T {
	switch {
	case v == nil:
		return 0
	case *v == 0:
		return -1
	}
	return *v
}

// takeDatabase reads the database URL.
func (s *Settings) takeDatabase(v Values, file *File, env map[string]string) error {
	if v.DB == "" {
		return nil
	}
	raw := v.DB
	fromFile := file != nil && strings.HasPrefix(v.DBFrom, file.Path)
	if fromFile {
		var err error
		if raw, err = expand(file, v, env); err != nil {
			return err
		}
	}
	d, err := ParseURL(raw)
	if err != nil {
		return fmt.Errorf("read %s: %w", v.DBFrom, err)
	}
	if fromFile && d.Scheme == SQLite && !d.InMemory() && !filepath.IsAbs(d.Path) {
		d.Path = filepath.Join(filepath.Dir(file.Path), d.Path)
	}
	s.Database, s.DBFrom = d, v.DBFrom
	return nil
}

// takePassword reads a password that is given apart from the URL.
func (s *Settings) takePassword(in Input, env map[string]string) error {
	path := in.PasswordFile
	if path == "" && env["LOCKSTEP_DB_PASSWORD"] != "" {
		s.setPassword(env["LOCKSTEP_DB_PASSWORD"])
		return nil
	}
	if path == "" {
		path = env["LOCKSTEP_DB_PASSWORD_FILE"]
	}
	if path == "" {
		return nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return lockstep.WithHint(fmt.Errorf("read password: %w", err), "--db-password-file names a file that holds the password and nothing else")
	}
	s.setPassword(strings.TrimRight(string(b), "\r\n"))
	return nil
}

func (s *Settings) setPassword(password string) {
	s.extraSecrets = append(s.extraSecrets, password)
	if s.Database.Scheme != SQLite {
		s.Database.Password, s.Database.HasPassword = password, true
	}
}
