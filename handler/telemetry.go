package main

import (
	"context"
	"log/slog"
	"time"

	"rotunda/internal/telemetry"
)

// openTelemetry gives nil where it is off.
func openTelemetry(ctx context.Context, c telemetryConfig, log *slog.Logger) (*telemetry.Provider, error) {
	if c.endpoint == "" {
		return nil, nil
	}
	if c.grpc {
		log.Warn("the setting " + settingCollectorProtocol + " is grpc, and the app tells a collector over HTTP only, so it tells nothing: set http/protobuf, and the address that the collector has for it, usually with port 4318")
		return nil, nil
	}
	return telemetry.Start(ctx, telemetry.Options{
		Endpoint: c.endpoint, Headers: c.headers, Service: c.service, Share: c.share, IgnoreParent: c.ignoreParent, Log: log,
	})
}

// exportTime bounds the last export, as the host may kill at any time.
const exportTime = 2 * time.Second

func stopTelemetry(provider *telemetry.Provider, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), exportTime)
	defer cancel()
	if err := provider.Stop(ctx); err != nil {
		log.Warn("the last telemetry was not delivered", "error", err.Error())
	}
}
