package view

import (
	"fmt"
	"strconv"
	"time"
)

// Duration says how long something took, as precisely as a person cares.
func Duration(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', 1, 64) + " ms"
	case d < time.Second:
		return strconv.FormatInt(d.Round(time.Millisecond).Milliseconds(), 10) + " ms"
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + " s"
	case d < time.Hour:
		return fmt.Sprintf("%dm %02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh %02dm", int(d.Hours()), int(d.Minutes())%60)
}

// ago says how long before now t was.
func ago(t, now time.Time) string {
	const day = 24 * time.Hour
	d := now.Sub(t)
	switch {
	case d < -time.Minute:
		return "in the future"
	case d < 10*time.Second:
		return "just now"
	case d < time.Minute:
		return Count(int(d.Seconds()), "second") + " ago"
	case d < time.Hour:
		return Count(int(d.Minutes()), "minute") + " ago"
	case d < day:
		return Count(int(d.Hours()), "hour") + " ago"
	case d < 60*day:
		return Count(int(d/day), "day") + " ago"
	case d < 2*365*day:
		return Count(int(d/(30*day)), "month") + " ago"
	}
	return Count(int(d/(365*day)), "year") + " ago"
}

// moment is the layout of points in time, all in UTC.
const moment = "2006-01-02 15:04:05"

// Count returns "1 migration", "2 migrations".
func Count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}
