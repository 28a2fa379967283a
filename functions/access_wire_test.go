package functions_test

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rotunda/functions"
	"rotunda/internal/access/rules"
	"rotunda/internal/azfunc"
	"rotunda/internal/standin"
	"rotunda/internal/standin/entra"
	"rotunda/internal/wiretest"
)

// requests has a request to each HTTP function, and its status for a caller that may do
// everything.
var requests = map[string]struct {
	method, path, body string
	status             int
}{
	"backupsecret":         {"POST", "/secrets/a/backup", "", 200},
	"batchgetsecrets":      {"POST", "/secrets/batch-get", `{"secrets":[{"name":"a"}]}`, 200},
	"cancelrotation":       {"POST", "/secrets/a/rotation/cancel", "", 409},
	"deletesecret":         {"DELETE", "/secrets/nope", "", 404},
	"getaccess":            {"GET", "/access", "", 200},
	"getdeletedsecret":     {"GET", "/deletedsecrets/nope", "", 404},
	"getopenapi":           {"GET", "/openapi.json", "", 200},
	"getrotation":          {"GET", "/secrets/a/rotation", "", 200},
	"getsecret":            {"GET", "/secrets/a", "", 200},
	"health":               {"GET", "/health", "", 200},
	"listdeletedsecrets":   {"GET", "/deletedsecrets", "", 200},
	"listrotations":        {"GET", "/rotations", "", 200},
	"listrotators":         {"GET", "/rotators", "", 200},
	"listsecrets":          {"GET", "/secrets", "", 200},
	"listsecretversions":   {"GET", "/secrets/a/versions", "", 200},
	"purgedeletedsecret":   {"DELETE", "/deletedsecrets/nope", "", 404},
	"recoverdeletedsecret": {"POST", "/deletedsecrets/nope/recover", "", 404},
	"restorerotationtags":  {"POST", "/secrets/a/rotation/tags", "", 409},
	"restoresecret":        {"POST", "/secrets/restore", `{"value":"AAAA"}`, 400},
	"resumerotation":       {"POST", "/secrets/a/rotation/resume", "", 409},
	"resumerotations":      {"POST", "/rotations/resume?state=attention", "", 200},
	"retirerotation":       {"POST", "/secrets/a/rotation/retire", "", 409},
	"rollbackrotation":     {"POST", "/secrets/a/rotation/rollback", "", 409},
	"rotate":               {"POST", "/rotate?KeyVaultName=contoso&SecretName=a", "", 409},
	"rotatesecret":         {"POST", "/secrets/a/rotate", "", 409},
	"setsecret":            {"PUT", "/secrets/a", `{"value":"canary-a"}`, 200},
	"updatesecret":         {"PATCH", "/secrets/a", `{"contentType":"text/plain"}`, 200},
	"wrongroute":           {"GET", "/nowhere", "", 404},
}

// httpFunctions returns the names of the functions that HTTP requests start.
func httpFunctions(t *testing.T) (names []string) {
	t.Helper()
	definitions, err := azfunc.LoadDefinitions(functions.Definitions)
	if err != nil {
		t.Fatal(err)
	}
	for _, definition := range definitions {
		if definition.HTTP() != nil {
			names = append(names, definition.Name)
		}
	}
	return names
}

func TestEveryFunctionAsksWhoCallsAndWhetherItMay(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Tokens: true})
	admin, nobody := app.Authorization(t, "admin"), app.Authorization(t, "nobody")
	app.Do(t, http.MethodPut, "/secrets/a", `{"value":"canary-a"}`, admin)
	for _, name := range httpFunctions(t) {
		c, ok := requests[name]
		if !ok {
			t.Errorf("the test has no call of %s", name)
			continue
		}
		without, denied := http.StatusUnauthorized, http.StatusForbidden
		switch name {
		case "getopenapi", "health":
			without, denied = 200, 200
		case "getaccess", "listrotators":
			denied = 200
		case "wrongroute":
			denied = 404
		}
		for _, row := range []struct {
			who    string
			header []string
			want   int
		}{
			{"without a token", nil, without},
			{"with a token that is none", []string{"Authorization: Bearer canary-token"}, without},
			{"with a token that may nothing", []string{nobody}, denied},
			{"with a token that may everything", []string{admin}, c.status},
		} {
			got := app.Do(t, c.method, c.path, c.body, row.header...)
			if got.Status != row.want {
				t.Errorf("%s %s: %d, want %d: %s", name, row.who, got.Status, row.want, got.Body)
			}
			if challenged := got.Header.Get("WWW-Authenticate") != ""; challenged != (got.Status == http.StatusUnauthorized) {
				t.Errorf("%s %s: %d with the challenge %q", name, row.who, got.Status, got.Header.Get("WWW-Authenticate"))
			}
		}
	}
}

