package settings_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rotunda/internal/settings"
)

// load loads settings, with a vault and a port unless they name others.
func load(given map[string]string) (settings.Settings, error) {
	all := map[string]string{settings.HandlerPort: "7000"}
	if given[settings.KeyVaultURL] == "" {
		all[settings.KeyVaultName] = "contoso"
	}
	maps.Copy(all, given)
	return settings.Load(func(name string) string { return all[name] })
}

func TestDefaults(t *testing.T) {
	s, err := load(nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.Port != 7000 || s.Cache.TTL.String() != "1m0s" || s.Cache.MaxStale.String() != "5m0s" || s.Cache.MaxEntries != 10_000 ||
		s.Cache.MaxBytes != 32<<20 || s.Vault.CallsPerSecond != 200 || s.LogLevel.String() != "INFO" ||
		s.Rotation.Lead.Hours() != 30*24 || s.Rotation.Grace.Hours() != 24 || s.Removed != nil ||
		s.Telemetry.Endpoint != "" || s.Telemetry.Service != "rotunda" || s.Telemetry.Share != 0.01 || s.Telemetry.IgnoreParent {
		t.Errorf("%+v", s)
	}
}

func TestARemovedSettingIsNamed(t *testing.T) {
	s, err := load(map[string]string{"ROTATION_SWEEP_SCHEDULE": "0 0 * * * *"})
	if err != nil || len(s.Removed) != 1 || !strings.Contains(s.Removed[0], "ROTATION_SWEEP_SCHEDULE has no effect") {
		t.Errorf("%q, %v", s.Removed, err)
	}
}

func TestWrongSettingsSayWhatToDo(t *testing.T) {
	for _, row := range []struct{ name, value, says string }{
		{settings.KeyVaultName, "", "set one"},
		{settings.KeyVaultName, "ab", "3 to 24"},
		{settings.KeyVaultName, "a--b", "single hyphens"},
		{settings.KeyVaultName, "https://contoso.vault.azure.net", "for a URL, set KEY_VAULT_URL"},
		{settings.KeyVaultURL, "http://contoso.vault.azure.net", "not an https URL"},
		{settings.KeyVaultURL, "contoso", "not an https URL"},
		{settings.KeyVaultURL, "https://", "not an https URL"},
		{settings.KeyVaultURL, "https://u:canary@contoso.vault.azure.net", "user info"},
		{settings.KeyVaultURL, "https://contoso.vault.azure.net/secrets", "path, query or fragment"},
		{settings.KeyVaultURL, "https://contoso.vault.azure.net?x=1", "path, query or fragment"},
		{settings.KeyVaultURL, "https://contoso.vault.azure.net:8443", "port 8443"},
		{settings.KeyVaultURL, "https://contoso.managedhsm.azure.net", "not a vault's"},
		{settings.KeyVaultURL, "https://vault.azure.net.evil.example", "not a vault's"},
		{settings.KeyVaultURL, "https://a.b.vault.azure.net", "not a vault's"},
		{settings.AzureClientID, "me", "a GUID"},
		{settings.AzureClientID, "0123456789abcdef0123456789abcdef", "a GUID"},
		{settings.KeyVaultCAFile, "nowhere.pem", "PEM"},
		{settings.KeyVaultCAFile, "settings_test.go", "holds no certificate"},
		{settings.KeyVaultCAFile, "/dev/zero", settings.KeyVaultCAFile}, // also where there is none
		{settings.PublicURL, "kv.bank.example", "such as https://secrets.example.com"},
		{settings.PublicURL, "ftp://kv.bank.example", "such as https://"},
		{settings.PublicURL, "https://u:canary@kv.bank.example", "without user info"},
		{settings.PublicURL, "https://kv.bank.example?code=canary", "without user info, query"},
		{settings.PublicURL, "https:///api", "such as https://"},
		{settings.PublicURL, "https://kv.bank.example:", "such as https://"},
		{settings.PublicURL, "https://kv.bank.example:0", "such as https://"},
		{settings.PublicURL, "https://kv.bank.example:99999", "such as https://"},
		{settings.PublicURL, "https://m\u00fcnchen.example", "xn--"},
		{settings.PublicURL, "https://m%C3%BCnchen.example", "xn--"},
		{settings.WebsiteHostname, "https://app/", "host name"},
		{settings.HandlerPort, "0", "port from 1 to 65535"},
		{settings.LogLevel, "loud", "debug, info, warn or error"},
		{settings.LogLevel, "Warn+3", "debug, info, warn or error"},
		{settings.SignIn, "token", "keys or tokens"},
		{settings.SignInAudience, "https://contoso.com/rotunda", "SIGN_IN is keys, with which nobody is asked for a token"},
		{settings.SignInTenants, "5b1a7e0c-9a10-4b62-8f0e-0d5a3f6b7c11", "set SIGN_IN=tokens, or remove"},
		{settings.TrustedIssuers, "[]", "SIGN_IN is keys"},
		{settings.AccessRulesFile, "access.json", "no rules apply"},
		{settings.CallerCallsPerSecond, "-1", "whole number"},
		{settings.Audit, "reads", "all or writes"},
		{settings.AuditAccount, "Contoso!", "3 to 24 lower-case"},
		{settings.AuditFolder, "settings_test.go", "not a folder"},
		{settings.CacheTTL, "60", "such as 90s or 5m"},
		{settings.CacheMaxStale, "-1s", "from 0 to 24h"},
		{settings.CacheEntries, "0", "whole number from 1"},
		{settings.CacheBytes, "1MB", "whole number from 1"},
		{settings.KeyVaultCallsPerSecond, "fast", "whole number from 1"},
		{settings.RotationLeadDays, "0", "whole number"},
		{settings.RotationGrace, "soon", "from 0 to 2160h"},
		{settings.RotationGrace, "2161h", "2160h"},
		{settings.RotationLockAccount, "My-Account", "storage account"},
		{settings.RotationProviderHosts, "db.example.com", "scheme://host"},
		{settings.RotationProviderHosts, "postgres://db,cache:6380", "scheme://host"},
		{settings.RotationProviderHosts, "postgres://u:canary@db", "scheme://host"},
		{settings.RotationProviderHosts, "postgres://db/canary", "scheme://host"},
		{settings.RotationProviderHosts, "postgres://*", "scheme://host"},
		{settings.RotationProviderHosts, "postgres://*db", "scheme://host"},
		{settings.RotationProviderHosts, "postgres://*..db", "scheme://host"},
		{settings.RotationProviderHosts, "postgres://db,", "scheme://host"},
		{settings.RotationCAFolder, "settings.go", "folder"},
		{settings.RotationCAFolder, "nowhere", "folder"},
		{settings.RotationPlaintext, "yes", "true or false"},
		{settings.WebhookAudiences, "api://hook", "server=audience"},
		{settings.WebhookAudiences, "http://hooks.example.com=api://hook", "server=audience"},
		{settings.WebhookAudiences, "https://*.example.com=api://hook", "server=audience"},
		{settings.WebhookAudiences, "https://hooks.example.com/path=api://hook", "server=audience"},
		{settings.WebhookAudiences, "https://hooks.example.com=api://", "server=audience"},
		{settings.WebhookAudiences, "https://hooks.example.com=https://vault.azure.net", "application of your own"},
		{settings.WebhookAudiences, "https://hooks.example.com=https://management.azure.com", "application of your own"},
		{settings.WebhookAudiences, "https://a.example.com=api://a,https://u:canary@b.example.com=api://b", "server=audience"},
		{settings.StorageAccountName, "My-Account", "storage account"},
		{settings.RotationLockFolder, "settings_test.go", "name a folder"},
		{settings.RotationLockFolder, "settings_test.go/locks", "name a folder"},
		{settings.RotationLockFolder, "/dev/null/locks", "name a folder"},
		{settings.HTTPSProxy, "http://[::1", "address of a proxy"},
		{settings.HTTPSProxy, "http://u:canary%@proxy:3128", "address of a proxy"},
		{settings.HTTPSProxy, "htp://proxy:3128", "address of a proxy"},
		{settings.HTTPSProxy, "http://proxy:port", "address of a proxy"},
		{settings.HTTPSProxy, "http://:3128", "address of a proxy"},
		{"https_proxy", "proxy 1:3128", "address of a proxy"},
		{settings.HTTPProxy, "://", "address of a proxy"},
		{settings.RotationProviderHosts, "postgres://db.*.example.com", "scheme://host"},
	} {
		_, err := load(map[string]string{row.name: row.value})
		if err == nil || !strings.HasPrefix(err.Error(), row.name) || !strings.Contains(err.Error(), row.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s=%s: %v, want its name and %q", row.name, row.value, err, row.says)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s=%s quotes a password: %v", row.name, row.value, err)
		}
	}
}

