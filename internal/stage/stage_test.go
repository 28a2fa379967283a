package stage_test

import (
	"archive/zip"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rotunda/internal/stage"
)

// repository is a small repository that has everything that staging reads.
var repository = map[string]string{
	"go.mod":                            "module sample\n\ngo 1.26.0\n",
	"host.json":                         `{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath" : "sample"}}}`,
	"handler/main.go":                   "package main\n\nfunc main() { println(\"hello\") }\n",
	"functions/getsecret/function.json": `{"bindings": []}`,
	"functions/getsecret/getsecret.go":  "package getsecret\n",
	"functions/setsecret/function.json": `{"bindings": [1]}`,
	"functions/testdata/scenario.txt":   "GET /",
	"functions/functions.go":            "package functions\n",
}

func TestAnAppRootHasWhatTheHostNeedsAndNoMore(t *testing.T) {
	repo, root := write(t, repository), filepath.Join(t.TempDir(), "new", "app")
	if err := stage.Stage(t.Context(), repo, root, "linux", "amd64"); err != nil {
		t.Fatal(err)
	}
	want := []string{"getsecret/function.json", "host.json", "sample", "setsecret/function.json"}
	if diff := cmp.Diff(want, files(t, root)); diff != "" {
		t.Errorf("files (-want +found):\n%s", diff)
	}
	for _, file := range []string{"host.json", "getsecret/function.json", "setsecret/function.json"} {
		source := filepath.Join(repo, "functions", file)
		if file == "host.json" {
			source = filepath.Join(repo, file)
		}
		if diff := cmp.Diff(read(t, source), read(t, filepath.Join(root, file))); diff != "" {
			t.Errorf("%s differs from its source:\n%s", file, diff)
		}
	}
	if header := read(t, filepath.Join(root, "sample"))[:4]; header != "\x7fELF" {
		t.Errorf("the binary begins with %q, and is not one for Linux", header)
	}
}

func TestTheBinaryRuns(t *testing.T) {
	root := t.TempDir()
	if err := stage.Stage(t.Context(), write(t, repository), root, runtime.GOOS, runtime.GOARCH); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(root, "sample")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	out, err := exec.Command(binary).CombinedOutput()
	if err != nil || string(out) != "hello\n" {
		t.Errorf("the binary said %q (%v)", out, err)
	}
	if info, err := os.Stat(binary); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o755 {
		t.Errorf("the binary's mode is %v (%v), not 0755", info.Mode(), err)
	}
}

func TestOnWindowsTheExecutableHasASuffix(t *testing.T) {
	root := t.TempDir()
	if err := stage.Stage(t.Context(), write(t, repository), root, "windows", "amd64"); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(files(t, root), "sample.exe") {
		t.Errorf("there is no sample.exe, but %v", files(t, root))
	}
	if text := read(t, filepath.Join(root, "host.json")); !strings.Contains(text, `"defaultExecutablePath" : "sample.exe"`) {
		t.Errorf("host.json starts another program: %s", text)
	}
}

func TestWhatCannotBeStagedIsAnErrorThatSaysWhy(t *testing.T) {
	for name, test := range map[string]struct{ file, text, says string }{
		"no host.json":              {"host.json", "", "host.json"},
		"a broken host.json":        {"host.json", "{", "host.json"},
		"no executable":             {"host.json", "{}", "defaultExecutablePath"},
		"an executable in a folder": {"host.json", strings.Replace(repository["host.json"], "sample", "bin/sample", 1), "plain file name"},
		"code that does not build":  {"handler/main.go", "package main\n\nfunc main() { nonsense }\n", "nonsense"},
	} {
		t.Run(name, func(t *testing.T) {
			repo := write(t, repository)
			if err := os.Remove(filepath.Join(repo, test.file)); err != nil {
				t.Fatal(err)
			}
			if test.text != "" {
				put(t, filepath.Join(repo, test.file), test.text)
			}
			err := stage.Stage(t.Context(), repo, t.TempDir(), "linux", "amd64")
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("the error is %v, and does not say %q", err, test.says)
			}
		})
	}
}

func TestARepositoryWithoutFunctionsIsAnError(t *testing.T) {
	repo := write(t, repository)
	if err := os.RemoveAll(filepath.Join(repo, "functions")); err != nil {
		t.Fatal(err)
	}
	if err := stage.Stage(t.Context(), repo, t.TempDir(), "linux", "amd64"); err == nil || !strings.Contains(err.Error(), "function.json") {
		t.Errorf("the error is %v", err)
	}
}

