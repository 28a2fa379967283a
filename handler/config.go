package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

// config is every app setting, read and checked once.
type config struct {
	port     int
	vaultURL string
	cloud    cloud.Configuration
	clientID string
	caFile   string
	hostname string

	cacheTTL, cacheMaxStale  time.Duration
	cacheEntries, cacheBytes int
	callsPerSecond           int
	logLevel                 slog.Level
}

// The app settings. local.settings.json.example lists them too; a test compares.
const (
	settingVaultName = "KEY_VAULT_NAME"
	settingVaultURL  = "KEY_VAULT_URL"
	settingClientID  = "AZURE_CLIENT_ID"
	settingCAFile    = "KEY_VAULT_CA_FILE"

	settingCallsPerSecond = "KEY_VAULT_CALLS_PER_SECOND"
	settingCacheTTL       = "SECRET_CACHE_TTL"
	settingCacheMaxStale  = "SECRET_CACHE_MAX_STALE"
	settingCacheEntries   = "SECRET_CACHE_ENTRIES"
	settingCacheBytes     = "SECRET_CACHE_BYTES"
	settingLogLevel       = "LOG_LEVEL"
)

// Settings that the Functions host makes itself.
const (
	settingPort     = "FUNCTIONS_CUSTOMHANDLER_PORT"
	settingHostname = "WEBSITE_HOSTNAME"
)

// loadConfig reads all settings and reports every wrong one at once.
func loadConfig(getenv func(string) string) (config, error) {
	c := config{clientID: getenv(settingClientID), caFile: getenv(settingCAFile), hostname: getenv(settingHostname)}
	err := errors.Join(
		c.setPort(getenv(settingPort)),
		c.setVault(getenv(settingVaultName), getenv(settingVaultURL)),
		c.checkClientID(),
		c.checkCAFile(),
		c.checkHostname(),
		c.setLogLevel(getenv(settingLogLevel)),
		duration(getenv, settingCacheTTL, time.Minute, &c.cacheTTL),
		duration(getenv, settingCacheMaxStale, 5*time.Minute, &c.cacheMaxStale),
		number(getenv, settingCacheEntries, 10_000, &c.cacheEntries),
		number(getenv, settingCacheBytes, 32<<20, &c.cacheBytes),
		number(getenv, settingCallsPerSecond, 200, &c.callsPerSecond),
	)
	return c, err
}

func (c *config) setPort(text string) error {
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 {
		return fmt.Errorf("%s is %q: it must be a port from 1 to 65535. The Functions host sets it; to run by hand, use `go run ./local`", settingPort, text)
	}
	c.port = port
	return nil
}

// vaultName is Key Vault's rule: 3 to 24 letters, digits and hyphens, a letter first, no two
// hyphens together, none at the end.
var vaultName = regexp.MustCompile(`^[A-Za-z][0-9A-Za-z-]{1,22}[0-9A-Za-z]$`)

// clouds by the suffix of a vault's host.
var clouds = []struct {
	suffix string
	cloud  cloud.Configuration
}{
	{".vault.azure.net", cloud.AzurePublic},
	{".vault.azure.cn", cloud.AzureChina},
	{".vault.usgovcloudapi.net", cloud.AzureGovernment},
}

func (c *config) setVault(name, address string) error {
	switch {
	case name == "" && address == "":
		return fmt.Errorf("%s and %s are both empty: set one, such as %s=contoso", settingVaultName, settingVaultURL, settingVaultName)
	case name != "" && !isVaultName(name):
		return fmt.Errorf("%s is %q: a vault's name is 3 to 24 letters, digits and single hyphens, a letter first; it is no URL (that is %s)",
			settingVaultName, name, settingVaultURL)
	case address == "":
		address = "https://" + name + clouds[0].suffix
	}
	if err := c.setVaultURL(address); err != nil {
		return err
	}
	if name != "" && !strings.EqualFold(c.vaultName(), name) {
		return fmt.Errorf("%s and %s name different vaults: remove one", settingVaultName, settingVaultURL)
	}
	return nil
}

