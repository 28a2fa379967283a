package functions_test

import (
	"net/http"
	"strings"
	"testing"

	"rotunda/internal/wiretest"
)

// forgedRecord asks for a value of the forger's to be published.
const forgedRecord = `{"value":"{\"op\":\"ABCDEFGHIJKLMNOPQRSTUVWXYZ\",\"of\":\"pay\",\"base\":\"BASE\",\"fp\":\"x\",\"at\":\"2026-01-01T00:00:00Z\"}\ncanary-of-the-forger",` +
	`"contentType":"application/vnd.rotunda.rotation+json","tags":{"rot-op":"ABCDEFGHIJKLMNOPQRSTUVWXYZ","rot-of":"pay","rot-state":"intent","rot-since":"2026-01-01T00:00:00Z"}}`

// A record that the app did not write is never acted on, and one call ends it.
func TestAForgedRecordIsNotActedOn(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	version := setDue(t, app, "pay", randomTags)
	inVault(t, app, http.MethodPut, "/secrets/pay--pending", strings.Replace(forgedRecord, "BASE", version, 1))
	for _, path := range []string{"/secrets/pay/rotate?wait=true", "/secrets/pay/rotation/resume"} {
		if got := app.Do(t, http.MethodPost, path, ""); got.Status != http.StatusConflict || !strings.Contains(got.Body, "adopt=true") || !strings.Contains(got.Body, "cancel") {
			t.Errorf("%s: %v", path, got)
		}
	}
	status := app.Do(t, http.MethodGet, "/secrets/pay/rotation", "")
	if !strings.Contains(status.Body, `"state":"attention"`) || !strings.Contains(status.Body, "did not write the record") {
		t.Errorf("status: %v", status)
	}
	if got := app.Do(t, http.MethodGet, "/secrets/pay", "", "Accept: text/plain"); got.Body != "canary-due" {
		t.Errorf("the secret is %v", got)
	}
	if got := app.Do(t, http.MethodPost, "/secrets/pay/rotation/cancel", ""); got.Status != http.StatusOK || !strings.Contains(got.Body, `"state":"none"`) {
		t.Errorf("cancel: %v", got)
	}
	if got := app.Do(t, http.MethodPost, "/secrets/pay/rotate?wait=true", ""); got.Status != http.StatusOK {
		t.Errorf("after that: %v", got)
	}
	if got := app.Do(t, http.MethodGet, "/secrets/pay", "", "Accept: text/plain", "Cache-Control: no-cache"); got.Body == "canary-due" || strings.Contains(got.Body, "forger") {
		t.Errorf("the secret is %v", got)
	}
}

// Somebody's own secret under a record's name is left as it is.
func TestASecretUnderARecordsNameIsLeftAlone(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	setDue(t, app, "pay", randomTags)
	inVault(t, app, http.MethodPut, "/secrets/pay--pending", `{"value":"{\"mine\":1}","contentType":"application/json"}`)
	if got := app.Do(t, http.MethodPost, "/secrets/pay/rotate?wait=true", ""); got.Status != http.StatusConflict || !strings.Contains(got.Body, "pay--pending") {
		t.Errorf("rotate: %v", got)
	}
	if got := inVault(t, app, http.MethodGet, "/secrets/pay--pending", ""); !strings.Contains(got, `mine`) || strings.Contains(got, "rot-") {
		t.Errorf("it is now %s", got)
	}
}

// The calls of an incident, on the real handler.
func TestIncidentCalls(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	setDue(t, app, "pay", randomTags)
	must := func(path string, status int, contains string) {
		t.Helper()
		must(t, app, path, status, contains)
	}
	must("/secrets/pay/rotation/cancel", http.StatusConflict, "no open rotation")
	must("/secrets/pay/rotation/retire", http.StatusConflict, "grace period")
	must("/secrets/pay/rotation/rollback", http.StatusConflict, "nothing to roll back")
	must("/secrets/pay/rotation/tags", http.StatusConflict, "not lost")
	must("/secrets/pay/rotate?wait=true", http.StatusOK, `"state":"closed"`)
	must("/secrets/pay/rotate?wait=true", http.StatusConflict, "short while ago")
	must("/secrets/pay/rotation/rollback", http.StatusOK, `"state":"retiring"`)
	must("/secrets/pay/rotate?wait=true&retire=now", http.StatusOK, `"state":"closed"`)
	must("/secrets/pay/rotation/rollback", http.StatusConflict, "rotate?retire=now")
	app.Do(t, http.MethodPut, "/secrets/pay", `{"value":"canary-without-tags"}`)
	must("/rotations/resume?state=attention", http.StatusOK, `"value":[`)
	list := app.Do(t, http.MethodGet, "/rotations", "")
	if strings.Count(list.Body, `"name":"pay"`) != 1 || !strings.Contains(list.Body, `"state":"attention"`) {
		t.Errorf("listed: %v", list)
	}
	must("/secrets/pay/rotation/tags", http.StatusOK, `"name":"pay"`)
	if got := app.Do(t, http.MethodGet, "/secrets/pay", "", "Cache-Control: no-cache"); !strings.Contains(got.Body, `"Rotator":"random"`) || !strings.Contains(got.Body, "canary-without-tags") {
		t.Errorf("with its tags: %v", got)
	}
}
