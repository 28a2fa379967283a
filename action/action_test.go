// Package action_test runs the action in action.yml as GitHub's runner does, against the app and a
// stand-in for GitHub's provider of tokens.
package action_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rotunda/internal/needed"
	"rotunda/internal/standin"
	"rotunda/internal/standin/github"
	"rotunda/internal/wiretest"
)

func TestMain(m *testing.M) { wiretest.Main(m) }

// rules let the workflow read what is of the shop.
const rules = `{"rules": [
	{"who": ["role:Secrets.Admin"], "may": ["setSecret"], "secrets": ["*"]},
	{"who": ["github:contoso/shop:refs/heads/main"], "may": ["getSecret"], "secrets": ["shop-ci-*"]}
]}`

func start(t *testing.T) (*wiretest.App, runner) { return startFor(t, "refs/heads/main") }

// startFor runs the app, and returns it with a runner whose job may request tokens of a ref.
func startFor(t *testing.T, ref string) (*wiretest.App, runner) {
	t.Helper()
	for _, tool := range []string{"bash", "curl"} {
		needed.Tool(t, tool)
	}
	file := filepath.Join(t.TempDir(), "access.json")
	if err := os.WriteFile(file, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	var provider *github.Provider
	app := wiretest.Start(t, wiretest.Options{
		Tokens: true, Env: []string{"ACCESS_RULES_FILE=" + file, standin.GitHubEnv()},
		Before: func(azure *standin.Azure) {
			var err error
			if provider, err = azure.PublishGitHub(github.Workflow{Repository: "contoso/shop", Ref: ref}); err != nil {
				t.Fatal(err)
			}
		},
	})
	return app, newRunner(t, append(app.Azure.ClientEnv(), provider.Env()...)...)
}

func set(t *testing.T, app *wiretest.App, name, value string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"value": value})
	if err != nil {
		t.Fatal(err)
	}
	if got := app.Do(t, http.MethodPut, "/secrets/"+name, string(body), app.Authorization(t, "admin")); got.Status != http.StatusOK {
		t.Fatalf("set %s: %v", name, got)
	}
}

func inputs(secrets string) map[string]string {
	return map[string]string{"url": standin.AppURL, "audience": standin.Audience, "secrets": secrets}
}

// values are those that are hard to carry through a shell, a file of the runner, and JSON.
var values = map[string]string{
	"shop-ci-npm":      "canary-npm",
	"shop-ci-newlines": "canary-first\ncanary-second\n\n",
	"shop-ci-crlf":     "canary-first\r\ncanary-second\r\n",
	"shop-ci-json":     "{\n\t\"canary\": \"canary-\\\"quoted\\\"\",\n\t\"b\": [1]\n}\n",
	"shop-ci-shell":    "canary-$(id) `id` ${PATH} 'a' \"b\" \\n & ; * %0A %25 :: ::add-mask::x",
	"shop-ci-control":  "canary-\x01\x1b[31m\x7f",
	"shop-ci-text":     "canary-ü€\n\u2028canary-line",
	"shop-ci-spaces":   "  canary-spaces  ",
	"shop-ci-heredoc":  "canary-a\nEOF\nrotunda_\nNAME=canary-b\n",
	"shop-ci-empty":    "",
	"shop-ci-long":     strings.Repeat("canary-long ", 2000),
}

func TestSecretsReachTheJobAsTheyAre(t *testing.T) {
	app, runner := start(t)
	lines, env := "# the shop's\n\n", map[string]string{}
	for i, name := range slices.Sorted(maps.Keys(values)) {
		set(t, app, name, values[name])
		variable := "SECRET_" + string(rune('A'+i))
		lines += "  " + variable + " = " + name + "\r\n"
		env[variable] = values[name]
	}
	job := runner.run(t, inputs(lines))
	if !job.ok {
		t.Fatalf("the step failed:\n%s", job.log)
	}
	if diff := cmp.Diff(env, job.env); diff != "" {
		t.Errorf("the variables (-want +set):\n%s", diff)
	}
	var output map[string]string
	if err := json.Unmarshal([]byte(job.outputs["secrets"]), &output); err != nil {
		t.Fatalf("the output is not JSON: %v", err)
	}
	if diff := cmp.Diff(values, output); diff != "" {
		t.Errorf("the output (-want +set):\n%s", diff)
	}
	checkLog(t, job)
}

