package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Key is a key that lockstep.toml may hold, at the top or in an [env.NAME]
// section.
type Key struct {
	Name string // "db", "policy.require_down"
	Doc  string // one line
	set  func(v *Values, value any) bool
	want string // what it takes, for messages
}

// Keys lists every key in the order in which they are documented.
func Keys() []Key {
	return []Key{
		{"db", "database URL; ${NAME} is replaced from the environment", text(func(v *Values) *string { return &v.DB }), "a text in quotes"},
		{"dir", "folder with migrations, or a list of folders", setDirs, "a text in quotes or a list of them"},
		{"ledger", "name of the ledger table", text(func(v *Values) *string { return &v.Ledger }), "a text in quotes"},
		{"ledger_schema", "schema (MySQL: database) of the ledger table", text(func(v *Values) *string { return &v.LedgerSchema }), "a text in quotes"},
		{"timeout", "limit for a whole command", span(func(v *Values) **time.Duration { return &v.Timeout }), wantSpan},
		{"lock_wait", "how long a run waits for another run to end", span(func(v *Values) **time.Duration { return &v.LockWait }), wantSpan},
		{"short_lock_timeout", "how long a statement may queue for a strong lock while others queue behind it", span(func(v *Values) **time.Duration { return &v.ShortLockTimeout }), wantSpan},
		{"lock_budget", "how long a statement keeps trying with short waits", span(func(v *Values) **time.Duration { return &v.LockBudget }), wantSpan},
		{"lock_timeout", "lock timeout once the budget is used up", span(func(v *Values) **time.Duration { return &v.LockTimeout }), wantSpan},
		{"statement_timeout", "limit for one statement", span(func(v *Values) **time.Duration { return &v.StatementTimeout }), wantSpan},
		{"retries", "how often work is tried again when nothing was done", setRetries, "a number from 0 to 1000"},
		{"vars", "values of ${NAME} in files that name them", setVars, "a section of texts in quotes"},
		{"policy.require_down", "every new migration needs a way back", flag(func(v *Values) **bool { return &v.RequireDown }), "true or false"},
		{"policy.forbid_down", "down and redo are refused", flag(func(v *Values) **bool { return &v.ForbidDown }), "true or false"},
		{"policy.require_plan", "up takes a plan file that was reviewed", flag(func(v *Values) **bool { return &v.RequirePlan }), "true or false"},
		{"policy.forbid_drift", "up is refused while the schema differs from what the ledger records", flag(func(v *Values) **bool { return &v.ForbidDrift }), "true or false"},
		{"drift.ignore", "what does not count as drift: order, owner, grants, comments", setDriftIgnore, "a list of these words in quotes"},
	}
}

const wantSpan = `a duration in quotes, such as "30s" or "5m"`

func text(field func(*Values) *string) func(*Values, any) bool {
	return func(v *Values, value any) bool {
		s, ok := value.(string)
		*field(v) = s
		return ok && s != ""
	}
}

func flag(field func(*Values) **bool) func(*Values, any) bool {
	return func(v *Values, value any) bool {
		b, ok := value.(bool)
		*field(v) = &b
		return ok
	}
}

func span(field func(*Values) **time.Duration) func(*Values, any) bool {
	return func(v *Values, value any) bool {
		s, ok := value.(string)
		d, err := time.ParseDuration(s)
		*field(v) = &d
		return ok && err == nil && d >= 0
	}
}

func setRetries(v *Values, value any) bool {
	n, ok := value.(int64)
	i := int(n)
	v.Retries = &i
	return ok && 0 <= n && n <= 1000
}

func setDirs(v *Values, value any) bool {
	switch value := value.(type) {
	case string:
		v.Dirs = []string{value}
		return value != ""
	case []any:
		for _, one := range value {
			s, ok := one.(string)
			if !ok || s == "" {
				return false
			}
			v.Dirs = append(v.Dirs, s)
		}
		return len(v.Dirs) > 0
	}
	return false
}

func setDriftIgnore(v *Values, value any) bool {
	list, ok := value.([]any)
	for _, one := range list {
		s, isText := one.(string)
		if !isText {
			return false
		}
		v.DriftIgnore = append(v.DriftIgnore, s)
	}
	return ok
}

func setVars(v *Values, value any) bool {
	section, ok := value.(map[string]any)
	if !ok {
		return false
	}
	v.Vars = map[string]string{}
	for name, one := range section {
		s, ok := one.(string)
		if !ok {
			return false
		}
		v.Vars[name] = s
	}
	return true
}

// isSection reports whether keys stand in a section of that name.
func isSection(name string) bool {
	return slices.ContainsFunc(Keys(), func(k Key) bool { return strings.HasPrefix(k.Name, name+".") })
}

// keyNames lists the names that may stand in a table: "" is the top or an
// environment, "policy" a section.
func keyNames(table string) []string {
	names := map[string]bool{}
	for _, k := range Keys() {
		section, name, nested := strings.Cut(k.Name, ".")
		switch {
		case !nested && table == "":
			names[k.Name] = true
		case nested && table == "":
			names[section] = true
		case nested && table == section:
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func (k Key) wrong() string { return fmt.Sprintf("%s has a value it cannot have", k.Name) }
