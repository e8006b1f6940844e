package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/internal/view"
)

const baselineHelp = `Record every migration up to and including VERSION as applied, without running
it: for a database that has these changes already when lockstep is introduced.
The reason is kept in the ledger.`

// recordAnswer is what baseline and repair print with --json.
type recordAnswer struct {
	Recorded []recorded `json:"recorded"`
}

type recorded struct {
	Seq       int64              `json:"seq"`
	Event     lockstep.EventKind `json:"event"`
	Repair    string             `json:"repair,omitempty"`
	Migration string             `json:"migration"`
	Reason    string             `json:"reason"`
}

func newBaseline(a *app) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "baseline VERSION", GroupID: groupTend, Short: "Record migrations as applied without running them", Long: baselineHelp,
		Example: `  lockstep baseline 20260101120000 --reason "production had these before lockstep"`, Args: atMost(1),
		RunE: a.with(func(ctx context.Context, s *config.Settings, args []string) error {
			if len(args) == 0 {
				return &usageError{"lockstep baseline takes a version", "the last one that the database has already: lockstep baseline 20260101120000"}
			}
			if err := needReason(reason); err != nil {
				return err
			}
			return a.use(s, creates, func(m *session) error {
				entries, err := m.Baseline(ctx, lockstep.Version(args[0]), reason)
				m.quieten()
				if err != nil {
					return err
				}
				return a.answerRecorded(entries, "Recorded "+view.Count(len(entries), "migration")+" as applied. Nothing was run.")
			})
		}),
		ValidArgsFunction: a.versionArgument,
	}
	cmd.Flags().StringVar(&reason, "reason", "", "the `TEXT` that says why, for the record")
	return cmd
}

func needReason(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return &usageError{"a reason is required", `say why, for the record: --reason "…"`}
	}
	return nil
}

// answerRecorded tells what was written into the ledger.
func (a *app) answerRecorded(entries []lockstep.Entry, text string) error {
	if !a.flags.json {
		return a.answer("%s\n", text)
	}
	answer := recordAnswer{Recorded: []recorded{}}
	for _, e := range entries {
		r := recorded{Seq: e.Seq, Event: e.Event, Migration: e.ID(), Reason: e.Reason}
		if e.Event == lockstep.EntryRepaired {
			r.Repair = string(e.Direction)
		}
		answer.Recorded = append(answer.Recorded, r)
	}
	return a.printJSON(answer)
}
