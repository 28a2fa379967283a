package identity_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rotunda/internal/standin/fault"
	"rotunda/internal/standin/identity"
)

const resource = "https://vault.azure.net"

func newServer(t *testing.T, opts identity.Options) *identity.Server {
	t.Helper()
	s, err := identity.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ask sends a token request, without the header if it is empty.
func ask(t *testing.T, s *identity.Server, method, header, query string) (int, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(method, identity.Path+"?"+query, nil)
	if header != "" {
		r.Header.Set("X-IDENTITY-HEADER", header)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var body map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatalf("%d with a body that is not JSON: %v", w.Code, err)
	}
	return w.Code, body
}

func TestTokenEndpointRefusals(t *testing.T) {
	s := newServer(t, identity.Options{})
	good := "api-version=2019-08-01&resource=" + url.QueryEscape(resource)
	for name, c := range map[string]struct {
		method, header, query string
		want                  int
	}{
		"a request without the header is rejected":     {"GET", "", good, 401},
		"a wrong header is rejected":                   {"GET", "guess", good, 401},
		"a missing api-version is rejected":            {"GET", s.Header(), "resource=x", 400},
		"an older api-version is rejected":             {"GET", s.Header(), "api-version=2017-09-01&resource=x", 400},
		"a resource unknown to the tenant is rejected": {"GET", s.Header(), "api-version=2019-08-01&resource=https://unknown.test", 400},
		"a missing resource is rejected":               {"GET", s.Header(), "api-version=2019-08-01", 400},
		"an unknown client id is rejected":             {"GET", s.Header(), good + "&client_id=72f988bf-86f1-41af-91ab-2d7cd011db47", 400},
		"an unknown object id is rejected":             {"GET", s.Header(), good + "&object_id=72f988bf-86f1-41af-91ab-2d7cd011db47", 400},
		"an unknown resource id is rejected":           {"GET", s.Header(), good + "&mi_res_id=/subscriptions/x", 400},
		"POST is rejected":                             {"POST", s.Header(), good, 405},
		"a good request gets a token":                  {"GET", s.Header(), good, 200},
		"the common user-assigned identity is known":   {"GET", s.Header(), good + "&client_id=" + identity.UserAssigned, 200},
		"its own client id may be named":               {"GET", s.Header(), good + "&client_id=" + s.ClientID(), 200},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := ask(t, s, c.method, c.header, c.query)
			if status != c.want {
				t.Fatalf("got %d %v, want %d", status, body, c.want)
			}
			if status != 200 && (body["message"] == "" || body["statusCode"] != float64(status)) {
				t.Errorf("the error %v does not say what was wrong", body)
			}
		})
	}
}

func TestAnswerIsAppServices(t *testing.T) {
	const mine = "11111111-2222-4333-8444-555555555555"
	now := time.Unix(1_800_000_000, 0)
	s := newServer(t, identity.Options{UserAssigned: []string{mine}, Now: func() time.Time { return now }})
	_, body := ask(t, s, "GET", s.Header(), "api-version=2019-08-01&resource="+url.QueryEscape(resource)+"&client_id="+mine)

	token, _ := body["access_token"].(string)
	delete(body, "access_token")
	want := map[string]any{
		"client_id": mine, "resource": resource, "token_type": "Bearer",
		"expires_on": strconv.FormatInt(now.Add(24*time.Hour).Unix(), 10), "not_before": "1800000000",
	}
	for k, v := range want {
		if body[k] != v {
			t.Errorf("%s is %v, want %v", k, body[k], v)
		}
	}
	if len(body) != len(want) {
		t.Errorf("the answer has other fields too: %v", body)
	}
	claims, err := s.Verifier(resource)(token)
	if err != nil {
		t.Fatal(err)
	}
	if claims.AppID != mine || claims.AppIDACR != "2" || claims.TenantID != s.Tenant() || claims.Subject != claims.ObjectID || claims.Issuer != s.Issuer() {
		t.Errorf("claims name someone else: %+v", claims)
	}
	if claims.ObjectID == s.ObjectID() || claims.ObjectID == mine || !strings.HasSuffix(claims.ManagedIdentity, "/Microsoft.ManagedIdentity/userAssignedIdentities/id-"+mine) {
		t.Errorf("the identity has the object id %s and is %s", claims.ObjectID, claims.ManagedIdentity)
	}
	status, byResource := ask(t, s, "GET", s.Header(), "api-version=2019-08-01&resource=https://storage.azure.com/&mi_res_id="+claims.ManagedIdentity)
	if status != 200 || byResource["client_id"] != mine {
		t.Errorf("by its resource id: %d, client %v", status, byResource["client_id"])
	}
	status, again := ask(t, s, "GET", s.Header(), "api-version=2019-08-01&resource=https://storage.azure.com/&principal_id="+claims.ObjectID)
	if status != 200 || again["client_id"] != mine {
		t.Errorf("by its object id: %d, client %v", status, again["client_id"])
	}
	if got := s.Requests(); got != 3 {
		t.Errorf("counted %d requests, want 3", got)
	}
}

func TestFaults(t *testing.T) {
	s := newServer(t, identity.Options{})
	server := httptest.NewServer(s)
	defer server.Close()
	get := func() (*http.Response, error) {
		r, _ := http.NewRequest("GET", server.URL+identity.Path+"?api-version=2019-08-01&resource="+url.QueryEscape(resource), nil)
		r.Header.Set("X-IDENTITY-HEADER", s.Header())
		return server.Client().Do(r)
	}
	set := func(f fault.Faults) {
		if err := s.SetFaults(f); err != nil {
			t.Fatal(err)
		}
	}
	set(fault.Faults{Down: true})
	if answer, err := get(); err == nil {
		_ = answer.Body.Close()
		t.Errorf("down: got %s", answer.Status)
	}
	for name, c := range map[string]struct {
		fault  fault.Faults
		status int
		isJSON bool
	}{
		"garbage": {fault.Faults{Garbage: true}, 200, false},
		"status":  {fault.Faults{Status: 500}, 500, true},
		"slow":    {fault.Faults{Latency: fault.Duration(time.Millisecond)}, 200, true},
		"cleared": {fault.Faults{}, 200, true},
	} {
		set(c.fault)
		answer, err := get()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var body any
		isJSON := json.NewDecoder(answer.Body).Decode(&body) == nil
		_ = answer.Body.Close()
		if answer.StatusCode != c.status || isJSON != c.isJSON {
			t.Errorf("%s: %s, JSON %v", name, answer.Status, isJSON)
		}
	}
}

func TestTheSystemAssignedIdentityIsTheApps(t *testing.T) {
	s := newServer(t, identity.Options{Roles: map[string][]string{resource: {"Reader"}}})
	token, err := s.Token(resource)
	if err != nil {
		t.Fatal(err)
	}
	claims, err := s.Verifier(resource)(token)
	if err != nil || claims.ObjectID != s.ObjectID() || claims.AppID != s.ClientID() || !slices.Equal(claims.Roles, []string{"Reader"}) ||
		!strings.HasSuffix(claims.ManagedIdentity, "/Microsoft.Web/sites/rotunda") {
		t.Errorf("claims %+v, %v", claims, err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, opts := range []identity.Options{
		{Tenant: "contoso"},
		{ClientID: "x"},
		{UserAssigned: []string{"x"}},
		{Lifetime: -time.Hour},
	} {
		if _, err := identity.New(opts); err == nil {
			t.Errorf("%+v was accepted", opts)
		}
	}
}
