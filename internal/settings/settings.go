// Package settings reads and checks the app settings, once, at the start. App settings reach the
// handler as environment variables. To add a setting, name it in names.go, read it into
// Settings, and list it in local.settings.json.example; a test compares the two.
package settings

import (
	"errors"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Settings holds every app setting.
type Settings struct {
	Port      int      // that the handler listens on
	PublicURL *url.URL // at which callers reach the app; nil if requests tell
	Hostname  string   // of the app, with a port if it has one; may be ""
	ClientID  string   // of a user-assigned identity; "" for the system-assigned one
	LogLevel  slog.Level

	AppRoot   string // with host.json and the function.json files
	Access    Access
	Vault     Vault
	Cache     Cache
	Rotation  Rotation
	Telemetry Telemetry

	Removed []string // one line for each setting that is set and no longer has an effect
}

// Cache limits what is kept in memory.
type Cache struct {
	TTL, MaxStale        time.Duration
	MaxEntries, MaxBytes int
}

const maxCacheTime = 24 * time.Hour

// Load reads all settings. Its error joins one error per problem, each with the setting's name.
func Load(getenv func(string) string) (Settings, error) {
	r := &reader{getenv: getenv}
	s := Settings{
		Port:      r.port(),
		PublicURL: r.publicURL(),
		Hostname:  r.hostname(),
		ClientID:  r.clientID(),
		LogLevel:  r.logLevel(),
		AppRoot:   r.appRoot(),
		Access:    r.access(),
		Vault:     r.vault(),
		Cache: Cache{
			TTL:        r.duration(CacheTTL, time.Minute, maxCacheTime),
			MaxStale:   r.duration(CacheMaxStale, 5*time.Minute, maxCacheTime),
			MaxEntries: r.number(CacheEntries, 10_000),
			MaxBytes:   r.number(CacheBytes, 32<<20),
		},
		Rotation:  r.rotation(),
		Telemetry: readTelemetry(getenv),
		Removed:   r.removed(),
	}
	r.proxies()
	return s, errors.Join(r.problems...)
}

func (r *reader) port() int {
	text := r.getenv(HandlerPort)
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 {
		r.problemf("%s is %q: it must be a port from 1 to 65535. The Functions host sets it; without the host, use `go run ./local`", HandlerPort, text)
	}
	return port
}

func (r *reader) hostname() string {
	name := r.getenv(WebsiteHostname)
	if u, err := url.Parse("https://" + name); err != nil || u.Host != name {
		r.problemf("%s is %q: it must be a host name, optionally with a port. The Functions host sets it", WebsiteHostname, name)
	}
	return name
}

// publicURL reads the address at which callers reach the app, for links in responses. Its path is
// "/" if the app is at the root of a gateway, and has no slash at its end otherwise. Its problem
// does not quote the address, as it may hold a password.
func (r *reader) publicURL() *url.URL {
	address := r.getenv(PublicURL)
	if address == "" {
		return nil
	}
	u, err := url.Parse(strings.TrimRight(address, "/"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || !isASCIIHost(u.Hostname()) || !isPort(u) || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		r.problemf("%s must be the address at which callers reach the app, without user info, query and fragment, such as https://secrets.example.com; "+
			"write a host name with other letters in its ASCII form, such as xn--...; leave it empty to use the host that each request names", PublicURL)
		return nil
	}
	if u.Path == "" && strings.HasSuffix(address, "/") {
		u.Path = "/"
	}
	return u
}

// isASCIIHost reports whether a host can stand in a link: an ASCII name or an address.
func isASCIIHost(host string) bool {
	return host != "" && strings.Trim(strings.ToLower(host), "abcdefghijklmnopqrstuvwxyz0123456789-._:") == ""
}

// isPort reports whether the address has no port, or one from 1 to 65535.
func isPort(address *url.URL) bool {
	text := address.Port()
	if text == "" {
		return !strings.HasSuffix(address.Host, ":")
	}
	port, err := strconv.Atoi(text)
	return err == nil && port >= 1 && port <= 65535
}

func (r *reader) clientID() string {
	id := r.getenv(AzureClientID)
	const guidLength = 36 // uuid also accepts longer and shorter forms
	if id != "" && (len(id) != guidLength || uuid.Validate(id) != nil) {
		r.problemf("%s is %q: it must be the client id (a GUID) of a user-assigned identity, or empty for the system-assigned one", AzureClientID, id)
	}
	return id
}

// logLevel reads the level from which the app logs. At info, each request has a line; at warn
// and above, only requests that failed with 5xx.
func (r *reader) logLevel() slog.Level {
	text := r.getenv(LogLevel)
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if strings.EqualFold(text, level.String()) {
			return level
		}
	}
	if text != "" {
		r.problemf("%s is %q: it must be debug, info, warn or error; the default is info", LogLevel, text)
	}
	return slog.LevelInfo
}
