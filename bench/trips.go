package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"

	"github.com/lockstepdb/lockstep/internal/testdb/servers"
)

// traffic is what a task cost on the wire.
type traffic struct{ connections, trips int64 }

// counted runs a task through a counting proxy.
func counted(ctx context.Context, t target, do task) (traffic, error) {
	p, through, err := listen(ctx, t)
	if err != nil {
		return traffic{}, err
	}
	err = do(ctx, through)
	p.close()
	return traffic{p.connections.Load(), p.trips.Load()}, err
}

// trips counts round trips, which is what a run costs where the server is far
// away.
func (s *suite) trips(ctx context.Context) error {
	few, err := writeCorpus(filepath.Join(s.scratch, "few"), 10, tableAndIndex)
	if err != nil {
		return err
	}
	more, err := writeCorpus(filepath.Join(s.scratch, "more"), 30, tableAndIndex)
	if err != nil {
		return err
	}
	for _, k := range s.kinds {
		if !k.IsServer() {
			continue
		}
		t := &table{
			title:  k.Name + ": round trips",
			note:   "Counted between client and server, without those that open a connection. “Per migration” is the difference between applying 30 and 10, by 20.",
			header: []string{"", "per migration", "nothing to do", "connections", "status", "connections"},
		}
		for _, c := range contenders() {
			if !c.runsOn(k) || c.apply == nil || c.noop == nil {
				continue
			}
			if err := s.countOne(ctx, k, c, few, more, t); err != nil {
				return err
			}
		}
		s.report.tables = append(s.report.tables, t)
	}
	return nil
}

func (s *suite) countOne(ctx context.Context, k servers.Kind, c contender, few, more *corpus, t *table) error {
	var a, b, noop, status, ping traffic
	err := s.withDatabase(ctx, k, few, func(on target) (err error) {
		if ping, err = counted(ctx, on, connectOnly); err == nil {
			a, err = counted(ctx, on, c.apply)
		}
		return err
	})
	if err != nil {
		return err
	}
	err = s.withDatabase(ctx, k, more, func(on target) (err error) {
		if b, err = counted(ctx, on, c.apply); err != nil {
			return err
		}
		if noop, err = counted(ctx, on, c.noop); err != nil || c.status == nil {
			return err
		}
		status, err = counted(ctx, on, c.status)
		return err
	})
	if err != nil {
		return err
	}
	per := float64(b.without(ping)-a.without(ping)) / float64(more.count()-few.count())
	t.add(c.name, fmt.Sprintf("%.1f", per), noop.afterConnect(ping), count(noop.connections), status.afterConnect(ping), count(status.connections))
	return nil
}

// without is the trips less those that opened connections.
func (t traffic) without(connect traffic) int64 { return t.trips - t.connections*connect.trips }

func (t traffic) afterConnect(connect traffic) string {
	if t.connections == 0 {
		return "–"
	}
	return count(t.without(connect))
}

func count(n int64) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprint(n)
}

// connectOnly opens one connection.
func connectOnly(ctx context.Context, t target) error {
	return t.use(func(db *sql.DB) error {
		conn, err := db.Conn(ctx)
		if err != nil {
			return err
		}
		return conn.Close()
	})
}
