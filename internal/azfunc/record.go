package azfunc

import (
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

// recorded wraps a function: ids and headers on every answer, a panic becomes a 500, and one log
// line tells of the request. Bodies, headers and queries are never logged.
func recorded(log *slog.Logger, function string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		id := uuid.NewString()
		setHeaders(w.Header(), r, id)
		ctx, note := apierror.WithNote(r.Context())
		r = r.WithContext(ctx)
		answer := &statusWriter{ResponseWriter: w}
		serve(next, answer, r)
		log.LogAttrs(ctx, level(answer.status), "request",
			slog.String("function", function),
			slog.String("method", method(r)),
			slog.String("secret", clip(mux.Vars(r)["name"])),
			slog.String("version", version(r, answer)),
			slog.Int("status", answer.status),
			slog.Float64("ms", float64(time.Since(started).Microseconds())/1000),
			slog.String("request", id),
			slog.String("invocation", invocationID(r)),
			slog.String("error", errorText(note.Err)))
	})
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func setHeaders(header http.Header, r *http.Request, id string) {
	header.Set("x-ms-request-id", id)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if sent := r.Header.Get("x-ms-client-request-id"); sent != "" && len(sent) <= 256 {
		header.Set("x-ms-client-request-id", sent)
	}
}

// serve answers a panic with 500 where nothing was written yet, and breaks the connection where
// something was: half an answer must not look like a whole one.
func serve(next http.Handler, w *statusWriter, r *http.Request) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		err := fmt.Errorf("panic: %T at %s", cause, panicOrigin(debug.Stack()))
		if w.status != 0 {
			panic(http.ErrAbortHandler)
		}
		apierror.Write(w, r, err)
	}()
	next.ServeHTTP(w, r)
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
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

func level(status int) slog.Level {
	if status >= http.StatusInternalServerError {
		return slog.LevelError
	}
	return slog.LevelInfo
}

func version(r *http.Request, w *statusWriter) string {
	if asked := mux.Vars(r)["version"]; asked != "" {
		return clip(asked)
	}
	return strings.Trim(w.Header().Get("ETag"), `"`)
}

// invocationID is the host's, for finding the request in its log. Under forwarding a caller's own
// header of that name comes first, in the same line or another, so only the last one counts.
func invocationID(r *http.Request) string {
	sent := strings.Join(r.Header.Values("X-Azure-Functions-InvocationId"), ",")
	id, err := uuid.Parse(strings.TrimSpace(sent[strings.LastIndex(sent, ",")+1:]))
	if err != nil {
		return ""
	}
	return id.String()
}

func clip(s string) string {
	const most = 160
	return s[:min(len(s), most)]
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(body []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(body)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