// checkLog checks that the job's log shows no value and no token, whatever follows.
func checkLog(t *testing.T, job job) {
	t.Helper()
	for line := range strings.Lines(job.log) {
		if strings.Contains(line, "canary-") || strings.Contains(line, "eyJ") || strings.Contains(line, "request-") {
			t.Errorf("the log shows %q", line)
		}
	}
}

func TestASecretAloneIsOnlyInTheOutput(t *testing.T) {
	app, runner := start(t)
	set(t, app, "shop-ci-npm", "canary-old")
	version := app.Do(t, http.MethodPut, "/secrets/shop-ci-npm", `{"value":"canary-new"}`, app.Authorization(t, "admin"))
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(version.Body), &made); err != nil {
		t.Fatal(err)
	}
	name := "shop-ci-npm/" + made.ID[strings.LastIndex(made.ID, "/")+1:]
	set(t, app, "shop-ci-npm", "canary-newest")
	job := runner.run(t, inputs("shop-ci-npm\n"+name))
	if want := `{"shop-ci-npm":"canary-newest","` + name + `":"canary-new"}`; !job.ok || job.outputs["secrets"] != want || len(job.env) > 0 {
		t.Errorf("ok %t, the output is %s, the variables are %v", job.ok, job.outputs["secrets"], job.env)
	}
	checkLog(t, job)
}

func TestWhatCannotBeReadFailsTheStepAndSaysWhy(t *testing.T) {
	app, allowed := start(t)
	set(t, app, "shop-ci-npm", "canary-npm")
	set(t, app, "payments-db", "canary-db")
	set(t, app, "shop-ci-zero", "canary-\x00zero")
	withoutToken := newRunner(t, app.Azure.ClientEnv()...)
	wrongRequest := newRunner(t, append(slices.Clone(allowed.env), "ACTIONS_ID_TOKEN_REQUEST_TOKEN=wrong")...)
	with := func(name, value string) map[string]string {
		changed := inputs("NPM=shop-ci-npm")
		changed[name] = value
		return changed
	}
	for name, row := range map[string]struct {
		runner runner
		inputs map[string]string
		says   string
	}{
		"a secret that no rule allows":         {allowed, inputs("A=shop-ci-npm\nDB=payments-db"), `This rule would allow it: {\"who\": [\"github:contoso/shop:refs/heads/main\"]`},
		"a secret that is missing":             {allowed, inputs("shop-ci-nothing"), "SecretNotFound"},
		"a value that no variable can hold":    {allowed, inputs("Z=shop-ci-zero"), "shop-ci-zero holds a zero byte"},
		"a name that is not one":               {allowed, inputs("shop_ci"), `"shop_ci"`},
		"a path in place of a name":            {allowed, inputs("../health"), `"../health"`},
		"a variable that is not one":           {allowed, inputs("1A=shop-ci-npm"), `"1A=shop-ci-npm"`},
		"a variable of the runner":             {allowed, inputs("GITHUB_TOKEN=shop-ci-npm"), "sets GITHUB_TOKEN"},
		"no secrets":                           {allowed, inputs("# none\n"), "secrets is empty"},
		"an address without TLS":               {allowed, with("url", "http://rotunda.contoso.test/api"), "must begin with https://"},
		"an address where nobody is":           {allowed, with("url", "https://nobody.contoso.test/api"), "check the input url"},
		"no audience":                          {allowed, with("audience", ""), "audience is empty"},
		"another audience":                     {allowed, with("audience", "https://contoso.test/other"), "status 401"},
		"a job without the permission":         {withoutToken, inputs("NPM=shop-ci-npm"), "id-token: write"},
		"a request that GitHub does not grant": {wrongRequest, inputs("NPM=shop-ci-npm"), "refused the workflow's token with status 401"},
	} {
		t.Run(name, func(t *testing.T) {
			job := row.runner.run(t, row.inputs)
			if job.ok || !strings.Contains(job.log, "##[error]") || !strings.Contains(job.log, row.says) {
				t.Errorf("ok %t, and the log does not say %q:\n%s", job.ok, row.says, job.log)
			}
			if job.outputs["secrets"] != "" || len(job.env) > 0 {
				t.Errorf("the output is %q, and the variables are %v", job.outputs["secrets"], job.env)
			}
			checkLog(t, job)
		})
	}
}

