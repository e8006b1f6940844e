package lockstep

import (
	"cmp"
	"fmt"
	"slices"
)

// computation is the pure part of planning: a set, a history and a target
// become steps, or the reasons why there can be none.
type computation struct {
	set     *Set
	history *history
	target  Target
	// sameMeaning tells whether a changed file still says the same to the server.
	sameMeaning func(*Migration, *record) bool

	plan        *Plan
	differences []Difference
	adopts      []*Migration // baselines whose migrations are applied: they are but recorded
}

// computePlan decides what is to be done. It uses no database. The error is a
// *HistoryError or one about the target.
func computePlan(set *Set, h *history, t Target, sameMeaning func(*Migration, *record) bool) (*Plan, error) {
	t.Direction = orDirection(t)
	c := &computation{set: set, history: h, target: t, sameMeaning: sameMeaning, plan: &Plan{
		Format: planFormat, Direction: t.Direction, HeadSeq: h.seq, HeadChain: h.chain, Steps: []Step{},
	}}
	c.compare()
	if len(c.differences) > 0 && t.Direction == Up {
		return nil, &HistoryError{c.differences}
	}
	if err := c.steps(); err != nil {
		return nil, err
	}
	c.plan.history = h
	return c.plan, nil
}

func orDirection(t Target) Direction {
	if t.Direction == "" {
		return Up
	}
	return t.Direction
}

func (c *computation) steps() error {
	if c.target.Redo {
		return c.redo()
	}
	if c.target.Direction == Down {
		return c.down()
	}
	return c.up()
}

// compare finds where ledger and files contradict each other.
func (c *computation) compare() {
	byKey := map[key]*Migration{}
	var newest *Migration
	for _, m := range c.set.versioned {
		byKey[m.key()] = m
		newest = m
	}
	for _, k := range c.history.order {
		r := c.history.records[k]
		m := byKey[k]
		if m != nil && r.isReplaced() {
			c.plan.Applied++
		}
		if _, replaced := c.set.listed[k]; replaced || !r.applied || r.kind == KindRepeatable {
			continue
		}
		switch {
		case m == nil && (newest == nil || newest.key().before(k) || c.isOlder(r)):
			c.plan.Ahead = append(c.plan.Ahead, joinID(k.Version, k.Name))
		case m == nil:
			c.differences = append(c.differences, missingFile(r))
		case m.Up.Checksum != r.checksum && c.sameMeaning(m, r):
			c.plan.Applied++
			c.note(k, m.Up.Path+": comments or layout changed after it was applied")
		case m.Up.Checksum != r.checksum:
			c.differences = append(c.differences, changedFile(m, r))
		default:
			c.plan.Applied++
		}
	}
	c.judgeBaselines()
}

func (c *computation) up() error {
	if err := c.resume(); err != nil {
		return err
	}
	pending, err := c.pending()
	if err != nil {
		return err
	}
	if pending, err = c.limit(pending); err != nil {
		return err
	}
	for _, m := range c.adopts {
		step := c.step(Up, m, m.key())
		step.Strategy, step.Why = StrategyRecord, adopting(m)
		c.plan.Steps = append(c.plan.Steps, step)
	}
	for _, m := range pending {
		c.add(Up, m)
	}
	if c.plan.Deferred == 0 {
		for _, m := range c.set.repeatable {
			if c.runsAgain(m) && !c.isResuming(m) {
				c.add(Up, m)
			}
		}
	}
	return nil
}

// runsAgain reports whether a repeatable is new or changed, or older than a
// down, which may have dropped what it made.
func (c *computation) runsAgain(m *Migration) bool {
	r, ok := c.history.applied(m.key())
	return !ok || r.checksum != m.Up.Checksum || r.seq < c.history.undone
}

func (c *computation) isResuming(m *Migration) bool {
	return slices.ContainsFunc(c.plan.Steps, func(s Step) bool { return s.Resuming && s.key() == m.key() && s.Direction == Up })
}

// resume puts an interrupted script first.
func (c *computation) resume() error {
	r := c.history.unfinished()
	if r == nil {
		return nil
	}
	m := c.find(r.key)
	if l, ok := c.set.listed[r.key]; ok {
		return &HistoryError{[]Difference{behind(l.by, c.standing(l.by))}}
	}
	if m == nil && r.progress.direction == Up {
		return &HistoryError{[]Difference{missingUnfinished(r)}}
	}
	step := c.step(r.progress.direction, m, r.key)
	step.Resume, step.Resuming = r.progress.done, true
	if step.Kind == "" {
		step.Kind = r.kind
	}
	c.plan.Steps = append(c.plan.Steps, step)
	c.note(r.key, fmt.Sprintf("goes on after an interrupted run: %d of %d statements were done", r.progress.done, r.progress.total))
	return nil
}

func (c *computation) find(k key) *Migration {
	for _, list := range [][]*Migration{c.set.versioned, c.set.repeatable} {
		if i := slices.IndexFunc(list, func(m *Migration) bool { return m.key() == k }); i >= 0 {
			return list[i]
		}
	}
	return nil
}

func (c *computation) note(k key, msg string) {
	c.plan.Notes = append(c.plan.Notes, Note{joinID(k.Version, k.Name), msg})
}

