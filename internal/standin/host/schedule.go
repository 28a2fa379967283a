package host

import (
	"fmt"
	"strings"
	"time"
)

// schedule is a timer's NCRONTAB expression. Libraries for cron don't fit: if a day of the month
// and a day of the week are given, cron accepts a day that matches either, and NCRONTAB one that
// matches both. Source: repository atifaziz/NCrontab.
type schedule struct{ second, minute, hour, day, month, weekday values }

// values is the set of numbers that match one field of a schedule.
type values uint64

func (v values) has(n int) bool { return v>>n&1 == 1 }

// parseSchedule reads seconds, minutes, hours, days, months and days of the week.
func parseSchedule(text string) (schedule, error) {
	words := strings.Fields(text)
	if len(words) == 1 && strings.Contains(text, ":") {
		return schedule{}, fmt.Errorf("schedule %q is a time span, which only dedicated plans support: write six fields, such as 0 */5 * * * *", text)
	}
	if len(words) != len(scheduleFields) {
		return schedule{}, fmt.Errorf("schedule %q must have six fields, seconds minutes hours days months weekdays, such as 0 */5 * * * *", text)
	}
	var parsed [len(scheduleFields)]values
	for i, field := range scheduleFields {
		var err error
		if parsed[i], err = field.parse(words[i]); err != nil {
			return schedule{}, fmt.Errorf("schedule %q: %w", text, err)
		}
	}
	return schedule{parsed[0], parsed[1], parsed[2], parsed[3], parsed[4], parsed[5]}, nil
}

// horizon is how many days ahead a match can be: a 29th of February on a certain weekday can be 40
// years away.
const horizon = 41 * 366

// next returns the first time after another that matches, in UTC. It returns the zero time if none
// ever does, as for a 30th of February.
func (s schedule) next(after time.Time) time.Time {
	from := after.UTC().Truncate(time.Second).Add(time.Second)
	for range horizon {
		if s.fitsDay(from) {
			if found, ok := s.nextOnDay(from); ok {
				return found
			}
		}
		from = time.Date(from.Year(), from.Month(), from.Day()+1, 0, 0, 0, 0, time.UTC)
	}
	return time.Time{}
}

func (s schedule) fitsDay(t time.Time) bool {
	return s.month.has(int(t.Month())) && s.day.has(t.Day()) && s.weekday.has(int(t.Weekday()))
}

// nextOnDay returns the first time on from's day that matches and is not before from.
func (s schedule) nextOnDay(from time.Time) (time.Time, bool) {
	for at := from; at.Day() == from.Day(); {
		switch {
		case !s.hour.has(at.Hour()):
			at = at.Truncate(time.Hour).Add(time.Hour)
		case !s.minute.has(at.Minute()):
			at = at.Truncate(time.Minute).Add(time.Minute)
		case !s.second.has(at.Second()):
			at = at.Add(time.Second)
		default:
			return at, true
		}
	}
	return time.Time{}, false
}

// isFrequent reports whether the schedule matches more than once within the next minute. The host
// does not monitor such a timer.
func (s schedule) isFrequent(now time.Time) bool {
	second := s.next(s.next(now))
	return !second.IsZero() && second.Before(now.Add(time.Minute))
}
