package host

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"sync/atomic"
	"time"
)

// Source: Workers/Http/HttpProxyService/RetryProxyHandler.cs.
const (
	proxyAttempts   = 10
	firstRetryPause = 50 * time.Millisecond
	maxRetryPause   = 250 * time.Millisecond
)

// callKey finds the call in the context of a proxied request.
type callKey struct{}

// serveProxied streams the request and the response through, as a newer host does with
// enableProxyingHttpRequest. The real host reads some bodies first, JSON among them, and buffers
// them, past 30 KiB in a temporary file (repository Azure/azure-webjobs-sdk-extensions,
// src/WebJobs.Extensions.Http: HttpTriggerAttributeBindingProvider.cs, IsRequestPayloadReadable,
// and Extensions/HttpRequestExtensions.cs, ReadAsStringAsync).
// Source: Workers/Http/DefaultHttpWorkerService.cs (ProxyInvocationRequest),
// HttpProxyService/DefaultHttpProxyService.cs.
func (h *Host) serveProxied(w http.ResponseWriter, r *http.Request, c call) {
	if r.Header.Get("Expect") == "" { // net/http panics if such a body is still awaited when its response ends
		_ = http.NewResponseController(w).EnableFullDuplex() // a response may begin before the request has ended
	}
	err := h.withHandler(r.Context(), func(ctx context.Context) error {
		h.proxy.ServeHTTP(w, r.WithContext(context.WithValue(ctx, callKey{}, &c)))
		return c.failure
	})
	if err != nil {
		h.fail(w, c, err)
	}
}

func (h *Host) newProxy() http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: h.rewrite,
		ModifyResponse: func(r *http.Response) error {
			dropExcluded(r.Header)
			return nil
		},
		Transport:     retrying{h.callers},
		FlushInterval: -1,
		ErrorLog:      slog.NewLogLogger(h.options.Logger.Handler(), slog.LevelWarn),
		ErrorHandler:  func(_ http.ResponseWriter, r *http.Request, err error) { proxied(r).failure = err },
	}
}

func proxied(r *http.Request) *call { return r.Context().Value(callKey{}).(*call) }

// rewrite directs the request to the handler. A caller's values under the names of the host's own
// headers are replaced.
func (h *Host) rewrite(p *httputil.ProxyRequest) {
	c := proxied(p.In)
	p.Out.URL.Scheme, p.Out.URL.Host, p.Out.Host = "http", h.address, h.address
	setEscapedPath(p.Out.URL, proxiedPath(c.path))
	p.Out.URL.RawQuery = p.In.URL.RawQuery
	dropExcluded(p.Out.Header)
	h.setForwarded(p)
	addTraceparent(p.Out.Header)
	p.Out.Header.Set(versionHeader, Version)
	p.Out.Header.Set(invocationHeader, c.id)
	joinRepeated(p.Out.Header)
	if p.Out.Header.Get("User-Agent") == "" {
		p.Out.Header["User-Agent"] = nil // otherwise Go would send its own
	}
}

// retrying resends a request that got no response, unless some of its body was sent. So a request
// without a body may reach the handler twice: before it died, and after its restart.
type retrying struct{ next http.RoundTripper }

func (t retrying) RoundTrip(r *http.Request) (*http.Response, error) {
	body := &watchedBody{inner: r.Body}
	pause := firstRetryPause
	for attempt := 1; ; attempt++ {
		response, err := t.next.RoundTrip(body.attach(r))
		if err == nil || attempt == proxyAttempts || body.isTouched() || r.Context().Err() != nil {
			return response, err
		}
		select {
		case <-time.After(pause):
		case <-r.Context().Done():
			return nil, errors.Join(err, context.Cause(r.Context()))
		}
		pause = min(2*pause, maxRetryPause)
	}
}

// watchedBody records whether a request's body was read, and keeps it open across several attempts
// to send it.
type watchedBody struct {
	inner   io.ReadCloser
	touched atomic.Bool
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.touched.Store(true)
	return b.inner.Read(p)
}

// Close leaves the body open: the server that received the request closes it.
func (b *watchedBody) Close() error { return nil }

func (b *watchedBody) isTouched() bool { return b.touched.Load() }

// attach returns the request for one attempt.
func (b *watchedBody) attach(r *http.Request) *http.Request {
	if b.inner == nil || b.inner == http.NoBody {
		return r
	}
	attempt := *r
	attempt.Body = b
	return &attempt
}
