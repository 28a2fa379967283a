package engine

import (
	"strconv"
	"strings"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// The tags of a record. If a change of them is lost, an attempt probes once more: what matters is
// in the record's value.
const (
	tagOperation   = "rot-op" // on published versions too
	tagOf          = "rot-of"
	tagState       = "rot-state"
	tagSince       = "rot-since"
	tagTries       = "rot-tries"
	tagNext        = "rot-next"
	tagRetireAt    = "rot-retire-at"
	tagRetire      = "rot-retire"
	tagReason      = "rot-reason"
	tagLastSuccess = "rot-last-success"
	tagExposure    = "rot-exposure-ms"
	tagControl     = "rot-control"
	tagRefused     = "rot-refused"
	tagSeen        = "rot-seen"
	tagFailing     = "rot-failing"
)

// progress is the part of a record that changes.
type progress struct {
	state       rotation.State
	since       time.Time // of the state
	tries       int       // that failed in a row
	next        time.Time // not before then
	failing     time.Time // since when attempts have failed
	stuck       bool      // they will fail until a person acts
	retireAt    time.Time
	retire      string // what the grace period is for: retireBase or retirePending
	ended       bool   // a person ended the old credential, as after a leak: it must not come back
	reason      string
	lastSuccess time.Time
	exposure    time.Duration // of the last rotation: how long the latest version did not log in
	control     string        // fingerprint of the credential whose provider refuses a wrong password
	refused     int           // values in a row that the provider's policy refused
	seen        string        // fingerprint of the secret that could not be rotated
}

// stuckMark ends the tag of a failure that lasts until a person acts.
const stuckMark = " stuck"

// endedMark ends the tag tagRetire if a person ended the old credential.
const endedMark = "ended"

const (
	retireBase    = "base"    // the credential of the version that was replaced
	retirePending = "pending" // the new one, as somebody else's version is the latest
)

func parseProgress(tags map[string]string) progress {
	tries, _ := strconv.Atoi(tags[tagTries]) // absent or garbled counts as zero
	refused, _ := strconv.Atoi(tags[tagRefused])
	exposure, _ := strconv.Atoi(tags[tagExposure])
	failing, stuck := strings.CutSuffix(tags[tagFailing], stuckMark)
	retire, ended := strings.CutSuffix(tags[tagRetire], endedMark)
	return progress{
		failing: parseTime(failing), stuck: stuck,
		state: rotation.State(tags[tagState]), since: parseTime(tags[tagSince]), tries: tries, next: parseTime(tags[tagNext]),
		retireAt: parseTime(tags[tagRetireAt]), retire: strings.TrimSpace(retire), ended: ended, reason: tags[tagReason], lastSuccess: parseTime(tags[tagLastSuccess]),
		exposure: time.Duration(exposure) * time.Millisecond, control: tags[tagControl], refused: refused, seen: tags[tagSeen],
	}
}

func (r record) tags(of string) map[string]string {
	tags := map[string]string{
		tagOperation: r.Operation, tagOf: of, tagState: string(r.state), tagSince: formatTime(r.since), tagNext: formatTime(r.next),
		tagRetireAt: formatTime(r.retireAt), tagRetire: r.retire, tagReason: secret.Clip(r.reason, secret.MaxTagLength), tagLastSuccess: formatTime(r.lastSuccess),
		tagControl: r.control, tagSeen: r.seen, tagTries: formatCount(r.tries), tagRefused: formatCount(r.refused),
		tagExposure: formatCount(int(r.exposure.Milliseconds())), tagFailing: formatTime(r.failing),
	}
	if r.stuck {
		tags[tagFailing] += stuckMark
	}
	if r.ended {
		tags[tagRetire] = strings.TrimSpace(r.retire + " " + endedMark)
	}
	for name, value := range tags {
		if value == "" {
			delete(tags, name)
		}
	}
	return tags
}

func formatCount(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func parseTime(text string) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, text) // absent or garbled counts as zero
	return t
}
