package rotation

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rotunda/internal/secret"
)

// The tags by which a secret opts in. The first three mean what they mean in Azure's rotation samples
// (Azure-Samples/KeyVault-Rotation-SQLPassword-Csharp, README.md).
const (
	TagProviderAddress = "ProviderAddress"      // where the credential lives
	TagCredentialID    = "CredentialId"         //nolint:gosec // which one it is there: a tag's name, and no credential
	TagValidity        = "ValidityPeriodDays"   // days until the new version expires
	TagRotator         = "Rotator"              // the kind, where ProviderAddress does not tell
	TagAdminSecret     = "AdminSecret"          // the secret of a login that may change others
	TagLead            = "RotationLeadDays"     // rotate so long before expiry
	TagInterval        = "RotationIntervalDays" // rotate so often
	TagWindow          = "RotationWindow"       // only at these hours, UTC, such as 22:00-04:00
)

const (
	day     = 24 * time.Hour
	maxDays = 3650
)

// IsManaged tells whether a secret with these tags is rotated.
func IsManaged(tags map[string]string) bool {
	return tags[TagProviderAddress] != "" || tags[TagRotator] != ""
}

// kind is the name under which the secret's rotator is known.
func kind(tags map[string]string) string {
	if named := tags[TagRotator]; named != "" {
		return strings.ToLower(named)
	}
	address, err := url.Parse(tags[TagProviderAddress])
	if err != nil {
		return ""
	}
	return address.Scheme
}

// rotatorOf finds the rotator for a secret's tags.
func (e *Engine) rotatorOf(tags map[string]string) (Rotator, error) {
	if !IsManaged(tags) {
		return nil, Permanentf("The secret has neither the tag %s nor %s, so nothing says how to rotate it. docs/rotators.md lists the tags.", TagProviderAddress, TagRotator)
	}
	if rotator := e.Rotators[kind(tags)]; rotator != nil {
		return rotator, nil
	}
	return nil, Permanentf("There is no rotator for this secret: the tag %s, or the scheme of %s, must be one of %s.",
		TagRotator, TagProviderAddress, strings.Join(slices.Sorted(maps.Keys(e.Rotators)), ", "))
}

// schedule is what tags say about when.
type schedule struct {
	validity, lead, interval time.Duration // 0: none
	window                   window
}

func parseSchedule(tags map[string]string, standardLead time.Duration) (s schedule, err error) {
	if s.validity, err = days(tags, TagValidity); err != nil {
		return s, err
	}
	if s.lead, err = days(tags, TagLead); err != nil {
		return s, err
	}
	if s.interval, err = days(tags, TagInterval); err != nil {
		return s, err
	}
	if s.window, err = parseWindow(tags[TagWindow]); err != nil {
		return s, err
	}
	switch {
	case s.validity == 0 && s.interval == 0:
		return s, Permanentf("The secret needs the tag %s or %s: days until the new version expires, or between rotations.", TagValidity, TagInterval)
	case s.validity > 0 && s.lead >= s.validity:
		return s, Permanentf("The tag %s must be less than %s, or every new version would be due at once.", TagLead, TagValidity)
	case s.lead == 0:
		s.lead = standardLead
		if s.validity > 0 { // Key Vault's near-expiry event comes at 30 days, and at once for what is valid for less
			s.lead = min(s.lead, s.validity/2)
		}
	}
	return s, nil
}

func days(tags map[string]string, name string) (time.Duration, error) {
	text, given := tags[name]
	if !given {
		return 0, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 1 || n > maxDays {
		return 0, Permanentf("The tag %s must be a whole number of days from 1 to %d.", name, maxDays)
	}
	return time.Duration(n) * day, nil
}

// due is when the secret is to be rotated; zero for only by hand.
func (s schedule) due(live secret.Secret) time.Time {
	var due time.Time
	if live.Attributes.Expires != nil {
		due = live.Attributes.Expires.Add(-s.lead)
	}
	if s.interval > 0 && live.Attributes.Created != nil {
		if next := live.Attributes.Created.Add(s.interval); due.IsZero() || next.Before(due) {
			due = next
		}
	}
	return due
}

// expires is what a version that is published now gets; nil for none.
func (s schedule) expires(now time.Time) *time.Time {
	if s.validity == 0 {
		return nil
	}
	return new(now.Add(s.validity).Truncate(time.Second))
}

// window is a span of the day in UTC, which may go over midnight. The zero value is always.
type window struct{ from, to time.Duration }

func parseWindow(text string) (window, error) {
	if text == "" {
		return window{}, nil
	}
	from, to, _ := strings.Cut(text, "-")
	start, err := time.Parse("15:04", strings.TrimSpace(from))
	end, err2 := time.Parse("15:04", strings.TrimSpace(to))
	if err != nil || err2 != nil || start.Equal(end) {
		return window{}, Permanentf("The tag %s must be two times of day in UTC such as 22:00-04:00.", TagWindow)
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
