package host_test

import (
	"testing"

	"rotunda/internal/standin/host"
)

func withLevel(level string) string {
	return `{"bindings":[{"type":"httpTrigger","name":"req"` + level + `},` + httpOut + `]}`
}

var oneOfEachLevel = files{
	"open/function.json":    withLevel(`,"authLevel":"anonymous"`),
	"plain/function.json":   withLevel(``),
	"Keyed/function.json":   withLevel(`,"authLevel":"Function"`),
	"locked/function.json":  withLevel(`,"authLevel":"admin"`),
	"offline/function.json": withLevel(`,"authLevel":"anonymous"`),
	"closed/function.json":  withLevel(``),
}

func TestKeys(t *testing.T) {
	keys := &host.Keys{
		Master: "m-key", Host: map[string]string{"default": "h-key"}, System: map[string]string{"ext": "s-key"},
		Functions: map[string]map[string]string{"keyed": {"default": "f-key"}, "plain": {"other": "p-key"}},
	}
	r := start(t, oneOfEachLevel, host.Options{Keys: keys}, "AzureWebJobs.offline.Disabled=true", "AzureWebJobs.closed.Disabled=true")
	none, query := "", ""
	for _, row := range []struct {
		path, header string
		want         int
	}{
		{"open", none, 200},
		{"open", "wrong", 200},
		{"plain", none, 401},
		{"plain", "wrong", 401},
		{"plain", "m-key", 200},
		{"plain", "h-key", 200},
		{"plain", "p-key", 200},
		{"plain", "f-key", 401},
		{"plain", "s-key", 401},
		{"keyed", "f-key", 200},
		{"keyed", "p-key", 401},
		{"locked", "m-key", 200},
		{"locked", "h-key", 401},
		{"locked", "s-key", 401},
		{"plain?code=h-key", query, 200},
		{"plain?CODE=p-key", query, 200},
		{"plain?code=wrong", query, 401},
		{"plain?code=wrong", "h-key", 200},
		{"plain?code=h-key", "wrong", 401},
		{"plain?code=h-key&code=wrong", query, 200}, // the first counts
		{"plain?code=wrong&CODE=h-key", query, 401},
		{"offline", none, 404},
		{"offline", "m-key", 200},
		{"closed", none, 401}, // before it is known to be disabled
		{"closed", "wrong", 401},
		{"closed", "h-key", 404},
		{"closed", "m-key", 200},
		{"nowhere", none, 404},
	} {
		var header []string
		if row.header != "" {
			header = []string{"x-functions-key: " + row.header}
		}
		got := r.send(t, "GET", "/api/"+row.path, "", header...)
		equal(t, row.path+" with "+row.header, got.status, row.want)
		if row.want != 200 {
			equal(t, "body", got.body, "")
		}
	}
	empty := r.send(t, "GET", "/api/plain?code=h-key", "", "x-functions-key: ")
	equal(t, "an empty header hides the query's code", empty.status, 401)
	equal(t, "ping", r.send(t, "GET", "/admin/host/ping", "").status, 200)
}

func TestNoKeysConfigured(t *testing.T) {
	locked := start(t, oneOfEachLevel, host.Options{Keys: &host.Keys{}})
	equal(t, "no key is right", locked.send(t, "GET", "/api/plain", "", "x-functions-key: ").status, 401)
	open := start(t, oneOfEachLevel, host.Options{})
	for _, path := range []string{"open", "plain", "keyed", "locked"} {
		equal(t, path+" with sign-in off", open.send(t, "GET", "/api/"+path, "").status, 200)
	}
}
