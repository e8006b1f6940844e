package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/internal/view"
)

// dryRun tries a run and rolls it back.
func (a *app) dryRun(ctx context.Context, s *config.Settings, m *session, target lockstep.Target) error {
	plan, err := m.Plan(ctx, target)
	if err != nil {
		return err
	}
	if err := checkPolicy(s.Policy, m, plan, time.Now()); err != nil {
		return err
	}
	tried, err := m.DryRun(ctx, plan)
	m.quieten()
	if err != nil {
		return fmt.Errorf("dry run: %w", err)
	}
	switch {
	case a.flags.json:
		return a.printJSON(tried)
	case plan.Empty():
		return a.answer("%s\n", view.NothingToDo(plan))
	case a.flags.quiet:
		return nil
	}
	return view.DryRun(a.out, a.outStyle(), tried)
}
