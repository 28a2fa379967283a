package azfunc

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"rotunda/internal/apierror"
)

// answer is a ResponseWriter that knows what its log line needs. It is one allocation a request.
type answer struct {
	http.ResponseWriter
	started time.Time
	span    trace.Span // nil where the request is not traced
	status  int
	broken  bool // off after it began
	err     error
	id      [1]string // as net/http keeps headers
}

var _ apierror.Noter = (*answer)(nil)

// The values of headers that never change, as net/http keeps them.
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

// end is deferred. It answers a panic with 500 where nothing was written yet, and breaks the
// connection where something was: half an answer must not look like a whole one.
func (a *answer) end() {
	cause := recover()
	switch {
	case cause != nil && a.status != 0:
		a.broken, a.err = true, panicked(cause)
		panic(http.ErrAbortHandler)
	case cause != nil:
		apierror.Write(a, panicked(cause))
	case a.status == 0:
		a.WriteHeader(http.StatusOK)
	}
}

// NoteError keeps the failure for the log line.
func (a *answer) NoteError(err error) { a.err = err }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(body []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(body)
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func panicked(cause any) error {
	return fmt.Errorf("panic: %T at %s", cause, panicOrigin(debug.Stack()))
}

// panicOrigin picks the place of the panic out of the stack. The panic's own text stays out of
// the log: it may quote what was being worked on.
func panicOrigin(stack []byte) string {
	_, after, _ := strings.Cut(string(stack), "panic(")
	lines := strings.Split(after, "\n")
	if len(lines) < 4 {
		return "unknown"
	}
	return strings.TrimSpace(lines[3])
}
