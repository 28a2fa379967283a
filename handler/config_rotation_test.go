package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCooldownOutlastsFunctionTimeout(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "host.json"), []byte(`{"version":"2.0","functionTimeout":"00:07:00"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		settings        map[string]string
		says            string
		cooldown, limit time.Duration
	}{
		"nothing is known of the host":  {map[string]string{}, "", time.Hour, eventPatience},
		"host.json in the app root":     {map[string]string{settingAppRoot: root}, "", 14 * time.Minute, eventPatience},
		"a setting beats host.json":     {map[string]string{settingAppRoot: root, settingFunctionTimeout: "00:00:10"}, "", 10 * time.Minute, 8 * time.Second},
		"a cooldown that is too short":  {map[string]string{settingAppRoot: root, settingCooldown: "7m"}, "longer than functionTimeout", 0, 0},
		"a timeout without a bound":     {map[string]string{settingFunctionTimeout: "-1"}, "needs a bound", 0, 0},
		"a timeout that is none":        {map[string]string{settingFunctionTimeout: "00:00:00"}, "needs a bound", 0, 0},
		"an app root that is not there": {map[string]string{settingAppRoot: filepath.Join(root, "no")}, "can't be read", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := loadRotationConfig(func(name string) string { return row.settings[name] })
			if row.says != "" {
				if err == nil || !strings.Contains(err.Error(), row.says) {
					t.Errorf("got %v, want %q", err, row.says)
				}
				return
			}
			if err != nil || c.policy.Cooldown != row.cooldown || c.policy.Limit != row.limit {
				t.Errorf("got cooldown %s and limit %s, %v", c.policy.Cooldown, c.policy.Limit, err)
			}
		})
	}
}

func TestWrongRotationSettings(t *testing.T) {
	for _, row := range []struct {
		name, value, says string
	}{
		{settingLeadDays, "0", "whole number"},
		{settingGrace, "soon", "ROTATION_GRACE"},
		{settingGrace, "2161h", "2160h"},
		{settingLockAccount, "My-Account", "storage account"},
	} {
		_, err := load(map[string]string{settingVaultName: "contoso", row.name: row.value})
		if err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s=%s: %v, want %q", row.name, row.value, err, row.says)
		}
	}
	_, err := load(map[string]string{settingVaultName: "contoso", settingLockAccount: "account", settingLockFolder: "/tmp"})
	if err == nil || !strings.Contains(err.Error(), "both set") {
		t.Error(err)
	}
}

func TestLocksAreWhereTheHostKeepsItsOwn(t *testing.T) {
	for name, row := range map[string]struct {
		settings        map[string]string
		account, folder string
	}{
		"the host's account":       {map[string]string{settingStorageAccount: "hosts"}, "hosts", ""},
		"an account of its own":    {map[string]string{settingStorageAccount: "hosts", settingLockAccount: "own"}, "own", ""},
		"a folder, on one machine": {map[string]string{settingStorageAccount: "hosts", settingLockFolder: "/locks"}, "", "/locks"},
		"nowhere: rotation is off": {map[string]string{}, "", ""},
	} {
		c, err := loadRotationConfig(func(name string) string { return row.settings[name] })
		if err != nil || c.lockAccount != row.account || c.lockFolder != row.folder {
			t.Errorf("%s: %q, %q, %v", name, c.lockAccount, c.lockFolder, err)
		}
	}
}
