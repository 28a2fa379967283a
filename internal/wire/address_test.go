package wire_test

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Each row has a request's Host and X-Forwarded-*, and the link that leads the caller back.
func TestLinksLeadBackToTheCallersAddress(t *testing.T) {
	parse := func(address string) *url.URL {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	for name, row := range map[string]struct {
		links              wire.Links
		host, fwd, proto   string
		wantPage, wantRest string
	}{
		"the setting comes first": {
			wire.Links{PublicURL: parse("https://kv.bank.example"), Hostname: "app.azurewebsites.net"},
			"127.0.0.1:4711", "app.azurewebsites.net", "http", "https://kv.bank.example", "/api",
		},
		"the setting may have a path": {
			wire.Links{PublicURL: parse("https://gw.bank.example/kv")}, "127.0.0.1:4711", "app.azurewebsites.net", "https", "https://gw.bank.example", "/kv",
		},
		"the setting may have an encoded slash": {
			wire.Links{PublicURL: parse("https://gw.bank.example/a%2Fb")}, "127.0.0.1:4711", "", "", "https://gw.bank.example", "/a%2Fb",
		},
		"the setting may name a gateway's root": {
			wire.Links{PublicURL: parse("https://gw.bank.example/")}, "127.0.0.1:4711", "", "", "https://gw.bank.example", "",
		},
		"what the host saw": {
			wire.Links{Hostname: "app.azurewebsites.net"}, "127.0.0.1:4711", "kv.bank.example", "https", "https://kv.bank.example", "/api",
		},
		"what the host saw, without TLS": {
			wire.Links{}, "127.0.0.1:4711", "kv.test:8080", "http", "http://kv.test:8080", "/api",
		},
		"the first of two proxies":   {wire.Links{}, "127.0.0.1:4711", "kv.bank.example, inner", "HTTPS, http", "https://kv.bank.example", "/api"},
		"no scheme":                  {wire.Links{}, "127.0.0.1:4711", "kv.bank.example", "", "https://kv.bank.example", "/api"},
		"a scheme that is none":      {wire.Links{}, "127.0.0.1:4711", "kv.bank.example", "javascript", "https://kv.bank.example", "/api"},
		"no scheme, a port":          {wire.Links{}, "10.0.0.4:7071", "", "", "http://10.0.0.4:7071", "/api"},
		"the request's own host":     {wire.Links{Hostname: "app.azurewebsites.net"}, "kv.bank.example", "", "", "https://kv.bank.example", "/api"},
		"loopback":                   {wire.Links{Hostname: "app.azurewebsites.net"}, "127.0.0.1:4711", "", "", "https://app.azurewebsites.net", "/api"},
		"func start":                 {wire.Links{Hostname: "localhost:7071"}, "127.0.0.1:4711", "", "", "http://localhost:7071", "/api"},
		"loopback behind TLS":        {wire.Links{}, "localhost:8443", "", "https", "https://localhost:8443", "/api"},
		"nothing but loopback":       {wire.Links{}, "[::1]:4711", "", "", "http://[::1]:4711", "/api"},
		"a forwarded host with path": {wire.Links{}, "kv.bank.example", "evil.example/x", "https", "https://kv.bank.example", "/api"},
		"a forwarded host with user": {wire.Links{}, "kv.bank.example", "a@evil.example", "https", "https://kv.bank.example", "/api"},
	} {
		t.Run(name, func(t *testing.T) {
			row.links.Prefix = "api"
			r := httptest.NewRequest("GET", "/api/secrets?maxresults=1", nil)
			r.Host = row.host
			for name, value := range map[string]string{"X-Forwarded-Host": row.fwd, "X-Forwarded-Proto": row.proto} {
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			page, started := httptest.NewRecorder(), httptest.NewRecorder()
			if err := row.links.WritePage(page, r, secret.Page{Next: "abc"}, secret.Query{MaxResults: 1}); err != nil {
				t.Fatal(err)
			}
			if err := row.links.WriteRotation(started, r, wire.Rotation{Name: "db"}, false); err != nil {
				t.Fatal(err)
			}
			var list struct{ NextLink string }
			if err := json.Unmarshal(page.Body.Bytes(), &list); err != nil {
				t.Fatal(err)
			}
			if want := row.wantPage + row.wantRest + "/secrets?$skiptoken=abc&maxresults=1"; list.NextLink != want {
				t.Errorf("nextLink %s, want %s", list.NextLink, want)
			}
			if got, want := started.Header().Get("Operation-Location"), row.wantPage+row.wantRest+"/secrets/db/rotation"; got != want {
				t.Errorf("Operation-Location %s, want %s", got, want)
			}
		})
	}
}

// The host ignores the case of /api, and so do links.
func TestLinksIgnoreTheCaseOfThePrefix(t *testing.T) {
	links := wire.Links{Prefix: "api", PublicURL: &url.URL{Scheme: "https", Host: "gw.bank.example", Path: "/kv"}}
	w := httptest.NewRecorder()
	if err := links.WritePage(w, httptest.NewRequest("GET", "/API/secrets", nil), secret.Page{Next: "abc"}, secret.Query{}); err != nil {
		t.Fatal(err)
	}
	if want := `"https://gw.bank.example/kv/secrets?$skiptoken=abc"`; !strings.Contains(w.Body.String(), want) {
		t.Errorf("%s, want %s", w.Body, want)
	}
}
