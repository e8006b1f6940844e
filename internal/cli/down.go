package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/internal/view"
)

const downHelp = `Revert the last migration, the last N, or everything after a version (--to 0
reverts all), by their .down.sql, latest first.

A migration without a down is never "reverted" by doing nothing: it is an error
that says so, before anything is done. If the files are gone (an older program
runs), the down that the ledger kept is used.

At a terminal it shows what will be reverted and asks; --yes answers.`

const downExample = `  lockstep down
  lockstep down 2
  lockstep down --to 20260101120000
  lockstep down --dry-run`

type downOptions struct {
	targetFlags
	dryRun, yes bool
}

func newDown(a *app) *cobra.Command {
	var o downOptions
	cmd := &cobra.Command{
		Use: "down [N]", Aliases: []string{"revert", "rollback"}, GroupID: groupChange,
		Short: "Revert the last migrations", Long: downHelp, Example: downExample, Args: atMost(1),
		RunE: a.with(func(ctx context.Context, s *config.Settings, args []string) error {
			target, err := o.target("down", lockstep.Down, args)
			if err != nil {
				return err
			}
			return a.revert(ctx, s, target, o)
		}),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	o.add(a, cmd, "revert everything after `VERSION`, which stays applied; 0 reverts all")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "try it and roll it back")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	return cmd
}

// revert carries out down and redo.
func (a *app) revert(ctx context.Context, s *config.Settings, target lockstep.Target, o downOptions) error {
	if s.Policy.ForbidDown && !o.dryRun {
		return forbidsDown()
	}
	return a.use(s, changes, func(m *session) error {
		if o.dryRun {
			return a.dryRun(ctx, s, m, target)
		}
		if o.yes || !isTerminal(a.std.In) || !isTerminal(a.std.Err) {
			result, err := m.Run(ctx, target)
			return a.finish(m, target, result, err)
		}
		plan, err := a.askFor(ctx, s, m, target)
		if err != nil {
			return err
		}
		result, err := m.Apply(ctx, plan)
		return a.finish(m, target, result, err)
	})
}

// errDeclined is the answer no.
var errDeclined = errors.New("the question was not answered with yes")

// askFor shows what would be done and asks whether to do it.
func (a *app) askFor(ctx context.Context, s *config.Settings, m *session, target lockstep.Target) (*lockstep.Plan, error) {
	plan, err := m.Plan(ctx, target)
	if err != nil || plan.Empty() {
		return plan, err
	}
	if err := checkPolicy(s.Policy, m, plan, time.Now()); err != nil {
		return nil, err
	}
	if err := view.Plan(a.err, a.errStyle(), view.PlanPage{Database: m.database, Plan: plan}); err != nil {
		return nil, err
	}
	yes, err := a.confirm(ctx, fmt.Sprintf("\n%s? What they added, and the rows in it, will be gone.", view.Intent(plan)))
	if err == nil && !yes {
		a.tell("Nothing was done.\n")
		err = &saidError{errDeclined}
	}
	return plan, err
}
