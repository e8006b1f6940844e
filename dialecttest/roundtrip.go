package dialecttest

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/schema/diff"
)

// RoundTrips is what [RunRoundTrips] needs to know of a dialect and its server.
type RoundTrips struct {
	// Dialect is the dialect under test; it inspects, answers the questions of
	// the differ and renders. Required.
	Dialect lockstep.Dialect
	// Database makes an empty database that lives as long as t; at most three are
	// in use at a time. Required.
	Database func(t *testing.T) Observed
	// Grammar is what schemas are made of. Required.
	Grammar Grammar
	// Apply runs statements. Default one by one on one connection.
	Apply func(ctx context.Context, db *sql.DB, statements []string) error
}

// Observed is a database with an observer other than the dialect.
type Observed struct {
	DB *sql.DB
	// Schema describes each object as the server's own tools do, without the name
	// of the database and the order of columns. Required.
	Schema func(t testing.TB) []string
	// Identities tells the server's numbers of objects, which change when they are
	// made anew. Default none.
	Identities func(t testing.TB) map[schema.ID]string
}

// The environment variables for longer runs.
const (
	pairsVariable = "LOCKSTEP_TEST_PAIRS" // how many pairs of schemas
	seedVariable  = "LOCKSTEP_TEST_SEED"  // of the first pair; each next one has the next number
)

// fewPairs is how many there are without the variable.
const fewPairs = 10

// migrator is all that a dialect does for schemas.
type migrator interface {
	inspector
	diff.Dialect
	Render(srv lockstep.Server, c schema.Change) ([]string, error)
	Initial(s *schema.Schema) []schema.Fact
}

// arranger puts the statements of several changes together.
type arranger interface {
	Arrange(statements []string) []string
}

// RunRoundTrips makes random schemas with rows, goes from each to another one,
// back, to nothing and to it again by what diff finds and the dialect renders,
// and asks two observers whether it arrived.
func RunRoundTrips(t *testing.T, cfg RoundTrips) {
	t.Helper()
	m, ok := cfg.Dialect.(migrator)
	if !ok {
		t.Fatalf("%T does not migrate schemas", cfg.Dialect)
	}
	if cfg.Apply == nil {
		cfg.Apply = applyEach
	}
	first, pairs := fromEnvironment(t, seedVariable, 1), fromEnvironment(t, pairsVariable, fewPairs)
	for seed := first; seed < first+pairs; seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			newTrip(t, cfg, m, uint64(seed)).run(t)
		})
	}
}

func fromEnvironment(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		t.Fatalf("%s=%s is not a number", variable, text)
	}
	return n
}

func applyEach(ctx context.Context, db *sql.DB, statements []string) (err error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if closing := c.Close(); err == nil {
			err = closing
		}
	}()
	for _, s := range statements {
		if _, err := c.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%w\nof %s", err, s)
		}
	}
	return nil
}

// trip is one pair of schemas on its way.
type trip struct {
	cfg      RoundTrips
	m        migrator
	srv      lockstep.Server
	one, two *world
	reads    int // how often rows were read
}

func newTrip(t *testing.T, cfg RoundTrips, m migrator, seed uint64) *trip {
	r := rand.New(rand.NewPCG(seed, 0))
	one := newWorld(r, &cfg.Grammar, cfg.Dialect.Quote)
	two := one.change(r)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("repeat it with %s=%d %s=1\nfrom\n%s;\n-- to\n%s;", seedVariable, seed, pairsVariable,
				strings.Join(one.script(), ";\n"), strings.Join(two.script(), ";\n"))
		}
	})
	return &trip{cfg: cfg, m: m, one: one, two: two}
}

// place is a database with what is to be found in it.
type place struct {
	Observed
	read  *schema.Schema
	shown []string
}

// settle makes a world in a database.
func (trip *trip) settle(t *testing.T, w *world) place {
	t.Helper()
	p := place{Observed: trip.cfg.Database(t)}
	trip.srv = probe(t, trip.cfg.Dialect, p.DB)
	if err := trip.cfg.Apply(t.Context(), p.DB, w.script()); err != nil {
		t.Fatalf("the grammar makes a statement that does not work: %v", err)
	}
	p.read, p.shown = trip.inspect(t, p.DB), p.Schema(t)
	return p
}

