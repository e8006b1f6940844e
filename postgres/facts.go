package postgres

import (
	"context"
	"slices"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/sqltext"
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
	facts := []schema.Fact{schema.NewFact(schema.ID{Kind: schema.KindSchema, Name: "public"})}
	if f, ok := s.Fact(schema.ID{Kind: schema.KindExtension, Name: "plpgsql"}); ok {
		facts = append(facts, f)
	}
	for _, f := range s.OfKind(schema.KindDatabase) {
		facts = append(facts, f.Without(attrSettings, schema.AttrComment, schema.AttrGrants))
	}
	return facts
}

// bodiesUnchecked lets routines be made before what their bodies use, which the
// server does not keep as a need.
const bodiesUnchecked = "SET check_function_bodies = off"

// Arrange returns the statements of several changes as those of one script.
func (dialect) Arrange(statements []string) []string {
	if len(statements) < 2 || !slices.ContainsFunc(statements, makesRoutine) {
		return statements
	}
	return append([]string{bodiesUnchecked}, statements...)
}

func makesRoutine(statement string) bool {
	words := sqltext.Words(statement, dialect{}.Lexer(), 4)
	return len(words) > 1 && words[0] == "CREATE" && (slices.Contains(words, "FUNCTION") || slices.Contains(words, "PROCEDURE"))
}
