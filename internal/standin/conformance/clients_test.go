package conformance_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rotunda/internal/audit"
	"rotunda/internal/needed"
	"rotunda/internal/standin"
	"rotunda/internal/standin/keyvault"
	"rotunda/internal/wiretest"
)

// library is one of Microsoft's client libraries, with a program that tries all its operations.
type library struct {
	operations []string // all of its client's, sorted; the program compares, too
	program    func(t *testing.T) *exec.Cmd
}

// camelCase are the operations of the clients in JavaScript and Java.
var camelCase = []string{
	"backupSecret", "beginDeleteSecret", "beginRecoverDeletedSecret", "getDeletedSecret", "getSecret", "listDeletedSecrets",
	"listPropertiesOfSecretVersions", "listPropertiesOfSecrets", "purgeDeletedSecret", "restoreSecretBackup", "setSecret",
	"updateSecretProperties",
}

var libraries = map[string]library{
	"Go azsecrets":                         {goOperations(), goProgram},
	"JavaScript @azure/keyvault-secrets":   {camelCase, javaScriptProgram},
	"Python azure-keyvault-secrets":        {snakeCase(camelCase), pythonProgram},
	"Java azure-security-keyvault-secrets": {camelCase, javaProgram},
}

func snakeCase(names []string) (snake []string) {
	for _, name := range names {
		for _, letter := range "ABCDEFGHIJKLMNOPQRSTUVWXYZ" {
			name = strings.ReplaceAll(name, string(letter), "_"+strings.ToLower(string(letter)))
		}
		snake = append(snake, name)
	}
	slices.Sort(snake)
	return snake
}

// TestClients runs all operations of Microsoft's clients, pagers and pollers included, with their
// default options, signed in as a service principal and as a managed identity, against the app
// and, as the control, against a vault. At azurewebsites.net they have the switch that
// docs/access-clients.md names.
func TestClients(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Tokens: true})
	// As the real vault does, so that pollers poll and pagers meet empty pages.
	if err := app.Azure.SetFaults(standin.Faults{Vault: keyvault.Faults{AfterDelete: 3, AfterRecover: 3, EmptyPages: 1}}); err != nil {
		t.Fatal(err)
	}
	where := map[string]string{
		standin.AppURL:                    "https://" + wiretest.Vault + ".vault.azure.net",
		standin.AzureURL:                  "https://" + wiretest.Vault + ".vault.azure.net", // with the switch
		"https://clients.vault.azure.net": "https://clients.vault.azure.net",                // the control
	}
	for _, name := range slices.Sorted(maps.Keys(libraries)) {
		t.Run(name, func(t *testing.T) { libraries[name].try(t, app, where) })
	}
}

// checkAudit checks that the audit knows who the clients were, holds no value and no token, and
// verifies.
func checkAudit(t *testing.T, app *wiretest.App) {
	t.Helper()
	folder, err := audit.OpenFolder(app.AuditFolder)
	if err != nil {
		t.Fatal(err)
	}
	callers := map[string]int{}
	report, err := audit.Verify(t.Context(), folder, audit.Options{Each: func(_ string, r audit.Record) {
		callers[r.Caller]++
		if text := fmt.Sprint(r); strings.Contains(text, wiretest.Canary) || strings.Contains(text, "eyJ") {
			t.Errorf("the audit holds a value or a token: %s", text)
		}
	}})
	if err != nil || report.Problems != nil {
		t.Errorf("the audit does not verify: %v, %v", err, report.Problems)
	}
	principal, identity := "oid:"+app.Callers["admin"].ObjectID, "oid:"+app.Azure.Identity().ObjectID()
	if len(callers) != 2 || callers[principal] == 0 || callers[identity] == 0 {
		t.Errorf("the audit has records of %v, want of %s and %s", callers, principal, identity)
	}
}

// try runs the program once for all targets: starting one costs more than its operations.
func (l library) try(t *testing.T, app *wiretest.App, where map[string]string) {
	t.Helper()
	command := l.program(t)
	var list []string
	want := map[string][]string{}
	for _, url := range slices.Sorted(maps.Keys(where)) {
		list = append(list, url+"="+where[url])
		for _, credential := range []string{"EnvironmentCredential", "ManagedIdentityCredential"} {
			want[url+" "+credential] = l.operations
		}
	}
	command.Env = append(command.Env, environment(app.Azure, app.Callers["admin"], targets+"="+strings.Join(list, " "))...)
	out, err := command.CombinedOutput()
	if diff := cmp.Diff(want, passes(out)); diff != "" || err != nil {
		t.Errorf("%v (-all +passed):\n%s\n%s", err, diff, out)
	}
	checkAudit(t, app)
}

// passes returns the operations that passed, by target and credential.
func passes(out []byte) map[string][]string {
	found := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); len(fields) == 4 && fields[0] == "PASS" {
			key := fields[1] + " " + fields[2]
			found[key] = append(found[key], fields[3])
		}
	}
	for _, operations := range found {
		slices.Sort(operations)
	}
	return found
}

func goProgram(t *testing.T) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	skipWithoutCertFile(t)
	return exec.CommandContext(t.Context(), self)
}

func javaScriptProgram(t *testing.T) *exec.Cmd {
	t.Helper()
	return program(t, "node", "js", "node_modules/@azure/keyvault-secrets", "roundtrip.mjs")
}

func pythonProgram(t *testing.T) *exec.Cmd {
	t.Helper()
	return program(t, "./.venv/bin/python", "python", ".venv/bin/python", "roundtrip.py")
}

func javaProgram(t *testing.T) *exec.Cmd {
	t.Helper()
	command := program(t, "java", "java", "target/lib", "-XX:TieredStopAtLevel=1", "-Djava.net.useSystemProxies=true", "-cp", filepath.Join("target", "lib", "*"), "RoundTrip.java")
	command.Env = []string{"TRUST_STORE=" + filepath.Join(t.TempDir(), "trust.p12")}
	return command
}

// program returns a command in a folder. It skips the test if what set-up installs there is
// missing, except in CI.
func program(t *testing.T, name, folder, installed string, args ...string) *exec.Cmd {
	t.Helper()
	_, err := os.Stat(filepath.Join(folder, installed))
	if err == nil && !strings.HasPrefix(name, ".") {
		name, err = exec.LookPath(name)
	}
	if err != nil {
		needed.Missing(t, "the client in %s is not installed: `make setup` installs it (%v)", folder, err)
	}
	command := exec.CommandContext(t.Context(), name, args...)
	command.Dir = folder
	return command
}
