package main

import (
	"context"
	"log/slog"
	"time"

	"rotunda/internal/panics"
	"rotunda/internal/settings"
	"rotunda/internal/telemetry"
)

// openTelemetry returns nil if telemetry is off. Telemetry never keeps the app from starting.
func openTelemetry(ctx context.Context, s settings.Telemetry, log *slog.Logger) (provider *telemetry.Provider) {
	if s.Endpoint == "" || len(s.Problems) > 0 {
		return nil
	}
	if s.GRPC {
		log.Warn("the setting " + settings.OTLPProtocol + " is grpc, but the app sends telemetry over HTTP only, so it sends none: set http/protobuf, and the address at which the collector accepts it, usually with port 4318")
		return nil
	}
	defer func() {
		if cause := recover(); cause != nil {
			log.Warn("telemetry is off", "error", panics.Error(cause).Error())
			provider = nil
		}
	}()
	provider, err := telemetry.Start(ctx, telemetry.Options{
		Endpoint: s.Endpoint, Headers: s.Headers, Service: s.Service, Share: s.Share, IgnoreParent: s.IgnoreParent, Log: log,
	})
	if err != nil {
		log.Warn("telemetry is off", "error", err.Error())
		return nil
	}
	return provider
}

// exportTime bounds the last export, because the host may kill the handler at any time.
const exportTime = 2 * time.Second

func stopTelemetry(provider *telemetry.Provider, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), exportTime)
	defer cancel()
	if err := provider.Stop(ctx); err != nil {
		log.Warn("the last telemetry was not delivered", "error", err.Error())
	}
}
