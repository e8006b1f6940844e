package lockstep

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawSet makes a set of migrations with random versions.
func drawSet(t *rapid.T) *Set {
	versions := rapid.SliceOfNDistinct(rapid.IntRange(1, 60), 1, 12, func(v int) int { return v }).Draw(t, "versions")
	var ms []*Migration
	for _, v := range versions {
		id := fmt.Sprint(v)
		up := NewScript(id+".up.sql", "up "+id, Directives{Retries: -1})
		down := NewScript(id+".down.sql", "down "+id, Directives{Retries: -1})
		ms = append(ms, &Migration{Version: Version(id), Name: "m", Kind: KindSchema, Up: up, Down: &down})
	}
	set, err := NewSet(ms...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// apply folds what a run of the first n steps of a plan would record. A cut
// leaves the step after them half done.
func apply(h *history, p *Plan, n int, cut bool) {
	record := func(s Step, event EventKind, statement int) {
		e := &Entry{
			Event: event, Version: s.Version, Name: s.Name, Kind: s.Kind, Direction: s.Direction,
			Statement: statement, Statements: 2, Checksum: s.migration.Up.Checksum,
		}
		if event == EntryApplied || event == EntryBaselined {
			e.Context = s.migration.replacing(nil)
		}
		h.next(e)
		if _, err := e.seal(); err != nil {
			panic(err)
		}
		h.add(e)
		if e.SetDigest != h.digest.String() {
			panic("the digest of an entry is not that of the history after it")
		}
	}
	for _, s := range p.Steps[:n] {
		switch {
		case s.Strategy == StrategyRecord:
			record(s, EntryBaselined, 0)
		case s.Direction == Up:
			record(s, EntryApplied, 2)
		default:
			record(s, EntryReverted, 2)
		}
	}
	if cut && n < len(p.Steps) && p.Steps[n].Strategy != StrategyRecord {
		record(p.Steps[n], EntryStatement, 1)
	}
}

func never(*Migration, *record) bool { return false }

func TestPlanObeysItsLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := drawSet(t)
		h := newHistory()
		for range rapid.IntRange(1, 6).Draw(t, "runs") {
			p := drawPlan(t, set, h)
			if p == nil {
				continue
			}
			checkOrder(t, p)
			n := rapid.IntRange(0, len(p.Steps)).Draw(t, "done")
			apply(h, p, n, rapid.Bool().Draw(t, "cut"))
		}
		finish(t, set, h)
	})
}

// drawPlan plans up or down; nil when a half applied step forbids down.
func drawPlan(t *rapid.T, set *Set, h *history) *Plan {
	target := Target{Direction: Up, Steps: rapid.IntRange(0, 4).Draw(t, "steps")}
	if rapid.Bool().Draw(t, "down") {
		target.Direction = Down
	}
	p, err := computePlan(set, h, target, never)
	var he *HistoryError
	switch {
	case errors.As(err, &he) && he.Differences[0].Kind == DiffOutOfOrder:
		return nil // a cut down leaves a gap below applied versions
	case err != nil && target.Direction == Down && h.unfinished() != nil:
		return nil
	case err != nil:
		t.Fatal(err)
	}
	return p
}

// checkOrder: ups ascend, downs descend, and what was interrupted comes first.
func checkOrder(t *rapid.T, p *Plan) {
	for i := 1; i < len(p.Steps); i++ {
		a, b := p.Steps[i-1], p.Steps[i]
		if b.Resuming {
			t.Fatalf("step %d resumes, after %s", i, a.ID())
		}
		if a.Resuming || a.Direction != b.Direction {
			continue
		}
		if a.key().before(b.key()) != (a.Direction == Up) {
			t.Fatalf("%s %s comes before %s", a.Direction, a.ID(), b.ID())
		}
	}
}

// finish: from any state up completes the set, and then there is nothing to do.
func finish(t *rapid.T, set *Set, h *history) {
	for range 3 {
		p, err := computePlan(set, h, Target{}, never)
		if err != nil {
			t.Fatal(err)
		}
		apply(h, p, len(p.Steps), false)
	}
	if h.digest != set.digest() {
		t.Fatalf("everything is applied, but the digests differ")
	}
	p, err := computePlan(set, h, Target{}, never)
	if err != nil || !p.Empty() {
		t.Fatalf("a second up would do %v, %v", p.Steps, err)
	}
	down, err := computePlan(set, h, Target{Direction: Down, To: "0"}, never)
	if err != nil || len(down.Steps) != set.Len() {
		t.Fatalf("down to nothing has %d steps, %v", len(down.Steps), err)
	}
	apply(h, down, len(down.Steps), false)
	if h.digest != (setDigest{}) {
		t.Fatal("nothing is applied, but the digest is not empty")
	}
}

func TestFoldIsIncremental(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := drawSet(t)
		h := newHistory()
		p, err := computePlan(set, h, Target{}, never)
		if err != nil {
			t.Fatal(err)
		}
		apply(h, p, len(p.Steps), false)
		again := newHistory()
		q, _ := computePlan(set, again, Target{}, never)
		apply(again, q, len(q.Steps), false)
		if h.digest != again.digest || h.chain != again.chain || h.seq != again.seq {
			t.Fatal("the same entries fold into different histories")
		}
	})
}

func TestPlanSurvivesJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := computePlan(drawSet(t), newHistory(), Target{}, never)
		if err != nil {
			t.Fatal(err)
		}
		p.seal()
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParsePlan(b)
		if err != nil || back.Fingerprint != p.Fingerprint {
			t.Fatalf("ParsePlan: %v", err)
		}
		back.Steps = slices.Delete(back.Steps, 0, 1)
		b, _ = json.Marshal(back)
		if _, err := ParsePlan(b); err == nil {
			t.Fatal("a plan with a step removed is accepted")
		}
	})
}
