package azurekeys_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/azurekeys"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/standin/arm"
)

// Azure ignores the case of ids, so a tag in any case rotates and tries the same keys.
func TestIDsInAnyCase(t *testing.T) {
	for name, spelled := range map[string]func(string) string{"upper": strings.ToUpper, "lower": strings.ToLower} {
		for _, row := range services {
			t.Run(name+" case, "+row.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					id := strings.ReplaceAll(resource(row.resource), "contoso", "Contoso")
					a, r := start(t, id)
					s := subject(spelled(id), row.tag, strings.ReplaceAll(orKey(row.connection), "KEY", a.key(t, id, row.first)))
					if warnings, err := r.Check(t.Context(), s); err != nil || len(warnings) > 0 {
						t.Errorf("checked: %q, %v", warnings, err)
					}
					rotatortest.Must(t, a.SetFaults(id, arm.Faults{Deny: []string{"*/read"}}))
					if verdict, err := r.Probe(t.Context(), s, s.Current); verdict == rotation.Rejected {
						t.Errorf("unread: %v, %v", verdict, err)
					}
					rotatortest.Must(t, a.SetFaults(id, arm.Faults{}))
					rotatortest.Must(t, r.Regenerate(t.Context(), s, row.other, rotatortest.Unfenced))
					rotatortest.WantVerdict(t, r, s, keys(t, r, s)[row.other].Reveal(), rotation.Accepted)
				})
			})
		}
	}
}

// What Azure answers, when it is asked about an operation, never keeps the list of keys from being
// looked at for good, and never counts as the end of an operation that goes on.
func TestOddAnswersAboutAnOperation(t *testing.T) {
	const (
		running   = `{"status":"Running"}`
		ended     = ""
		untold    = "untold"
		elsewhere = "https://evil.example/"
	)
	for name, row := range map[string]struct {
		operation string
		given     given
		want      string // what is asked about next; untold if the list tells; "error: …"
	}{
		"it runs":                                {"status ", answer(200, strings.NewReader(running)), "status " + operationURL},
		"it runs, and has a location too":        {"status ", answer(202, strings.NewReader(running), "Location", operationURL+"2"), "status " + operationURL},
		"it has ended well":                      {"status ", answer(200, strings.NewReader(`{"status":"SUCCEEDED"}`)), ended},
		"it was cancelled":                       {"status ", answer(200, strings.NewReader(`{"status":"Canceled"}`)), ended},
		"it has nothing to say":                  {"status ", answer(204, strings.NewReader("")), ended},
		"an answer without a status":             {"status ", answer(200, strings.NewReader(`{"name":"x"}`)), untold},
		"an answer with another status":          {"status ", answer(200, strings.NewReader(`{"status":7}`)), untold},
		"a page":                                 {"status ", answer(200, strings.NewReader("<html>canary")), untold},
		"the operation is gone":                  {"status ", answer(410, strings.NewReader("canary")), untold},
		"its URL has expired":                    {"status ", answer(400, strings.NewReader(`{"error":{"code":"BadRequest"}}`)), untold},
		"its URL is not known":                   {"status ", answer(404, strings.NewReader("")), untold},
		"the app may not ask":                    {"status ", answer(403, strings.NewReader("")), untold},
		"Azure is down":                          {"status ", answer(503, strings.NewReader("")), "error: failed (503)"},
		"Azure wants a pause":                    {"status ", answer(429, strings.NewReader(""), "Retry-After", "7"), "error: pause of 7s"},
		"a location that runs":                   {"location ", answer(202, strings.NewReader("")), "location " + operationURL},
		"a location that moves":                  {"location ", answer(202, strings.NewReader(""), "Location", operationURL+"/moved"), "location " + operationURL + "/moved"},
		"a location that moves to another host":  {"location ", answer(202, strings.NewReader(""), "Location", elsewhere), "location " + operationURL},
		"a location that moves to another path":  {"location ", answer(202, strings.NewReader(""), "Location", "/x"), "location " + operationURL},
		"a location that has ended":              {"location ", answer(200, strings.NewReader("")), ended},
		"a location that has ended elsewhere":    {"location ", answer(200, strings.NewReader(""), "Location", elsewhere), ended},
		"a location of an operation that failed": {"location ", answer(409, strings.NewReader("")), ended},
		"a location that fails itself":           {"location ", answer(500, strings.NewReader("")), untold},
	} {
		t.Run(name, func(t *testing.T) {
			g := &rogue{given: row.given}
			err := g.rotator().Await(t.Context(), subject(account, "key1", "canary-key"), row.operation+operationURL)
			found, is := errors.AsType[*rotation.Underway](err)
			switch text, fails := strings.CutPrefix(row.want, "error: "); {
			case fails:
				if fault := rotatortest.Fault(t, err); is || fault == nil || fault.Permanent || !strings.Contains(fault.Reason, text) {
					t.Error(err)
				}
			case row.want == ended:
				rotatortest.Must(t, err)
			case !is || found.Permanent || found.Operation != strings.TrimPrefix(row.want, untold):
				t.Errorf("%+v", err)
			}
			for _, host := range g.hosts {
				if host != managementHost {
					t.Errorf("the token went to %s", host)
				}
			}
		})
	}
}

