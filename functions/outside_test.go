package functions_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rotunda/internal/access"
	"rotunda/internal/standin/host"
	"rotunda/internal/wiretest"
)

// pieces are what the paths of the fuzz are made of.
var pieces = []string{
	"api", "API", "secrets", "Secrets", "deletedsecrets", "rotations", "rotation", "rotate", "restore", "batch-get", "backup", "recover", "resume", "versions",
	"access", "health", "rotators", "openapi.json", "sweep", "onvaultevent", "onvaultmessage", "rotateduesecret", "getsecret", "setsecret", "a", "payments-db", "a--pending", "*", "", ".", "..",
	"%2e%2e", "%252e", "%2f", "%252F", "%3f", "%23", "%00", "%zz", "%", "a%2fb", "a%20b", ";", "%3b", "\\", "ü", "%c3%bc", "{name}", strings.Repeat("0", 32), strings.Repeat("x", 200),
	"?SecretName=a", "?KeyVaultName=contoso&SecretName=a", "?stage=pending", "?state=attention", "?adopt=true", "?code=x", "?wait=true", "?a=1;b=2", "#x",
}

// otherHeaders take the place of a token.
var otherHeaders = []string{
	"Authorization: bearer", "Authorization: Basic eDp5", "X-MS-CLIENT-PRINCIPAL: e30=", "x-functions-key: k", "X-HTTP-Method-Override: PUT",
	"X-Original-URL: /api/secrets/a", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: x", "X-Forwarded-Proto: https", "Content-Encoding: gzip", "Expect: 100-continue",
}

var fuzzMethods = []string{"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE", "get", "BREW"}

// answersOnly reports whether a status is one that a caller gets who may do nothing.
func answersOnly(status int) bool {
	return slices.Contains([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed}, status)
}

// isOpen reports whether a request is for one of the functions that need no right.
func isOpen(method, target string) bool {
	before, _, _ := strings.Cut(target, "?")
	plain, err := url.PathUnescape(before)
	clean := strings.ToLower(path.Clean(plain))
	return err == nil && (method == http.MethodGet || method == http.MethodHead) && slices.Contains([]string{"/api/health", "/api/access", "/api/rotators", "/api/openapi.json"}, clean)
}

// No path, method, header or encoding gets past the check: a caller that may do nothing gets
// nothing else than 401, 403, 404 and 405, and one without a token nothing else than 401 and what
// the host itself says.
func TestNoRequestGetsPastTheCheck(t *testing.T) {
	app := startTokens(t)
	nobody, _ := caller(t, app)
	random := rand.New(rand.NewPCG(1, 2))
	before, reached := app.Azure.Vault().Counts().Calls, 0
	for range 3000 {
		var target strings.Builder
		if random.IntN(4) > 0 {
			target.WriteString("/api")
		}
		for range 1 + random.IntN(4) {
			target.WriteString("/" + pieces[random.IntN(len(pieces))])
		}
		method := fuzzMethods[random.IntN(len(fuzzMethods))]
		headers := []string{nobody}
		if random.IntN(3) == 0 {
			headers = []string{otherHeaders[random.IntN(len(otherHeaders))], otherHeaders[random.IntN(len(otherHeaders))]}
		}
		got, err := raw(app, method, target.String(), headers)
		switch {
		case err != nil: // not a request that a client can send
		case got.Header.Get("x-ms-request-id") == "": // the host's own response, such as its home page
		case answersOnly(got.Status), isOpen(method, target.String()):
			reached++
		default:
			t.Errorf("%s %s, token %t: %v", method, target.String(), headers[0] == nobody, got)
		}
	}
	if reached < 1000 {
		t.Errorf("only %d requests of 3000 reached the handler", reached)
	}
	after := app.Azure.Vault().Counts().Calls
	delete(before, "list") // health
	delete(after, "list")
	if fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("the vault was called: %v, before %v", after, before)
	}
}

// raw sends a request whose path is sent as it is.
func raw(app *wiretest.App, method, target string, headers []string) (wiretest.Answer, error) {
	base := strings.TrimSuffix(app.URL, "/api")
	before, query, _ := strings.Cut(target, "?")
	request, err := http.NewRequest(method, base, strings.NewReader(`{"value":"x"}`))
	if err != nil {
		return wiretest.Answer{}, err
	}
	request.URL = &url.URL{Scheme: "http", Host: request.URL.Host, Opaque: "//" + request.URL.Host + before, RawQuery: query}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return wiretest.Answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return wiretest.Answer{Status: response.StatusCode, Header: response.Header, Body: string(text)}, err
}

