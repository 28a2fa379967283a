package wire_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

func request(target string, header http.Header) *http.Request {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	if header != nil {
		r.Header = header
	}
	return r
}

func TestListQueries(t *testing.T) {
	for query, good := range map[string]bool{
		"": true, "?maxresults=1": true, "?maxresults=25": true, "?$skiptoken=x": true, "?prefix=a-": true, "?tag=a&tag=b:c:d": true, "?tag=a:": true,
		"?maxresults=0": false, "?maxresults=26": false, "?maxresults=x": false, "?maxresults=": false, "?maxresults=5,5": false,
		"?$skiptoken=": false, "?prefix=a_b": false, "?tag=": false, "?tag=a&tag=:b": false,
	} {
		_, err := wire.ReadQuery(request("/api/secrets"+query, nil))
		if (err == nil) != good || err != nil && !errors.Is(err, secret.ErrBadParameter) {
			t.Errorf("%q: %v, want good = %v", query, err, good)
		}
	}
}

func TestFlagsAndChoices(t *testing.T) {
	for query, want := range map[string]string{"": "false", "?wait=true": "true", "?wait=True": "true", "?wait=false": "false", "?wait=1": "bad", "?wait=": "bad"} {
		flag, err := wire.Flag(request("/"+query, nil), "wait")
		got := map[bool]string{true: "true", false: "false"}[flag]
		if err != nil {
			got = "bad"
		}
		if got != want {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
	if _, err := wire.Choice(request("/?onDeleted=purge", nil), "onDeleted", "recover"); !errors.Is(err, secret.ErrBadParameter) {
		t.Errorf("onDeleted=purge: %v", err)
	}
}

func TestNextLinkPointsAtTheApp(t *testing.T) {
	for name, row := range map[string]struct {
		hostname, target, host, want string
		query                        secret.Query
	}{
		"the app's public name": {
			"app.azurewebsites.net", "/api/secrets?api-version=7.6&code=KEY", "127.0.0.1:7071",
			"https://app.azurewebsites.net/api/secrets?api-version=7.6&$skiptoken=abc",
			secret.Query{},
		},
		"a local host": {
			"localhost:7071", "/api/secrets?maxresults=2", "", "http://localhost:7071/api/secrets?$skiptoken=abc&maxresults=2", secret.Query{MaxResults: 2},
		},
		"the request's Host": {
			"", "/api/deletedsecrets", "vault.example.org", "https://vault.example.org/api/deletedsecrets?$skiptoken=abc", secret.Query{},
		},
		"a loopback address": {"", "/api/secrets", "127.0.0.1:80", "http://127.0.0.1:80/api/secrets?$skiptoken=abc", secret.Query{}},
	} {
		r := request(row.target, nil)
		r.Host = row.host
		w := httptest.NewRecorder()
		if err := (wire.Links{Hostname: row.hostname}).WritePage(w, r, secret.Page{Next: "abc"}, row.query); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Value    []any
			NextLink string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Value == nil {
			t.Fatalf("%s: %s: %v", name, w.Body, err)
		}
		if got.NextLink != row.want {
			t.Errorf("%s: nextLink %s, want %s", name, got.NextLink, row.want)
		}
		if _, err := url.Parse(got.NextLink); err != nil {
			t.Error(err)
		}
	}
}

func TestLastPageHasANullNextLink(t *testing.T) {
	w := httptest.NewRecorder()
	if err := (wire.Links{}).WritePage(w, request("/api/secrets", nil), secret.Page{}, secret.Query{}); err != nil {
		t.Fatal(err)
	}
	if got := w.Body.String(); got != `{"value":[],"nextLink":null}` {
		t.Error(got)
	}
}

func TestIfNoneMatch(t *testing.T) {
	for header, want := range map[string]bool{`"v1"`: true, `W/"v1"`: true, `"v0", "v1"`: true, `*`: true, `"v2"`: false, `v1`: false, ``: false} {
		if got := wire.HasVersion(request("/", http.Header{"If-None-Match": {header}}), "v1"); got != want {
			t.Errorf("If-None-Match: %s: %v", header, got)
		}
	}
}

func TestAccept(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "*/*": false, "application/json": false, "text/plain": true, "text/plain, */*": true, "text/*": true,
		"text/plain;q=0.5, application/json": false, "application/json;q=0.1, text/plain": true, "text/plain;q=0.5": true, "text/plain;q=0": false, ";": false,
		// ignoring case
		"Text/Plain": true, "TEXT/*": true, "text/plain;Q=0.5, Application/JSON": false,
		// ranges, of which the most precise counts
		"text/*;q=1, application/json;q=0.5": true, "text/*;q=0.5, application/json;q=0.7": false, "text/*, */*": true, "application/*, */*": false,
		"text/*;q=0.9, text/plain;q=0.1, application/json;q=0.5": false, "*/*, application/json;q=0": true, "*/*, text/plain;q=0": false,
		"application/json, text/plain, */*": false, "text/plain, application/json": false, // without a preference
		"text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8": false,
		// other types, parameters and qualities
		"image/png": false, "text/html": false, "text/plain; charset=utf-8": true, "text/plain; charset=utf-8; q=0.1, application/json;q=0.2": false,
		"text/plain;q=NaN": true, "text/plain;q=2": true, "text/plain ; q=0.4 , application/json ; q=0.5": false, "*/*;q=0": false,
	} {
		if got := wire.WantsText(request("/", http.Header{"Accept": {header}})); got != want {
			t.Errorf("Accept: %s: %v", header, got)
		}
	}
}

func TestAcceptWhereTextIsTheDefault(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "*/*": false, "text/plain": false, "image/png": false, "application/json": true, "Application/*": true, "application/json, */*": true,
		"text/plain;q=0.5, application/json": true, "application/json;q=0.5, text/plain": false, "application/json;q=0": false,
		"application/json, text/plain, */*": false, // without a preference
	} {
		if got := wire.WantsJSON(request("/", http.Header{"Accept": {header}})); got != want {
			t.Errorf("Accept: %s: %v", header, got)
		}
	}
	if wire.WantsJSON(request("/", nil)) {
		t.Error("without Accept")
	}
}
