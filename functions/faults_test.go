package functions_test

import (
	"fmt"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"rotunda/internal/standin/identity"
	"rotunda/internal/standin/keyvault"
	"rotunda/internal/wiretest"
)

func setFaults(t *testing.T, app *wiretest.App, faults keyvault.Faults) {
	t.Helper()
	if err := app.Azure.Vault().SetFaults(faults); err != nil {
		t.Fatal(err)
	}
}

// The handler is stateless, so a kill costs only the requests in flight.
func TestKilledMidRequestTheHandlerComesBack(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	if got := app.Do(t, http.MethodPut, "/secrets/a", `{"value":"canary-a"}`); got.Status != http.StatusOK {
		t.Fatal(got)
	}
	setFaults(t, app, keyvault.Faults{Calls: []keyvault.Fault{
		{Kind: keyvault.Delay, Operations: []string{"set"}, Delay: keyvault.Duration(time.Hour), Times: 1},
	}})
	answered := make(chan wiretest.Answer, 1)
	go func() {
		answer, _ := app.Try(http.MethodPut, "/secrets/b", `{"value":"canary-b"}`)
		answered <- answer
	}()
	for len(app.Azure.Vault().Faults().Calls) > 0 { // until the request is in the vault, which sends no signal
		runtime.Gosched()
	}
	if err := app.Host.KillHandler(); err != nil {
		t.Fatal(err)
	}
	if got := <-answered; got.Status != http.StatusInternalServerError || got.Body != "" {
		t.Errorf("the interrupted request: %v, want the host's empty 500", got)
	}
	if got := app.Do(t, http.MethodGet, "/secrets/a", ""); got.Status != http.StatusOK || !strings.Contains(got.Body, "canary-a") {
		t.Errorf("after the restart: %v", got)
	}
}

// A set whose response is lost is repeated. A delete is not, because the vault would reject it.
func TestLostAnswers(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	lose := func(operation string) {
		setFaults(t, app, keyvault.Faults{Calls: []keyvault.Fault{{Kind: keyvault.DropAfter, Operations: []string{operation}, Times: 1}}})
	}
	lose("set")
	if got := app.Do(t, http.MethodPut, "/secrets/a", `{"value":"canary-a"}`); got.Status != http.StatusOK {
		t.Errorf("set: %v", got)
	}
	if got := app.Do(t, http.MethodGet, "/secrets/a/versions", ""); strings.Count(got.Body, `"id"`) != 2 {
		t.Errorf("a repeated set creates two equal versions: %v", got)
	}
	lose("delete")
	got := app.Do(t, http.MethodDelete, "/secrets/a", "")
	if got.Status != http.StatusBadGateway || !strings.Contains(got.Body, "may or may not have taken effect") {
		t.Errorf("delete: %v", got)
	}
	if got := app.Do(t, http.MethodGet, "/deletedsecrets/a", ""); got.Status != http.StatusOK {
		t.Errorf("the delete was not executed: %v", got)
	}
}

func TestASlowVaultIsWaitedFor(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{VaultLatency: 500 * time.Millisecond})
	if got := app.Do(t, http.MethodPut, "/secrets/a", `{"value":"canary-a"}`); got.Status != http.StatusOK {
		t.Error(got)
	}
}

