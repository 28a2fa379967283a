package keyvault_test

import (
	"net/http"
	"strings"
	"testing"

	"rotunda/internal/standin/keyvault"
)

func TestRefusals(t *testing.T) {
	v := start(t, keyvault.Options{})
	v.do(t, "PUT", "/secrets/there", `{"value":"v"}`).want(t, 200, "")
	long := strings.Repeat("n", 128)
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		code               string
	}{
		"a name with an underscore":              {"GET", "/secrets/bad_name", "", 400, "BadParameter"},
		"a name of 128 characters":               {"GET", "/secrets/" + long, "", 400, "BadParameter"},
		"a name of 127 is merely unknown":        {"GET", "/secrets/" + long[1:], "", 404, "SecretNotFound"},
		"an empty name before a version":         {"GET", "/secrets//x", "", 400, "BadParameter"},
		"a bad name among the deleted":           {"GET", "/deletedsecrets/bad.name", "", 400, "BadParameter"},
		"no api-version":                         {"GET", "/secrets/there?api-version=", "", 400, "BadParameter"},
		"an unknown version of a known name":     {"GET", "/secrets/there/00000000000000000000000000000000", "", 404, "SecretNotFound"},
		"a version that is none":                 {"GET", "/secrets/there/latest", "", 404, "SecretNotFound"},
		"update of an unknown name":              {"PATCH", "/secrets/nope", "{}", 404, "SecretNotFound"},
		"update of an unknown version":           {"PATCH", "/secrets/there/00000000000000000000000000000000", "{}", 404, "SecretNotFound"},
		"purge of a live secret":                 {"DELETE", "/deletedsecrets/there", "", 404, "SecretNotFound"},
		"recovery of a live secret":              {"POST", "/deletedsecrets/there/recover", "", 404, "SecretNotFound"},
		"delete of one version":                  {"DELETE", "/secrets/there/00000000000000000000000000000000", "", 405, "MethodNotAllowed"},
		"POST where there is GET":                {"POST", "/secrets", "{}", 405, "MethodNotAllowed"},
		"PUT among the deleted":                  {"PUT", "/deletedsecrets/there", "{}", 405, "MethodNotAllowed"},
		"a key":                                  {"GET", "/keys/there", "", 404, "NotFound"},
		"nothing":                                {"GET", "/", "", 404, "NotFound"},
		"a set without body":                     {"PUT", "/secrets/x", "", 400, "BadParameter"},
		"a set without value":                    {"PUT", "/secrets/x", "{}", 400, "BadParameter"},
		"a set of null":                          {"PUT", "/secrets/x", `{"value":null}`, 400, "BadParameter"},
		"a value that is a number":               {"PUT", "/secrets/x", `{"value":1}`, 400, "BadParameter"},
		"half a JSON text":                       {"PUT", "/secrets/x", `{"value":`, 400, "BadParameter"},
		"two JSON texts":                         {"PUT", "/secrets/x", `{"value":"v"}{}`, 400, "BadParameter"},
		"a property that there is not":           {"PUT", "/secrets/x", `{"value":"v","color":"red"}`, 400, "BadParameter"},
		"an attribute that there is not":         {"PUT", "/secrets/x", `{"value":"v","attributes":{"ttl":1}}`, 400, "BadParameter"},
		"a time with a fraction":                 {"PUT", "/secrets/x", `{"value":"v","attributes":{"exp":1.5}}`, 400, "BadParameter"},
		"a tag that is a number":                 {"PUT", "/secrets/x", `{"value":"v","tags":{"a":1}}`, 400, "BadParameter"},
		"a value over 25 KB":                     {"PUT", "/secrets/x", value(25*1024 + 1), 400, "BadParameter"},
		"a value over 25 KB in bytes":            {"PUT", "/secrets/x", `{"value":"` + strings.Repeat("é", 25*512+1) + `"}`, 400, "BadParameter"},
		"a value of 25 KB":                       {"PUT", "/secrets/x", value(25 * 1024), 200, ""},
		"16 tags":                                {"PUT", "/secrets/x", `{"value":"v",` + tags(16) + `}`, 400, "BadParameter"},
		"15 tags":                                {"PUT", "/secrets/x", `{"value":"v",` + tags(15) + `}`, 200, ""},
		"16 tags in an update":                   {"PATCH", "/secrets/there", `{` + tags(16) + `}`, 400, "BadParameter"},
		"a tag's name of 513 characters":         {"PUT", "/secrets/x", `{"value":"v","tags":{"` + strings.Repeat("t", 513) + `":""}}`, 400, "BadParameter"},
		"a tag's value of 513 characters":        {"PUT", "/secrets/x", `{"value":"v","tags":{"t":"` + strings.Repeat("t", 513) + `"}}`, 400, "BadParameter"},
		"a content type of 256 characters":       {"PUT", "/secrets/x", `{"value":"v","contentType":"` + strings.Repeat("t", 256) + `"}`, 400, "BadParameter"},
		"a content type of 255":                  {"PUT", "/secrets/x", `{"value":"v","contentType":"` + strings.Repeat("t", 255) + `"}`, 200, ""},
		"a value in an update":                   {"PATCH", "/secrets/there", `{"value":"v"}`, 400, "BadParameter"},
		"a body over a megabyte":                 {"PUT", "/secrets/x", value(1 << 20), 413, "RequestEntityTooLarge"},
		"maxresults 0":                           {"GET", "/secrets?maxresults=0", "", 400, "BadParameter"},
		"maxresults 26":                          {"GET", "/secrets?maxresults=26", "", 400, "BadParameter"},
		"maxresults x":                           {"GET", "/secrets?maxresults=x", "", 400, "BadParameter"},
		"a made-up skiptoken":                    {"GET", "/secrets?$skiptoken=!", "", 400, "BadParameter"},
		"a restore of nothing":                   {"POST", "/secrets/restore", `{}`, 400, "Malformed backup blob"},
		"a restore of what is not base64url":     {"POST", "/secrets/restore", `{"value":"(!)"}`, 400, "Malformed backup blob"},
		"a secret by the name of restore is one": {"PUT", "/secrets/restore", `{"value":"v"}`, 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := v.do(t, c.method, c.path, c.body).want(t, c.status, c.code)
			if c.status >= 400 && got.message() == "" {
				t.Error("the refusal has no message")
			}
		})
	}
}

