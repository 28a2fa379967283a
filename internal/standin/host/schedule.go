package host

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// schedule is a timer's NCRONTAB expression, of which this part is supported: *, */n or a number
// for seconds, minutes and hours, and * for days, months and weekdays.
// Source: repository atifaziz/NCrontab.
type schedule struct{ second, minute, hour field }

// field matches the multiples of a step, or, if that is 0, one number.
type field struct{ step, number int }

func (f field) fits(n int) bool { return f.step > 0 && n%f.step == 0 || f.step == 0 && n == f.number }

func parseSchedule(text string) (s schedule, err error) {
	words := strings.Fields(text)
	if len(words) != 6 {
		return s, fmt.Errorf("schedule %q must have six fields, seconds minutes hours days months weekdays, such as 0 */5 * * * *", text)
	}
	for i, unit := range []struct {
		of   *field
		name string
		max  int
	}{{&s.second, "seconds", 59}, {&s.minute, "minutes", 59}, {&s.hour, "hours", 23}} {
		if *unit.of, err = parseField(words[i], unit.max); err != nil {
			return s, fmt.Errorf("schedule %q: %s %q: %w", text, unit.name, words[i], err)
		}
	}
	for _, word := range words[3:] {
		if word != "*" {
			return s, unsupported("* for days, months and weekdays", "schedule %q", text)
		}
	}
	return s, nil
}

func parseField(text string, highest int) (field, error) {
	if text == "*" {
		return field{step: 1}, nil
	}
	digits, steps := strings.CutPrefix(text, "*/")
	n, err := strconv.Atoi(digits)
	switch {
	case err != nil:
		return field{}, unsupported("*, */n or a number", "it")
	case steps && n > 0:
		return field{step: n}, nil
	case steps, n < 0, n > highest:
		return field{}, fmt.Errorf("it must be a number from 0 to %d, or a step of at least 1", highest)
	}
	return field{number: n}, nil
}

// next returns the first time after another that matches, in UTC. Each day has one.
func (s schedule) next(after time.Time) time.Time {
	at := after.UTC().Truncate(time.Second).Add(time.Second)
	for !s.fits(at) {
		at = at.Add(time.Second)
	}
	return at
}

func (s schedule) fits(t time.Time) bool {
	return s.second.fits(t.Second()) && s.minute.fits(t.Minute()) && s.hour.fits(t.Hour())
}
