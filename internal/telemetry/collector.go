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

	"rotunda/internal/panics"
)

// exportTimeout limits one export. It equals OpenTelemetry's default.
const exportTimeout = 10 * time.Second

// collector is a client of an OpenTelemetry collector. It uses OTLP over HTTP (opentelemetry-proto
// docs/specification.md, OTLP/HTTP).
type collector struct {
	client  *http.Client
	base    string
	headers map[string]string
	log     *slog.Logger
	failing atomic.Bool
}

func newCollector(options Options) *collector {
	noRedirect := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the headers may hold a key
	return &collector{
		client: &http.Client{Timeout: exportTimeout, CheckRedirect: noRedirect, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment}},
		base:   strings.TrimSuffix(options.Endpoint, "/"), headers: options.Headers, log: options.Log,
	}
}

// Shutdown is the Shutdown method of both exporters.
func (c *collector) Shutdown(context.Context) error {
	c.client.CloseIdleConnections()
	return nil
}

// send tries once. It logs when exports begin to fail and when they work again.
func (c *collector) send(ctx context.Context, path string, message func() (any, error)) error {
	err := c.sendSafely(ctx, path, message)
	if failing := err != nil; c.failing.Swap(failing) != failing {
		if failing {
			c.log.Warn("telemetry is not delivered; it is dropped until the collector accepts it again", "error", err.Error())
		} else {
			c.log.Info("telemetry is delivered again")
		}
	}
	return err
}

// sendSafely turns a panic into an error, because exports run on goroutines of OpenTelemetry's
// SDK.
func (c *collector) sendSafely(ctx context.Context, path string, message func() (any, error)) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = panics.Error(cause)
		}
	}()
	sent, err := message()
	if err != nil {
		return err
	}
	return c.post(ctx, path, sent)
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
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16)) // so that the connection can be reused
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("the collector returned %d for %s", response.StatusCode, path)
	}
	return nil
}