// Telemetry never keeps the app from starting.
func TestWrongTelemetryIsNoError(t *testing.T) {
	for _, row := range []struct{ name, value, says string }{
		{settings.OTLPEndpoint, "localhost:4318", "address of a collector"},
		{settings.OTLPEndpoint, "http://u:canary@localhost:4318", "address of a collector"},
		{settings.OTLPEndpoint, "https://collector?key=canary", "address of a collector"},
		{settings.OTLPHeaders, "canary", "name=value"},
		{settings.OTLPHeaders, "key=canary%0d%0ax:y", "name=value"},
		{settings.OTLPHeaders, "key=canary%", "name=value"},
		{settings.OTLPProtocol, "udp", "http/protobuf or grpc"},
		{settings.TracesSampler, "xray", "parentbased_traceidratio"},
		{settings.TracesSamplerArg, "1%", "from 0 to 1"},
		{settings.TracesSamplerArg, "NaN", "from 0 to 1"},
		{"OTEL_BSP_MAX_QUEUE_SIZE", "-5", "from 1 to 65536"},
		{"OTEL_BSP_MAX_QUEUE_SIZE", "99999999999", "from 1 to 65536"},
		{"OTEL_METRIC_EXPORT_INTERVAL", "1m", "whole number"},
	} {
		s, err := load(map[string]string{row.name: row.value})
		if err != nil || len(s.Telemetry.Problems) != 1 {
			t.Errorf("%s=%s: %v, %v; want no error and one problem", row.name, row.value, err, s.Telemetry.Problems)
			continue
		}
		problem := s.Telemetry.Problems[0].Error()
		if !strings.HasPrefix(problem, row.name) || !strings.Contains(problem, row.says) || strings.Contains(problem, "canary") {
			t.Errorf("%s=%s: %s", row.name, row.value, problem)
		}
	}
}

