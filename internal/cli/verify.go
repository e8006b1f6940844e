package cli

import (
	"context"
	"errors"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/view"
)

// verifyHistory proves the chain of the ledger.
func (a *app) verifyHistory(ctx context.Context, m *session) error {
	n, err := m.VerifyChain(ctx)
	var broken *lockstep.ChainError
	if err != nil && (!errors.As(err, &broken) || !a.flags.json) {
		return err
	}
	if a.flags.json {
		answer := verifyAnswer{Valid: broken == nil, Entries: n}
		if broken != nil {
			answer.Broken, answer.ID, answer.Reason = broken.Seq, broken.ID, broken.Reason
			a.report(err.Error(), usualHint(err))
			err = &saidError{err}
		}
		return errors.Join(a.printJSON(answer), err)
	}
	if n == 0 {
		return a.answer("The ledger is empty.\n")
	}
	return a.answer("The ledger is intact: %s, each as it was written.\n", entries(n))
}

func entries(n int64) string {
	if n == 1 {
		return "1 entry"
	}
	return view.Count(int(n), "entrie")
}
