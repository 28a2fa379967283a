package host_test

import (
	"strings"
	"testing"
	"time"

	"rotunda/internal/standin/host"
)

func TestSchedules(t *testing.T) {
	// 2026-01-02 is a Friday.
	after := time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC)
	for text, want := range map[string]string{
		"* * * * * *":           "2026-01-02 03:04:06",
		"*/10 * * * * *":        "2026-01-02 03:04:10",
		"5 4 3 * * *":           "2026-01-03 03:04:05",
		"0 */5 * * * *":         "2026-01-02 03:05:00",
		"0 7/20 * * * *":        "2026-01-02 03:07:00",
		"0 0 * * * *":           "2026-01-02 04:00:00",
		"0 30 9 * * Mon-Fri":    "2026-01-02 09:30:00",
		"0 0 0 1 * *":           "2026-02-01 00:00:00",
		"0 0 0 1 * mon":         "2026-06-01 00:00:00", // both must match
		"0 0 12 31 * *":         "2026-01-31 12:00:00",
		"0 0 0 29 2 *":          "2028-02-29 00:00:00",
		"0 0 0 29 feb Sat":      "2048-02-29 00:00:00",
		"0 0 0 30 2 *":          "0001-01-01 00:00:00", // never
		"59 59 23 31 12 *":      "2026-12-31 23:59:59",
		"0 0,30 8-10/2 * jan *": "2026-01-02 08:00:00",
		"  0 0   0 * * */6 ":    "2026-01-03 00:00:00",
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
		"":                  "must have six fields",
		"*/5 * * * *":       "must have six fields",
		"0 0 0 * * * 2026":  "must have six fields",
		"00:05:00":          "is a time span",
		"60 * * * * *":      `seconds "60": "60" is not a number from 0 to 59`,
		"0 0 24 * * *":      "from 0 to 23",
		"0 0 0 0 * *":       "from 1 to 31",
		"0 0 0 * 13 *":      "from 1 to 12",
		"0 0 0 * * 7":       "from 0 to 6",
		"0 0 0 * * someday": `weekdays "someday"`,
		"0 0 0 mon * *":     "from 1 to 31",
		"0 1,,2 * * * *":    "a value is missing",
		"0 1- * * * *":      "a value is missing",
		"0 */x * * * *":     `step "x" is not supported by the Functions host stand-in, which supports a number of at least 1`,
		"0 */0 * * * *":     `step "0" is not supported`,
		"0 0 0 * * 5-1":     `weekdays "5-1": "5-1" is not supported by the Functions host stand-in, which supports a range from low to high`,
		"0 0 0 * january *": "nor a name of three letters",
		"0 ? * * * *":       "is not a number",
	} {
		if _, err := host.ParseSchedule(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want it to contain %q", text, err, want)
		}
	}
}

func FuzzSchedule(f *testing.F) {
	for _, text := range []string{"* * * * * *", "0 */5 1-3,9 29 feb sat", "5/7 0 0 31 4-6 1-5", "0 0 0 30 2 *", "a b c"} {
		f.Add(text, int64(1767323045))
	}
	f.Fuzz(func(t *testing.T, text string, unix int64) {
		next, err := host.ParseSchedule(text)
		if err != nil {
			return
		}
		after := time.Unix(unix%(1<<33), 0).UTC()
		found := next(after)
		if found.IsZero() {
			return
		}
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
