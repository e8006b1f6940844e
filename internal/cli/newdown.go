package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/internal/view"
	"github.com/lockstepdb/lockstep/rehearse"
	"github.com/lockstepdb/lockstep/schema/diff"
	"github.com/lockstepdb/lockstep/sqltext"
)

// runNewDown writes the down of an up that was written by hand: what turns the
// schema after it into the one before. Then it rehearses the migration.
func (a *app) runNewDown(ctx context.Context, s *config.Settings, o newOptions) error {
	set, err := load(s.Dirs)
	if err != nil {
		return err
	}
	m, err := migrationOf(set, o.down)
	if err != nil {
		return err
	}
	place, err := a.scratchPlace(ctx, s, o.scratch)
	if err != nil {
		return err
	}
	defer place.close()
	d, ok := place.dialect.(schemaDialect)
	if !ok {
		return fmt.Errorf("write the down: changes cannot be written for %s", place.dialect.Name())
	}
	path := downOf(o.down)
	if err := isFree(path, d.Lexer()); err != nil {
		return err
	}
	if set, err = until(set, m); err != nil {
		return err
	}
	if err := place.check(set, o.scratch != ""); err != nil {
		return err
	}
	down, err := a.makeDown(ctx, s, set, m, place, d)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(down.text), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return a.proveDown(ctx, s, m, place, newAnswer{Version: m.Version, Name: m.Name, Files: []string{path}, Losses: down.losses})
}

// migrationOf returns the migration whose up is in a file.
func migrationOf(set *lockstep.Set, file string) (*lockstep.Migration, error) {
	wanted, err := os.Stat(file)
	if err != nil {
		return nil, lockstep.WithHint(fmt.Errorf("read up: %w", err), "--down takes the path of an .up.sql")
	}
	for _, m := range set.Migrations() {
		if info, err := os.Stat(m.Up.Path); m.Go == nil && err == nil && os.SameFile(info, wanted) {
			return m, nil
		}
	}
	return nil, lockstep.WithHint(fmt.Errorf("%s is not the up of a versioned migration", file), "--down takes the path of an .up.sql in the folder with migrations; --dir names another folder")
}

// downOf returns the path of the down that belongs to an up.
func downOf(up string) string {
	dir, base := filepath.Split(up)
	switch {
	case strings.EqualFold(base, "up.sql"):
		return dir + "down.sql"
	case strings.HasSuffix(strings.ToLower(base), ".up.sql"):
		return dir + base[:len(base)-len(".up.sql")] + ".down.sql"
	}
	return dir + strings.TrimSuffix(base, filepath.Ext(base)) + ".down.sql"
}

// isFree refuses to write over a down that holds statements.
func isFree(path string, lexer sqltext.Options) error {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read down: %w", err)
	}
	statements, err := sqltext.Split(string(b), lexer)
	if err != nil || len(statements) > 0 {
		return lockstep.WithHint(fmt.Errorf("%s has statements already", path), "delete it, and try again; or see whether it leads back: lockstep rehearse")
	}
	return nil
}

// until returns the set up to a migration.
func until(set *lockstep.Set, m *lockstep.Migration) (*lockstep.Set, error) {
	all := set.Migrations()
	return lockstep.NewSet(all[:slices.Index(all, m)+1]...)
}

// writtenDown is a down with what it loses.
type writtenDown struct {
	text   string
	losses []string
}

