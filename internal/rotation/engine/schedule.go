package engine

import (
	"strconv"
	"strings"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

const (
	day     = 24 * time.Hour
	maxDays = 3650
)

// schedule is what tags say about when to rotate.
type schedule struct {
	validity, lead, interval time.Duration // 0: none
	window                   window
	grace                    time.Duration // for which the old credential stays valid; negative without the tag
}

func parseSchedule(tags map[string]string, standardLead time.Duration) (s schedule, err error) {
	if s.validity, err = days(tags, rotation.TagValidity); err != nil {
		return s, err
	}
	if s.lead, err = days(tags, rotation.TagLead); err != nil {
		return s, err
	}
	if s.interval, err = days(tags, rotation.TagInterval); err != nil {
		return s, err
	}
	if s.grace, err = parseGrace(tags); err != nil {
		return s, err
	}
	if s.window, err = parseWindow(tags[rotation.TagWindow]); err != nil {
		return s, err
	}
	switch {
	case s.validity == 0 && s.interval == 0:
		return s, rotation.Permanentf("The secret needs the tag %s or %s: days until the new version expires, or between rotations.", rotation.TagValidity, rotation.TagInterval)
	case s.validity > 0 && s.lead >= s.validity:
		return s, rotation.Permanentf("The tag %s must be less than %s, or every new version would be due at once.", rotation.TagLead, rotation.TagValidity)
	case s.lead == 0:
		s.lead = standardLead
		if s.validity > 0 { // Key Vault's event comes at 30 days, or at once for a shorter validity
			s.lead = min(s.lead, s.validity/2)
		}
	}
	return s, nil
}

// maxGrace is the longest grace period that a tag can ask for.
const maxGrace = 90 * day

func parseGrace(tags map[string]string) (time.Duration, error) {
	text, given := tags[rotation.TagGrace]
	if !given {
		return -1, nil
	}
	grace, err := time.ParseDuration(strings.TrimSpace(text))
	if err != nil || grace < 0 || grace > maxGrace {
		return 0, rotation.Permanentf("The tag %s must be a duration from 0s to %s, such as 36h.", rotation.TagGrace, "2160h")
	}
	return grace, nil
}

func days(tags map[string]string, name string) (time.Duration, error) {
	text, given := tags[name]
	if !given {
		return 0, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 1 || n > maxDays {
		return 0, rotation.Permanentf("The tag %s must be a whole number of days from 1 to %d.", name, maxDays)
	}
	return time.Duration(n) * day, nil
}

// due returns when the secret is to be rotated; zero if only by hand.
func (s schedule) due(live secret.Secret) time.Time {
	var due time.Time
	switch created := live.Attributes.Created; {
	case live.Attributes.Expires != nil:
		due = live.Attributes.Expires.Add(-s.lead)
	case s.validity > 0 && created != nil: // by its age: the version was set without an expiry
		due = created.Add(s.validity - s.lead)
	}
	if s.interval > 0 && live.Attributes.Created != nil {
		if next := live.Attributes.Created.Add(s.interval); due.IsZero() || next.Before(due) {
			due = next
		}
	}
	return due
}

// expires returns the expiry of a version that is published now; nil for none.
func (s schedule) expires(now time.Time) *time.Time {
	if s.validity == 0 {
		return nil
	}
	return new(now.Add(s.validity).Truncate(time.Second))
}

// window is a span of the day in UTC, which may include midnight. The zero value is the whole day.
type window struct{ from, to time.Duration }

func parseWindow(text string) (window, error) {
	if text == "" {
		return window{}, nil
	}
	from, to, _ := strings.Cut(text, "-")
	start, err := time.Parse("15:04", strings.TrimSpace(from))
	end, err2 := time.Parse("15:04", strings.TrimSpace(to))
	if err != nil || err2 != nil || start.Equal(end) {
		return window{}, rotation.Permanentf("The tag %s must be two times of day in UTC such as 22:00-04:00.", rotation.TagWindow)
	}
	return window{sinceMidnight(start), sinceMidnight(end)}, nil
}

func (w window) open(now time.Time) bool {
	at := sinceMidnight(now.UTC())
	if w.from <= w.to {
		return w == window{} || at >= w.from && at < w.to
	}
	return at >= w.from || at < w.to
}

func sinceMidnight(t time.Time) time.Duration {
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second
}
