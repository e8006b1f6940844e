package calm

import (
	"testing"
	"time"
)

// witness notes whether a test was failed.
type witness struct {
	testing.TB
	failed bool
}

func (w *witness) Helper()               {}
func (w *witness) Log(...any)            {}
func (w *witness) Logf(string, ...any)   {}
func (w *witness) Errorf(string, ...any) { w.failed = true }

func TestJudge(t *testing.T) {
	const limit = 100 * time.Millisecond
	ms := func(took, control time.Duration) Round {
		return Round{Took: took * time.Millisecond, Control: control * time.Millisecond}
	}
	good, bad, noisy, late, far := ms(70, 5), ms(300, 5), ms(300, 250), ms(140, 45), ms(1100, 300)
	fault, noisyFault := Round{Took: time.Millisecond, Fault: "nothing came"}, Round{Control: time.Second, Fault: "nothing came"}
	for name, c := range map[string]struct {
		rounds   []Round // the last one goes on
		measured int
		failed   bool
	}{
		"kept":                              {[]Round{good}, 1, false},
		"kept on a noisy machine":           {[]Round{ms(90, 400)}, 1, false},
		"kept but for what all lost":        {[]Round{late}, 1, false},
		"broken":                            {[]Round{bad}, 3, true},
		"broken by chance":                  {[]Round{bad, noisy, bad, good}, 4, false},
		"broken, as far as could be seen":   {[]Round{noisy, bad, noisy, bad, bad}, 5, true},
		"never calm":                        {[]Round{noisy}, 6, false},
		"far beyond what the machine costs": {[]Round{far}, 6, true},
		"but once":                          {[]Round{far, far, far, far, noisy, far}, 6, false},
		"what a starved machine costs":      {[]Round{ms(950, 300)}, 6, false},
		"hardly ever calm":                  {[]Round{bad, bad, noisy}, 6, false},
		"in time, but without result":       {[]Round{fault}, 3, true},
		"without result, and no calm":       {[]Round{noisyFault}, 6, false},
	} {
		w, measured := &witness{TB: t}, 0
		Judge(w, limit, func() Round {
			measured++
			return c.rounds[min(measured, len(c.rounds))-1]
		})
		if measured != c.measured || w.failed != c.failed {
			t.Errorf("%s: %d rounds, failed: %t; want %d, %t", name, measured, w.failed, c.measured, c.failed)
		}
	}
}
