package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"rotunda/functions"
	"rotunda/internal/lease"
	"rotunda/internal/settings"
	"rotunda/internal/wiretest"
)

func TestRoutePrefixIsThatOfHostJSON(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "host.json"))
	if err != nil {
		t.Fatal(err)
	}
	var host struct {
		Extensions struct {
			HTTP struct {
				RoutePrefix string `json:"routePrefix"`
			} `json:"http"`
		} `json:"extensions"`
	}
	if err := json.Unmarshal(text, &host); err != nil {
		t.Fatal(err)
	}
	if got := host.Extensions.HTTP.RoutePrefix; got != functions.RoutePrefix {
		t.Errorf("host.json says %q, functions.RoutePrefix is %q", got, functions.RoutePrefix)
	}
}

func TestAppIsJoinedWithoutCalls(t *testing.T) {
	given := map[string]string{settings.KeyVaultName: "contoso", settings.HandlerPort: "7000", settings.AppRoot: wiretest.AppRoot(t)}
	s, err := settings.Load(func(name string) string { return given[name] })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newApp(s, nil, slog.New(slog.DiscardHandler)); err != nil {
		t.Error(err)
	}
}

func TestLocksFollowTheSettings(t *testing.T) {
	for name, row := range map[string]struct {
		rotation settings.Rotation
		is       func(any) bool
	}{
		"a folder": {settings.Rotation{LockFolder: "/locks"}, func(l any) bool { f, ok := l.(lease.File); return ok && f.Dir == "/locks" }},
		"nowhere":  {settings.Rotation{}, func(l any) bool { _, ok := l.(lease.None); return ok }},
	} {
		locks, err := newLocks(settings.Settings{Rotation: row.rotation}, nil, nil)
		if err != nil || !row.is(locks) {
			t.Errorf("%s: %T, %v", name, locks, err)
		}
	}
}
