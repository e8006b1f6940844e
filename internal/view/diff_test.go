package view

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDiffAgainstPatch lets patch(1) judge: applied to the first text, the
// diff must give the second.
func TestDiffAgainstPatch(t *testing.T) {
	patch, err := exec.LookPath("patch")
	if err != nil {
		t.Log("patch is not installed: the edits are checked without it")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		from := randomLines(rng, nil)
		to := randomLines(rng, from)
		edits := diffLines(from, to)
		if a, b := replay(edits, '+'), replay(edits, '-'); a != strings.Join(from, "\n") || b != strings.Join(to, "\n") {
			t.Fatalf("edits of\n%q\n%q\nreproduce\n%q\n%q", from, to, a, b)
		}
		if patch != "" {
			applyPatch(t, patch, strings.Join(from, "\n")+"\n", strings.Join(to, "\n")+"\n")
		}
	}
}

func randomLines(rng *rand.Rand, like []string) []string {
	var lines []string
	for _, s := range like {
		switch rng.IntN(12) {
		case 0:
		case 1:
			lines = append(lines, "new", s)
		default:
			lines = append(lines, s)
		}
	}
	if like == nil {
		for range 1 + rng.IntN(60) {
			lines = append(lines, string(rune('a'+rng.IntN(6))))
		}
	}
	return append(lines, "end")
}

func replay(edits []edit, without byte) string {
	var lines []string
	for _, e := range edits {
		if e.op != without {
			lines = append(lines, e.text)
		}
	}
	return strings.Join(lines, "\n")
}

func applyPatch(t *testing.T, patch, from, to string) {
	t.Helper()
	var diff strings.Builder
	if err := Diff(&diff, Style{}, "a", "b", from, to); err != nil {
		t.Fatal(err)
	}
	if from == to {
		return
	}
	file := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(file, []byte(from), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(patch, "-s", file)
	cmd.Stdin = strings.NewReader(diff.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("patch: %v\n%s\n%s", err, out, diff.String())
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != to {
		t.Fatalf("patched text is %q, want %q\n%s", got, to, diff.String())
	}
}

func TestDiffOfVeryDifferentTexts(t *testing.T) {
	var from, to strings.Builder
	for i := range 3000 {
		from.WriteString("a" + strings.Repeat("x", i%7) + "\n")
		to.WriteString("b" + strings.Repeat("y", i%7) + "\n")
	}
	var out strings.Builder
	if err := Diff(&out, Style{}, "a", "b", from.String(), to.String()); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "--- a\n+++ b\n@@ -1,3000 +1,3000 @@\n-a\n") {
		t.Errorf("got %.60q", out.String())
	}
}

func TestDiff(t *testing.T) {
	var out strings.Builder
	err := Diff(&out, Style{Color: true}, "ledger", "file\x1b[2J", "a\r\nb\r\nc\r\n", "a\nB\x07\nc\n")
	if err != nil {
		t.Fatal(err)
	}
	want := "\x1b[1m--- ledger\x1b[0m\n\x1b[1m+++ file\uFFFD[2J\x1b[0m\n\x1b[36m@@ -1,3 +1,3 @@\x1b[0m\n a\n" +
		"\x1b[31m-b\x1b[0m\n\x1b[32m+B\uFFFD\x1b[0m\n c\n"
	if out.String() != want {
		t.Errorf("got\n%q\nwant\n%q", out.String(), want)
	}
}
