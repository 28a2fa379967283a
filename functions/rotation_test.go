package functions_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rotunda/internal/secret"
	"rotunda/internal/standin/host"
	"rotunda/internal/standin/keyvault"
	"rotunda/internal/wiretest"
)

const randomTags = `"tags":{"Rotator":"random","ValidityPeriodDays":"60","team":"a"}`

// setDue sets a secret that expires in a week, and returns its version.
func setDue(t testing.TB, app *wiretest.App, name, tags string) (version string) {
	t.Helper()
	body := fmt.Sprintf(`{"value":"canary-due","attributes":{"exp":%d},%s}`, time.Now().AddDate(0, 0, 7).Unix(), tags)
	got := app.Do(t, http.MethodPut, "/secrets/"+name, body)
	if got.Status != http.StatusOK {
		t.Fatal(got)
	}
	return strings.Trim(got.Header.Get("ETag"), `"`)
}

func hasState(states ...string) func(wiretest.Answer) bool {
	return func(a wiretest.Answer) bool {
		for _, state := range states {
			if strings.Contains(a.Body, `"state":"`+state+`"`) {
				return true
			}
		}
		return false
	}
}

// nearExpiry returns the event about a version in Event Grid's schema.
func nearExpiry(vault, name, version string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"id":"1","eventType":"Microsoft.KeyVault.SecretNearExpiry","subject":%[2]q,`+
		`"data":{"VaultName":%[1]q,"ObjectType":"Secret","ObjectName":%[2]q,"Version":%[3]q,"NBF":null,"EXP":"1559082102"}}`, vault, name, version))
}

func TestASecretThatNearsItsExpiryRotatesByItself(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Events: true})
	before := setDue(t, app, "due", randomTags)
	eventually(t, app, "/secrets/due/rotation", hasState("closed"))
	got := app.Do(t, http.MethodGet, "/secrets/due", "", "Cache-Control: no-cache")
	if strings.Contains(got.Body, "canary-due") || strings.Contains(got.Body, before) || !strings.Contains(got.Body, `"team":"a"`) {
		t.Errorf("after the event: %v", got)
	}
	// the same event again, late: the version is not the latest any more
	result, err := app.Host.Invoke(t.Context(), "onvaultevent", host.Event(nearExpiry(wiretest.Vault, "due", before)))
	if err != nil || !strings.Contains(fmt.Sprint(result.Logs), "short while ago") && !strings.Contains(fmt.Sprint(result.Logs), "not the latest") {
		t.Errorf("the event again: %v, %v", result, err)
	}
	if calls := app.Azure.Vault().Counts().Calls["set"]; calls != 3 { // the secret, the record, the new version
		t.Errorf("the vault got %d sets", calls)
	}
}

// A secret that was rotated and then deleted leaves its record. The lists of rotations go on
// without it.
func TestADeletedSecretDoesNotSpoilTheListOfRotations(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	for _, name := range []string{"gone", "kept"} {
		setDue(t, app, name, randomTags)
		if got := app.Do(t, http.MethodPost, "/secrets/"+name+"/rotate?wait=true", ""); got.Status != http.StatusOK {
			t.Fatal(got)
		}
	}
	app.Do(t, http.MethodDelete, "/secrets/gone", "")
	for method, path := range map[string]string{http.MethodGet: "/rotations", http.MethodPost: "/rotations/resume?state=attention"} {
		got := app.Do(t, method, path, "")
		if got.Status != http.StatusOK || strings.Contains(got.Body, "gone") || strings.Contains(got.Body, `"kept"`) != (method == http.MethodGet) {
			t.Errorf("%s %s: %v", method, path, got)
		}
	}
}

// A rotation that was open when its secret was purged is ended by one call.
func TestARotationOfAPurgedSecretCanBeCancelled(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	setDue(t, app, "gone", randomTags)
	setFaults(t, app, keyvault.Faults{Calls: []keyvault.Fault{
		{Kind: keyvault.Delay, Operations: []string{"set"}, Delay: 1, Times: 1}, // the record is written, and no version
		{Kind: keyvault.Error, Operations: []string{"set"}, Status: http.StatusForbidden},
	}})
	app.Do(t, http.MethodPost, "/secrets/gone/rotate?wait=true", "")
	setFaults(t, app, keyvault.Faults{})
	app.Do(t, http.MethodDelete, "/secrets/gone", "")
	cancel := func() wiretest.Answer { return app.Do(t, http.MethodPost, "/secrets/gone/rotation/cancel", "") }
	if got := cancel(); got.Status != http.StatusConflict || !strings.Contains(got.Body, "Recover it") {
		t.Errorf("deleted: %v", got)
	}
	if got := app.Do(t, http.MethodGet, "/secrets/gone/rotation", ""); !hasState("blocked")(got) {
		t.Errorf("the status: %v", got)
	}
	app.Do(t, http.MethodDelete, "/deletedsecrets/gone", "")
	if got := cancel(); got.Status != http.StatusOK || !hasState("none")(got) || !strings.Contains(got.Body, "may still accept") {
		t.Errorf("purged: %v", got)
	}
	if got := app.Do(t, http.MethodGet, "/rotations", ""); got.Status != http.StatusOK || strings.Contains(got.Body, "gone") {
		t.Errorf("the list: %v", got)
	}
}

func TestEventsThatMeanNothing(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	version := setDue(t, app, "due", randomTags)
	for _, row := range []struct {
		event json.RawMessage
		says  string
	}{
		{nearExpiry("fabrikam", "due", version), "another vault"},
		{nearExpiry(wiretest.Vault, "due", strings.Repeat("0", 32)), "not the latest"},
		{nearExpiry(wiretest.Vault, secret.PendingName("due"), version), "own record"},
		{nearExpiry(wiretest.Vault, "nothing", version), "no longer exists"},
		{json.RawMessage(`{"eventType":"Microsoft.KeyVault.CertificateNearExpiry","data":{"VaultName":"contoso","ObjectName":"due"}}`), "ignored"},
		{json.RawMessage(`{"data":7}`), "ignored"},
	} {
		result, err := app.Host.Invoke(t.Context(), "onvaultevent", host.Event(row.event))
		if err != nil || !strings.Contains(fmt.Sprint(result.Logs), row.says) {
			t.Errorf("%s: %v, %v; want %q", row.event, result.Logs, err, row.says)
		}
	}
	if got := app.Do(t, http.MethodGet, "/secrets/due/rotation", ""); !hasState("none")(got) {
		t.Errorf("after events that mean nothing: %v", got)
	}
}

func TestASweepFindsWhatIsDueAndTheQueueDoesIt(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	names := []string{"due-a", "due-b", "due-c"}
	for _, name := range names {
		setDue(t, app, name, randomTags)
	}
	app.Do(t, http.MethodPut, "/secrets/plain", `{"value":"canary-plain"}`)
	app.Do(t, http.MethodPut, "/secrets/not-due", `{"value":"canary-not-due",`+randomTags+`}`)
	setDue(t, app, "wrong", `"tags":{"Rotator":"magic","ValidityPeriodDays":"60"}`)
	sweep := func() string {
		result, err := app.Host.Invoke(t.Context(), "sweep", host.Timer())
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(result.Logs)
	}
	if found := sweep(); found != "[secrets whose rotation needs work: 4]" {
		t.Errorf("the first sweep: %s", found)
	}
	for _, name := range names {
		eventually(t, app, "/secrets/"+name+"/rotation", hasState("closed"))
	}
	eventually(t, app, "/secrets/wrong/rotation", hasState("attention"))
	eventually(t, app, "/secrets/wrong/rotation", func(a wiretest.Answer) bool { return strings.Contains(a.Body, `"since"`) }) // recorded
	if found := sweep(); found != "[secrets whose rotation needs work: 0]" {
		t.Errorf("the second sweep finds what is done, or still wrong: %s", found)
	}
	app.Do(t, http.MethodPatch, "/secrets/wrong", `{`+randomTags+`}`)
	if found := sweep(); found != "[secrets whose rotation needs work: 1]" {
		t.Errorf("a sweep after the tags were corrected: %s", found)
	}
	eventually(t, app, "/secrets/wrong/rotation", hasState("closed"))
	if poison := app.Host.Poisoned("rotunda-due-secrets"); len(poison) > 0 {
		t.Errorf("poison: %q", poison)
	}
}

func TestRotationWithoutAPlaceForItsLockIsRefused(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Env: []string{"ROTATION_LOCK_FOLDER="}})
	setDue(t, app, "due", randomTags)
	got := app.Do(t, http.MethodPost, "/secrets/due/rotate", "")
	if got.Status != http.StatusConflict || !strings.Contains(got.Body, "ROTATION_LOCK_ACCOUNT") {
		t.Error(got)
	}
}

func TestRotationsLogInToListedHostsOnly(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Env: []string{"ROTATION_PROVIDER_HOSTS=postgres://db.example.com, redis://*.cache.example.com"}})
	for address, refused := range map[string]bool{
		"redis://a.cache.example.com": false, "redis://cache.example.com": true, "redis://127.0.0.1": true,
		"redis://a.cache.example.com:16390": true, "rediss://a.cache.example.com": true, "redis://db.example.com:5432": true,
	} {
		setDue(t, app, "due", `"tags":{"ProviderAddress":"`+address+`","RotationClass":"X","ValidityPeriodDays":"60"}`)
		got := app.Do(t, http.MethodGet, "/secrets/due/rotation", "")
		if strings.Contains(got.Body, "ROTATION_PROVIDER_HOSTS") != refused {
			t.Errorf("%s: %v", address, got)
		}
	}
}
