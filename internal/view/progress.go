package view

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/lockstepdb/lockstep"
)

// Progress shows the course of a run as it happens: a line for each step that
// is done and for everything that holds the run up, and on a terminal one live
// line for what is being done now. It is a lockstep.Sink. Stop ends it.
type Progress struct {
	w        io.Writer
	style    Style
	database string

	mu     sync.Mutex
	live   liveLine
	waited bool // for another run
	shown  bool // the live line is on the screen
	indent int  // width of the names, for aligned times
	ended  chan struct{}
	gone   sync.WaitGroup
}

// NewProgress returns a Progress that writes to w. On a terminal it owns a
// goroutine until Stop.
func NewProgress(w io.Writer, style Style, database string) *Progress {
	p := &Progress{w: w, style: style, database: database, ended: make(chan struct{})}
	if style.Live {
		p.gone.Go(p.tick)
	}
	return p
}

// Stop clears the live line and ends the goroutine.
func (p *Progress) Stop() {
	close(p.ended)
	p.gone.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

// widestName is the width up to which names are padded or cut, so that one
// long name does not move the times of all others out of sight.
const widestName = 64

// frame is how long a picture of the live line stands.
const frame = 100 * time.Millisecond

func (p *Progress) tick() {
	ticker := time.NewTicker(frame)
	defer ticker.Stop()
	for {
		select {
		case <-p.ended:
			return
		case now := <-ticker.C:
			p.mu.Lock()
			p.draw(now)
			p.mu.Unlock()
		}
	}
}

// draw writes the live line over the one that is shown. What is done in less
// than two frames does not flicker by.
func (p *Progress) draw(now time.Time) {
	if p.live.since.IsZero() || now.Sub(p.live.since) < 2*frame {
		return
	}
	p.say("\r\x1b[K" + p.live.text(p.style, now))
	p.shown = true
}

func (p *Progress) clear() {
	if p.shown {
		p.say("\r\x1b[K")
		p.shown = false
	}
}

// say writes text. A conversation that nobody can hear any more is no reason
// to stop a run, so its errors are ignored.
func (p *Progress) say(text string) { _, _ = io.WriteString(p.w, text) }

// line writes a line that stays, above the live one.
func (p *Progress) line(text string) {
	p.clear()
	p.say(text + "\n")
}

// Receive shows an event.
func (p *Progress) Receive(e lockstep.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := e.(type) {
	case lockstep.RunStarted:
		p.started(e)
	case lockstep.LockWaiting:
		p.waited = true
		p.waiting("waiting for another run to end: " + e.Holder.String())
	case lockstep.LockAcquired:
		p.live = liveLine{}
		if p.waited {
			p.line(p.style.Dim("waited " + Duration(e.Waited) + " for another run"))
		}
		p.waited = false
	case lockstep.StepStarted:
		p.live = liveLine{since: time.Now(), step: e.Step.ID(), of: e.Step.Statements}
	case lockstep.StatementStarted:
		p.statement(e)
	case lockstep.WindowWaiting:
		p.window(e)
	case lockstep.Retrying:
		p.retrying(e)
	case lockstep.Recovered:
		p.line(p.style.paint("  ↻ ", cyan) + clean(e.Step.ID()+": "+e.Note))
	case lockstep.Noticed:
		p.line(p.style.paint("note: ", yellow) + noteText(lockstep.Note{ID: e.ID, Message: e.Note}))
	case lockstep.StepFinished:
		p.finished(e)
	case lockstep.StepFailed:
		p.failed(e)
	case lockstep.RunFinished:
		p.live = liveLine{}
		p.clear()
	}
}

func (p *Progress) started(e lockstep.RunStarted) {
	if e.Plan == nil || e.Plan.Empty() {
		return
	}
	for _, s := range e.Plan.Steps {
		p.indent = max(p.indent, width(clean(s.ID())))
	}
	p.indent = min(p.indent, widestName, max(p.style.Width-20, 40))
	p.line(p.style.Bold(Intent(e.Plan)) + " on " + clean(p.database))
}

func (p *Progress) waiting(text string) {
	p.live = liveLine{since: time.Now(), waiting: clean(text)}
	if !p.style.Live {
		p.line(clean(text))
	}
}

func (p *Progress) statement(e lockstep.StatementStarted) {
	p.live.waiting = ""
	p.live.first, p.live.last, p.live.of, p.live.attempt = e.First, e.Last, e.Step.Statements, e.Attempt
	p.live.summary = clean(e.Summary)
}

// window tells who is in the way of a strong lock.
func (p *Progress) window(e lockstep.WindowWaiting) {
	text := "waiting for a quiet moment"
	if len(e.Targets) > 0 {
		text += " on " + strings.Join(e.Targets, ", ")
	}
	if len(e.Blockers) > 0 {
		text += ": " + e.Blockers[0].String()
	}
	if n := len(e.Blockers) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	p.live.waiting = clean(text)
	if !p.style.Live {
		p.line("  … " + clean(e.Step.ID()+": "+text))
	}
}

func (p *Progress) retrying(e lockstep.Retrying) {
	why := e.Err
	var de *lockstep.DatabaseError
	if errors.As(why, &de) {
		why = de
	}
	text := fmt.Sprintf("try %d in %s: %v", e.Attempt, Duration(e.Pause), why)
	if id := e.Step.ID(); id != "" {
		text = id + ": " + text
	}
	p.live.waiting = clean(text)
	if !p.style.Live || e.Pause >= time.Second {
		p.line("  … " + clean(text))
	}
}

func (p *Progress) finished(e lockstep.StepFinished) {
	p.live = liveLine{}
	symbol, word := "✓", ""
	switch {
	case e.Step.Direction == lockstep.Down:
		symbol, word = "↓", "reverted"
	case e.Step.Strategy == lockstep.StrategyRecord:
		symbol, word = "◇", "recorded"
	}
	name := clean(e.Step.ID())
	if p.indent > 0 {
		name = pad(fit(name, p.indent), p.indent)
	}
	p.line("  " + p.style.paint(symbol, green) + " " + name + p.style.Dim("  "+pad(word, min(len(word)*9, 9))+Duration(e.Duration)))
}

func (p *Progress) failed(e lockstep.StepFailed) {
	p.live = liveLine{}
	p.line("  " + p.style.paint("✗", red) + " " + clean(e.Step.ID()))
}

// liveLine is what is being done now.
type liveLine struct {
	since       time.Time // zero: nothing is being done
	step        string
	first, last int
	of          int
	attempt     int
	summary     string
	waiting     string // what it waits for, "" if it does not
}

// text renders the line for the moment now, no wider than the terminal.
func (l liveLine) text(style Style, now time.Time) string {
	spinner := []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}
	turn := spinner[int(now.Sub(l.since)/frame)%len(spinner)]
	parts := []string{}
	if l.step != "" {
		parts = append(parts, clean(l.step))
	}
	if l.of > 1 && l.first > 0 && l.first == l.last {
		parts = append(parts, fmt.Sprintf("%d/%d", l.first, l.of))
	}
	parts = append(parts, Duration(now.Sub(l.since).Truncate(frame)))
	what := l.summary
	if l.waiting != "" {
		what = l.waiting
	}
	if what != "" {
		parts = append(parts, what)
	}
	line := fit(strings.Join(parts, "  "), max(style.Width-5, 20))
	color := cyan
	if l.waiting != "" {
		color = yellow
	}
	return "  " + style.paint(turn, color) + " " + line
}
