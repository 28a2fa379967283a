package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"regexp"
	"strconv"
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
	rotation                 rotationConfig
	telemetry                telemetryConfig
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
	settingSiteName = "WEBSITE_SITE_NAME"
)

// loadConfig reads all settings and reports every wrong one at once.
func loadConfig(getenv func(string) string) (config, error) {
	c := config{clientID: getenv(settingClientID), caFile: getenv(settingCAFile), hostname: getenv(settingHostname)}
	var rotationErr, telemetryErr error
	c.rotation, rotationErr = loadRotationConfig(getenv)
	c.telemetry, telemetryErr = loadTelemetryConfig(getenv)
	err := errors.Join(
		rotationErr,
		telemetryErr,
		c.setPort(getenv(settingPort)),
		c.setVault(getenv(settingVaultName), getenv(settingVaultURL)),
		c.checkClientID(),
		c.checkCAFile(),
		c.checkHostname(),
		c.setLogLevel(getenv(settingLogLevel)),
		duration(getenv, settingCacheTTL, time.Minute, maxCacheTime, &c.cacheTTL),
		duration(getenv, settingCacheMaxStale, 5*time.Minute, maxCacheTime, &c.cacheMaxStale),
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

const maxCacheTime = 24 * time.Hour

// duration reads a time such as 90s or 5m, from 0 to most.
func duration(getenv func(string) string, name string, standard, most time.Duration, into *time.Duration) error {
	*into = standard
	text := getenv(name)
	if text == "" {
		return nil
	}
	parsed, err := time.ParseDuration(text)
	if text == "0" {
		parsed, err = 0, nil
	}
	if err != nil || parsed < 0 || parsed > most {
		return fmt.Errorf("%s is %q: it must be a time from 0 to %gh such as 90s or 5m; the default is %s", name, text, most.Hours(), standard)
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

// identity says in words who the app is.
func (c *config) identity() string {
	if c.clientID != "" {
		return "the user-assigned managed identity with client id " + c.clientID
	}
	return "the function app's system-assigned managed identity"
}
