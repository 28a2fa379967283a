package azfunc_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rotunda/internal/azfunc"
)

// The host's word, the last one, is the caller's address, however it is spelt.
func TestCallerAddress(t *testing.T) {
	for sent, want := range map[string]string{
		"":                         "",
		"192.0.2.1":                "192.0.2.1",
		"203.0.113.7, 192.0.2.1":   "192.0.2.1",
		"192.0.2.1:4711":           "192.0.2.1",
		"[2001:db8::1]:4711":       "2001:db8::1",
		"[2001:db8::1]":            "2001:db8::1",
		"2001:db8::1":              "2001:db8::1",
		"::ffff:192.0.2.1":         "192.0.2.1",
		"fe80::1%canary":           "fe80::1",
		"[fe80::1%canary]:4711":    "fe80::1",
		"unknown":                  "",
		"192.0.2.1, canary":        "",
		"192.0.2.1\", \"canary":    "",
		"_hidden, 192.0.2.1canary": "",
	} {
		r := httptest.NewRequest("GET", "/api/f", nil)
		if sent != "" {
			r.Header.Set("X-Forwarded-For", sent)
		}
		address, said := azfunc.CallerAddress(r)
		if text := strings.TrimPrefix(address.String(), "invalid IP"); text != want || said != (sent != "") {
			t.Errorf("%q: %s, %t", sent, address, said)
		}
		_, log := served(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), r)
		if has := strings.Contains(log, `"address":"`+want+`"`); has != (want != "") || strings.Contains(log, "canary") || want == "" && strings.Contains(log, `"address"`) {
			t.Errorf("%q: %s", sent, log)
		}
	}
}

func TestCallerAddressCostsNothing(t *testing.T) {
	for _, sent := range []string{"", "192.0.2.1", "192.0.2.1:4711", "203.0.113.7, 192.0.2.1", "[2001:db8::1]:4711"} {
		r := httptest.NewRequest("GET", "/api/f", nil)
		r.Header.Set("X-Forwarded-For", sent)
		if got := testing.AllocsPerRun(100, func() { azfunc.CallerAddress(r) }); got > 0 {
			t.Errorf("%q: %v allocations", sent, got)
		}
	}
}
