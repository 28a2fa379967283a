package telemetry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// exportTimeout bounds one export. OpenTelemetry's default is the same.
const exportTimeout = 10 * time.Second

// collector sends to one by OTLP over HTTP (opentelemetry-proto docs/specification.md, OTLP/HTTP).
// The exporters of OpenTelemetry would link gRPC, whose start and size the app can't afford.
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

// Start and Stop have nothing to do: connections are made when needed.
func (*collector) Start(context.Context) error { return nil }

// Stop ends the client.
func (c *collector) Stop(context.Context) error {
	c.client.CloseIdleConnections()
	return nil
}

// UploadTraces sends spans. TracesData is on the wire what an ExportTraceServiceRequest is, without
// the package of the latter, which has the gRPC service too (opentelemetry-proto trace.proto).
func (c *collector) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	return c.send(ctx, "/v1/traces", &tracepb.TracesData{ResourceSpans: spans})
}

// send tries once, and logs when that begins to fail and when it works again.
func (c *collector) send(ctx context.Context, path string, message proto.Message) error {
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

func (c *collector) post(ctx context.Context, path string, message proto.Message) error {
	body, err := proto.Marshal(message)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-protobuf")
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
