package dialecttest

import (
	"context"
	"slices"
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// inspector is the role of a dialect that reads schemas.
type inspector interface {
	Inspect(ctx context.Context, q lockstep.Querier, srv lockstep.Server, scope schema.Scope) (*schema.Schema, error)
}

// inspect checks what holds for schemas of every dialect; the probes and the
// dialect's own tests go further.
func (s suite) inspect(t *testing.T, d inspector) {
	db := s.fresh(t)
	read := func(q lockstep.Querier, except ...string) *schema.Schema {
		t.Helper()
		found, err := d.Inspect(t.Context(), q, s.srv, schema.Scope{Except: except})
		if err != nil {
			t.Fatalf("Inspect: %v", err)
		}
		return found
	}
	empty := read(db)
	if u := empty.Unknown(); u != nil {
		t.Errorf("an empty database has unknown things: %v", u)
	}
	const table = "lockstep_Ledger"
	exec(t, db, s.Dialect.Ledger(lockstep.LedgerTable{Name: table}).Create...)
	if found := schema.Compare(empty, read(db, table)); len(found) > 0 {
		t.Errorf("a table that is excepted is seen:\n%s", Differences(found))
	}
	full := read(db)
	tables := full.OfKind(schema.KindTable)
	if len(tables) != 1 || tables[0].ID.Name != table {
		t.Fatalf("got the tables %v, want %s", tables, table)
	}
	var columns []string
	for _, c := range full.Columns(tables[0].ID) {
		columns = append(columns, c.ID.Name)
		if c.Attr(schema.AttrType) == "" {
			t.Errorf("%s has no type", c.ID)
		}
	}
	if !slices.Equal(columns, lockstep.LedgerColumns()) {
		t.Errorf("got the columns %v, want %v", columns, lockstep.LedgerColumns())
	}
	keepsSchema(t, full)
	if got := read(conn(t, db)).Fingerprint(); got != full.Fingerprint() {
		t.Errorf("another session reads %s, want %s", got, full.Fingerprint())
	}
}

// keepsSchema checks that a schema can be written down.
func keepsSchema(t *testing.T, s *schema.Schema) {
	t.Helper()
	lines, err := s.Lines()
	if err != nil {
		t.Fatal(err)
	}
	again, err := schema.Parse(lines)
	if err != nil {
		t.Fatal(err)
	}
	same := func(a, b schema.Fact) bool { return a.Equal(b) && slices.Equal(a.Needs, b.Needs) }
	if !slices.EqualFunc(s.Facts(), again.Facts(), same) || s.Fingerprint() != again.Fingerprint() {
		t.Errorf("written down and read again it differs:\n%s", Differences(schema.Compare(s, again)))
	}
}