// testRules are for the callers of these tests.
const testRules = `{"rules": [
	{"who": ["role:Secrets.Admin"], "may": ["getSecret", "readMetadata", "setSecret", "update", "delete", "recover", "purge", "backup", "restore",
		"rotate", "readRotation", "configureRotation"], "secrets": ["*"]},
	{"who": ["role:Payments.Reader"], "may": ["getSecret", "readMetadata", "readRotation"], "secrets": ["payments-*"]},
	{"who": ["role:Writer"], "may": ["setSecret", "update", "readMetadata", "rotate"], "secrets": ["w-*"]},
	{"who": ["role:Restorer"], "may": ["restore", "recover", "setSecret"], "secrets": ["*"]},
	{"who": ["role:Configurer"], "may": ["configureRotation", "setSecret"], "secrets": ["w-*"]}
]}`

// startTokens runs the app with testRules.
func startTokens(t *testing.T, env ...string) *wiretest.App {
	t.Helper()
	file := filepath.Join(t.TempDir(), "access.json")
	if err := os.WriteFile(file, []byte(testRules), 0o600); err != nil {
		t.Fatal(err)
	}
	return wiretest.Start(t, wiretest.Options{Tokens: true, Env: append([]string{"ACCESS_RULES_FILE=" + file}, env...)})
}

