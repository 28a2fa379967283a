package identity_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"
	"time"

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
		"a request without the header is rejected":   {"GET", "", good, 401},
		"a wrong header is rejected":                 {"GET", "guess", good, 401},
		"a missing api-version is rejected":          {"GET", s.Header(), "resource=x", 400},
		"an older api-version is rejected":           {"GET", s.Header(), "api-version=2017-09-01&resource=x", 400},
		"a missing resource is rejected":             {"GET", s.Header(), "api-version=2019-08-01", 400},
		"an unknown client id is rejected":           {"GET", s.Header(), good + "&client_id=72f988bf-86f1-41af-91ab-2d7cd011db47", 400},
		"an unknown object id is rejected":           {"GET", s.Header(), good + "&object_id=72f988bf-86f1-41af-91ab-2d7cd011db47", 400},
		"an identity by resource id is unknown":      {"GET", s.Header(), good + "&mi_res_id=/subscriptions/x", 400},
		"POST is rejected":                           {"POST", s.Header(), good, 405},
		"a good request gets a token":                {"GET", s.Header(), good, 200},
		"the common user-assigned identity is known": {"GET", s.Header(), good + "&client_id=" + identity.UserAssigned, 200},
		"its own client id may be named":             {"GET", s.Header(), good + "&client_id=" + s.ClientID(), 200},
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
	if claims.AppID != mine || claims.TenantID != s.Tenant() || claims.ObjectID == "" || claims.Subject != claims.ObjectID {
		t.Errorf("claims name someone else: %+v", claims)
	}
	status, again := ask(t, s, "GET", s.Header(), "api-version=2019-08-01&resource=x&principal_id="+claims.ObjectID)
	if status != 200 || again["client_id"] != mine {
		t.Errorf("by its object id: %d, client %v", status, again["client_id"])
	}
	if got := s.Requests(); got != 2 {
		t.Errorf("counted %d requests, want 2", got)
	}
}

func TestVerifierTellsWhy(t *testing.T) {
	now := time.Now()
	clock := func() time.Time { return now }
	tenant := "aaaaaaaa-0000-4000-8000-000000000001"
	s := newServer(t, identity.Options{Tenant: tenant, Lifetime: time.Hour, Now: clock})
	sameTenant := newServer(t, identity.Options{Tenant: tenant, Now: clock})
	token, err := s.Token(resource + "/")
	if err != nil {
		t.Fatal(err)
	}
	check := s.Verifier(resource)
	if _, err := check(token); err != nil {
		t.Fatalf("a good token, audience with a final slash: %v", err)
	}
	forgery, err := sameTenant.Token(resource)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		check func(string) (identity.Claims, error)
		token string
		at    time.Duration
		want  error
	}{
		"another resource":      {s.Verifier("https://graph.microsoft.com"), token, 0, identity.ErrAudience},
		"another key":           {check, forgery, 0, identity.ErrSignature},
		"changed by one letter": {check, changed(token), 0, identity.ErrSignature},
		"no token at all":       {check, "letmein", 0, identity.ErrMalformed},
		"unsigned":              {check, "eyJhbGciOiJub25lIn0.e30.", 0, identity.ErrSignature},
		"too old":               {check, token, time.Hour + time.Second, identity.ErrExpired},
		"too early":             {check, token, -time.Minute, identity.ErrTooEarly},
	} {
		now = time.Now().Add(c.at)
		_, err := c.check(c.token)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

// changed returns the token with a different letter in the middle of its signature.
func changed(token string) string {
	at, letter := len(token)-10, "A"
	if token[at] == 'A' {
		letter = "B"
	}
	return token[:at] + letter + token[at+1:]
}

func TestVerifierTellsTheIssuer(t *testing.T) {
	key := newServer(t, identity.Options{Tenant: "aaaaaaaa-0000-4000-8000-000000000001"})
	token, err := key.Token(resource)
	if err != nil {
		t.Fatal(err)
	}
	_, err = key.Moved("bbbbbbbb-0000-4000-8000-000000000002").Verifier(resource)(token)
	bad, ok := errors.AsType[*identity.TokenError](err)
	if !ok || !errors.Is(err, identity.ErrIssuer) || bad.Found != key.Issuer() {
		t.Errorf("got %v, want the issuer that was found", err)
	}
}

func TestFaults(t *testing.T) {
	s := newServer(t, identity.Options{})
	server := httptest.NewServer(s)
	defer server.Close()
	get := func() (*http.Response, error) {
		r, _ := http.NewRequest("GET", server.URL+identity.Path+"?api-version=2019-08-01&resource=x", nil)
		r.Header.Set("X-IDENTITY-HEADER", s.Header())
		return server.Client().Do(r)
	}
	set := func(f identity.Faults) {
		if err := s.SetFaults(f); err != nil {
			t.Fatal(err)
		}
	}
	set(identity.Faults{Down: true})
	if answer, err := get(); err == nil {
		_ = answer.Body.Close()
		t.Errorf("down: got %s", answer.Status)
	}
	for name, c := range map[string]struct {
		fault  identity.Faults
		status int
		isJSON bool
	}{
		"garbage": {identity.Faults{Garbage: true}, 200, false},
		"status":  {identity.Faults{Status: 500}, 500, true},
		"slow":    {identity.Faults{Latency: identity.Duration(time.Millisecond)}, 200, true},
		"cleared": {identity.Faults{}, 200, true},
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

func TestFaultsAreRefused(t *testing.T) {
	s := newServer(t, identity.Options{})
	for _, f := range []identity.Faults{{Status: 200}, {Status: 600}, {Latency: -1}} {
		if err := s.SetFaults(f); err == nil {
			t.Errorf("%+v was accepted", f)
		}
	}
	var f identity.Faults
	if err := json.Unmarshal([]byte(`{"latency":"fast"}`), &f); err == nil {
		t.Error("a latency of \"fast\" was accepted")
	}
	if err := json.Unmarshal([]byte(`{"latency":"20ms","down":true}`), &f); err != nil || !f.Down || time.Duration(f.Latency) != 20*time.Millisecond {
		t.Errorf("%+v, %v", f, err)
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
