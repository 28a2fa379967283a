package azurekeys_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
)

// Services refuse what was signed long ago as they refuse a wrong key. An app whose clock is wrong
// says nothing of the key.
func TestAWrongClockRejectsNoKey(t *testing.T) {
	for id, refusal := range map[string]*said{
		account: reply(403, "", "<Error><Code>AuthenticationFailed</Code><AuthenticationErrorDetail>Request date header too old</AuthenticationErrorDetail></Error>"),
		cosmos:  reply(401, "", "The authorization token is not valid at the current time."),
		resource("Microsoft.AppConfiguration/configurationStores"): reply(401, "", ""),
	} {
		for off, want := range map[time.Duration]rotation.Verdict{0: rotation.Rejected, time.Minute: rotation.Rejected, 20 * time.Minute: rotation.Unknown, -20 * time.Minute: rotation.Unknown} {
			a, r := start(t, id)
			a.instead = func(r *http.Request) *said {
				if r.URL.Host == managementHost {
					return nil
				}
				found := *refusal
				found.header = http.Header{"Date": {time.Now().Add(off).UTC().Format(http.TimeFormat)}, "X-Ms-Error-Code": {"AuthenticationFailed"}}
				return &found
			}
			s := subject(id, "primary", a.Keys(id)[0].Value)
			verdict, err := r.Probe(t.Context(), s, s.Current)
			fault := rotatortest.Fault(t, err)
			if verdict != want || (fault != nil) != (want == rotation.Unknown) || fault != nil && !strings.Contains(fault.Reason, "clock") {
				t.Errorf("%s, %s: %v, %v", id, off, verdict, err)
			}
		}
	}
}
