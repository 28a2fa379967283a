package wiretest

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rotunda/internal/needed"
	"rotunda/internal/standin"
)

// callerRoles are the app roles of the callers: see examples/access.json.
var callerRoles = map[string][]string{"admin": {AdminRole}, "reader": {"Payments.Reader"}, "nobody": nil}

// AdminRole is the app role of callers that may do everything. StartAzure assigns it to the
// managed identity, too.
const AdminRole = "Secrets.Admin"

// signIn registers the app and its callers with the tenant, and returns the app's settings.
func (a *App) signIn(t testing.TB) []string {
	t.Helper()
	callers, err := a.Azure.RegisterApp(callerRoles)
	if err != nil {
		t.Fatal(err)
	}
	a.Callers, a.AuditFolder, a.TokensURL = callers, t.TempDir(), standin.AppURL
	rules := filepath.Join(needed.Root(t), "examples", "access.json")
	return append(a.Azure.SignInEnv(), "ACCESS_RULES_FILE="+rules, "AUDIT_FOLDER="+a.AuditFolder)
}

func (a *App) publish(t testing.TB) {
	t.Helper()
	if err := a.Azure.PublishApp(a.Host); err != nil {
		t.Fatal(err)
	}
}

// awaitKeys waits until the app has the issuer's keys, which it fetches at its start. On a busy
// machine a caller that comes before them may be told to try again.
func (a *App) awaitKeys(t testing.TB) {
	t.Helper()
	token := a.Authorization(t, "nobody")
	for range 20 { // each waits for seconds
		if got := a.Do(t, http.MethodGet, "/access", "", token); !strings.Contains(got.Body, "SignInUnavailable") {
			return
		}
	}
}

// Authorization returns the header with a token of a caller.
func (a *App) Authorization(t testing.TB, caller string) string {
	t.Helper()
	token, _, err := a.Azure.Entra().Issue(a.Callers[caller].ClientID, standin.Audience, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return "Authorization: Bearer " + token
}
