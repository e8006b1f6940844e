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

const waitHelp = `Wait until the database answers, or with --applied until nothing is pending:
for containers that start before their database, or before the job that
migrates it. It writes nothing and takes no lock.

If the time is over the exit code is 1, or 3 when migrations are still pending.`

// waitAnswer is what wait prints with --json.
type waitAnswer struct {
	Database string        `json:"database"`
	Waited   time.Duration `json:"waited"` // nanoseconds
}

func newWait(a *app) *cobra.Command {
	var limit time.Duration
	var applied bool
	cmd := &cobra.Command{
		Use: "wait", GroupID: groupTend, Short: "Wait until the database answers", Long: waitHelp,
		Example: "  lockstep wait\n  lockstep wait --for 5m --applied", Args: atMost(0),
		RunE: a.with(noArguments(func(ctx context.Context, s *config.Settings) error {
			if limit <= 0 {
				return &usageError{"--for takes a time above zero", "lockstep wait --for 60s"}
			}
			if !s.HasDatabase() {
				return noDatabase()
			}
			return a.runWait(ctx, s, limit, applied)
		})),
	}
	cmd.Flags().DurationVar(&limit, "for", time.Minute, "wait `TIME` at most")
	cmd.Flags().BoolVar(&applied, "applied", false, "wait until nothing is pending")
	return cmd
}

func (a *app) runWait(ctx context.Context, s *config.Settings, limit time.Duration, applied bool) error {
	started := time.Now()
	waiting, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	told := false
	var last error
	for rest := 20 * time.Millisecond; ; rest = min(2*rest, time.Second) {
		err := a.firstOrNext(ctx, waiting, s, applied, last == nil)
		if err == nil {
			break
		}
		if waiting.Err() != nil && last != nil {
			return waitOver(ctx, limit, last) // err only says that the time is over
		}
		last = err
		var files *lockstep.FilesError
		if isUsage(err) || errors.As(err, &files) || isRefusal(err) {
			return err // waiting changes nothing
		}
		if !told && time.Since(started) > time.Second {
			told = true
			a.tell("waiting for %s: %v\n", s.Database, err)
		}
		if !pause(waiting, rest) {
			return waitOver(ctx, limit, err)
		}
	}
	if a.flags.json {
		return a.printJSON(waitAnswer{s.Database.String(), time.Since(started)})
	}
	text := "answers"
	if applied {
		text = "has nothing pending"
	}
	return a.answer("%s %s, after %s.\n", s.Database, text, view.Duration(time.Since(started)))
}

// firstAnswer is how long the first question may take, however short the wait
// is to be: it tells what there is to wait for.
const firstAnswer = 3 * time.Second

// firstOrNext asks the database once more, within the wait or, the first time,
// within firstAnswer if that is longer.
func (a *app) firstOrNext(ctx, waiting context.Context, s *config.Settings, applied, first bool) error {
	if end, ok := waiting.Deadline(); !first || !ok || time.Until(end) > firstAnswer {
		return a.answers(waiting, s, applied)
	}
	asking, cancel := context.WithTimeout(ctx, firstAnswer)
	defer cancel()
	return a.answers(asking, s, applied)
}

// answers asks the database once.
func (a *app) answers(ctx context.Context, s *config.Settings, applied bool) error {
	if !applied {
		return a.use(s, asks, func(m *session) error {
			_, err := m.Server(ctx)
			return err
		})
	}
	return a.use(s, reads, func(m *session) error {
		n, err := m.Pending(ctx)
		if err == nil && n > 0 {
			err = fmt.Errorf("%w: %s", errPending, view.Count(n, "migration"))
		}
		return err
	})
}

// isRefusal reports errors that the same question will meet again.
func isRefusal(err error) bool {
	var de *lockstep.DatabaseError
	return errors.As(err, &de) && (de.Class == lockstep.ErrorAuth || de.Class == lockstep.ErrorPermission)
}

// pause waits, and reports whether there is time to go on.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func waitOver(ctx context.Context, limit time.Duration, last error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("wait: %w", context.Cause(ctx))
	}
	return fmt.Errorf("waited %s: %w", limit, last)
}
