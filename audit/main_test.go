package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	"rotunda/internal/access"
	"rotunda/internal/audit"
)

// made writes an audit of two reads and a write, and the log with its heads.
func made(t *testing.T) (dir, log string) {
	t.Helper()
	dir, log = filepath.Join(t.TempDir(), "audit"), filepath.Join(t.TempDir(), "app.jsonl")
	synctest.Test(t, func(t *testing.T) { write(t, dir, log) }) // where no hour ends meanwhile
	return dir, log
}

func write(t *testing.T, dir, log string) {
	t.Helper()
	store, err := audit.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	var lines bytes.Buffer
	l, err := audit.Open(audit.Config{Store: store, Vault: "contoso", Log: slog.New(slog.NewJSONHandler(&lines, nil))})
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range []audit.Record{
		{Caller: "oid:anna", Action: access.GetSecret, Secret: "db", Version: "v1", Allowed: true, Status: 200},
		{Caller: "oid:bert", Action: access.GetSecret, Secret: "db", Version: "v2", Allowed: true, Status: 200},
		{Caller: "oid:bert", Action: access.SetSecret, Secret: "other", Version: "v3", Allowed: true, Status: 200},
	} {
		if err := l.Write(t.Context(), record); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(log, lines.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, &out, &err)
	return code, out.String(), err.String()
}

func TestVerify(t *testing.T) {
	dir, log := made(t)
	code, stdout, stderr := command(t, "verify", "-log", log, dir)
	if code != good || !strings.Contains(stdout, "records: 3, files: 1, instances: 1, heads in logs: 1, problems: 0\n") || !strings.Contains(stdout, "head: contoso/") {
		t.Errorf("%d, %s%s", code, stdout, stderr)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(log, []byte("[2026-11-27T19:46:40.677Z] "+string(text)), 0o600); err != nil { // as Core Tools print it
		t.Fatal(err)
	}
	if code, stdout, stderr = command(t, "verify", "-log", log, dir); code != good || !strings.Contains(stdout, "heads in logs: 1,") {
		t.Errorf("with a prefix: %d, %s%s", code, stdout, stderr)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "contoso", "*", "*.jsonl"))
	text, err = os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files[0], bytes.Replace(text, []byte("oid:bert"), []byte("oid:carl"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, _ = command(t, "verify", dir)
	if code != tampered || !strings.Contains(stdout, "problem: contoso/") || !strings.Contains(stdout, "line 3: the record was changed") {
		t.Errorf("after a change: %d, %s", code, stdout)
	}
	if code, stdout, _ = command(t, "verify", "-since", "2100-01-01", dir); code != good || !strings.Contains(stdout, "files: 0") {
		t.Errorf("since a later day: %d, %s", code, stdout)
	}
}

func TestLastRead(t *testing.T) {
	dir, _ := made(t)
	for args, want := range map[string][]string{
		"":                        {"oid:anna", "oid:bert"},
		"-secret DB":              {"oid:anna", "oid:bert"},
		"-secret other":           nil,
		"-caller oid:anna":        {"oid:anna"},
		"-since 2100-01-01":       nil,
		"-secret db -caller nobo": nil,
	} {
		code, stdout, stderr := command(t, append(append([]string{"last-read"}, strings.Fields(args)...), dir)...)
		var callers []string
		for _, line := range strings.Split(strings.TrimSpace(stdout), "\n")[1:] {
			callers = append(callers, strings.Fields(line)[2])
		}
		if code != good || strings.Join(callers, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %d, %s%s", args, code, stdout, stderr)
		}
	}
}

func TestMistakes(t *testing.T) {
	dir, _ := made(t)
	empty := filepath.Join(t.TempDir(), "app.jsonl")
	if err := os.WriteFile(empty, []byte(`{"msg":"request","secret":"audit head"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"":                                       "usage:",
		"check " + dir:                           "usage:",
		"verify":                                 "name one place",
		"verify a b":                             "name one place",
		"verify -since yesterday " + dir:         "invalid value",
		"verify -log nowhere.log " + dir:         "nowhere.log",
		"verify -log " + empty + " " + dir:       "no head of the audit in the logs",
		"verify -secret x " + dir:                "not defined",
		"verify " + dir + "2":                    "no such file",
		"verify https://a.blob.core.windows.net": "must be that of a container",
		"verify https://a.blob.core.windows.net/audit?sig=canary": "without a query",
	} {
		code, stdout, stderr := command(t, strings.Fields(args)...)
		if code != failed || !strings.Contains(stderr, want) || stdout != "" || strings.Contains(stderr, "canary") {
			t.Errorf("%s: %d, %s, stderr %s", args, code, stdout, stderr)
		}
	}
}

func TestOpen(t *testing.T) {
	for _, url := range []string{"https://contoso.blob.core.windows.net/rotunda-audit", "https://127.0.0.1:10000/devstoreaccount1/rotunda-audit/"} {
		if _, err := open(url); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
	for host, want := range map[string]cloud.Configuration{
		"a.blob.core.windows.net": cloud.AzurePublic, "a.blob.core.chinacloudapi.cn": cloud.AzureChina, "a.blob.core.usgovcloudapi.net": cloud.AzureGovernment,
	} {
		if got := cloudOf(host); got.ActiveDirectoryAuthorityHost != want.ActiveDirectoryAuthorityHost {
			t.Errorf("%s: %s", host, got.ActiveDirectoryAuthorityHost)
		}
	}
}