// What answers at the address may be something else than the app. Its answer is not shown if it
// may hold a value, and the token is sent nowhere else.
func TestWhatIsNotTheAppGetsNoFurther(t *testing.T) {
	app, runner := start(t)
	var elsewhere atomic.Bool
	err := app.Azure.Publish(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/odd/secrets/shop-ci-npm":
			w.WriteHeader(http.StatusNonAuthoritativeInfo)
			_, _ = w.Write([]byte("canary-odd"))
		case "/page/secrets/shop-ci-npm":
			_, _ = w.Write([]byte("<!DOCTYPE html><title>canary-page</title>"))
		case "/busy/secrets/shop-ci-npm":
			w.Header().Set("Retry-After", "86400")
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/moved/secrets/shop-ci-npm":
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		case "/long/secrets/shop-ci-npm":
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(strings.Repeat("no ", 100_000)))
		default:
			elsewhere.Store(true)
		}
	}), "proxy.contoso.test")
	if err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{
		"odd": "status 203", "page": "status 200 and text/html", "moved": "status 302", "long": "status 403: no no", "busy": "status 503",
	} {
		in := inputs("NPM=shop-ci-npm")
		in["url"] = "https://proxy.contoso.test/" + path
		job := runner.run(t, in)
		if job.ok || !strings.Contains(job.log, says) || len(job.log) > 4000 || len(job.env) > 0 {
			t.Errorf("%s: ok %t, and the log is\n%.5000s", path, job.ok, job.log)
		}
		checkLog(t, job)
	}
	if elsewhere.Load() {
		t.Error("the action followed a redirect")
	}
}

// The tools of macOS write what those of Linux do, but with spaces before a number.
func TestTheToolsOfMacOSDo(t *testing.T) {
	app, runner := start(t)
	set(t, app, "shop-ci-npm", "canary-npm")
	wc, err := exec.LookPath("wc")
	if err != nil {
		t.Skipf("skipped: %v", err)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "wc"), []byte("#!/bin/sh\nprintf '%8s\\n' \"$('"+wc+"' \"$@\")\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+string(os.PathListSeparator)+os.Getenv("PATH"))
	if job := runner.run(t, inputs("NPM=shop-ci-npm")); !job.ok || job.env["NPM"] != "canary-npm" {
		t.Errorf("ok %t, and the log is\n%s", job.ok, job.log)
	}
}

// Another branch is another caller.
func TestAWorkflowOfAnotherBranchIsRefused(t *testing.T) {
	app, runner := startFor(t, "refs/heads/topic")
	set(t, app, "shop-ci-npm", "canary-npm")
	job := runner.run(t, inputs("NPM=shop-ci-npm"))
	if job.ok || !strings.Contains(job.log, "status 403") || !strings.Contains(job.log, "github:contoso/shop:refs/heads/topic") {
		t.Errorf("ok %t, and the log is\n%s", job.ok, job.log)
	}
	checkLog(t, job)
}
