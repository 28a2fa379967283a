package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rotunda/internal/needed"
)

// repository has everything that a release reads, but for the tools.
var repository = map[string]string{
	"go.mod":                            "module rotunda\n\ngo 1.26.0\n",
	"LICENSE":                           "MIT",
	"host.json":                         `{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "rotunda"}}}`,
	"handler/main.go":                   "package main\n\nimport \"rotunda/internal/version\"\n\nfunc main() { version.Print() }\n",
	"internal/version/version.go":       "package version\n\nvar release string\n\nfunc Print() { println(release) }\n",
	"functions/getsecret/function.json": `{"bindings": [{"type": "httpTrigger", "authLevel": "function"}]}`,
}

func write(t *testing.T, content map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for file, text := range content {
		path := filepath.Join(folder, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// build makes what of a release needs no tool, and returns its files.
func build(t *testing.T, repo string) map[string][]byte {
	t.Helper()
	r := release{repo: repo, tag: "v1.2.3", dir: t.TempDir(), temp: t.TempDir()}
	if err := r.stage(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.collectNotices(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.writeZips(t.Context()); err != nil {
		t.Fatal(err)
	}
	found := map[string][]byte{}
	for _, name := range r.files {
		text, err := os.ReadFile(filepath.Join(r.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		found[name] = text
	}
	return found
}

func TestTwoBuildsInTwoFoldersAreEqual(t *testing.T) {
	first := build(t, write(t, repository))
	older := write(t, repository)
	for file := range repository {
		if err := os.Chtimes(filepath.Join(older, file), time.Unix(0, 0), time.Unix(0, 0)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOAMD64", "v3") // as a machine may have
	t.Setenv("GOFLAGS", "-tags=mine")
	t.Setenv("GOEXPERIMENT", "nodwarf5")
	for name, text := range build(t, older) {
		if !bytes.Equal(text, first[name]) {
			t.Errorf("%s differs", name)
		}
	}
	if len(first) != 3 {
		t.Errorf("there are %d files", len(first))
	}
}

func TestAZipHasWhatTheHostNeeds(t *testing.T) {
	files := build(t, write(t, repository))
	for signIn, level := range map[string]string{"keys": "function", "tokens": "anonymous"} {
		text := files["rotunda_v1.2.3_linux_amd64_"+signIn+".zip"]
		archive, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		modes, texts := map[string]string{}, map[string]string{}
		for _, file := range archive.File {
			modes[file.Name] = file.Mode().String()
			content, err := file.Open()
			if err != nil {
				t.Fatal(err)
			}
			all, err := io.ReadAll(content)
			if err != nil {
				t.Fatal(err)
			}
			texts[file.Name] = string(all)
		}
		want := map[string]string{
			"LICENSE": "-rw-r--r--", noticesFile: "-rw-r--r--", "getsecret/function.json": "-rw-r--r--", "host.json": "-rw-r--r--", "rotunda": "-rwxr-xr-x",
		}
		if diff := cmp.Diff(want, modes); diff != "" {
			t.Errorf("%s (-want +found):\n%s", signIn, diff)
		}
		if got := texts["getsecret/function.json"]; !strings.Contains(got, level) {
			t.Errorf("%s: getsecret is %s", signIn, got)
		}
		if !strings.Contains(texts["rotunda"], "v1.2.3") || !strings.HasPrefix(texts["rotunda"], "\x7fELF") {
			t.Errorf("%s: the binary does not know its version, or is not one for Linux", signIn)
		}
		if !strings.Contains(texts[noticesFile], "The Go Authors") {
			t.Errorf("%s: Go's licence is missing: %.200s", signIn, texts[noticesFile])
		}
	}
}

func TestAModuleWithoutALicenceEndsTheRelease(t *testing.T) {
	folder := write(t, map[string]string{"README.md": "free for all", "license/text": "a folder"})
	if err := addNotices(io.Discard, "example.com/x v1.0.0", folder); err == nil || !strings.Contains(err.Error(), "example.com/x v1.0.0 has no file with a licence") {
		t.Error(err)
	}
	for _, name := range []string{"LICENSE", "LICENCE.md", "license.txt", "COPYING", "LICENSE-MIT", "NOTICE", "THIRD-PARTY-NOTICES", "ThirdPartyNotices.txt"} {
		var text bytes.Buffer
		if err := addNotices(&text, "x", write(t, map[string]string{name: "terms\r\nof " + name})); err != nil || !strings.Contains(text.String(), "terms\nof "+name) {
			t.Errorf("%s: %v: %s", name, err, &text)
		}
	}
}

// Some modules have packages that come from elsewhere.
func TestAPackageWithALicenceOfItsOwnIsNamed(t *testing.T) {
	module := write(t, map[string]string{
		"LICENSE": "outer", "from/there/LICENSE.txt": "inner", "from/there/license.go": "code", "not/linked/LICENSE": "other", "from/NOTICE": "between",
	})
	var text bytes.Buffer
	if err := addNotices(&text, "x", module, filepath.Join(module, "from", "there"), module, filepath.Dir(module)); err != nil {
		t.Fatal(err)
	}
	var found []string
	for line := range strings.Lines(text.String()) {
		if name, is := strings.CutPrefix(line, "x, "); is {
			found = append(found, strings.TrimSpace(name))
		}
	}
	if diff := cmp.Diff([]string{"LICENSE", "from/NOTICE", "from/there/LICENSE.txt"}, found); diff != "" {
		t.Error(diff)
	}
}

// The one that comes with a client of SQL Server is linked.
func TestTheHandlersPackagesAreLinked(t *testing.T) {
	packages, err := linked(t.Context(), needed.Root(t))
	if err != nil || !slices.ContainsFunc(packages, func(folder string) bool { return strings.Contains(folder, "mssql-always-encrypted") }) {
		t.Errorf("%v, %d packages", err, len(packages))
	}
}

func TestWhatIsWrongEndsTheReleaseFirst(t *testing.T) {
	full := write(t, map[string]string{"mine": "x"})
	for name, row := range map[string]struct{ tag, dir, says string }{
		"no version":                 {"", t.TempDir(), "-version"},
		"a version without its v":    {"1.2.3", t.TempDir(), "such as v1.2.3"},
		"a path in place of one":     {"v1.2.3/../x", t.TempDir(), "such as v1.2.3"},
		"a folder that is not empty": {"v1.2.3", full, "not an empty folder"},
	} {
		if files, err := run(t.Context(), ".", row.tag, row.dir); err == nil || !strings.Contains(err.Error(), row.says) || files != nil {
			t.Errorf("%s: %v, %v", name, files, err)
		}
	}
}

// A version names one commit, and nothing that is in nobody else's clone.
func TestAReleaseIsOfItsCommit(t *testing.T) {
	repo := write(t, repository)
	do := func(args ...string) {
		t.Helper()
		if _, err := git(t.Context(), repo, append([]string{"-c", "user.name=a", "-c", "user.email=a@contoso.test", "-c", "commit.gpgsign=false"}, args...)...); err != nil {
			t.Fatal(err)
		}
	}
	check := func(tag, says string) {
		t.Helper()
		dir := filepath.Join(t.TempDir(), "release")
		// A release is refused before it is begun; a commit that is right is not built here.
		if err := checkCommit(t.Context(), repo, tag); (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", tag, err, says)
		}
		if says != "" {
			if _, err := run(t.Context(), repo, tag, dir); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: run: %v, want %q", tag, err, says)
			}
		}
	}
	check("v1.2.3", "") // no clone
	do("init", "--quiet")
	do("add", ".")
	do("commit", "--quiet", "--no-verify", "--message", "one")
	check("v1.2.3", "") // no tag
	do("tag", "--annotate", "--message", "v1.2.3", "v1.2.3")
	check("v1.2.3", "")
	do("commit", "--quiet", "--no-verify", "--allow-empty", "--message", "two")
	check("v1.2.3", "the tag v1.2.3 names another commit")
	check("v1.2.4", "")
	if err := os.WriteFile(filepath.Join(repo, "handler", "mine.go"), []byte("package main\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	check("v1.2.4", "handler/mine.go")
	do("add", ".")
	check("v1.2.4", "handler/mine.go")
}

func TestChecksumsAreThoseOfTheFiles(t *testing.T) {
	dir := write(t, map[string]string{"a": "1", "b": "2"})
	if err := writeChecksums(dir, []string{"a", "b"}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, checksums))
	if want := fmt.Sprintf("%x  a\n%x  b\n", sha256.Sum256([]byte("1")), sha256.Sum256([]byte("2"))); err != nil || string(text) != want {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestAnSBOMListsAllThatIsLinked(t *testing.T) {
	info := &debug.BuildInfo{GoVersion: "go1.26.8", Deps: []*debug.Module{
		{Path: "a", Version: "v1.0.0"}, {Path: "b", Version: "v1.0.0", Replace: &debug.Module{Path: "c", Version: "v2.0.0"}},
	}}
	for text, says := range map[string]string{
		`{"components": [{"name": "std", "version": "go1.26.8"}, {"name": "a", "version": "v1.0.0"}, {"name": "c", "version": "v2.0.0"}]}`: "",
		`{"components": [{"name": "a", "version": "v1.0.0"}, {"name": "c", "version": "v2.0.0"}]}`:                                         "list std go1.26.8",
		`{"components": [{"name": "std", "version": "go1.26.8"}, {"name": "a", "version": "v0.9.0"}, {"name": "c", "version": "v2.0.0"}]}`: "list a v1.0.0",
		`{"components": [{"name": "std", "version": "go1.26.8"}, {"name": "a", "version": "v1.0.0"}, {"name": "b", "version": "v1.0.0"}]}`: "list c v2.0.0",
		"no": "not JSON",
	} {
		if err := isComplete([]byte(text), info); (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestAnSBOMDoesNotTellWhoMadeIt(t *testing.T) {
	text, err := withoutTool([]byte(`{"metadata": {"tools": [{"name": "x", "hashes": [1]}], "component": {"hashes": [2]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"metadata": map[string]any{"tools": []any{map[string]any{"name": "x"}}, "component": map[string]any{"hashes": []any{2.0}}}}
	if diff := cmp.Diff(any(want), got); diff != "" {
		t.Error(diff)
	}
}
