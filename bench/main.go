// Command bench measures lockstep beside the runners that can be linked into
// the same program, goose, golang-migrate and tern, and beside floors: what one
// connection or the server's own command line client needs for the same work.
// All contenders run in one process run, on the same server, in turns.
//
// It tells numbers and judges none: no figure makes it fail. Servers are found
// by the variables of lockstep's test harness (LOCKSTEP_TEST_POSTGRES18 …); a
// kind of server that has none is left out. SQLite needs no server.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/lockstepdb/lockstep/internal/testdb/servers"
)

// options is what the command line says.
type options struct {
	kinds    []servers.Kind
	groups   []string
	small    int // migrations applied
	large    int // migrations of the long history
	rounds   int
	markdown string
	scratch  string
}

func main() {
	log.SetFlags(0)
	if err := run(os.Args[1:], os.Stdout); err != nil { //nolint:forbidigo // the one place of this command that prints
		log.Fatalf("bench: %v", err)
	}
}

func run(args []string, out io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, err := parse(args)
	if err != nil {
		return err
	}
	if o.scratch, err = os.MkdirTemp(scratchBase(), "lockstep-bench-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(o.scratch) }() // files of no use to anybody
	report, err := measure(ctx, o)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, report.text()); err != nil {
		return err
	}
	if o.markdown == "" {
		return nil
	}
	return replaceSection(o.markdown, report.markdown())
}

// scratchBase is a folder in memory where there is one, so that disks do not
// decide who is faster.
func scratchBase() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return ""
}

// groups are the parts of the benchmark, in the order they run.
func groups() []string { return []string{"load", "trips", "apply", "long", "process"} }

func parse(args []string) (options, error) {
	var o options
	var kinds, parts string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&kinds, "kinds", "", "kinds of servers, comma separated (default: all that run, and sqlite)")
	f.StringVar(&parts, "groups", strings.Join(groups(), ","), "parts of the benchmark")
	f.IntVar(&o.small, "n", 1000, "small migrations to apply")
	f.IntVar(&o.large, "long", 10_000, "migrations of the long history")
	f.IntVar(&o.rounds, "rounds", 5, "rounds, in each of which every contender has its turn")
	f.StringVar(&o.markdown, "markdown", "", "also write the tables into this file, between its marks")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	o.groups = strings.Split(parts, ",")
	var err error
	o.kinds, err = chooseKinds(kinds)
	return o, err
}

func chooseKinds(names string) ([]servers.Kind, error) {
	var chosen []servers.Kind
	if names == "" {
		for _, k := range servers.Kinds() {
			if !k.IsServer() || os.Getenv(k.Variable()) != "" {
				chosen = append(chosen, k)
			}
		}
		return chosen, nil
	}
	for name := range strings.SplitSeq(names, ",") {
		k, ok := servers.Named(name)
		if !ok {
			return nil, fmt.Errorf("no kind of server is called %q", name)
		}
		if k.IsServer() && os.Getenv(k.Variable()) == "" {
			return nil, fmt.Errorf("%s is not set: no %s runs", k.Variable(), name)
		}
		chosen = append(chosen, k)
	}
	return chosen, nil
}
