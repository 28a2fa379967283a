package entra

import (
	"strconv"
	"strings"
	"time"

	"rotunda/internal/rotation"
)

const (
	day = 24 * time.Hour
	// reserve is how much longer a client secret lives than it has to, so that a rotation that is
	// late has time to be noticed.
	reserve = 7 * day
)

// lifetime returns how long a new client secret is valid: until its version expires, then for the
// grace period that begins when the next one is published, and the reserve.
func (r Rotator) lifetime(s rotation.Subject) (time.Duration, error) {
	text, given := s.Tags[rotation.TagValidity]
	if !given {
		text = s.Tags[rotation.TagInterval]
	}
	days, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || days < 1 || days > maxDays {
		return 0, rotation.Permanentf("The tag %s, or without it %s, must be a whole number of days from 1 to %d.", rotation.TagValidity, rotation.TagInterval, maxDays)
	}
	grace := r.grace
	if own, err := time.ParseDuration(strings.TrimSpace(s.Tags[rotation.TagGrace])); err == nil && own > 0 {
		grace = own
	}
	return time.Duration(days)*day + grace + reserve, nil
}

// maxDays is the engine's limit, too.
const maxDays = 3650