const operationURL = "https://management.azure.com/subscriptions/1/operations/1?api-version=1"

// A storage account may be in another zone of DNS, and a registry have a label in its name. At the
// usual address there may then be another one, whose refusal says nothing of the key.
func TestARefusalAtAGuessedAddressRejectsNoKey(t *testing.T) {
	for _, id := range []string{account, resource("Microsoft.ContainerRegistry/registries"), cosmos} {
		a, r := start(t, id)
		s := subject(id, "", a.Keys(id)[0].Value)
		if id == cosmos {
			s = subject(id, "primary", a.Keys(id)[0].Value)
		}
		wrong := secret.NewValue("bm90IGEga2V5")
		rotatortest.WantVerdict(t, r, s, wrong.Reveal(), rotation.Rejected)
		rotatortest.Must(t, a.SetFaults(id, arm.Faults{Deny: []string{"*/read"}}))
		rotatortest.WantVerdict(t, r, s, s.Current.Reveal(), rotation.Accepted)
		verdict, err := r.Probe(t.Context(), s, wrong)
		if fault := rotatortest.Fault(t, err); verdict != rotation.Unknown || fault == nil || fault.Permanent || !strings.Contains(fault.Reason, "need not be where") {
			t.Errorf("%s: %v, %v", id, verdict, err)
		}
	}
}

// Azure that names no pause, or an odd one, is asked once a second at most, and no longer than the
// attempt can wait.
func TestAnOperationIsNotAskedAboutInALoop(t *testing.T) {
	for _, after := range []string{"0", "-1", "", "0.1", "Fri, 27 Nov 2026 00:00:00 GMT", "99999999999999999999"} {
		synctest.Test(t, func(t *testing.T) {
			header := []string{"Location", operationURL, "Retry-After", after}
			g := &rogue{given: answer(202, strings.NewReader(""), header...)}
			r := azurekeys.New(azurekeys.Config{Credential: credential{}, Transport: &http.Client{Transport: &limited{g, 100}}, Cloud: cloud.AzurePublic})
			ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
			defer cancel()
			err := r.Regenerate(ctx, subject(account, "key1", "canary-key", rotation.TagKeyProof, "none"), "key2", rotatortest.Unfenced)
			if running, is := errors.AsType[*rotation.Underway](err); !is || running.Operation == "" || len(g.hosts) > 20 {
				t.Errorf("Retry-After %q: %d requests, %v", after, len(g.hosts), err)
			}
		})
	}
}

// limited answers 200 after a number of requests, so that a loop ends.
type limited struct {
	*rogue
	left int
}

func (l *limited) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.left--; l.left < 0 {
		return reply(200, "", "").response(), nil
	}
	return l.rogue.RoundTrip(r)
}
