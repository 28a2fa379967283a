package host

import (
	"io"
	"net/http"
	"sync/atomic"
)

// watchedBody tells whether anything was read from a request's body, and keeps it open over several attempts to send it.
type watchedBody struct {
	inner   io.ReadCloser
	touched atomic.Bool
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.touched.Store(true)
	return b.inner.Read(p)
}

// Close leaves the body open: the server that the request came from closes it.
func (b *watchedBody) Close() error { return nil }

func (b *watchedBody) isTouched() bool { return b.touched.Load() }

// attach gives the request for one attempt.
func (b *watchedBody) attach(r *http.Request) *http.Request {
	if b.inner == nil || b.inner == http.NoBody {
		return r
	}
	attempt := *r
	attempt.Body = b
	return &attempt
}
