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

// answer is a ResponseWriter that keeps what the request's log line needs. It costs one allocation
// per request.
type answer struct {
	http.ResponseWriter
	started time.Time
	span    trace.Span // nil if the request is not traced
	status  int
	broken  bool // the handler panicked after it began writing
	err     error
	id      [1]string // the request's id, as a value of net/http's Header
}

var _ apierror.Noter = (*answer)(nil)

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

// end is deferred. If the handler panicked before it wrote anything, end responds 500. If the
// handler had begun to write, end breaks the connection, so that the caller can't mistake a part
// of a response for all of it.
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

// NoteError keeps the error for the log line.
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

// Unwrap gives http.ResponseController access to the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func panicked(cause any) error {
	return fmt.Errorf("panic: %T at %s", cause, panicOrigin(debug.Stack()))
}

// panicOrigin returns the source line of the panic, which it finds in the stack. The log does not
// show the panic's own text, because that may quote a value.
func panicOrigin(stack []byte) string {
	_, after, _ := strings.Cut(string(stack), "panic(")
	lines := strings.Split(after, "\n")
	if len(lines) < 4 {
		return "unknown"
	}
	return strings.TrimSpace(lines[3])
}
