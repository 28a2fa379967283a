package keyvault_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"rotunda/internal/standin/entra"
	"rotunda/internal/standin/keyvault"
)

func TestWindowAfterDelete(t *testing.T) {
	for name, c := range map[string]struct {
		method, path, body, code string
		status, then             int
	}{
		"the deleted secret is not there yet":    {"GET", "/deletedsecrets/x", "", "SecretNotFound", 404, 200},
		"it can't be purged yet":                 {"DELETE", "/deletedsecrets/x", "", "Conflict/ObjectIsBeingDeleted", 409, 204},
		"it can't be recovered yet":              {"POST", "/deletedsecrets/x/recover", "", "Conflict/ObjectIsBeingDeleted", 409, 200},
		"its name is blocked, and stays blocked": {"PUT", "/secrets/x", `{"value":"v"}`, "Conflict/ObjectIsBeingDeleted", 409, 409},
	} {
		t.Run(name, func(t *testing.T) {
			v := start(t, keyvault.Options{})
			v.setFaults(t, keyvault.Faults{AfterDelete: 2})
			v.do(t, "PUT", "/secrets/x", `{"value":"v"}`)
			v.do(t, "DELETE", "/secrets/X", "").want(t, 200, "")
			for range 2 {
				v.do(t, c.method, c.path, c.body).want(t, c.status, c.code)
			}
			if got := v.do(t, c.method, c.path, c.body); got.status != c.then {
				t.Errorf("then: %d %s, want %d", got.status, got.text, c.then)
			}
		})
	}
}

func TestWindowAfterDeleteInLists(t *testing.T) {
	v := start(t, keyvault.Options{})
	v.setFaults(t, keyvault.Faults{AfterDelete: 1})
	v.do(t, "PUT", "/secrets/x", `{"value":"v"}`)
	v.do(t, "DELETE", "/secrets/x", "")
	for _, want := range []int{0, 1} {
		if _, ids := v.pages(t, "/deletedsecrets"); len(ids) != want {
			t.Errorf("%d deleted, want %d", len(ids), want)
		}
	}
}

func TestWindowAfterRecover(t *testing.T) {
	for name, c := range map[string]struct {
		method, path, body, code string
		status                   int
	}{
		"it can't be read yet":       {"GET", "/secrets/x", "", "SecretNotFound", 404},
		"it can't be updated yet":    {"PATCH", "/secrets/x", "{}", "SecretNotFound", 404},
		"it can't be deleted yet":    {"DELETE", "/secrets/x", "", "SecretNotFound", 404},
		"it can't be backed up yet":  {"POST", "/secrets/x/backup", "", "SecretNotFound", 404},
		"it can't be written yet":    {"PUT", "/secrets/x", `{"value":"w"}`, "Conflict/ObjectIsBeingRecovered", 409},
		"and its name is as written": {"PUT", "/secrets/X", `{"value":"w"}`, "Conflict/ObjectIsBeingRecovered", 409},
	} {
		t.Run(name, func(t *testing.T) {
			v := start(t, keyvault.Options{})
			v.setFaults(t, keyvault.Faults{AfterRecover: 3})
			v.do(t, "PUT", "/secrets/x", `{"value":"v"}`)
			v.do(t, "DELETE", "/secrets/x", "")
			v.do(t, "POST", "/deletedsecrets/x/recover", "").want(t, 200, "")
			for range 3 {
				v.do(t, c.method, c.path, c.body).want(t, c.status, c.code)
			}
			v.do(t, c.method, c.path, c.body).want(t, 200, "")
		})
	}
}

func TestWindowAfterPurge(t *testing.T) {
	v := start(t, keyvault.Options{})
	v.setFaults(t, keyvault.Faults{AfterPurge: 2})
	v.do(t, "PUT", "/secrets/x", `{"value":"v"}`)
	blob := v.do(t, "POST", "/secrets/x/backup", "").text
	v.do(t, "DELETE", "/secrets/x", "")
	v.do(t, "DELETE", "/deletedsecrets/x", "").want(t, 204, "")
	v.do(t, "GET", "/deletedsecrets/x", "").want(t, 404, "SecretNotFound")
	v.do(t, "PUT", "/secrets/x", `{"value":"v"}`).want(t, 409, "Conflict/ObjectIsBeingDeleted")
	v.do(t, "POST", "/secrets/restore", blob).want(t, 409, "Conflict")
	v.do(t, "POST", "/secrets/restore", blob).want(t, 200, "")
}

