package getenv_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"rotunda/functions/batchgetsecrets"
	"rotunda/functions/batchgetsecrets/batchtest"
	"rotunda/functions/getenv"
	"rotunda/internal/secret"
)

func ask(h http.Handler, query string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/?"+query, nil))
	return w
}

// A secret of which several fields are requested is read once.
func TestASecretIsReadOnce(t *testing.T) {
	v := &batchtest.Vault{Value: secret.NewValue(`{"a":"canary-a","b":2}`)}
	got := ask(getenv.Handler(batchgetsecrets.NewReads(v), batchtest.Open{}), "names=x.a,X.b,C:x.a")
	if got.Body.String() != "X_A=canary-a\nX_B=2\nC=canary-a\n" || v.Reads.Load() != 1 {
		t.Errorf("%d reads: %s", v.Reads.Load(), got.Body)
	}
}

// One variable from an old reading makes the response old.
func TestTheResponseIsAsOldAsTheOldestReading(t *testing.T) {
	h := getenv.Handler(batchgetsecrets.NewReads(&batchtest.Vault{Value: secret.NewValue("v")}), batchtest.Open{})
	for query, want := range map[string]string{"names=a,stale-b,c": "7 true", "names=a,c": "0 "} {
		header := ask(h, query).Header()
		if got := header.Get("Age") + " " + header.Get("X-Rotunda-Stale"); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

// A request that does not fit in memory is refused, and there is room again after it.
func TestHeldBytesAreBounded(t *testing.T) {
	h := getenv.Handler(batchgetsecrets.NewReads(&batchtest.Vault{Value: secret.NewValue(strings.Repeat("x", 2<<20))}), batchtest.Open{})
	names := func(n int) string {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf("a-%d", i)
		}
		return "names=" + strings.Join(all, ",")
	}
	for range 2 {
		got := ask(h, names(8))
		if got.Code != http.StatusServiceUnavailable || !strings.Contains(got.Body.String(), "ServerBusy") {
			t.Errorf("8 secrets of 2 MB, in memory three times: %d %.200s", got.Code, got.Body)
		}
		if got := ask(h, names(6)); got.Code != http.StatusOK {
			t.Errorf("6 secrets of 2 MB: %d %.200s", got.Code, got.Body)
		}
	}
}

// What is held is not only what was read: many variables may be of one secret.
func TestTheResponseIsBounded(t *testing.T) {
	h := getenv.Handler(batchgetsecrets.NewReads(&batchtest.Vault{Value: secret.NewValue(`{"f":"` + strings.Repeat("x", 2<<20) + `"}`)}), batchtest.Open{})
	names := func(n int) string {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf("V%d:a.f", i)
		}
		return "names=" + strings.Join(all, ",")
	}
	if got := ask(h, names(12)); got.Code != http.StatusServiceUnavailable || !strings.Contains(got.Body.String(), "ServerBusy") {
		t.Errorf("12 variables of 2 MB: %d %.200s", got.Code, got.Body)
	}
	if got := ask(h, names(8)); got.Code != http.StatusOK {
		t.Errorf("8 variables of 2 MB: %d %.200s", got.Code, got.Body)
	}
}

func TestAPanicIsAnError(t *testing.T) {
	got := ask(getenv.Handler(batchgetsecrets.NewReads(&batchtest.Vault{Value: secret.NewValue("canary-v")}), batchtest.Open{}), "names=a,panics")
	if got.Code != http.StatusInternalServerError || strings.Contains(got.Body.String(), "canary") {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

// Any value comes back from JSON as it is, or is refused.
func FuzzValue(f *testing.F) {
	for _, value := range []string{"", "a", "\x00", "<&>\u2028", `{"a":1}`} {
		f.Add(value, "a")
	}
	f.Add(`{"a":{"b":["x",{"c":null}]},"d":"\ud800"}`, "a.b[0]")
	f.Add(`{"a":{"b":["x",{"c":null}]},"d":"\ud800"}`, "d")
	f.Fuzz(func(t *testing.T, value, field string) {
		if !utf8.ValidString(value) {
			t.Skip() // the vault has none
		}
		v := &batchtest.Vault{Value: secret.NewValue(value)}
		h := getenv.Handler(batchgetsecrets.NewReads(v), batchtest.Open{})
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/?names=s", nil)
		r.Header.Set("Accept", "application/json")
		h.ServeHTTP(w, r)
		var found map[string]string
		if err := json.Unmarshal(w.Body.Bytes(), &found); w.Code == http.StatusOK && (err != nil || found["S"] != value) {
			t.Errorf("%q became %s, %v", value, w.Body, err)
		}
		if refused := w.Code == http.StatusUnprocessableEntity; refused != strings.Contains(value, "\x00") || !refused && w.Code != http.StatusOK {
			t.Errorf("%q: %d", value, w.Code)
		}
		query := r.URL.Query()
		query.Set("field", field)
		r.URL.RawQuery = query.Encode()
		w = httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK && w.Code != http.StatusUnprocessableEntity && field != "" {
			t.Errorf("%q in %q: %d %s", field, value, w.Code, w.Body)
		}
	})
}
