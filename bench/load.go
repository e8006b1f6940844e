package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// load times reading histories from a folder and splitting them into
// statements, on one core.
func (s *suite) load(ctx context.Context) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	t := &table{
		title:  "Loading and splitting, one core, no database",
		note:   "CPU time of the one core. Load reads, checks and sums up every file; splitting reads it again and finds the statements as PostgreSQL's lexer does. Memory is the most that the whole process has held so far.",
		header: []string{"history", "files", "MB", "load", "MB/s", "split", "MB/s", "both MB/s", "peak MB"},
	}
	for _, h := range []struct {
		name  string
		files int
		size  int
	}{{"small files", 10_000, 350}, {"middling files", 10_000, 2000}, {"large files", 10_000, 16_000}, {"one large file", 1, 50_000_000}} {
		dir := filepath.Join(s.scratch, strings.ReplaceAll(h.name, " ", "-"))
		size, err := writeSized(dir, h.files, h.size)
		if err != nil {
			return err
		}
		if err := s.loadOne(ctx, t, h.name, dir, size); err != nil {
			return err
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	s.report.tables = append(s.report.tables, t)
	return nil
}

// writeSized writes migrations of about the given size each.
func writeSized(dir string, files, size int) (total int64, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	for i := range files {
		text := sized(i, size)
		total += int64(len(text))
		path := filepath.Join(dir, fmt.Sprintf("202601%08d_create_bench_%05d.sql", i, i))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return 0, err
		}
	}
	return total, nil
}

// sized returns SQL of about size bytes, as people write it: tables with
// comments, indexes, functions with dollar quotes, rows.
func sized(i, size int) string {
	var b strings.Builder
	for n := 0; b.Len() < size; n++ {
		switch n % 4 {
		case 0:
			fmt.Fprintf(&b, "-- Accounts of tenant %d, part %d.\nCREATE TABLE accounts_%[1]d_%[2]d (\n    id bigint PRIMARY KEY,\n    name varchar(64) NOT NULL DEFAULT 'it''s empty', -- shown to people\n    created_at timestamp\n);\n\n", i, n)
		case 1:
			fmt.Fprintf(&b, "CREATE INDEX accounts_%d_%d_name ON accounts_%[1]d_%d (lower(name), created_at) WHERE name <> '';\n", i, n, n-1)
		case 2:
			fmt.Fprintf(&b, "CREATE FUNCTION touch_%d_%d() RETURNS trigger LANGUAGE plpgsql AS $body$\nBEGIN\n  NEW.created_at := now(); /* the only place */\n  RETURN NEW;\nEND;\n$body$;\n\n", i, n)
		default:
			fmt.Fprintf(&b, "INSERT INTO accounts_%d_%d (id, name) VALUES (%[2]d, 'first; not last'), (%[3]d, E'second \\'quoted\\'');\n", i, n-3, n)
		}
	}
	return b.String()
}

func (s *suite) loadOne(ctx context.Context, t *table, name, dir string, size int64) error {
	var loads, splits []time.Duration
	var set *lockstep.Set
	for range s.rounds {
		if err := ctx.Err(); err != nil {
			return err
		}
		runtime.GC()
		start := cpuTime()
		var err error
		if set, err = lockstep.Load(lockstep.Dir(dir)); err != nil {
			return err
		}
		loads = append(loads, cpuTime()-start)
		runtime.GC()
		start = cpuTime()
		if err := splitAll(set); err != nil {
			return err
		}
		splits = append(splits, cpuTime()-start)
	}
	speed := func(d time.Duration) string { return fmt.Sprintf("%.0f", float64(size)/1e6/d.Seconds()) }
	load, split := median(loads), median(splits)
	t.add(name, fmt.Sprint(set.Len()), fmt.Sprintf("%.1f", float64(size)/1e6),
		shown(load), speed(load), shown(split), speed(split), speed(load+split), peakMemory())
	return nil
}

// cpuTime is what this process has used of its cores, in the program and in
// the system: on one core the time a load takes when nobody else is at work.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// splitAll reads every script again and splits it, as a run of all of them does.
func splitAll(set *lockstep.Set) error {
	for _, m := range set.Migrations() {
		text, err := m.Up.Text()
		if err != nil {
			return err
		}
		for _, err := range sqltext.Statements(text, sqltext.Options{Mode: sqltext.Postgres}) {
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// peakMemory is the most memory that this process has held, in MB.
func peakMemory() string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "–"
	}
	for line := range strings.Lines(string(status)) {
		var kb int64
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kb); err == nil {
			return fmt.Sprint(kb / 1024)
		}
	}
	return "–"
}
