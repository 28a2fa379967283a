package azfunc

import (
	"io"
	"net/http"
	"time"

	"rotunda/internal/budget"
	"rotunda/internal/fair"
)

const (
	// readTime is how long a caller may take to send the body of a request.
	readTime = 30 * time.Second
	// maxDropped is how much of a body is read and dropped after the response is known.
	maxDropped = 32 << 20
)

// body is the body of a request. It must arrive in time. What the handler reads of it counts as
// held until the handler returns.
type body struct {
	inner    io.ReadCloser
	received *budget.Bytes
	answer   *answer
	of       fair.Share // known when the body is read, which is after the caller's sign-in
	timer    *http.ResponseController
	held     int
	started  bool
	ended    bool
	refused  error // there was no room for more
	expected bool  // the caller sends the body only when it is asked to
}

// newBody replaces the body of a request. It returns nil if the request has none.
func newBody(a *answer, r *http.Request) *body {
	if r.ContentLength == 0 || r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	b := &body{inner: r.Body, received: a.limits.received, answer: a, timer: http.NewResponseController(a.ResponseWriter), expected: r.Header["Expect"] != nil}
	r.Body = b
	return b
}

// Read implements io.Reader. Its error is a *secret.Problem if the process holds too much.
func (b *body) Read(p []byte) (int, error) {
	if b.refused != nil {
		return 0, b.refused
	}
	n, err := b.read(p)
	if !b.received.Take(b.of, n) {
		b.refused = budget.Busy()
		return 0, b.refused
	}
	b.held += n
	return n, err
}

func (b *body) read(p []byte) (int, error) {
	if !b.started {
		b.started, b.of = true, b.answer.share()
		_ = b.timer.SetReadDeadline(time.Now().Add(readTime)) // a test's recorder has none
	}
	n, err := b.inner.Read(p)
	if err != nil && !b.ended {
		b.ended = true
		_ = b.timer.SetReadDeadline(time.Time{}) // net/http goes on to watch the connection
	}
	return n, err
}

// Close implements io.Closer.
func (b *body) Close() error { return b.inner.Close() }

// end reads and drops the rest. A caller that is still sending when the connection is closed often
// doesn't get the response: the Functions host would report an empty 500.
func (b *body) end() {
	if b == nil {
		return
	}
	b.received.Return(b.of, b.held)
	b.held = 0
	if b.ended || b.expected && !b.started {
		return
	}
	_, _ = io.CopyN(io.Discard, reader(b.read), maxDropped) // the connection is closed if it is longer
}

// reader is a function that implements io.Reader.
type reader func(p []byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }
