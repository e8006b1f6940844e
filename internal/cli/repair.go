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
			return a.use(s, changes, func(m *session) error { return a.runRepair(ctx, m, r) })
		})),
	}
	f := cmd.Flags()
	f.StringSliceVar(&r.Accept, "accept", nil, "accept the changed file of `VERSION`, or all; may be repeated")
	f.StringSliceVar(&r.Forget, "forget", nil, "forget that `VERSION` was applied; may be repeated")
	f.StringSliceVar(&r.MarkApplied, "mark-applied", nil, "record that `VERSION` was done by hand; may be repeated")
	f.StringSliceVar(&r.MarkReverted, "mark-reverted", nil, "record that `VERSION` was undone by hand; may be repeated")
	f.StringVar(&r.Reason, "reason", "", "the `TEXT` that says why, for the record")
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
	Choices []choice `json:"choices"`
}

// choice is one way to settle a difference.
type choice struct {
	Command string `json:"command"`
	Means   string `json:"means"`
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
	for _, d := range answer.Differences {
		if err := a.answer("%s\n", d.text(a.outStyle())); err != nil {
			return err
		}
	}
	return a.answer("%s. lockstep validate shows what changed in the files.\n", view.Count(len(differences), "difference"))
}

// text is the difference with its choices, ready to be copied.
func (c repairChoice) text(style view.Style) string {
	var b strings.Builder
	b.WriteString(style.Bold(c.Msg) + "\n")
	for _, one := range c.Choices {
		b.WriteString("  " + style.Dim("# "+one.Means) + "\n  " + one.Command + "\n")
	}
	return b.String()
}

// choices lists the ways to settle a difference.
func choices(d lockstep.Difference) []choice {
	record := func(flag, means string) choice {
		return choice{fmt.Sprintf(`lockstep repair --%s %s --reason "…"`, flag, d.ID), means}
	}
	switch d.Kind {
	case lockstep.DiffChanged, lockstep.DiffLayout:
		return []choice{record("accept", repairMeaning(lockstep.RepairChecksum))}
	case lockstep.DiffMissing:
		return []choice{
			{"git log --diff-filter=D --summary", "find the commit that deleted the file, and bring it back"},
			record("forget", repairMeaning(lockstep.RepairForget)),
		}
	case lockstep.DiffBehind:
		return []choice{
			{"git log --diff-filter=A -- " + d.File, "find the commit that added it; with the files from before, lockstep up leads to where it begins"},
			record("mark-applied", "the database has all that it makes: "+repairMeaning(lockstep.RepairApplied)),
		}
	case lockstep.DiffUnfinished:
		return []choice{
			{"lockstep up", "goes on where it stopped"},
			record("mark-applied", "it was finished by hand: "+repairMeaning(lockstep.RepairApplied)),
			record("mark-reverted", "it was undone by hand: "+repairMeaning(lockstep.RepairReverted)),
		}
	}
	return []choice{
		{"lockstep new --renumber " + d.ID, "gives it a version at the end, to run after the others"},
		record("mark-applied", "it was done by hand: "+repairMeaning(lockstep.RepairApplied)),
	}
}
