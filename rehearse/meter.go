package rehearse

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/lockstepdb/lockstep"
)

// meter measures the statements of one migration, by readings before and after
// each. The nil meter measures nothing.
type meter struct {
	source lockstep.Meter // nil: only time is measured
	server lockstep.Server
	rows   func(statement string) int64 // of the largest filled table that it names

	first   *lockstep.Reading // before the migration: what it makes itself is not in it
	before  lockstep.Reading
	found   []Statement
	reading time.Duration // spent on measuring
}

// observe is called around each statement.
func (m *meter) observe(ctx context.Context, q lockstep.Querier, at lockstep.StatementPoint) error {
	started := time.Now()
	defer func() { m.reading += time.Since(started) }()
	now, err := m.measure(ctx, q)
	if err != nil {
		return err
	}
	if m.first == nil {
		m.first = &now
	}
	if !at.After {
		m.before = now
		return nil
	}
	m.found = slices.DeleteFunc(m.found, func(s Statement) bool { return s.Number >= at.Number }) // of an attempt that was rolled back
	m.found = append(m.found, m.statement(at, now))
	return nil
}

func (m *meter) measure(ctx context.Context, q lockstep.Querier) (lockstep.Reading, error) {
	if m.source == nil {
		return lockstep.Reading{}, nil
	}
	return m.source.Measure(ctx, q, m.server)
}

func (m *meter) statement(at lockstep.StatementPoint, now lockstep.Reading) Statement {
	s := Statement{Number: at.Number, Line: at.Pos.Line, Text: at.Summary, Duration: at.Duration}
	s.scale(m.rows(at.Written))
	if now.Written > m.before.Written {
		s.Written = now.Written - m.before.Written
	}
	for id, after := range now.Relations {
		before := m.before.Relations[id]
		if _, known := m.first.Relations[id]; !known {
			continue
		}
		name := cmp.Or(after.Name, before.Name)
		if after.Lock != "" && after.Lock != before.Lock && !before.Index {
			s.Locks = append(s.Locks, Lock{name, after.Lock})
		}
		if before.Storage != "" && after.Storage != "" && after.Storage != before.Storage {
			s.Rewrites = append(s.Rewrites, name)
		}
	}
	slices.SortFunc(s.Locks, func(a, b Lock) int { return cmp.Compare(a.Table, b.Table) })
	slices.Sort(s.Rewrites)
	return s
}

// take returns what was measured, with the time of the migration without that
// of measuring, and begins anew.
func (m *meter) take(took time.Duration) (time.Duration, []Statement) {
	if m == nil {
		return took, nil
	}
	found := m.found
	took = max(took-m.reading, 0)
	m.first, m.found, m.reading = nil, nil, 0
	return took, found
}