// pending lists what is not applied, in order, and refuses late arrivals that
// do not say why they may be late.
func (c *computation) pending() ([]*Migration, error) {
	last := c.history.last()
	var pending []*Migration
	var late []Difference
	for _, m := range c.set.versioned {
		if c.history.stays(m.key()) || c.isResuming(m) || slices.Contains(c.adopts, m) {
			continue
		}
		pending = append(pending, m)
		if last == nil || last.key.before(m.key()) {
			continue
		}
		if m.OutOfOrder == "" {
			late = append(late, outOfOrder(m, last))
		} else {
			c.note(m.key(), fmt.Sprintf("runs after %s, out of order: %s", joinID(last.Version, last.Name), m.OutOfOrder))
		}
	}
	if len(late) > 0 {
		return nil, &HistoryError{late}
	}
	return pending, nil
}

// limit keeps what the target asks for.
func (c *computation) limit(pending []*Migration) ([]*Migration, error) {
	n := len(pending)
	if c.target.Steps > 0 {
		n = min(n, c.target.Steps)
	}
	if c.target.To != "" {
		if err := c.knowsTarget(); err != nil {
			return nil, err
		}
		isBeyond := func(m *Migration) bool { return m.Version.Compare(c.target.To) > 0 && m.ID() != string(c.target.To) }
		if i := slices.IndexFunc(pending, isBeyond); i >= 0 {
			n = min(n, i)
		}
	}
	c.plan.Deferred = len(pending) - n
	return pending[:n], nil
}

// knowsTarget makes sure that the version asked for exists.
func (c *computation) knowsTarget() error {
	to := c.target.To
	names := make([]string, 0, len(c.set.versioned))
	for _, m := range c.set.versioned {
		if m.Version.Compare(to) == 0 || m.ID() == string(to) {
			c.target.To = m.Version
			return nil
		}
		names = append(names, string(m.Version))
	}
	for _, k := range c.history.order {
		if k.Version != "" && k.Version.Compare(to) == 0 {
			return nil
		}
	}
	if c.target.Direction == Down && (to == "0") {
		return nil
	}
	hint := "lockstep status lists the versions"
	if near := Nearest(string(to), names); near != "" {
		hint = fmt.Sprintf("did you mean %s? %s", near, hint)
	}
	return WithHint(fmt.Errorf("no migration has version %s", to), hint)
}

// down lists what is to be reverted, latest first.
func (c *computation) down() error {
	if r := c.history.unfinished(); r != nil && r.progress.direction == Up {
		return WithHint(
			fmt.Errorf("%s is half applied (%d of %d statements): it can not be reverted before it is complete",
				joinID(r.Version, r.Name), r.progress.done, r.progress.total),
			"run lockstep up to complete it; or undo its statements by hand and record that: lockstep repair --mark-reverted "+string(r.Version))
	}
	if err := c.resume(); err != nil {
		return err
	}
	applied, err := c.toRevert()
	if err != nil {
		return err
	}
	for _, r := range applied {
		if err := c.noWayBack(r); err != nil {
			return err
		}
		c.add(Down, c.find(r.key), r.key)
	}
	return nil
}

func (c *computation) toRevert() ([]*record, error) {
	var applied []*record
	for _, r := range c.history.records {
		if r.applied && r.Version != "" && (r.progress == nil) {
			applied = append(applied, r)
		}
	}
	slices.SortFunc(applied, func(a, b *record) int { return cmp.Compare(b.order, a.order) })
	if c.target.To != "" {
		if err := c.knowsTarget(); err != nil {
			return nil, err
		}
		return slices.DeleteFunc(applied, func(r *record) bool { return r.Version.Compare(c.target.To) <= 0 }), nil
	}
	n := max(c.target.Steps, 1) - len(c.plan.Steps)
	return applied[:min(max(n, 0), len(applied))], nil
}

// redo reverts and applies again.
func (c *computation) redo() error {
	c.target.Direction = Down
	if err := c.down(); err != nil {
		return err
	}
	for _, s := range slices.Backward(slices.Clone(c.plan.Steps)) {
		m := c.find(s.key())
		if m == nil {
			return &HistoryError{[]Difference{missingFile(c.history.records[s.key()])}}
		}
		c.add(Up, m)
	}
	return nil
}

// add appends a step. For a migration whose file is gone its key is given.
func (c *computation) add(d Direction, m *Migration, k ...key) {
	if m != nil {
		k = []key{m.key()}
	}
	c.plan.Steps = append(c.plan.Steps, c.step(d, m, k[0]))
}

func (c *computation) step(d Direction, m *Migration, k key) Step {
	s := Step{Direction: d, Version: k.Version, Name: k.Name, File: ledgerFile, Kind: KindSchema}
	if m != nil {
		s.Kind, s.Phase, s.migration = m.Kind, m.Phase, m
		s.script = m.script(d)
		s.File = m.Up.Path
	} else if r := c.history.records[k]; r != nil {
		s.Kind = r.kind
	}
	if s.script != nil {
		s.File, s.Checksum = s.script.Path, s.script.Checksum
	}
	return s
}

// ledgerFile stands for the text that the ledger kept.
const ledgerFile = "ledger"
