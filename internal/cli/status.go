package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/internal/view"
)

const statusHelp = `Show where a database stands: every migration with its state, when it was
applied, by whom and how long it took, and one line that sums it up.

It reads the ledger with one query, needs no right to write and takes no lock.
With --check the exit code is 3 when work is pending and 6 when files and ledger
contradict each other: for deployments and readiness checks.`

// statusAnswer is what status prints with --json.
type statusAnswer struct {
	Database string `json:"database"`
	*lockstep.Status
}

func newStatus(a *app) *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use: "status", Aliases: []string{"info"}, GroupID: groupLook, Short: "Show where a database stands", Long: statusHelp,
		Example: "  lockstep status\n  lockstep status --check --quiet\n  lockstep status --json", Args: atMost(0),
		RunE: a.with(noArguments(func(ctx context.Context, s *config.Settings) error {
			return a.use(s, reads, func(m *session) error { return a.runStatus(ctx, m, check) })
		})),
	}
	cmd.Flags().BoolVar(&check, "check", false, "exit with 3 when work is pending, 6 when history differs")
	return cmd
}

func (a *app) runStatus(ctx context.Context, m *session, check bool) error {
	status, err := m.Status(ctx)
	if err != nil {
		return err
	}
	if status.Rows == nil {
		status.Rows = []lockstep.StatusRow{}
	}
	switch {
	case a.flags.json:
		err = a.printJSON(statusAnswer{m.database, status})
	case !a.flags.quiet:
		err = view.Status(a.out, a.outStyle(), m.database, status, time.Now())
	}
	switch {
	case err != nil || !check:
		return err
	case status.Faults > 0:
		return &saidError{lockstep.ErrHistory}
	case status.Pending > 0:
		return &saidError{errPending}
	}
	return nil
}
