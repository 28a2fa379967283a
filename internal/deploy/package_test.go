package deploy_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rotunda/internal/stage"
	"rotunda/internal/standin/host"
	"rotunda/internal/wiretest"
)

func TestMain(m *testing.M) { wiretest.Main(m) }

// The package that the hook makes is unpacked as the platform does, and runs in the host.
func TestThePackageRuns(t *testing.T) {
	archive := filepath.Join(t.TempDir(), "new", "app.zip")
	if err := stage.Zip(wiretest.AppRoot(t), archive); err != nil {
		t.Fatal(err)
	}
	app, err := host.Load(unpack(t, archive))
	if err != nil {
		t.Fatal(err)
	}
	azure := wiretest.StartAzure(t, wiretest.Options{})
	log := &wiretest.Log{}
	running, err := host.Start(t.Context(), app, host.Options{
		Env: append(azure.Env(wiretest.Vault), "ROTATION_LOCK_FOLDER="+t.TempDir(), "AzureWebJobs.sweep.Disabled=true"), Stdout: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	if err := running.WaitReady(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	front := httptest.NewServer(running)
	defer front.Close()
	answer, err := http.Get(front.URL + "/api/health")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("health is %s\n%s", answer.Status, log)
	}
}

// unpack unpacks with the modes that the archive has.
func unpack(t *testing.T, archive string) (dir string) {
	t.Helper()
	reader, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	dir = t.TempDir()
	for _, file := range reader.File {
		if strings.Contains(file.Name, `\`) || filepath.IsAbs(file.Name) {
			t.Errorf("the name %s", file.Name)
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
		if file.Mode().Perm() != 0o644 && (file.Name != "rotunda" || file.Mode().Perm() != 0o755) {
			t.Errorf("%s has the mode %v", file.Name, file.Mode())
		}
	}
	return dir
}

func TestEqualAppRootsMakeEqualPackages(t *testing.T) {
	root, packages := wiretest.AppRoot(t), [2][]byte{}
	for i := range packages {
		archive := filepath.Join(t.TempDir(), "app.zip")
		if err := stage.Zip(root, archive); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(archive)
		if err != nil {
			t.Fatal(err)
		}
		packages[i] = content
	}
	if !bytes.Equal(packages[0], packages[1]) {
		t.Error("two packages of one app root differ")
	}
	if err := stage.Zip(t.TempDir(), filepath.Join(t.TempDir(), "app.zip")); err == nil {
		t.Error("a folder that is not an app root was packed")
	}
}
