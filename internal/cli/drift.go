package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/drift"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/internal/view"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/schema/diff"
)

const driftHelp = `Compare the schema that the database has with the one that its ledger says it
should have, and show what somebody changed by hand: each change, the SQL that
undoes it, and how to keep it.

Every run records in the ledger what it made of the schema. Differences that
were accepted (--accept, with a reason and perhaps an end) are not drift until
they change or the end has come. --write NAME writes a migration that makes the
same changes elsewhere.

It only reads, except with --accept and --write. The exit code is 6 on drift.`

const driftExample = `  lockstep drift
  lockstep drift --json --ignore owner,grants
  lockstep drift --write "add index on orders"
  lockstep drift --accept --reason "replica index, ticket 4711" --until 2027-06-30`

type driftOptions struct {
	ignore []string
	accept bool
	reason string
	until  string
	write  string
}

// driftAnswer is what drift prints with --json.
type driftAnswer struct {
	Database    string             `json:"database"`
	Drift       bool               `json:"drift"`
	Version     lockstep.Version   `json:"version,omitempty"` // the last one applied when the schema was recorded
	Name        string             `json:"name,omitempty"`
	RecordedAt  time.Time          `json:"recordedAt"`
	RecordedBy  string             `json:"recordedBy"` // program
	Stale       bool               `json:"stale,omitempty"`
	Expected    string             `json:"expectedFingerprint"`
	Live        string             `json:"fingerprint"`
	Differences []objectDifference `json:"differences"`
	Accepted    []objectDifference `json:"accepted,omitempty"`
	Undo        []string           `json:"undo,omitempty"`   // SQL
	Losses      []string           `json:"losses,omitempty"` // changes of the undo that throw away what rows hold
	NotCompared []schema.Unknown   `json:"notCompared,omitempty"`
}

func newDrift(a *app) *cobra.Command {
	var o driftOptions
	cmd := &cobra.Command{
		Use: "drift", GroupID: groupLook, Short: "Show what was changed by hand", Long: driftHelp, Example: driftExample, Args: atMost(0),
		RunE: a.with(noArguments(func(ctx context.Context, s *config.Settings) error { return a.runDrift(ctx, s, o) })),
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.ignore, "ignore", nil, "what does not count: `WORDS` of order, owner, grants, comments (drift.ignore)")
	f.BoolVar(&o.accept, "accept", false, "accept the differences, for the record")
	f.StringVar(&o.reason, "reason", "", "with --accept: the `TEXT` that says why")
	f.StringVar(&o.until, "until", "", "with --accept: the last `DATE` on which it counts, such as 2027-06-30")
	f.StringVar(&o.write, "write", "", "write a migration called `NAME` that makes the same changes")
	cmd.PreRunE = exclusive([]string{"accept", "write"})
	return cmd
}

func (a *app) runDrift(ctx context.Context, s *config.Settings, o driftOptions) error {
	switch {
	case o.accept:
		if err := needReason(o.reason); err != nil {
			return err
		}
	case o.reason != "" || o.until != "":
		return &usageError{"--reason and --until belong to --accept", "lockstep drift --accept --reason \"…\""}
	}
	d, err := schemaDialectOf(s.Database.Scheme)
	if err != nil {
		return err
	}
	return a.look(s, func(m *session) error {
		report, err := a.checkDrift(ctx, s, m, d, o.ignore)
		if err != nil {
			return err
		}
		switch {
		case o.accept:
			return a.acceptDrift(ctx, m, report, o)
		case o.write != "":
			return a.writeDrift(ctx, s, m, d, report, o.write)
		}
		return a.answerDrift(ctx, m, d, report)
	})
}

// checkDrift compares the database with its ledger. What is to be ignored
// comes from the option, or from the configuration.
func (a *app) checkDrift(ctx context.Context, s *config.Settings, m *session, d schemaDialect, words []string) (*drift.Report, error) {
	if len(words) == 0 {
		words = s.DriftIgnore
	}
	ignore, err := ignoring(words)
	if err != nil {
		return nil, err
	}
	report, err := drift.Check(ctx, m.Migrator, m.db, d, drift.Options{Ignore: ignore})
	if errors.Is(err, lockstep.ErrNoSchema) && lockstep.HintOf(err) == "" {
		err = lockstep.WithHint(err, "the next lockstep up that changes something records it; lockstep baseline does for a database that is complete already")
	}
	return report, err
}