func TestClearedFaultsEndWindows(t *testing.T) {
	v := start(t, keyvault.Options{})
	v.setFaults(t, keyvault.Faults{AfterDelete: 1000})
	v.do(t, "PUT", "/secrets/x", `{"value":"v"}`)
	v.do(t, "DELETE", "/secrets/x", "")
	v.do(t, "GET", "/deletedsecrets/x", "").want(t, 404, "SecretNotFound")
	v.setFaults(t, keyvault.Faults{})
	v.do(t, "GET", "/deletedsecrets/x", "").want(t, 200, "")
}

func TestRefusalsToOrder(t *testing.T) {
	v := start(t, keyvault.Options{})
	v.do(t, "PUT", "/secrets/x", `{"value":"v"}`).want(t, 200, "")
	for name, c := range map[string]struct {
		fault      keyvault.Fault
		status     int
		code       string
		message    string
		retryAfter string
	}{
		"throttled":           {keyvault.Fault{Kind: keyvault.Throttle}, 429, "Throttled", "VaultRequestTypeLimitReached", ""},
		"throttled with time": {keyvault.Fault{Kind: keyvault.Throttle, RetryAfter: "7"}, 429, "Throttled", "too many requests", "7"},
		"unavailable":         {keyvault.Fault{Kind: keyvault.Error, Status: 503, RetryAfter: "1"}, 503, "ServiceUnavailable", "Service Unavailable", "1"},
		"without a name":      {keyvault.Fault{Kind: keyvault.Error, Status: 599}, 599, "Unknown", "a fault that is set in the stand-in", ""},
		"word for word": {
			keyvault.Fault{Kind: keyvault.Error, Status: 409, Code: "Conflict", InnerCode: "Odd", Message: "as I say"},
			409,
			"Conflict/Odd", "as I say", "",
		},
		"no role":      {keyvault.Fault{Kind: keyvault.RBAC}, 403, "Forbidden/ForbiddenByRbac", "Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'\r\n", ""},
		"no policy":    {keyvault.Fault{Kind: keyvault.Policy}, 403, "Forbidden/ForbiddenByPolicy", "does not have secrets get permission on key vault 'contoso;", ""},
		"a firewall":   {keyvault.Fault{Kind: keyvault.Firewall}, 403, "Forbidden/ForbiddenByFirewall", "Client address is not authorized", ""},
		"only a pause": {keyvault.Fault{Kind: keyvault.Delay, Delay: 1}, 200, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			v.setFaults(t, keyvault.Faults{Calls: []keyvault.Fault{c.fault}})
			got := v.do(t, "GET", "/secrets/x", "").want(t, c.status, c.code)
			if !strings.Contains(got.message(), c.message) || got.header.Get("Retry-After") != c.retryAfter {
				t.Errorf("message %q, Retry-After %q", got.message(), got.header.Get("Retry-After"))
			}
			if strings.Contains(c.code, "Rbac") && !strings.Contains(got.message(), "Caller: appid="+tenant().ClientID()+";oid=") {
				t.Errorf("the caller is not named: %s", got.message())
			}
		})
	}
}

func TestFaultsAreForSomeCallsSomeTimes(t *testing.T) {
	v := start(t, keyvault.Options{})
	v.setFaults(t, keyvault.Faults{Calls: []keyvault.Fault{
		{Kind: keyvault.Throttle, Operations: []string{"set", "list"}, Times: 2},
		{Kind: keyvault.RBAC, Operations: []string{"list"}, Times: 1},
		{Kind: keyvault.Policy, Operations: []string{"purge"}},
	}})
	v.do(t, "GET", "/secrets/x", "").want(t, 404, "SecretNotFound")
	v.do(t, "GET", "/secrets", "").want(t, 429, "Throttled")
	if left := v.Faults().Calls; len(left) != 3 || left[0].Times != 1 {
		t.Errorf("left are %+v", left)
	}
	v.do(t, "PUT", "/secrets/x", `{"value":"v"}`).want(t, 429, "Throttled")
	v.do(t, "GET", "/secrets", "").want(t, 403, "Forbidden/ForbiddenByRbac")
	v.do(t, "GET", "/secrets", "").want(t, 200, "")
	v.do(t, "DELETE", "/deletedsecrets/x", "").want(t, 403, "Forbidden/ForbiddenByPolicy")
	v.do(t, "DELETE", "/deletedsecrets/x", "").want(t, 403, "Forbidden/ForbiddenByPolicy")
	if left := v.Faults().Calls; len(left) != 1 {
		t.Errorf("left are %+v", left)
	}
}

