package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/internal/view"
)

const repairHelp = `Record decisions about differences between files, ledger and database. Nothing
in the schema is changed; each decision becomes an entry of the ledger with its
reason.

Without options it lists what differs and what can be decided:

  --accept        the changed file counts as what was applied
  --forget        the migration counts as not applied (its file is gone, or it
                  was undone by hand)
  --mark-applied  it was done by hand, or finished by hand after it stopped half-way
  --mark-reverted it stopped half-way and was undone by hand`

const repairExample = `  lockstep repair
  lockstep repair --accept 20260101120000 --reason "typo in a comment of the view"
  lockstep repair --accept all --reason "formatter ran over all files"
  lockstep repair --forget 20260101120000 --reason "branch was abandoned"`

func newRepair(a *app) *cobra.Command {
	var r lockstep.RepairRequest
	cmd := &cobra.Command{
		Use: "repair", GroupID: groupTend, Short: "Record decisions about differences", Long: repairHelp, Example: repairExample,
		Args: atMost(0),
		RunE: a.with(noArguments(func(ctx context.Context, s *config.Settings) error {
			if len(r.Accept)+len(r.Forget)+len(r.MarkApplied)+len(r.MarkReverted) == 0 {
				return a.use(s, reads, func(m *session) error { return a.listRepairs(ctx, m) })
			}
			if err := needReason(r.Reason); err != nil {
				return err
			}
			return a.use(s, writes, func(m *session) error { return a.runRepair(ctx, m, r) })
		})),
	}
	f := cmd.Flags()
	f.StringSliceVar(&r.Accept, "accept", nil, "accept the changed file of `VERSION`, or all; may be repeated")
	f.StringSliceVar(&r.Forget, "forget", nil, "forget that `VERSION` was applied; may be repeated")
	f.StringSliceVar(&r.MarkApplied, "mark-applied", nil, "record that `VERSION` was done by hand; may be repeated")
	f.StringSliceVar(&r.MarkReverted, "mark-reverted", nil, "record that `VERSION` was undone by hand; may be repeated")
	f.StringVar(&r.Reason, "reason", "", "why, for the record (`TEXT`)")
	for _, name := range []string{"accept", "forget", "mark-applied", "mark-reverted"} {
		_ = cmd.RegisterFlagCompletionFunc(name, a.completeVersions) // the flag exists
	}
	return cmd
}

func (a *app) runRepair(ctx context.Context, m *session, r lockstep.RepairRequest) error {
	entries, err := m.Repair(ctx, r)
	m.quieten()
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%s: %s\n", e.ID(), repairMeaning(string(e.Direction)))
	}
	if len(entries) == 0 {
		b.WriteString("Nothing differs, so nothing was recorded.\n")
	}
	return a.answerRecorded(entries, strings.TrimSuffix(b.String(), "\n"))
}

// repairMeaning says what a recorded repair means.
func repairMeaning(how string) string {
	switch how {
	case lockstep.RepairChecksum:
		return "the file as it is now counts as what was applied"
	case lockstep.RepairForget:
		return "counts as not applied"
	case lockstep.RepairApplied:
		return "counts as applied"
	}
	return "counts as reverted"
}

// repairAnswer is what repair without options prints with --json.
type repairAnswer struct {
	Differences []repairChoice `json:"differences"`
}

type repairChoice struct {
	lockstep.Difference
	Choices []string `json:"choices"` // commands
}

func (a *app) listRepairs(ctx context.Context, m *session) error {
	differences, err := m.Verify(ctx)
	if err != nil {
		return err
	}
	answer := repairAnswer{Differences: []repairChoice{}}
	for _, d := range differences {
		answer.Differences = append(answer.Differences, repairChoice{d, choices(d)})
	}
	switch {
	case a.flags.json:
		return a.printJSON(answer)
	case len(differences) == 0:
		return a.answer("Nothing to repair: files and ledger agree.\n")
	}
	for _, c := range answer.Differences {
		if err := a.answer("%s\n%s\n", a.outStyle().Bold(c.Msg), "  "+strings.Join(c.Choices, "\n  ")); err != nil {
			return err
		}
	}
	return a.answer("\n%s. lockstep validate shows what changed in the files.\n", view.Count(len(differences), "difference"))
}

// choices lists the commands that settle a difference, with what they record.
func choices(d lockstep.Difference) []string {
	command := func(flag, means string) string {
		return fmt.Sprintf(`lockstep repair --%s %s --reason "…"   # %s`, flag, d.ID, means)
	}
	switch d.Kind {
	case lockstep.DiffChanged, lockstep.DiffLayout:
		return []string{command("accept", repairMeaning(lockstep.RepairChecksum))}
	case lockstep.DiffMissing:
		return []string{
			"git restore, or git log --diff-filter=D   # to bring the file back",
			command("forget", repairMeaning(lockstep.RepairForget)),
		}
	case lockstep.DiffUnfinished:
		return []string{
			"lockstep up   # goes on where it stopped",
			command("mark-applied", "you finished it by hand: "+repairMeaning(lockstep.RepairApplied)),
			command("mark-reverted", "you undid it by hand: "+repairMeaning(lockstep.RepairReverted)),
		}
	}
	return []string{
		"lockstep new --renumber " + d.ID + "   # runs it after the others",
		command("mark-applied", "it was done by hand: "+repairMeaning(lockstep.RepairApplied)),
	}
}
