package cli_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestNewNeverGivesAVersionTwice runs many processes at once in one folder.
func TestNewNeverGivesAVersionTwice(t *testing.T) {
	for _, mode := range []string{"", "--sequential"} {
		t.Run("mode "+mode, func(t *testing.T) {
			dir := t.TempDir()
			versions := newAtOnce(t, dir, mode, 24)
			slices.Sort(versions)
			if got := slices.Compact(slices.Clone(versions)); len(got) != len(versions) {
				t.Errorf("versions were given twice: %q", versions)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, ".lockstep-new-*")); len(left) > 0 {
				t.Errorf("reservations are left: %q", left)
			}
			if mode != "" && versions[len(versions)-1] != "0024" {
				t.Errorf("numbers have gaps: %q", versions)
			}
		})
	}
}

// newAtOnce runs lockstep new in n processes and returns the versions it gave.
func newAtOnce(t *testing.T, dir, mode string, n int) []string {
	t.Helper()
	lockstep, err := exec.LookPath("lockstep") // this test binary, by TestMain
	if err != nil {
		t.Fatal(err)
	}
	versions := make([]string, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			args := []string{"new", fmt.Sprintf("add_column_%d", i%4), "--dir", dir, "--json"}
			cmd := exec.CommandContext(t.Context(), lockstep, append(args, strings.Fields(mode)...)...)
			cmd.Env = append(os.Environ(), "GORACE="+promptly)
			out, err := cmd.Output()
			var answer struct {
				Version string
				Files   []string
			}
			if err != nil || json.Unmarshal(out, &answer) != nil || len(answer.Files) != 2 {
				t.Errorf("lockstep new: %v\n%s", err, out)
			}
			versions[i] = answer.Version
		})
	}
	wg.Wait()
	return versions
}