// 200 concurrent callers perform every operation, each with its own secret.
func TestTwoHundredCallersOfEveryOperation(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	var callers sync.WaitGroup
	for i := range 200 {
		callers.Go(func() {
			if err := lifeOf(app, fmt.Sprintf("secret-%d", i)); err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
}

var blobPattern = regexp.MustCompile(`"value":"([^"]+)"`)

// lifeOf performs every operation on a secret.
func lifeOf(app *wiretest.App, name string) error {
	value := wiretest.Canary + name
	backup := ""
	for _, step := range []struct {
		method, path, body string
		status             int
		has                string
	}{
		{http.MethodPut, "/secrets/" + name, `{"value":"` + value + `"}`, 200, value},
		{http.MethodGet, "/secrets/" + name, "", 200, value},
		{http.MethodPatch, "/secrets/" + name, `{"tags":{"a":"b"}}`, 200, `"a":"b"`},
		{http.MethodGet, "/secrets/" + name + "/versions", "", 200, name},
		{http.MethodGet, "/secrets?maxresults=3", "", 200, "nextLink"},
		{http.MethodPost, "/secrets/" + name + "/backup", "", 200, "value"},
		{http.MethodDelete, "/secrets/" + name + "?wait=true", "", 200, "recoveryId"},
		{http.MethodGet, "/deletedsecrets/" + name, "", 200, "recoveryId"},
		{http.MethodGet, "/deletedsecrets", "", 200, "recoveryId"},
		{http.MethodPost, "/deletedsecrets/" + name + "/recover?wait=true", "", 200, name},
		{http.MethodDelete, "/secrets/" + name + "?wait=true", "", 200, name},
		{http.MethodDelete, "/deletedsecrets/" + name, "", 204, ""},
		{http.MethodPost, "/secrets/restore", "backup", 200, name},
		{http.MethodGet, "/secrets/" + name, "", 200, value},
		{http.MethodGet, "/health", "", 200, "ok"},
	} {
		if step.body == "backup" {
			step.body = `{"value":"` + backup + `"}`
		}
		answer, err := app.Try(step.method, step.path, step.body)
		if err != nil {
			return err
		}
		if answer.Status != step.status || !strings.Contains(answer.Body, step.has) {
			return fmt.Errorf("%s %s: %d %s, want %d with %q", step.method, step.path, answer.Status, answer.Body, step.status, step.has)
		}
		if strings.HasSuffix(step.path, "/backup") {
			backup = blobPattern.FindStringSubmatch(answer.Body)[1]
		}
	}
	return nil
}

// A user-assigned identity is requested by its client id. The message names it if the vault
// rejects it.
func TestUserAssignedIdentity(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Env: []string{"AZURE_CLIENT_ID=" + identity.UserAssigned}})
	if got := app.Do(t, http.MethodGet, "/secrets/a", ""); got.Status != http.StatusNotFound {
		t.Errorf("an identity that the app has: %v", got)
	}
	setFaults(t, app, keyvault.Faults{Calls: []keyvault.Fault{{Kind: keyvault.RBAC}}})
	if got := app.Do(t, http.MethodGet, "/secrets/b", ""); !strings.Contains(got.Body, "with client id "+identity.UserAssigned) {
		t.Errorf("the remedy does not name the identity: %v", got)
	}
	const stranger = "99999999-0000-4000-8000-000000000009"
	app = wiretest.Start(t, wiretest.Options{Env: []string{"AZURE_CLIENT_ID=" + stranger}})
	if got := app.Do(t, http.MethodGet, "/secrets/a", ""); got.Status != http.StatusBadGateway || !strings.Contains(got.Body, "IdentityUnavailable") {
		t.Errorf("an identity that the app has not: %v", got)
	}
}

// Health is anonymous, so its callers must not be able to use up a quota that is used up already.
func TestHealthAsksAVaultThatThrottlesOncePerSecond(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	warmedUp(t, app)
	setFaults(t, app, keyvault.Faults{Calls: []keyvault.Fault{{Kind: keyvault.Throttle}}})
	app.Azure.Vault().ResetCounts()
	began := time.Now()
	for range 200 {
		if got := app.Do(t, http.MethodGet, "/health", ""); got.Status != http.StatusServiceUnavailable || !strings.Contains(got.Body, `"failing"`) && !strings.Contains(got.Body, `"unreachable"`) { // on a busy machine
			t.Fatal(got)
		}
	}
	if calls, most := app.Azure.Vault().Counts().Calls["list"], 1+int64(time.Since(began)/time.Second); calls > most {
		t.Errorf("%d calls by 200 requests, want at most %d", calls, most)
	}
}
