package lockstep

import (
	"context"
	"fmt"
	"time"
)

// runGo runs a migration written in Go.
func (r *run) runGo(ctx context.Context, s Step) error {
	if s.Strategy == StrategyTransaction {
		return r.attempts(ctx, s, nil, Directives{Retries: -1}, func(attempt int, _ time.Duration) error {
			return r.goInTransaction(ctx, s, attempt)
		})
	}
	return r.goAlone(ctx, s)
}

func (r *run) goInTransaction(ctx context.Context, s Step, attempt int) error {
	started := r.m.options.Now()
	if err := r.openSession(ctx); err != nil {
		return err
	}
	tx, err := r.conn.BeginTx(ctx, nil)
	if err != nil {
		return r.m.describe("begin transaction", err)
	}
	defer func() { _ = tx.Rollback() }() // no effect after Commit
	if err := r.claim(ctx, tx); err != nil {
		return err
	}
	fn := s.migration.Go.UpTx
	if s.Direction == Down {
		fn = s.migration.Go.DownTx
	}
	r.m.emit(StatementStarted{s, 1, 1, "Go function", attempt})
	if err := fn(ctx, tx); err != nil {
		return r.goError(s, err)
	}
	r.m.emit(StatementFinished{s, 1, 1, r.m.options.Now().Sub(started)})
	e, err := r.completed(s, nil, started)
	if err != nil {
		return err
	}
	r.m.emit(EntryWriting{*e})
	if err := r.ledger.insert(ctx, tx, e); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return r.m.describe("commit", err)
	}
	r.written(e)
	return nil
}

// claim takes the write lock of databases that give it to the first writer,
// before the function reads anything that another writer could outdate.
func (r *run) claim(ctx context.Context, q Querier) error {
	if _, ok := r.m.dialect.(Beginner); !ok {
		return nil
	}
	_, err := q.ExecContext(ctx, "UPDATE "+r.m.dialect.Quote(r.ledger.table.Name)+" SET seq = seq WHERE seq < 0")
	if err != nil {
		return r.m.describe("begin transaction", err)
	}
	return nil
}

// goAlone runs a function outside of a transaction, between intent and result.
func (r *run) goAlone(ctx context.Context, s Step) error {
	steady := context.WithoutCancel(ctx)
	started := r.m.options.Now()
	if rec := r.history.records[s.key()]; rec == nil || rec.progress == nil {
		if err := r.write(steady, r.conn, r.entry(EntryStarted, s, started)); err != nil {
			return err
		}
	}
	fn := s.migration.Go.UpDB
	if s.Direction == Down {
		fn = s.migration.Go.DownDB
	}
	r.m.emit(StatementStarted{s, 1, 1, "Go function", 1})
	if err := fn(ctx, r.conn); err != nil {
		return r.goError(s, err)
	}
	r.m.emit(StatementFinished{s, 1, 1, r.m.options.Now().Sub(started)})
	e, err := r.completed(s, nil, started)
	if err != nil {
		return err
	}
	if err := r.write(steady, r.conn, e); err != nil {
		return err
	}
	r.renewSession(steady)
	return nil
}

func (r *run) goError(s Step, err error) error {
	if de := r.m.dialect.Classify(err); de != nil {
		err = fmt.Errorf("%w", de)
	}
	return &StatementError{File: s.File, Number: 1, Err: err}
}