func (a *app) makeDown(ctx context.Context, s *config.Settings, set *lockstep.Set, m *lockstep.Migration, place *scratchPlace, d schemaDialect) (writtenDown, error) {
	around, err := rehearse.Look(ctx, d, set, m, place.open, rehearse.Options{Run: a.scratchOptions(s)})
	if err != nil {
		return writtenDown{}, err
	}
	back, err := diff.Diff(around.After, around.Before, d, diff.Options{})
	if err != nil {
		return writtenDown{}, err
	}
	there, err := diff.Diff(around.Before, around.After, d, diff.Options{})
	if err != nil {
		return writtenDown{}, err
	}
	if len(back.Changes) == 0 {
		return writtenDown{}, lockstep.WithHint(fmt.Errorf("%s does not change the schema, so there is nothing to lead back", m.Up.Path), "write by hand what undoes its changes to rows")
	}
	w := writtenDown{losses: losses(there, back)}
	statements, err := renderAll(d, around.Server, back.Changes)
	if err != nil {
		return w, lockstep.WithHint(fmt.Errorf("write the down of %s: %w", m.Up.Path, err), "write it by hand, and see whether it leads back: lockstep rehearse")
	}
	w.losses = append(w.losses, rowChanges(m, d.Lexer())...)
	w.text = script(m, w.losses, statements, terminator(d))
	return w, nil
}

// losses says which data a down does not bring back, and which it throws away.
func losses(there, back *diff.Result) []string {
	var all []string
	for _, c := range there.Losses {
		all = append(all, "loses data: what "+c.Subject().String()+" held does not come back")
	}
	for _, c := range back.Losses {
		all = append(all, "loses data: what "+c.Subject().String()+" holds by then is lost")
	}
	return all
}

// rowChanges tells of statements of the up that change rows.
func rowChanges(m *lockstep.Migration, lexer sqltext.Options) []string {
	text, err := m.Up.Text()
	if err != nil {
		return nil // it has been read before
	}
	statements, err := sqltext.Split(text, lexer)
	if err != nil {
		return nil // it has run
	}
	var all []string
	for _, st := range statements {
		w := sqltext.Words(st.Text, lexer, 1)
		if len(w) > 0 && slices.Contains([]string{"INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "COPY", "TRUNCATE", "LOAD", "WITH"}, w[0]) {
			all = append(all, fmt.Sprintf("does not undo what line %d of the up does to rows (%s)", st.Pos.Line, w[0]))
		}
	}
	return all
}

// script writes a down.
func script(m *lockstep.Migration, losses, statements []string, end func(string) string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "-- undo: %s\n", strings.ReplaceAll(m.Name, "_", " "))
	if len(losses) > 0 {
		b.WriteString("--\n")
	}
	for _, l := range losses {
		b.WriteString("-- It " + strings.ReplaceAll(l, "\n", " ") + ".\n")
	}
	b.WriteString("\n")
	for _, st := range statements {
		b.WriteString(end(st) + "\n")
	}
	return b.String()
}

// proveDown rehearses the migration with its new down.
func (a *app) proveDown(ctx context.Context, s *config.Settings, m *lockstep.Migration, place *scratchPlace, answer newAnswer) error {
	set, err := load(s.Dirs)
	if err != nil {
		return err
	}
	all := set.Migrations()
	i := slices.IndexFunc(all, func(o *lockstep.Migration) bool { return o.ID() == m.ID() })
	if i < 0 || all[i].Down == nil {
		return fmt.Errorf("rehearse %s: its down is not found", m.ID())
	}
	if set, err = until(set, all[i]); err != nil {
		return err
	}
	r, err := a.rehearse(ctx, s, set, place, rehearse.Options{Which: func(o *lockstep.Migration) bool { return o.ID() == m.ID() }})
	if err != nil {
		return err
	}
	if len(r.Results) > 0 {
		answer.Verdict = r.Results[len(r.Results)-1].Verdict
	}
	for _, l := range answer.Losses {
		a.note("the down " + l)
	}
	if err := a.answerNew(answer); err != nil {
		return err
	}
	return a.provedDown(r, answer)
}

func (a *app) provedDown(r *rehearse.Report, answer newAnswer) error {
	if answer.Verdict == rehearse.Identical || answer.Verdict == rehearse.OrderOnly {
		a.tell("rehearsed up, down and up again: %s\n", answer.Verdict)
		return nil
	}
	if !a.flags.quiet {
		if err := view.Rehearsal(a.err, a.errStyle(), r, func(err error) string { return a.describe(err).Message }); err != nil {
			return err
		}
	}
	return a.verdict(r, nil)
}