func (a *app) answerDrift(ctx context.Context, m *session, d schemaDialect, r *drift.Report) error {
	back, undo, err := a.undo(ctx, m, d, r)
	if err != nil {
		return err
	}
	switch {
	case a.flags.json:
		err = a.printJSON(driftAnswerOf(m.database, r, back, undo))
	case !a.flags.quiet:
		if note := view.SchemaUnknown(a.errStyle(), r.Live.Unknown()); note != "" {
			a.tell("%s\n", note)
		}
		err = view.Drift(a.out, a.outStyle(), view.DriftPage{
			Database: m.database, Report: r, Undo: terminated(d, undo), UndoNote: shellNote(d, undo), Back: back, Now: time.Now(),
		})
	}
	if err == nil && len(r.Differences) > 0 {
		return &saidError{lockstep.ErrHistory}
	}
	return err
}

// refuseDrift refuses to change a database whose schema is not what the ledger
// records, where the policy says so. A ledger that records none is no drift.
func (a *app) refuseDrift(ctx context.Context, s *config.Settings, m *session) error {
	if !s.Policy.ForbidDrift {
		return nil
	}
	d, err := schemaDialectOf(s.Database.Scheme)
	if err != nil {
		return err
	}
	report, err := a.checkDrift(ctx, s, m, d, nil)
	switch {
	case errors.Is(err, lockstep.ErrNoSchema):
		return nil
	case err != nil || len(report.Differences) == 0:
		return err
	}
	m.quieten()
	if err := view.SchemaDifferences(a.err, a.errStyle(), report.Differences); err != nil {
		return err
	}
	a.tell("\n")
	return lockstep.WithHint(
		fmt.Errorf("%w: %s in the schema that no migration made (policy forbid_drift)", lockstep.ErrHistory, view.CountDifferences(report.Differences)),
		"lockstep drift shows how to undo, keep or accept it")
}

// undo returns the SQL that takes the differences back.
func (a *app) undo(ctx context.Context, m *session, d schemaDialect, r *drift.Report) (*diff.Result, []string, error) {
	if len(r.Differences) == 0 {
		return &diff.Result{}, nil, nil
	}
	srv, err := m.Server(ctx)
	if err != nil {
		return nil, nil, err
	}
	back, err := r.Undo(d)
	if err != nil {
		return nil, nil, err
	}
	statements, err := renderAll(d, srv, back.Changes)
	return back, statements, err
}

func driftAnswerOf(database string, r *drift.Report, back *diff.Result, undo []string) driftAnswer {
	answer := driftAnswer{
		Database: database, Drift: len(r.Differences) > 0, Version: r.Recorded.Version, Name: r.Recorded.Name,
		RecordedAt: r.Recorded.At, RecordedBy: r.Recorded.Tool, Stale: r.Recorded.Stale,
		Expected: r.Expected.Fingerprint(), Live: r.Live.Fingerprint(),
		Differences: objectDifferences(r.Differences), Undo: undo, NotCompared: r.Live.Unknown(),
	}
	for _, one := range back.Losses {
		answer.Losses = append(answer.Losses, one.String())
	}
	for _, one := range r.Accepted {
		o := objectDifferenceOf(one.Difference)
		o.Accepted = &acceptedAnswer{one.By.Owner, one.By.Reason, one.By.At.Format(time.RFC3339), one.By.Expires}
		answer.Accepted = append(answer.Accepted, o)
	}
	return answer
}

func (a *app) acceptDrift(ctx context.Context, m *session, r *drift.Report, o driftOptions) error {
	if len(r.Differences) == 0 {
		return a.answer("There is no drift to accept.\n")
	}
	lines, err := drift.Lines(r.Differences)
	if err != nil {
		return err
	}
	if _, err := time.Parse(time.DateOnly, o.until); o.until != "" && err != nil {
		return &usageError{fmt.Sprintf("%q is not a date", o.until), "write --until 2027-06-30"}
	}
	e, err := m.AcceptDrift(ctx, lines, o.reason, o.until)
	if err != nil {
		return err
	}
	text := "Accepted " + view.CountDifferences(r.Differences)
	if o.until != "" {
		text += " until " + o.until
	}
	return a.answerRecorded([]lockstep.Entry{*e}, text+".")
}

// writeDrift writes a migration that makes the changes that were made by hand.
func (a *app) writeDrift(ctx context.Context, s *config.Settings, m *session, d schemaDialect, r *drift.Report, name string) error {
	if len(r.Differences) == 0 {
		return a.answer("There is no drift to write.\n")
	}
	srv, err := m.Server(ctx)
	if err != nil {
		return err
	}
	answer, err := a.writeChange(ctx, s, change{name: name, dialect: d, srv: srv, from: r.Expected, to: r.Live})
	if err != nil {
		return err
	}
	if err := a.answerNew(answer); err != nil {
		return err
	}
	a.note(fmt.Sprintf("%s has these changes already; record that: lockstep repair --mark-applied %s --reason \"made by hand\"", m.database, answer.Version))
	return nil
}