// An invocation is the host's own. No caller's path reaches one, by any generation of hosts.
func TestNoCallerReachesTheFunctionsOfEvents(t *testing.T) {
	const invocation = `{"Data":{"due":"\"{\\\"name\\\":\\\"a\\\"}\"","event":{},"tick":{}},"Metadata":{}}`
	for _, mode := range []host.Mode{host.Newer, host.Older} {
		app := wiretest.Start(t, wiretest.Options{Mode: mode, Tokens: true})
		base := strings.TrimSuffix(app.URL, "/api")
		for _, function := range []string{"sweep", "rotateduesecret", "onvaultevent", "onvaultmessage"} {
			for _, at := range []string{
				"/" + function, "/api/" + function, "/api/%2e%2e/" + function, "/api/%252e%252e/" + function, "/api/..%2f" + function, "/api/%2E./" + function,
				"/api/health/%252e%252e/%252e%252e/" + function, "/api/x/%252e%252e/%252e%252e/" + function + "%3F", "//" + function,
			} {
				got := app.Do(t, http.MethodPost, base+at, invocation)
				if got.Status != http.StatusUnauthorized && got.Status != http.StatusNotFound && got.Status != http.StatusNotImplemented {
					t.Errorf("mode %d: POST %s: %v", mode, at, got)
				}
			}
		}
		if strings.Contains(app.Log.String(), `"function":"sweep","method":"POST","secret":"","version":"","status":200`) {
			t.Errorf("mode %d: sweep ran", mode)
		}
	}
}

// A host that misroutes would send a caller's request to the path of an event's function.
func TestARequestFromOutsideIsNotAnInvocation(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	direct := "http://" + app.Host.HandlerAddr()
	const invocation = `{"Data":{"due":"\"{\\\"name\\\":\\\"a_b\\\"}\""},"Metadata":{}}`
	for header, want := range map[string]int{
		"":                                http.StatusOK,
		"X-Forwarded-For: 192.0.2.1":      http.StatusNotFound,
		"X-Forwarded-Host: contoso":       http.StatusNotFound,
		"X-Forwarded-Proto: https":        http.StatusNotFound,
		"Host: contoso.azurewebsites.net": http.StatusNotFound,
	} {
		request := httptest.NewRequest(http.MethodPost, direct+"/rotateduesecret", strings.NewReader(invocation))
		request.RequestURI = ""
		switch name, value, _ := strings.Cut(header, ": "); name {
		case "Host":
			request.Host = value
		case "":
		default:
			request.Header.Set(name, value)
		}
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%q: %d, want %d", header, response.StatusCode, want)
		}
	}
}

// No part of a token is in what the handler writes, in the audit, in a trace or in a response.
func TestNoTokenIsWrittenAnywhere(t *testing.T) {
	collector := wiretest.StartCollector(t)
	file := filepath.Join(t.TempDir(), "access.json")
	if err := os.WriteFile(file, []byte(testRules), 0o600); err != nil {
		t.Fatal(err)
	}
	app := wiretest.Start(t, wiretest.Options{Tokens: true, Env: append(collector.Env(), "ACCESS_RULES_FILE="+file, "LOG_LEVEL=debug")})
	admin, _ := caller(t, app, "Secrets.Admin")
	reader, object := caller(t, app, "Payments.Reader")
	var said strings.Builder
	do := func(method, path, body string, headers ...string) {
		got := app.Do(t, method, path, body, headers...)
		said.WriteString(got.String())
	}
	var tokens []string
	for _, authorization := range []string{admin, reader} {
		token := strings.TrimPrefix(authorization, "Authorization: Bearer ")
		tokens = append(tokens, strings.Split(token, ".")...)
		do("PUT", "/secrets/payments-a", `{"value":"x"}`, authorization)
		do("GET", "/secrets/payments-a", "", authorization)
		do("GET", "/secrets/shop", "", authorization)
		do("POST", "/secrets/batch-get", `{"secrets":[{"name":"payments-a"},{"name":"shop"}]}`, authorization)
		do("GET", "/access", "", authorization)
		do("GET", "/nowhere", "", authorization)
		for _, broken := range []string{token + "x", token[:len(token)-1], strings.ToUpper(token), "x." + token, token + "." + token, "\"" + token} {
			do("GET", "/secrets/payments-a", "", "Authorization: Bearer "+broken)
		}
		do("GET", "/secrets/payments-a", "", "Authorization: Basic "+token)
		do("GET", "/secrets/payments-a", "", "Authorization: "+token)
		do("GET", "/secrets/payments-a?access_token="+token, "", "x-functions-key: "+token)
	}
	collector.Await(t, func(received wiretest.Received) bool { return len(received.Spans) > 20 })
	if !app.Log.Has(`"caller":"oid:` + object + `"`) {
		t.Error("the log does not name the caller")
	}
	all := map[string]string{"a response": said.String(), "the log": app.Log.String(), "the audit": auditText(t, app.AuditFolder), "telemetry": collector.Raw()}
	for place, text := range all {
		for _, part := range tokens {
			for piece := range slices.Chunk([]byte(part), 24) {
				if len(piece) == 24 && bytes.Contains([]byte(text), piece) {
					t.Fatalf("%s holds a piece of a token: %s", place, piece)
				}
			}
		}
	}
}