// setVaultURL accepts a vault's address and nothing else: the app's token goes there.
func (c *config) setVaultURL(address string) error {
	const remedy = "it must be a vault's address such as https://contoso.vault.azure.net"
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "https" || u.Hostname() == "":
		return fmt.Errorf("%s is no https URL: %s", settingVaultURL, remedy) // not quoted: it may hold a password
	case u.User != nil:
		return fmt.Errorf("%s has user info before its host: %s", settingVaultURL, remedy)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return fmt.Errorf("%s has a path, query or fragment after its host: %s", settingVaultURL, remedy)
	case u.Port() != "" && u.Port() != "443":
		return fmt.Errorf("%s has the port %s: %s", settingVaultURL, u.Port(), remedy)
	}
	host := strings.ToLower(u.Hostname())
	for _, known := range clouds {
		if name, ok := strings.CutSuffix(host, known.suffix); ok && isVaultName(name) {
			c.vaultURL, c.cloud = "https://"+host, known.cloud
			return nil
		}
	}
	return fmt.Errorf("%s has the host %q, which is no vault's: it must be a name and .vault.azure.net, .vault.azure.cn or .vault.usgovcloudapi.net",
		settingVaultURL, host)
}

func isVaultName(name string) bool {
	return vaultName.MatchString(name) && !strings.Contains(name, "--")
}

var guid = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

func (c *config) checkClientID() error {
	if c.clientID == "" || guid.MatchString(c.clientID) {
		return nil
	}
	return fmt.Errorf("%s is %q: it must be the client id (a GUID) of a user-assigned identity, or empty for the system-assigned one", settingClientID, c.clientID)
}

func (c *config) checkCAFile() error {
	if c.caFile == "" {
		return nil
	}
	if _, err := os.Stat(c.caFile); err != nil {
		return fmt.Errorf("%s: %w: name a file of certificates in PEM form, or leave it empty", settingCAFile, err)
	}
	return nil
}

func (c *config) checkHostname() error {
	if u, err := url.Parse("https://" + c.hostname); err != nil || u.Host != c.hostname {
		return fmt.Errorf("%s is %q: it must be a host name, with a port if need be. The Functions host sets it", settingHostname, c.hostname)
	}
	return nil
}

// setLogLevel: at info each request has a line; from warn up, only those that failed with 5xx.
func (c *config) setLogLevel(text string) error {
	if text == "" {
		return nil
	}
	if err := c.logLevel.UnmarshalText([]byte(text)); err != nil {
		return fmt.Errorf("%s is %q: it must be debug, info, warn or error; the default is info", settingLogLevel, text)
	}
	return nil
}

// duration reads a time such as 90s or 5m; 0 and up to a day.
func duration(getenv func(string) string, name string, standard time.Duration, into *time.Duration) error {
	*into = standard
	text := getenv(name)
	if text == "" {
		return nil
	}
	parsed, err := time.ParseDuration(text)
	if text == "0" {
		parsed, err = 0, nil
	}
	if err != nil || parsed < 0 || parsed > 24*time.Hour {
		return fmt.Errorf("%s is %q: it must be a time from 0 to 24h such as 90s or 5m; the default is %s", name, text, standard)
	}
	*into = parsed
	return nil
}

// number reads a whole number from 1.
func number(getenv func(string) string, name string, standard int, into *int) error {
	*into = standard
	text := getenv(name)
	if text == "" {
		return nil
	}
	parsed, err := strconv.Atoi(text)
	if err != nil || parsed < 1 || parsed > 1<<30 {
		return fmt.Errorf("%s is %q: it must be a whole number from 1 to %d; the default is %d", name, text, 1<<30, standard)
	}
	*into = parsed
	return nil
}

// vaultName is the first label of the vault's host.
func (c *config) vaultName() string {
	name, _, _ := strings.Cut(strings.TrimPrefix(c.vaultURL, "https://"), ".")
	return name
}

// identity says in words who the app is.
func (c *config) identity() string {
	if c.clientID != "" {
		return "the user-assigned managed identity with client id " + c.clientID
	}
	return "the function app's system-assigned managed identity"
}
