package wiretest

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// responds is a RoundTripper that responds with what the rows say.
type responds struct {
	status  int
	headers string // "Name: value" per line, beside those of every response
	body    string
}

func (a responds) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	response := &http.Response{StatusCode: a.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}
	for line := range strings.Lines("X-Ms-Request-Id: r\nCache-Control: no-store\nX-Content-Type-Options: nosniff\n" + a.headers) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		response.Header.Set(name, value)
	}
	return response, nil
}

const (
	inJSON    = "Content-Type: application/json; charset=utf-8\n"
	asRead    = inJSON + "Age: 0\nEtag: \"v\"\n"
	aSecret   = `{"value":"canary-a","id":"https://contoso.vault.azure.net/secrets/a/v","attributes":{"enabled":true}}`
	anError   = inJSON + "X-Ms-Error-Code: c\n"
	anErrorIs = `{"error":{"code":"c","message":"m"}}`
)

func TestTheContractNotices(t *testing.T) {
	for name, row := range map[string]struct {
		request string // method, path and body
		responds
		want string // in the problem; "" for none
	}{
		"nothing, where all is described":      {"GET /api/secrets/a", responds{200, asRead, aSecret}, ""},
		"nothing, in any case, with a slash":   {"GET /API/Secrets/a/?Code=k&Stage=Previous", responds{200, asRead, aSecret}, ""},
		"nothing, in bare text":                {"GET /api/secrets/a", responds{200, "Content-Type: text/plain; charset=utf-8\nAge: 0\n", "canary-a"}, ""},
		"nothing, where an error is described": {"GET /api/secrets/a?nope=1", responds{404, anError, anErrorIs}, ""},
		"nothing, where no operation is":       {"GET /api/nowhere", responds{404, anError, anErrorIs}, ""},
		"nothing of the host's invocations":    {"POST /onvaultmessage {}", responds{200, inJSON, `{"Logs":[]}`}, ""},
		"nothing of a HEAD":                    {"HEAD /api/secrets/a", responds{200, asRead, ""}, ""},
		"a status":                             {"GET /api/secrets/a", responds{418, anError, anErrorIs}, "no such status"},
		"a field":                              {"GET /api/secrets/a", responds{200, asRead, strings.Replace(aSecret, `"value"`, `"values"`, 1)}, "values"},
		"a field inside":                       {"GET /api/secrets/a", responds{200, asRead, strings.Replace(aSecret, `"enabled"`, `"on"`, 1)}, "on"},
		"a type":                               {"GET /api/secrets/a", responds{200, asRead, strings.Replace(aSecret, `true`, `"yes"`, 1)}, "enabled"},
		"a missing field":                      {"GET /api/secrets/a", responds{200, asRead, `{"value":"canary-a"}`}, "id"},
		"a word":                               {"GET /api/health", responds{200, inJSON, `{"status":"fine","vault":"ok","identity":"ok","version":"v1"}`}, "status"},
		"a null":                               {"GET /api/secrets", responds{200, inJSON, `{"value":null,"nextLink":null}`}, "value"},
		"a header":                             {"GET /api/secrets/a", responds{200, asRead + "X-New: 1", aSecret}, "the header X-New"},
		"a missing header":                     {"GET /api/secrets/a", responds{200, inJSON, aSecret}, "the header Age is missing"},
		"a missing header of a 304":            {"GET /api/secrets/a", responds{304, "", ""}, "the header Age is missing"},
		"a missing header of an error":         {"GET /api/secrets/a", responds{503, anError, anErrorIs}, "the header Retry-After is missing"},
		"a media type":                         {"GET /api/secrets", responds{200, "Content-Type: text/html\n", `{}`}, "Content-Type"},
		"a body where there is none":           {"DELETE /api/deletedsecrets/a", responds{204, "", `{}`}, "a body"},
		"an error of another form":             {"GET /api/secrets/a", responds{404, anError, `{"message":"m"}`}, "error"},
		"another form where no operation is":   {"GET /api/nowhere", responds{404, anError, `{}`}, "error"},
		"success where no operation is":        {"GET /api/nowhere", responds{200, inJSON, `{}`}, "was accepted"},
		"a parameter that was accepted":        {"GET /api/secrets/a?nope=1", responds{200, asRead, aSecret}, `"nope" was accepted`},
		"a word that was accepted":             {"GET /api/secrets/a?stage=next", responds{200, asRead, aSecret}, "stage"},
		"a name that was accepted":             {"GET /api/secrets/a_b", responds{200, asRead, aSecret}, "name"},
		"a parameter that was not needed":      {"POST /api/rotations/resume", responds{200, inJSON, `{"value":[],"nextLink":null}`}, "state"},
		"a body that was accepted":             {`PUT /api/secrets/a {"valve":"canary-a"}`, responds{200, inJSON, aSecret}, "valve"},
		"a body that nobody reads":             {"POST /api/secrets/a/backup {}", responds{200, inJSON, `{"value":"b"}`}, "body"},
	} {
		c := newContract(t, Options{})
		exchange(t, c, row.request, row.responds)
		switch got := strings.Join(c.problems, "\n"); {
		case row.want == "" && got != "":
			t.Errorf("%s: %s", name, got)
		case !strings.Contains(got, row.want), row.want != "" && got == "":
			t.Errorf("%s: noticed %q, want %q", name, got, row.want)
		}
	}
}

func exchange(t *testing.T, c *contract, line string, a responds) {
	t.Helper()
	method, rest, _ := strings.Cut(line, " ")
	path, body, _ := strings.Cut(rest, " ")
	request, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := c.wrap(a).RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
}
