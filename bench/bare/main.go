// Command bare is the limit for a read: net/http that serves fixed bytes.
package main

import (
	"net/http"
	"os"
	"strings"
)

func main() {
	body := []byte(`{"value":"` + strings.Repeat("x", 330) + `"}`)
	contentType := []string{"application/json; charset=utf-8"}
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = contentType
		_, _ = w.Write(body)
	})
	if http.ListenAndServe("127.0.0.1:"+os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT"), handler) != nil { //nolint:gosec // on loopback, for a benchmark
		os.Exit(1)
	}
}
