package keyvault_test

import (
	"bytes"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"rotunda/internal/standin/keyvault"
)

func TestCounts(t *testing.T) {
	v := start(t, keyvault.Options{})
	v.do(t, "PUT", "/secrets/x", `{"value":"v"}`)
	v.do(t, "PUT", "/secrets/x", `{}`)
	v.do(t, "GET", "/secrets/x", "")
	v.do(t, "GET", "/secrets/x/versions", "")
	v.do(t, "GET", "/nothing", "")
	counts := v.Counts()
	if want := map[string]int64{"set": 2, "get": 1, "listversions": 1, "unknown": 1}; !maps.Equal(counts.Calls, want) {
		t.Errorf("calls %v, want %v", counts.Calls, want)
	}
	if counts.PeakInFlight != 1 || counts.Challenges != 0 {
		t.Errorf("counts %+v", counts)
	}
	v.ResetCounts()
	if counts := v.Counts(); len(counts.Calls) != 0 || counts.Calls == nil {
		t.Errorf("after a reset: %+v", counts)
	}
}

func TestOperationNames(t *testing.T) {
	want := "backup delete get getdeleted list listdeleted listversions purge recover restore set update"
	if got := strings.Join(keyvault.OperationNames(), " "); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestLogHasNoValues(t *testing.T) {
	var log bytes.Buffer
	v := start(t, keyvault.Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	v.do(t, "PUT", "/secrets/x", `{"value":"canary-9","tags":{"t":"canary-9"},"contentType":"canary-9"}`).want(t, 200, "")
	v.do(t, "GET", "/secrets/x", "").want(t, 200, "")
	v.do(t, "PUT", "/secrets/y", `{"value":"canary-9","canary-9":1}`).want(t, 400, "BadParameter")
	v.do(t, "DELETE", "/secrets/x", "").want(t, 200, "")
	got := log.String()
	if strings.Contains(got, "canary") || strings.Contains(got, v.token) {
		t.Errorf("a value or token is in the log:\n%s", got)
	}
	for _, want := range []string{"operation=set vault=contoso secret=x status=200", "operation=set vault=contoso secret=y status=400 code=BadParameter"} {
		if !strings.Contains(got, want) {
			t.Errorf("the log lacks %q:\n%s", want, got)
		}
	}
}
