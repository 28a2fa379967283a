package main

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"rotunda/internal/wiretest"
)

func TestKeys(t *testing.T) {
	found, out := start(t, "-keys") // its quickstart uses one
	if found.Keys == nil {
		t.Fatal("the ready file has no keys")
	}
	app := wiretest.App{URL: found.App}
	reads := found.Keys.Functions["getsecret"]
	for _, row := range []struct {
		method, path, body, key string
		want                    int
	}{
		{"PUT", "/secrets/a", `{"value":"canary-a"}`, "", 401},
		{"PUT", "/secrets/a", `{"value":"canary-a"}`, reads, 401},
		{"PUT", "/secrets/a", `{"value":"canary-a"}`, found.Keys.Functions["setsecret"], 200},
		{"GET", "/secrets/a", "", "", 401},
		{"GET", "/secrets/a", "", reads, 200},
		{"GET", "/secrets/a", "", found.Keys.Host, 200},
		{"GET", "/secrets/a", "", found.Keys.Master, 200},
		{"GET", "/secrets", "", reads, 401},
		{"GET", "/health", "", "", 200},
	} {
		if got := app.Do(t, row.method, row.path, row.body, "x-functions-key: "+row.key); got.Status != row.want {
			t.Errorf("%s %s with %q: %d, want %d", row.method, row.path, row.key, got.Status, row.want)
		}
	}
	for _, key := range []string{reads, found.Keys.Host, found.Keys.Master} {
		if key == "" || strings.Contains(out.String(), key) {
			t.Errorf("the key %q is empty, or on the terminal", key)
		}
	}
}

func TestTheReadyFileIsOnlyForItsUser(t *testing.T) {
	file := t.TempDir() + "/ready.json"
	if err := writeReadyFile(file, addresses{PID: 1}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if removeOwnReadyFile(file); !exists(file) {
		t.Error("another run's file was removed")
	}
}

func TestControlStopsTheRun(t *testing.T) {
	ready := t.TempDir() + "/ready.json"
	if err := os.WriteFile(ready, []byte(`{"pid":1,"app":"http://old"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	out, ended := &wiretest.Log{}, make(chan error, 1)
	go func() {
		ended <- run(t.Context(), []string{"-addr", "127.0.0.1:0", "-quickstart=false", "-ready-file", ready}, out, out)
	}()
	if !out.Await("Serving until Ctrl-C", ended) {
		t.Fatalf("run ended: %v\n%s", <-ended, out)
	}
	control := readReady(t, ready).Control
	if got := (&wiretest.App{URL: control}).Do(t, http.MethodPost, "/stop", ""); got.Status != http.StatusAccepted {
		t.Error(got)
	}
	if err := <-ended; err != nil || exists(ready) {
		t.Errorf("it ended with %v; the ready file exists: %t", err, exists(ready))
	}
}

// The addresses of an earlier run lead nowhere, even if this one fails.
func TestAnOldReadyFileIsRemovedFirst(t *testing.T) {
	ready := t.TempDir() + "/ready.json"
	if err := os.WriteFile(ready, []byte(`{"pid":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), []string{"-addr", "nowhere.invalid:1", "-ready-file", ready}, &strings.Builder{}, &strings.Builder{}); err == nil {
		t.Error("no error")
	}
	if exists(ready) {
		t.Error("it stays")
	}
}
