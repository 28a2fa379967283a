package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// exportTimeout bounds one export. OpenTelemetry's default is the same.
const exportTimeout = 10 * time.Second

// collector sends to one by OTLP over HTTP (opentelemetry-proto docs/specification.md, OTLP/HTTP).
type collector struct {
	client  *http.Client
	base    string
	headers map[string]string
	log     *slog.Logger
	away    atomic.Bool
}

func newCollector(options Options) *collector {
	noRedirect := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the headers must not travel
	return &collector{
		client: &http.Client{Timeout: exportTimeout, CheckRedirect: noRedirect, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment}},
		base:   strings.TrimSuffix(options.Endpoint, "/"), headers: options.Headers, log: options.Log,
	}
}

// Shutdown is that of both exporters.
func (c *collector) Shutdown(context.Context) error {
	c.client.CloseIdleConnections()
	return nil
}

// send tries once, and logs when that begins to fail and when it works again.
func (c *collector) send(ctx context.Context, path string, message any) error {
	err := c.post(ctx, path, message)
	if away := err != nil; c.away.Swap(away) != away {
		if away {
			c.log.Warn("telemetry is not delivered and is dropped until the collector takes it again", "error", err.Error())
		} else {
			c.log.Info("telemetry is delivered again")
		}
	}
	return err
}

func (c *collector) post(ctx context.Context, path string, message any) error {
	body, err := json.Marshal(message)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	for name, value := range c.headers {
		request.Header.Set(name, value)
	}
	response, err := c.client.Do(request)
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // without the URL, which may hold a key
	}
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16)) // so that the connection is used again
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("the collector answered %d to %s", response.StatusCode, path)
	}
	return nil
}
