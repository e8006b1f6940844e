package cli_test

import (
	"os/exec"
	"slices"
	"testing"
	"time"
)

// BenchmarkStart measures how long the program takes to start, print its
// version and end: what every call costs at least.
func BenchmarkStart(b *testing.B) {
	program := b.TempDir() + "/lockstep"
	if out, err := exec.Command("go", "build", "-o", program, "../../cmd/lockstep").CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	var times []time.Duration
	for b.Loop() {
		began := time.Now()
		if err := exec.Command(program, "version").Run(); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(began))
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "ms/median")
}
