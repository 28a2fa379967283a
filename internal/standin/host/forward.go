package host

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	versionHeader    = "X-Azure-Functions-Hostversion"
	invocationHeader = "X-Azure-Functions-Invocationid"
	userAgent        = "Azure-Functions-Host/" + Version
)

// errChunked is the failure of a forwarded request without a Content-Length: the body is lost and the Transfer-Encoding
// header that is left over makes .NET give up. Source: dotnet/corefx issue 27031; derived.
var errChunked = errors.New("a chunked request can't be forwarded: an older host loses its body, so callers must send a Content-Length")

// entityHeaders describe a body. .NET keeps them apart from a request's own headers, so copying those loses them.
var entityHeaders = []string{
	"Allow", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length", "Content-Location", "Content-Md5",
	"Content-Range", "Content-Type", "Expires", "Last-Modified",
}

// serveForwarded builds the request anew and buffers the answer, as enableForwardingHttpRequest makes the host do.
// Source: Workers/Http/DefaultHttpWorkerService.cs (ProcessHttpInAndOutInvocationRequest).
func (h *Host) serveForwarded(w http.ResponseWriter, r *http.Request, c call) {
	body, err := forwardedBody(r)
	if err != nil {
		h.fail(w, c, err)
		return
	}
	var response *http.Response
	var content []byte
	// The host does not give up when its caller does.
	err = h.withHandler(context.WithoutCancel(r.Context()), func(ctx context.Context) error {
		response, err = h.transport.RoundTrip(h.forwardedRequest(ctx, r, c, body)) //nolint:bodyclose // closed below, on all paths
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
	request := (&http.Request{Method: r.Method, URL: target, Host: r.Host, Header: forwardedHeader(r, c.id, len(body) > 0)}).WithContext(ctx)
	// A body, even an empty one, keeps Go from sending the request again when the handler dies over it.
	request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return request
}

// forwardedHeader copies every header but the entity ones, and appends the host's own. .NET writes repeated values as one line
// with commas, so a value that a caller sent stands before the host's.
func forwardedHeader(r *http.Request, invocationID string, hasBody bool) http.Header {
	header := r.Header.Clone()
	maps.DeleteFunc(header, func(name string, _ []string) bool { return slices.Contains(entityHeaders, name) })
	if contentType := r.Header.Get("Content-Type"); hasBody && contentType != "" {
		header.Set("Content-Type", contentType)
	}
	header.Add(versionHeader, Version)
	header.Add(invocationHeader, invocationID)
	header["User-Agent"] = []string{strings.TrimSpace(header.Get("User-Agent") + " " + userAgent)}
	joinRepeated(header, ", ")
	return header
}

func joinRepeated(header http.Header, cookieSeparator string) {
	for name, values := range header {
		separator := ", "
		if name == "Cookie" {
			separator = cookieSeparator
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

// copyResponse passes the answer on with its length, whatever the status: to the host all of them are success.
func copyResponse(w http.ResponseWriter, response *http.Response, content []byte) {
	header := w.Header()
	maps.Copy(header, response.Header)
	header.Del("Connection")
	header.Del("Transfer-Encoding")
	w.WriteHeader(response.StatusCode)
	_, _ = w.Write(content) // the caller may have gone
}
