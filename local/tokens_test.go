package main

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rotunda/internal/audit"
	"rotunda/internal/needed"
	"rotunda/internal/standin"
	"rotunda/internal/wiretest"
)

func TestTokens(t *testing.T) {
	found, out := start(t, "-sign-in", "tokens")
	for _, want := range []string{
		"app      https://rotunda.contoso.test/api", `reader  GET    /api/secrets/payments-db                             200  value "a round vault"`,
		"403  Forbidden: Caller is not authorized", "Action: getSecret. Resource: shop-ci-npm", "Resource: payments-db",
		`github  GET    /api/secrets/shop-ci-npm                             200  value "another"`,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
	if found.AppURL != standin.AppURL || found.Audience != standin.Audience || !strings.HasPrefix(found.Authority, "https://login.microsoftonline.com/") {
		t.Errorf("the ready file says %+v", found)
	}
	for _, name := range []string{admin, reader, nobody} {
		caller := found.Callers[name]
		if caller.TenantID == "" || caller.ClientID == "" || caller.ObjectID == "" || caller.ClientSecret == "" || !strings.HasSuffix(found.Authority, caller.TenantID) {
			t.Errorf("the ready file says of %s %+v", name, caller)
		}
		if strings.Contains(out.String(), caller.ClientSecret) {
			t.Errorf("the output shows the secret of %s", name)
		}
	}
	for _, path := range []string{"/secrets/payments-db", "/access"} {
		got := (&wiretest.App{URL: found.App}).Do(t, http.MethodGet, path, "")
		if want := `Bearer authorization="` + found.Authority + `", resource="` + found.Audience + `"`; got.Status != 401 || got.Header.Get("WWW-Authenticate") != want {
			t.Errorf("without a token, %s: %v with the challenge %s, want %s", path, got, got.Header.Get("WWW-Authenticate"), want)
		}
	}
	if out := runPrograms(t, out.String()); !strings.HasPrefix(out, "a round vault\na round vault\n") || !strings.Contains(out, `"code": "ForbiddenByRules"`) {
		t.Errorf("the programs printed %s", out)
	}
	checkAudit(t, found)
	runAction(t, filepath.Join(filepath.Dir(found.CA), workflow+".env"))
}

// runAction runs the script of the action in action.yml, with the workflow's file of settings.
func runAction(t *testing.T, settings string) {
	t.Helper()
	variables := filepath.Join(t.TempDir(), "env")
	command := exec.CommandContext(t.Context(), "bash", "-c", `. "$1" && bash action/read.sh`, "bash", settings)
	command.Dir = needed.Root(t)
	command.Env = append(os.Environ(), "GITHUB_ENV="+variables, "GITHUB_OUTPUT="+os.DevNull, "ROTUNDA_SECRETS=NPM_TOKEN="+unreadable)
	if out, err := command.CombinedOutput(); err != nil || !strings.HasSuffix(string(out), "\nRead 1 of 1 secrets.\n") {
		t.Errorf("the action: %v\n%s", err, out)
	}
	if text, err := os.ReadFile(variables); err != nil || !strings.Contains(string(text), "\nanother\n") {
		t.Errorf("the action set %q (%v)", text, err)
	}
}

// Without an audit, no folder is named that does not exist.
func TestTokensWithoutAudit(t *testing.T) {
	found, out := start(t, "-sign-in", "tokens", "-quickstart=false", "-set", "AUDIT_FOLDER=")
	if found.Audit != "" || !strings.Contains(out.String(), "audit    none, as AUDIT_FOLDER is empty") || strings.Contains(out.String(), "go run ./audit") {
		t.Errorf("the ready file says %q, and the output\n%s", found.Audit, out)
	}
}

// runPrograms runs the programs as they are printed, in the repository's folder.
func runPrograms(t *testing.T, printed string) string {
	t.Helper()
	needed.Python(t)
	needed.Client(t, "js", "node_modules")
	_, programs, _ := strings.Cut(printed, "\n# Python")
	programs, _, _ = strings.Cut(programs, "\nThe audit")
	command := exec.CommandContext(t.Context(), "bash")
	command.Dir, command.Stdin = needed.Root(t), strings.NewReader("# Python"+programs)
	out, err := command.CombinedOutput()
	if _, refused := errors.AsType[*exec.ExitError](err); !refused { // the last one
		t.Errorf("the programs ended with %v", err)
	}
	return string(out)
}

// checkAudit checks that the audit has what the quickstart and the programs did, and verifies.
func checkAudit(t *testing.T, found addresses) {
	t.Helper()
	folder, err := audit.OpenFolder(found.Audit)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{"github:" + shop.Repository + ":" + shop.Ref: workflow}
	for name, caller := range found.Callers {
		names["oid:"+caller.ObjectID] = name
	}
	type decision struct {
		who, secret string
		allowed     bool
	}
	decisions := map[decision]int{}
	report, err := audit.Verify(t.Context(), folder, audit.Options{Each: func(_ string, r audit.Record) {
		decisions[decision{names[r.Caller], r.Secret, r.Allowed}]++
	}})
	if err != nil || report.Problems != nil {
		t.Errorf("the audit does not verify: %v, %v", err, report.Problems)
	}
	want := map[decision]int{
		{admin, readable, true}: 2, {admin, unreadable, true}: 2, // sets that may recover
		{reader, readable, true}: 3, {reader, unreadable, false}: 1, {nobody, readable, false}: 2,
		{workflow, unreadable, true}: 1,
	}
	if diff := cmp.Diff(want, decisions, cmp.AllowUnexported(decision{})); diff != "" {
		t.Errorf("the audit has (-want +found):\n%s", diff)
	}
}
