package synth

import (
	"strings"
	"time"
)

// instant reads a constant date as days since 1970, a time stamp as seconds, a
// time of day as seconds since midnight.
func instant(class, v string) (int64, bool) {
	if class == ClassTime {
		t, err := time.Parse("15:04:05", v)
		return int64(t.Hour()*3600 + t.Minute()*60 + t.Second()), err == nil
	}
	v = strings.Replace(v, "T", " ", 1)
	for _, layout := range []string{"2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02 15:04:05-07", "2006-01-02 15:04:05-07:00"} {
		t, err := time.Parse(layout, v)
		if err != nil {
			continue
		}
		seconds := t.Unix()
		if class == ClassDate {
			if layout != "2006-01-02" && seconds%day != 0 {
				return 0, false
			}
			return seconds / day, true
		}
		return seconds, true
	}
	return 0, false
}
