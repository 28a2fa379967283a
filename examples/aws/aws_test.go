// Package aws_test runs copy.sh with what the AWS CLI printed.
package aws_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rotunda/internal/needed"
	"rotunda/internal/wiretest"
)

func TestMain(m *testing.M) { wiretest.Main(m) }

// printed returns what the AWS CLI 1.45 printed for three secrets of moto, a stand-in for AWS.
func printed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// run runs the script with pages of values, and returns its output and whether it succeeded.
func run(t *testing.T, url, list, pages string, flags ...string) (string, bool) {
	t.Helper()
	for _, tool := range []string{"bash", "curl", "jq"} {
		needed.Tool(t, tool)
	}
	file := filepath.Join(t.TempDir(), "list.json")
	if err := os.WriteFile(file, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "bash", append(append([]string{"copy.sh"}, flags...), file)...)
	command.Stdin, command.Env = strings.NewReader(pages), append(os.Environ(), "ROTUNDA_URL="+url)
	out, err := command.CombinedOutput()
	if strings.Contains(string(out), "canary") {
		t.Errorf("the output shows a value:\n%s", out)
	}
	return string(out), err == nil
}

type secret struct {
	Value, ContentType string
	Tags               map[string]string
}

func read(t *testing.T, app *wiretest.App, name string) (found secret) {
	t.Helper()
	if got := app.Do(t, "GET", "/secrets/"+name, ""); json.Unmarshal([]byte(got.Body), &found) != nil {
		t.Fatal(got)
	}
	return found
}

func versions(t *testing.T, app *wiretest.App, name string) int {
	t.Helper()
	return strings.Count(app.Do(t, "GET", "/secrets/"+name+"/versions", "").Body, `"id":`)
}

func TestSecretsAreCopied(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	list, batch := printed(t, "list.json"), printed(t, "batch.json")
	if out, ok := run(t, "http://127.0.0.1:1", list, batch, "-n"); !ok || !strings.Contains(out, "shop/api.key -> shop-api-key") {
		t.Errorf("the dry run: %t\n%s", ok, out)
	}
	for range 2 { // the second time, nothing has changed
		out, ok := run(t, app.URL, list, batch)
		if !ok || !strings.Contains(out, "shop/db -> shop-db (application/json, 2 tags), rotated every 30 days by arn:aws:lambda:") {
			t.Fatal(out)
		}
	}
	want := map[string]secret{
		"shop-db": {
			`{"engine":"postgres","host":"db.example.com","port":5432,"username":"shop","password":"canary-second"}`,
			"application/json",
			map[string]string{"team": "shop", "env": "prod"},
		},
		"shop-api-key":  {"canary-api", "text/plain", nil},
		"shop-keystore": {"Y2FuYXJ5AP8=", "application/octet-stream;base64", nil},
	}
	for name, want := range want {
		found := read(t, app, name)
		if len(found.Tags) == 0 {
			found.Tags = nil
		}
		if diff := cmp.Diff(want, found); diff != "" || versions(t, app, name) != 1 {
			t.Errorf("%s, %d versions (-want +found):\n%s", name, versions(t, app, name), diff)
		}
	}
}

func TestPagesFollowEachOther(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	second := `{"SecretValues": [{"ARN": "a", "Name": "other", "SecretString": "canary-other"}], "Errors": []}`
	if out, ok := run(t, app.URL, printed(t, "list.json"), printed(t, "batch.json")+second); !ok {
		t.Fatal(out)
	}
	if found := read(t, app, "other"); found.Value != "canary-other" {
		t.Errorf("found %+v", found)
	}
}