// TestLostConnections uses PUT, which net/http's client never retries.
func TestLostConnections(t *testing.T) {
	v := start(t, keyvault.Options{})
	for kind, versions := range map[keyvault.Kind]int{keyvault.DropBefore: 0, keyvault.DropAfter: 1} {
		v.setFaults(t, keyvault.Faults{Calls: []keyvault.Fault{{Kind: kind, Operations: []string{"set"}, Times: 1}}})
		path := "/secrets/" + string(kind)
		if got, err := v.try(t.Context(), "PUT", path, `{"value":"v"}`); !errors.Is(err, io.EOF) {
			t.Errorf("%s: %d %v, want the connection to end", kind, got.status, err)
		}
		if _, ids := v.pages(t, path+"/versions"); len(ids) != versions {
			t.Errorf("%s: %d versions afterwards, want %d", kind, len(ids), versions)
		}
		v.do(t, "PUT", path, `{"value":"v"}`).want(t, 200, "")
	}
}

func TestPurgeProtection(t *testing.T) {
	v := start(t, keyvault.Options{RetentionDays: 30})
	v.setFaults(t, keyvault.Faults{PurgeProtection: true})
	got := v.do(t, "PUT", "/secrets/x", `{"value":"v"}`)
	if level := got.body["attributes"].(map[string]any)["recoveryLevel"]; level != "CustomizedRecoverable" {
		t.Errorf("recoveryLevel %v", level)
	}
	v.do(t, "DELETE", "/secrets/x", "").want(t, 200, "")
	v.do(t, "DELETE", "/deletedsecrets/x", "").want(t, 403, "Forbidden")
	v.do(t, "GET", "/deletedsecrets/x", "").want(t, 200, "")
}

// TestLatency runs in a synctest bubble, whose clock advances only when all goroutines wait.
func TestLatency(t *testing.T) {
	anyone := func(string) (entra.Claims, error) { return entra.Claims{}, nil }
	synctest.Test(t, func(t *testing.T) {
		vaults, err := keyvault.New(keyvault.Options{Tenant: uuid.NewString(), Check: anyone})
		if err != nil {
			t.Fatal(err)
		}
		if err := vaults.SetFaults(keyvault.Faults{Latency: keyvault.Duration(20 * time.Millisecond), Calls: []keyvault.Fault{
			{Kind: keyvault.Delay, Delay: keyvault.Duration(time.Second), Operations: []string{"list"}},
		}}); err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]time.Duration{"/secrets": 1020 * time.Millisecond, "/secrets/x": 20 * time.Millisecond} {
			start := time.Now()
			vaults.ServeHTTP(discard{http.Header{}}, request(t, path))
			if took := time.Since(start); took != want {
				t.Errorf("%s took %v, want %v", path, took, want)
			}
		}
	})
}

func TestFaultsAreJSON(t *testing.T) {
	const text = `{"afterDelete":1,"afterRecover":2,"afterPurge":3,"emptyPages":4,"latency":"20ms","purgeProtection":true,"calls":[` +
		`{"kind":"throttle","operations":["get","set"],"times":3,"delay":"1s","retryAfter":"5"},{"kind":"error","status":500,"code":"c","innerCode":"i","message":"m"}]}`
	v := start(t, keyvault.Options{})
	var f keyvault.Faults
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		t.Fatal(err)
	}
	v.setFaults(t, f)
	got, err := json.Marshal(v.Faults())
	if err != nil || string(got) != text {
		t.Errorf("%v\n got %s\nwant %s", err, got, text)
	}
}

func TestFaultsAreChecked(t *testing.T) {
	v := start(t, keyvault.Options{})
	for _, f := range []keyvault.Faults{
		{AfterDelete: -1},
		{EmptyPages: -1},
		{Latency: -1},
		{Calls: []keyvault.Fault{{}}},
		{Calls: []keyvault.Fault{{Kind: "explode"}}},
		{Calls: []keyvault.Fault{{Kind: keyvault.Error}}},
		{Calls: []keyvault.Fault{{Kind: keyvault.Error, Status: 200}}},
		{Calls: []keyvault.Fault{{Kind: keyvault.Delay}}},
		{Calls: []keyvault.Fault{{Kind: keyvault.RBAC, Times: -1}}},
		{Calls: []keyvault.Fault{{Kind: keyvault.RBAC, Operations: []string{"getsecret"}}}},
	} {
		if err := v.SetFaults(f); err == nil {
			t.Errorf("%+v was accepted", f)
		}
	}
	if f := v.Faults(); len(f.Calls) != 0 {
		t.Errorf("a rejected fault was set: %+v", f)
	}
}

// discard is a response that nobody reads.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

func request(t *testing.T, path string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", address(path), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer anyone")
	return r
}
