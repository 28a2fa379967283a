package conformance_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rotunda/internal/needed"
	"rotunda/internal/standin"
	"rotunda/internal/wiretest"
)

const suiteModule = "github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

// theirTests is how many top-level tests azsecrets v1.5.1 has. A different number means that the
// module was upgraded: check the new tests, and correct the number.
const theirTests = 13

// TestAzsecretsSuite runs Microsoft's tests of azsecrets, unmodified, from the module cache, in
// their live mode. Their setup is in Azure/azure-sdk-for-go
// sdk/security/keyvault/azsecrets/utils_test.go.
func TestAzsecretsSuite(t *testing.T) {
	skipWithoutCertFile(t)
	suite := copySuite(t)
	binary := build(t, suite)
	t.Run("Vault", func(t *testing.T) {
		azure := start(t)
		runSuite(t, suite, binary, azure, environment(azure, register(t, azure), "AZURE_KEYVAULT_URL=https://sdktest.vault.azure.net"))
	})
	t.Run("App", func(t *testing.T) {
		app := wiretest.Start(t, wiretest.Options{Tokens: true})
		runSuite(t, suite, binary, app.Azure, environment(app.Azure, app.Callers["admin"], "AZURE_KEYVAULT_URL="+app.TokensURL))
	})
}

func runSuite(t *testing.T, suite, binary string, azure *standin.Azure, env []string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), binary, "-test.v", "-test.timeout=20m")
	command.Dir = suite
	command.Env = append(env, "AZURE_RECORD_MODE=live")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("the suite failed: %v", err)
	}
	passed := names(`(?m)^--- PASS: (Test\w+)`, out)
	if diff := cmp.Diff(listTests(t, binary), passed); diff != "" || len(passed) != theirTests {
		t.Errorf("%d of %d tests passed (-all +passed):\n%s\n%s", len(passed), theirTests, diff, out)
	}
	calls := azure.Vault().Counts().Calls
	for _, operation := range []string{"set", "get", "update", "delete", "recover", "purge", "backup", "restore", "list", "listdeleted", "listversions"} {
		if calls[operation] == 0 {
			t.Errorf("the suite never caused the call %s of the vault: %v", operation, calls)
		}
	}
	t.Logf("Microsoft's azsecrets suite: %d of %d passed", len(passed), theirTests)
}

func skipWithoutCertFile(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		t.Skipf("skipped: Go needs SSL_CERT_FILE to trust the stand-in, and does not read it on %s", runtime.GOOS)
	}
}

// copySuite makes a writable copy of the module: Go does not build tests in the module cache.
func copySuite(t *testing.T) (folder string) {
	t.Helper()
	out, err := needed.Go(t, "", nil, "mod", "download", "-json", suiteModule)
	if err != nil {
		t.Fatal(err)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		t.Fatal(err)
	}
	folder = filepath.Join(t.TempDir(), "suite")
	if err := os.CopyFS(folder, os.DirFS(module.Dir)); err != nil {
		t.Fatal(err)
	}
	return folder
}

func build(t *testing.T, suite string) (binary string) {
	t.Helper()
	binary = filepath.Join(filepath.Dir(suite), "azsecrets.test")
	// Its own dependencies, not ours; built like the handler, to share the build cache.
	env := []string{"GOWORK=off", "CGO_ENABLED=0", "GOFLAGS=-mod=mod -trimpath"}
	if _, err := needed.Go(t, suite, env, "test", "-c", "-o", binary, "."); err != nil {
		t.Fatalf("can't build the suite: %v", err)
	}
	return binary
}

func listTests(t *testing.T, binary string) []string {
	t.Helper()
	command := exec.CommandContext(t.Context(), binary, "-test.list", "^Test")
	command.Env = append(os.Environ(), "AZURE_RECORD_MODE=live")
	command.Dir = filepath.Dir(binary)
	out, err := command.Output()
	if err != nil {
		t.Fatalf("can't list the suite's tests: %v", err)
	}
	return names(`(?m)^(Test\w+)$`, out)
}

// names returns the first groups of a pattern's matches, sorted.
func names(pattern string, text []byte) (found []string) {
	for _, match := range regexp.MustCompile(pattern).FindAllSubmatch(text, -1) {
		found = append(found, string(match[1]))
	}
	slices.SortFunc(found, strings.Compare)
	return found
}
