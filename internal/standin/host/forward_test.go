package host_test

import (
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rotunda/internal/standin/host"
)

func TestRequestReachesHandler(t *testing.T) {
	modes(t, func(t *testing.T, mode host.Mode) {
		r := start(t, files{"all/function.json": anonymousAny}, host.Options{Mode: mode}, "INHERITED=yes")
		got := r.echoed(t, "PATCH", "/api/items/7", `{"a":1}`, "Content-Type: application/json", "Authorization: Bearer t", "X-Functions-Key: k")
		equal(t, "method", got.Method, "PATCH")
		equal(t, "path", got.URI, "/api/items/7")
		equal(t, "body", got.Body, `{"a":1}`)
		equal(t, "host", got.Host, map[host.Mode]string{host.Newer: r.HandlerAddr(), host.Older: strings.TrimPrefix(r.url, "http://")}[mode])
		equal(t, "content type", got.Header.Get("Content-Type"), "application/json")
		equal(t, "authorization", got.Header.Get("Authorization"), "Bearer t")
		equal(t, "key", got.Header.Get("X-Functions-Key"), "k")
		equal(t, "host version", got.Header.Get("X-Azure-Functions-HostVersion"), host.Version)
		equal(t, "length of invocation id", len(got.Header.Get("X-Azure-Functions-InvocationId")), 36)
		equal(t, "inherited", got.Environment["INHERITED"], "yes")
		equal(t, "port", "127.0.0.1:"+got.Environment["FUNCTIONS_CUSTOMHANDLER_PORT"], r.HandlerAddr())
		equal(t, "legacy port", got.Environment["FUNCTIONS_HTTPWORKER_PORT"], got.Environment["FUNCTIONS_CUSTOMHANDLER_PORT"])
		equal(t, "legacy id", got.Environment["FUNCTIONS_HTTPWORKER_ID"], got.Environment["FUNCTIONS_CUSTOMHANDLER_WORKER_ID"])
		if got.Environment["FUNCTIONS_APP_ROOT_PATH"] == "" || got.Environment["FUNCTIONS_HTTPWORKER_ID"] == "" {
			t.Errorf("the host's variables are missing: %v", got.Environment)
		}
	})
}

func TestSpoofedHeaders(t *testing.T) {
	spoof := []string{
		"X-Azure-Functions-InvocationId: forged", "X-Azure-Functions-InvocationId: twice", "X-Azure-Functions-HostVersion: 9",
		"X-MS-CLIENT-PRINCIPAL: admin", "X-Forwarded-For: 10.0.0.1", "X-Forwarded-Host: evil", "Forwarded: for=x",
		"X-Forwarded-Proto: https", "X-Forwarded-Prefix: /evil",
	}
	modes(t, func(t *testing.T, mode host.Mode) {
		r := start(t, files{"all/function.json": anonymousAny}, host.Options{Mode: mode})
		header := r.echoed(t, "GET", "/api/x", "", spoof...).Header
		for _, sent := range spoof[3:] {
			name, value, _ := strings.Cut(sent, ": ")
			if mode == host.Newer && name != "X-MS-CLIENT-PRINCIPAL" {
				value = map[string]string{"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": strings.TrimPrefix(r.url, "http://"), "X-Forwarded-Proto": "http"}[name]
			}
			equal(t, name, header.Get(name), value)
		}
		ids, versions := header["X-Azure-Functions-Invocationid"], header["X-Azure-Functions-Hostversion"]
		if len(ids) != 1 || len(versions) != 1 {
			t.Fatalf("the host's headers are on several lines: %v, %v", ids, versions)
		}
		if mode == host.Newer {
			equal(t, "version", versions[0], host.Version)
			equal(t, "length of the id that replaced the forged", len(ids[0]), 36)
			return
		}
		equal(t, "version", versions[0], "9, "+host.Version)
		if !strings.HasPrefix(ids[0], "forged, twice, ") || len(ids[0]) != len("forged, twice, ")+36 {
			t.Errorf("the id is not appended: %q", ids[0])
		}
	})
}