// caller returns the header and the object id of a new caller with app roles.
func caller(t *testing.T, app *wiretest.App, roles ...string) (authorization, object string) {
	t.Helper()
	tenant := app.Azure.Entra()
	made, err := tenant.Register(entra.Application{Name: strings.Join(roles, "+"), Roles: map[string][]string{standin.Audience: roles}})
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := tenant.Issue(made.ClientID, standin.Audience, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return "Authorization: Bearer " + token, made.ObjectID
}

// as returns a function that sends requests as a caller, and checks the status.
func as(t *testing.T, app *wiretest.App, authorization string) func(status int, method, path, body string) wiretest.Answer {
	return func(status int, method, path, body string) wiretest.Answer {
		t.Helper()
		got := app.Do(t, method, path, body, authorization)
		if got.Status != status {
			t.Errorf("%s %s %s: %d, want %d: %s", method, path, body, got.Status, status, got.Body)
		}
		return got
	}
}

// A refusal names the caller as the rules see it, and the rule that is missing, which can be
// copied into the file.
func TestARefusalNamesTheMissingRule(t *testing.T) {
	app := startTokens(t)
	reader, object := caller(t, app, "Payments.Reader")
	got := as(t, app, reader)(403, "PUT", "/secrets/payments-db", `{"value":"canary-v"}`)
	var body struct {
		Error struct {
			Code, Message string
			InnerError    struct{ Code string }
		}
	}
	if err := json.Unmarshal([]byte(got.Body), &body); err != nil {
		t.Fatal(err)
	}
	rule := fmt.Sprintf(`{"who": ["oid:%s"], "may": ["setSecret"], "secrets": ["payments-db"]}`, object)
	if body.Error.Code != "Forbidden" || body.Error.InnerError.Code != "ForbiddenByRules" || !strings.Contains(body.Error.Message, rule) ||
		got.Header.Get("x-ms-error-code") != "Forbidden" || got.Header.Get("WWW-Authenticate") != "" {
		t.Errorf("%v, want the rule %s", got, rule)
	}
	if _, err := rules.Parse([]byte(`{"rules": [` + rule + `]}`)); err != nil {
		t.Errorf("the rule in the message can't be used: %v", err)
	}
}

// The rule in the refusal of a list would open everything, so the message says that there are
// narrower ones.
func TestARefusalOfAListNamesNarrowerRules(t *testing.T) {
	app := startTokens(t)
	token, _ := caller(t, app)
	const narrower = "With names of secrets in place of *, it would allow this for those"
	for path, want := range map[string]bool{"/secrets": true, "/rotations": true, "/deletedsecrets": true, "/secrets/a": false} {
		if got := as(t, app, token)(403, "GET", path, ""); strings.Contains(got.Body, narrower) != want {
			t.Errorf("%s: %v", path, got)
		}
	}
	if got := as(t, app, token)(403, "POST", "/secrets/restore", `{"value":"AAAA"}`); strings.Contains(got.Body, narrower) {
		t.Errorf("a restore needs every secret: %v", got)
	}
}

func TestTheChallengeComesBeforeTheBody(t *testing.T) {
	app := startTokens(t)
	got := app.Do(t, "PUT", "/secrets/a", "")
	want := `Bearer authorization="https://login.microsoftonline.com/` + app.Azure.Entra().Tenant() + `", resource="` + standin.Audience + `"`
	if got.Status != 401 || got.Header.Get("WWW-Authenticate") != want || !strings.Contains(got.Body, "AKV10000") || got.Header.Get("x-ms-error-code") != "Unauthorized" {
		t.Errorf("%v, want the challenge %s", got, want)
	}
	if got := app.Do(t, "PUT", "/secrets/a", `{"value":`+strings.Repeat(" ", 2<<20)); got.Status != 401 {
		t.Errorf("a body that is too large: %v", got)
	}
	if got := app.Do(t, "BREW", "/secrets/a", ""); got.Status != 404 && got.Status != 401 { // a host does not route it
		t.Errorf("an unknown method: %v", got)
	}
}

// Lists leave out what the caller may not see, and have the same pages for everybody.
func TestListsHoldWhatTheCallerMaySee(t *testing.T) {
	app := startTokens(t)
	admin, _ := caller(t, app, "Secrets.Admin")
	reader, _ := caller(t, app, "Payments.Reader")
	nobody, _ := caller(t, app)
	for i := range 6 {
		for _, name := range []string{"payments", "shop"} {
			as(t, app, admin)(200, "PUT", fmt.Sprintf("/secrets/%s-%d", name, i), `{"value":"canary-v",`+randomTags+`}`)
		}
	}
	as(t, app, admin)(200, "DELETE", "/secrets/payments-0?wait=true", "")
	as(t, app, admin)(200, "DELETE", "/secrets/shop-0?wait=true", "")
	for _, row := range []struct {
		who, list string
		want      []string
	}{
		{admin, "/secrets?maxresults=3", []string{"payments-1", "payments-2", "payments-3", "payments-4", "payments-5", "shop-1", "shop-2", "shop-3", "shop-4", "shop-5"}},
		{reader, "/secrets?maxresults=3", []string{"payments-1", "payments-2", "payments-3", "payments-4", "payments-5"}},
		{reader, "/secrets?maxresults=3&prefix=payments-3", []string{"payments-3"}},
		{reader, "/secrets?prefix=shop", nil},
		{reader, "/deletedsecrets", []string{"payments-0"}},
		{reader, "/rotations?maxresults=4", []string{"payments-1", "payments-2", "payments-3", "payments-4", "payments-5"}},
	} {
		if got := listed(t, app, row.who, row.list); !slices.Equal(got, row.want) {
			t.Errorf("%s: %v, want %v", row.list, got, row.want)
		}
	}
	for _, list := range []string{"/secrets", "/deletedsecrets", "/rotations", "/secrets/payments-1/versions"} {
		as(t, app, nobody)(403, "GET", list, "")
	}
	as(t, app, reader)(200, "GET", "/secrets/payments-1/versions", "")
	as(t, app, reader)(403, "GET", "/secrets/shop-1/versions", "")
}

// A link to the next page of a list does not show the names that its entries do not.
func TestLinksShowNoNamesOfOthers(t *testing.T) {
	app := startTokens(t)
	admin, _ := caller(t, app, "Secrets.Admin")
	reader, _ := caller(t, app, "Payments.Reader")
	for _, name := range []string{"a-shop", "payments-1", "payments-2", "zoo"} {
		as(t, app, admin)(200, "PUT", "/secrets/"+name, `{"value":"canary-v","tags":{"Rotator":"random","ValidityPeriodDays":"60"}}`)
	}
	for _, list := range []string{"/secrets", "/rotations"} {
		got := as(t, app, reader)(200, "GET", list+"?maxresults=1", "")
		_, token, _ := strings.Cut(got.Body, "$skiptoken=")
		token, _, _ = strings.Cut(token, "&")
		for text := []byte(token); len(text) > 0; {
			if strings.Contains(string(text), "a-shop") {
				t.Errorf("%s: the link holds %s", list, text)
			}
			_, after, _ := strings.Cut(string(text), "$skiptoken=")
			text, _ = base64.RawURLEncoding.DecodeString(cmp.Or(strings.TrimSuffix(after, "&maxresults=1"), string(text)))
		}
		if names := listed(t, app, reader, list+"?maxresults=1"); !slices.Equal(names, []string{"payments-1", "payments-2"}) {
			t.Errorf("%s: %v", list, names)
		}
	}
}

// listed follows a list, and returns the names in it.
func listed(t *testing.T, app *wiretest.App, authorization, path string) (names []string) {
	t.Helper()
	for path != "" {
		got := app.Do(t, "GET", path, "", authorization)
		var page struct {
			Value    []struct{ ID, Name string }
			NextLink string
		}
		if err := json.Unmarshal([]byte(got.Body), &page); err != nil || got.Status != 200 {
			t.Fatalf("%s: %v, %v", path, got, err)
		}
		for _, entry := range page.Value {
			names = append(names, cmp.Or(entry.Name, entry.ID[strings.LastIndex(entry.ID, "/")+1:]))
		}
		path = page.NextLink
	}
	slices.Sort(names)
	return names
}

// The vault ignores the case of a version, so the audit has it as the vault spells it: a question
// about who read a version must find every read.
func TestTheAuditSpellsVersionsAsTheVault(t *testing.T) {
	app := startTokens(t)
	admin, object := caller(t, app, "Secrets.Admin")
	set := as(t, app, admin)(200, "PUT", "/secrets/a", `{"value":"canary-v"}`)
	version := strings.Trim(set.Header.Get("ETag"), `"`)
	upper := strings.ToUpper(version)
	as(t, app, admin)(200, "GET", "/secrets/a/"+upper, "")
	as(t, app, admin)(200, "HEAD", "/secrets/a/"+upper, "")
	as(t, app, admin)(200, "POST", "/secrets/batch-get", `{"secrets":[{"name":"a","version":"`+upper+`"}]}`)
	reads := 0
	for _, r := range audited(t, app, "oid:"+object) {
		if r.Action != "getSecret" {
			continue
		}
		if reads++; r.Version != version {
			t.Errorf("the audit has a read of %s, want %s", r.Version, version)
		}
	}
	if version == "" || reads != 3 {
		t.Errorf("%d reads of version %q", reads, version)
	}
}

func TestABatchIsDecidedItemByItem(t *testing.T) {
	app := startTokens(t)
	admin, _ := caller(t, app, "Secrets.Admin")
	reader, object := caller(t, app, "Payments.Reader")
	nobody, _ := caller(t, app)
	for _, name := range []string{"payments-a", "shop-a"} {
		as(t, app, admin)(200, "PUT", "/secrets/"+name, `{"value":"canary-v"}`)
	}
	const batch = `{"secrets":[{"name":"payments-a"},{"name":"shop-a"},{"name":"shop-nope"},{"name":"payments-nope"},{"name":"bad_name"},{"name":"PAYMENTS-A"}]}`
	got := as(t, app, reader)(200, "POST", "/secrets/batch-get", batch)
	var body struct{ Value []struct{ Status int } }
	if err := json.Unmarshal([]byte(got.Body), &body); err != nil {
		t.Fatal(err)
	}
	var statuses []int
	for _, item := range body.Value {
		statuses = append(statuses, item.Status)
	}
	if want := []int{200, 403, 403, 404, 400, 200}; !slices.Equal(statuses, want) || !strings.Contains(got.Body, "ForbiddenByRules") {
		t.Errorf("%v, want %v: %s", statuses, want, got.Body)
	}
	as(t, app, nobody)(403, "POST", "/secrets/batch-get", batch)
	// one line of the log and one record of the audit per item
	for _, want := range []string{`"secret":"shop-a","version":"","allowed":false,"status":403`, `"secret":"payments-nope","version":"","allowed":true,"status":404`} {
		if !app.Log.Has(want) {
			t.Errorf("the log lacks %s", want)
		}
	}
	records := audited(t, app, "oid:"+object)
	var kept []string
	for _, r := range records {
		kept = append(kept, fmt.Sprintf("%s %s %t %d", r.Action, r.Secret, r.Allowed, r.Status))
	}
	slices.Sort(kept)
	want := []string{
		"getSecret PAYMENTS-A true 200", "getSecret payments-a true 200", "getSecret payments-nope true 404",
		"getSecret shop-a false 403", "getSecret shop-nope false 403",
	}
	if !slices.Equal(kept, want) {
		t.Errorf("the audit has %q, want %q", kept, want)
	}
}

// record is what these tests read of the audit.
type record struct {
	Caller, Action, Secret, Version, Request, Address, Operation string
	Allowed                                                      bool
	Status                                                       int
}

// audited returns the records of a caller.
func audited(t *testing.T, app *wiretest.App, caller string) (records []record) {
	t.Helper()
	for line := range strings.Lines(auditText(t, app.AuditFolder)) {
		var r record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if r.Action != "" && r.Caller == caller {
			records = append(records, r)
		}
	}
	return records
}

// auditText returns all whole lines in the folder of the audit, whose last may still be written.
func auditText(t *testing.T, folder string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text[:bytes.LastIndexByte(text, '\n')+1])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

const otherTags = `"tags":{"Rotator":"random","ValidityPeriodDays":"60","team":"b"}`

// Whoever may set a secret, but not configure rotations, keeps the tags that direct its rotation.
func TestTagsThatDirectARotationNeedConfigureRotation(t *testing.T) {
	app := startTokens(t)
	adminToken, owner := caller(t, app, "Secrets.Admin")
	writerToken, object := caller(t, app, "Writer")
	configurerToken, _ := caller(t, app, "Configurer")
	admin, writer, configurer := as(t, app, adminToken), as(t, app, writerToken), as(t, app, configurerToken)
	writer(200, "PUT", "/secrets/w-new", `{"value":"canary-v","tags":{"team":"a"}}`)
	writer(403, "PUT", "/secrets/w-other", `{"value":"canary-v",`+randomTags+`}`)
	admin(404, "GET", "/secrets/w-other", "")
	admin(200, "PUT", "/secrets/w-db", `{"value":"canary-v",`+randomTags+`}`)
	for _, row := range []struct {
		why    string
		status int
		method string
		body   string
	}{
		{"drops the tags", 403, "PUT", `{"value":"canary-v"}`},
		{"drops all but one", 403, "PUT", `{"value":"canary-v","tags":{"Rotator":"random","team":"a"}}`},
		{"changes one", 403, "PUT", `{"value":"canary-v","tags":{"Rotator":"random","ValidityPeriodDays":"61","team":"a"}}`},
		{"adds one", 403, "PUT", `{"value":"canary-v","tags":{"Rotator":"random","ValidityPeriodDays":"60","RotationWindow":"22:00-04:00"}}`},
		{"keeps them, and changes another", 200, "PUT", `{"value":"canary-v",` + otherTags + `}`},
		{"an update drops them", 403, "PATCH", `{"tags":{}}`},
		{"an update points elsewhere", 403, "PATCH", `{"tags":{"ProviderAddress":"postgres://evil:5432/db","Rotator":"random","ValidityPeriodDays":"60"}}`},
		{"an update of other tags", 200, "PATCH", `{` + randomTags + `}`},
		{"an update without tags", 200, "PATCH", `{"contentType":"text/plain"}`},
		{"a mark of the engine's", 403, "PATCH", `{"tags":{"Rotator":"random","ValidityPeriodDays":"60","rot-op":"x"}}`},
	} {
		got := app.Do(t, row.method, "/secrets/w-db", row.body, writerToken)
		if got.Status != row.status || row.status == 403 && !strings.Contains(got.Body, `"may\": [\"configureRotation\"]`) {
			t.Errorf("%s: %v, want %d", row.why, got, row.status)
		}
	}
	configurer(200, "PUT", "/secrets/w-db", `{"value":"canary-v"}`)
	// a disabled secret does not show its tags
	admin(200, "PATCH", "/secrets/w-db", `{"attributes":{"enabled":false}}`)
	writer(403, "PUT", "/secrets/w-db", `{"value":"canary-v"}`)
	writer(200, "PATCH", "/secrets/w-db", `{"attributes":{"enabled":true}}`)
	denied := slices.ContainsFunc(audited(t, app, "oid:"+object), func(r record) bool {
		return r.Action == "configureRotation" && !r.Allowed && r.Status == 403 && r.Secret == "w-db"
	})
	if !denied {
		t.Error("the audit does not say that configureRotation was missing")
	}
	var used []string
	for _, r := range audited(t, app, "oid:"+owner) {
		if r.Allowed && r.Secret == "w-db" {
			used = append(used, r.Action)
		}
	}
	slices.Sort(used)
	if want := []string{"configureRotation", "setSecret", "update"}; !slices.Equal(used, want) {
		t.Errorf("the audit says of who configured the rotation: %v, want %v", used, want)
	}
}

// What needs more than one action is refused before anything happens.
func TestWhatNeedsMoreThanOneAction(t *testing.T) {
	app := startTokens(t)
	adminToken, _ := caller(t, app, "Secrets.Admin")
	writerToken, _ := caller(t, app, "Writer")
	restorerToken, _ := caller(t, app, "Restorer")
	bothToken, _ := caller(t, app, "Restorer", "Configurer")
	admin, writer, restorer := as(t, app, adminToken), as(t, app, writerToken), as(t, app, restorerToken)
	admin(200, "PUT", "/secrets/w-gone", `{"value":"canary-v",`+randomTags+`}`)
	backup := admin(200, "POST", "/secrets/w-gone/backup", "").Body
	admin(200, "DELETE", "/secrets/w-gone?wait=true", "")
	calls := app.Azure.Vault().Counts().Calls
	restorer(403, "POST", "/secrets/restore", backup)                        // configureRotation is missing
	as(t, app, bothToken)(403, "POST", "/secrets/restore", backup)           // and on every secret
	writer(403, "PUT", "/secrets/w-gone?onDeleted=recover", `{"value":"x"}`) // recover is missing
	writer(403, "PUT", "/secrets/w-gone?ONDELETED=recover", `{"value":"x"}`)
	writer(403, "POST", "/secrets/w-gone/rotation/resume?adopt=true", "") // configureRotation is missing
	writer(403, "POST", "/secrets/w-gone/rotation/tags", "")
	if after := app.Azure.Vault().Counts().Calls; !maps.Equal(calls, after) {
		t.Errorf("the vault was called: %v, before %v", after, calls)
	}
	restorer(403, "PUT", "/secrets/w-gone?onDeleted=recover", `{"value":"x"}`) // would drop the tags
	restorer(200, "PUT", "/secrets/w-gone?onDeleted=recover&api-version=7.6", `{"value":"x",`+randomTags+`}`)
}

// rotate is about the secret in its query, whatever the spelling of the parameter.
func TestRotateIsAboutTheSecretInItsQuery(t *testing.T) {
	app := startTokens(t)
	writerToken, _ := caller(t, app, "Writer")
	writer := as(t, app, writerToken)
	writer(404, "POST", "/rotate?KeyVaultName=contoso&SecretName=w-nope", "")
	writer(404, "POST", "/rotate?keyvaultname=contoso&secretname=w-nope", "")
	writer(403, "POST", "/rotate?KeyVaultName=contoso&SecretName=shop", "")
	writer(403, "POST", "/rotate?KeyVaultName=contoso&secretname=shop", "")
	writer(400, "POST", "/rotate?KeyVaultName=contoso&SecretName=w-nope&secretname=shop", "")
	writer(400, "POST", "/rotate?KeyVaultName=contoso", "")
	writer(400, "POST", "/rotations/resume", "")
}

func TestACallerLearnsWhoItIsAndWhatItMay(t *testing.T) {
	app := startTokens(t)
	reader, object := caller(t, app, "Payments.Reader")
	nobody, _ := caller(t, app)
	for _, row := range []struct{ who, path, want string }{
		{reader, "/access", `"caller":"oid:` + object + `","signIn":"tokens","who":["oid:` + object + `","app:`},
		{reader, "/access", `,"role:Payments.Reader"],"grants":[{"may":["getSecret","readMetadata","readRotation"],"secrets":["payments-*"]}]}`},
		{reader, "/access?secret=payments-db", `"secret":"payments-db","may":["getSecret","readMetadata","readRotation"]`},
		{reader, "/access?secret=shop", `"secret":"shop","may":[]`},
		{nobody, "/access", `"grants":[]`},
	} {
		if got := as(t, app, row.who)(200, "GET", row.path, ""); !strings.Contains(got.Body, row.want) {
			t.Errorf("%s: %s, want %s", row.path, got.Body, row.want)
		}
	}
	as(t, app, reader)(400, "GET", "/access?secret=a_b", "")
}
