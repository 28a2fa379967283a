package main

import (
	"log/slog"
	"net/http"
	"path"
	"time"
)

// logged logs each request in one line, with the same fields as the app.
func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, status := time.Now(), &statusWriter{w, http.StatusOK}
		next.ServeHTTP(status, r)
		slog.InfoContext(r.Context(), "request", "function", "getsecret", "method", r.Method, "secret", path.Base(r.URL.Path), "status", status.code,
			"ms", float64(time.Since(began).Microseconds())/1000, "request", w.Header().Get("X-Ms-Request-Id"))
	})
}

type statusWriter struct {
	http.ResponseWriter
	code int
}

func (w *statusWriter) WriteHeader(code int) {
	w.code = code
	w.ResponseWriter.WriteHeader(code)
}