// In Azure the front end says how callers reach the app.
func TestForwardedHeadersInAzure(t *testing.T) {
	r := start(t, files{"all/function.json": anonymousAny}, host.Options{}, "WEBSITE_INSTANCE_ID=i")
	header := r.echoed(t, "GET", "/api/x", "", "Disguised-Host: app.azurewebsites.net", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil").Header
	equal(t, "host", header.Get("X-Forwarded-Host"), "app.azurewebsites.net")
	equal(t, "scheme", header.Get("X-Forwarded-Proto"), "https")
}

func TestHeadersThatTheProxyDrops(t *testing.T) {
	r := start(t, files{"all/function.json": anonymousAny}, host.Options{})
	header := r.echoed(t, "GET", "/api/x", "", "TE: trailers", "Upgrade-Insecure-Requests: 1", "Alt-Svc: clear", "Strict-Transport-Security: max-age=1",
		"HTTP2-Settings: x", "Proxy-Authorization: x", "Keep-Alive: x", "X-Kept: yes").Header
	for _, name := range []string{"Te", "Upgrade-Insecure-Requests", "Alt-Svc", "Strict-Transport-Security", "Http2-Settings", "Proxy-Authorization", "Keep-Alive"} {
		equal(t, name, header.Get(name), "")
	}
	equal(t, "X-Kept", header.Get("X-Kept"), "yes")
}

func TestTraceparent(t *testing.T) {
	modes(t, func(t *testing.T, mode host.Mode) {
		r := start(t, files{"all/function.json": anonymousAny}, host.Options{Mode: mode})
		added := func() string { return r.echoed(t, "GET", "/api/x", "").Header.Get("Traceparent") }
		first, second := added(), added()
		if !regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-00$`).MatchString(first) || first == second {
			t.Errorf("added are %q and %q", first, second)
		}
		const sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
		equal(t, "a caller's", r.echoed(t, "GET", "/api/x", "", "traceparent: "+sent).Header.Get("Traceparent"), sent)
	})
}

func TestUserAgent(t *testing.T) {
	for _, row := range []struct {
		mode       host.Mode
		sent, want string
	}{
		{host.Newer, "curl/8", "curl/8"},
		{host.Newer, "", ""},
		{host.Older, "curl/8", "curl/8 Azure-Functions-Host/" + host.Version},
		{host.Older, "", "Azure-Functions-Host/" + host.Version},
	} {
		r := start(t, files{"all/function.json": anonymousAny}, host.Options{Mode: row.mode})
		equal(t, "User-Agent for "+row.sent, r.echoed(t, "GET", "/api/x", "", "User-Agent: "+row.sent).Header.Get("User-Agent"), row.want)
	}
}

func TestQuery(t *testing.T) {
	rows := []struct{ sent, newer, older string }{
		{"a=1&b=2&a=3", "a=1&b=2&a=3", "a=1,3&b=2"},
		{"A=1&a=2", "A=1&a=2", "A=1,2"},
		{"code=k&x", "code=k&x", "code=k&x="},
		{"q=a+b%26c&w=%C3%A9", "q=a+b%26c&w=%C3%A9", "q=a%20b%26c&w=%C3%A9"},
		{"a=1;b=2", "a=1;b=2", "a=1;b%3D2"},
		{"t=a/b?c", "t=a/b?c", "t=a%2Fb%3Fc"},
		{"api-version=7.5&$skiptoken=x", "api-version=7.5&$skiptoken=x", "api-version=7.5&$skiptoken=x"},
	}
	modes(t, func(t *testing.T, mode host.Mode) {
		r := start(t, files{"all/function.json": anonymousAny}, host.Options{Mode: mode})
		for _, row := range rows {
			want := map[host.Mode]string{host.Newer: row.newer, host.Older: row.older}[mode]
			equal(t, row.sent, r.echoed(t, "GET", "/api/x?"+row.sent, "").URI, "/api/x?"+want)
		}
	})
}

func TestPath(t *testing.T) {
	rows := []struct{ sent, newer, older string }{
		{"/api/plain-._~", "/api/plain-._~", "/api/plain-._~"},
		{"/api/a%20b", "/api/a%20b", "/api/a%20b"},
		{"/api/a%2Fb", "/api/a%252Fb", "/api/a%2Fb"},
		{"/api/a%3Fb", "/api/a%3Fb", "/api/a"},
		{"/api/a%23b", "/api/a%23b", "/api/a"},
		{"/api/a%2541", "/api/a%2541", "/api/aA"},
		{"/api/a%252Fb", "/api/a%252Fb", "/api/a%2Fb"},
		{"/api/100%25", "/api/100%25", "/api/100%25"},
		{"/api/%41%c3%a9", "/api/A%C3%A9", "/api/A%C3%A9"},
		{"/API/Slash/", "/API/Slash/", "/API/Slash/"},
		{"/api/a/./b/../c", "/api/a/c", "/api/a/c"},
		{"/api/%2E%2E/api/c", "/api/c", "/api/c"},
		{"/api/[a]", "/api/%5Ba%5D", "/api/[a]"},
	}
	modes(t, func(t *testing.T, mode host.Mode) {
		r := start(t, files{"all/function.json": anonymousAny}, host.Options{Mode: mode})
		for _, row := range rows {
			want := map[host.Mode]string{host.Newer: row.newer, host.Older: row.older}[mode]
			equal(t, row.sent, r.echoed(t, "GET", row.sent, "").URI, want)
		}
	})
}

func TestChunkedRequest(t *testing.T) {
	modes(t, func(t *testing.T, mode host.Mode) {
		r := start(t, files{"all/function.json": anonymousAny}, host.Options{Mode: mode})
		request, err := http.NewRequestWithContext(t.Context(), "POST", r.url+"/api/x", io.MultiReader(strings.NewReader("in pieces")))
		check(t, err)
		got := do(t, request)
		if mode == host.Older {
			equal(t, "status", got.status, 500)
			equal(t, "body", got.body, "")
			return
		}
		seen := got.seen(t)
		equal(t, "body", seen.Body, "in pieces")
		equal(t, "chunked", seen.Chunked, true)
	})
}

func TestStreaming(t *testing.T) {
	r := start(t, files{"all/function.json": anonymousAny}, host.Options{Mode: host.Newer})
	sending, out := io.Pipe()
	request, err := http.NewRequestWithContext(t.Context(), "POST", r.url+"/api/stream", sending)
	check(t, err)
	go func() { _, _ = io.WriteString(out, "one") }()
	response, err := http.DefaultTransport.RoundTrip(request)
	check(t, err)
	first := make([]byte, len("got one"))
	_, err = io.ReadFull(response.Body, first)
	check(t, err)
	equal(t, "what arrived during the request", string(first), "got one")
	_, err = io.WriteString(out, "two")
	check(t, err)
	check(t, out.Close())
	rest, err := io.ReadAll(response.Body)
	check(t, err)
	check(t, response.Body.Close())
	equal(t, "the rest", string(rest), " and two")
}

func TestAnswersPassThrough(t *testing.T) {
	modes(t, func(t *testing.T, mode host.Mode) {
		r := start(t, files{"all/function.json": anonymousAny}, host.Options{Mode: mode})
		for _, status := range []int{200, 201, 302, 304, 404, 429, 500, 503} {
			got := r.send(t, "GET", "/api/status/"+strconv.Itoa(status), "")
			equal(t, "status", got.status, status)
			equal(t, "header", got.header.Get("X-Answer"), "kept")
			equal(t, "location", got.header.Get("Location"), "/api/pid") // not followed
			if status != 304 {
				equal(t, "body", got.body, "status "+strconv.Itoa(status))
			}
		}
	})
}

func TestBodyLimit(t *testing.T) {
	modes(t, func(t *testing.T, mode host.Mode) {
		r := start(t, files{"all/function.json": anonymousAny}, host.Options{Mode: mode}, "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT=10")
		equal(t, "ten bytes", r.send(t, "PUT", "/api/x", "0123456789").status, 200)
		equal(t, "eleven bytes", r.send(t, "PUT", "/api/x", "0123456789a").status, 413)
	})
}

// A caller that waits to be asked for the body, as curl does for a large one, gets an answer that
// comes without it, and nothing else.
func TestEarlyAnswerToExpect(t *testing.T) {
	modes(t, func(t *testing.T, mode host.Mode) {
		app, err := host.Load(stage(t, files{"all/function.json": anonymousAny}))
		check(t, err)
		r := startApp(t, app, host.Options{Mode: mode})
		for range 20 {
			request, err := http.NewRequestWithContext(t.Context(), "PUT", r.url+"/api/status/401", strings.NewReader(strings.Repeat("b", 100_000)))
			check(t, err)
			request.Header.Set("Expect", "100-continue")
			equal(t, "status", do(t, request).status, 401)
			equal(t, "the next status", r.send(t, "GET", "/api/status/404", "").status, 404)
		}
		equal(t, "what the server logs", r.served.String(), "")
	})
}
