package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// OpenTelemetry's own settings, as far as the app reads them itself; its SDK reads OTEL_SERVICE_NAME,
// OTEL_RESOURCE_ATTRIBUTES, OTEL_METRIC_EXPORT_INTERVAL and OTEL_BSP_*.
const (
	settingCollector         = "OTEL_EXPORTER_OTLP_ENDPOINT"
	settingCollectorHeaders  = "OTEL_EXPORTER_OTLP_HEADERS"
	settingCollectorProtocol = "OTEL_EXPORTER_OTLP_PROTOCOL"
	settingSampler           = "OTEL_TRACES_SAMPLER"
	settingSamplerShare      = "OTEL_TRACES_SAMPLER_ARG"
)

const standardShare = 0.01

// telemetryConfig is off while it has no endpoint. The Functions host reads the same settings where its
// own telemetry is on (host.json, telemetryMode), so what it takes must not keep the app from starting.
type telemetryConfig struct {
	endpoint, service string
	headers           map[string]string
	grpc              bool // asked for, and not to be had
	share             float64
	ignoreParent      bool
}

func loadTelemetryConfig(getenv func(string) string) (c telemetryConfig, err error) {
	c = telemetryConfig{endpoint: getenv(settingCollector), service: cmp.Or(getenv(settingSiteName), "rotunda"), share: standardShare}
	return c, errors.Join(
		c.checkEndpoint(),
		c.setHeaders(getenv(settingCollectorHeaders)),
		c.setProtocol(getenv(settingCollectorProtocol)),
		c.setSampler(getenv(settingSampler), getenv(settingSamplerShare)),
	)
}

// checkEndpoint does not quote it: it may hold a key.
func (c *telemetryConfig) checkEndpoint() error {
	if c.endpoint == "" {
		return nil
	}
	u, err := url.Parse(c.endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%s must be the address of a collector, without user info and query, such as http://localhost:4318; empty turns telemetry off", settingCollector)
	}
	return nil
}

// setHeaders reads name=value,name=value with the values percent-encoded (opentelemetry-specification
// specification/protocol/exporter.md). They are keys, so they are never quoted.
func (c *telemetryConfig) setHeaders(text string) error {
	if text == "" {
		return nil
	}
	c.headers = map[string]string{}
	for pair := range strings.SplitSeq(text, ",") {
		name, value, found := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if !found || name == "" || err != nil || strings.ContainsAny(name+value, "\r\n") {
			return fmt.Errorf("%s must be name=value, with commas between such pairs and with percent-encoded values", settingCollectorHeaders)
		}
		c.headers[name] = value
	}
	return nil
}

// setProtocol takes protobuf for JSON: a collector has both behind the same address.
func (c *telemetryConfig) setProtocol(text string) error {
	switch text {
	case "", "http/json", "http/protobuf":
	case "grpc":
		c.grpc = true
	default:
		return fmt.Errorf("%s is %q: it must be http/json, which is the default, http/protobuf or grpc", settingCollectorProtocol, text)
	}
	return nil
}

// setSampler reads a sampler's name (opentelemetry-specification specification/configuration/sdk-environment-variables.md).
func (c *telemetryConfig) setSampler(name, share string) error {
	if name == "" {
		name = "parentbased_traceidratio"
	}
	kind, parentBased := strings.CutPrefix(name, "parentbased_")
	c.ignoreParent = !parentBased
	switch kind {
	case "always_on":
		c.share = 1
	case "always_off":
		c.share = 0
	case "traceidratio":
		return c.setShare(share)
	default:
		return fmt.Errorf("%s is %q: it must be always_on, always_off or traceidratio, or one of them after parentbased_; the default is parentbased_traceidratio", settingSampler, name)
	}
	return nil
}

func (c *telemetryConfig) setShare(text string) error {
	if text == "" {
		return nil
	}
	share, err := strconv.ParseFloat(text, 64)
	if err != nil || !(share >= 0 && share <= 1) { // so that NaN is none
		return fmt.Errorf("%s is %q: it must be a share from 0 to 1; the default is %g", settingSamplerShare, text, standardShare)
	}
	c.share = share
	return nil
}
