package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// Config is the part of host.json that this host honours.
type Config struct {
	RoutePrefix           string        // extensions.http.routePrefix, "api" where absent, without slashes at its ends
	FunctionTimeout       time.Duration // functionTimeout, 30 minutes where absent; 0 is none ("-1")
	Only                  []string      // functions: the only ones to load; nil loads all
	Forwarding            bool          // customHandler.enableForwardingHttpRequest
	Proxying              bool          // customHandler.enableProxyingHttpRequest
	InitializationTimeout time.Duration // customHandler.initializationTimeout, 30 seconds where absent
	Port                  int           // customHandler.port; 0 takes a free one
	Executable            string        // customHandler.description.defaultExecutablePath
	WorkerPath            string        // customHandler.description.defaultWorkerPath
	WorkerDirectory       string        // customHandler.description.workerDirectory
	WorkingDirectory      string        // customHandler.description.workingDirectory
	Arguments             []string      // customHandler.description.arguments
	WorkerArguments       []string      // customHandler.description.workerArguments
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
	Functions       []string              `json:"functions"`
	CustomHandler   *customHandlerSection `json:"customHandler"`
	Extensions      struct {
		HTTP struct {
			RoutePrefix *string `json:"routePrefix"`
		} `json:"http"`
		Queues queuesSection `json:"queues"`
	} `json:"extensions"`
}

type customHandlerSection struct {
	Description                 *handlerDescription `json:"description"`
	EnableForwardingHTTPRequest bool                `json:"enableForwardingHttpRequest"`
	EnableProxyingHTTPRequest   bool                `json:"enableProxyingHttpRequest"`
	InitializationTimeout       *string             `json:"initializationTimeout"`
	Port                        int                 `json:"port"`
}

type handlerDescription struct {
	DefaultExecutablePath string   `json:"defaultExecutablePath"`
	DefaultWorkerPath     string   `json:"defaultWorkerPath"`
	WorkerDirectory       string   `json:"workerDirectory"`
	WorkingDirectory      string   `json:"workingDirectory"`
	Arguments             []string `json:"arguments"`
	WorkerArguments       []string `json:"workerArguments"`
}

func readHostJSON(path string) (Config, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return Config{}, fmt.Errorf("there is no %s: a function app's root holds a host.json, so name its folder or stage the app there", path)
	}
	if err != nil {
		return Config{}, fmt.Errorf("host.json can't be read: %w", err)
	}
	config, err := parseHostJSON(content)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return config, nil
}

func parseHostJSON(content []byte) (Config, error) {
	var file hostFile
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	if err := json.Unmarshal(content, &file); err != nil {
		return Config{}, describeJSON(content, err)
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
	handler, description := f.CustomHandler, f.CustomHandler.Description
	config := Config{
		RoutePrefix: defaultRoutePrefix, Only: f.Functions, Port: handler.Port,
		Forwarding: handler.EnableForwardingHTTPRequest, Proxying: handler.EnableProxyingHTTPRequest,
		FunctionTimeout: defaultFunctionTimeout, InitializationTimeout: defaultInitializationTimeout,
		Executable: description.DefaultExecutablePath, WorkerPath: description.DefaultWorkerPath,
		WorkerDirectory: description.WorkerDirectory, WorkingDirectory: description.WorkingDirectory,
		Arguments: description.Arguments, WorkerArguments: description.WorkerArguments,
	}
	if prefix := f.Extensions.HTTP.RoutePrefix; prefix != nil {
		config.RoutePrefix = strings.Trim(*prefix, "/")
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
		return errors.New("customHandler.initializationTimeout must be longer than nothing, such as 00:00:30")
	}
	if c.Port < 0 || c.Port > 65535 {
		return fmt.Errorf("customHandler.port is %d: a port lies between 1 and 65535", c.Port)
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

// allows tells whether host.json's list of functions, if there is one, has this one.
func (c Config) allows(name string) bool {
	return len(c.Only) == 0 || slices.ContainsFunc(c.Only, func(one string) bool { return strings.EqualFold(one, name) })
}
