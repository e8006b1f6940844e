// Command servers starts the throwaway database servers that lockstep's tests
// run on, tells a command about them through its environment, and stops them
// when the command is done:
//
//	go run ./internal/testdb/cmd/servers [-all] [-kinds a,b] -- go test ./...
//
// Its exit code is the command's. Without a command it prints the variables,
// ready for a shell to read, and keeps the servers until it is interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/lockstepdb/lockstep/internal/testdb/servers"
)

// errInterrupted is the answer to a signal before the command has started.
var errInterrupted = errors.New("interrupted")

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	opts, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return report(err, 2)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	fleet, err := start(ctx, opts)
	if err != nil && ctx.Err() != nil {
		return report(errInterrupted, 130)
	}
	if err != nil {
		return report(err, 1)
	}
	code, err := use(ctx, fleet, opts)
	if err = errors.Join(err, fleet.Stop()); err != nil {
		return report(err, max(code, 1))
	}
	return code
}

// use does with the running servers what the command line asks for.
func use(ctx context.Context, fleet *servers.Fleet, o options) (code int, err error) {
	switch {
	case ctx.Err() != nil:
		return 130, errInterrupted
	case len(o.command) == 0:
		return 0, show(ctx, fleet, o.envFile)
	default:
		return execute(o.command, fleet.Environment())
	}
}

func report(err error, code int) int {
	fmt.Fprintf(os.Stderr, "servers: %v\n", err)
	return code
}

// options is what the command line says.
type options struct {
	kinds    []servers.Kind
	cache    string
	envFile  string
	compiler bool
	command  []string
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("servers", flag.ContinueOnError)
	all := flags.Bool("all", false, "also start the kinds that only `make test-all` uses")
	names := flags.String("kinds", "", "start only these `kinds`, separated by commas")
	flags.StringVar(&o.cache, "cache", "", "keep programs and templates in `dir`")
	flags.StringVar(&o.envFile, "env", "", "without a command: write the variables to `file` instead of standard output")
	flags.BoolVar(&o.compiler, "cc", false, "install a C compiler if there is none; the race detector needs one")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.command = flags.Args()
	var err error
	o.kinds, err = choose(*names, *all)
	if err == nil && o.cache == "" {
		o.cache, err = servers.DefaultCacheDir()
	}
	return o, err
}

// choose returns the kinds that names lists; if it lists none, the usual ones.
func choose(names string, all bool) ([]servers.Kind, error) {
	var kinds []servers.Kind
	if names == "" {
		for _, k := range servers.Kinds() {
			if all || !k.Extra {
				kinds = append(kinds, k)
			}
		}
		return kinds, nil
	}
	for name := range strings.SplitSeq(names, ",") {
		k, ok := servers.Named(strings.TrimSpace(name))
		if !ok {
			return nil, fmt.Errorf("no kind %q; there are %s", name, kindNames())
		}
		kinds = append(kinds, k)
	}
	return kinds, nil
}

func kindNames() string {
	var names []string
	for _, k := range servers.Kinds() {
		names = append(names, k.Name)
	}
	return strings.Join(names, ", ")
}

// start installs what is missing and starts the servers.
func start(ctx context.Context, o options) (*servers.Fleet, error) {
	began := time.Now()
	say := func(line string) {
		fmt.Fprintf(os.Stderr, "servers: %5.1f s  %s\n", time.Since(began).Seconds(), line)
	}
	cache := servers.Cache{Dir: o.cache, Log: say}
	if _, err := exec.LookPath("gcc"); err != nil && o.compiler {
		say("apt-get install gcc libc6-dev")
		if err := servers.SystemInstall(ctx, "gcc", "libc6-dev"); err != nil {
			return nil, err
		}
	}
	if err := cache.Install(ctx, o.kinds); err != nil {
		return nil, err
	}
	fleet, err := cache.StartFleet(ctx, o.kinds)
	if err == nil {
		say("all ready")
	}
	return fleet, err
}

// show prints the variables and waits to be interrupted.
func show(ctx context.Context, fleet *servers.Fleet, file string) error {
	var text strings.Builder
	for _, v := range fleet.Environment() {
		name, value, _ := strings.Cut(v, "=")
		fmt.Fprintf(&text, "export %s='%s'\n", name, value)
	}
	if file == "" {
		fmt.Print(text.String())
	} else if err := os.WriteFile(file, []byte(text.String()), 0o644); err != nil {
		return fmt.Errorf("write variables: %w", err)
	}
	<-ctx.Done()
	return nil
}

// execute runs the command with the variables added to its environment, passes
// signals on to it, and returns its exit code.
func execute(command, env []string) (int, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return 127, fmt.Errorf("start command: %w", err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			_ = cmd.Process.Signal(s) // it may have ended meanwhile
		case err := <-done:
			return exitCode(err)
		}
	}
}

func exitCode(err error) (int, error) {
	var failed *exec.ExitError
	if !errors.As(err, &failed) {
		return 0, err
	}
	if code := failed.ExitCode(); code >= 0 {
		return code, nil
	}
	return 1, fmt.Errorf("command: %w", err) // a signal ended it
}
