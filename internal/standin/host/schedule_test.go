package host_test

import (
	"strings"
	"testing"
	"time"

	"rotunda/internal/standin/host"
)

func TestSchedules(t *testing.T) {
	after := time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC)
	for text, want := range map[string]string{
		"* * * * * *":      "2026-01-02 03:04:06",
		"*/10 * * * * *":   "2026-01-02 03:04:10",
		"5 4 3 * * *":      "2026-01-03 03:04:05",
		"0 */5 * * * *":    "2026-01-02 03:05:00",
		"0 0 * * * *":      "2026-01-02 04:00:00",
		"0 0 */2 * * *":    "2026-01-02 04:00:00",
		"59 59 23 * * *":   "2026-01-02 23:59:59",
		"0 */70 * * * *":   "2026-01-02 04:00:00",
		"  0 0   0 * * * ": "2026-01-03 00:00:00",
	} {
		next, err := host.ParseSchedule(text)
		check(t, err)
		equal(t, text, next(after).Format(time.DateTime), want)
	}
	next, err := host.ParseSchedule("0 0 5 * * *")
	check(t, err)
	equal(t, "in UTC", next(after.In(time.FixedZone("east", 7200))).Format(time.RFC3339), "2026-01-02T05:00:00Z")
}

func TestWrongSchedules(t *testing.T) {
	for text, want := range map[string]string{
		"":                 "must have six fields",
		"*/5 * * * *":      "must have six fields",
		"0 0 0 * * * 2026": "must have six fields",
		"00:05:00":         "must have six fields",
		"60 * * * * *":     `seconds "60": it must be a number from 0 to 59`,
		"0 0 24 * * *":     "from 0 to 23",
		"0 -1 * * * *":     "from 0 to 59",
		"0 */0 * * * *":    "a step of at least 1",
		"0 */x * * * *":    `minutes "*/x": it is not supported by the Functions host stand-in, which supports *, */n or a number`,
		"0 1,2 * * * *":    "is not supported",
		"0 1-3 * * * *":    "is not supported",
		"0 5/7 * * * *":    "is not supported",
		"0 ? * * * *":      "is not supported",
		"0 0 0 1 * *":      "supports * for days, months and weekdays",
		"0 0 0 * * mon":    "supports * for days, months and weekdays",
	} {
		if _, err := host.ParseSchedule(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want it to contain %q", text, err, want)
		}
	}
}

func FuzzSchedule(f *testing.F) {
	for _, text := range []string{"* * * * * *", "0 */5 3 * * *", "*/7 */70 0 * * *", "0 0 0 30 2 *", "a b c"} {
		f.Add(text, int64(1767323045))
	}
	f.Fuzz(func(t *testing.T, text string, unix int64) {
		next, err := host.ParseSchedule(text)
		if err != nil {
			return
		}
		after := time.Unix(unix%(1<<33), 0).UTC()
		found := next(after)
		if !found.After(after) || !host.Matches(text, found) {
			t.Errorf("%q after %v: %v", text, after, found)
		}
		for at := after.Add(time.Second); at.Before(found) && at.Sub(after) < 3*time.Hour; at = at.Add(time.Second) {
			if host.Matches(text, at) {
				t.Fatalf("%q after %v: %v, but %v matches too", text, after, found, at)
			}
		}
	})
}
