package azfunc

import (
	"net/http"
	"time"

	"go.opentelemetry.io/otel/trace"

	"rotunda/internal/access"
	"rotunda/internal/apierror"
	"rotunda/internal/panics"
)

// answer is a ResponseWriter that keeps what the request's log line needs. It costs one allocation
// per request.
type answer struct {
	http.ResponseWriter
	request *http.Request
	started time.Time
	span    trace.Span // nil if the request is not traced
	status  int
	sent    bool      // the header was passed on
	written int       // bytes of the body
	cut     bool      // the body was not written to its end
	mustEnd time.Time // when a large response must be read; zero for any other
	broken  bool      // the response is not whole, so the connection was broken
	err     error
	limits  *limits
	body    *body     // of the request; nil if it has none
	id      [1]string // the request's id, as a value of net/http's Header

	items   bool // the request is not about the secret in its path
	caller  *access.Caller
	keys    *access.Fingerprints   // name the caller by its function key; nil if that is not verified
	before  func(status int) error // called before the header is passed on; nil for nothing
	dropped bool                   // before failed, so the handler's response is replaced by an error
}

var (
	_ apierror.Noter = (*answer)(nil)
	_ Entry          = (*answer)(nil)
)

// Constant headers, as values of net/http's Header.
var (
	noStore = []string{"no-store"}
	noSniff = []string{"nosniff"}
)

func (a *answer) setHeaders(r *http.Request) {
	header := a.Header()
	header["X-Ms-Request-Id"] = a.id[:]
	header["Cache-Control"] = noStore
	header["X-Content-Type-Options"] = noSniff
	if sent := r.Header["X-Ms-Client-Request-Id"]; len(sent) > 0 && len(sent[0]) <= 256 {
		header["X-Ms-Client-Request-Id"] = sent[:1]
	}
}

// end is deferred. If the handler panicked before it wrote anything, end responds 500. If a part
// of the response was sent, end breaks the connection, so that the caller can't mistake a part of
// a response for all of it.
func (a *answer) end() {
	cause := recover()
	if cause != nil {
		a.err = panics.Error(cause)
	}
	switch {
	case a.cut, cause != nil && a.sent:
		a.broken = true
		panic(http.ErrAbortHandler)
	case cause != nil:
		a.replace(a.err)
	}
	a.send()
}

// replace responds with an error instead of what the handler prepared. Nothing was sent yet.
func (a *answer) replace(err error) {
	a.status, a.written = 0, 0
	header := a.Header()
	for _, name := range []string{"Content-Length", "Etag", "Age", "X-Rotunda-Stale", "Operation-Location"} {
		delete(header, name)
	}
	apierror.Write(a, err)
}

// NoteError keeps the error for the log line.
func (a *answer) NoteError(err error) { a.err = err }

// WriteHeader keeps the status until the first byte of the body, or until the handler returns.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// send passes the header on, once what must be done before is done. If that fails, it responds
// with an error instead of what the handler prepared.
func (a *answer) send() {
	if a.sent || a.dropped {
		return
	}
	if a.status == 0 {
		a.status = http.StatusOK
	}
	if before := a.before; before != nil {
		a.before = nil
		if err := before(a.status); err != nil {
			a.err = err
			a.replace(err)
			a.dropped = true
			return
		}
	}
	a.sent = true
	a.ResponseWriter.WriteHeader(a.status)
}

func (a *answer) Write(text []byte) (int, error) {
	if a.written += len(text); a.written > smallResponse && !a.dropped {
		return a.writeLarge(text)
	}
	if a.send(); a.dropped {
		return len(text), nil
	}
	return a.ResponseWriter.Write(text)
}

// Unwrap gives http.ResponseController access to the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