func (trip *trip) inspect(t *testing.T, db *sql.DB) *schema.Schema {
	t.Helper()
	s, err := trip.m.Inspect(t.Context(), db, trip.srv, schema.Scope{})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range s.Unknown() {
		t.Errorf("unknown: %s", u)
	}
	return s
}

func (trip *trip) run(t *testing.T) {
	one, two := trip.settle(t, trip.one), trip.settle(t, trip.two)
	if again := trip.inspect(t, one.DB); again.Fingerprint() != one.read.Fingerprint() {
		t.Errorf("read again it differs:\n%s", Differences(schema.Compare(one.read, again)))
	}
	if r, err := diff.Diff(one.read, one.read, trip.m, diff.Options{StrictOrder: true}); err != nil || len(r.Changes) > 0 {
		t.Errorf("a schema differs from itself: %v, %v", r, err)
	}
	rows := trip.rows(t, one.DB)
	before := one.identities(t)
	now := trip.turn(t, one.DB, one.read, two.read)
	trip.arrived(t, one, now, two)
	sameRows(t, trip.rows(t, one.DB), trip.rows(t, two.DB))
	untouched(t, one.read, two.read, before, one.identities(t))

	now = trip.turn(t, one.DB, now, one.read)
	trip.arrived(t, one, now, one)
	sameRows(t, trip.rows(t, one.DB), rows)

	trip.fromNothing(t, one)
}

// fromNothing makes a schema in an empty database, takes it away, and makes it as
// it was made first.
func (trip *trip) fromNothing(t *testing.T, one place) {
	copied := place{Observed: trip.cfg.Database(t)}
	shown := copied.Schema(t)
	empty, err := schema.New(trip.m.Initial(one.read))
	if err != nil {
		t.Fatal(err)
	}
	now := trip.turn(t, copied.DB, empty, one.read)
	trip.arrived(t, copied, now, one)
	now = trip.turn(t, copied.DB, now, empty)
	trip.arrived(t, copied, now, place{read: empty, shown: shown})
	if err := trip.cfg.Apply(t.Context(), copied.DB, trip.one.script()); err != nil {
		t.Fatalf("something is left that is in the way: %v", err)
	}
	if again := trip.inspect(t, copied.DB); again.Fingerprint() != one.read.Fingerprint() {
		t.Errorf("the same statements in another database make another schema:\n%s", Differences(schema.Compare(one.read, again)))
	}
}

// turn makes one schema of another, as far as rendered statements do.
func (trip *trip) turn(t *testing.T, db *sql.DB, from, to *schema.Schema) *schema.Schema {
	t.Helper()
	r, err := diff.Diff(from, to, trip.m, diff.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Cycles) > 0 {
		t.Errorf("cycles: %v", r.Cycles)
	}
	needless(t, r.Changes, from, to)
	var statements []string
	for _, c := range r.Changes {
		more, err := trip.m.Render(trip.srv, c)
		if err != nil {
			t.Fatal(err)
		}
		statements = append(statements, more...)
	}
	if a, ok := trip.m.(arranger); ok {
		statements = a.Arrange(statements)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("made by\n%s;", strings.Join(statements, ";\n"))
		}
	})
	if err := trip.cfg.Apply(t.Context(), db, statements); err != nil {
		t.Fatal(err)
	}
	return trip.inspect(t, db)
}

// arrived checks that a schema is another one but for the order of columns.
func (trip *trip) arrived(t *testing.T, at place, now *schema.Schema, want place) {
	t.Helper()
	found := slices.DeleteFunc(schema.Compare(now, want.read), func(d schema.Difference) bool {
		return d.OrderOnly()
	})
	if len(found) > 0 {
		t.Errorf("there is still a difference:\n%s", Differences(found))
	}
	shown := at.Schema(t)
	for _, s := range shown {
		if !slices.Contains(want.shown, s) {
			t.Errorf("the server shows what it should not:\n%s", s)
		}
	}
	for _, s := range want.shown {
		if !slices.Contains(shown, s) {
			t.Errorf("the server does not show\n%s", s)
		}
	}
	if t.Failed() {
		t.FailNow() // what follows would fail for the same reason
	}
}
