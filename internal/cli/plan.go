package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/internal/view"
)

const planHelp = `Show exactly what up would run (with --down: what down would revert), without
doing it. It only reads, takes no lock, and reads every script it shows.

--out FILE saves the plan; lockstep up --plan FILE runs precisely that, and
refuses if the database or the files changed in between.`

const planExample = `  lockstep plan
  lockstep plan --sql
  lockstep plan 2 --down
  lockstep plan --out plan.json`

type planOptions struct {
	targetFlags
	down, sql bool
	out       string
}

func newPlan(a *app) *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use: "plan [N]", GroupID: groupLook, Short: "Show what up would run", Long: planHelp, Example: planExample,
		Args: atMost(1),
		RunE: a.with(func(ctx context.Context, s *config.Settings, args []string) error {
			return a.runPlan(ctx, s, o, args)
		}),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	o.add(a, cmd, "stop after `VERSION`; with --down, revert everything after it")
	cmd.Flags().BoolVar(&o.down, "down", false, "plan what down would revert")
	cmd.Flags().BoolVar(&o.sql, "sql", false, "show the statements")
	cmd.Flags().StringVar(&o.out, "out", "", "save the plan to `FILE` for up --plan")
	return cmd
}

func (a *app) runPlan(ctx context.Context, s *config.Settings, o planOptions, args []string) error {
	direction := lockstep.Up
	if o.down {
		direction = lockstep.Down
		if s.Policy.ForbidDown {
			return forbidsDown()
		}
	}
	target, err := o.target("plan", direction, args)
	if err != nil {
		return err
	}
	return a.use(s, previews, func(m *session) error {
		plan, err := m.Plan(ctx, target)
		if err != nil {
			return err
		}
		if err := checkPolicy(s.Policy, m, plan, time.Now()); err != nil {
			return err
		}
		if o.out != "" {
			if err := a.savePlan(plan, o.out); err != nil {
				return err
			}
		}
		return a.showPlan(m, plan, o)
	})
}

func (a *app) savePlan(plan *lockstep.Plan, path string) error {
	b, err := json.MarshalIndent(plan, "", "  ")
	if err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	if err := os.WriteFile(path, append(b, '\n'), 0o644); err != nil {
		return lockstep.WithHint(fmt.Errorf("write plan: %w", err), "name a file in a folder that exists and may be written")
	}
	return nil
}

// plannedStep is a step with its statements, as plan --sql --json prints it.
type plannedStep struct {
	lockstep.Step
	SQL []lockstep.PlannedStatement `json:"sql"`
}

func (a *app) showPlan(m *session, plan *lockstep.Plan, o planOptions) error {
	page := view.PlanPage{Database: m.database, Plan: plan, Next: nextAfterPlan(plan, o)}
	if o.sql {
		page.Statements = map[int][]lockstep.PlannedStatement{}
		for i, s := range plan.Steps {
			statements, err := m.Statements(s)
			if err != nil {
				return err
			}
			page.Statements[i] = statements
		}
	}
	switch {
	case a.flags.json && o.sql:
		steps := make([]plannedStep, 0, len(plan.Steps))
		for i, s := range plan.Steps {
			steps = append(steps, plannedStep{s, page.Statements[i]})
		}
		return a.printJSON(struct {
			*lockstep.Plan
			Steps []plannedStep `json:"steps"`
		}{plan, steps})
	case a.flags.json:
		return a.printJSON(plan)
	case a.flags.quiet:
		return nil
	}
	return view.Plan(a.out, a.outStyle(), page)
}

func nextAfterPlan(plan *lockstep.Plan, o planOptions) string {
	switch {
	case o.out != "":
		return fmt.Sprintf("Saved to %s. lockstep up --plan %s runs precisely this.", o.out, o.out)
	case plan.Direction == lockstep.Down:
		return "Nothing was done. lockstep down does it."
	case o.sql:
		return "Nothing was done. lockstep up does it."
	}
	return "Nothing was done. lockstep up does it; --sql shows the statements."
}
