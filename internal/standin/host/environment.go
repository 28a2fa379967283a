package host

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// environment is a list of NAME=value, as os.Environ returns it; the last value of a name counts.
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

// disables reports whether an app setting disables a function.
// Source: repository Azure/azure-webjobs-sdk, Host/Listeners/HostListenerFactory.cs.
func (e environment) disables(function string) bool {
	return e.isTrue("AzureWebJobs."+function+".Disabled") || e.isTrue("AzureWebJobs_"+function+"_Disabled")
}

const defaultBodyLimit = 100 << 20

// bodyLimit returns how many bytes a request's body may have.
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

// expand replaces each %NAME%, with nothing if the name is not set.
func (e environment) expand(text string) string {
	return variable.ReplaceAllStringFunc(text, func(name string) string { return e.get(strings.Trim(name, "%")) })
}

// errUnset keeps a function from being indexed.
var errUnset = errors.New("does not resolve to a value")

// resolve is expand for the values of bindings, where each name must be set.
// Source: repository Azure/azure-webjobs-sdk,
// src/Microsoft.Azure.WebJobs.Host/NameResolverExtensions.cs.
func (e environment) resolve(text string) (string, error) {
	for _, name := range variable.FindAllString(text, -1) {
		if e.expand(name) == "" {
			return "", fmt.Errorf("%s %w: set the app setting %s", name, errUnset, strings.Trim(name, "%"))
		}
	}
	return e.expand(text), nil
}

// apply returns the configuration with the app settings that override host.json.
// Source: Config/HostJsonFileConfigurationSource.cs.
func (e environment) apply(config Config) (Config, error) {
	for _, setting := range e {
		name, value, _ := strings.Cut(setting, "=")
		key, ok := strings.CutPrefix(strings.ToLower(name), "azurefunctionsjobhost__")
		if !ok || value == "" || strings.HasPrefix(key, "logging__") {
			continue
		}
		if err := config.override(key, value); err != nil {
			return Config{}, fmt.Errorf("app setting %s overrides host.json: %w", name, err)
		}
	}
	return config, config.check()
}

func (c *Config) override(key, value string) error {
	switch key {
	case "functiontimeout":
		return setTimeout(&c.FunctionTimeout, "functionTimeout", &value)
	case "customhandler__initializationtimeout":
		return setTimeout(&c.InitializationTimeout, "customHandler.initializationTimeout", &value)
	}
	return unsupported("functionTimeout and customHandler__initializationTimeout", "overriding %q", key)
}
