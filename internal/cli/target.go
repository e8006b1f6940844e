package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
)

// targetFlags say how far up and down go.
type targetFlags struct{ to string }

func (t *targetFlags) add(a *app, cmd *cobra.Command, usage string) {
	cmd.Flags().StringVar(&t.to, "to", "", usage)
	_ = cmd.RegisterFlagCompletionFunc("to", a.completeVersions) // the flag exists
}

// target reads [N | --to VERSION].
func (t *targetFlags) target(cmd string, d lockstep.Direction, args []string) (lockstep.Target, error) {
	n, err := number(cmd, args)
	if err != nil {
		return lockstep.Target{}, err
	}
	if n > 0 && t.to != "" {
		return lockstep.Target{}, &usageError{"a number and --to are two ways to say how far", "give one of them"}
	}
	if d == lockstep.Down && n == 0 && t.to == "" {
		n = 1
	}
	return lockstep.Target{Direction: d, Steps: n, To: lockstep.Version(t.to)}, nil
}

// checkPolicy refuses what lockstep.toml forbids.
func checkPolicy(p config.Policy, m *session, plan *lockstep.Plan, now time.Time) error {
	for _, s := range plan.Steps {
		if s.Direction == lockstep.Down && p.ForbidDown {
			return forbidsDown()
		}
		if s.Direction == lockstep.Up && p.RequireDown && s.Kind != lockstep.KindRepeatable {
			if err := requireDown(m.Set(), s, now); err != nil {
				return err
			}
		}
	}
	return nil
}

func forbidsDown() error {
	return refuse("down and redo are forbidden here (policy forbid_down)", "go forward with a new migration: lockstep new …")
}

func refuse(msg, hint string) error {
	return lockstep.WithHint(fmt.Errorf("%w: %s", lockstep.ErrRefused, msg), hint)
}

// allowNoDown is the code by which a file says that it has no way back.
const allowNoDown = "no-down"

func requireDown(set *lockstep.Set, s lockstep.Step, now time.Time) error {
	for _, m := range set.Migrations() {
		if m.Version != s.Version || m.Name != s.Name || m.Down != nil || isAllowed(m, now) {
			continue
		}
		return refuse(fmt.Sprintf("%s has no way back (policy require_down)", m.Up.Path),
			fmt.Sprintf("write %s.down.sql, or say why there is none in the file: -- lockstep:allow %s \"reason\"", m.ID(), allowNoDown))
	}
	return nil
}

// isAllowed reports whether the migration says why it has no way back, and
// that still counts. A baseline cannot have one.
func isAllowed(m *lockstep.Migration, now time.Time) bool {
	if len(m.Replaces) > 0 {
		return true
	}
	for _, w := range m.Allow {
		if w.Code == allowNoDown && (w.Until == "" || now.UTC().Format(time.DateOnly) <= w.Until) {
			return true
		}
	}
	return false
}
