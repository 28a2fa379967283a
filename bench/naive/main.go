// Command naive is a peer for a read: a server written without regard to speed, with gorilla/mux,
// otter, json.Marshal, slog and otelhttp, and with the routes, headers and log line of the app.
package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"os"

	"github.com/google/uuid"
	"github.com/gorilla/mux"
	"github.com/maypok86/otter/v2"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	address := "127.0.0.1:" + os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT")
	if http.ListenAndServe(address, observed(logged(routes(newServer())))) != nil { //nolint:gosec // on loopback, for a benchmark
		os.Exit(1)
	}
}

// routes returns the app's routes, in its order.
func routes(s server) http.Handler {
	router := mux.NewRouter()
	for _, route := range []struct{ method, path string }{
		{http.MethodPost, "secrets/{name}/backup"},
		{http.MethodPost, "secrets/batch-get"},
		{http.MethodDelete, "secrets/{name}"},
		{http.MethodGet, "deletedsecrets/{name}"},
		{http.MethodGet, "secrets/{name}/rotation"},
		{http.MethodGet, "secrets/{name}"},
		{http.MethodGet, "health"},
		{http.MethodGet, "deletedsecrets"},
		{http.MethodGet, "rotations"},
		{http.MethodGet, "secrets"},
		{http.MethodGet, "secrets/{name}/versions"},
		{http.MethodDelete, "deletedsecrets/{name}"},
		{http.MethodPost, "deletedsecrets/{name}/recover"},
		{http.MethodPost, "secrets/restore"},
		{http.MethodPost, "secrets/{name}/rotation/resume"},
		{http.MethodPost, "secrets/{name}/rotate"},
		{http.MethodPut, "secrets/{name}"},
		{http.MethodPatch, "secrets/{name}"},
	} {
		handler := http.NotFound
		if route.path == "secrets/{name}" && route.method == http.MethodGet {
			handler = s.getSecret
		}
		router.HandleFunc("/api/"+route.path, handler).Methods(route.method)
	}
	return router
}

type server struct{ kept *otter.Cache[string, bundle] }

func newServer() server {
	return server{otter.Must(&otter.Options[string, bundle]{MaximumSize: 10_000})}
}

func (s server) getSecret(w http.ResponseWriter, r *http.Request) {
	name := mux.Vars(r)["name"]
	found, ok := s.kept.GetIfPresent(name)
	if !ok {
		found = find(name)
		s.kept.Set(name, found)
	}
	body, err := json.Marshal(found)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("X-Ms-Request-Id", uuid.NewString())
	_, _ = w.Write(body)
}
