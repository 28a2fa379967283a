package conformance_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rotunda/internal/standin"
	"rotunda/internal/standin/keyvault"
)

// theirOperations are all operations of SecretClient in @azure/keyvault-secrets 4.12, sorted.
var theirOperations = []string{
	"backupSecret", "beginDeleteSecret", "beginRecoverDeletedSecret", "getDeletedSecret", "getSecret", "listDeletedSecrets",
	"listPropertiesOfSecretVersions", "listPropertiesOfSecrets", "purgeDeletedSecret", "restoreSecretBackup", "setSecret",
	"updateSecretProperties",
}

// TestJavaScriptClient runs all operations of Microsoft's JavaScript client.
func TestJavaScriptClient(t *testing.T) {
	node := findNode(t)
	for name, faults := range map[string]keyvault.Faults{
		"AtOnce":             {},
		"AsTheRealVaultDoes": {AfterDelete: 3, AfterRecover: 3, EmptyPages: 1}, // so that its pollers poll
	} {
		t.Run(name, func(t *testing.T) {
			azure := start(t)
			if err := azure.SetFaults(standin.Faults{Vault: faults}); err != nil {
				t.Fatal(err)
			}
			roundTrip(t, node, azure)
		})
	}
}

func roundTrip(t *testing.T, node string, azure *standin.Azure) {
	t.Helper()
	command := exec.CommandContext(t.Context(), node, "roundtrip.mjs")
	command.Dir = "js"
	command.Env = environment(azure, "KEY_VAULT_URL=https://jstest.vault.azure.net", "NODE_EXTRA_CA_CERTS="+azure.CAFile())
	out, err := command.CombinedOutput()
	passed := names(`(?m)^PASS (\w+)`, out)
	if diff := cmp.Diff(theirOperations, passed); diff != "" || err != nil {
		t.Errorf("%d of %d operations passed (%v; -all +passed):\n%s\n%s", len(passed), len(theirOperations), err, diff, out)
	}
	t.Logf("@azure/keyvault-secrets: %d of %d operations passed", len(passed), len(theirOperations))
}

// findNode skips the test if the client is not installed, except in CI.
func findNode(t *testing.T) string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join("js", "node_modules", "@azure", "keyvault-secrets"))
	}
	if err == nil {
		return node
	}
	const remedy = "the JavaScript client needs Node 20 and its packages: `make setup` installs them"
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s (%v)", remedy, err)
	}
	t.Skipf("skipped: %s (%v)", remedy, err)
	return ""
}