// Every setting that can be wrong is wrong here.
func TestEachWrongSettingHasALineOfItsOwn(t *testing.T) {
	wrong := map[string]string{
		settings.KeyVaultName: "-", settings.KeyVaultURL: "contoso", settings.KeyVaultCAFile: "nowhere.pem", settings.KeyVaultCallsPerSecond: "x",
		settings.AzureClientID: "x", settings.LogLevel: "x", settings.HandlerPort: "x", settings.WebsiteHostname: "x/", settings.PublicURL: "x",
		settings.CacheTTL: "x", settings.CacheMaxStale: "x", settings.CacheEntries: "x", settings.CacheBytes: "x",
		settings.RotationLeadDays: "x", settings.RotationGrace: "x", settings.RotationCooldown: "x", settings.RotationLockAccount: "x",
		settings.RotationProviderHosts: "x", settings.RotationCAFolder: "x", settings.RotationPlaintext: "x", settings.WebhookAudiences: "x",
		settings.FunctionTimeout: "x", settings.HTTPSProxy: "x x", "https_proxy": "x x x", settings.HTTPProxy: "x x", "http_proxy": "[",
		settings.OTLPEndpoint: "x", settings.OTLPHeaders: "x", settings.OTLPProtocol: "x", settings.TracesSampler: "x", settings.TracesSamplerArg: "x",
	}
	s, err := load(wrong)
	if err == nil {
		t.Fatal("no error")
	}
	var named []string
	for line := range strings.SplitSeq(errors.Join(append(s.Telemetry.Problems, err)...).Error(), "\n") {
		name := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == ':' })[0]
		named = append(named, name)
	}
	slices.Sort(named)
	if want := slices.Sorted(maps.Keys(wrong)); !slices.Equal(named, want) {
		t.Errorf("the lines are about %v, want %v:\n%v", named, want, err)
	}
}

