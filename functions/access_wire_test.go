package functions_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"rotunda/functions"
	"rotunda/internal/azfunc"
	"rotunda/internal/standin/host"
	"rotunda/internal/wiretest"
)

// requests has a request to each HTTP function, and its status for a caller that may do everything.
var requests = map[string]struct {
	method, path, body string
	status             int
}{
	"backupsecret":         {"POST", "/secrets/a/backup", "", 200},
	"batchgetsecrets":      {"POST", "/secrets/batch-get", `{"secrets":[{"name":"a"}]}`, 200},
	"cancelrotation":       {"POST", "/secrets/a/rotation/cancel", "", 409},
	"deletesecret":         {"DELETE", "/secrets/nope", "", 404},
	"getaccess":            {"GET", "/access", "", 200},
	"getdeletedsecret":     {"GET", "/deletedsecrets/nope", "", 404},
	"getrotation":          {"GET", "/secrets/a/rotation", "", 200},
	"getsecret":            {"GET", "/secrets/a", "", 200},
	"health":               {"GET", "/health", "", 200},
	"listdeletedsecrets":   {"GET", "/deletedsecrets", "", 200},
	"listrotations":        {"GET", "/rotations", "", 200},
	"listsecrets":          {"GET", "/secrets", "", 200},
	"listsecretversions":   {"GET", "/secrets/a/versions", "", 200},
	"purgedeletedsecret":   {"DELETE", "/deletedsecrets/nope", "", 404},
	"recoverdeletedsecret": {"POST", "/deletedsecrets/nope/recover", "", 404},
	"restorerotationtags":  {"POST", "/secrets/a/rotation/tags", "", 409},
	"restoresecret":        {"POST", "/secrets/restore", `{"value":"AAAA"}`, 400},
	"resumerotation":       {"POST", "/secrets/a/rotation/resume", "", 409},
	"resumerotations":      {"POST", "/rotations/resume?state=attention", "", 200},
	"retirerotation":       {"POST", "/secrets/a/rotation/retire", "", 409},
	"rollbackrotation":     {"POST", "/secrets/a/rotation/rollback", "", 409},
	"rotate":               {"POST", "/rotate?KeyVaultName=contoso&SecretName=a", "", 409},
	"rotatesecret":         {"POST", "/secrets/a/rotate", "", 409},
	"setsecret":            {"PUT", "/secrets/a", `{"value":"canary-a"}`, 200},
	"updatesecret":         {"PATCH", "/secrets/a", `{"contentType":"text/plain"}`, 200},
	"wrongroute":           {"GET", "/nowhere", "", 404},
}

// httpFunctions returns the names of the functions that HTTP requests start.
func httpFunctions(t *testing.T) (names []string) {
	t.Helper()
	definitions, err := azfunc.LoadDefinitions(functions.Definitions)
	if err != nil {
		t.Fatal(err)
	}
	for _, definition := range definitions {
		if definition.HTTP() != nil {
			names = append(names, definition.Name)
		}
	}
	return names
}

func TestEveryFunctionAsksWhoCallsAndWhetherItMay(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Tokens: true})
	admin, nobody := app.Authorization(t, "admin"), app.Authorization(t, "nobody")
	app.Do(t, http.MethodPut, "/secrets/a", `{"value":"canary-a"}`, admin)
	for _, name := range httpFunctions(t) {
		c, ok := requests[name]
		if !ok {
			t.Errorf("the test has no call of %s", name)
			continue
		}
		without, denied := http.StatusUnauthorized, http.StatusForbidden
		switch name {
		case "health":
			without, denied = 200, 200
		case "getaccess":
			denied = 200
		case "wrongroute":
			denied = 404
		}
		for _, row := range []struct {
			who    string
			header []string
			want   int
		}{
			{"without a token", nil, without},
			{"with a token that is none", []string{"Authorization: Bearer canary-token"}, without},
			{"with a token that may nothing", []string{nobody}, denied},
			{"with a token that may everything", []string{admin}, c.status},
		} {
			got := app.Do(t, c.method, c.path, c.body, row.header...)
			if got.Status != row.want {
				t.Errorf("%s %s: %d, want %d: %s", name, row.who, got.Status, row.want, got.Body)
			}
			if challenged := got.Header.Get("WWW-Authenticate") != ""; challenged != (got.Status == http.StatusUnauthorized) {
				t.Errorf("%s %s: %d with the challenge %q", name, row.who, got.Status, got.Header.Get("WWW-Authenticate"))
			}
		}
	}
	for _, function := range []string{"sweep", "rotateduesecret", "onvaultevent", "onvaultmessage"} {
		for _, path := range []string{"/" + function, "/api/" + function, "/api/%2e%2e/" + function, "/api/%252e%252e/" + function, "/api/..%2f" + function} {
			got := app.Do(t, http.MethodPost, strings.TrimSuffix(app.URL, "/api")+path, `{"Data":{"due":"\"{\\\"name\\\":\\\"a\\\"}\""},"Metadata":{}}`)
			if got.Status != http.StatusUnauthorized && got.Status != http.StatusNotFound {
				t.Errorf("POST %s: %v", path, got)
			}
		}
	}
	_ = fmt.Sprint
	_ = host.Newer
}
