package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
)

const redoHelp = `Revert the last migration, or the last N, and apply them again: for working on
a migration that nobody else has yet.`

func newRedo(a *app) *cobra.Command {
	var o downOptions
	cmd := &cobra.Command{
		Use: "redo [N]", GroupID: groupChange, Short: "Revert the last migrations and apply them again", Long: redoHelp,
		Example: "  lockstep redo\n  lockstep redo 2", Args: atMost(1),
		RunE: a.with(func(ctx context.Context, s *config.Settings, args []string) error {
			n, err := number("redo", args)
			if err != nil {
				return err
			}
			return a.revert(ctx, s, lockstep.Target{Direction: lockstep.Down, Steps: max(n, 1), Redo: true}, o)
		}),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	return cmd
}
