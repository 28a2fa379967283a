package rabbitmq

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// startPasser starts a proxy that passes so many changes on, and then breaks every connection, and
// returns its host and port. Of the last change that it passes, it loses the response.
func startPasser(t *testing.T, to string, changes int) string {
	t.Helper()
	var passed atomic.Int64
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: to})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := passed.Load()
		if r.Method != http.MethodGet {
			n = passed.Add(1)
		}
		if n > int64(changes) {
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(w, r)
		if n == int64(changes) && r.Method != http.MethodGet {
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}