func TestNothingIsWrittenIfOneSecretCantBe(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	value := func(name, value string) string {
		return `{"ARN": "` + name + `", "Name": "` + name + `", "SecretString": "canary-` + value + `"}`
	}
	tags := func(pairs ...string) string {
		return `{"SecretList": [{"ARN": "a", "Tags": [` + strings.Join(pairs, ",") + `]}]}`
	}
	var many string
	for i := range 16 {
		many += `{"Key": "k` + string(rune('a'+i)) + `", "Value": "v"},`
	}
	for name, row := range map[string]struct{ list, values, errors, says string }{
		"two that would have one name":   {tags(), value("a/b", "1") + "," + value("A.b", "2"), "", "a/b: another secret would have the name a-b too"},
		"a value that is too large":      {tags(), value("a", strings.Repeat("x", 25600)), "", "more than 25,600 bytes"},
		"a name that is too long":        {tags(), value(strings.Repeat("a", 128), ""), "", "more than 127 characters"},
		"too many tags":                  {tags(strings.TrimSuffix(many, ",")), value("a", ""), "", "more than 15 tags"},
		"a tag that is too long":         {tags(`{"Key": "k", "Value": "` + strings.Repeat("x", 513) + `"}`), value("a", ""), "", "a tag has more than 512"},
		"one that the app's records use": {tags(), value("db/-pending", ""), "", "the name db--pending is that of a record of the app"},
		"one without a value":            {tags(), `{"ARN": "a", "Name": "a"}`, "", "it has no value"},
		"one that AWS refused":           {tags(), value("a", ""), `{"SecretId": "b", "ErrorCode": "AccessDeniedException"}`, "b: AccessDeniedException"},
	} {
		t.Run(name, func(t *testing.T) {
			good := value("good", "good")
			out, ok := run(t, app.URL, row.list, `{"SecretValues": [`+good+`,`+row.values+`], "Errors": [`+row.errors+`]}`)
			if ok || !strings.Contains(out, row.says) {
				t.Errorf("succeeded: %t, want %q in\n%s", ok, row.says, out)
			}
			if got := app.Do(t, "GET", "/secrets/good", ""); got.Status != 404 {
				t.Errorf("a secret was written: %v", got)
			}
		})
	}
}

// answering is an app that gives every request one answer, but says of every secret that it does
// not exist.
func answering(t *testing.T, status int, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Location", "https://elsewhere.test/")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestWhatTheAppDoesNotConfirmIsAFailure(t *testing.T) {
	for name, row := range map[string]struct {
		status     int
		body, says string
	}{
		"a refusal":                     {403, `{"error":{"code":"Forbidden"}}`, `the app answers 403: {"code":"Forbidden"}`},
		"a redirect, such as to https":  {301, "", "the app answers 301"},
		"a page, such as one to log in": {200, "<html>canary</html>", "the app answers 200"},
	} {
		t.Run(name, func(t *testing.T) {
			out, ok := run(t, answering(t, row.status, row.body), printed(t, "list.json"), printed(t, "batch.json"))
			if ok || !strings.Contains(out, "copy: shop-db: "+row.says) || strings.Contains(out, "->") {
				t.Errorf("succeeded: %t\n%s", ok, out)
			}
		})
	}
}

func TestAnInputWithoutSecretsIsAFailure(t *testing.T) {
	for name, row := range map[string]struct{ list, pages, says string }{
		"the AWS CLI failed":       {`{"SecretList": []}`, "", "the input has no secrets"},
		"a filter that fits none":  {`{"SecretList": []}`, `{"SecretValues": [], "Errors": []}`, "the input has no secrets"},
		"get-secret-value":         {`{"SecretList": []}`, `{"Name": "a", "SecretString": "canary"}`, "the input has no secrets"},
		"a list of something else": {`{}`, `{"SecretValues": [{"Name": "a", "SecretString": "canary"}]}`, "list.json is not what"},
	} {
		t.Run(name, func(t *testing.T) {
			if out, ok := run(t, "http://127.0.0.1:1", row.list, row.pages, "-n"); ok || !strings.Contains(out, row.says) {
				t.Errorf("succeeded: %t\n%s", ok, out)
			}
		})
	}
}

// AWS still has the value from before the rotation, and not the tags that direct it.
func TestASecretThatRotatesHereIsNotOverwritten(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	list, batch := printed(t, "list.json"), printed(t, "batch.json")
	tags := `{"Rotator": "random", "ValidityPeriodDays": "60"}`
	if got := app.Do(t, "PUT", "/secrets/shop-api-key", `{"value": "rotated", "tags": `+tags+`}`); got.Status != 200 {
		t.Fatal(got)
	}
	out, ok := run(t, app.URL, list, batch)
	if ok || !strings.Contains(out, "copy: shop-api-key rotates here") {
		t.Errorf("succeeded: %t\n%s", ok, out)
	}
	if found := read(t, app, "shop-api-key"); found.Value != "rotated" || len(found.Tags) != 2 {
		t.Errorf("found %+v", found)
	}
	if got := app.Do(t, "GET", "/secrets/shop-db", ""); got.Status != 404 {
		t.Errorf("another secret was written: %v", got)
	}
}

// AWS leaves Value out of a tag that has none.
func TestATagWithoutAValueIsCopied(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	out, ok := run(t, app.URL+"/", `{"SecretList": [{"ARN": "a", "Tags": [{"Key": "k"}]}]}`, `{"SecretValues": [{"ARN": "a", "Name": "a", "SecretString": "canary"}]}`)
	if !ok {
		t.Fatal(out)
	}
	if diff := cmp.Diff(map[string]string{"k": ""}, read(t, app, "a").Tags); diff != "" {
		t.Error(diff)
	}
}
