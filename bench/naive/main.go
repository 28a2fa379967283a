// Command naive is a peer for a read: the server that one writes without a thought about speed, with gorilla/mux,
// json.Marshal, slog and otelhttp.
package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/gorilla/mux"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	router := mux.NewRouter()
	router.HandleFunc("/api/secrets/{name}", getSecret).Methods(http.MethodGet)
	address := "127.0.0.1:" + os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT")
	if http.ListenAndServe(address, observed(logged(router))) != nil { //nolint:gosec // on loopback, for a benchmark
		os.Exit(1)
	}
}

func getSecret(w http.ResponseWriter, r *http.Request) {
	body, err := json.Marshal(find(mux.Vars(r)["name"]))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(body)
}

// logged writes a line for each request.
func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, status := time.Now(), &statusWriter{w, http.StatusOK}
		next.ServeHTTP(status, r)
		slog.InfoContext(r.Context(), "request",
			"method", r.Method, "path", r.URL.Path, "status", status.code, "ms", float64(time.Since(began).Microseconds())/1000)
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
