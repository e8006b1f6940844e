package lockstep

import (
	"context"
	"time"
)

// DryRun is what a rehearsal inside one transaction showed.
type DryRun struct {
	Tried    []StepResult `json:"tried"`    // ran without error and were rolled back
	NotTried []Untried    `json:"notTried"` // nothing is known of these
}

// Untried is a step that a dry run could not try.
type Untried struct {
	Step   Step   `json:"step"`
	Reason string `json:"reason"`
}

// DryRun executes the steps of a plan that can be rolled back, in one
// transaction that is rolled back, under the run's lock. It stops at the first
// step that cannot: what comes after depends on it. The error is the one that
// Apply would meet. It takes the same locks as Apply while it runs.
func (m *Migrator) DryRun(ctx context.Context, p *Plan) (*DryRun, error) {
	out := &DryRun{Tried: []StepResult{}, NotTried: []Untried{}}
	r := &run{m: m, plan: p, result: &Result{}, start: m.options.Now(), redact: newRedactor(m.options.Vars)}
	var err error
	if r.srv, err = m.Server(ctx); err != nil || p.Empty() {
		return out, err
	}
	r.ledger = m.ledger.in(r.srv)
	defer r.close(ctx)
	if err := r.acquire(ctx); err != nil {
		return out, err
	}
	if err := r.openSession(ctx); err != nil {
		return out, err
	}
	if err := r.resolve(ctx); err != nil {
		return out, err
	}
	return out, r.redact.error(r.try(ctx, out))
}

func (r *run) try(ctx context.Context, out *DryRun) error {
	if err := r.exec(ctx, append([]string{r.beginTx()}, r.m.dialect.Guard(r.srv, r.limits(Directives{}, r.m.options.LockTimeout), ScopeTransaction)...)...); err != nil {
		return r.m.describe("begin transaction", err)
	}
	defer r.rollback(ctx)
	for i, s := range r.plan.Steps {
		started := r.m.options.Now()
		reason, err := r.tryStep(ctx, s)
		if err != nil {
			return err
		}
		if reason != "" {
			out.NotTried = append(out.NotTried, Untried{s, reason})
			for _, later := range r.plan.Steps[i+1:] {
				out.NotTried = append(out.NotTried, Untried{later, "comes after " + s.ID() + ", which could not be tried"})
			}
			return nil
		}
		out.Tried = append(out.Tried, StepResult{s, r.m.options.Now().Sub(started)})
	}
	return nil
}

// whyUntried says why a step cannot be rolled back, "" if it can.
func whyUntried(s Step) string {
	switch {
	case s.migration != nil && s.migration.Go != nil:
		return "it is a Go function, which commits by itself"
	case s.Strategy != StrategyTransaction:
		return "it cannot be rolled back: " + s.Why
	}
	return ""
}

// tryStep executes a step. untried says why it could not be tried, "" if it was.
func (r *run) tryStep(ctx context.Context, s Step) (untried string, err error) {
	if s.Strategy == StrategyRecord {
		return "", nil
	}
	if reason := whyUntried(s); reason != "" {
		return reason, nil
	}
	w, err := r.load(s)
	if err != nil {
		return "", err
	}
	if w.before.to > w.before.from {
		return "it needs a session setting that has no effect inside a transaction", nil
	}
	r.m.emit(StepStarted{s, len(r.result.Done) + 1, len(r.plan.Steps)})
	for i := w.inside.from; i < w.inside.to; i++ {
		if err := r.timed(ctx, s, w, i, 1, time.Duration(0), ScopeTransaction); err != nil {
			return "", err
		}
	}
	return "", nil
}

// PlannedStatement is one statement of a step as it will run.
type PlannedStatement struct {
	SQL    string `json:"sql"` // with ${NAME} as written
	Line   int    `json:"line"`
	Alone  bool   `json:"alone"`  // outside of a transaction
	Done   bool   `json:"done"`   // by the run that was interrupted
	Number int    `json:"number"` // from 1
}

// Statements returns the statements of a step of a plan made by this
// Migrator; none for Go migrations.
func (m *Migrator) Statements(s Step) ([]PlannedStatement, error) {
	if s.script == nil || s.Strategy == StrategyRecord || (s.migration != nil && s.migration.Go != nil) {
		return nil, nil
	}
	parsed, faults := s.script.read(m.reader.Lexer())
	if len(faults) > 0 {
		return nil, &FilesError{faults}
	}
	var out []PlannedStatement
	for i, st := range parsed.statements {
		traits := m.reader.Traits(Server{Dialect: m.dialect.Name(), Lexer: m.reader.Lexer()}, st.Statement)
		out = append(out, PlannedStatement{
			SQL: st.Text, Line: st.Pos.Line, Number: i + 1, Done: i < s.Resume,
			Alone: s.Strategy == StrategyStatements && (traits.NoTransaction != "" || traits.ImplicitCommit),
		})
	}
	return out, nil
}
