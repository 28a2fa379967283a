package functions_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rotunda/internal/access"
	"rotunda/internal/standin/host"
	"rotunda/internal/wiretest"
)

// The audit says who or what started each rotation, and who did what to which version.
func TestTheAuditSaysWhoDidWhat(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Tokens: true, Events: true})
	token, object := caller(t, app, "Secrets.Admin")
	admin := as(t, app, token)
	version := strings.Trim(admin(200, "PUT", "/secrets/by-hand", `{"value":"canary-v",`+randomTags+`}`).Header.Get("ETag"), `"`)
	admin(200, "GET", "/secrets/by-hand", "")
	if got := app.Do(t, "GET", "/secrets/by-hand", "", token, `If-None-Match: "`+version+`"`); got.Status != 304 {
		t.Error(got)
	}
	admin(404, "GET", "/secrets/nope", "")
	admin(200, "GET", "/secrets", "")
	admin(200, "POST", "/secrets/by-hand/rotate?wait=true", "")
	soon := time.Now().AddDate(0, 0, 7).Unix()
	admin(200, "PUT", "/secrets/due", fmt.Sprintf(`{"value":"canary-v","attributes":{"exp":%d},%s}`, soon, randomTags))
	await(t, app, "event", func(r record) bool { return r.Secret == "due" && r.Status == 200 && r.Operation != "" })
	if _, err := app.Host.Invoke(t.Context(), "rotateduesecret", host.QueueMessage(`{"name":"by-hand"}`, 1)); err != nil {
		t.Fatal(err)
	}
	await(t, app, "sweep", func(r record) bool { return r.Secret == "by-hand" && r.Action == "rotate" })
	records := audited(t, app, "oid:"+object)
	for _, want := range []record{
		{Action: "setSecret", Secret: "by-hand", Version: version, Allowed: true, Status: 200},
		{Action: "getSecret", Secret: "by-hand", Version: version, Allowed: true, Status: 200},
		{Action: "getSecret", Secret: "by-hand", Version: version, Allowed: true, Status: 304},
		{Action: "getSecret", Secret: "nope", Allowed: true, Status: 404},
		{Action: "readMetadata", Secret: "*", Allowed: true, Status: 200},
		{Action: "rotate", Secret: "by-hand", Allowed: true, Status: 200},
	} {
		if !slices.ContainsFunc(records, func(r record) bool {
			return r.Action == want.Action && r.Secret == want.Secret && r.Version == want.Version && r.Allowed && r.Status == want.Status && r.Request != "" && r.Address == "127.0.0.1"
		}) {
			t.Errorf("the audit lacks %+v: %+v", want, records)
		}
	}
	if !slices.ContainsFunc(records, func(r record) bool { return r.Action == "rotate" && r.Operation != "" }) {
		t.Errorf("no record has the rotation's operation: %+v", records)
	}
}

// Only the vault can say which secret a backup holds, and then the audit does.
func TestTheAuditNamesWhatWasRestored(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Tokens: true})
	token, object := caller(t, app, "Secrets.Admin")
	nobodyToken, nobody := caller(t, app)
	admin := as(t, app, token)
	version := strings.Trim(admin(200, "PUT", "/secrets/Lost", `{"value":"canary-v"}`).Header.Get("ETag"), `"`)
	backup := admin(200, "POST", "/secrets/Lost/backup", "").Body
	admin(200, "DELETE", "/secrets/Lost?wait=true", "")
	admin(204, "DELETE", "/deletedsecrets/Lost", "")
	for deadline := time.Now().Add(30 * time.Second); app.Do(t, "POST", "/secrets/restore", backup, token).Status != 200; {
		if time.Now().After(deadline) {
			t.Fatal("the secret is not purged")
		}
	}
	admin(400, "POST", "/secrets/restore", `{"value":"AAAA"}`)
	as(t, app, nobodyToken)(403, "POST", "/secrets/restore", backup)
	var got []string
	for _, who := range []string{object, nobody} {
		for _, r := range audited(t, app, "oid:"+who) {
			if line := fmt.Sprint(r.Action, " ", r.Secret, " ", r.Status, " ", strings.Replace(r.Version, version, "V", 1)); r.Status != 409 && (r.Action == "restore" || r.Action == "configureRotation") {
				got = append(got, strings.TrimSpace(line))
			}
		}
	}
	want := []string{"restore Lost 200 V", "configureRotation Lost 200 V", "restore * 400", "configureRotation * 400", "restore * 403"}
	if !slices.Equal(got, want) {
		t.Errorf("the audit has %q, want %q", got, want)
	}
}

