package azfunc

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/mux"

	"rotunda/internal/apierror"
)

// recorder gives a function's requests their ids and headers, turns a panic into a 500, and tells
// of each request in one log line. Bodies, headers and queries are never logged.
type recorder struct {
	log *slog.Logger
	hot bool // its method is GET, and in log's attributes already: five others cost no allocation
}

func newRecorder(log *slog.Logger, function string) recorder {
	return recorder{log: log.With("function", function)}
}

func newHotRecorder(log *slog.Logger, function string) recorder {
	return recorder{log.With("function", function, "method", http.MethodGet), true}
}

// wrap records next.
func (rec recorder) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := begin(w, r)
		serveSafely(answer, r, next)
		rec.tell(answer, r, mux.Vars(r)["name"], mux.Vars(r)["version"])
	})
}

func serveSafely(a *answer, r *http.Request, next http.Handler) {
	defer a.end()
	next.ServeHTTP(a, r)
}

// named records the hot route, which mux has not seen.
func (rec recorder) named(w http.ResponseWriter, r *http.Request, next Named, name string) {
	answer := begin(w, r)
	serveNamedSafely(answer, r, next, name)
	rec.tell(answer, r, name, "")
}

func serveNamedSafely(a *answer, r *http.Request, next Named, name string) {
	defer a.end()
	next.ServeNamed(a, r, name)
}

func begin(w http.ResponseWriter, r *http.Request) *answer {
	a := &answer{ResponseWriter: w, started: time.Now()}
	a.id[0] = newID()
	a.setHeaders(r)
	return a
}

// newID is a random UUID. uuid.NewString does the same with one allocation more.
func newID() string {
	var id uuid.UUID
	_, _ = rand.Read(id[:]) // never fails (crypto/rand)
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String()
}

func (rec recorder) tell(a *answer, r *http.Request, name, version string) {
	level := slog.LevelInfo
	if a.status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if !rec.log.Enabled(r.Context(), level) {
		return
	}
	if version == "" {
		version = strings.Trim(a.Header().Get("Etag"), `"`)
	}
	now := time.Now()
	line := slog.NewRecord(now, level, "request", 0) // LogAttrs looks up its caller, which no line shows: a sixth of its cost
	if !rec.hot {
		line.AddAttrs(slog.String("method", method(r)))
	}
	line.AddAttrs(
		slog.String("secret", clip(name)),
		slog.String("version", clip(version)),
		slog.Int("status", a.status),
		slog.Float64("ms", float64(now.Sub(a.started).Microseconds())/1000),
		slog.String("request", a.id[0]))
	if id := invocationID(r); id != "" {
		line.AddAttrs(slog.String("invocation", id))
	}
	if a.err != nil {
		line.AddAttrs(slog.String("error", a.err.Error()))
	}
	_ = rec.log.Handler().Handle(r.Context(), line) // a log that can't be written has no place to say so
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

// invocationID is the host's, for finding the request in its log. Under forwarding a caller's own
// header of that name comes first, in the same line or another, so only the last one counts.
func invocationID(r *http.Request) string {
	values := r.Header["X-Azure-Functions-Invocationid"]
	if len(values) == 0 {
		return ""
	}
	last := values[len(values)-1]
	last = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
	if uuid.Validate(last) != nil {
		return ""
	}
	return last
}

func clip(s string) string {
	const most = 160
	return s[:min(len(s), most)]
}

// answer is a ResponseWriter that knows what its log line needs. It is one allocation a request.
type answer struct {
	http.ResponseWriter
	started time.Time
	status  int
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
		panic(http.ErrAbortHandler)
	case cause != nil:
		apierror.Write(a, fmt.Errorf("panic: %T at %s", cause, panicOrigin(debug.Stack())))
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
