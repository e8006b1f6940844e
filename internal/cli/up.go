package cli

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/internal/view"
)

const upHelp = `Apply what is pending: everything, the next N migrations, or up to a version.

One run at a time changes a database; others wait until it is done. Where the
database can do it, a migration and its record commit together; otherwise every
statement is recorded, and a run that was interrupted goes on where it stopped.

With --plan it runs precisely what lockstep plan --out wrote, and refuses if the
database or the files changed since. With --dry-run it executes what can be
rolled back, rolls it back, and says what could not be tried.`

const upExample = `  lockstep up
  lockstep up 1
  lockstep up --to 20260101120000
  lockstep up --dry-run
  lockstep plan --out plan.json && lockstep up --plan plan.json`

type upOptions struct {
	targetFlags
	plan   string
	dryRun bool
}

func newUp(a *app) *cobra.Command {
	var o upOptions
	cmd := &cobra.Command{
		Use: "up [N]", Aliases: []string{"run", "migrate"}, GroupID: groupChange,
		Short: "Apply what is pending", Long: upHelp, Example: upExample, Args: atMost(1),
		RunE: a.with(func(ctx context.Context, s *config.Settings, args []string) error {
			return a.runUp(ctx, s, o, args)
		}),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	o.add(a, cmd, "stop after `VERSION`")
	cmd.Flags().StringVar(&o.plan, "plan", "", "run the plan in `FILE`")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "try it and roll it back")
	cmd.PreRunE = exclusive([]string{"plan", "dry-run"}, []string{"plan", "to"})
	return cmd
}

func (a *app) runUp(ctx context.Context, s *config.Settings, o upOptions, args []string) error {
	target, err := o.target("up", lockstep.Up, args)
	switch {
	case err != nil:
		return err
	case o.plan != "" && len(args) > 0:
		return &usageError{"--plan says already what runs", "leave out the number"}
	case s.Policy.RequirePlan && o.plan == "" && !o.dryRun:
		return refuse("up takes a reviewed plan here (policy require_plan)", "lockstep plan --out plan.json, have it reviewed, then lockstep up --plan plan.json")
	}
	if o.plan == "" && !o.dryRun && target == (lockstep.Target{Direction: lockstep.Up}) {
		if n, ok := a.upToDate(ctx, s); ok {
			return a.nothingToDo(n)
		}
	}
	how := creates
	if o.dryRun {
		how = previews
	}
	return a.use(s, how, func(m *session) error {
		if err := a.refuseDrift(ctx, s, m); err != nil {
			return err
		}
		switch {
		case o.plan != "":
			return a.applyFile(ctx, s, m, o.plan)
		case o.dryRun:
			return a.dryRun(ctx, s, m, target)
		case s.Policy.RequireDown:
			plan, err := m.Plan(ctx, target)
			if err == nil {
				err = checkPolicy(s.Policy, m, plan, time.Now())
			}
			if err != nil {
				return err
			}
		}
		result, err := m.Run(ctx, target)
		return a.finish(m, target, result, err)
	})
}

// applyFile runs a plan that was saved.
func (a *app) applyFile(ctx context.Context, s *config.Settings, m *session, path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return lockstep.WithHint(fmt.Errorf("read plan: %w", err), "lockstep plan --out FILE writes one")
	}
	plan, err := lockstep.ParsePlan(b)
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
		if lockstep.HintOf(err) == "" {
			err = lockstep.WithHint(err, "lockstep plan --out FILE writes one")
		}
		return err
	}
	if err := checkPolicy(s.Policy, m, plan, time.Now()); err != nil {
		return err
	}
	result, err := m.Apply(ctx, plan)
	return a.finish(m, lockstep.Target{Direction: plan.Direction}, result, err)
}

// finish renders what a run did.
func (a *app) finish(m *session, t lockstep.Target, result *lockstep.Result, err error) error {
	m.quieten()
	if err != nil {
		return err
	}
	for _, n := range result.Notes {
		a.note(n.Message)
	}
	if a.flags.json {
		if result.Done == nil {
			result.Done = []lockstep.StepResult{}
		}
		return a.printJSON(result)
	}
	if err := a.answer("%s\n", a.summary(m, t, result)); err != nil {
		return err
	}
	if n := a.run.deferred(); n > 0 {
		return a.answer("%s.\n", view.Deferred(n))
	}
	return nil
}

// summary is the answer of a run in one sentence.
func (a *app) summary(m *session, t lockstep.Target, r *lockstep.Result) string {
	ups, downs, records := 0, 0, 0
	for _, d := range r.Done {
		switch {
		case d.Step.Direction == lockstep.Down:
			downs++
		case d.Step.Strategy == lockstep.StrategyRecord:
			records++
		default:
			ups++
		}
	}
	took := view.Duration(r.Duration - r.Waited)
	switch {
	case downs > 0 && ups > 0:
		return fmt.Sprintf("Reverted %d and applied %s in %s.", downs, view.Count(ups, "migration"), took)
	case downs > 0:
		return fmt.Sprintf("Reverted %s in %s.", view.Count(downs, "migration"), took)
	case records > 0 && ups == 0:
		return fmt.Sprintf("Recorded %s in %s; nothing had to run.", view.Count(records, "baseline"), took)
	case ups > 0:
		return fmt.Sprintf("Applied %s in %s.", view.Count(ups, "migration"), took)
	case t.Direction == lockstep.Down:
		return "Nothing to revert."
	case t.Steps > 0 || t.To != "":
		return "Nothing to do: the database is there already."
	}
	return view.NothingToDo(&lockstep.Plan{Direction: lockstep.Up, Applied: m.Set().Len()})
}
