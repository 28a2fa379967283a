package functions_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"rotunda/internal/secret"
	"rotunda/internal/standin/host"
	"rotunda/internal/standin/keyvault"
	"rotunda/internal/wiretest"
)

// inVault sends a request to the vault itself, as somebody who has a role there.
func inVault(t *testing.T, app *wiretest.App, method, path, body string) string {
	t.Helper()
	token, err := app.Azure.Identity().Token(keyvault.Resource)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(method, "https://"+wiretest.Vault+".vault.azure.net"+path+"?api-version=2026-04-01", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	app.Azure.Vault().ServeHTTP(w, r)
	if w.Code >= http.StatusBadRequest {
		t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return w.Body.String()
}

// No function accepts the name of Rotunda's record of a rotation.
func TestNoFunctionAcceptsTheNameOfARecord(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	for _, record := range []string{"db--pending", "DB--Pending", "db%2D-pending", "--pending", secret.PendingName(strings.Repeat("x", 125))} {
		for _, call := range []struct{ method, path, body string }{
			{http.MethodGet, "/secrets/%s", ""},
			{http.MethodGet, "/secrets/%s?stage=pending", ""},
			{http.MethodGet, "/secrets/%s?outContentType=application/x-pem-file", ""},
			{http.MethodGet, "/secrets/%s/0123456789abcdef0123456789abcdef", ""},
			{http.MethodPut, "/secrets/%s", `{"value":"canary-x"}`},
			{http.MethodPatch, "/secrets/%s", `{"tags":{}}`},
			{http.MethodDelete, "/secrets/%s", ""},
			{http.MethodGet, "/secrets/%s/versions", ""},
			{http.MethodPost, "/secrets/%s/backup", ""},
			{http.MethodGet, "/deletedsecrets/%s", ""},
			{http.MethodDelete, "/deletedsecrets/%s", ""},
			{http.MethodPost, "/deletedsecrets/%s/recover", ""},
			{http.MethodGet, "/secrets/%s/rotation", ""},
			{http.MethodPost, "/secrets/%s/rotate", ""},
			{http.MethodPost, "/secrets/%s/rotation/resume", ""},
			{http.MethodPost, "/secrets/%s/rotation/retire", ""},
			{http.MethodPost, "/secrets/%s/rotation/cancel", ""},
			{http.MethodPost, "/secrets/%s/rotation/rollback", ""},
			{http.MethodPost, "/secrets/%s/rotation/tags", ""},
			{http.MethodPost, "/rotate?KeyVaultName=contoso&SecretName=%s", ""},
		} {
			got := app.Do(t, call.method, fmt.Sprintf(call.path, record), call.body)
			if got.Status != http.StatusBadRequest || !strings.Contains(got.Body, "is reserved for Rotunda's record") {
				t.Errorf("%s %s with %s: %v", call.method, call.path, record, got)
			}
		}
	}
	if calls := app.Azure.Vault().Counts().Calls; len(calls) > 1 { // health's list at the start
		t.Errorf("the vault was called: %v", calls)
	}
}

// The name in a backup is known only after the restore.
func TestARestoreOfARecordIsTakenBack(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	inVault(t, app, http.MethodPut, "/secrets/db--pending", `{"value":"canary-forged"}`)
	backup := inVault(t, app, http.MethodPost, "/secrets/db--pending/backup", "")
	blob := regexp.MustCompile(`"value":"[^"]+"`).FindString(backup)
	inVault(t, app, http.MethodDelete, "/secrets/db--pending", "")
	inVault(t, app, http.MethodDelete, "/deletedsecrets/db--pending", "")

	got := app.Do(t, http.MethodPost, "/secrets/restore", "{"+blob+"}")
	if got.Status != http.StatusBadRequest || !strings.Contains(got.Body, "db--pending, a name that is reserved") || !strings.Contains(got.Body, "deleted again") {
		t.Errorf("the restore: %v", got)
	}
	if live := inVault(t, app, http.MethodGet, "/secrets", ""); strings.Contains(live, "pending") {
		t.Errorf("the record is in the vault: %s", live)
	}

	// the same if it can't be deleted: the caller is told
	inVault(t, app, http.MethodDelete, "/deletedsecrets/db--pending", "")
	if err := app.Faults(`{"vault":{"calls":[{"kind":"rbac","operations":["delete"]}]}}`); err != nil {
		t.Fatal(err)
	}
	got = app.Do(t, http.MethodPost, "/secrets/restore", "{"+blob+"}")
	if got.Status != http.StatusBadRequest || !strings.Contains(got.Body, "could not be deleted again") {
		t.Errorf("a restore whose deletion fails: %v", got)
	}
}

func TestAMessageAboutARecordIsIgnored(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	result, err := app.Host.Invoke(t.Context(), "rotateduesecret", host.QueueMessage(`{"name":"db--pending"}`, 1))
	if err != nil || !strings.Contains(fmt.Sprint(result.Logs), "own record") {
		t.Errorf("%v, %v", result, err)
	}
}

// Anybody who may write to the vault may write a record's tags. A name in them that is not that of
// the record's own secret leads nowhere: the lists of rotations and the sweep go on without it.
func TestARecordThatNamesAnotherSecretIsIgnored(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	for i, of := range []string{"../x", "a/b", "../keys/k", "pay?x=1", "pay--pending", "other", strings.Repeat("a", 200)} {
		inVault(t, app, http.MethodPut, fmt.Sprintf("/secrets/z%d--pending", i),
			`{"value":"x","contentType":"application/vnd.rotunda.rotation+json","tags":{"rot-of":"`+of+`","rot-state":"intent","rot-op":"ABC","rot-since":"2026-01-01T00:00:00Z"}}`)
	}
	inVault(t, app, http.MethodPut, "/secrets/pay--pending--pending", `{"value":"x","tags":{"rot-of":"pay--pending","rot-state":"intent","rot-op":"ABC"}}`)
	for method, path := range map[string]string{http.MethodGet: "/rotations", http.MethodPost: "/rotations/resume?state=attention"} {
		if got := app.Do(t, method, path, ""); got.Status != http.StatusOK || !strings.Contains(got.Body, `"value":[]`) {
			t.Errorf("%s %s: %v", method, path, got)
		}
	}
	result, err := app.Host.Invoke(t.Context(), "sweep", host.Timer())
	if err != nil || fmt.Sprint(result.Logs) != "[secrets whose rotation needs work: 0]" {
		t.Errorf("the sweep: %v, %v", result.Logs, err)
	}
}
