// Command lockstep changes live databases in step with the code that uses
// them. Run lockstep --help.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

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
	first := time.Now()
	for range signals {
		if time.Since(first) > doubled {
			os.Exit(130)
		}
	}
}

// doubled is the time within which a second signal is the echo of the first:
// timeout(1), make and others send it to the process and to its group.
const doubled = 50 * time.Millisecond
