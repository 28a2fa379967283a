package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	"rotunda/functions"
)

func load(settings map[string]string) (config, error) {
	all := map[string]string{settingPort: "7000"}
	for name, value := range settings {
		all[name] = value
	}
	return loadConfig(func(name string) string { return all[name] })
}

func TestVaultAndItsCloud(t *testing.T) {
	for _, row := range []struct {
		name, address, vault string
		cloud                cloud.Configuration
	}{
		{"contoso", "", "https://contoso.vault.azure.net", cloud.AzurePublic},
		{"", "https://contoso.vault.azure.net", "https://contoso.vault.azure.net", cloud.AzurePublic},
		{"", "https://Contoso.vault.azure.net/", "https://contoso.vault.azure.net", cloud.AzurePublic},
		{"", "https://contoso.vault.azure.net:443", "https://contoso.vault.azure.net", cloud.AzurePublic},
		{"contoso", "https://contoso.vault.azure.cn", "https://contoso.vault.azure.cn", cloud.AzureChina},
		{"", "https://contoso.vault.usgovcloudapi.net", "https://contoso.vault.usgovcloudapi.net", cloud.AzureGovernment},
	} {
		c, err := load(map[string]string{settingVaultName: row.name, settingVaultURL: row.address})
		if err != nil || c.vaultURL != row.vault || c.cloud.ActiveDirectoryAuthorityHost != row.cloud.ActiveDirectoryAuthorityHost {
			t.Errorf("%s %s: %s %s, %v", row.name, row.address, c.vaultURL, c.cloud.ActiveDirectoryAuthorityHost, err)
		}
	}
}

func TestWrongSettingsSayWhatToDo(t *testing.T) {
	for _, row := range []struct {
		settings map[string]string
		says     string
	}{
		{map[string]string{}, "set one"},
		{map[string]string{settingVaultName: "ab"}, "3 to 24"},
		{map[string]string{settingVaultName: "a--b"}, "single hyphens"},
		{map[string]string{settingVaultName: "https://contoso.vault.azure.net"}, "it is no URL"},
		{map[string]string{settingVaultURL: "http://contoso.vault.azure.net"}, "no https URL"},
		{map[string]string{settingVaultURL: "contoso"}, "no https URL"},
		{map[string]string{settingVaultURL: "https://"}, "no https URL"},
		{map[string]string{settingVaultURL: "https://u:canary@contoso.vault.azure.net"}, "user info"},
		{map[string]string{settingVaultURL: "https://contoso.vault.azure.net/secrets"}, "path, query or fragment"},
		{map[string]string{settingVaultURL: "https://contoso.vault.azure.net?x=1"}, "path, query or fragment"},
		{map[string]string{settingVaultURL: "https://contoso.vault.azure.net:8443"}, "port 8443"},
		{map[string]string{settingVaultURL: "https://contoso.managedhsm.azure.net"}, "no vault's"},
		{map[string]string{settingVaultURL: "https://vault.azure.net.evil.example"}, "no vault's"},
		{map[string]string{settingVaultURL: "https://a.b.vault.azure.net"}, "no vault's"},
		{map[string]string{settingVaultName: "contoso", settingVaultURL: "https://fabrikam.vault.azure.net"}, "different vaults"},
		{map[string]string{settingVaultName: "contoso", settingClientID: "me"}, "a GUID"},
		{map[string]string{settingVaultName: "contoso", settingCAFile: "nowhere.pem"}, "PEM"},
		{map[string]string{settingVaultName: "contoso", settingHostname: "https://app/"}, "host name"},
		{map[string]string{settingVaultName: "contoso", settingPort: "0"}, "port from 1 to 65535"},
		{map[string]string{settingVaultName: "contoso", settingLogLevel: "loud"}, "debug, info, warn or error"},
		{map[string]string{settingVaultName: "contoso", settingCacheTTL: "60"}, "such as 90s or 5m"},
		{map[string]string{settingVaultName: "contoso", settingCacheMaxStale: "-1s"}, "from 0 to 24h"},
		{map[string]string{settingVaultName: "contoso", settingCacheEntries: "0"}, "whole number from 1"},
		{map[string]string{settingVaultName: "contoso", settingCacheBytes: "1MB"}, "whole number from 1"},
		{map[string]string{settingVaultName: "contoso", settingCallsPerSecond: "fast"}, "whole number from 1"},
		{map[string]string{settingVaultName: "contoso", settingCollector: "localhost:4318"}, "address of a collector"},
		{map[string]string{settingVaultName: "contoso", settingCollector: "http://u:canary@localhost:4318"}, "address of a collector"},
		{map[string]string{settingVaultName: "contoso", settingCollector: "https://collector?key=canary"}, "address of a collector"},
		{map[string]string{settingVaultName: "contoso", settingCollectorHeaders: "canary"}, "name=value"},
		{map[string]string{settingVaultName: "contoso", settingCollectorHeaders: "key=canary%0d%0ax:y"}, "name=value"},
		{map[string]string{settingVaultName: "contoso", settingCollectorHeaders: "key=canary%"}, "name=value"},
		{map[string]string{settingVaultName: "contoso", settingCollectorProtocol: "udp"}, "http/protobuf or grpc"},
		{map[string]string{settingVaultName: "contoso", settingSampler: "xray"}, "parentbased_traceidratio"},
		{map[string]string{settingVaultName: "contoso", settingSamplerShare: "1%"}, "from 0 to 1"},
		{map[string]string{settingVaultName: "contoso", settingSamplerShare: "NaN"}, "from 0 to 1"},
	} {
		_, err := load(row.settings)
		if err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%v: %v, want %q", row.settings, err, row.says)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%v quotes a password: %v", row.settings, err)
		}
	}
}

