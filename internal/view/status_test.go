package view

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstepdb/lockstep"
)

func now() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

func example() *lockstep.Status {
	at := func(ago time.Duration) time.Time { return now().Add(-ago) }
	const day = 24 * time.Hour
	return &lockstep.Status{
		Applied: 3, Pending: 3, Faults: 2, Ahead: 1,
		Rows: []lockstep.StatusRow{
			{State: lockstep.StateBaselined, Version: "0001", Name: "create_users", At: at(800 * day), By: "ada"},
			{State: lockstep.StateApplied, Version: "20260101000000", Name: "add_email_to_users", Phase: lockstep.PhaseExpand, At: at(40 * day), By: "ada", Duration: 3 * time.Millisecond},
			{State: lockstep.StateChanged, Version: "20260102000000", Name: "index_users_email", At: at(3 * day), By: "ci", Duration: 65 * time.Second},
			{State: lockstep.StateMissing, Version: "20260103000000", Name: "drop_" + strings.Repeat("very_", 20) + "old_table", At: at(2 * time.Hour), By: "ci", Duration: 90 * time.Minute},
			{State: lockstep.StateUnfinished, Version: "12345678901234567890", Name: "create_日本語_表", At: at(time.Minute), Note: "1 statement of 3 done (up)"},
			{State: lockstep.StatePending, Version: "20260105000000", Name: "evil\x1b[2J\nname"},
			{State: lockstep.StateAhead, Version: "20270101000000", Name: "add_more", At: at(-time.Hour), By: "eve"},
			{State: lockstep.StateOutdated, Name: "active_users", Kind: lockstep.KindRepeatable, At: at(5 * time.Second), By: "ada", Duration: 4200 * time.Millisecond},
		},
	}
}

func TestStatus(t *testing.T) {
	var b strings.Builder
	if err := Status(&b, Style{Width: 120}, "postgres://ada@db/shop", example(), now()); err != nil {
		t.Fatal(err)
	}
	want := `postgres://ada@db/shop

   VERSION               NAME                       PHASE   STATE       WHEN (UTC)                          BY     TOOK
◇  0001                  create_users                       baselined   2024-09-12 12:00:00  2 years ago    ada
✓  20260101000000        add_email_to_users         expand  applied     2026-10-12 12:00:00  40 days ago    ada    3 ms
≠  20260102000000        index_users_email                  changed     2026-11-18 12:00:00  3 days ago     ci   1m 05s
?  20260103000000        drop_very_very_very_very…          missing     2026-11-21 10:00:00  2 hours ago    ci   1h 30m
◐  12345678901234567890  create_日本語_表                   unfinished  2026-11-21 11:59:00  1 minute ago
   └ 1 statement of 3 done (up)
●  20260105000000        evil�[2J name                      pending
↑  20270101000000        add_more                           ahead       2026-11-21 13:00:00  in the future  eve
↻  repeatable            active_users                       outdated    2026-11-21 11:59:55  just now       ada   4.2 s

3 applied · 3 pending · 1 ahead of these files · 2 at fault  (lockstep validate says what is wrong)
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

// TestStatusColours takes the colours out again and finds the same text.
func TestStatusColours(t *testing.T) {
	var plain, coloured strings.Builder
	if err := Status(&plain, Style{Width: 110}, "sqlite:app.db", example(), now()); err != nil {
		t.Fatal(err)
	}
	if err := Status(&coloured, Style{Width: 110, Color: true}, "sqlite:app.db", example(), now()); err != nil {
		t.Fatal(err)
	}
	without := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(coloured.String(), "")
	if diff := cmp.Diff(plain.String(), without); diff != "" {
		t.Errorf("the colours change the text (-plain +coloured):\n%s", diff)
	}
	if plain.String() == coloured.String() {
		t.Error("no colours")
	}
}

// TestTableFits holds that no row is wider than the terminal, whatever is in
// it, as long as the terminal is of a usual width.
func TestTableFits(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		s := example()
		for i := range s.Rows {
			s.Rows[i].Name = randomName(rng)
			s.Rows[i].By = randomName(rng)
			s.Rows[i].Note = randomName(rng)
		}
		wide := 80 + rng.IntN(120)
		for line := range strings.Lines(statusTable(Style{Width: wide}, s, now()).String()) {
			if got := width(strings.TrimRight(line, "\n")); got > wide {
				t.Fatalf("a line takes %d columns of %d:\n%s", got, wide, line)
			}
		}
	}
}

func randomName(rng *rand.Rand) string {
	var b strings.Builder
	for range rng.IntN(150) {
		b.WriteRune([]rune("abc_ÄÖ日本\x1b\t\u0301😀")[rng.IntN(12)])
	}
	return b.String()
}

func TestEmptyStatus(t *testing.T) {
	var b strings.Builder
	if err := Status(&b, Style{}, "sqlite:app.db", &lockstep.Status{}, now()); err != nil {
		t.Fatal(err)
	}
	want := "sqlite:app.db\n\nNo migrations yet. lockstep new create users writes the first one.\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestEveryStateHasALook(t *testing.T) {
	seen := map[string]lockstep.State{}
	for _, s := range []lockstep.State{
		lockstep.StateApplied, lockstep.StatePending, lockstep.StateBaselined, lockstep.StateUnfinished, lockstep.StateFailed,
		lockstep.StateChanged, lockstep.StateMissing, lockstep.StateOutOfOrder, lockstep.StateAhead, lockstep.StateOutdated,
		lockstep.StateBehind,
	} {
		symbol := lookOf(s).symbol
		if other, ok := seen[symbol]; ok {
			t.Errorf("%s and %s look the same: %s", s, other, symbol)
		}
		seen[symbol] = s
	}
}

func TestDuration(t *testing.T) {
	tests := map[time.Duration]string{
		0: "0.0 ms", 400 * time.Microsecond: "0.4 ms", 999 * time.Microsecond: "1.0 ms", 3 * time.Millisecond: "3 ms", 999*time.Millisecond + 400*time.Microsecond: "999 ms",
		3400 * time.Millisecond: "3.4 s", 34 * time.Second: "34 s", 65 * time.Second: "1m 05s", 3725 * time.Second: "1h 02m",
	}
	for d, want := range tests {
		if got := Duration(d); got != want {
			t.Errorf("Duration(%s) = %q, want %q", d, got, want)
		}
	}
}
