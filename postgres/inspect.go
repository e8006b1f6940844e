package postgres

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// Inspect reads the schema of the database behind q.
//
// It takes one query beside those of the transaction, whatever the number of
// tables, in one snapshot: a pool gives a connection for a read-only
// transaction of its own; a session that is in a transaction is read as this
// transaction sees it, and is left as it was.
//
// The attributes of facts are listed at the constants of inspect_facts.go.
func (d dialect) Inspect(ctx context.Context, q lockstep.Querier, srv lockstep.Server, scope schema.Scope) (*schema.Schema, error) {
	a, err := d.readSchema(ctx, q, srv, scope)
	if err != nil {
		return nil, fmt.Errorf("inspect schema: %w", err)
	}
	s, err := schema.New(a.facts(), a.sortedUnknown()...)
	if err != nil {
		return nil, fmt.Errorf("inspect schema: %w", err)
	}
	return s, nil
}

// readSchema tries again when somebody dropped what was about to be printed:
// the functions that print definitions see the newest state, not the snapshot.
func (d dialect) readSchema(ctx context.Context, q lockstep.Querier, srv lockstep.Server, scope schema.Scope) (*assembly, error) {
	const most = 5
	for attempt := 1; ; attempt++ {
		a := newAssembly(scope)
		err := d.inSnapshot(ctx, q, func(q lockstep.Querier) error { return a.read(ctx, q, srv) })
		if err == nil || attempt == most || !d.isOvertaken(err) {
			return a, err
		}
	}
}

// errGone says that an object was dropped while the schema was read.
var errGone = errors.New("an object was dropped meanwhile")

// complete returns errGone if a definition is missing: that is how some of the
// functions say that there is no such object any more.
func (a *assembly) complete() error {
	for _, d := range a.drafts {
		switch d.id.Kind {
		case schema.KindConstraint, schema.KindIndex, schema.KindView, schema.KindMaterializedView, schema.KindTrigger, schema.KindRule, schema.KindRoutine:
			if d.attr(schema.AttrDefinition) == "" {
				return fmt.Errorf("read %s: %w", d.id, errGone)
			}
		}
	}
	return nil
}

// isOvertaken recognises what is said of an object that is gone.
func (d dialect) isOvertaken(err error) bool {
	if errors.Is(err, errGone) {
		return true
	}
	e := d.Classify(err)
	if e == nil {
		return false
	}
	switch e.Code {
	case "XX000", "40P01", "42P01", "42704": // internal_error, deadlock_detected, undefined_table, undefined_object
		return true
	}
	return false
}

func (a *assembly) read(ctx context.Context, q lockstep.Querier, srv lockstep.Server) error {
	blocks := allBlocks(srv)
	rows, err := readBlocks(ctx, q, blocks, bulkQuery(blocks, a.scope))
	if err != nil {
		return err
	}
	a.add(blocks, rows)
	if err := a.complete(); err != nil {
		return err
	}
	if !a.subscribed {
		return nil
	}
	return a.readConnections(ctx, q)
}

// allBlocks lists the blocks so that each finds what it refers to by id.
func allBlocks(srv lockstep.Server) []block {
	blocks := []block{ownerBlock(), schemasBlock()}
	for _, more := range [][]block{tableBlocks(srv), objectBlocks(srv), sharedBlocks(srv), rareBlocks(), linkBlocks(srv)} {
		blocks = append(blocks, more...)
	}
	return blocks
}

// ownerBlock reads who owns the database.
func ownerBlock() block {
	return block{name: "db.owner", from: "FROM db", take: func(a *assembly, _ *block, r row) { a.owner = r.name }}
}

// readConnections reads where subscriptions lead. A user who may not read it
// is told that it was not compared.
func (a *assembly) readConnections(ctx context.Context, q lockstep.Querier) error {
	const may = "SELECT has_column_privilege('pg_subscription', 'subconninfo', 'SELECT')"
	var allowed bool
	if err := q.QueryRowContext(ctx, may).Scan(&allowed); err != nil {
		return fmt.Errorf("read privileges: %w", err)
	}
	if !allowed {
		a.unknown = append(a.unknown, schema.Unknown{What: schema.Hidden, Name: "pg_subscription.subconninfo"})
		return nil
	}
	rows, err := q.QueryContext(ctx, "SELECT CAST(oid AS int8), subconninfo FROM pg_subscription")
	if err != nil {
		return fmt.Errorf("read subscriptions: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var connection string
		if err := rows.Scan(&id, &connection); err != nil {
			return fmt.Errorf("read subscriptions: %w", err)
		}
		if d := a.at[address{classSubscription, oid(id), 0}]; d != nil {
			d.set(attrConnection, withoutPassword(connection))
		}
	}
	return rows.Err()
}

// withoutPassword takes the password out of a connection string, in either of
// the forms that libpq knows.
func withoutPassword(connection string) string {
	connection = regexp.MustCompile(`(?i)(password\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&]+)`).ReplaceAllString(connection, "${1}(set)")
	return regexp.MustCompile(`(://[^/@:\s]*):[^@/\s]*@`).ReplaceAllString(connection, "${1}:(set)@")
}
