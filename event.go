package lockstep

import "time"

// Event is something that happened during a run. The set of events is closed;
// a sink switches on the type.
type Event interface{ event() }

// Sink receives events. Receive must return soon: the run waits for it.
type Sink interface{ Receive(e Event) }

// SinkFunc is a function that is a Sink.
type SinkFunc func(e Event)

// Receive calls f.
func (f SinkFunc) Receive(e Event) { f(e) }

type (
	// RunStarted is the beginning of Apply, before the lock.
	RunStarted struct {
		Server Server
		Plan   *Plan
	}
	// LockWaiting is sent once when another run holds the lock, and again
	// when the holder changes.
	LockWaiting struct{ Holder Holder }
	// LockAcquired is sent when the run's lock is held.
	LockAcquired struct{ Waited time.Duration }
	// StepStarted is sent before anything of a step is done.
	StepStarted struct {
		Step   Step
		Number int // from 1
		Of     int
	}
	// StatementStarted is sent before a statement is sent to the server. In a
	// step that travels in one message it is sent once, with First 1 and Last
	// the number of statements.
	StatementStarted struct {
		Step        Step
		First, Last int    // 1-based numbers of the statements
		Summary     string // first words of the first one
		Attempt     int    // from 1
	}
	// StatementFinished is sent when the server answered that it is done.
	StatementFinished struct {
		Step        Step
		First, Last int
		Duration    time.Duration
	}
	// EntryWriting is sent before an entry of its own is written to the ledger.
	EntryWriting struct{ Entry Entry }
	// EntryWritten is sent when an entry is durable, alone or with its transaction.
	EntryWritten struct{ Entry Entry }
	// WindowWaiting is sent when a strong lock is not tried yet, or was not
	// got, because of other sessions. It is sent again when they change.
	WindowWaiting struct {
		Step     Step
		Targets  []string
		Blockers []Blocker
	}
	// Retrying is sent before work is tried again.
	Retrying struct {
		Step    Step
		Err     error
		Attempt int // the next one
		Pause   time.Duration
	}
	// Recovered tells what was found out about, or cleared up after, an
	// interrupted run.
	Recovered struct {
		Step Step
		Note string
	}
	// Noticed is something a person should know that changes nothing.
	Noticed struct {
		ID   string // migration, "" for the run
		Note string
	}
	// StepFinished is sent when a step is complete and recorded.
	StepFinished struct {
		Step     Step
		Duration time.Duration
	}
	// StepFailed is sent when a step stopped.
	StepFailed struct {
		Step Step
		Err  error
	}
	// RunFinished is the end of Apply, with the lock given back.
	RunFinished struct {
		Result *Result
		Err    error
	}
)

func (RunStarted) event()        {}
func (LockWaiting) event()       {}
func (LockAcquired) event()      {}
func (StepStarted) event()       {}
func (StatementStarted) event()  {}
func (StatementFinished) event() {}
func (EntryWriting) event()      {}
func (EntryWritten) event()      {}
func (WindowWaiting) event()     {}
func (Retrying) event()          {}
func (Recovered) event()         {}
func (Noticed) event()           {}
func (StepFinished) event()      {}
func (StepFailed) event()        {}
func (RunFinished) event()       {}
