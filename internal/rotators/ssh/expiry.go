package ssh

import (
	"strconv"
	"strings"
	"time"

	"rotunda/internal/rotation"
)

// checkExpiry makes sure that the new key, whose lines get the options of the current one's, is
// accepted for as long as the secret's new version is meant to be used.
func (t target) checkExpiry(lines []line, now time.Time) error {
	until := now.AddDate(0, 0, lifetime(t.tags))
	for _, l := range lines {
		if end, limited := l.expiry(); l.has(t.current) && (!limited || !end.Before(until)) {
			return nil
		}
	}
	return rotation.Permanentf("The key's line in the file %s of the user %s at %s has the option expiry-time, which the new key's line gets too, and that time comes before the secret expires or is rotated again. Set a later time there, or remove the option.", t.server.file, t.user, t.server)
}

// expiry returns the time from which a server refuses a line's key. Without a Z it is in the
// server's own time zone, which nobody tells (sshd(8), expiry-time).
func (l line) expiry() (end time.Time, limited bool) {
	for _, option := range l.options {
		name, value, _ := strings.Cut(option, "=")
		if !strings.EqualFold(name, "expiry-time") {
			continue
		}
		text := strings.TrimSuffix(strings.ToUpper(strings.Trim(value, `"`)), "Z")
		for _, layout := range []string{"20060102", "200601021504", "20060102150405"} {
			if read, err := time.Parse(layout, text); err == nil && (!limited || read.Before(end)) {
				end, limited = read, true
			}
		}
	}
	return end, limited
}

// lifetime returns how many days a new key is to live: until it expires, or else until the next
// rotation. The engine checks the tags.
func lifetime(tags map[string]string) int {
	for _, name := range []string{rotation.TagValidity, rotation.TagInterval} {
		if days, err := strconv.Atoi(strings.TrimSpace(tags[name])); err == nil {
			return min(max(days, 0), 3650)
		}
	}
	return 0
}
