package host

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
)

const (
	versionHeader    = "X-Azure-Functions-Hostversion"
	invocationHeader = "X-Azure-Functions-Invocationid"
	userAgent        = "Azure-Functions-Host/" + Version
)

// errChunked is the failure of a forwarded request without a Content-Length: .NET loses the body
// and rejects the Transfer-Encoding header that is left. Source: dotnet/corefx issue 27031;
// derived.
var errChunked = errors.New("can't forward a chunked request: an older host loses its body, so callers must send a Content-Length")

// serveForwarded builds a new request and buffers the response, as the host does with
// enableForwardingHttpRequest.
// Source: Workers/Http/DefaultHttpWorkerService.cs (ProcessHttpInAndOutInvocationRequest).
func (h *Host) serveForwarded(w http.ResponseWriter, r *http.Request, c call) {
	body, err := forwardedBody(r)
	if err != nil {
		h.fail(w, c, err)
		return
	}
	var response *http.Response
	var content []byte
	// The host continues when its caller has gone.
	err = h.withHandler(context.WithoutCancel(r.Context()), func(ctx context.Context) error {
		response, err = h.callers.RoundTrip(h.forwardedRequest(ctx, r, c, body)) //nolint:bodyclose // closed below, on all paths
		if err != nil {
			return err
		}
		content, err = io.ReadAll(response.Body)
		return errors.Join(err, response.Body.Close())
	})
	if err != nil {
		h.fail(w, c, err)
		return
	}
	copyResponse(w, response, content)
}

func forwardedBody(r *http.Request) ([]byte, error) {
	if len(r.TransferEncoding) > 0 {
		return nil, errChunked
	}
	return io.ReadAll(r.Body)
}

func (h *Host) forwardedRequest(ctx context.Context, r *http.Request, c call, body []byte) *http.Request {
	target := &url.URL{Scheme: "http", Host: h.address, RawQuery: parseQuery(r.URL.RawQuery).encode()}
	setEscapedPath(target, forwardedPath(c.path))
	request := (&http.Request{Method: r.Method, URL: target, Host: r.Host, Header: forwardedHeader(r, c.id)}).WithContext(ctx)
	// A body, even an empty one, keeps Go from resending the request when the handler dies.
	request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return request
}

// forwardedHeader copies every header and appends the host's own. .NET joins repeated values with
// commas, so a value that a caller sent precedes the host's.
func forwardedHeader(r *http.Request, invocationID string) http.Header {
	header := r.Header.Clone()
	header.Add(versionHeader, Version)
	header.Add(invocationHeader, invocationID)
	addTraceparent(header)
	header["User-Agent"] = []string{strings.TrimSpace(header.Get("User-Agent") + " " + userAgent)}
	joinRepeated(header)
	return header
}

func joinRepeated(header http.Header) {
	for name, values := range header {
		separator := ", "
		if name == "Cookie" {
			separator = "; "
		}
		header[name] = []string{strings.Join(values, separator)}
	}
}

// setEscapedPath sets a path that is sent exactly as it is escaped.
func setEscapedPath(target *url.URL, escaped string) {
	target.Path, target.RawPath = escaped, ""
	if plain, err := url.PathUnescape(escaped); err == nil {
		target.Path, target.RawPath = plain, escaped
	}
}

// copyResponse passes the response on with its length. To the host any status is a success.
func copyResponse(w http.ResponseWriter, response *http.Response, content []byte) {
	header := w.Header()
	maps.Copy(header, response.Header)
	header.Del("Connection")
	header.Del("Transfer-Encoding")
	w.WriteHeader(response.StatusCode)
	_, _ = w.Write(content) // the caller may have gone
}
