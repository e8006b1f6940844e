package lockstep

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// squash makes the set in which a baseline replaces the first n migrations.
func squash(t *rapid.T, set *Set, n int) (*Set, *Migration) {
	old := set.Migrations()
	m := &Migration{Version: old[n-1].Version, Name: "baseline", Kind: KindSchema}
	for _, r := range old[:n] {
		m.Replaces = append(m.Replaces, Replaced{Version: r.Version, Name: r.Name, Checksum: r.Up.Checksum})
		for _, inner := range r.Replaces {
			if inner.Via == "" {
				inner.Via = r.ID()
			}
			m.Replaces = append(m.Replaces, inner)
		}
	}
	if m.Name == old[n-1].Name {
		m.Name = "baseline_again"
	}
	m.Up = NewScript(m.ID()+".sql", "squashed "+m.ID(), Directives{Retries: -1})
	squashed, err := NewSet(append([]*Migration{m}, old[n:]...)...)
	if err != nil {
		t.Fatal(err)
	}
	return squashed, m
}

// drawHistory runs parts of a set.
func drawHistory(t *rapid.T, set *Set) *history {
	h := newHistory()
	for range rapid.IntRange(0, 4).Draw(t, "runs") {
		if p := drawPlan(t, set, h); p != nil {
			apply(h, p, rapid.IntRange(0, len(p.Steps)).Draw(t, "done"), rapid.Bool().Draw(t, "cut"))
		}
	}
	return h
}

// TestBaselineIsAdoptedRunOrRefused holds for any history that was made with
// the files from before the squash.
func TestBaselineIsAdoptedRunOrRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := drawSet(t)
		h := drawHistory(t, set)
		n := rapid.IntRange(1, len(set.versioned)).Draw(t, "squashed")
		squashed, baseline := squash(t, set, n)
		have, touched := 0, false
		for _, m := range set.versioned[:n] {
			if h.stays(m.key()) {
				have++
			}
			r := h.records[m.key()]
			touched = touched || r != nil && (r.applied || r.progress != nil)
		}
		p, err := computePlan(squashed, h, Target{}, never)
		var he *HistoryError
		switch {
		case have < n && touched:
			if !errors.As(err, &he) || he.Differences[0].Kind != DiffBehind {
				t.Fatalf("%d of %d are applied, and the plan is %v, %v", have, n, p, err)
			}
		case errors.As(err, &he) && he.Differences[0].Kind == DiffOutOfOrder: // what comes after was cut down
		case err != nil:
			t.Fatal(err)
		case have == n:
			adopts(t, set, squashed, baseline, h, p)
		default:
			finishBaseline(t, squashed, h)
		}
	})
}

func adopts(t *rapid.T, set, squashed *Set, baseline *Migration, h *history, p *Plan) {
	i := slices.IndexFunc(p.Steps, func(s Step) bool { return s.Strategy == StrategyRecord })
	if i < 0 || p.Steps[i].migration != baseline || i > 0 && !p.Steps[0].Resuming || i > 1 {
		t.Fatalf("the baseline is not recorded first: %+v", p.Steps)
	}
	limited, err := computePlan(squashed, h, Target{Steps: 1}, never)
	if err != nil || len(limited.Steps) > i+2 {
		t.Fatalf("a run of one step has %d, %v", len(limited.Steps), err)
	}
	finishBaseline(t, squashed, h)
	old, err := computePlan(set, h, Target{}, never)
	if err != nil || !old.Empty() || !slices.Contains(old.Ahead, baseline.ID()) || old.Applied != set.Len() {
		t.Fatalf("with the files from before the squash: %+v, %v", old, err)
	}
}

// finishBaseline completes a set with a baseline, and goes back as far as that.
func finishBaseline(t *rapid.T, set *Set, h *history) {
	for range 3 {
		p, err := computePlan(set, h, Target{}, never)
		if err != nil {
			t.Fatal(err)
		}
		apply(h, p, len(p.Steps), false)
	}
	if h.digest != set.digest() {
		t.Fatal("everything is applied, but the digests differ")
	}
	first, after := set.versioned[0], set.Len()-1
	down, err := computePlan(set, h, Target{Direction: Down, To: first.Version}, never)
	if err != nil || len(down.Steps) != after {
		t.Fatalf("down to the baseline has %v, %v; want %d steps", down, err, after)
	}
	var oneWay *IrreversibleError
	if _, err := computePlan(set, h, Target{Direction: Down, To: "0"}, never); !errors.As(err, &oneWay) {
		t.Fatalf("down behind the baseline: %v", err)
	}
	if _, err := computePlan(set, h, Target{Direction: Down, Steps: set.Len()}, never); !errors.As(err, &oneWay) {
		t.Fatalf("down by too many steps: %v", err)
	}
}

// TestBaselineOfABaseline holds that a database may leave out a squash.
func TestBaselineOfABaseline(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := drawSet(t)
		h := newHistory()
		once, _ := squash(t, set, rapid.IntRange(1, len(set.versioned)).Draw(t, "first"))
		n := rapid.IntRange(1, len(once.versioned)).Draw(t, "second")
		twice, again := squash(t, once, n)
		switch rapid.IntRange(0, 3).Draw(t, "has") {
		case 1:
			complete(t, set, h)
		case 2:
			complete(t, once, h)
		case 3:
			complete(t, set, h)
			complete(t, once, h)
		}
		whole := h.seq > 0
		p, err := computePlan(twice, h, Target{}, never)
		if err != nil || len(p.Steps) == 0 || (p.Steps[0].Strategy == StrategyRecord) != whole || p.Steps[0].migration != again {
			t.Fatalf("plan: %+v, %v", p, err)
		}
		finishBaseline(t, twice, h)
		for name, older := range map[string]*Set{"before": set, "between": once} {
			if p, err := computePlan(older, h, Target{}, never); err != nil || !p.Empty() {
				t.Fatalf("with the files from %s: %+v, %v", name, p, err)
			}
		}
	})
}

func complete(t *rapid.T, set *Set, h *history) {
	p, err := computePlan(set, h, Target{}, never)
	if err != nil {
		t.Fatal(err)
	}
	apply(h, p, len(p.Steps), false)
}

// TestForgettingABaseline holds that what it replaced counts again.
func TestForgettingABaseline(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := drawSet(t)
		squashed, baseline := squash(t, set, rapid.IntRange(1, len(set.versioned)).Draw(t, "squashed"))
		h := newHistory()
		adopted := rapid.Bool().Draw(t, "adopted")
		if adopted {
			complete(t, set, h)
		}
		before := h.digest
		p, err := computePlan(squashed, h, Target{Steps: 1}, never)
		if err != nil {
			t.Fatal(err)
		}
		apply(h, p, 1, false)
		e := &Entry{Event: EntryRepaired, Direction: RepairForget, Version: baseline.Version, Name: baseline.Name}
		h.next(e)
		h.add(e)
		if h.digest != before || e.SetDigest != h.digest.String() {
			t.Fatal("a baseline that is forgotten leaves a trace in the digest")
		}
		finishBaseline(t, squashed, h)
	})
}
