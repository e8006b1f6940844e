package config

import (
	"maps"
	"time"
)

// Values are settings from one place: flags, environment, a section of the
// file. The zero value of each field means that the place says nothing.
type Values struct {
	DB               string
	DBFrom           string // where DB was given, for messages
	Dirs             []string
	Ledger           string
	LedgerSchema     string
	Timeout          *time.Duration
	LockWait         *time.Duration
	ShortLockTimeout *time.Duration
	LockBudget       *time.Duration
	LockTimeout      *time.Duration
	StatementTimeout *time.Duration
	Retries          *int
	Vars             map[string]string
	RequireDown      *bool
	ForbidDown       *bool
	RequirePlan      *bool
	ForbidDrift      *bool
	DriftIgnore      []string
}

// or returns v, with what it does not say taken from less.
func (v Values) or(less Values) Values {
	if v.DB == "" {
		v.DB, v.DBFrom = less.DB, less.DBFrom
	}
	if len(v.Dirs) == 0 {
		v.Dirs = less.Dirs
	}
	either(&v.Ledger, less.Ledger)
	either(&v.LedgerSchema, less.LedgerSchema)
	either(&v.Timeout, less.Timeout)
	either(&v.LockWait, less.LockWait)
	either(&v.ShortLockTimeout, less.ShortLockTimeout)
	either(&v.LockBudget, less.LockBudget)
	either(&v.LockTimeout, less.LockTimeout)
	either(&v.StatementTimeout, less.StatementTimeout)
	either(&v.Retries, less.Retries)
	either(&v.RequireDown, less.RequireDown)
	either(&v.ForbidDown, less.ForbidDown)
	either(&v.RequirePlan, less.RequirePlan)
	either(&v.ForbidDrift, less.ForbidDrift)
	if v.DriftIgnore == nil {
		v.DriftIgnore = less.DriftIgnore
	}
	vars := maps.Clone(less.Vars)
	if vars == nil {
		vars = map[string]string{}
	}
	maps.Copy(vars, v.Vars)
	v.Vars = vars
	return v
}

// either keeps *v unless it is zero.
func either[T comparable](v *T, less T) {
	var zero T
	if *v == zero {
		*v = less
	}
}