func value(n int) string { return `{"value":"` + strings.Repeat("v", n) + `"}` }

func tags(n int) string {
	var all []string
	for i := range n {
		all = append(all, `"t`+string(rune('a'+i))+`":"v"`)
	}
	return `"tags":{` + strings.Join(all, ",") + `}`
}

func TestAPIVersions(t *testing.T) {
	v := start(t, keyvault.Options{})
	for version, ok := range map[string]bool{
		"7.0": true, "7.1": true, "7.6": true, "7.6-preview.1": true, "7.6-preview.2": true, "7.5-preview.1": true,
		"2025-06-01-preview": true, "2025-07-01": true, "2026-03-01-preview": true, "2026-04-01": true, "2026-07-01-preview": true,
		"7.7": false, "7": false, "6.0": false, "v7.0": false, "7.0 ": false, "2025-07-02": false, "2026-04-01x": false,
		"2024-06-01-preview": false, "2026-08-01-preview": false, "2026-13-01-preview": false, "2099-01-01": false,
	} {
		got := v.do(t, "GET", "/secrets?api-version="+strings.ReplaceAll(version, " ", "%20"), "")
		if ok != (got.status == 200) {
			t.Errorf("api-version %q: %d, want it accepted: %v", version, got.status, ok)
		}
		if want := "The specified version (" + version + ") is not recognized."; !ok && !strings.HasPrefix(got.message(), want) {
			t.Errorf("api-version %q: %s", version, got.message())
		}
	}
}

// TestNoRefusalQuotesAValue sends a value in every request whose body is rejected.
func TestNoRefusalQuotesAValue(t *testing.T) {
	v := start(t, keyvault.Options{})
	const canary = "canary-5f1d"
	for _, body := range []string{
		`{"value":"` + canary + `","` + canary + `":1}`, `{"value":["` + canary + `"]}`, `"` + canary + `"`, canary,
		`{"value":"` + canary + `","attributes":"` + canary + `"}`, `{"value":"` + canary + strings.Repeat("x", 25*1024) + `"}`,
		`{"value":"` + canary + `",` + tags(16) + `}`,
	} {
		got := v.do(t, "PUT", "/secrets/x", body)
		if got.status != http.StatusBadRequest || strings.Contains(got.text, canary) {
			t.Errorf("%d %s", got.status, got.text)
		}
	}
}
