package lockstep

import (
	"context"
	"database/sql"
	"fmt"
)

// Kind is what a migration is made of.
type Kind string

// The kinds of migrations.
const (
	KindSchema     Kind = "schema"     // SQL that changes the schema
	KindData       Kind = "data"       // SQL that changes rows
	KindRepeatable Kind = "repeatable" // SQL that runs again when its text changes
	KindGo         Kind = "go"         // a Go function
)

// Phase is when a migration may run relative to a deployment.
type Phase string

// The phases. PhaseNone is a migration that does not say.
const (
	PhaseNone     Phase = ""
	PhaseExpand   Phase = "expand"   // before the new code: only adds
	PhaseContract Phase = "contract" // after the old code is gone: removes
)

// Direction is which script of a migration runs.
type Direction string

// The directions.
const (
	Up   Direction = "up"
	Down Direction = "down"
)

// Migration is one versioned change. Version and name together identify it.
type Migration struct {
	Version Version // "" for repeatable migrations
	Name    string
	Kind    Kind
	Phase   Phase
	Up      Script
	Down    *Script // nil: irreversible
	Go      *GoMigration

	OutOfOrder string // reason why it may run after later ones; "" if it may not
	Allow      []Allowance
	Replaces   []Replaced // of a baseline: what it stands for; nil for all others
}

// ID returns "version_name", "name" for repeatables: how messages call it.
func (m *Migration) ID() string { return joinID(m.Version, m.Name) }

func joinID(v Version, name string) string {
	switch {
	case v == "":
		return name
	case name == "":
		return string(v)
	}
	return string(v) + "_" + name
}

// script returns the script of a direction, nil if there is none.
func (m *Migration) script(d Direction) *Script {
	if d == Up {
		return &m.Up
	}
	return m.Down
}

// key identifies a migration inside a history.
type key struct {
	Version Version
	Name    string
}

func (m *Migration) key() key { return key{m.Version, m.Name} }

// Script is the SQL text of one direction. The text is not kept in memory;
// Text reads it again from its source.
type Script struct {
	Path       string // for people: where the file is, or "go" for functions
	Size       int64  // bytes
	Checksum   string // "sha256:<hex>" of the text without BOM and with LF line ends; "" for a down that was not read yet
	Directives Directives

	open func() (string, error)
}

// Text reads the script. The error is [ErrPlanStale] if the text is no longer
// the one its checksum was computed from.
func (s *Script) Text() (string, error) {
	text, err := s.open()
	if err != nil {
		return "", fmt.Errorf("read %s: %w", s.Path, err)
	}
	if s.Checksum != "" && Checksum(text) != s.Checksum {
		return "", fmt.Errorf("%s changed while it was in use: %w", s.Path, ErrPlanStale)
	}
	return text, nil
}

// NewScript returns a script whose text is held by the caller.
func NewScript(path, text string, d Directives) Script {
	return Script{
		Path: path, Size: int64(len(text)), Checksum: Checksum(text), Directives: d,
		open: func() (string, error) { return text, nil },
	}
}

// Allowance is a waiver written in a migration: -- lockstep:allow CODE "reason".
type Allowance struct {
	Code   string
	Reason string
	Until  string // date as YYYY-MM-DD; "" = no end
	Line   int
}

// GoMigration is a migration written in Go. Set exactly one of UpTx and UpDB,
// and at most one of DownTx and DownDB.
type GoMigration struct {
	Version Version
	Name    string
	Phase   Phase

	// UpTx runs in the transaction that also records the migration.
	UpTx func(ctx context.Context, tx *sql.Tx) error
	// UpDB runs outside of a transaction; it must be safe to run again after
	// a crash, because it and its record cannot commit together.
	UpDB func(ctx context.Context, conn *sql.Conn) error

	DownTx func(ctx context.Context, tx *sql.Tx) error
	DownDB func(ctx context.Context, conn *sql.Conn) error

	// Revision names the function's content for the checksum: change it when
	// what the function does changes. Default "1".
	Revision string

	// OutOfOrder is the reason why it may run after later ones. Default: it may not.
	OutOfOrder string
}
