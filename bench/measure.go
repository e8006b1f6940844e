package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/lockstepdb/lockstep/internal/testdb/servers"
)

// measure runs the chosen groups.
func measure(ctx context.Context, o options) (*report, error) {
	known, err := facts(ctx, o.kinds)
	if err != nil {
		return nil, err
	}
	r := &report{facts: known}
	small, err := writeCorpus(filepath.Join(o.scratch, "small"), o.small, tableAndIndex)
	if err != nil {
		return nil, err
	}
	long, err := writeCorpus(filepath.Join(o.scratch, "long"), o.large, nothing)
	if err != nil {
		return nil, err
	}
	s := &suite{options: o, report: r, small: small, long: long}
	parts := map[string]func(context.Context) error{
		"load": s.load, "trips": s.trips, "apply": s.apply, "long": s.longHistory, "process": s.process,
	}
	for _, name := range groups() {
		if !slices.Contains(o.groups, name) {
			continue
		}
		log.Printf("bench: %s", name)
		if err := parts[name](ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return r, nil
}

// suite is one run of the program.
type suite struct {
	options
	report      *report
	small, long *corpus
	databases   int
}

// cell is who did what.
type cell struct{ contender, task string }

// times are the durations of each cell.
type times map[cell][]time.Duration

func (t times) median(contender, task string) time.Duration { return median(t[cell{contender, task}]) }

// clock times one task of one contender.
func (t times) clock(ctx context.Context, name, what string, do task, on target) error {
	if do == nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	runtime.GC()
	start := time.Now()
	if err := do(ctx, on); err != nil {
		return fmt.Errorf("%s: %s on %s: %w", what, name, on.kind.Name, err)
	}
	t[cell{name, what}] = append(t[cell{name, what}], time.Since(start))
	return nil
}

// withDatabase hands an empty database to f and drops it.
func (s *suite) withDatabase(ctx context.Context, k servers.Kind, history *corpus, f func(t target) error) error {
	s.databases++
	t, err := create(ctx, k, s.scratch, fmt.Sprintf("lockstep_bench_%d", s.databases))
	if err != nil {
		return fmt.Errorf("create a database: %w", err)
	}
	t.history = history
	return errors.Join(f(t), drop(context.WithoutCancel(ctx), t))
}

// repeats is how often the short tasks run in a round.
const repeats = 5

// apply times what each contender needs for the small migrations, and right
// after it for finding out that there is nothing to do.
func (s *suite) apply(ctx context.Context) error {
	for _, k := range s.kinds {
		all := times{}
		for round := range s.rounds {
			log.Printf("bench: %s, round %d of %d", k.Name, round+1, s.rounds)
			for _, c := range s.turn(round) {
				if !c.runsOn(k) {
					continue
				}
				err := s.withDatabase(ctx, k, s.small, func(t target) error { return s.applyOne(ctx, c, t, all) })
				if err != nil {
					return err
				}
			}
		}
		s.report.tables = append(s.report.tables, s.table(
			fmt.Sprintf("%s: %d small migrations", k.Name, s.small.count()),
			"Each creates a table with a primary key and an index. “Nothing to do” and “status” open a new connection each time.", k, all, true))
	}
	return nil
}

func (c *corpus) count() int { return len(c.ups) }

// turn is the order of a round: everybody is first at some time.
func (s *suite) turn(round int) []contender {
	all := contenders()
	n := round % len(all)
	return append(all[n:], all[:n]...)
}

func (s *suite) applyOne(ctx context.Context, c contender, t target, all times) error {
	if c.apply != nil {
		if err := writeDriverScript(t); err != nil {
			return err
		}
	}
	if err := all.clock(ctx, c.name, "apply", c.apply, t); err != nil {
		return err
	}
	return shortTasks(ctx, c, t, all)
}

func shortTasks(ctx context.Context, c contender, t target, all times) error {
	for range repeats {
		start := time.Now()
		if err := all.clock(ctx, c.name, "noop", c.noop, t); err != nil {
			return err
		}
		if err := all.clock(ctx, c.name, "status", c.status, t); err != nil {
			return err
		}
		if time.Since(start) > time.Second {
			break // long enough to be told from noise
		}
	}
	return nil
}

func (s *suite) table(title, note string, k servers.Kind, all times, withApply bool) *table {
	t := &table{title: title, note: note}
	columns := []string{"noop", "status"}
	t.header = []string{"", "nothing to do", "× lockstep", "status", "× lockstep"}
	if withApply {
		columns = append([]string{"apply"}, columns...)
		t.header = slices.Insert(t.header, 1, "apply", "× lockstep")
	}
	for _, c := range contenders() {
		if !c.runsOn(k) {
			continue
		}
		row, measured := []string{c.name}, false
		for _, column := range columns {
			d := all.median(c.name, column)
			measured = measured || d > 0
			row = append(row, shown(d), ratio(d, all.median(lockstepName, column)))
		}
		if measured {
			t.add(row...)
		}
	}
	return t
}

// longHistory times the short tasks where many migrations are applied.
func (s *suite) longHistory(ctx context.Context) error {
	for _, k := range s.kinds {
		all := times{}
		if err := s.fillAndTime(ctx, k, contenders(), nil, all); err != nil {
			return err
		}
		s.report.tables = append(s.report.tables, s.table(
			fmt.Sprintf("%s: %d migrations applied", k.Name, s.long.count()),
			"The migrations say SELECT 1; what is timed is finding out that nothing is left to do, and listing them.", k, all, false))
	}
	return nil
}

// fillAndTime gives each contender a database of its own with the long history
// and, once all are filled, times them in turns.
func (s *suite) fillAndTime(ctx context.Context, k servers.Kind, rest []contender, ready []turn, all times) error {
	if len(rest) == 0 {
		return s.timeInTurns(ctx, ready, all)
	}
	c := rest[0]
	if !c.runsOn(k) || c.noop == nil {
		return s.fillAndTime(ctx, k, rest[1:], ready, all)
	}
	return s.withDatabase(ctx, k, s.long, func(t target) error {
		if err := fill(ctx, c, t); err != nil {
			return fmt.Errorf("fill for %s: %w", c.name, err)
		}
		return s.fillAndTime(ctx, k, rest[1:], append(ready, turn{c, t}), all)
	})
}

// fill brings an empty database to the whole history.
func fill(ctx context.Context, c contender, t target) error {
	do := c.apply
	if c.fill != nil {
		do = c.fill
	}
	if do == nil {
		return nil
	}
	log.Printf("bench: %s: fill for %s", t.kind.Name, c.name)
	return do(ctx, t)
}

// turn is a contender with its database.
type turn struct {
	contender
	target
}

func (s *suite) timeInTurns(ctx context.Context, ready []turn, all times) error {
	for range s.rounds {
		for _, one := range ready {
			if err := shortTasks(ctx, one.contender, one.target, all); err != nil {
				return err
			}
		}
	}
	return nil
}
