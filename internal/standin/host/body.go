package host

import (
	"io"
	"net/http"
	"sync/atomic"
)

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
