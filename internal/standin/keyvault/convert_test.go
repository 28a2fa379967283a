package keyvault_test

import (
	"net/http"
	"strings"
	"testing"

	"rotunda/internal/standin/keyvault"
)

const newest = "api-version=2026-04-01"

func TestOutContentType(t *testing.T) {
	s := start(t, keyvault.Options{})
	s.do(t, http.MethodPut, "/secrets/pem", `{"value":"canary-pem","contentType":"application/x-pem-file"}`)
	s.do(t, http.MethodPut, "/secrets/bad", `{"value":"canary-bad","contentType":"application/x-pkcs12"}`)
	s.do(t, http.MethodPut, "/secrets/plain", `{"value":"canary-plain"}`)
	for _, row := range []struct{ name, query, code string }{
		{"pem", newest + "&outContentType=application/x-pem-file", ""}, // as it is
		{"pem", newest + "&outContentType=application/x-pkcs12", "BadParameter"},
		{"bad", newest + "&outContentType=application/x-pem-file", "BadParameter"},
		{"plain", newest + "&outContentType=application/x-pem-file", "BadParameter"},
		{"plain", newest + "&outContentType=bogus", "BadParameter"},
		{"plain", newest, ""},
		{"plain", "api-version=7.6&outContentType=bogus", ""}, // older than the parameter
	} {
		got := s.do(t, http.MethodGet, "/secrets/"+row.name+"?"+row.query, "")
		if got.code() != row.code || (row.code == "") != strings.Contains(got.text, "canary-"+row.name) {
			t.Errorf("%s?%s: %s", row.name, row.query, got.text)
		}
	}
}

// Plain secrets have no previousVersion in the recordings.
func TestPreviousVersion(t *testing.T) {
	s := start(t, keyvault.Options{})
	first := s.do(t, http.MethodPut, "/secrets/cert", `{"value":"1","contentType":"application/x-pkcs12"}`)
	second := s.do(t, http.MethodPut, "/secrets/cert", `{"value":"2","contentType":"application/x-pkcs12"}`)
	if first.body["previousVersion"] != nil || second.body["previousVersion"] != first.version() {
		t.Errorf("%s, then %s", first.text, second.text)
	}
	s.do(t, http.MethodPut, "/secrets/plain", `{"value":"1"}`)
	if got := s.do(t, http.MethodPut, "/secrets/plain", `{"value":"2"}`); got.body["previousVersion"] != nil {
		t.Error(got.text)
	}
	for _, path := range []string{"/secrets", "/secrets/cert/versions"} {
		if got := s.do(t, http.MethodGet, path, ""); strings.Contains(got.text, "previousVersion") {
			t.Errorf("%s: %s", path, got.text)
		}
	}
}
