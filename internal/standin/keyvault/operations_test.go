package keyvault_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rotunda/internal/standin/keyvault"
)

func TestNamesDifferInMoreThanCase(t *testing.T) {
	v := start(t, keyvault.Options{})
	first := v.do(t, "PUT", "/secrets/MyName", `{"value":"1"}`).want(t, 200, "")
	got := v.do(t, "GET", "/secrets/myname/"+strings.ToUpper(first.version()), "").want(t, 200, "")
	if got.body["value"] != "1" || got.version() != first.version() {
		t.Errorf("got %s", got.text)
	}
	v.do(t, "PUT", "/secrets/MYNAME", `{"value":"2"}`).want(t, 200, "")
	if list := v.do(t, "GET", "/secrets", "").body["value"].([]any); len(list) != 1 {
		t.Errorf("%d secrets, want the one", len(list))
	}
	v.do(t, "DELETE", "/secrets/mynamE", "").want(t, 200, "")
	v.do(t, "PUT", "/secrets/myname", `{"value":"3"}`).want(t, 409, "Conflict/ObjectIsDeletedButRecoverable")
}

func TestVaultsAreApart(t *testing.T) {
	v := start(t, keyvault.Options{})
	v.do(t, "PUT", "https://one.vault.azure.net/secrets/x", `{"value":"1"}`).want(t, 200, "")
	v.do(t, "GET", "https://two.vault.azure.net/secrets/x", "").want(t, 404, "SecretNotFound")
	got := v.do(t, "GET", "https://ONE.vault.azure.net:8443/secrets/x", "").want(t, 200, "")
	if id, _ := got.body["id"].(string); !strings.HasPrefix(id, "https://ONE.vault.azure.net:8443/secrets/x/") {
		t.Errorf("the id %s is not below the host as it was sent", id)
	}
	v.do(t, "GET", "https://[::1]:8443/secrets/x", "").want(t, 404, "SecretNotFound")
}

func TestLatestIsTheLatestEvenIfDisabled(t *testing.T) {
	v := start(t, keyvault.Options{})
	old := v.do(t, "PUT", "/secrets/x", `{"value":"1"}`)
	v.do(t, "PUT", "/secrets/x", `{"value":"2","attributes":{"enabled":false}}`).want(t, 200, "")
	v.do(t, "GET", "/secrets/x", "").want(t, 403, "Forbidden/SecretDisabled")
	v.do(t, "GET", "/secrets/x/"+old.version(), "").want(t, 200, "")
}

func TestReadOnlyAttributesAreIgnored(t *testing.T) {
	v := start(t, keyvault.Options{})
	got := v.do(t, "PUT", "/secrets/x", `{"value":"1","attributes":{"created":5,"updated":5,"recoverableDays":1,"recoveryLevel":"x"}}`)
	attributes, _ := got.want(t, 200, "").body["attributes"].(map[string]any)
	if attributes["created"] == 5.0 || attributes["recoverableDays"] != 90.0 || attributes["recoveryLevel"] != "Recoverable+Purgeable" {
		t.Errorf("attributes %v", attributes)
	}
}

func TestRetentionEnds(t *testing.T) {
	now := time.Now()
	v := start(t, keyvault.Options{RetentionDays: 7, Now: func() time.Time { return now }})
	old := v.do(t, "PUT", "/secrets/x", `{"value":"1"}`)
	v.do(t, "DELETE", "/secrets/x", "").want(t, 200, "")
	now = now.Add(7*24*time.Hour - time.Second)
	v.do(t, "GET", "/deletedsecrets/x", "").want(t, 200, "")
	now = now.Add(time.Second)
	v.do(t, "GET", "/deletedsecrets/x", "").want(t, 404, "SecretNotFound")
	v.do(t, "POST", "/deletedsecrets/x/recover", "").want(t, 404, "SecretNotFound")
	v.do(t, "DELETE", "/deletedsecrets/x", "").want(t, 404, "SecretNotFound")
	if list := v.do(t, "GET", "/deletedsecrets", "").body["value"].([]any); len(list) != 0 {
		t.Errorf("still listed: %v", list)
	}
	v.do(t, "PUT", "/secrets/x", `{"value":"2"}`).want(t, 200, "")
	v.do(t, "GET", "/secrets/x/"+old.version(), "").want(t, 404, "SecretNotFound")
}

func TestVersionsOfADeletedSecret(t *testing.T) {
	v := start(t, keyvault.Options{})
	old := v.do(t, "PUT", "/secrets/x", `{"value":"1"}`)
	v.do(t, "PUT", "/secrets/x", `{"value":"2"}`)
	v.do(t, "DELETE", "/secrets/x", "").want(t, 200, "")
	for _, c := range []struct{ method, path string }{
		{"GET", "/secrets/x"}, {"GET", "/secrets/x/" + old.version()}, {"DELETE", "/secrets/x"}, {"PATCH", "/secrets/x"}, {"POST", "/secrets/x/backup"},
	} {
		v.do(t, c.method, c.path, `{}`).want(t, 404, "SecretNotFound")
	}
	if list := v.do(t, "GET", "/secrets/x/versions", "").want(t, 200, "").body["value"].([]any); len(list) != 0 {
		t.Errorf("versions of a deleted secret: %v", list)
	}
	v.do(t, "POST", "/deletedsecrets/x/recover", "").want(t, 200, "")
	if got := v.do(t, "GET", "/secrets/x/"+old.version(), "").want(t, 200, ""); got.body["value"] != "1" {
		t.Errorf("after recovery: %s", got.text)
	}
}