func TestAllWrongSettingsAreReportedAtOnce(t *testing.T) {
	_, err := load(map[string]string{settingPort: "x", settingClientID: "x", settingCAFile: "x", settingHostname: "x/"})
	if got := len(each(err)); got != 5 {
		t.Errorf("%d problems, want 5: %v", got, err)
	}
}

func TestExampleListsEverySetting(t *testing.T) {
	var example struct{ Values map[string]string }
	readJSON(t, "local.settings.json.example", &example)
	delete(example.Values, "FUNCTIONS_WORKER_RUNTIME") // the host's own, both
	delete(example.Values, "AzureWebJobsStorage")
	var listed []string
	for name := range example.Values {
		listed = append(listed, name)
	}
	slices.Sort(listed)
	asked := askedSettings()
	if !slices.Equal(listed, asked) {
		t.Errorf("local.settings.json.example lists %v, loadConfig asks for %v", listed, asked)
	}
}

// hosts are the settings that the Functions host makes, or that are about the host itself.
var hosts = []string{settingPort, settingHostname, settingAppRoot, settingFunctionTimeout, settingStorageAccount, settingSiteName}

// askedSettings are the names that loadConfig asks for, but for the host's.
func askedSettings() []string {
	var asked []string
	_, _ = loadConfig(func(name string) string {
		if !slices.Contains(hosts, name) && !slices.Contains(asked, name) {
			asked = append(asked, name)
		}
		return ""
	})
	slices.Sort(asked)
	return asked
}

func TestRoutePrefixIsHostJSONs(t *testing.T) {
	var host struct {
		Extensions struct {
			HTTP struct {
				RoutePrefix string `json:"routePrefix"`
			} `json:"http"`
		} `json:"extensions"`
	}
	readJSON(t, "host.json", &host)
	if got := host.Extensions.HTTP.RoutePrefix; got != functions.RoutePrefix {
		t.Errorf("host.json says %q, functions.RoutePrefix is %q", got, functions.RoutePrefix)
	}
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", file))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
