package settings_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rotunda/internal/settings"
)

func TestWhereRotationsMayConnect(t *testing.T) {
	const hosts = "postgres://db.example.com, rediss://*.example.com:6380,mysql://[::1]"
	folder := t.TempDir()
	s, err := load(map[string]string{
		settings.KeyVaultName: "contoso", settings.RotationProviderHosts: hosts, settings.RotationCAFolder: folder, settings.RotationPlaintext: "true",
	})
	if r := s.Rotation; err != nil || r.ProviderHosts != hosts || r.CAFolder != folder || !r.Plaintext {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestAnAudienceBelongsToAServer(t *testing.T) {
	s, err := load(map[string]string{
		settings.KeyVaultName: "contoso", settings.WebhookAudiences: "https://hooks.example.com=api://rotation-hook, https://[::1]:8443=api://6f1c2d3e-4b5a-4c6d-8e9f-0a1b2c3d4e5f",
	})
	want := []settings.WebhookAudience{
		{Server: "https://hooks.example.com", Audience: "api://rotation-hook"},
		{Server: "https://[::1]:8443", Audience: "api://6f1c2d3e-4b5a-4c6d-8e9f-0a1b2c3d4e5f"},
	}
	if err != nil || !slices.Equal(s.Rotation.WebhookAudiences, want) {
		t.Errorf("%+v, %v", s.Rotation.WebhookAudiences, err)
	}
}

func TestCooldownOutlastsFunctionTimeout(t *testing.T) {
	const eventLimit = 25 * time.Second
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "host.json"), []byte("\xef\xbb\xbf"+`{"version":"2.0", // as the host reads it
		"functionTimeout":"00:07:00",}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		given           map[string]string
		says            string
		cooldown, limit time.Duration
	}{
		"nothing is known of the host":   {nil, "", time.Hour, eventLimit},
		"host.json in the app root":      {map[string]string{settings.AppRoot: root}, "", 14 * time.Minute, eventLimit},
		"a setting overrides host.json":  {map[string]string{settings.AppRoot: root, settings.FunctionTimeout: "00:00:10"}, "", 10 * time.Minute, 8 * time.Second},
		"a cooldown that is too short":   {map[string]string{settings.AppRoot: root, settings.RotationCooldown: "7m"}, "longer than functionTimeout", 0, 0},
		"too short, and another problem": {map[string]string{settings.AppRoot: root, settings.RotationCooldown: "7m", settings.RotationGrace: "x"}, "longer than functionTimeout", 0, 0},
		"a timeout without a limit":      {map[string]string{settings.FunctionTimeout: "-1"}, "needs a limit", 0, 0},
		"a timeout of zero":              {map[string]string{settings.FunctionTimeout: "00:00:00"}, "needs a limit", 0, 0},
		"an app root that is not there":  {map[string]string{settings.AppRoot: filepath.Join(root, "no")}, "can't be read", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := load(row.given)
			if row.says != "" {
				if err == nil || !strings.Contains(err.Error(), row.says) {
					t.Errorf("got %v, want %q", err, row.says)
				}
				return
			}
			if r := s.Rotation; err != nil || r.Cooldown != row.cooldown || r.AttemptLimit != row.limit {
				t.Errorf("got cooldown %s and limit %s, %v", r.Cooldown, r.AttemptLimit, err)
			}
		})
	}
}

func TestLocksAreKeptWhereTheHostKeepsItsOwn(t *testing.T) {
	locks := filepath.Join(t.TempDir(), "not", "there", "yet")
	for name, row := range map[string]struct {
		given           map[string]string
		account, folder string
	}{
		"the host's account":       {map[string]string{settings.StorageAccountName: "hosts"}, "hosts", ""},
		"an account of its own":    {map[string]string{settings.StorageAccountName: "hosts", settings.RotationLockAccount: "own"}, "own", ""},
		"a folder, on one machine": {map[string]string{settings.StorageAccountName: "hosts", settings.RotationLockFolder: locks}, "", locks},
		"nowhere: rotation is off": {nil, "", ""},
	} {
		s, err := load(row.given)
		if r := s.Rotation; err != nil || r.LockAccount != row.account || r.LockFolder != row.folder {
			t.Errorf("%s: %q, %q, %v", name, r.LockAccount, r.LockFolder, err)
		}
	}
	if left, err := os.ReadDir(locks); err != nil || len(left) > 0 {
		t.Errorf("the folder of the locks: %v, %v", left, err)
	}
	_, err := load(map[string]string{settings.RotationLockAccount: "account", settings.RotationLockFolder: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "both set") {
		t.Error(err)
	}
	_, err = load(map[string]string{settings.RotationLockAccount: "My-Account", settings.RotationLockFolder: t.TempDir()})
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 2 {
		t.Errorf("two problems are in %d lines: %v", len(lines), err)
	}
}
