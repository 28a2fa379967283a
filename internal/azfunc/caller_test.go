package azfunc_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"rotunda/internal/azfunc"
	"rotunda/internal/secret"
)

// The caller is who the host has let in, however the request spells it.
func TestCallers(t *testing.T) {
	for _, row := range []struct {
		query  string
		header map[string]string
		want   string // a credential
	}{
		{"", nil, ""},
		{"?api-version=7.6", nil, ""},
		{"", map[string]string{"x-functions-key": "key"}, "key"},
		{"?code=key", nil, "key"},
		{"?a=b&CODE=key&code=other", nil, "key"},
		{"?c%6Fde=k%65y", nil, "key"},
		{"?code=other", map[string]string{"x-functions-key": "key"}, "key"},
		{"", map[string]string{"Authorization": "Bearer token"}, "Bearer token"},
		{"?code=key", map[string]string{"Authorization": "Bearer token"}, "key"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/api/secrets/a"+row.query, nil)
		for name, value := range row.header {
			r.Header.Set(name, value)
		}
		if got := secret.CallerFrom(azfunc.CallerContext(nil, r)); got != secret.CallerOf(row.want) {
			t.Errorf("%s %v: not the caller with %q", row.query, row.header, row.want)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("x-functions-key", "key")
	r = r.WithContext(azfunc.CallerContext(nil, r))
	if azfunc.CallerContext(nil, r) != r.Context() {
		t.Error("a context that has the caller is used as it is")
	}
}
