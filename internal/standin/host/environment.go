package host

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// environment is a list of NAME=value, as os.Environ gives it; the last of a name counts.
type environment []string

func (e environment) get(name string) string {
	for i := len(e) - 1; i >= 0; i-- {
		if key, value, _ := strings.Cut(e[i], "="); strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

func (e environment) isTrue(name string) bool {
	value := e.get(name)
	return value == "1" || strings.EqualFold(value, "true")
}

// disables tells whether an app setting turns a function off.
// Source: repository Azure/azure-webjobs-sdk, Host/Listeners/HostListenerFactory.cs.
func (e environment) disables(function string) bool {
	return e.isTrue("AzureWebJobs."+function+".Disabled") || e.isTrue("AzureWebJobs_"+function+"_Disabled")
}

const defaultBodyLimit = 100 << 20

// bodyLimit is how many bytes a request's body may have.
// Source: src/WebJobs.Script.WebHost/Middleware/HttpRequestBodySizeMiddleware.cs.
func (e environment) bodyLimit() (int64, error) {
	text := e.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT")
	if text == "" {
		return defaultBodyLimit, nil
	}
	limit, err := strconv.ParseInt(text, 10, 64)
	if err != nil || limit <= 0 {
		return 0, fmt.Errorf("app setting FUNCTIONS_REQUEST_BODY_SIZE_LIMIT is %q: it must be a number of bytes", text)
	}
	return limit, nil
}

var variable = regexp.MustCompile(`%([^%]+)%`)

// expand replaces %NAME%; a name that is not set vanishes.
func (e environment) expand(text string) string {
	return variable.ReplaceAllStringFunc(text, func(name string) string { return e.get(strings.Trim(name, "%")) })
}

// resolve is expand where each name must be set to something, as in what triggers and queues are made of.
// Source: repository Azure/azure-webjobs-sdk, src/Microsoft.Azure.WebJobs.Host/NameResolverExtensions.cs.
func (e environment) resolve(text string) (string, error) {
	for _, name := range variable.FindAllString(text, -1) {
		if e.expand(name) == "" {
			return "", fmt.Errorf("%s does not resolve to a value: set the app setting %s", name, strings.Trim(name, "%"))
		}
	}
	return e.expand(text), nil
}

// overrides are the keys of host.json that app settings beat, named as app settings name them below
// AzureFunctionsJobHost__. Source: Config/HostJsonFileConfigurationSource.cs.
var overrides = map[string]func(c *Config, value string) error{
	"functionTimeout":                                   func(c *Config, v string) error { return setTimeout(&c.FunctionTimeout, "it", &v) },
	"extensions__http__routePrefix":                     func(c *Config, v string) error { c.RoutePrefix = strings.Trim(v, "/"); return nil },
	"extensions__queues__batchSize":                     func(c *Config, v string) error { return setInt(&c.Queues.BatchSize, v) },
	"extensions__queues__newBatchThreshold":             setNewBatchThreshold,
	"extensions__queues__maxDequeueCount":               func(c *Config, v string) error { return setInt(&c.Queues.MaxDequeueCount, v) },
	"extensions__queues__visibilityTimeout":             func(c *Config, v string) error { return setTimeout(&c.Queues.VisibilityTimeout, "it", &v) },
	"extensions__queues__messageEncoding":               func(c *Config, v string) error { c.Queues.MessageEncoding = v; return nil },
	"customHandler__initializationTimeout":              func(c *Config, v string) error { return setTimeout(&c.InitializationTimeout, "it", &v) },
	"customHandler__port":                               func(c *Config, v string) error { return setInt(&c.Port, v) },
	"customHandler__enableForwardingHttpRequest":        func(c *Config, v string) error { return setBool(&c.Forwarding, v) },
	"customHandler__enableProxyingHttpRequest":          func(c *Config, v string) error { return setBool(&c.Proxying, v) },
	"customHandler__description__defaultExecutablePath": func(c *Config, v string) error { c.Executable = v; return nil },
	"customHandler__description__defaultWorkerPath":     func(c *Config, v string) error { c.WorkerPath = v; return nil },
	"customHandler__description__workerDirectory":       func(c *Config, v string) error { c.WorkerDirectory = v; return nil },
	"customHandler__description__workingDirectory":      func(c *Config, v string) error { c.WorkingDirectory = v; return nil },
	"customHandler__description__arguments":             func(c *Config, v string) error { return json.Unmarshal([]byte(v), &c.Arguments) },
	"customHandler__description__workerArguments":       func(c *Config, v string) error { return json.Unmarshal([]byte(v), &c.WorkerArguments) },
}

// apply gives the configuration with the environment's overrides.
func (e environment) apply(config Config) (Config, error) {
	for key, set := range overrides {
		name := "AzureFunctionsJobHost__" + key
		if value := e.get(name); value != "" {
			if err := set(&config, value); err != nil {
				return Config{}, fmt.Errorf("app setting %s overrides host.json and can't be used: %w", name, err)
			}
		}
	}
	return config, config.check()
}

func setNewBatchThreshold(c *Config, text string) error {
	c.Queues.NewBatchThreshold = new(int) // the old one may be another host's too
	return setInt(c.Queues.NewBatchThreshold, text)
}

func setBool(into *bool, text string) (err error) {
	*into, err = strconv.ParseBool(strings.ToLower(text))
	return err
}

func setInt(into *int, text string) (err error) {
	*into, err = strconv.Atoi(text)
	return err
}
