package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/internal/view"
)

// ErrInterrupted is the cause with which the context of Main is cancelled
// when a signal asks the command to end.
var ErrInterrupted = errors.New("interrupted")

// errTimeout is the cause when --timeout is over.
var errTimeout = errors.New("the time given by --timeout is over")

// Stdio is what a command reads, writes and is told by its surroundings.
type Stdio struct {
	In      io.Reader
	Out     io.Writer // the answer
	Err     io.Writer // the conversation
	Environ []string  // as os.Environ returns it
}

// Main runs the command with the arguments after the program's name and
// returns its exit code.
func Main(ctx context.Context, args []string, std Stdio) int {
	a := newApp(std)
	root := newRoot(a) //nolint:contextcheck // commands take their context from cobra
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	if slices.Contains(args, "--json") { // also when the arguments could not be read
		a.flags.json = true
	}
	return a.fail(a.cause(ctx, err))
}

// cause tells errors that came from a signal, or from waiting for another run
// until the time was over, from others.
func (a *app) cause(ctx context.Context, err error) error {
	holder := a.run.waitsFor()
	switch {
	case errors.Is(context.Cause(ctx), ErrInterrupted) && !errors.Is(err, ErrInterrupted):
		return fmt.Errorf("%w: %w", ErrInterrupted, err)
	case errors.Is(err, errTimeout) && holder != nil:
		return &lockstep.LockedError{Holder: *holder, Waited: a.flags.timeout}
	}
	return err
}

// app is one run of the command.
type app struct {
	std      Stdio
	out, err io.Writer // std's, without secrets
	redactor atomic.Pointer[config.Redactor]
	flags    commonFlags
	database string   // the one that was opened, for people
	run      recorder // what the library told of its last run
}

func newApp(std Stdio) *app {
	a := &app{std: std}
	redact := func(s string) string { return a.redactor.Load().Redact(s) }
	a.out, a.err = config.Writer(std.Out, redact), config.Writer(std.Err, redact)
	return a
}

// hide keeps further secrets out of everything that is printed.
func (a *app) hide(r *config.Redactor) { a.redactor.Store(r.And(a.redactor.Load())) }

// fail tells of an error and returns the exit code for it.
func (a *app) fail(err error) int {
	var said *saidError
	if errors.As(err, &said) { // the answer itself is the bad news
		return exitCode(err)
	}
	f := a.describe(err)
	if len(f.NotApplied) > 0 { // below the course of the run
		a.tell("\n")
	}
	// Nothing is left to be done about output that cannot be written.
	_ = view.WriteFailure(a.err, a.errStyle(), f)
	if a.flags.json {
		_ = a.printJSON(map[string]view.Failure{"error": f})
	}
	return f.ExitCode
}

// saidError is an error that the output has told of already.
type saidError struct{ error }

// Unwrap returns what was told.
func (e *saidError) Unwrap() error { return e.error }

// printf writes to standard output.
func (a *app) printf(format string, args ...any) error {
	if _, err := fmt.Fprintf(a.out, format, args...); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}

// answer writes text for people: not with --json, whose document is the
// answer, and not with --quiet.
func (a *app) answer(format string, args ...any) error {
	if a.flags.json || a.flags.quiet {
		return nil
	}
	return a.printf(format, args...)
}

// tell writes to the conversation, unless it is to be quiet. That nobody
// listens is no reason to stop.
func (a *app) tell(format string, args ...any) {
	if !a.flags.quiet {
		_, _ = fmt.Fprintf(a.err, format, args...)
	}
}

// note tells what a person should know.
func (a *app) note(text string) {
	a.tell("%s\n", a.errStyle().Note(text))
}

// report tells of bad news whose details are in the answer. Errors are told
// also when it is to be quiet.
func (a *app) report(message, hint string) {
	// Nothing is left to be done about output that cannot be written.
	_ = view.WriteFailure(a.err, a.errStyle(), view.Failure{Message: message, Hint: hint})
}