func TestAFolderWithAnythingInItIsLeftAlone(t *testing.T) {
	root := t.TempDir()
	put(t, filepath.Join(root, "gonefunction", "function.json"), "{}")
	if err := stage.Stage(t.Context(), write(t, repository), root, "linux", "amd64"); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("the error is %v", err)
	}
	if diff := cmp.Diff([]string{"gonefunction/function.json"}, files(t, root)); diff != "" {
		t.Errorf("the folder was changed (-want +found):\n%s", diff)
	}
}

func TestAZipHasTheAppRootAndIsTheSameEachTime(t *testing.T) {
	root := t.TempDir()
	if err := stage.Stage(t.Context(), write(t, repository), root, "linux", "amd64"); err != nil {
		t.Fatal(err)
	}
	var packages [2]string
	for i := range packages {
		file := filepath.Join(t.TempDir(), "new", "app.zip")
		if err := stage.Zip(root, file); err != nil {
			t.Fatal(err)
		}
		packages[i] = read(t, file)
		if err := os.Chtimes(filepath.Join(root, "host.json"), time.Time{}, time.Unix(1e9, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if packages[0] != packages[1] {
		t.Error("two packages of one app root differ")
	}
	archive, err := zip.NewReader(strings.NewReader(packages[0]), int64(len(packages[0])))
	if err != nil {
		t.Fatal(err)
	}
	modes := map[string]fs.FileMode{}
	for _, file := range archive.File {
		modes[file.Name] = file.Mode()
	}
	want := map[string]fs.FileMode{"getsecret/function.json": 0o644, "host.json": 0o644, "sample": 0o755, "setsecret/function.json": 0o644}
	if diff := cmp.Diff(want, modes); diff != "" {
		t.Errorf("files and modes (-want +found):\n%s", diff)
	}
}

func TestOnlyAnAppRootIsPacked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "app.zip")
	if err := stage.Zip(t.TempDir(), file); err == nil || !strings.Contains(err.Error(), "host.json") {
		t.Errorf("the error is %v", err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a package was written")
	}
}

func write(t *testing.T, content map[string]string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for file, text := range content {
		put(t, filepath.Join(folder, file), text)
	}
	return folder
}

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// files lists those below a folder, sorted, with slashes.
func files(t *testing.T, folder string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(folder, path)
		found = append(found, filepath.ToSlash(relative))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestTokensOpenEveryFunctionAndBringTheRules(t *testing.T) {
	repo := maps.Clone(repository)
	repo["functions/getsecret/function.json"] = `{"bindings": [{"type": "httpTrigger", "authLevel":  "function"}]}`
	repo["functions/purge/function.json"] = `{"bindings": [{"type": "httpTrigger", "authLevel": "admin"}]}`
	for name, row := range map[string]struct{ rules, fails string }{
		"good rules": {`{"rules": [{"who": ["role:A"], "may": ["getSecret"], "secrets": ["a-*"]}], "tests": [{"who": ["role:A"], "may": ["getSecret a-b"]}]}`, ""},
		"a test that fails": {
			`{"rules": [{"who": ["role:A"], "may": ["getSecret"], "secrets": ["a-*"]}], "tests": [{"who": ["role:A"], "may": ["getSecret b"]}]}`,
			"the test fails: role:A may not getSecret b",
		},
		"no rules":        {"", ""},
		"not JSON at all": {"rules:", "not valid JSON"},
	} {
		if delete(repo, "access.json"); row.rules != "" {
			repo["access.json"] = row.rules
		}
		source, root := write(t, repo), t.TempDir()
		if err := stage.Stage(t.Context(), source, root, "linux", "amd64"); err != nil {
			t.Fatal(err)
		}
		hasRules, err := stage.OpenToTokens(source, root)
		if row.fails != "" {
			if err == nil || !strings.Contains(err.Error(), row.fails) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || hasRules != (row.rules != "") {
			t.Errorf("%s: %v, %v", name, hasRules, err)
		}
		if hasRules && read(t, filepath.Join(root, "access.json")) != row.rules {
			t.Errorf("%s: other rules were staged", name)
		}
		if got := read(t, filepath.Join(root, "getsecret", "function.json")); got != `{"bindings": [{"type": "httpTrigger", "authLevel":  "anonymous"}]}` {
			t.Errorf("%s: getsecret is %s", name, got)
		}
		if got := read(t, filepath.Join(root, "purge", "function.json")); !strings.Contains(got, `"admin"`) {
			t.Errorf("%s: purge is %s", name, got)
		}
	}
}