// With keys, the log and the audit know the caller by the fingerprint of its key, which is the
// same in every instance.
func TestKeysHaveFingerprints(t *testing.T) {
	folder := t.TempDir()
	keys := &host.Keys{Host: map[string]string{"default": "host-key-canary-1"}, Functions: map[string]map[string]string{"getsecret": {"reader": "reader-key-canary-2"}}}
	var names []string
	for range 2 {
		app := wiretest.Start(t, wiretest.Options{Keys: keys, Env: []string{"AUDIT_FOLDER=" + folder}})
		app.Do(t, http.MethodPut, "/secrets/a", `{"value":"x"}`, "x-functions-key: host-key-canary-1")
		app.Do(t, http.MethodGet, "/secrets/a?code=reader-key-canary-2", "")
		got := app.Do(t, http.MethodGet, "/access", "", "x-functions-key: host-key-canary-1")
		names = append(names, got.Body)
	}
	own := (&access.Caller{Key: access.NewFingerprints(wiretest.Vault).CallerBy("host-key-canary-1").Key}).String()
	if names[0] != names[1] || names[0] != fmt.Sprintf(`{"caller":%q,"signIn":"keys"}`, own) {
		t.Errorf("%q, want %s", names, own)
	}
	text := auditText(t, folder)
	reader := access.NewFingerprints(wiretest.Vault).CallerBy("reader-key-canary-2").String()
	for _, want := range []string{`"caller":"` + own + `","action":"setSecret","secret":"a"`, `"caller":"` + reader + `","action":"getSecret","secret":"a"`} {
		if strings.Count(text, want) != 2 {
			t.Errorf("the audit lacks %s: %s", want, text)
		}
	}
	if access.NewFingerprints("fabrikam").CallerBy("host-key-canary-1").String() == own {
		t.Error("another vault's app has the same fingerprint")
	}
}

func TestARatePerCaller(t *testing.T) {
	app := startTokens(t, "CALLS_PER_SECOND_PER_CALLER=1")
	reader, _ := caller(t, app, "Payments.Reader")
	other, _ := caller(t, app, "Payments.Reader")
	limited := 0
	for range 30 {
		got := app.Do(t, "GET", "/secrets/payments-nope", "", reader)
		if got.Status == http.StatusTooManyRequests {
			limited++
			if got.Header.Get("Retry-After") != "1" || !strings.Contains(got.Body, `"code":"Throttled"`) || got.Header.Get("WWW-Authenticate") != "" {
				t.Fatal(got)
			}
		}
	}
	if limited == 0 {
		t.Error("no request of 30 was refused")
	}
	as(t, app, other)(404, "GET", "/secrets/payments-nope", "")
	if got := app.Do(t, "GET", "/health", ""); got.Status != 200 {
		t.Error(got)
	}
}

// A batch is as many calls as it has items, and one more: otherwise a caller could have 200 times
// its share of the vault. The batch itself is answered.
func TestTheItemsOfABatchCountAsCalls(t *testing.T) {
	app := startTokens(t, "CALLS_PER_SECOND_PER_CALLER=5")
	for name, authorization := range map[string]string{"with rights": app.Authorization(t, "admin"), "without": app.Authorization(t, "reader")} {
		items := strings.Repeat(`{"name":"payments-x"},{"name":"shop-x"},`, 100)
		got := app.Do(t, "POST", "/secrets/batch-get", `{"secrets":[`+strings.TrimSuffix(items, ",")+`]}`, authorization)
		if got.Status != 200 {
			t.Fatal(got)
		}
		got = app.Do(t, "GET", "/secrets/payments-x", "", authorization)
		if after, err := strconv.Atoi(got.Header.Get("Retry-After")); got.Status != 429 || err != nil || after < 10 || after > 41 {
			t.Errorf("%s: %d after the batch, with Retry-After %q", name, got.Status, got.Header.Get("Retry-After"))
		}
	}
}
