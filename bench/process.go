package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/lockstepdb/lockstep/internal/testdb/servers"
)

// program is a small program of a contender, timed as a whole process: what a
// pod that starts, or a step of a deployment, waits for.
type program struct {
	name string
	pkg  string // below this module; "" for lockstep's own command
	args func(t target) []string
	fill task   // brings the database to the state it is timed in
	with string // whose database it uses: programs of one contender share one
}

func programs() []program {
	return []program{
		{"lockstep up", "", func(t target) []string { return lockstepArgs(t, "up") }, lockstepUp, "lockstep"},
		{"lockstep status", "", func(t target) []string { return lockstepArgs(t, "status") }, lockstepUp, "lockstep"},
		{"lockstep version", "", func(target) []string { return []string{"version"} }, nil, "lockstep"},
		{"connect and ping", "./cmd/ping", func(t target) []string { return []string{t.url} }, nil, "connect"},
		{"goose provider up", "./cmd/goose", func(t target) []string { return []string{t.url, t.history.goose, "up"} }, gooseUp, "goose"},
		{"goose provider status", "./cmd/goose", func(t target) []string { return []string{t.url, t.history.goose, "status"} }, gooseUp, "goose"},
		{"golang-migrate up", "./cmd/migrate", func(t target) []string { return []string{t.url, t.history.pairs} }, migrateForce, "golang-migrate"},
		{"tern migrate", "./cmd/tern", func(t target) []string { return []string{t.url, t.history.tern} }, ternUp, "tern"},
	}
}

func lockstepArgs(t target, command string) []string {
	return []string{command, "--db", t.url, "--dir", t.history.pairs}
}

// usage is what one process took.
type usage struct {
	wall, cpu time.Duration
	memory    int64 // bytes at most
}

// process times whole processes on each PostgreSQL, where all peers run.
func (s *suite) process(ctx context.Context) error {
	for _, k := range s.kinds {
		if !onPostgres(k) {
			continue
		}
		for _, history := range []*corpus{s.small, s.long} {
			if err := s.processOn(ctx, k, history); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *suite) processOn(ctx context.Context, k servers.Kind, history *corpus) error {
	used := map[string][]usage{}
	if err := s.fillAndStart(ctx, k, history, programs(), nil, used); err != nil {
		return err
	}
	t := &table{
		title:  fmt.Sprintf("%s: whole processes with %d migrations applied and nothing to do", k.Name, history.count()),
		note:   "From starting the program to its end. “Ping” is a program that connects with the same driver, pings and ends.",
		header: []string{"", "median", "fastest", "× ping", "CPU", "peak memory"},
	}
	ping := medianOf(used["connect and ping"])
	for _, p := range programs() {
		m := medianOf(used[p.name])
		fastest := slices.MinFunc(used[p.name], func(a, b usage) int { return int(a.wall - b.wall) })
		t.add(p.name, shown(m.wall), shown(fastest.wall), ratio(m.wall, ping.wall), shown(m.cpu), fmt.Sprintf("%d MB", m.memory>>20))
	}
	s.report.tables = append(s.report.tables, t)
	return nil
}

// started is a program with its database.
type started struct {
	program
	target
	path, stopwatch string
}

func (s *suite) fillAndStart(ctx context.Context, k servers.Kind, history *corpus, rest []program, ready []started, used map[string][]usage) error {
	if len(rest) == 0 {
		return s.startInTurns(ctx, ready, used)
	}
	p := rest[0]
	path, err := s.build(ctx, p.pkg)
	if err != nil {
		return err
	}
	stopwatch, err := s.build(ctx, "./cmd/stopwatch")
	if err != nil {
		return err
	}
	for _, r := range ready {
		if r.with == p.with {
			return s.fillAndStart(ctx, k, history, rest[1:], append(ready, started{p, r.target, path, stopwatch}), used)
		}
	}
	return s.withDatabase(ctx, k, history, func(t target) error {
		if p.fill != nil {
			if err := p.fill(ctx, t); err != nil {
				return fmt.Errorf("fill for %s: %w", p.name, err)
			}
		}
		return s.fillAndStart(ctx, k, history, rest[1:], append(ready, started{p, t, path, stopwatch}), used)
	})
}

// build compiles a program once.
func (s *suite) build(ctx context.Context, pkg string) (path string, err error) {
	dir := "."
	if pkg == "" {
		dir, pkg = "..", "./cmd/lockstep"
	}
	path = filepath.Join(s.scratch, "bin", filepath.Base(pkg))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", path, pkg)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w: %s", pkg, err, out)
	}
	return path, nil
}

func (s *suite) startInTurns(ctx context.Context, ready []started, used map[string][]usage) error {
	for range s.rounds * repeats {
		for _, p := range ready {
			u, err := p.run(ctx)
			if err != nil {
				return err
			}
			used[p.name] = append(used[p.name], u)
		}
	}
	return nil
}

func (p started) run(ctx context.Context) (usage, error) {
	cmd := exec.CommandContext(ctx, p.stopwatch, append([]string{p.path}, p.args(p.target)...)...)
	var faults bytes.Buffer
	cmd.Stderr = &faults
	out, err := cmd.Output()
	if err != nil {
		return usage{}, fmt.Errorf("%s: %w: %s", p.name, err, &faults)
	}
	var u usage
	if _, err := fmt.Sscan(string(out), &u.wall, &u.cpu, &u.memory); err != nil {
		return usage{}, fmt.Errorf("%s: read what it took: %w", p.name, err)
	}
	return u, nil
}

func medianOf(all []usage) usage {
	if len(all) == 0 {
		return usage{}
	}
	sorted := slices.SortedFunc(slices.Values(all), func(a, b usage) int { return int(a.wall - b.wall) })
	return sorted[len(sorted)/2]
}
