package sqlite

import (
	"context"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// SchemaFacts reads the schema in the form in which the ledger keeps it.
func (d dialect) SchemaFacts(ctx context.Context, q lockstep.Querier, srv lockstep.Server, except []string) (fingerprint string, facts []string, err error) {
	s, err := d.Inspect(ctx, q, srv, schema.Scope{Except: except})
	if err != nil {
		return "", nil, err
	}
	facts, err = s.Lines()
	return s.Fingerprint(), facts, err
}

// Initial returns the facts of a new database on the server that s was read
// from: what is there before anybody makes anything.
func (dialect) Initial(s *schema.Schema) []schema.Fact {
	var facts []schema.Fact
	for _, f := range s.OfKind(schema.KindDatabase) {
		facts = append(facts, f.Without(attrUserVersion, attrApplicationID))
	}
	return facts
}
