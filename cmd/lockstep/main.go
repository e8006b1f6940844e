// Command lockstep changes live databases in step with the code that uses
// them. Run lockstep --help.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/lockstepdb/lockstep/internal/cli"
)

func main() {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go stopOnSignal(signals, cancel)
	os.Exit(cli.Main(ctx, os.Args[1:], cli.Stdio{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Environ: os.Environ()}))
}

// stopOnSignal lets the first signal end the work in good order and the second
// end the program.
func stopOnSignal(signals <-chan os.Signal, cancel context.CancelCauseFunc) {
	<-signals
	fmt.Fprintln(os.Stderr, "\nfinishing the current statement; press Ctrl-C again to stop at once")
	cancel(cli.ErrInterrupted)
	<-signals
	os.Exit(130)
}
