package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"github.com/lockstepdb/lockstep/internal/view"
)

// isTerminal reports whether a person sits at the other end of a stream.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (a *app) outStyle() view.Style { return a.style(a.std.Out) }

func (a *app) errStyle() view.Style { return a.style(a.std.Err) }

func (a *app) style(w io.Writer) view.Style {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return view.Style{}
	}
	s := view.Style{Live: a.lookup("TERM") != "dumb"}
	s.Color = s.Live && !a.flags.noColor && a.lookup("NO_COLOR") == ""
	if columns, _, err := term.GetSize(int(f.Fd())); err == nil {
		s.Width = columns
	}
	return s
}

// lookup returns an environment variable, "" if it is not set.
func (a *app) lookup(name string) string {
	for _, e := range slices.Backward(a.std.Environ) {
		if key, value, ok := strings.Cut(e, "="); ok && key == name {
			return value
		}
	}
	return ""
}

// printJSON writes the one document of a command.
func (a *app) printJSON(v any) error {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return a.printf("%s", b.String())
}

// confirm asks before something is undone. Only a person at a terminal is
// asked; a script said what it wants by calling the command.
func (a *app) confirm(ctx context.Context, question string) (bool, error) {
	if !isTerminal(a.std.In) || !isTerminal(a.std.Err) {
		return true, nil
	}
	if _, err := fmt.Fprintf(a.err, "%s [y/N] ", question); err != nil {
		return false, fmt.Errorf("ask: %w", err)
	}
	answers := make(chan string, 1)
	go func() { // ends with the program: a read from a terminal cannot be called off
		line, _ := bufio.NewReader(a.std.In).ReadString('\n') // the end of input is a no
		answers <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case answer := <-answers:
		return answer == "y" || answer == "yes", nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}
