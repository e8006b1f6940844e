package postgres

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestLinesAreWhatWasJoined(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		things := rapid.SliceOfN(rapid.StringMatching(`[an\\\n: ]{1,6}`), 0, 4).Draw(t, "things")
		if got := lines(joinLines(things)); !slices.Equal(got, things) {
			t.Errorf("%q became %q by way of %q", things, got, joinLines(things))
		}
	})
}
