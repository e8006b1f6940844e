package lockstep

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Target says what to plan.
type Target struct {
	Direction Direction // Default Up
	Steps     int       // at most so many migrations. Default all for Up, 1 for Down
	To        Version   // up to and including, or down to but not including, this version. Default none
	Redo      bool      // revert the last Steps migrations and apply them again
}

// Strategy is how a step is carried out.
type Strategy string

// The strategies.
const (
	StrategyTransaction Strategy = "transaction" // the script and its ledger entry commit together
	StrategyStatements  Strategy = "statements"  // one statement after another, each recorded
	StrategyRecord      Strategy = "record"      // nothing runs: a baseline whose migrations are applied is recorded
)

// Plan is what will be done, in order. It is a value: print it, save it as
// JSON, review it, apply it later while its fingerprint holds.
type Plan struct {
	Format      int       `json:"format"` // of this JSON; 1
	Direction   Direction `json:"direction"`
	Steps       []Step    `json:"steps"`
	Notes       []Note    `json:"notes,omitempty"` // what a person should know
	HeadSeq     int64     `json:"headSeq"`         // the ledger entry it was computed from; 0 = empty ledger
	HeadChain   string    `json:"headChain,omitempty"`
	Fingerprint string    `json:"fingerprint"`       // over everything that must not move
	Created     time.Time `json:"created"`           // UTC
	Applied     int       `json:"alreadyApplied"`    // migrations of the set that are applied
	Ahead       []string  `json:"ahead,omitempty"`   // applied by newer code: unknown to these files
	Deferred    int       `json:"deferred,omitzero"` // pending migrations beyond the target

	history *history
}

// Step is one script to run.
type Step struct {
	Direction  Direction `json:"direction"`
	Version    Version   `json:"version"`
	Name       string    `json:"name"`
	Kind       Kind      `json:"kind"`
	Phase      Phase     `json:"phase,omitempty"`
	File       string    `json:"file"` // "ledger" when the text comes from there
	Checksum   string    `json:"checksum"`
	Strategy   Strategy  `json:"strategy"`
	Why        string    `json:"why,omitempty"` // why not in a transaction
	Statements int       `json:"statements"`
	Resume     int       `json:"resume,omitempty"` // statements done by an interrupted run
	Resuming   bool      `json:"resuming,omitempty"`

	migration *Migration
	script    *Script
}

// Note is something a person should know about a plan.
type Note struct {
	ID      string `json:"migration,omitempty"`
	Message string `json:"message"`
}

// ID returns the migration's version_name.
func (s Step) ID() string { return joinID(s.Version, s.Name) }

func (s Step) key() key { return key{s.Version, s.Name} }

// Empty reports whether there is nothing to do.
func (p *Plan) Empty() bool { return len(p.Steps) == 0 }

// runsSomething reports whether a step does more than to record.
func (p *Plan) runsSomething() bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Strategy != StrategyRecord })
}

// seal computes the fingerprint.
func (p *Plan) seal() {
	h := sha256.New()
	fmt.Fprintf(h, "%d %d %s\n", p.Format, p.HeadSeq, p.HeadChain)
	for _, s := range p.Steps {
		fmt.Fprintf(h, "%q %q %q %q %q %d\n", s.Direction, s.Version, s.Name, s.Checksum, s.Strategy, s.Resume)
	}
	p.Fingerprint = hex.EncodeToString(h.Sum(nil))
}

// ParsePlan reads a plan that was saved as JSON. The error says what is wrong
// with it; a plan whose content does not match its fingerprint is refused.
func ParsePlan(b []byte) (*Plan, error) {
	var p Plan
	if err := json.Unmarshal(b, &p); err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	if p.Format != planFormat {
		return nil, WithHint(fmt.Errorf("read plan: format %d is not known", p.Format), "make the plan again with this version: lockstep plan --out FILE")
	}
	want := p.Fingerprint
	if p.seal(); p.Fingerprint != want {
		return nil, WithHint(fmt.Errorf("read plan: its content does not match its fingerprint"), "make the plan again: lockstep plan --out FILE")
	}
	return &p, nil
}

const planFormat = 1

// Result is what a run did.
type Result struct {
	Done     []StepResult  `json:"done"`
	Waited   time.Duration `json:"waited,omitzero"` // for another run's lock, in nanoseconds
	Duration time.Duration `json:"duration"`
	Notes    []Note        `json:"notes,omitempty"`
}

// StepResult is a step that is complete.
type StepResult struct {
	Step     Step          `json:"step"`
	Duration time.Duration `json:"duration"` // nanoseconds
}