// With keys, too, the audit has who has set a tag that directs a rotation.
func TestTheAuditWithKeysHasWhoConfiguresRotations(t *testing.T) {
	folder := t.TempDir()
	keys := &host.Keys{Host: map[string]string{"default": "host-key"}}
	app := wiretest.Start(t, wiretest.Options{Keys: keys, Env: []string{"AUDIT_FOLDER=" + folder}})
	app.AuditFolder = folder
	for _, body := range []string{`{"value":"canary-v"}`, `{"value":"canary-v",` + randomTags + `}`} {
		if got := app.Do(t, "PUT", "/secrets/a", body, "x-functions-key: host-key"); got.Status != 200 {
			t.Fatal(got)
		}
	}
	var actions []string
	for _, r := range audited(t, app, access.NewFingerprints(wiretest.Vault).CallerBy("host-key").String()) {
		actions = append(actions, r.Action)
	}
	if want := []string{"setSecret", "setSecret", "configureRotation"}; !slices.Equal(actions, want) {
		t.Errorf("the audit has %q, want %q", actions, want)
	}
}

// Without an audit, the log still says from where each request came, also one without a caller.
func TestTheLogHasTheAddressOfEachRequest(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Tokens: true, Env: []string{"AUDIT_FOLDER="}})
	token := app.Authorization(t, "nobody")
	app.Do(t, "GET", "/secrets/a", "")
	app.Do(t, "GET", "/secrets/a", "", token, "X-Forwarded-For: 203.0.113.7")
	app.Do(t, "GET", "/secrets", "", token)
	for deadline := time.Now().Add(30 * time.Second); ; {
		log := app.Log.String()
		if requests := strings.Count(log, `"msg":"request"`); requests >= 3 {
			if strings.Count(log, `"address":"127.0.0.1"`) != requests || strings.Contains(log, "203.0.113.7") {
				t.Errorf("the log lacks addresses: %s", log)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the log lacks requests: %s", log)
		}
	}
}

// await waits for a record.
func await(t *testing.T, app *wiretest.App, caller string, good func(record) bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if slices.ContainsFunc(audited(t, app, caller), good) {
			return
		}
		app.Do(t, http.MethodGet, "/health", "")
	}
	t.Fatalf("the audit has no such record of %s: %s", caller, auditText(t, app.AuditFolder))
}

// A token that was good stays good, and what a rule no longer allows is refused, from the start
// with the new file on.
func TestARevokedRuleHoldsFromTheNextStart(t *testing.T) {
	azure := wiretest.StartAzure(t, wiretest.Options{})
	file := filepath.Join(t.TempDir(), "access.json")
	write := func(may string) {
		rules := fmt.Sprintf(`{"rules": [{"who": ["role:Secrets.Admin"], "may": [%s], "secrets": ["*"]}]}`, may)
		if err := os.WriteFile(file, []byte(rules), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`"getSecret", "setSecret"`)
	app := wiretest.Start(t, wiretest.Options{Azure: azure, Tokens: true, Env: []string{"ACCESS_RULES_FILE=" + file}})
	admin := as(t, app, app.Authorization(t, "admin"))
	admin(200, "PUT", "/secrets/a", `{"value":"canary-v"}`)
	admin(200, "GET", "/secrets/a", "")
	write(`"setSecret"`)
	admin(200, "GET", "/secrets/a", "")
	if err := app.Host.KillHandler(); err != nil {
		t.Fatal(err)
	}
	admin(403, "GET", "/secrets/a", "")
	admin(200, "PUT", "/secrets/a", `{"value":"canary-v"}`)
}

// With functions that need a key, and sign-in by token, both are needed.
func TestKeysAndTokensTogether(t *testing.T) {
	keys := &host.Keys{Host: map[string]string{"default": "host-key"}}
	app := wiretest.Start(t, wiretest.Options{Tokens: true, Keys: keys})
	admin := app.Authorization(t, "admin")
	for _, row := range []struct {
		headers []string
		want    int
	}{
		{nil, 401},
		{[]string{admin}, 401},
		{[]string{"x-functions-key: host-key"}, 401},
		{[]string{admin, "x-functions-key: host-key"}, 404},
	} {
		if got := app.Do(t, "GET", "/secrets/nope", "", row.headers...); got.Status != row.want {
			t.Errorf("%d headers: %v, want %d", len(row.headers), got, row.want)
		}
	}
}
