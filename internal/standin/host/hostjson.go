package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"rotunda/internal/hostjson"
)

// Config is the part of host.json that matters to the stand-in.
type Config struct {
	RoutePrefix           string        // extensions.http.routePrefix, "api" by default, without slashes at its ends
	FunctionTimeout       time.Duration // functionTimeout, 30 minutes by default; 0 for none ("-1")
	Proxying              bool          // customHandler.enableProxyingHttpRequest
	InitializationTimeout time.Duration // customHandler.initializationTimeout, 30 seconds by default
	Executable            string        // customHandler.description.defaultExecutablePath
	Queues                QueuesConfig  // extensions.queues
}

const (
	defaultRoutePrefix           = "api"
	defaultFunctionTimeout       = 30 * time.Minute
	defaultInitializationTimeout = 30 * time.Second
)

// hostFile is host.json as it is written. Keys match in any case, as in the real host.
type hostFile struct {
	Version         *string               `json:"version"`
	FunctionTimeout *string               `json:"functionTimeout"`
	CustomHandler   *customHandlerSection `json:"customHandler"`
	Extensions      struct {
		HTTP struct {
			RoutePrefix *string `json:"routePrefix"`
		} `json:"http"`
		Queues queuesSection `json:"queues"`
	} `json:"extensions"`

	// These have no effect here.
	Schema          json.RawMessage `json:"$schema"`
	Logging         json.RawMessage `json:"logging"`
	TelemetryMode   json.RawMessage `json:"telemetryMode"`
	ExtensionBundle json.RawMessage `json:"extensionBundle"`
}

type customHandlerSection struct {
	Description *struct {
		DefaultExecutablePath string `json:"defaultExecutablePath"`
	} `json:"description"`
	EnableForwardingHTTPRequest bool    `json:"enableForwardingHttpRequest"`
	EnableProxyingHTTPRequest   bool    `json:"enableProxyingHttpRequest"`
	InitializationTimeout       *string `json:"initializationTimeout"`
}

func readHostJSON(path string) (Config, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return Config{}, fmt.Errorf("there is no %s: the root of a function app holds a host.json; name that folder, or stage the app there", path)
	}
	if err != nil {
		return Config{}, fmt.Errorf("can't read host.json: %w", err)
	}
	config, err := parseHostJSON(content)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return config, nil
}

// parseHostJSON reads host.json. Source: Config/HostJsonFileConfigurationSource.cs
// (LoadHostConfig).
func parseHostJSON(content []byte) (Config, error) {
	var file hostFile
	if err := parseStrict(hostjson.Standard(content), &file); err != nil {
		return Config{}, err
	}
	if file.Version == nil || *file.Version != "2.0" {
		return Config{}, errors.New(`"version" must be "2.0"; without it the Functions host does not start`)
	}
	if file.CustomHandler == nil || file.CustomHandler.Description == nil {
		return Config{}, errors.New("customHandler.description is missing: it names the handler's program in defaultExecutablePath")
	}
	return file.config()
}

func (f hostFile) config() (Config, error) {
	handler := f.CustomHandler
	config := Config{
		RoutePrefix: defaultRoutePrefix, Proxying: handler.EnableProxyingHTTPRequest,
		FunctionTimeout: defaultFunctionTimeout, InitializationTimeout: defaultInitializationTimeout,
		Executable: handler.Description.DefaultExecutablePath,
	}
	if prefix := f.Extensions.HTTP.RoutePrefix; prefix != nil {
		config.RoutePrefix = strings.Trim(*prefix, "/")
	}
	// Without forwarding the host posts HTTP functions as invocations, and follows redirects.
	if !handler.EnableForwardingHTTPRequest {
		return Config{}, unsupported("true", "customHandler.enableForwardingHttpRequest false")
	}
	var err error
	config.Queues, err = f.Extensions.Queues.config()
	return config, errors.Join(err,
		setTimeout(&config.FunctionTimeout, "functionTimeout", f.FunctionTimeout),
		setTimeout(&config.InitializationTimeout, "customHandler.initializationTimeout", handler.InitializationTimeout),
		config.check())
}

func (c Config) check() error {
	if c.Executable == "" {
		return errors.New("customHandler.description.defaultExecutablePath is empty: it must name the handler's program")
	}
	if c.InitializationTimeout <= 0 {
		return errors.New("customHandler.initializationTimeout must be longer than zero, such as 00:00:30")
	}
	return c.Queues.check()
}

func setTimeout(into *time.Duration, key string, text *string) error {
	if text == nil {
		return nil
	}
	span, err := parseTimeSpan(*text)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	*into = span
	return nil
}
