package azfunc

import (
	"encoding/binary"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/mux"

	"rotunda/internal/secret"
	"rotunda/internal/telemetry"
)

// recorder sets the id and the headers of each response, turns a panic into a 500, and reports
// each request in one log line and to telemetry. It never reports bodies, headers or queries.
type recorder struct {
	log      *slog.Logger
	requests *telemetry.Requests
	limits   *limits
	hot      bool // the method is GET and already an attribute of log; five more cost no allocation
}

func newRecorder(log *slog.Logger, requests *telemetry.Requests, limits *limits, function string) *recorder {
	return &recorder{log.With("function", function), requests, limits, false}
}

func newHotRecorder(log *slog.Logger, requests *telemetry.Requests, limits *limits, function string) *recorder {
	return &recorder{log.With("function", function, "method", http.MethodGet), requests, limits, true}
}

// wrap returns next with its requests recorded.
func (rec *recorder) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, r := rec.begin(w, r)
		defer rec.end(answer, r, mux.Vars(r)["name"], mux.Vars(r)["version"])
		defer answer.end()
		defer answer.body.end()
		next.ServeHTTP(answer, r.WithContext(CallerContext(w, r)))
	})
}

// named serves and records a request of the hot route, which bypasses mux.
func (rec *recorder) named(w http.ResponseWriter, r *http.Request, next Named, name string) {
	answer, r := rec.begin(w, r)
	defer rec.end(answer, r, name, "")
	defer answer.end()
	defer answer.body.end()
	next.ServeNamed(answer, r, name)
}

func (rec *recorder) begin(w http.ResponseWriter, r *http.Request) (*answer, *http.Request) {
	a := &answer{ResponseWriter: w, request: r, started: time.Now(), limits: rec.limits}
	r, a.span = rec.requests.Begin(r, method(r))
	a.body = newBody(a, r)
	a.id[0] = newID()
	a.setHeaders(r)
	return a, r
}

// end reports a request.
func (rec *recorder) end(a *answer, r *http.Request, name, version string) {
	level, status := slog.LevelInfo, a.status
	if a.broken {
		status = http.StatusInternalServerError
	}
	if a.items {
		name, version = "", ""
	}
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	logged := rec.log.Enabled(r.Context(), level)
	if !logged && rec.requests == nil {
		return
	}
	now := time.Now()
	rec.requests.End(a.span, method(r), status, secret.Clip(name, maxLogged), now.Sub(a.started))
	if logged {
		rec.write(a, r, level, now, name, version)
	}
}

// maxLogged is how many characters of a caller's name or version the log shows.
const maxLogged = 160

// newID returns a random UUID. An id names a request and protects nothing, so it comes from the
// runtime's generator: uuid.NewString asks the system for each, and allocates once more.
func newID() string {
	var id uuid.UUID
	binary.NativeEndian.PutUint64(id[:8], rand.Uint64()) //nolint:gosec // see above
	binary.NativeEndian.PutUint64(id[8:], rand.Uint64()) //nolint:gosec // see above
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String()
}

func (rec *recorder) write(a *answer, r *http.Request, level slog.Level, now time.Time, name, version string) {
	if version == "" {
		version = strings.Trim(a.Header().Get("Etag"), `"`)
	}
	line := slog.NewRecord(now, level, "request", 0) // LogAttrs would look up its caller, which no line shows
	attrs := make([]slog.Attr, 0, maxAttrs)          // for one AddAttrs, so that a line with many attributes costs one allocation
	if !rec.hot {
		attrs = append(attrs, slog.String("method", method(r)))
	}
	attrs = append(attrs,
		slog.String("secret", secret.Clip(name, maxLogged)),
		slog.String("version", secret.Clip(version, maxLogged)),
		slog.Int("status", a.status),
		slog.Float64("ms", float64(now.Sub(a.started).Microseconds())/1000),
		slog.String("request", a.id[0]))
	attrs = appendText(attrs, "caller", a.callerName(r))
	attrs = appendText(attrs, "address", addressText(r))
	attrs = appendText(attrs, "invocation", invocationID(r))
	attrs = appendText(attrs, "trace", a.TraceID())
	if a.err != nil {
		attrs = append(attrs, slog.String("error", a.err.Error()))
	}
	line.AddAttrs(attrs...)
	_ = rec.log.Handler().Handle(r.Context(), line) // if the log can't be written, there is no place to report that
}

// maxAttrs is how many attributes a line can have.
const maxAttrs = 11

func appendText(attrs []slog.Attr, name, value string) []slog.Attr {
	if value == "" {
		return attrs
	}
	return append(attrs, slog.String(name, value))
}

// invocationID returns the host's id of the invocation, by which the request is found in the
// host's log. When the host forwards a request, a header of that name from the caller comes first,
// in the same line or another, so only the last one counts.
func invocationID(r *http.Request) string {
	last := LastOf(r.Header, "X-Azure-Functions-Invocationid")
	if uuid.Validate(last) != nil {
		return ""
	}
	return last
}