func TestBackupKeepsEveryVersion(t *testing.T) {
	v := start(t, keyvault.Options{})
	var versions []string
	for _, value := range []string{"1", "2", "3"} {
		versions = append(versions, v.do(t, "PUT", "/secrets/x", `{"value":"`+value+`","tags":{},"contentType":"t"}`).version())
	}
	blob, _ := v.do(t, "POST", "/secrets/x/backup", "").want(t, 200, "").body["value"].(string)
	if !strings.HasPrefix(blob, "KUF6dXJl") {
		t.Errorf("the backup begins with %.20s", blob)
	}
	restore := `{"value":"` + blob + `"}`
	v.do(t, "POST", "/secrets/restore", restore).want(t, 409, "Conflict")
	v.do(t, "DELETE", "/secrets/x", "").want(t, 200, "")
	v.do(t, "POST", "/secrets/restore", restore).want(t, 409, "Conflict")

	elsewhere := "https://fabrikam.vault.azure.net/secrets/"
	got := v.do(t, "POST", elsewhere+"restore", restore).want(t, 200, "")
	if got.version() != versions[2] || got.body["value"] != nil || got.body["tags"] == nil {
		t.Errorf("restored %s", got.text)
	}
	for i, version := range versions {
		if got := v.do(t, "GET", elsewhere+"x/"+version, "").want(t, 200, ""); got.body["value"] != string(rune('1'+i)) {
			t.Errorf("version %d is %s", i+1, got.text)
		}
	}
	if got := v.do(t, "GET", elsewhere+"x", ""); got.version() != versions[2] {
		t.Errorf("the latest is %s, want %s", got.version(), versions[2])
	}
}

func TestBackupShowsAndTakesNothing(t *testing.T) {
	v, other := start(t, keyvault.Options{}), start(t, keyvault.Options{})
	v.do(t, "PUT", "/secrets/x", `{"value":"canary-77"}`)
	blob, _ := v.do(t, "POST", "/secrets/x/backup", "").body["value"].(string)
	again, _ := v.do(t, "POST", "/secrets/x/backup", "").body["value"].(string)
	if blob == again {
		t.Error("two backups are the same text")
	}
	v.do(t, "DELETE", "/secrets/x", "")
	v.do(t, "DELETE", "/deletedsecrets/x", "").want(t, 204, "")
	other.do(t, "POST", "/secrets/restore", `{"value":"`+blob+`"}`).want(t, 400, "Malformed backup blob")
	for at := 0; at < len(blob); at += 17 {
		letter := "A"
		if blob[at] == 'A' {
			letter = "B"
		}
		changed := blob[:at] + letter + blob[at+1:]
		if got := v.do(t, "POST", "/secrets/restore", `{"value":"`+changed+`"}`); got.status != http.StatusBadRequest {
			t.Fatalf("a blob changed at %d of %d was accepted: %d", at, len(blob), got.status)
		}
	}
	v.do(t, "POST", "/secrets/restore", `{"value":"`+blob+`"}`).want(t, 200, "")
}

func TestHeaders(t *testing.T) {
	v := start(t, keyvault.Options{})
	ok := v.do(t, "PUT", "/secrets/x", `{"value":"<&>"}`)
	for name, want := range map[string]string{
		"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-cache", "Pragma": "no-cache", "Expires": "-1",
		"X-Content-Type-Options": "nosniff", "x-ms-keyvault-region": "westeurope", "WWW-Authenticate": "", "Retry-After": "",
	} {
		if got := ok.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if !strings.Contains(ok.text, `"<&>"`) {
		t.Errorf("the value is not as it was: %s", ok.text)
	}
	if other := v.do(t, "GET", "/secrets/x", ""); other.header.Get("x-ms-request-id") == ok.header.Get("x-ms-request-id") {
		t.Error("two answers have one request id")
	}
}

func TestOptionsAreChecked(t *testing.T) {
	check := tenant().Verifier(keyvault.Resource)
	for name, opts := range map[string]keyvault.Options{
		"6 days":      {RetentionDays: 6, Tenant: tenant().Tenant(), Check: check},
		"91 days":     {RetentionDays: 91, Tenant: tenant().Tenant(), Check: check},
		"no tenant":   {Check: check},
		"no check":    {Tenant: tenant().Tenant()},
		"no such dir": {Tenant: tenant().Tenant(), Check: check, DataFile: t.TempDir() + "/no/such/dir"},
	} {
		if _, err := keyvault.New(opts); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