func TestExampleListsEverySetting(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "local.settings.json.example"))
	if err != nil {
		t.Fatal(err)
	}
	var example struct{ Values map[string]string }
	if err := json.Unmarshal(text, &example); err != nil {
		t.Fatal(err)
	}
	delete(example.Values, "FUNCTIONS_WORKER_RUNTIME") // the host reads these two
	delete(example.Values, "AzureWebJobsStorage")
	if listed, read := slices.Sorted(maps.Keys(example.Values)), settingsRead(); !slices.Equal(listed, read) {
		t.Errorf("local.settings.json.example lists %v, Load reads %v", listed, read)
	}
}

// settingsRead returns the names that Load reads, except those that the host or the platform sets,
// that have no effect anymore, or that OpenTelemetry's SDK uses.
func settingsRead() []string {
	others := []string{
		settings.HandlerPort, settings.WebsiteHostname, settings.AppRoot, settings.FunctionTimeout, settings.StorageAccountName, settings.WebsiteSiteName,
		"ROTATION_SWEEP_SCHEDULE", settings.HTTPSProxy, "https_proxy", settings.HTTPProxy, "http_proxy",
	}
	read := map[string]bool{}
	_, _ = settings.Load(func(name string) string {
		read[name] = !slices.Contains(others, name) && !strings.HasPrefix(name, "OTEL_BSP_") && !strings.HasPrefix(name, "OTEL_METRIC_")
		return ""
	})
	maps.DeleteFunc(read, func(_ string, ours bool) bool { return !ours })
	return slices.Sorted(maps.Keys(read))
}

func TestWhatNamesAProxy(t *testing.T) {
	for _, address := range []string{
		"proxy", "proxy:3128", "10.0.0.1:3128", "[::1]:3128", "http://proxy", "https://user:pass@proxy:3128/", "socks5://proxy:1080", "socks5h://proxy",
	} {
		for _, name := range []string{settings.HTTPSProxy, "https_proxy", settings.HTTPProxy} {
			if _, err := load(map[string]string{name: address}); err != nil {
				t.Errorf("%s: %v", address, err)
			}
		}
	}
}

func TestLevelsOfTheLog(t *testing.T) {
	for text, want := range map[string]string{"": "INFO", "debug": "DEBUG", "Info": "INFO", "WARN": "WARN", "error": "ERROR"} {
		if s, err := load(map[string]string{settings.LogLevel: text}); err != nil || s.LogLevel.String() != want {
			t.Errorf("%q: %s, %v", text, s.LogLevel, err)
		}
	}
}

func TestFormsOfThePublicURL(t *testing.T) {
	for address, want := range map[string]string{
		"https://kv.bank.example":           "",
		"https://gw.bank.example/":          "/",
		"https://gw.bank.example//":         "/",
		"https://gw.bank.example/kv/":       "/kv",
		"https://gw.bank.example/a%2Fb":     "/a%2Fb",
		"https://gw.bank.example/a%2F/":     "/a%2F",
		"https://xn--mnchen-3ya.example/kv": "/kv",
		"http://[::1]:8080/kv":              "/kv",
	} {
		s, err := load(map[string]string{settings.PublicURL: address})
		if err != nil || s.PublicURL.EscapedPath() != want {
			t.Errorf("%s: path %q, want %q (%v)", address, s.PublicURL.EscapedPath(), want, err)
		}
	}
}
