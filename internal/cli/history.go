package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/spf13/cobra"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/internal/view"
)

const historyHelp = `Print every event of the ledger, oldest first, or those of one migration.

--verify proves that the ledger is as it was written: every entry holds a hash
over itself and the one before. It names the first entry that was changed,
removed or put in between (exit code 6).

With --json it prints one JSON document on each line.`

// historyLine is what history prints for each entry with --json.
type historyLine struct {
	Seq        int64              `json:"seq"`
	Event      lockstep.EventKind `json:"event"`
	Version    lockstep.Version   `json:"version"`
	Name       string             `json:"name"`
	Kind       lockstep.Kind      `json:"kind,omitempty"`
	Direction  lockstep.Direction `json:"direction,omitempty"`
	Statement  int                `json:"statement,omitempty"`
	Statements int                `json:"statements,omitempty"`
	Checksum   string             `json:"checksum,omitempty"`
	Schema     string             `json:"schema,omitempty"` // fingerprint
	Started    time.Time          `json:"started"`
	Finished   time.Time          `json:"finished"`
	Duration   time.Duration      `json:"duration"` // nanoseconds
	Actor      string             `json:"actor"`
	Host       string             `json:"host"`
	PID        int                `json:"pid"`
	Tool       string             `json:"tool"`
	Context    map[string]string  `json:"context,omitempty"`
	Reason     string             `json:"reason,omitempty"`
	Chain      string             `json:"chain"`
}

// verifyAnswer is what history --verify prints with --json.
type verifyAnswer struct {
	Valid   bool   `json:"valid"`
	Entries int64  `json:"entries"`
	Broken  int64  `json:"brokenEntry,omitempty"`
	ID      string `json:"migration,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

func newHistory(a *app) *cobra.Command {
	var verify bool
	cmd := &cobra.Command{
		Use: "history [VERSION]", GroupID: groupLook, Short: "Print every event of the ledger", Long: historyHelp,
		Example: "  lockstep history\n  lockstep history 20260101120000\n  lockstep history --verify", Args: atMost(1),
		RunE: a.with(func(ctx context.Context, s *config.Settings, args []string) error {
			return a.use(s, asks, func(m *session) error {
				if verify {
					return a.verifyHistory(ctx, m)
				}
				return a.runHistory(ctx, m, args)
			})
		}),
		ValidArgsFunction: a.versionArgument,
	}
	cmd.Flags().BoolVar(&verify, "verify", false, "prove that the ledger is as it was written")
	return cmd
}

func (a *app) runHistory(ctx context.Context, m *session, args []string) error {
	entries := m.History(ctx)
	found := true
	if len(args) > 0 {
		found = false
		entries = only(entries, args[0], &found)
	}
	var err error
	switch {
	case a.flags.json:
		err = a.historyJSON(entries)
	case !a.flags.quiet:
		err = view.History(a.out, a.outStyle(), entries)
	}
	if err == nil && !found && !a.flags.quiet {
		err = lockstep.WithHint(fmt.Errorf("the ledger knows no migration %s", args[0]), "lockstep status lists the versions")
	}
	return err
}

// only keeps the entries of one migration.
func only(entries iter.Seq2[*lockstep.Entry, error], wanted string, found *bool) iter.Seq2[*lockstep.Entry, error] {
	return func(yield func(*lockstep.Entry, error) bool) {
		for e, err := range entries {
			if err == nil && string(e.Version) != wanted && e.ID() != wanted {
				continue
			}
			*found = true
			if !yield(e, err) {
				return
			}
		}
	}
}

func (a *app) historyJSON(entries iter.Seq2[*lockstep.Entry, error]) error {
	for e, err := range entries {
		if err != nil {
			return err
		}
		b, err := json.Marshal(historyLine{
			e.Seq, e.Event, e.Version, e.Name, e.Kind, e.Direction, e.Statement, e.Statements, e.Checksum, e.Schema,
			e.Started, e.Finished, e.Duration, e.Actor, e.Host, e.PID, e.Tool, e.Context, e.Reason, e.Chain,
		})
		if err != nil {
			return fmt.Errorf("write JSON: %w", err)
		}
		if err := a.printf("%s\n", b); err != nil {
			return err
		}
	}
	return nil
}
