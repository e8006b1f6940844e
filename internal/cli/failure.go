package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/internal/view"
)

// describe takes an error apart for people and machines.
func (a *app) describe(err error) view.Failure {
	f := view.Failure{Kind: kind(err), ExitCode: exitCode(err), Message: a.message(err), Hint: lockstep.HintOf(err)}
	if f.Kind == "database" && a.database != "" {
		f.Message = a.database + ": " + f.Message
	}
	if f.Hint == "" {
		f.Hint = usualHint(err)
	}
	var files *lockstep.FilesError
	var history *lockstep.HistoryError
	switch {
	case errors.As(err, &files):
		f.Faults = withHints(files.Faults)
		first := f.Faults[0]
		f.Hint = first.Hint
		f.File, f.Line, f.Column, f.Excerpt = first.File, first.Pos.Line, first.Pos.Column, first.Line
	case errors.As(err, &history):
		f.Differences = history.Differences
		f.File = history.Differences[0].File
	}
	addPlace(&f, err)
	a.addState(&f, err)
	return f
}

// usualHint is the way out of errors that do not name one themselves.
func usualHint(err error) string {
	var chain *lockstep.ChainError
	var database *lockstep.DatabaseError
	switch {
	case errors.Is(err, errTimeout):
		return "give more time with --timeout, or see what it waits for: lockstep status, and the sessions of the server"
	case errors.Is(err, lockstep.ErrPlanStale):
		return "make the plan again: lockstep plan --out FILE"
	case errors.Is(err, errPending):
		return "lockstep up applies what is pending"
	case errors.As(err, &chain):
		return fmt.Sprintf("the entries before %d are as they were written; compare the others with a backup", chain.Seq)
	case errors.As(err, &database) && database.Class == lockstep.ErrorOther && strings.Contains(err.Error(), "ledger"):
		return "if the table of that name is not lockstep's, name another one with --ledger"
	}
	return ""
}

// withHints gives faults without a way out the obvious one.
func withHints(faults []lockstep.Fault) []lockstep.Fault {
	faults = slices.Clone(faults)
	for i := range faults {
		if f := &faults[i]; f.Hint == "" && strings.HasPrefix(f.Msg, "unclosed") {
			f.Hint = "close it: everything behind it is read as a part of it"
		}
	}
	return faults
}

// message is the error without what is told elsewhere.
func (a *app) message(err error) string {
	var statement *lockstep.StatementError
	var partial *lockstep.PartialError
	switch {
	case errors.Is(err, errTimeout):
		return fmt.Sprintf("%v (%s)", errTimeout, a.flags.timeout)
	case errors.Is(err, ErrInterrupted):
		return "interrupted"
	case errors.As(err, &statement):
		return statement.Error()
	case errors.As(err, &partial):
		return partial.Failed.ID() + ": " + partial.Err.Error()
	}
	return err.Error()
}

// addPlace fills in where in a file or in a statement it happened.
func addPlace(f *view.Failure, err error) {
	var statement *lockstep.StatementError
	var database *lockstep.DatabaseError
	var file *config.FileError
	if errors.As(err, &database) {
		f.Code, f.Detail = database.Code, database.Detail
	}
	switch {
	case errors.As(err, &statement):
		f.File, f.Line, f.Column = statement.File, statement.Pos.Line, statement.Pos.Column
		f.Excerpt, f.Blockers = statement.Excerpt, statement.Blockers
	case errors.As(err, &file):
		f.File, f.Line = file.Path, file.Line
	}
}

// addState fills in what was applied, what was not, and how to go on.
func (a *app) addState(f *view.Failure, err error) {
	var partial *lockstep.PartialError
	if !errors.As(err, &partial) {
		return
	}
	done := map[string]bool{}
	for _, s := range partial.Done {
		done[stepKey(s)] = true
		f.Applied = append(f.Applied, s.ID())
	}
	f.NotApplied = append(f.NotApplied, partial.Failed.ID())
	for _, s := range a.run.steps() {
		if !done[stepKey(s)] && stepKey(s) != stepKey(partial.Failed) {
			f.NotApplied = append(f.NotApplied, s.ID())
		}
	}
	f.Resumable = partial.Resumable || len(partial.Done) > 0
	f.Outcome = outcome(partial)
	f.Hint = strings.TrimPrefix(f.Hint+"\n"+goOn(partial, errors.Is(err, ErrInterrupted)), "\n")
}

func stepKey(s lockstep.Step) string { return string(s.Direction) + " " + s.ID() }

// outcome says what became of the step that failed.
func outcome(p *lockstep.PartialError) string {
	var database *lockstep.DatabaseError
	answered := errors.As(p.Err, &database) && database.Class != lockstep.ErrorConnection
	isStopped := errors.Is(p.Err, context.Canceled) || errors.Is(p.Err, context.DeadlineExceeded)
	switch {
	case errors.Is(p.Err, lockstep.ErrLockLost), database != nil && !answered:
		return "the connection was lost: the next run finds out how far it came"
	case p.Resumable:
		return fmt.Sprintf("%d of %s applied and recorded", p.Applied, view.Count(p.Failed.Statements, "statement"))
	case isStopped && !answered:
		return "stopped: the next run finds out how far it came"
	case p.Failed.Strategy == lockstep.StrategyTransaction:
		return "rolled back, nothing of it was kept"
	}
	return "none of its statements was applied"
}

// goOn names the command that goes on.
func goOn(p *lockstep.PartialError, interrupted bool) string {
	command := "lockstep up"
	if p.Failed.Direction == lockstep.Down {
		command = "lockstep down"
	}
	switch {
	case interrupted:
		return command + " goes on from there"
	case p.Resumable:
		return fmt.Sprintf("fix what comes after the applied statements, then run %s: it goes on from there", command)
	}
	return fmt.Sprintf("fix it, then run %s again", command)
}
