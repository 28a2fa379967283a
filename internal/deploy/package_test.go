package deploy_test

import (
	"archive/zip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"rotunda/internal/needed"
	"rotunda/internal/standin/host"
	"rotunda/internal/wiretest"
)

// packageApp runs the hook of azure.yaml with a setting of azd's environment, but leaves dist/ and
// bin/ alone. It returns the package, unpacked.
func packageApp(t *testing.T, setting string) (root string) {
	t.Helper()
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("skipped: the package is for linux/amd64")
	}
	archive, staged := filepath.Join(t.TempDir(), "new", "app.zip"), filepath.Join(t.TempDir(), "dist")
	run := readProject(t).Services["api"].Hooks["prepackage"].Posix.Run
	hook := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(run, "bin/app.zip", archive, 1)+" -o "+staged)
	hook.Dir, hook.Env = needed.Root(t), append(os.Environ(), setting)
	if out, err := hook.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", hook, err, out)
	}
	return unpack(t, archive)
}

// The package that the hook makes is unpacked as the platform does, and runs in the host.
func TestThePackageRuns(t *testing.T) {
	azure := wiretest.StartAzure(t, wiretest.Options{})
	checkAnswers(t, packageApp(t, "SIGN_IN="), azure.Env(wiretest.Vault),
		map[string]int{"/api/health": http.StatusOK, "/api/secrets/nope": http.StatusNotFound})
}

func TestThePackageForTokensRuns(t *testing.T) {
	azure := wiretest.StartAzure(t, wiretest.Options{})
	if _, err := azure.RegisterApp(nil); err != nil {
		t.Fatal(err)
	}
	env := append(azure.Env(wiretest.Vault), azure.SignInEnv()...)
	env = append(env, "ACCESS_RULES_FILE="+filepath.Join(needed.Root(t), "examples", "access.json"), "AUDIT_FOLDER="+t.TempDir())
	checkAnswers(t, packageApp(t, "SIGN_IN=tokens"), env,
		map[string]int{"/api/health": http.StatusOK, "/api/secrets/nope": http.StatusUnauthorized})
}

// checkAnswers starts a package in the host, and checks the statuses of some answers.
func checkAnswers(t *testing.T, root string, env []string, answers map[string]int) {
	t.Helper()
	app, err := host.Load(root)
	if err != nil {
		t.Fatal(err)
	}
	log := &wiretest.Log{}
	running, err := host.Start(t.Context(), app, host.Options{
		Env: append(env, "ROTATION_LOCK_FOLDER="+t.TempDir(), "AzureWebJobs.sweep.Disabled=true"), Stdout: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = running.Close() }()
	if err := running.WaitReady(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	front := httptest.NewServer(running)
	defer front.Close()
	for path, want := range answers {
		answer, err := http.Get(front.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s is %s\n%s", path, answer.Status, log)
		}
	}
}

func TestWithTokensThePackageAsksForNoKey(t *testing.T) {
	definition := filepath.Join("getsecret", "function.json")
	for setting, level := range map[string]string{"SIGN_IN=tokens": "anonymous", "SIGN_IN=keys": "function"} {
		text, err := os.ReadFile(filepath.Join(packageApp(t, setting), definition))
		if err != nil || !strings.Contains(string(text), `"authLevel": "`+level+`"`) {
			t.Errorf("with %s: %v\n%s", setting, err, text)
		}
	}
}

// unpack unpacks with the modes that the archive has.
func unpack(t *testing.T, archive string) (dir string) {
	t.Helper()
	reader, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	dir = t.TempDir()
	for _, file := range reader.File {
		if strings.Contains(file.Name, `\`) || !filepath.IsLocal(file.Name) {
			t.Fatalf("the name %s", file.Name)
		}
		from, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(from)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, filepath.FromSlash(file.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, file.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
