package host

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"net"
	"net/http"
	"net/http/httputil"
)

// excluded are the headers that the proxy drops in both directions, besides those that Go drops.
// Source: repository microsoft/reverse-proxy, tag v2.0.1,
// src/ReverseProxy/Forwarder/RequestUtilities.cs (_headersToExclude).
var excluded = []string{
	"Proxy-Authentication-Info", "Proxy-Features", "Proxy-Instruction", "Security-Scheme", "Alpn", "Close",
	"Http2-Settings", "Upgrade-Insecure-Requests", "Te", "Alt-Svc", "Strict-Transport-Security",
}

func dropExcluded(header http.Header) {
	for _, name := range excluded {
		header.Del(name)
	}
}

// setForwarded sets X-Forwarded-* to what the host itself knows about the request, and drops
// Forwarded, because the host gives YARP no transformer of its own.
// Source: Workers/Http/HttpProxyService/DefaultHttpProxyService.cs (StartForwarding), and
// repository microsoft/reverse-proxy, tag v2.0.1, src/ReverseProxy: Forwarder/HttpTransformer.cs
// (Default), Transforms/Builder/TransformBuilder.cs (CreateTransformer) and
// Transforms/ForwardedTransformExtensions.cs (AddXForwarded).
func (h *Host) setForwarded(p *httputil.ProxyRequest) {
	remote, _, _ := net.SplitHostPort(p.In.RemoteAddr) // "" sets no header, as there
	name, scheme := h.publicAddress(p.In)
	p.Out.Header.Del("Forwarded")
	p.Out.Header.Del("X-Forwarded-Prefix") // the host has no path base
	for header, value := range map[string]string{"X-Forwarded-For": remote, "X-Forwarded-Host": name, "X-Forwarded-Proto": scheme} {
		p.Out.Header.Del(header)
		if value != "" {
			p.Out.Header.Set(header, value)
		}
	}
}

// publicAddress returns the host name and the scheme of a request as the host sees them. In
// Azure, on Linux, it believes two headers of the platform's front end.
// Source: src/WebJobs.Script.WebHost/Middleware/AppServiceHeaderFixupMiddleware.cs and
// WebJobsApplicationBuilderExtension.cs.
func (h *Host) publicAddress(r *http.Request) (name, scheme string) {
	name, scheme = r.Host, "http"
	if r.TLS != nil {
		scheme = "https"
	}
	if h.env.get("WEBSITE_SKU") == "" && h.env.get("WEBSITE_INSTANCE_ID") == "" {
		return name, scheme
	}
	return cmp.Or(r.Header.Get("Disguised-Host"), name), cmp.Or(r.Header.Get("X-Forwarded-Proto"), scheme)
}

// addTraceparent adds the host's own span, which is not sampled, unless the caller sent one.
// ASP.NET starts a span for each request, and .NET's HTTP client passes it on.
// Source: repository dotnet/runtime, src/libraries/System.Net.Http/src/System/Net/Http,
// DiagnosticsHandler.cs (InjectHeaders); derived.
func addTraceparent(header http.Header) {
	if _, sent := header["Traceparent"]; sent {
		return
	}
	var ids [24]byte
	_, _ = rand.Read(ids[:]) // never fails
	header.Set("Traceparent", "00-"+hex.EncodeToString(ids[:16])+"-"+hex.EncodeToString(ids[16:])+"-00")
}
